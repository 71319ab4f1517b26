"""Handlers of error responses: each takes the Api and a response, and returns the response to continue with.

They are called in order. If one that `repeatable_handler` marks returns another response, all are called again with that
one. A sleeper returns the last response after LONGEST seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from omicsdk.core.errors import NotJson

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.http.responses import Response

Handler = Callable[["HttpClient", "Response"], "Response"]
H = TypeVar("H", bound=Callable[..., Any])

#: Default number of seconds between two polls of an unavailable platform.
SLEEP = 300.0
#: Default number of seconds after which a sleeper fails, see `--call-budget`: maintenance takes hours, not days.
LONGEST = 6 * 3600.0
#: Maximum number of times that handlers process a response: one that always returns another must not block a request forever.
ROUNDS = 100
#: Responses with this code in a body of status 503 state that the platform is in maintenance.
MAINTENANCE_CODE = 0


def repeatable_handler(f: H) -> H:
    """Mark a handler whose new response is passed to all handlers again."""
    f.is_repeatable = True  # type: ignore[attr-defined]
    return f


def is_repeatable(handler: Handler) -> bool:
    """Return whether a handler is marked."""
    return getattr(handler, "is_repeatable", False)


def handled(api: HttpClient, response: Response) -> Response:
    """Return the response after all handlers of an Api: the last one after LONGEST seconds, or ROUNDS rounds."""
    start = api.send_start
    for _ in range(ROUNDS):
        for handler in list(api.error_handlers):
            before, response = response, handler(api, response)
            if response is not before and is_repeatable(handler):
                break
        else:
            return response
        if _left(api, start) <= 0:
            break
    return response


@repeatable_handler
def rate_limit_sleeper(api: HttpClient, response: Response) -> Response:
    """Wait until the rate limit is reset (429), and send the request again."""
    return _resent(api, response, lambda reply: reply.status_code == 429, lambda reply: _until_reset(api, reply))


@repeatable_handler
def maintenance_sleeper(api: HttpClient, response: Response, sleep: float = SLEEP) -> Response:
    """Wait for the end of the platform's maintenance (503), polling every `sleep` seconds, and send the request again."""
    return _resent(api, response, _is_maintenance, lambda _: sleep)


@repeatable_handler
def general_error_sleeper(api: HttpClient, response: Response, sleep: float = SLEEP) -> Response:
    """Wait while the platform fails (500 and above), polling every `sleep` seconds, and send the request again."""
    return _resent(api, response, lambda reply: reply.status_code >= 500, lambda _: sleep)


def _resent(
    api: HttpClient, response: Response, fails: Callable[[Response], bool], pause: Callable[[Response], float]
) -> Response:
    """Send a request again as long as it fails and the platform may be waited for; gives the last response."""
    start = api.send_start
    while fails(response) and _waited(api, start, pause(response)):
        response = api.session.send(response.request)
    return response


def _left(api: HttpClient, start: float) -> float:
    """Return the remaining seconds for waiting."""
    return start + (LONGEST if api.budget is None else api.budget) - api.clock.monotonic()


def _waited(api: HttpClient, start: float, seconds: float) -> bool:
    """Wait within the time limit; return False at once if the user's limit is shorter than the wait."""
    left = _left(api, start)
    if left <= 0 or (api.budget is not None and seconds > left):
        return False
    api.clock.sleep(min(seconds, left))
    return True


def _until_reset(api: HttpClient, response: Response) -> float:
    """Return the seconds until the rate limit is reset, at least 1; SLEEP if unknown."""
    for name, now in (("X-RateLimit-Reset", api.clock.now()), ("Retry-After", 0.0)):
        try:
            # The published client waits 0 seconds after that time: with a clock that is ahead it never pauses.
            return max(1.0, float(response.headers[name]) - now)
        except (KeyError, ValueError):
            continue
    return SLEEP


def _is_maintenance(response: Response) -> bool:
    if response.status_code != 503 or "json" not in response.headers.get("content-type", "").lower():
        return False
    try:
        payload = response.json()  # of a response of requests: its own error, as in the published client
    except NotJson:
        return False
    return isinstance(payload, dict) and cast("dict[str, Any]", payload).get("code") == MAINTENANCE_CODE
