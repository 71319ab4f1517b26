"""The published client of Fusillade: its names, arguments and plain JSON responses, over `omicsdk.Fusillade`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.compat.hca.operations import Documented
from omicsdk.compat.hca.util import SwaggerClient
from omicsdk.hca.fusillade import Fusillade

if TYPE_CHECKING:
    from omicsdk_api.fusillade import types

    from omicsdk.hca.config import HCAConfig


class _Operations:
    """All operations. Those that return `Any` confirm the action in text of an unspecified media type."""

    delete_v1_group: Documented[Any] = Documented()
    delete_v1_resource: Documented[types.OutcomeDict | None] = Documented()
    delete_v1_resource_actions: Documented[Any] = Documented()
    delete_v1_resource_id: Documented[types.OutcomeDict] = Documented()
    delete_v1_resource_policy: Documented[Any] = Documented()
    delete_v1_role: Documented[Any] = Documented()
    get_echo: Documented[bytes] = Documented()
    get_jwks_json: Documented[types.KeySetDict] = Documented()
    get_login: Documented[bytes] = Documented()
    get_logout: Documented[Any] = Documented()
    get_oauth_authorize: Documented[bytes] = Documented()
    get_oauth_userinfo: Documented[types.UserinfoDict] = Documented()
    get_openid_configuration: Documented[types.OpenidConfigurationDict] = Documented()
    get_v1_group: Documented[types.GroupDict] = Documented()
    get_v1_group_roles: Documented[types.RolesDict] = Documented()
    get_v1_group_users: Documented[types.UsersDict] = Documented()
    get_v1_groups: Documented[types.GroupsDict] = Documented()
    get_v1_resource: Documented[types.ResourceTypePageDict] = Documented()
    get_v1_resource_actions: Documented[types.PolicyActionsDict] = Documented()
    get_v1_resource_id: Documented[Any] = Documented()
    get_v1_resource_id_members: Documented[types.MembersDict] = Documented()
    get_v1_resource_ids: Documented[types.ResourceIdsDict] = Documented()
    get_v1_resource_policies: Documented[types.PolicyNamesDict] = Documented()
    get_v1_resource_policy: Documented[types.AccessLevelDict] = Documented()
    get_v1_resources: Documented[types.ResourceTypesDict] = Documented()
    get_v1_role: Documented[types.RoleDict] = Documented()
    get_v1_roles: Documented[types.RolesDict] = Documented()
    get_v1_user: Documented[types.UserDict] = Documented()
    get_v1_user_groups: Documented[types.GroupsDict] = Documented()
    get_v1_user_owns: Documented[types.OwnedDict] = Documented()
    get_v1_user_roles: Documented[types.RolesDict] = Documented()
    get_v1_users: Documented[types.UsersDict] = Documented()
    post_oauth_revoke: Documented[Any] = Documented()
    post_oauth_token: Documented[types.TokensDict] = Documented()
    post_oauth_userinfo: Documented[types.UserinfoDict] = Documented()
    post_v1_group: Documented[Any] = Documented()
    post_v1_policies_evaluate: Documented[types.DecisionDict] = Documented()
    post_v1_resource: Documented[Any] = Documented()
    post_v1_resource_id: Documented[types.OutcomeDict | None] = Documented()
    post_v1_resource_policy: Documented[Any] = Documented()
    post_v1_role: Documented[Any] = Documented()
    post_v1_user: Documented[types.OutcomeDict] = Documented()
    put_v1_group_policy: Documented[Any] = Documented()
    put_v1_group_role: Documented[types.OutcomeDict | None] = Documented()
    put_v1_group_user: Documented[types.OutcomeDict | None] = Documented()
    put_v1_resource_action: Documented[Any] = Documented()
    put_v1_resource_id_member: Documented[types.OutcomeDict] = Documented()
    put_v1_resource_policy: Documented[Any] = Documented()
    put_v1_role_policy: Documented[Any] = Documented()
    put_v1_user: Documented[types.OutcomeDict] = Documented()
    put_v1_user_group: Documented[types.OutcomeDict | None] = Documented()
    put_v1_user_policy: Documented[types.OutcomeDict] = Documented()
    put_v1_user_role: Documented[types.OutcomeDict | None] = Documented()


class AuthClient(_Operations, SwaggerClient):
    """Documented client of Fusillade. New code should use `Fusillade`.

    Operations take keyword arguments and return plain JSON values, bytes where a response is not JSON, and None if it
    is empty; so a change of memberships that was made before (304, nothing has changed) is None. Of lists
    `.iterate(**arguments)` gives every item of every page and `.paginate(**arguments)` every page; a plain call gives
    the one page that `next_token` and `per_page` say.

    Args:
        config: The HCA configuration; by default that of the user's files.
        swagger_url: Another deployment: the URL of its document, `https://auth.example.org/swagger.json`. The service
            is at that URL less its last segment; the document itself is never fetched.
        session_kwargs: Options of `Fusillade`: credentials, timeout, retry, headers, transport.

    Raises:
        ConfigError: The configuration is malformed, or the URL is invalid.
    """

    section = "AuthClient"
    package = "fusillade"

    def __init__(self, config: HCAConfig | None = None, swagger_url: str | None = None, **session_kwargs: Any) -> None:
        super().__init__(Fusillade, config, swagger_url, session_kwargs)
