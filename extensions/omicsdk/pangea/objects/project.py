"""Projects: groups of an organization that belong together. The published client has no class for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.objects.remote_object import RemoteObject

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.organization import Organization
    from omicsdk.pangea.objects.sample_group import SampleGroup


class Project(RemoteObject):
    """A project.

    Args:
        knex: The server, and who asks it.
        org: The organization that owns it.
        name: Its name; there is one of a name on a server.
        description: What it is about.
    """

    remote_fields = ("uuid", "created_at", "updated_at", "name", "description")
    parent_field = "org"
    route = "projects"
    unblank = frozenset({"description"})

    def __init__(self, knex: Knex, org: Organization, name: str, description: str = "") -> None:
        super().__init__(knex)
        self.org = org
        self.name = str(name)
        self.description = description

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"PROJECT{self.name}\x1f{self.org.pre_hash()}"

    def add_sample_group(self, group: SampleGroup) -> None:
        """Adds a group, at once.

        Args:
            group: The group.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self.get()
        sent = {"sample_group_uuid": group.uuid or group.get().uuid}
        self.knex.post(f"projects/{self.uuid}/sample_groups", json=sent)

    def get_sample_groups(self) -> Iterator[SampleGroup]:
        """Yields its groups, of all pages.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        from omicsdk.pangea.objects.of_blobs import sample_group_from_blob

        self.get()
        for blob in paginated_iterator(self.knex, f"projects/{self.uuid}/sample_groups"):
            yield sample_group_from_blob(self.knex, blob)

    def _segment(self) -> None:
        """No route leads to it by name."""

    def _filter(self) -> dict[str, object]:
        return {"name": self.name, "organization_id": self.org._id()}

    def _creation(self) -> dict[str, object]:
        return {**super()._creation(), "organization": self.org._id()}
