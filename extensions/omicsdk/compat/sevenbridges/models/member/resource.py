"""Members of projects, volumes and data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self

from omicsdk.compat.sevenbridges.errors import SbgError, ValidationError
from omicsdk.compat.sevenbridges.http.answers import object_of
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.compat.sevenbridges.models.member.permissions import Permissions

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient


class Member(Resource):
    """A member: a user, a team or a division."""

    href = fields.text()
    id = fields.text()
    username = fields.text()
    email = fields.text()
    type = fields.text()
    permissions = fields.View(Permissions)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Member):
            return NotImplemented
        return self is other or (self.name is not None and self.name == other.name)

    def __hash__(self) -> int:
        return hash((Member, self.name))

    def __repr__(self) -> str:
        return f"<Member: username={self.name or self.field('email')}>"

    @property
    def name(self) -> str | None:
        """What it is called in paths: a user's name, or the id of a team or division."""
        return self.field("username") or self.field("id")

    @classmethod
    def get(cls, id: str, api: HttpClient | None = None) -> NoReturn:
        """A member by itself isn't to be had: it belongs to a project, volume or data set.

        Args:
            id: Its name.
            api: Has no effect.

        Raises:
            SbgError: Always.
        """
        del api
        raise SbgError(
            f"Member {id!r} can't be asked for by itself",
            remedy="Ask its project, volume or data set: get_member(username).",
        )

    def save(self, inplace: bool = True) -> Self:
        """Saves the rights that were changed.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            ResourceNotModified: None was changed.
            SbgError: The platform answered with an error.
        """
        changed: dict[str, Any] = self._changed()["permissions"]
        href = self.field("href")
        if not href:
            raise SbgError(f"{self!r} can't be saved: nothing says where it is", remedy="Get it from its project anew.")
        told = object_of(self.api.patch(f"{href.rstrip('/')}/permissions", data=changed, append_base=False))
        return self._saved({"permissions": {**self.permissions, **told}}, inplace)


def name_of(who: object) -> str:
    """What somebody is called in paths.

    Args:
        who: A user, member, team or division, or its name or id.

    Raises:
        ValidationError: It has none.
    """
    name = who.field("username") or who.field("id") if isinstance(who, Resource) else who
    try:
        return identifier(name, "username")
    except ValidationError:
        raise ValidationError(
            f"{who!r} has neither username nor id", remedy="Give a user, member or team, or its name."
        ) from None


def rights(permissions: Mapping[str, bool]) -> dict[str, bool]:
    """The rights of a new member, as they are sent.

    Args:
        permissions: Names of rights to whether the member has them.

    Raises:
        ValidationError: It is no dictionary.
    """
    fields.is_mapping("permissions", permissions)
    return dict(permissions)
