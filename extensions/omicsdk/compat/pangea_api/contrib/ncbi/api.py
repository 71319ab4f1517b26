"""BioProjects as libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.compat.pangea_api.knex import documented_errors

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api import Organization, SampleGroup


def create_pangea_group_from_bioproj(org: Organization, bioproj_accession: str, sleep_time: float = 2) -> SampleGroup:
    """Create a library of a BioProject; see `omicsdk.pangea.ncbi.link_bioproject`. `sleep_time` is not needed."""
    del sleep_time
    with documented_errors():
        library = org.knex.client.link_bioproject(str(org.get().uuid), bioproj_accession)
    org.knex.cache.outdate(org.knex.cache_scope)  # the cached data of the organization lacks the library
    return org.sample_group(library.name).get()
