"""Fusillade as a service of the sandbox: which function answers which operation, and what permission that needs."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from omicsdk.sandbox.document import Operation, operations
from omicsdk.sandbox.fusillade import oauth, principals, resources
from omicsdk.sandbox.fusillade.oauth import login_pages
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import ALL_GROUPS, Call, Caller, Handler, Reply, Service, handlers_in


def needed(document: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Operation to the action that its sender has to be allowed, and the resource, the latter without its beginning."""
    return {each.name: _needed(each) for each in operations(document) if each.path.startswith("/v1/")}


def _needed(operation: Operation) -> tuple[str, str]:
    """They follow from method and path: PUT /v1/user/{user_id}/groups needs fus:PutGroup on user/{user_id}/groups."""
    kind, *rest = operation.path.removeprefix("/v1/").split("/")
    if kind == "policies":
        return "fus:Evaluate", "user"
    kind = kind.removesuffix("s")
    noun = kind
    if kind == "resource":
        noun = "resources"
    elif len(rest) == 1:
        rest.append("status" if operation.method == "PUT" else "")
    elif rest and rest[1] in ("users", "groups", "roles"):
        noun = rest[1].removesuffix("s")
    return f"fus:{operation.method.title()}{noun.title()}", "/".join([kind, *rest])


def _behind(fusillade: Fusillade, action: str, resource: str, handler: Handler) -> Handler:
    def handle(call: Call) -> Reply:
        demand(fusillade, call.sender, action, resource.format_map(call.arguments))
        return handler(call)

    return handle


def demand(fusillade: Fusillade, caller: Caller, action: str, resource: str) -> None:
    """Raise a 403 unless a caller may do something with the service itself."""
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
    behind = {name: _behind(fusillade, *permission, handlers[name]) for name, permission in needed(document).items()}
    return Service(
        name="fusillade",
        prefix=PREFIX,
        document=document,
        document_path="/swagger.json",
        handlers={**handlers, **behind},
        error_body=error_body,
        pages=login_pages(fusillade),
    )


def error_body(problem: Problem) -> dict[str, object]:
    """A refusal in the service's form (RFC 7807): its kind and its reason."""
    title = problem.code if problem.code == "illegal_arguments" else HTTPStatus(problem.status).phrase
    return {"status": problem.status, "title": title, "detail": problem.title, "type": "about:blank"}
