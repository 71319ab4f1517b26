"""Data sets: files that are shared and cited together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.owned import owned
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.member.resource import Member, name_of, rights

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.user import User
    from omicsdk.core.request import Request


class Dataset(Resource):
    """A data set. All of it is in advance access: make the Api with advance_access=True."""

    href = fields.text()
    id = fields.text()
    name = fields.text(read_only=False)
    description = fields.text(read_only=False)

    @classmethod
    def query(cls, visibility: str | None = None, api: HttpClient | None = None) -> Collection[Self]:
        """Lists data sets.

        Args:
            visibility: "public" for those that everybody sees; None for those that the user is a member of.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_datasets.build(visibility=cast("Any", given(visibility)), fields="_all")
        return Collection.fetch(cls, request, api)

    @classmethod
    def get_owned_by(cls, username: User | str, api: HttpClient | None = None) -> Collection[Self]:
        """Lists somebody's data sets.

        Args:
            username: The owner, or the owner's name.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_owner_datasets.build(username=name_of(username), fields="_all")
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Self | str, api: HttpClient | None = None) -> Self:
        """Gives a data set.

        Args:
            id: Its id, such as owner/data-set.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such data set, or it may not be seen.
            SbgError: The platform answered with another error, or that is no id.
        """
        return cls._got(id, api)

    def save(self, inplace: bool = True) -> Self:
        """Saves what was changed; does nothing where nothing was.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            SbgError: The platform answered with an error.
        """
        changed = self.changes()
        told = self.api.call_object(self.api.client.update_dataset.build(**_path(self), **changed)) if changed else {}
        return self._saved(told, inplace)

    def delete(self) -> None:
        """Deletes it.

        Raises:
            SbgError: The platform answered with an error.
        """
        self.api.call(self.api.client.delete_dataset.build(**_path(self)))

    def get_members(self, api: HttpClient | None = None) -> Collection[Member]:
        """Lists who may do something with it.

        Args:
            api: Another Api than the one that it came from.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = self.api if api is None else api
        return Collection.fetch(Member, api.client.list_dataset_members.build(**_path(self)), api)

    def get_member(self, username: User | Member | str, api: HttpClient | None = None) -> Member:
        """Gives a member.

        Args:
            username: The member, or its name.
            api: Another Api than the one that the data set came from.

        Raises:
            NotFound: There is no such member.
            SbgError: The platform answered with another error.
        """
        api = self.api if api is None else api
        request = api.client.get_dataset_member.build(**_path(self), username=name_of(username))
        return Member.of(api.call_object(request), api)

    def add_member(
        self, username: User | Member | str, permissions: Mapping[str, bool], api: HttpClient | None = None
    ) -> Member:
        """Adds a member.

        Args:
            username: The user, or the user's name.
            permissions: Names of rights to whether the member has them.
            api: Another Api than the one that the data set came from.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        api = self.api if api is None else api
        request = api.client.add_dataset_member.build(
            **_path(self), username=name_of(username), permissions=cast("Any", rights(permissions))
        )
        return Member.of(api.call_object(request), api)

    def remove_member(self, member: User | Member | str, api: HttpClient | None = None) -> None:
        """Removes a member.

        Args:
            member: The member, or its name.
            api: Another Api than the one that the data set came from.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = self.api if api is None else api
        api.call(api.client.remove_dataset_member.build(**_path(self), username=name_of(member)))

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_dataset.build(**_path(id))


def _path(dataset: object) -> dict[str, Any]:
    """What its path is made of."""
    owner, name = owned(dataset, "dataset")
    return {"owner": owner, "dataset": name}
