"""A login in other clients: requests of your own to the commons, and requests' `auth`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.credentials import Credentials, may_send
from omicsdk.gen3.errors import Gen3UserError

if TYPE_CHECKING:
    import httpx

    from omicsdk.gen3.login import Gen3Login

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def raw_request(
    auth: Gen3Login, path: str, method: str | None, data: str | None, options: Mapping[str, Any]
) -> httpx.Response:
    """Send a request; arguments, answer and errors are those of `Gen3Login.request`."""
    from omicsdk.core.bodies import NO_BODY, Body
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
        return transport.send(request(facts, place, body=body))
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


def authorize(request: Any, credentials: Credentials, endpoint: str) -> Any:
    """Add credentials to a request that goes to the commons.

    Args:
        request: A PreparedRequest of requests, or a Request of httpx, which is sent as it is.
        credentials: What to send.
        endpoint: The commons; what goes elsewhere stays as it is.

    Returns:
        The request.
    """
    url = str(request.url)
    if not may_send(credentials, url, base_url=endpoint):
        return request
    sent = credentials.headers(request.method, url)
    request.headers.update(sent)
    if hasattr(request, "register_hook"):
        request.register_hook("response", _renewing(credentials, endpoint, _position(request.body)))
    return request


def _renewing(credentials: Credentials, endpoint: str, position: int | None) -> Callable[..., Any]:
    """A hook for answers: one that is 401 is asked for again with a new token, once."""
    asked_again = False

    def again(answer: Any, **options: Any) -> Any:
        nonlocal asked_again
        request = answer.request
        if answer.status_code != 401 or asked_again or not may_send(credentials, request.url, base_url=endpoint):
            return answer
        refused = request.headers.get("Authorization")
        if refused is None or not _rewound(request.body, position):
            return answer
        asked_again = True
        if not credentials.renew({"authorization": refused}):
            return answer
        answer.content  # noqa: B018 - read to its end, so that the connection can be used again
        answer.close()
        following = request.copy()
        following.headers.update(credentials.headers(request.method, request.url))
        got = answer.connection.send(following, **options)
        got.history.append(answer)
        got.request = following
        return got

    return again


def _position(body: Any) -> int | None:
    """Where a file that is to be sent stands; None for what is no file."""
    try:
        return body.tell()
    except (AttributeError, OSError):
        return None


def _rewound(body: Any, position: int | None) -> bool:
    """Whether a body can be sent a second time."""
    if body is None or isinstance(body, (bytes, str)):
        return True
    if position is None:
        return False
    try:
        body.seek(position)
    except (AttributeError, OSError):
        return False
    return True
