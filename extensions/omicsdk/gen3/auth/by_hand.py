"""Requests to a commons that are written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.gen3.errors import Gen3UserError

if TYPE_CHECKING:
    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.gen3.auth.login import LoginCredentials

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def sent_by_hand(
    auth: LoginCredentials, path: str, method: str | None, data: str | None, options: Mapping[str, Any]
) -> DocumentedResponse:
    """Sends a request; arguments, answer and errors as those of `Gen3Auth.curl`."""
    from omicsdk.core.bodies import NO_BODY, Body
    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.core.request import OperationFacts, request
    from omicsdk.core.sending.transport import Transport

    place = _place(path, auth.endpoint)
    body = NO_BODY if data is None else Body(*_body(data))
    verb = (method or ("GET" if data is None else "POST")).upper()
    if verb not in _METHODS:
        raise Gen3UserError(f"{method!r} is no method of a request", remedy=f"Give one of {', '.join(_METHODS)}.")
    facts = OperationFacts(name="curl", method=verb, path=place, accept="*/*", secured=True)
    transport = Transport(auth.endpoint, credentials=auth, **options)
    try:
        return DocumentedResponse(transport.send(request(facts, place, body=body)))
    finally:
        transport.close()


def _place(path: str, endpoint: str) -> str:
    """The path within the commons; a whole URL of the commons will do."""
    if "://" in path.partition("?")[0]:
        if path != endpoint and not path.startswith((f"{endpoint}/", f"{endpoint}?")):
            raise Gen3UserError(
                f"{path.partition('?')[0]} isn't below {endpoint}, whose login this is", remedy="Give a path of it."
            )
        path = path.removeprefix(endpoint)
    return f"/{path.lstrip('/')}"


def _body(data: str) -> tuple[bytes, str]:
    """The bytes that are sent, and what they are."""
    if data.startswith("@"):
        try:
            content = Path(data[1:]).read_bytes()
        except OSError as error:
            raise Gen3UserError(
                f"{data[1:]} can't be read: {error.strerror or error}", remedy="Give @ and the path of a file."
            ) from error
    else:
        content = data.encode()
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return content, "text/plain; charset=utf-8"
    return content, "application/json"
