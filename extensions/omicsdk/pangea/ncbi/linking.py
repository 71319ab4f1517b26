"""Libraries that stand for BioProjects."""

from __future__ import annotations

from logging import getLogger
from typing import TYPE_CHECKING

from omicsdk.core.errors import NotFound
from omicsdk.pangea.ncbi.entrez import Entrez
from omicsdk.pangea.ncbi.records import READS, BioProject, BioSample, SRARecord

if TYPE_CHECKING:
    from omicsdk.pangea.objects.organization import Organization
    from omicsdk.pangea.objects.sample import Sample
    from omicsdk.pangea.objects.sample_group import SampleGroup

PROJECT_TAG, SAMPLE_TAG, RUNS_TAG = "NCBI BioProject", "NCBI BioSample", "NCBI SRA"
"""What tells groups and samples that are links."""

_log = getLogger("omicsdk.pangea")


def link_bioproject(org: Organization, accession: str, *, entrez: Entrez | None = None) -> SampleGroup:
    """Makes a library of a BioProject: a sample for each of its samples, a result for each experiment, a field for each run.

    The fields say where the runs are; no file is copied. What is there is left as it is, so that the same can be called
    again after a stop, or when the project has more samples.

    Args:
        org: The organization.
        accession: The project's accession, such as PRJNA257197.
        entrez: Asks NCBI; by default NCBI's own servers are asked.

    Returns:
        The library.

    Raises:
        NotFound: NCBI has no such project.
        PangeaGeneralError: The server refused, or didn't answer.
        OmicsError: NCBI refused, or didn't answer.
    """
    from omicsdk.pangea.objects.tagging import Tag

    if entrez is None:
        with Entrez() as own:
            return link_bioproject(org, accession, entrez=own)
    project = BioProject(accession, entrez)
    library = org.sample_group(accession, is_library=True)
    if not library.exists():
        library.metadata = project.metadata()
        library.create()
    tags = {name: Tag(org.knex, name).idem() for name in (PROJECT_TAG, SAMPLE_TAG, RUNS_TAG)}
    tags[PROJECT_TAG](library)
    for biosample in project.biosamples():
        sample = _linked_sample(library, biosample)
        tags[SAMPLE_TAG](sample)
        linked = [_link_runs(sample, record) for record in biosample.sra()]
        if any(linked):
            tags[RUNS_TAG](sample)
        _log.info("%s: linked", sample)
    return library


def create_pangea_group_from_bioproj(org: Organization, bioproj_accession: str, sleep_time: float = 2) -> SampleGroup:
    """As `link_bioproject`, by the published client's name.

    Args:
        org: The organization.
        bioproj_accession: The project's accession.
        sleep_time: Isn't needed: requests keep NCBI's pace anyway.
    """
    del sleep_time
    return link_bioproject(org, bioproj_accession)


def _linked_sample(library: SampleGroup, biosample: BioSample) -> Sample:
    metadata = biosample.metadata()
    sample = library.sample(biosample.accession)
    if not sample.exists():
        sample.metadata = metadata
        sample.create()
    return sample


def _link_runs(sample: Sample, record: SRARecord) -> bool:
    """Links the runs of an experiment; whether it has any."""
    try:
        runs = record.runs()
    except NotFound as error:
        _log.warning("%s: %s", sample, error)
        return False
    result = sample.analysis_result(READS, replicate=record.accession)
    if not result.exists():
        result.metadata = record.metadata()
        result.create()
    for number, data in enumerate(runs, 1):
        field = result.field("sra_run" if number == 1 else f"sra_run_{number}")
        if not field.exists():
            field.stored_data = data
            field.create()
    return True
