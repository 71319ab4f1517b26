"""Routes of services that have no document: a function that gets what was asked and answers, off the event loop."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from omicsdk.sandbox.app import MAX_BODY, origin
from omicsdk.sandbox.problems import Problem, bad_arguments

log = logging.getLogger("omicsdk.sandbox")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        method: Its method.
        path: The parameters of its path.
        query: Its query, of what comes twice the last.
        headers: Its headers, names in lower case.
        content: Its body.
        origin: Scheme, host and port as the client reached them.
    """

    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    origin: str

    def json(self) -> Any:
        """Its body as JSON.

        Raises:
            Problem: 400; it isn't, or has half of a surrogate pair, which is no text.
        """
        try:
            value = json.loads(self.content)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise bad_arguments(f"The body isn't JSON: {error}") from error
        return value


def json_answer(body: object, status: int = 200) -> Response:
    """An answer that is JSON."""
    return Response(json.dumps(body), status, media_type="application/json")


def plain_route(
    path: str,
    answer: Callable[[Asked], Response],
    refused: Callable[[Problem], Response],
    methods: Sequence[str] = ("GET",),
) -> Route:
    """A route.

    Args:
        path: Its path below where it is mounted.
        answer: Answers requests; what it refuses it raises as a Problem.
        refused: Makes the answer of a refusal.
        methods: The methods that it takes.
    """

    async def serve(request: Request) -> Response:
        content = b""
        async for block in request.stream():
            content += block
            if len(content) > MAX_BODY:
                return refused(Problem(413, "illegal_arguments", f"The body is larger than {MAX_BODY} bytes"))
        asked = Asked(
            request.method, request.path_params, dict(request.query_params), request.headers, content, origin(request)
        )
        try:
            return await run_in_threadpool(answer, asked)
        except Problem as problem:
            return refused(problem)
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            return refused(Problem(500, "unhandled_exception", "The sandbox failed: see its log"))

    return Route(path, serve, methods=list(methods))
