"""Libraries that are made of BioProjects."""

from __future__ import annotations

from logging import getLogger
from typing import TYPE_CHECKING

from omicsdk.core.errors import NotFound, OmicsError
from omicsdk.pangea.listings import ensure_tag, find_organization, find_sample_group
from omicsdk.pangea.ncbi.entrez import Entrez
from omicsdk.pangea.ncbi.records import READS, BioProject, BioSample, SRARecord

if TYPE_CHECKING:
    from omicsdk_api.pangea import PangeaApi
    from omicsdk_api.pangea.models.sample import Sample
    from omicsdk_api.pangea.models.sample_group import SampleGroup

PROJECT_TAG, SAMPLE_TAG, RUNS_TAG = "NCBI BioProject", "NCBI BioSample", "NCBI SRA"
"""Tags of groups and samples that are links."""

_log = getLogger("omicsdk.pangea")


def link_bioproject(
    client: PangeaApi, organization: str, accession: str, *, entrez: Entrez | None = None
) -> SampleGroup:
    """Create a library of a BioProject: a sample for each of its samples, a result for each experiment, a field for each run.

    The fields state where the runs are; no file is copied. What exists is left as it is, so that the same can be called again
    after a stop, or when the project has more samples.

    Args:
        organization: The name of the organization, or its uuid.
        accession: The project's accession, such as PRJNA257197.
        entrez: The client of NCBI; by default one of NCBI's own servers.

    Returns:
        The library.

    Raises:
        NotFound: NCBI has no such project, or Pangea no such organization.
        OmicsError: Pangea or NCBI refused, or did not answer.
    """
    if entrez is None:
        with Entrez() as own:
            return link_bioproject(client, organization, accession, entrez=own)
    project = BioProject(accession, entrez)
    library = _library(client, find_organization(client, organization).uuid, project)
    tags = {name: ensure_tag(client, name).uuid for name in (PROJECT_TAG, SAMPLE_TAG, RUNS_TAG)}
    client.tag_sample_group(tag_pk=tags[PROJECT_TAG], sample_group_uuid=library.uuid)
    for biosample in project.biosamples():
        sample = _linked_sample(client, library.uuid, biosample)
        client.tag_sample(tag_pk=tags[SAMPLE_TAG], sample_uuid=sample.uuid)
        linked = [_link_runs(client, sample, record) for record in biosample.sra()]
        if any(linked):
            client.tag_sample(tag_pk=tags[RUNS_TAG], sample_uuid=sample.uuid)
        _log.info("%s: linked", sample.name)
    return library


def _library(client: PangeaApi, organization: str, project: BioProject) -> SampleGroup:
    """The project's library, private where it is created."""
    try:
        found = find_sample_group(client, organization, project.accession)
    except NotFound:
        found = client.create_sample_group(
            name=project.accession,
            organization=organization,
            is_library=True,
            is_public=False,
            metadata=project.metadata(),
        )
        if found.is_public:
            raise OmicsError(
                f"The group {found.name!r} ({found.uuid}) was asked to be private, and the server keeps it public",
                remedy="Delete it, or make it private.",
            ) from None
    if not found.is_library:
        raise OmicsError(
            f"The group {found.name!r} is no library", remedy="Delete it, or link into another organization."
        )
    return found


def _linked_sample(client: PangeaApi, library: str, biosample: BioSample) -> Sample:
    metadata = biosample.metadata()
    name = biosample.accession
    found = (each for each in client.list_samples.iterate(library_id=library, name=name) if each.name == name)
    return next(found, None) or client.create_sample(name=name, library=library, metadata=metadata)


def _link_runs(client: PangeaApi, sample: Sample, record: SRARecord) -> bool:
    """Link the runs of an experiment; whether it has any."""
    try:
        runs = record.runs()
    except NotFound as error:
        _log.warning("%s: %s", sample.name, error)
        return False
    replicate = record.accession
    listed = client.list_sample_analysis_results.iterate(sample_id=sample.uuid, module_name=READS, replicate=replicate)
    result = next((each for each in listed if (each.module_name, each.replicate) == (READS, replicate)), None)
    if result is None:
        result = client.create_sample_analysis_result(
            module_name=READS, sample=sample.uuid, replicate=replicate, metadata=record.metadata(), is_private=False
        )
    fields = {each.name for each in client.list_sample_analysis_result_fields.iterate(analysis_result_id=result.uuid)}
    for number, data in enumerate(runs, 1):
        name = "sra_run" if number == 1 else f"sra_run_{number}"
        if name not in fields:
            client.create_sample_analysis_result_field(name=name, stored_data=data, analysis_result=result.uuid)
    return True
