"""Members of volumes: who may do what with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.sb.meta.collection import Collection
from omicsdk.sb.meta.resource import Resource, given, identifier
from omicsdk.sb.models.member import Member, name_of, rights
from omicsdk.sb.models.owned import owned

if TYPE_CHECKING:
    from omicsdk.sb.http.client import HttpClient
    from omicsdk.sb.models.division import Division
    from omicsdk.sb.models.team import Team
    from omicsdk.sb.models.user import User


def volume_path(volume: object) -> dict[str, Any]:
    """What the path of a volume is made of, as generated operations take it.

    Args:
        volume: The volume, or its id.

    Raises:
        SbgError: That is no id of a volume.
    """
    owner, name = owned(volume, "volume")
    return {"owner": owner, "volume": name}


class VolumeMembers(Resource):
    """What a volume has to do with its members."""

    def get_members(self, offset: int | None = None, limit: int | None = None) -> Collection[Member]:
        """Lists who may do something with it.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        request = self.api.client.list_volume_members.build(
            **volume_path(self), offset=given(offset), limit=given(limit)
        )
        return Collection.fetch(Member, request, self.api)

    def get_member(self, username: User | Member | str, api: HttpClient | None = None) -> Member:
        """Gives a member.

        Args:
            username: The member, or its name.
            api: Another Api than the one that the volume came from.

        Raises:
            NotFound: There is no such member.
            SbgError: The platform answered with another error.
        """
        api = self.api if api is None else api
        request = api.client.get_volume_member.build(**volume_path(self), username=name_of(username))
        return Member.of(api.call_object(request), api)

    def add_member(self, user: User | Member | str, permissions: Mapping[str, bool]) -> Member:
        """Adds a user.

        Args:
            user: The user, or the user's name.
            permissions: Names of rights ("read", "copy", "write", "admin") to whether the user has them. "execute" is left
                out: nothing is executed on a volume.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        return self._add(name_of(user), "USER", permissions)

    def add_member_team(self, team: Team | str, permissions: Mapping[str, bool]) -> Member:
        """Adds a team.

        Args:
            team: The team, or its id.
            permissions: Rights, as those of `add_member`.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        return self._add(identifier(team), "TEAM", permissions)

    def add_member_division(self, division: Division | str, permissions: Mapping[str, bool]) -> Member:
        """Adds a division.

        Args:
            division: The division, or its id.
            permissions: Rights, as those of `add_member`.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        return self._add(identifier(division), "DIVISION", permissions)

    def remove_member(self, user: User | Member | Team | Division | str) -> None:
        """Removes a member.

        Args:
            user: The member, or its name: a user's, or the id of a team or division.

        Raises:
            SbgError: The platform answered with an error.
        """
        self.api.call(self.api.client.remove_volume_member.build(**volume_path(self), username=name_of(user)))

    def _add(self, name: str, kind: Any, permissions: Mapping[str, bool]) -> Member:
        given_rights: Any = {right: has for right, has in rights(permissions).items() if right != "execute"}
        request = self.api.client.add_volume_member.build(
            **volume_path(self), username=name, type=kind, permissions=given_rights
        )
        return Member.of(self.api.call_object(request), self.api)
