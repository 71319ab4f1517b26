"""Divisions of an enterprise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import Listable
from omicsdk.compat.sevenbridges.meta.collection import Collection

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Team, User


class Division(Listable, path="division_id", calls="get_division list_divisions"):
    """A division of an enterprise."""

    name = fields.text()

    def get_teams(self, offset: int | None = None, limit: int | None = None) -> Collection[Team]:
        """List the division's teams that the user is in; `Team.query` lists the others too."""
        return self.api.teams.query(self, offset=offset, limit=limit)

    def get_members(
        self, role: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Collection[User]:
        """List the division's users, or those with a DivisionRole."""
        return self.api.users.query(self, role=role, offset=offset, limit=limit)
