"""What concerns every request, routed or not: slashes at the end, suffixes, methods, and pages for what isn't there."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omicsdk.sandbox.document import Operation, operations
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.rest_framework.refusals import Refused, error_body

NOT_FOUND_PAGE = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  <h1>Not Found</h1>'
    "<p>The requested resource was not found on this server.</p>\n</body>\n</html>\n"
)
"""The page that stands for what isn't there."""
_SUFFIX = ".json"
_PLAIN = "/:;@&=+$,!~*'()"
"""What stays as it is in an address that somebody is sent to."""

_ACCEPTED = ("application/json", "application/*", "*/*", "text/html", "text/*")


class Frame:
    """Stands around a service's routes, and answers what none of them does.

    Args:
        app: The routes.
        document: The service's document.
        gate: Raises a Problem for a request that may not even learn which methods there are; gets the request's headers.
        suffixed: Paths, by how they begin, that also take the suffix `.json`.
        others: Paths that aren't in the document and have routes.
    """

    def __init__(
        self,
        app: ASGIApp,
        document: Mapping[str, Any],
        gate: Callable[[Mapping[str, str]], object] = lambda _headers: None,
        suffixed: Sequence[str] = (),
        others: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._others = frozenset(others)
        self._paths = _by_path(operations(document))
        self._gate = gate
        self._suffixed = tuple(suffixed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        root = scope.get("root_path", "")
        path = scope["path"].removeprefix(root)
        if path in self._others:
            await self._app(scope, receive, send)
            return
        stated = self._stated(path)
        if stated is None and path.endswith(_SUFFIX) and path.startswith(self._suffixed):
            bare = path.removesuffix(_SUFFIX)
            path = next((each for each in (bare, f"{bare}/") if self._stated(each) is not None), path)
            stated = self._stated(path)
        if stated is None:
            there = self._stated(f"{path}/") is not None
            response = _moved(scope) if there else Response(NOT_FOUND_PAGE, 404, media_type="text/html")
            await response(scope, receive, send)
            return
        methods = [*stated, *(["HEAD"] if "GET" in stated else []), "OPTIONS"]
        refusal = await run_in_threadpool(self._refusal, scope, methods)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await _described(methods)(scope, receive, send)
            return
        scope = {**scope, "path": root + path, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        await self._app(scope, receive, _allowing(send, methods))

    def _stated(self, path: str) -> list[str] | None:
        """The methods of the first template that fits a path; None where none does."""
        return next((methods for pattern, methods in self._paths if pattern.fullmatch(path)), None)

    def _refusal(self, scope: Scope, methods: Sequence[str]) -> Response | None:
        headers = Headers(scope=scope)
        try:
            if scope["method"] not in methods:
                self._gate(headers)
                raise Refused(405, f'Method "{scope["method"]}" not allowed.')
            if scope["method"] == "OPTIONS":
                self._gate(headers)
            _negotiate(scope["query_string"].decode("latin-1"), headers.get("accept", "*/*"))
        except Problem as problem:
            return Response(
                json.dumps(error_body(problem)),
                problem.status,
                {"Allow": ", ".join(methods), **problem.headers},
                media_type="application/json",
            )
        return None


def _by_path(stated: Sequence[Operation]) -> list[tuple[re.Pattern[str], list[str]]]:
    found: dict[str, list[str]] = {}
    for operation in stated:
        found.setdefault(operation.path, []).append(operation.method)
    return [
        (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), methods) for path, methods in found.items()
    ]


def _negotiate(query: str, accept: str) -> None:
    """Refuses whoever wants something else than JSON; pages for browsers are JSON here, too."""
    wanted = dict(parse_qsl(query)).get("format")
    if wanted not in (None, "json", "api"):
        raise Refused(404, "Not found.")
    kinds = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    if not any(kind in _ACCEPTED for kind in kinds):
        raise Refused(406, "Could not satisfy the request Accept header.")


def _moved(scope: Scope) -> Response:
    query = scope["query_string"].decode("latin-1")
    # A client that follows this turns a POST into a GET: as on deployed servers.
    return Response(
        b"",
        301,
        {
            "Location": f"{quote(scope['path'], safe=_PLAIN)}/{'?' if query else ''}{query}",
            "Content-Type": "text/html; charset=utf-8",
        },
    )


def _described(methods: Sequence[str]) -> Response:
    told = {
        "renders": ["application/json"],
        "parses": ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
    }
    return Response(json.dumps(told), 200, {"Allow": ", ".join(methods)}, media_type="application/json")


def _allowing(send: Send, methods: Sequence[str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("Allow", ", ".join(methods))
        await send(message)

    return sending
