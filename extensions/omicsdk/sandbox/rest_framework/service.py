"""A service of the framework: its handlers get requests as they were sent, and refuse in the framework's words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jsonschema import FormatChecker
from starlette.routing import Route

from omicsdk.sandbox.rest_framework.frame import Frame
from omicsdk.sandbox.rest_framework.refusals import error_body
from omicsdk.sandbox.service import Caller, Handler, Service

_DOCUMENT = "/openapi.json"


def framework_service(
    name: str,
    document: Mapping[str, Any],
    handlers: Mapping[str, Handler],
    *,
    gate: Callable[[Mapping[str, str]], object] = lambda _headers: None,
    suffixed: Sequence[str] = (),
    pages: Sequence[Route] = (),
    absent: Mapping[str, str] | None = None,
) -> Service:
    """A service.

    Args:
        name: Its name, which is also its place.
        document: Its OpenAPI 3.1 document.
        handlers: Operation name to handler; each finds out who asks.
        gate: Raises a Problem for a request that may not even learn which methods there are; gets the request's headers.
        suffixed: Paths, by how they begin, that also take the suffix `.json`.
        pages: Routes that the document doesn't state.
        absent: Operations that the sandbox doesn't play, and why.
    """
    return Service(
        name=name,
        prefix=f"/{name}",
        document=document,
        document_path=_DOCUMENT,
        handlers=handlers,
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        authenticate=lambda _headers: Caller("", frozenset()),
        error_body=error_body,
        error_type="application/json",
        request_id="",
        around=lambda app: Frame(app, document, gate, suffixed, [_DOCUMENT, *(each.path for each in pages)]),
        pages=pages,
        checks=False,
        absent=absent or {},
    )
