"""Members of projects, volumes and data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.http.responses import object_of
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import name_of, plain_mapping
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier, request_of

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Division, Team, User


class Permissions(fields.DictView):
    """Names of rights ("read", "copy", "write", "execute", "admin") to whether a member has them."""


class MemberFields(Resource):
    """Common fields of members of projects, volumes, data sets and automations; equal if their names are equal."""

    href = id = username = email = type = fields.text()
    permissions = fields.View(Permissions)

    def _identity(self) -> str | None:
        """The name in paths: a user's name, or the id of a team or division."""
        return self.field("username") or self.field("id")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: username={self._identity() or self.field('email')}>"


class Member(MemberFields):
    """A member: a user, a team or a division."""

    @property
    def name(self) -> str | None:
        """The name in paths: a user's name, or the id of a team or division."""
        return self._identity()

    @classmethod
    def get(cls, id: str, api: Api | None = None) -> NoReturn:
        """Raise SbgError: a single member belongs to a project, volume or data set."""
        del api
        remedy = "Call get_member(username) of its project, volume or data set."
        raise SbgError(f"Cannot get member {id!r} without its project, volume or data set", remedy=remedy)

    def save(self, inplace: bool = True) -> Self:
        """Save the rights that were changed."""
        changed: dict[str, Any] = self._changed()["permissions"]
        href = str(self.field("href") or "")
        if not href:
            raise SbgError(f"{self!r} cannot be saved: its URL is unknown", remedy="Get it from its project again.")
        confirmed = object_of(self.api.patch(f"{href.rstrip('/')}/permissions", data=changed, append_base=False))
        return self._saved({"permissions": {**self.permissions, **confirmed}}, inplace)


class Membership(Resource):
    """Operations of a project or volume on its members."""

    _OWNER: ClassVar[str]  # what operations on its members call it

    def _rights(self, permissions: Mapping[str, bool]) -> dict[str, bool]:
        """The rights that are sent for a member."""
        return plain_mapping("permissions", permissions)

    def get_members(self, offset: int | None = None, limit: int | None = None) -> Collection[Member]:
        """List its members."""
        request = request_of(
            self.api, f"list_{self._OWNER}_members", **self._path_arguments(self), offset=offset, limit=limit
        )
        return Collection.fetch(Member, request, self.api)

    def get_member(self, username: User | Member | str, api: Api | None = None) -> Member:
        """Get a member."""
        name = name_of(username)
        return Member._from_operation(
            api or self.api, f"get_{self._OWNER}_member", **self._path_arguments(self), username=name
        )

    def add_member(self, user: User | Member | str, permissions: Mapping[str, bool]) -> Member:
        """Add a user; on a volume, "execute" is not sent."""
        return self._add(username=name_of(user), type="USER", permissions=self._rights(permissions))

    def add_member_team(self, team: Team | str, permissions: Mapping[str, bool]) -> Member:
        """Add a team."""
        return self._add(username=identifier(team), type="TEAM", permissions=self._rights(permissions))

    def add_member_division(self, division: Division | str, permissions: Mapping[str, bool]) -> Member:
        """Add a division."""
        return self._add(username=identifier(division), type="DIVISION", permissions=self._rights(permissions))

    def remove_member(self, user: User | Member | Team | Division | str) -> None:
        """Remove a member."""
        self.api.send(
            request_of(self.api, f"remove_{self._OWNER}_member", **self._path_arguments(self), username=name_of(user))
        )

    def _add(self, **member: Any) -> Member:
        return Member._from_operation(self.api, f"add_{self._OWNER}_member", **self._path_arguments(self), **member)
