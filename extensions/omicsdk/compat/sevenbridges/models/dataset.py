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


class Dataset(Gettable, Savable):
    """A data set. All of it is in advance access: make the Api with advance_access=True."""

    _PATH = "owner/dataset"
    _GET, _SAVE, _DELETE = "get_dataset", "update_dataset", "delete_dataset"

    name = fields.text(read_only=False)
    description = fields.text(read_only=False)

    @classmethod
    @lists("list_datasets", fields="_all")
    def query(cls, visibility: str | None = None, api: Api | None = None) -> Collection[Self]:
        """List data sets.

        Args:
            visibility: "public" for those that everybody sees; None for those that the user is a member of.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        ...

    @classmethod
    @lists("list_owner_datasets", fields="_all")
    def get_owned_by(cls, username: User | str, api: Api | None = None) -> Collection[Self]:
        """List the data sets of an owner.

        Args:
            username: The owner, or the owner's name.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        ...

    def save(self, inplace: bool = True) -> Self:
        """Save the changes, if any.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is returned.

        Returns:
            Itself, or the new one.

        Raises:
            SbgError: The platform answered with an error.
        """
        return super().save(inplace) if self.changes() else self._saved({}, inplace)

    @lists("list_dataset_members", of=Member)
    def get_members(self, api: Api | None = None) -> Collection[Member]:
        """List its members.

        Args:
            api: Another Api than the one that it came from.

        Raises:
            SbgError: The platform answered with an error.
        """
        ...

    @gives("get_dataset_member", of=Member)
    def get_member(self, username: User | Member | str, api: Api | None = None) -> Member:
        """Get a member.

        Args:
            username: The member, or its name.
            api: Another Api than the one that the data set came from.

        Raises:
            NotFound: There is no such member.
            SbgError: The platform answered with another error.
        """
        ...

    @gives("add_dataset_member", of=Member)
    def add_member(
        self, username: User | Member | str, permissions: Mapping[str, bool], api: Api | None = None
    ) -> Member:
        """Add a member.

        Args:
            username: The user, or the user's name.
            permissions: Names of rights to whether the member has them.
            api: Another Api than the one that the data set came from.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        ...

    @sends("remove_dataset_member", names={"member": "username"})
    def remove_member(self, member: User | Member | str, api: Api | None = None) -> None:
        """Remove a member.

        Args:
            member: The member, or its name.
            api: Another Api than the one that the data set came from.

        Raises:
            SbgError: The platform answered with an error.
        """
