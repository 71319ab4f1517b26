"""What concerns each request to the platform, whichever it is: slashes at the end, names of requests, limits, no route."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.problems import error_body, refuse
from omicsdk.sandbox.sb.requests.meter import Meter


def token_of(headers: Mapping[str, str]) -> str:
    """The token that a request carries; empty when it has none."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return headers.get("x-sbg-auth-token") or (bearer.strip() if scheme.lower() == "bearer" else "")


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
                rate = self._meter.rate(token)
                said = {"X-Request-Id": name, **(rate.headers() if rate else {})}
                raw = [(key.lower().encode(), value.encode()) for key, value in said.items()]
                message = {**message, "headers": [*message["headers"], *raw]}
            await send(message)

        try:
            await self._app(scope, receive, told)
        except HTTPException as error:
            await _refused(_unrouted(scope, error), told, empty=scope["method"] == "HEAD")


def _unrouted(scope: Scope, error: HTTPException) -> Problem:
    where = f"{scope['method']} {scope['path']}"
    if error.status_code == 405:
        return refuse(405, 90006, f"{where} isn't among what the platform can do: the path takes other methods")
    return refuse(error.status_code, 90003, f"The platform has no {where}")


async def _refused(problem: Problem, send: Send, *, empty: bool) -> None:
    body: dict[str, Any] = error_body(problem)
    content = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if empty else content})
