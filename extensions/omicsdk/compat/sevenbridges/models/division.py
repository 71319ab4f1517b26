"""Divisions of an enterprise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.team import Team
    from omicsdk.compat.sevenbridges.models.user import User
    from omicsdk.core.request import Request


class Division(Resource):
    """A division of an enterprise."""

    href = fields.text()
    id = fields.text()
    name = fields.text()

    @classmethod
    def query(
        cls, offset: int | None = None, limit: int | None = None, api: HttpClient | None = None
    ) -> Collection[Self]:
        """Lists the divisions that the user is in.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_divisions.build(offset=given(offset), limit=given(limit), fields="_all")
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Self | str, api: HttpClient | None = None) -> Self:
        """Gives a division.

        Args:
            id: Its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such division, or it may not be seen.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

    def get_teams(self, offset: int | None = None, limit: int | None = None) -> Collection[Team]:
        """Lists the division's teams that the user is in; `Team.query` lists the others too.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.team import Team

        return Team.query(self, offset=offset, limit=limit, api=self.api)

    def get_members(
        self, role: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Collection[User]:
        """Lists the division's users.

        Args:
            role: Only those who are this in it; `enums.DivisionRole` has the names.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.user import User

        return User.query(self, role=role, offset=offset, limit=limit, api=self.api)

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_division.build(division_id=identifier(id))
