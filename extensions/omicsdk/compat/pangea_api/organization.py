"""Organizations, which own groups, samples and buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Never

from omicsdk.compat.pangea_api.remote_object import FACTS, RemoteObject, text_at
from omicsdk.pangea.responses import Blob

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api import Knex, SampleGroup


class Organization(RemoteObject):
    """An organization. The user who creates it is its first member; its name is unique on a server."""

    remote_fields = (*FACTS, "name")
    parent_field = None
    route = "organizations"
    nested_route = "nested"
    hash_prefix = "ORG"

    def __init__(self, knex: Knex, name: str) -> None:
        super().__init__(knex)
        self.name = str(name)

    def sample_group(
        self,
        group_name: str,
        *moved: Never,
        metadata: Mapping[str, Any] | None = None,
        is_library: bool = False,
        is_public: bool | None = None,
    ) -> SampleGroup:
        """Create a local group of this organization, without a request; arguments and errors as for `SampleGroup`."""
        from omicsdk.compat.pangea_api.sample_group import SampleGroup

        options: dict[str, Any] = {"metadata": metadata, "is_library": is_library, "is_public": is_public}
        return SampleGroup(self.knex, self, group_name, *moved, **options)

    def _another(self, blob: Blob) -> Organization:
        """Create another organization of the same server."""
        return Organization(self.knex, text_at(blob, "name"))._fetched(blob)

    def get_sample_groups(self) -> Iterator[SampleGroup]:
        """Yield all of its groups that the user may see."""
        return self._children(
            "sample_groups", lambda blob: self.sample_group(text_at(blob, "name")), organization_id="{}"
        )
