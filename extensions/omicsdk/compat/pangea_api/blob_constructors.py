"""Objects from responses of the server, and by UUID."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from omicsdk.compat.pangea_api.analysis_result import SampleAnalysisResult
from omicsdk.compat.pangea_api.organization import Organization
from omicsdk.compat.pangea_api.remote_object import RemoteObject, object_at, text_at
from omicsdk.compat.pangea_api.sample import Sample
from omicsdk.compat.pangea_api.sample_group import SampleGroup
from omicsdk.pangea.responses import Blob

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api.knex import Knex

R = TypeVar("R", bound=RemoteObject)


def org_from_blob(knex: Knex, blob: Blob, already_fetched: bool = True, modified: bool = False) -> Organization:
    """An organization from a response of the server, treated as fetched, and as changed since with `modified`."""
    return _as(Organization(knex, text_at(blob, "name")), blob, already_fetched, modified)


def sample_group_from_blob(knex: Knex, blob: Blob, already_fetched: bool = True, modified: bool = False) -> SampleGroup:
    """A group, and its organization; arguments as of `org_from_blob`."""
    org = org_from_blob(knex, object_at(blob, "organization_obj"), already_fetched, modified)
    return _as(SampleGroup(knex, org, text_at(blob, "name")), blob, already_fetched, modified)


def sample_from_blob(knex: Knex, blob: Blob, already_fetched: bool = True, modified: bool = False) -> Sample:
    """A sample, its library and its organization; arguments as of `org_from_blob`."""
    library = sample_group_from_blob(knex, object_at(blob, "library_obj"), already_fetched, modified)
    return _as(Sample(knex, library, text_at(blob, "name")), blob, already_fetched, modified)


def sample_ar_from_blob(
    knex: Knex, blob: Blob, already_fetched: bool = True, modified: bool = False
) -> SampleAnalysisResult:
    """A result of a sample, and all that it belongs to; arguments as of `org_from_blob`."""
    sample = sample_from_blob(knex, object_at(blob, "sample_obj"), already_fetched, modified)
    result = SampleAnalysisResult(knex, sample, text_at(blob, "module_name"), replicate=blob.get("replicate"))
    return _as(result, blob, already_fetched, modified)


def sample_group_from_uuid(knex: Knex, uuid: str) -> SampleGroup:
    """A group."""
    return sample_group_from_blob(knex, knex.get(f"sample_groups/{uuid}"))


def sample_from_uuid(knex: Knex, uuid: str) -> Sample:
    """A sample."""
    return sample_from_blob(knex, knex.get(f"samples/{uuid}"))


def sample_ar_from_uuid(knex: Knex, uuid: str) -> SampleAnalysisResult:
    """A result of a sample."""
    return sample_ar_from_blob(knex, knex.get(f"sample_ars/{uuid}"))


def _as(instance: R, blob: Blob, already_fetched: bool, modified: bool) -> R:
    return instance._fetched(blob, already_fetched, modified)  # pyright: ignore[reportPrivateUsage] - it is ours
