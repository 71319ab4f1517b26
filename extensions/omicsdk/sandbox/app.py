"""Routing of requests to their operations' handlers; the routes come from the services' documents."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.core.logs import logger
from omicsdk.sandbox.document import Operation, operations, plain_document, secured_everywhere
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.routing import IndexedRouter, headers_of, origin
from omicsdk.sandbox.service import Call, Caller, Handler, Reply, Service, Tokens
from omicsdk.sandbox.traffic.wire import ENTRY, Entry
from omicsdk.sandbox.validation import RequestValidator

log = logger("omicsdk.sandbox")

# A manifest of 20,000 files has about 4 MB; no operation accepts much larger bodies.
MAX_BODY = 32 * 1024 * 1024
_PROBLEM = "application/problem+json"


def make_app(
    services: Sequence[Service], tokens: Tokens, other: Sequence[BaseRoute], is_real: Callable[[], bool] = lambda: False
) -> ASGIApp:
    """Make the application of all services.

    Args:
        services: The services.
        tokens: Checks the tokens of secured operations.
        other: Further routes: presigned objects, the control API.
        is_real: Whether known crashes of the real servers are answered as those response them.

    Returns:
        The ASGI application.

    Raises:
        LookupError: An operation of a document has no handler, or a handler no operation.
    """
    router = IndexedRouter([*other, *(_mount(service, tokens, is_real) for service in services)])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Starlette's routers below this one then raise for unknown routes, instead of sending their own responses.
        scope["app"] = app
        try:
            await router(scope, receive, send)
        except HTTPException as error:
            await _not_routed(scope, error)(scope, receive, send)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            problem = Problem(500, "unhandled_exception", "The sandbox failed: see its log")
            await response(_refusal(problem), {})(scope, receive, send)

    return app


def _mount(service: Service, tokens: Tokens, is_real: Callable[[], bool]) -> Mount:
    names = {operation.name for operation in operations(service.document)}
    if missing := names - set(service.handlers) - set(service.absent):
        raise LookupError(f"{service.name}: no handler for {', '.join(sorted(missing))}")
    if idle := {*service.handlers, *service.absent} - names:
        raise LookupError(f"{service.name}: handlers without an operation: {', '.join(sorted(idle))}")

    @cache
    def app() -> ASGIApp:
        router = IndexedRouter(_routes(service, tokens, is_real))
        return router if service.around is None else service.around(router)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # Made at the first request: the patterns of all paths take longer than the rest of a start.
        await app()(scope, receive, send)

    return Mount(service.prefix, app=serve)


def _routes(service: Service, tokens: Tokens, is_real: Callable[[], bool]) -> list[BaseRoute]:
    routes: list[BaseRoute] = [Route(service.document_path, _document(service), methods=["GET"]), *service.pages]
    for operation in operations(service.document):
        handler = service.handlers.get(operation.name) or _not_played(service.absent[operation.name])
        endpoint = Endpoint(service, operation, handler, tokens, is_real)
        # Starlette adds HEAD to every GET; here HEAD is a separate operation where the platform has it.
        route = Route(operation.route, endpoint, methods=[operation.method])
        route.methods = {operation.method}
        routes.append(route)
    return routes


def _not_played(reason: str) -> Handler:
    def refuse(call: Call) -> Reply:
        raise Problem(501, "not_implemented", f"The sandbox has no {call.operation.name}: {reason}")

    return refuse


def _document(service: Service) -> Callable[[Request], Any]:
    @cache
    def plain() -> dict[str, Any]:
        return plain_document(service.document)

    async def serve(request: Request) -> Response:
        document = {**plain(), "servers": [{"url": f"{origin(request)}{service.prefix}"}]}
        if service.restricted():
            document = secured_everywhere(document)
        return Response(json.dumps(document), media_type="application/json")

    return serve


@dataclass
class Endpoint:
    """The ASGI application of one operation: authenticates and validates a request, and sends what its handler replies.

    Attributes:
        service: The service.
        operation: The operation.
        handler: Answers its requests.
        tokens: Checks the tokens of secured operations.
        is_real: Whether known crashes of the real servers are answered as those response them.
    """

    service: Service
    operation: Operation
    handler: Handler
    tokens: Tokens
    is_real: Callable[[], bool]

    def __post_init__(self) -> None:
        service, operation = self.service, self.operation
        self._validator = RequestValidator(operation, service.document, service.formats, service.format_codes)
        self._kept = "keeps to the document" if service.checks else "the service's own rules"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Response a request."""
        service, operation = self.service, self.operation
        entry: Entry | None = scope.get(ENTRY)
        if entry is not None:
            entry.operation, entry.validation = f"{service.name} {operation.name}", self._kept
        headers = {service.request_id: str(uuid.uuid4())} if service.request_id else {}
        try:
            content = await body_of(receive)
            query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if service.at_once(operation, query):
                reply = self._response(scope, query, content)
            else:
                reply = await run_in_threadpool(self._response, scope, query, content)
        except Problem as problem:
            reply = self._refusal(problem)
            if entry is not None:
                entry.validation = _verdict(problem, self._kept)
        except UnicodeEncodeError:
            reply = self._refusal(bad_arguments("The request has half of a surrogate pair where text is required"))
        except OverflowError:  # of a service that validates numbers itself
            reply = self._refusal(bad_arguments("The request has a number beyond 64 bits"))
        except Exception:
            log.exception("%s %s failed", operation.method, scope["path"])
            crash = Problem(500, "unhandled_exception", f"{operation.name} failed in the sandbox: see its log")
            reply = self._refusal(crash)
        await response(reply, headers, empty=operation.method == "HEAD")(scope, receive, send)

    def _refusal(self, problem: Problem) -> Reply:
        service = self.service
        if (problem.crashes or problem.status in service.crashes.get(self.operation.name, ())) and self.is_real():
            return service.crash
        return _refusal(problem, service.error_body, service.error_type)

    def _response(self, scope: Scope, query: list[tuple[str, str]], content: bytes) -> Reply:
        service, operation, validator = self.service, self.operation, self._validator
        headers, path = headers_of(scope), scope["path_params"]
        caller = self._caller(headers) if operation.secured or service.restricted() else None
        if service.checks:
            arguments = validator.arguments(path, query, headers)
            kind = headers.get("content-type", "")
            takes_json = operation.body is not None and _kind(kind) not in operation.other_bodies
            body = validator.body(*_decoded(content, kind)) if takes_json else None
        else:
            arguments, body = validator.as_sent(path, query, headers), _json_of(content)
        call = Call(
            operation=operation,
            arguments=arguments,
            body=body,
            caller=caller,
            origin=f"{scope['scheme']}://{headers['host']}",
            prefix=service.prefix,
            path=scope["path"].removeprefix(service.prefix),
            query=query,
            headers=headers,
            content=content,
            server="http://{}:{}".format(*scope["server"]),
        )
        return self.handler(call)

    def _caller(self, headers: Mapping[str, str]) -> Caller:
        if self.service.authenticate is not None:
            return self.service.authenticate(headers)
        return self.tokens.caller(headers.get("authorization"))


