"""Teams of a division."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import gives, lists, sends
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Gettable, Savable
from omicsdk.compat.sevenbridges.models.team_member import TeamMember

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Division, Member, User


class Team(Gettable, Savable, path="team_id", calls="get_team update_team"):
    """A team of a division's users."""

    name = fields.text(read_only=False)

    @classmethod
    @lists("list_teams", names={"list_all": "all"}, fields="_all")
    def query(
        cls,
        division: Division | str,
        list_all: bool = False,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
    ) -> Collection[Self]:
        """List a division's teams: those that the user is in, or all with `list_all`."""
        ...

    @classmethod
    @gives("create_team")
    def create(cls, name: str, division: Division | str, api: Api | None = None) -> Self:
        """Create a team in a division."""
        ...

    @lists("list_team_members", of=TeamMember)
    def get_members(self, offset: int | None = None, limit: int | None = None) -> Collection[TeamMember]:
        """List the team's members."""
        ...

    @gives("add_team_member", of=TeamMember, names={"user": "id"})
    def add_member(self, user: User | Member | TeamMember | str) -> TeamMember:
        """Add a user to the team."""
        ...

    @sends("remove_team_member", names={"user": "username"})
    def remove_member(self, user: User | Member | TeamMember | str) -> None:
        """Remove a user from the team."""
