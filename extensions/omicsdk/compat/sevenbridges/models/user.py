"""Users of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import gives, lists, sends
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Resource

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Division, Member, TeamMember


class User(Resource, path="username", key="username", calls="get_user"):
    """A user."""

    href = username = email = first_name = last_name = affiliation = phone = address = state = country = fields.text()
    zip_code = city = role = fields.text()
    tags = fields.listing()

    @classmethod
    @gives("get_current_user")
    def me(cls, api: Api | None = None) -> Self:
        """Get the user whose token it is."""
        ...

    @classmethod
    @gives("get_user", names={"user": "username"})
    def get(cls, user: User | Member | TeamMember | str, api: Api | None = None) -> Self:
        """Get a user."""
        ...

    @classmethod
    @lists("list_users")
    def query(
        cls,
        division: Division | str,
        role: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
    ) -> Collection[Self]:
        """List a division's users, or those with a DivisionRole."""
        ...

    @sends("disable_user")
    def disable(self, api: Api | None = None) -> None:
        """Remove the user from the division, which needs the token of one of its administrators."""
