"""Organizations: who owns groups, samples and buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Never

from omicsdk.core.omit import OMIT, Omit
from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.asking.values import Blob
from omicsdk.pangea.objects.remote_object import RemoteObject

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.sample_group import SampleGroup


class Organization(RemoteObject):
    """An organization. Whoever creates it is its first member.

    Args:
        knex: The server, and who asks it.
        name: Its name; there is one of a name on a server.
    """

    remote_fields = ("uuid", "created_at", "updated_at", "name")
    parent_field = None
    route = "organizations"

    def __init__(self, knex: Knex, name: str) -> None:
        super().__init__(knex)
        self.name = str(name)

    def nested_url(self) -> str:
        """Its place by names, quoted."""
        return f"nested/{self._place()}"

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"ORG{self.name}"

    def sample_group(
        self,
        group_name: str,
        *moved: Never,
        metadata: Mapping[str, Any] | None = None,
        is_library: bool = False,
        is_public: bool | Omit | None = OMIT,
    ) -> SampleGroup:
        """A group of this organization, not fetched yet; arguments and errors are those of `SampleGroup`.

        Args:
            group_name: Its name.
            moved: Nothing: what follows is given by name.
            metadata: What is known of it.
            is_library: Whether samples are created in it.
            is_public: Whether everybody may see it.
        """
        from omicsdk.pangea.objects.sample_group import SampleGroup

        return SampleGroup(
            self.knex, self, group_name, *moved, metadata=metadata, is_library=is_library, is_public=is_public
        )

    def _another(self, blob: Blob) -> Organization:
        """Another organization of the same server."""
        return Organization(self.knex, blob["name"])._fetched(blob)

    def get_sample_groups(self) -> Iterator[SampleGroup]:
        """Yields its groups, of all pages; those that may not be seen are left out by the server.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self.get()
        for blob in paginated_iterator(self.knex, f"sample_groups?organization_id={self.uuid}"):
            group = self.sample_group(blob["name"])
            yield group._fetched(blob)
