"""Data sets: files that are shared and cited together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import gives, lists, sends
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Gettable, Savable
from omicsdk.compat.sevenbridges.models.member import Member

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, User


class Dataset(Gettable, Savable, path="owner/dataset", calls="get_dataset update_dataset delete_dataset"):
    """A data set. All of it is in advance access: make the Api with advance_access=True."""

    name = description = fields.text(read_only=False)

    @classmethod
    @lists("list_datasets", fields="_all")
    def query(cls, visibility: str | None = None, api: Api | None = None) -> Collection[Self]:
        """List data sets: "public" ones, or by default those that the user is a member of."""
        ...

    @classmethod
    @lists("list_owner_datasets", fields="_all")
    def get_owned_by(cls, username: User | str, api: Api | None = None) -> Collection[Self]:
        """List the data sets of an owner."""
        ...

    def save(self, inplace: bool = True) -> Self:
        """Save the changes, if any."""
        return super().save(inplace) if self.changes() else self._saved({}, inplace)

    @lists("list_dataset_members", of=Member)
    def get_members(self, api: Api | None = None) -> Collection[Member]:
        """List its members."""
        ...

    @gives("get_dataset_member", of=Member)
    def get_member(self, username: User | Member | str, api: Api | None = None) -> Member:
        """Get a member."""
        ...

    @gives("add_dataset_member", of=Member)
    def add_member(
        self, username: User | Member | str, permissions: Mapping[str, bool], api: Api | None = None
    ) -> Member:
        """Add a member."""
        ...

    @sends("remove_dataset_member", names={"member": "username"})
    def remove_member(self, member: User | Member | str, api: Api | None = None) -> None:
        """Remove a member."""
