"""Gen3's login within sessions of requests: a refused token is renewed, and the request sent once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omicsdk.core.credentials import Credentials, may_send


def authorize(request: Any, credentials: Credentials, endpoint: str) -> Any:
    """Adds what proves who asks to a request that goes to the commons.

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
