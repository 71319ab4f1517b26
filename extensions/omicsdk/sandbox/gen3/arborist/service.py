"""Arborist as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.document import operations
from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.arborist import people, policies, questions, resources
from omicsdk.sandbox.gen3.arborist.answers import error_body
from omicsdk.sandbox.gen3.as_sent import service_as_sent
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Handler, Reply, Service, handlers_in
from omicsdk.sandbox.validation import RequestValidator

_GUARDED = (resources, policies, people)


def arborist_service(access: Access, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        access: People and their tokens.
        document: Arborist's OpenAPI 3.1 document.
    """
    handlers = _typed(document, handlers_in(document, access, questions))
    changes = _typed(document, handlers_in(document, access, *_GUARDED))
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


def _typed(document: Mapping[str, Any], handlers: Mapping[str, Handler]) -> dict[str, Handler]:
    """Handlers that get bodies of the types that the document states: the service decodes into structures of its own.

    What else is wrong with a body is the handlers' to tell.
    """
    stated = {
        each.name: RequestValidator(each, document, FormatChecker(formats=()), {}) for each in operations(document)
    }

    def typed(name: str, handler: Handler) -> Handler:
        def handle(call: Call) -> Reply:
            try:
                stated[name].body(call.body, call.body is not None)
            except Problem as problem:
                if problem.against.endswith("breaks type"):
                    raise
            return handler(call)

        return handle

    return {name: typed(name, handler) for name, handler in handlers.items()}
