"""Users of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, cast

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.member.resource import name_of

if TYPE_CHECKING:
    from typing import Any

    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.division import Division
    from omicsdk.compat.sevenbridges.models.member import Member
    from omicsdk.compat.sevenbridges.models.team_member import TeamMember
    from omicsdk.core.request import Request


class User(Resource):
    """A user."""

    _KEY: ClassVar[str] = "username"

    href = fields.text()
    username = fields.text()
    email = fields.text()
    first_name = fields.text()
    last_name = fields.text()
    affiliation = fields.text()
    phone = fields.text()
    address = fields.text()
    state = fields.text()
    country = fields.text()
    zip_code = fields.text()
    city = fields.text()
    role = fields.text()
    tags = fields.listing()

    @classmethod
    def me(cls, api: HttpClient | None = None) -> Self:
        """Gives the user whose token it is.

        Args:
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        return cls.of(api.call_object(api.client.get_current_user.build()), api)

    @classmethod
    def get(cls, user: User | Member | TeamMember | str, api: HttpClient | None = None) -> Self:
        """Gives a user.

        Args:
            user: The user's name, or whoever has it.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such user, or it may not be seen.
            SbgError: The platform answered with another error.
        """
        return cls._got(user, api)

    @classmethod
    def query(
        cls,
        division: Division | str,
        role: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists a division's users.

        Args:
            division: The division, or its id.
            role: Only those who are this in it; `enums.DivisionRole` has the names.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_users.build(
            division=identifier(division),
            role=cast("Any", given(role)),
            offset=given(offset),
            limit=given(limit),
        )
        return Collection.fetch(cls, request, api)

    def disable(self, api: HttpClient | None = None) -> None:
        """Removes the user from the division, which needs the token of one of its administrators.

        Args:
            api: Another Api than the one that it came from.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = self.api if api is None else api
        api.call(api.client.disable_user.build(username=name_of(self)))

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_user.build(username=name_of(id))
