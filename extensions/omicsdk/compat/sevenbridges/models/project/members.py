"""Members of projects: who may do what in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.compat.sevenbridges.meta.owned import owned
from omicsdk.compat.sevenbridges.models.member.membership import MemberRequests, Membership
from omicsdk.core.omit import OMIT

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.member import Member


def project_path(project: object) -> dict[str, Any]:
    """What the path of a project is made of, as generated operations take it.

    Args:
        project: The project, or its id.

    Raises:
        SbgError: That is no id of a project.
    """
    owner, name = owned(project, "project")
    return {"owner": owner, "project": name}


class ProjectMembers(Membership):
    """What a project has to do with its members."""

    def _member_requests(self, api: HttpClient) -> MemberRequests:
        client = api.client
        return MemberRequests(
            client.list_project_members.build,
            client.get_project_member.build,
            client.add_project_member.build,
            client.remove_project_member.build,
        ).of(project_path(self))

    def add_member_email(self, email: str, permissions: Mapping[str, bool] | None = None) -> Member:
        """Invites somebody.

        Args:
            email: The address.
            permissions: Rights, as those of `add_member`; None for those that the platform gives.

        Raises:
            ValidationError: `permissions` is no dictionary.
            SbgError: The platform answered with an error.
        """
        return self._add(email=email, permissions=OMIT if permissions is None else self._rights(permissions))
