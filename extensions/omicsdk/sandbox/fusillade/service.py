"""Fusillade as a service of the sandbox: which function answers which operation, and what permission that needs."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.fusillade import oauth, principals, resources
from omicsdk.sandbox.fusillade.oauth import login_pages
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import ALL_GROUPS, Call, Caller, Handler, Reply, Service, handlers_in

_TYPE = "resource/{resource_type_name}"
_THING = f"{_TYPE}/id/{{resource_id}}"

NEEDED: Mapping[str, tuple[str, str]] = {
    "post_v1_policies_evaluate": ("fus:Evaluate", "user"),
    "get_v1_users": ("fus:GetUser", "user"),
    "post_v1_user": ("fus:PostUser", "user"),
    "get_v1_user": ("fus:GetUser", "user/{user_id}/"),
    "put_v1_user": ("fus:PutUser", "user/{user_id}/status"),
    "get_v1_user_owns": ("fus:GetUser", "user/{user_id}/owns"),
    "get_v1_user_groups": ("fus:GetGroup", "user/{user_id}/groups"),
    "put_v1_user_group": ("fus:PutGroup", "user/{user_id}/groups"),
    "get_v1_user_roles": ("fus:GetRole", "user/{user_id}/roles"),
    "put_v1_user_role": ("fus:PutRole", "user/{user_id}/roles"),
    "put_v1_user_policy": ("fus:PutUser", "user/{user_id}/policy"),
    "get_v1_groups": ("fus:GetGroup", "group"),
    "post_v1_group": ("fus:PostGroup", "group"),
    "get_v1_group": ("fus:GetGroup", "group/{group_id}/"),
    "delete_v1_group": ("fus:DeleteGroup", "group/{group_id}/"),
    "get_v1_group_roles": ("fus:GetRole", "group/{group_id}/roles"),
    "put_v1_group_role": ("fus:PutRole", "group/{group_id}/roles"),
    "get_v1_group_users": ("fus:GetUser", "group/{group_id}/users"),
    "put_v1_group_user": ("fus:PutUser", "group/{group_id}/users"),
    "put_v1_group_policy": ("fus:PutGroup", "group/{group_id}/policy"),
    "get_v1_roles": ("fus:GetRole", "role"),
    "post_v1_role": ("fus:PostRole", "role"),
    "get_v1_role": ("fus:GetRole", "role/{role_id}/"),
    "delete_v1_role": ("fus:DeleteRole", "role/{role_id}/"),
    "put_v1_role_policy": ("fus:PutRole", "role/{role_id}/policy"),
    "get_v1_resources": ("fus:GetResources", "resource"),
    "get_v1_resource": ("fus:GetResources", _TYPE),
    "post_v1_resource": ("fus:PostResources", _TYPE),
    "delete_v1_resource": ("fus:DeleteResources", _TYPE),
    "get_v1_resource_actions": ("fus:GetResources", f"{_TYPE}/actions"),
    "put_v1_resource_action": ("fus:PutResources", f"{_TYPE}/actions"),
    "delete_v1_resource_actions": ("fus:DeleteResources", f"{_TYPE}/actions"),
    "get_v1_resource_policies": ("fus:GetResources", f"{_TYPE}/policies"),
    "get_v1_resource_policy": ("fus:GetResources", f"{_TYPE}/policy/{{policy_name}}"),
    "post_v1_resource_policy": ("fus:PostResources", f"{_TYPE}/policy/{{policy_name}}"),
    "put_v1_resource_policy": ("fus:PutResources", f"{_TYPE}/policy/{{policy_name}}"),
    "delete_v1_resource_policy": ("fus:DeleteResources", f"{_TYPE}/policy/{{policy_name}}"),
    "get_v1_resource_ids": ("fus:GetResources", f"{_TYPE}/ids"),
    "get_v1_resource_id": ("fus:GetResources", _THING),
    "post_v1_resource_id": ("fus:PostResources", _THING),
    "delete_v1_resource_id": ("fus:DeleteResources", _THING),
    "get_v1_resource_id_members": ("fus:GetResources", f"{_THING}/members"),
    "put_v1_resource_id_member": ("fus:PutResources", f"{_THING}/members"),
}
"""Operation to action and resource, the latter without its beginning."""


def permitted(fusillade: Fusillade, handlers: Mapping[str, Handler]) -> dict[str, Handler]:
    """The handlers, each behind the permission that its operation needs."""
    return {
        name: _behind(fusillade, *NEEDED[name], handler) if name in NEEDED else handler
        for name, handler in handlers.items()
    }


def _behind(fusillade: Fusillade, action: str, resource: str, handler: Handler) -> Handler:
    def handle(call: Call) -> Reply:
        demand(fusillade, call.sender, action, resource.format_map(call.arguments))
        return handler(call)

    return handle


def demand(fusillade: Fusillade, caller: Caller, action: str, resource: str) -> None:
    """Raises a 403 unless a caller may do something with the service itself."""
    name = f"arn:hca:fus:*:*:{resource}"
    # The groups of a token that the sandbox issued by its control API count, so that it can administer.
    decision = fusillade.decide(caller.email, [action], name, token_groups=caller.groups.intersection(ALL_GROUPS))
    if not decision.result:
        raise Problem(403, "Forbidden", f"{caller.email} needs the permission {action} on {name}: {decision.reason}")


PREFIX = "/auth"


def fusillade_service(fusillade: Fusillade, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        fusillade: Its state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    handlers = handlers_in(document, fusillade, oauth, principals, resources)
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