def _verdict(problem: Problem, kept: str) -> str:
    """The reason of a refusal in a request's log entry."""
    if problem.against:
        return f"refused: {problem.against}"
    if problem.status in (400, 413, 415, 422):
        return "refused by the service's own rules"
    return kept if problem.status != 401 else "not checked: no user is logged in"


async def body_of(receive: Receive) -> bytes:
    """The body of a request.

    Raises:
        Problem: 413; it is larger than the sandbox takes.
        ClientDisconnect: The client has gone before its end.
    """
    blocks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        block, more = message.get("body", b""), message.get("more_body", False)
        size += len(block)
        if size > MAX_BODY:
            raise Problem(413, "illegal_arguments", f"The body is larger than {MAX_BODY} bytes")
        blocks.append(block)
    return b"".join(blocks)


def _decoded(content: bytes, content_type: str) -> tuple[object, bool]:
    if not content:
        return None, False
    kind = _kind(content_type)
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise Problem(415, "illegal_arguments", f"The body is {kind}, this operation takes application/json")
    try:
        return json.loads(content, parse_constant=_no_constant), True
    except (ValueError, RecursionError) as error:
        raise Problem(400, "illegal_arguments", f"The body is not JSON: {error}") from error


def _json_of(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def response(reply: Reply, headers: Mapping[str, str], *, empty: bool = False) -> Response:
    """An HTTP response of a reply."""
    stated = {**headers, **reply.headers}
    if reply.content is not None and not empty:
        return Response(reply.content, reply.status, {"Content-Type": "application/octet-stream", **stated})
    if reply.text is not None and not empty:
        return Response(reply.text, reply.status, stated, media_type="text/plain")
    if reply.body is None or empty:
        return Response(b"", reply.status, stated)
    return Response(json.dumps(reply.body).encode(), reply.status, {"Content-Type": "application/json", **stated})


def _refusal(
    problem: Problem, body: Callable[[Problem], Mapping[str, object]] = Problem.body, media_type: str = _PROBLEM
) -> Reply:
    return Reply(body(problem), problem.status, {"Content-Type": media_type, **problem.headers})


def _not_routed(scope: Scope, error: HTTPException) -> Response:
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "illegal_arguments")
    problem = Problem(error.status_code, code, f"The sandbox has no {scope['method']} {scope['path']}", error.headers)
    return response(_refusal(problem), {}, empty=scope["method"] == "HEAD")
