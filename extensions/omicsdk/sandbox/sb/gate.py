"""What concerns each request to the platform, whichever it is: slashes at the end, names of requests, limits, no route."""

import math
import threading
import uuid
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omicsdk.sandbox.sb.problems import error_body, refuse
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.settings import Settings


def token_of(headers: Mapping[str, str]) -> str:
    """The token that a request carries; empty when it has none."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return headers.get("x-sbg-auth-token") or (bearer.strip() if scheme.lower() == "bearer" else "")


class Meter:
    """Counts the requests of each token, to refuse those beyond the limit; a period begins with a token's first one.

    Args:
        clock: The sandbox's time.
        settings: How many requests a period has at present, and how long it is.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._last: dict[str, dict[str, int]] = {}

    def count(self, token: str) -> bool:
        """Counts a request.

        Returns:
            False for one beyond the limit.
        """
        limit, seconds = int(self._settings.number("sb.rate_limit")), self._settings.number("sb.rate_seconds")
        with self._lock:
            now = self._clock.now()  # not before, or another's later one would look like a clock that was put back
            used, ends = self._counts.get(token, (0, 0.0))
            # A clock that was put back would else keep a period for ever.
            if not now < ends <= now + seconds:
                used, ends = 0, now + seconds
            self._counts[token] = (used + 1, ends)
            left = max(limit - used - 1, 0)
            self._last[token] = {"limit": limit, "remaining": left, "reset": math.ceil(ends)}
        return used < limit

    def rate(self, token: str) -> Mapping[str, int]:
        """How the token stood after its last request: limit, remaining, reset; empty when there was none."""
        with self._lock:
            return self._last.get(token, {})

    def clear(self) -> None:
        """Forgets all counts."""
        with self._lock:
            self._counts.clear()
            self._last.clear()


class Gate:
    """An ASGI application around the platform's routes.

    Args:
        app: The routes.
        prefix: Where they are mounted.
        meter: Knows how many requests are left.
    """

    def __init__(self, app: ASGIApp, prefix: str, meter: Meter) -> None:
        self._app = app
        self._prefix = prefix
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if len(path) > len(self._prefix) + 1:
            scope = {**scope, "path": path.rstrip("/") if path.rstrip("/") != self._prefix else f"{self._prefix}/"}
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        token = token_of(headers)
        name = str(uuid.uuid4())

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                rate = {f"x-ratelimit-{what}": str(value) for what, value in self._meter.rate(token).items()}
                raw = [(key.encode(), value.encode()) for key, value in {"x-request-id": name, **rate}.items()]
                message = {**message, "headers": [*message["headers"], *raw]}
            await send(message)

        try:
            await self._app(scope, receive, told)
        except HTTPException as error:
            await _unrouted(scope, error.status_code)(scope, receive, told)


def _unrouted(scope: Scope, status: int) -> Response:
    where = f"{scope['method']} {scope['path']}"
    code, said = 90003, f"The platform has no {where}"
    if status == 405:
        code, said = 90006, f"{where} isn't among what the platform can do: the path takes other methods"
    return JSONResponse(error_body(refuse(status, code, said)), status)
