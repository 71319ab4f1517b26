"""Members of teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.resource import Resource

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api


class TeamMember(Resource, key="username"):
    """A member of a team."""

    href = id = username = role = fields.text()

    @classmethod
    def get(cls, id: str, api: Api | None = None) -> NoReturn:
        """Raise SbgError: a single member belongs to a team."""
        del api
        raise SbgError(f"Cannot get team member {id!r} without its team", remedy="Search team.get_members().all().")
