"""Fusillade as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.fusillade import deciding, oauth, principals, resources
from omicsdk.sandbox.fusillade.pages import login_pages
from omicsdk.sandbox.fusillade.permissions import permitted
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Service, by_name

PREFIX = "/auth"

HANDLERS = (
    oauth.get_login,
    oauth.get_logout,
    oauth.get_openid_configuration,
    oauth.get_jwks_json,
    oauth.get_oauth_authorize,
    oauth.post_oauth_revoke,
    oauth.post_oauth_token,
    oauth.get_oauth_userinfo,
    oauth.post_oauth_userinfo,
    oauth.get_echo,
    deciding.post_v1_policies_evaluate,
    principals.get_v1_users,
    principals.post_v1_user,
    principals.get_v1_user,
    principals.put_v1_user,
    principals.get_v1_user_owns,
    principals.get_v1_user_groups,
    principals.put_v1_user_group,
    principals.get_v1_user_roles,
    principals.put_v1_user_role,
    principals.put_v1_user_policy,
    principals.get_v1_groups,
    principals.post_v1_group,
    principals.get_v1_group,
    principals.delete_v1_group,
    principals.get_v1_group_roles,
    principals.put_v1_group_role,
    principals.get_v1_group_users,
    principals.put_v1_group_user,
    principals.put_v1_group_policy,
    principals.get_v1_roles,
    principals.post_v1_role,
    principals.get_v1_role,
    principals.delete_v1_role,
    principals.put_v1_role_policy,
    resources.get_v1_resources,
    resources.get_v1_resource,
    resources.post_v1_resource,
    resources.delete_v1_resource,
    resources.get_v1_resource_actions,
    resources.put_v1_resource_action,
    resources.delete_v1_resource_actions,
    resources.get_v1_resource_policies,
    resources.get_v1_resource_policy,
    resources.post_v1_resource_policy,
    resources.put_v1_resource_policy,
    resources.delete_v1_resource_policy,
    resources.get_v1_resource_ids,
    resources.get_v1_resource_id,
    resources.post_v1_resource_id,
    resources.delete_v1_resource_id,
    resources.get_v1_resource_id_members,
    resources.put_v1_resource_id_member,
)
# The document's name has a dot, which a function can't have.
_RENAMED = {"get_jwks_json": "get_jwks.json"}


def fusillade_service(fusillade: Fusillade, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        fusillade: Its state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    handlers = {_RENAMED.get(name, name): handler for name, handler in by_name(HANDLERS, fusillade).items()}
    return Service(
        name="fusillade",
        prefix=PREFIX,
        document=document,
        document_path="/swagger.json",
        handlers=permitted(fusillade, handlers),
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        error_body=error_body,
        pages=login_pages(fusillade),
    )


def error_body(problem: Problem) -> dict[str, object]:
    """A refusal as the service says it (RFC 7807): what kind it is, and what happened."""
    title = problem.code if problem.code == "illegal_arguments" else HTTPStatus(problem.status).phrase
    return {"status": problem.status, "title": title, "detail": problem.title, "type": "about:blank"}
