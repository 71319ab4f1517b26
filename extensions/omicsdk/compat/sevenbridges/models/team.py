"""Teams of a division."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.member.resource import name_of
from omicsdk.compat.sevenbridges.models.team_member import TeamMember

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.division import Division
    from omicsdk.compat.sevenbridges.models.member import Member
    from omicsdk.compat.sevenbridges.models.user import User
    from omicsdk.core.request import Request


class Team(Resource):
    """A team of a division's users."""

    href = fields.text()
    id = fields.text()
    name = fields.text(read_only=False)

    @classmethod
    def query(
        cls,
        division: Division | str,
        list_all: bool = False,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists a division's teams.

        Args:
            division: The division, or its id.
            list_all: Whether those are listed too that the user isn't in.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_teams.build(
            division=identifier(division), all=list_all, offset=given(offset), limit=given(limit), fields="_all"
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Self | str, api: HttpClient | None = None) -> Self:
        """Gives a team.

        Args:
            id: Its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such team, or it may not be seen.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

    @classmethod
    def create(cls, name: str, division: Division | str, api: HttpClient | None = None) -> Self:
        """Makes a team.

        Args:
            name: What it is called.
            division: The division that it belongs to, or its id.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        return cls.of(api.call_object(api.client.create_team.build(name=name, division=identifier(division))), api)

    def save(self, inplace: bool = True) -> Self:
        """Saves what was changed.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            ResourceNotModified: Nothing was changed.
            SbgError: The platform answered with an error.
        """
        request = self.api.client.update_team.build(team_id=identifier(self), **self._changed())
        return self._saved(self.api.call_object(request), inplace)

    def get_members(self, offset: int | None = None, limit: int | None = None) -> Collection[TeamMember]:
        """Lists the team's members.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        request = self.api.client.list_team_members.build(
            team_id=identifier(self), offset=given(offset), limit=given(limit)
        )
        return Collection.fetch(TeamMember, request, self.api)

    def add_member(self, user: User | Member | TeamMember | str) -> TeamMember:
        """Takes a user into the team.

        Args:
            user: The user, or the user's name.

        Raises:
            SbgError: The platform answered with an error.
        """
        request = self.api.client.add_team_member.build(team_id=identifier(self), id=name_of(user))
        return TeamMember.of(self.api.call_object(request), self.api)

    def remove_member(self, user: User | Member | TeamMember | str) -> None:
        """Takes a user out of the team.

        Args:
            user: The user, or the user's name.

        Raises:
            SbgError: The platform answered with an error.
        """
        self.api.call(self.api.client.remove_team_member.build(team_id=identifier(self), username=name_of(user)))

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_team.build(team_id=identifier(id))
