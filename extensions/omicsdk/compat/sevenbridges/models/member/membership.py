"""Who may do what with a project or volume: both have members in the same way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.member.resource import Member, name_of, rights

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.division import Division
    from omicsdk.compat.sevenbridges.models.team import Team
    from omicsdk.compat.sevenbridges.models.user import User
    from omicsdk.core.request import Request


class MemberRequests(NamedTuple):
    """What is sent about the members of one thing.

    Attributes:
        listed: All of them.
        one: One.
        added: A new one.
        removed: One that goes.
    """

    listed: Callable[..., Request]
    one: Callable[..., Request]
    added: Callable[..., Request]
    removed: Callable[..., Request]

    def of(self, path: Mapping[str, str]) -> Self:
        """The same for the thing at a path.

        Args:
            path: What the path is made of, as generated operations take it.
        """
        return type(self)(*(partial(build, **path) for build in self))


class Membership(Resource, ABC):
    """What a project or volume has to do with its members."""

    @abstractmethod
    def _member_requests(self, api: HttpClient) -> MemberRequests:
        """What is sent about its members by an Api."""

    def _rights(self, permissions: Mapping[str, bool]) -> dict[str, bool]:
        """The rights that are sent for a member."""
        return rights(permissions)

    def get_members(self, offset: int | None = None, limit: int | None = None) -> Collection[Member]:
        """Lists who may do something with it.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        request = self._member_requests(self.api).listed(offset=given(offset), limit=given(limit))
        return Collection.fetch(Member, request, self.api)

    def get_member(self, username: User | Member | str, api: HttpClient | None = None) -> Member:
        """Gives a member.

        Args:
            username: The member, or its name.
            api: Another Api than the one that this came from.

        Raises:
            NotFound: There is no such member.
            SbgError: The platform answered with another error.
        """
        api = self.api if api is None else api
        return Member.of(api.call_object(self._member_requests(api).one(username=name_of(username))), api)

    def add_member(self, user: User | Member | str, permissions: Mapping[str, bool]) -> Member:
        """Adds a user.

        Args:
            user: The user, or the user's name.
            permissions: Names of rights ("read", "copy", "write", "execute", "admin") to whether the user has them. On a
                volume "execute" is left out: nothing is executed there.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        return self._add(username=name_of(user), type="USER", permissions=self._rights(permissions))

    def add_member_team(self, team: Team | str, permissions: Mapping[str, bool]) -> Member:
        """Adds a team.

        Args:
            team: The team, or its id.
            permissions: Rights, as those of `add_member`.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        return self._add(username=identifier(team), type="TEAM", permissions=self._rights(permissions))

    def add_member_division(self, division: Division | str, permissions: Mapping[str, bool]) -> Member:
        """Adds a division.

        Args:
            division: The division, or its id.
            permissions: Rights, as those of `add_member`.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        return self._add(username=identifier(division), type="DIVISION", permissions=self._rights(permissions))

    def remove_member(self, user: User | Member | Team | Division | str) -> None:
        """Removes a member.

        Args:
            user: The member, or its name: a user's, or the id of a team or division.

        Raises:
            SbgError: The platform answered with an error.
        """
        self.api.call(self._member_requests(self.api).removed(username=name_of(user)))

    def _add(self, **member: Any) -> Member:
        return Member.of(self.api.call_object(self._member_requests(self.api).added(**member)), self.api)
