"""Services of the commons that look at requests themselves: nothing is checked before a handler sees it."""

from collections.abc import Callable, Mapping
from typing import Any

from jsonschema import FormatChecker
from starlette.types import ASGIApp

from omicsdk.sandbox.gen3.gateway import HOME, TrailingSlashes
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Caller, Handler, Service


def service_as_sent(
    name: str,
    document: Mapping[str, Any],
    handlers: Mapping[str, Handler],
    *,
    error_body: Callable[[Problem], Mapping[str, object]] = Problem.body,
    around: Callable[[ASGIApp], ASGIApp] = TrailingSlashes,
    absent: Mapping[str, str] | None = None,
) -> Service:
    """A service whose handlers get requests as they were sent, find out who asks and refuse in its own words.

    Args:
        name: The service's name, which is also that of its place below `/gen3/`.
        document: Its OpenAPI 3.1 document.
        handlers: Operation name to handler.
        error_body: The JSON that a refusal carries.
        around: Puts what concerns every request around the service's routes; by default slashes at the end of paths
            don't matter.
        absent: Operations that the sandbox doesn't play, and why.
    """
    return Service(
        name=f"gen3/{name}",
        prefix=f"{HOME}/{name}",
        document=document,
        document_path="/openapi.json",
        handlers=handlers,
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        authenticate=lambda _headers: Caller("", frozenset()),
        error_body=error_body,
        error_type="application/json",
        request_id="",
        around=around,
        checks=False,
        absent=absent or {},
    )
