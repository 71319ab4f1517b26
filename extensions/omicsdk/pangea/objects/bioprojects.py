"""BioProjects as libraries, by the published client's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError
from omicsdk.pangea.errors import pangea_error
from omicsdk.pangea.ncbi.linking import link_bioproject

if TYPE_CHECKING:
    from omicsdk.pangea.objects.organization import Organization
    from omicsdk.pangea.objects.sample_group import SampleGroup


def create_pangea_group_from_bioproj(org: Organization, bioproj_accession: str, sleep_time: float = 2) -> SampleGroup:
    """Create a library of a BioProject; see `omicsdk.pangea.ncbi.link_bioproject`.

    Args:
        org: The organization, which is fetched first.
        bioproj_accession: The project's accession.
        sleep_time: Not needed: requests keep NCBI's pace anyway.

    Raises:
        PangeaGeneralError: The server or NCBI refused, or didn't answer.
    """
    del sleep_time
    try:
        found = link_bioproject(org.knex.client, str(org.get().uuid), bioproj_accession)
    except OmicsError as error:
        raise pangea_error(error) from error
    org.knex.cache.outdate(org.knex.cache_scope)  # what is kept of the organization lacks the library
    return org.sample_group(found.name).get()
