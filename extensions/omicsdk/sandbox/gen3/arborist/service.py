"""Arborist as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.arborist import people, policies, questions, resources
from omicsdk.sandbox.gen3.arborist.answers import error_body
from omicsdk.sandbox.gen3.as_sent import service_as_sent
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Handler, Reply, Service, by_name

_GUARDED = (resources, policies, people)


def arborist_service(access: Access, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        access: People and their tokens.
        document: Arborist's OpenAPI 3.1 document.
    """
    handlers = by_name(questions.HANDLERS, access)
    changes = by_name((function for module in _GUARDED for function in module.HANDLERS), access)
    handlers |= {name: _guarded(access, handler) for name, handler in changes.items()}
    handlers |= {name: handlers[same] for name, same in {**policies.SYNONYMS, **people.SYNONYMS}.items()}
    return service_as_sent(
        "arborist",
        document,
        handlers,
        error_body=error_body,
        absent={"update_user": "names of users stay, since their tokens and uploads carry them"},
    )


def _guarded(access: Access, handler: Handler) -> Handler:
    """A handler for the administrator: in a commons only its other services reach it.

    Raises:
        Problem: 401 without a good token, 403 for everybody else.
    """

    def handle(call: Call) -> Reply:
        person = access.bearer(call.headers)
        if person is None:
            raise Problem(401, "unauthorized", "a token of the commons' administrator is needed")
        if not person.may("*", "/"):
            raise Problem(403, "forbidden", "only the commons' administrator may do this")
        return handler(call)

    return handle
