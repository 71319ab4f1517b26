"""The clients of Fusillade: users, groups, roles, policies and shared resources of the Atlas's services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk_api.fusillade import AsyncFusilladeApi, FusilladeApi

from omicsdk.core.late_names import LateModule
from omicsdk.core.platform import AsyncPlatform, Platform, Workflow
from omicsdk.hca.services import discovery

if TYPE_CHECKING:
    from omicsdk_api.fusillade import models
else:
    models = LateModule("omicsdk_api.fusillade.models")


def _whoami(client: FusilladeApi) -> models.Userinfo:
    """Show the user that the login belongs to, and what they may do.

    Returns:
        The claims of the access token, and the user's groups, roles and allowed actions.

    Raises:
        AuthError: There is no login.
        Unauthorized: The service does not accept the token.
    """
    return client.get_oauth_userinfo()


class _Workflows:
    """What both clients have beside the operations."""

    _discovery = discovery("AuthClient")

    whoami = Workflow(_whoami)


class Fusillade(_Workflows, Platform, FusilladeApi):
    __doc__ = f"""Fusillade, the authorisation service of the Human Cell Atlas.

    A change of memberships that was made before returns None: nothing has changed (304).

    {Platform.__doc__}"""


class AsyncFusillade(_Workflows, AsyncPlatform, AsyncFusilladeApi):
    __doc__ = (
        f"Fusillade, the authorisation service of the Human Cell Atlas, for asyncio.\n\n    {AsyncPlatform.__doc__}"
    )

    _blocking_class = Fusillade
