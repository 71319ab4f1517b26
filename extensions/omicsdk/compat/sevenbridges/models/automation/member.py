"""Members of automations: users and teams who may see, change or run one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import unquote, urlsplit

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.member.permissions import Permissions
from omicsdk.compat.sevenbridges.models.member.resource import rights

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.automation.resource import Automation
    from omicsdk.compat.sevenbridges.models.member import Member
    from omicsdk.compat.sevenbridges.models.team import Team
    from omicsdk.compat.sevenbridges.models.user import User


class AutomationMember(Resource):
    """A member of an automation."""

    href = fields.text()
    id = fields.text()
    username = fields.text()
    email = fields.text()
    type = fields.text()
    name = fields.text()
    permissions = fields.View(Permissions)

    @classmethod
    def query(
        cls,
        automation: Automation | str,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists the members of an automation.

        Args:
            automation: The automation, or its id.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_automation_members.build(
            automation_id=identifier(automation), offset=given(offset), limit=given(limit)
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(
        cls, id: User | Member | AutomationMember | str, automation: Automation | str, api: HttpClient | None = None
    ) -> Self:
        """Gets one member of an automation.

        Args:
            id: The user, or their name.
            automation: The automation, or its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is none.
            SbgError: The platform answered with another error.
        """
        api = cls._client(api)
        request = api.client.get_automation_member.build(
            automation_id=identifier(automation), username=identifier(id, "username")
        )
        return cls.of(api.call_object(request), api)

    @classmethod
    def add(
        cls,
        user: User | Member | str,
        permissions: Mapping[str, bool],
        automation: Automation | str,
        api: HttpClient | None = None,
    ) -> Self:
        """Makes a user a member of an automation.

        Args:
            user: The user, or their name.
            permissions: Names of rights ("read", "copy", "write", "execute", "admin") to whether they have them.
            automation: The automation, or its id.
            api: The Api, where this is the class of none.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.add_automation_member.build(
            automation_id=identifier(automation),
            username=identifier(user, "username"),
            permissions=cast("Any", rights(permissions)),
        )
        return cls.of(api.call_object(request), api)

    @classmethod
    def add_team(
        cls,
        team: Team | str,
        permissions: Mapping[str, bool],
        automation: Automation | str,
        api: HttpClient | None = None,
    ) -> Self:
        """Makes a team a member of an automation.

        Args:
            team: The team, or its id.
            permissions: Names of rights to whether the team has them.
            automation: The automation, or its id.
            api: The Api, where this is the class of none.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.add_automation_member.build(
            automation_id=identifier(automation),
            id=identifier(team),
            type="team",
            permissions=cast("Any", rights(permissions)),
        )
        return cls.of(api.call_object(request), api)

    @classmethod
    def remove(
        cls,
        user: User | Member | AutomationMember | str,
        automation: Automation | str,
        api: HttpClient | None = None,
    ) -> None:
        """Ends a user's membership.

        Args:
            user: The user, or their name.
            automation: The automation, or its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: They are no member.
            SbgError: The platform answered with another error.
        """
        cls._remove(identifier(user, "username"), automation, cls._client(api))

    @classmethod
    def remove_team(
        cls, team: Team | AutomationMember | str, automation: Automation | str, api: HttpClient | None = None
    ) -> None:
        """Ends a team's membership.

        Args:
            team: The team, or its id.
            automation: The automation, or its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: It is no member.
            SbgError: The platform answered with another error.
        """
        cls._remove(identifier(team), automation, cls._client(api))

    @classmethod
    def _remove(cls, name: str, automation: Automation | str, api: HttpClient) -> None:
        request = api.client.remove_automation_member.build(automation_id=identifier(automation), username=name)
        api.send(request)

    # -- one member

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
        self._changed()
        wanted = dict(self.permissions)
        automation, name = self._place()
        request = self.api.client.update_automation_member.build(
            automation_id=automation, username=name, permissions=cast("Any", wanted)
        )
        told: dict[str, Any] = self.api.call_object(request).get("permissions") or {}
        return self._saved({"permissions": {**wanted, **told}}, inplace)

    def delete(self) -> None:
        """Ends the membership.

        Raises:
            SbgError: The platform answered with an error.
        """
        automation, name = self._place()
        self._remove(name, automation, self.api)

    def _place(self) -> tuple[str, str]:
        """The ids of the automation and of the member, as the URL of this one has them."""
        parts = urlsplit(self.field("href") or "").path.rstrip("/").split("/")
        if len(parts) < 3 or parts[-2] != "members":
            raise SbgError(f"Nothing says of which automation {self!r} is", remedy="Get it from its automation anew.")
        return unquote(parts[-3]), unquote(parts[-1])

    @property
    def _called(self) -> str | None:
        """What it is called in paths: a user's name, or a team's id."""
        return self.field("username") or self.field("id")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AutomationMember):
            return NotImplemented
        return self is other or (self._called is not None and self._called == other._called)

    def __hash__(self) -> int:
        return hash((AutomationMember, self._called)) if self._called is not None else object.__hash__(self)

    def __repr__(self) -> str:
        return f"<AutomationMember: username={self._called}>"
