"""Azul as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.azul import operations
from omicsdk.sandbox.azul.state import PREFIX, Azul, error_body
from omicsdk.sandbox.service import Call, Handler, Reply, Service, handlers_in


def azul_service(azul: Azul, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        azul: Azul's state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """

    def limited(handler: Handler) -> Handler:
        def response(call: Call) -> Reply:
            azul.limit()
            return handler(call)

        return response

    handlers = handlers_in(document, azul, operations)
    return Service(
        name="azul",
        prefix=PREFIX,
        document=document,
        document_path="/openapi.json",
        handlers={name: limited(handler) for name, handler in handlers.items()},
        error_body=error_body,
        error_type="application/json",
        request_id="",
        checks=False,  # parameters may be in the query or the body, which the document cannot state
    )
