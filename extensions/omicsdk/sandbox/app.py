"""Routes a request to its operation's handler; the routes come from the services' documents."""

import json
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.document import Operation, operations, plain_document, secured_everywhere
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.routing import IndexedRouter
from omicsdk.sandbox.service import Call, Caller, Handler, Reply, Service, Tokens
from omicsdk.sandbox.traffic.wire import ENTRY, Entry
from omicsdk.sandbox.validation import RequestValidator

log = logging.getLogger("omicsdk.sandbox")

# A manifest of 20,000 files has about 4 MB; nothing that an operation takes is larger by much.
MAX_BODY = 32 * 1024 * 1024
_PROBLEM = "application/problem+json"


def make_app(
    services: Sequence[Service],
    tokens: Tokens,
    other: Sequence[BaseRoute],
    is_real: Callable[[], bool] = lambda: False,
) -> Starlette:
    """Makes the application of all services.

    Args:
        services: What to serve.
        tokens: Checks the tokens of secured operations.
        other: Further routes: presigned objects, the control API.
        is_real: Whether known crashes of the real servers are answered as those answer them.

    Returns:
        The ASGI application.

    Raises:
        LookupError: An operation of a document has no handler, or a handler no operation.
    """
    mounts = [_mount(service, tokens, is_real) for service in services]
    app = Starlette(exception_handlers={HTTPException: _not_routed, Exception: _crashed})
    app.router = IndexedRouter([*other, *mounts])
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
        endpoint = _endpoint(service, operation, handler, tokens, is_real)
        # Starlette adds HEAD to every GET; ours have operations of their own where the platform has them.
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


def origin(request: Request) -> str:
    """Scheme, host and port as the client reached them."""
    return f"{request.url.scheme}://{request.headers.get('host') or request.url.netloc}"


def _endpoint(
    service: Service, operation: Operation, handler: Handler, tokens: Tokens, is_real: Callable[[], bool]
) -> Callable[[Request], Any]:
    name = f"{service.name} {operation.name}"
    crashes = service.crashes.get(operation.name, ())
    kept = "keeps to the document" if service.checks else "the service's own rules"
    validator = RequestValidator(operation, service.document, service.formats, service.format_codes)

    async def serve(request: Request) -> Response:
        entry = cast("Entry | None", request.scope.get(ENTRY))
        if entry is not None:
            entry.operation, entry.validation = name, kept
        headers = {service.request_id: str(uuid.uuid4())} if service.request_id else {}
        try:
            content = await _content(request)
            query = request.query_params.multi_items()
            if service.at_once(operation, query):
                reply = answer(request, query, content)
            else:
                reply = await run_in_threadpool(answer, request, query, content)
        except Problem as problem:
            reply = refusal(problem)
            if entry is not None:
                entry.validation = _verdict(problem, kept)
        except UnicodeEncodeError:
            reply = refusal(bad_arguments("The request has half of a surrogate pair where text is wanted"))
        except OverflowError:  # of a service that looks at numbers itself
            reply = refusal(bad_arguments("The request has a number beyond 64 bits"))
        except Exception:
            log.exception("%s %s failed", operation.method, request.url.path)
            crash = Problem(500, "unhandled_exception", f"{operation.name} failed in the sandbox: see its log")
            reply = refusal(crash)
        return response(reply, headers, empty=operation.method == "HEAD")

    def refusal(problem: Problem) -> Reply:
        if (problem.crashes or problem.status in crashes) and is_real():
            return service.crash
        return _refusal(problem, service.error_body, service.error_type)

    def caller_of(headers: Mapping[str, str]) -> Caller:
        if service.authenticate is not None:
            return service.authenticate(headers)
        return tokens.caller(headers.get("authorization"))

    def checked_body(request: Request, content: bytes) -> Any:
        kind = request.headers.get("content-type", "")
        if _kind(kind) in operation.other_bodies:
            return None
        return validator.body(*(_decoded(content, kind) if operation.body is not None else (None, False)))

    def answer(request: Request, query: list[tuple[str, str]], content: bytes) -> Reply:
        caller = caller_of(request.headers) if operation.secured or service.restricted() else None
        path = cast("Mapping[str, str]", request.path_params)
        if service.checks:
            arguments = validator.arguments(path, query, request.headers)
            body = checked_body(request, content)
        else:
            arguments, body = validator.as_sent(path, query, request.headers), _json_of(content)
        call = Call(
            operation=operation,
            arguments=arguments,
            body=body,
            caller=caller,
            origin=origin(request),
            prefix=service.prefix,
            path=request.url.path.removeprefix(service.prefix),
            query=query,
            headers=request.headers,
            content=content,
            server="http://{}:{}".format(*request.scope["server"]),
        )
        return handler(call)

    return serve


def _verdict(problem: Problem, kept: str) -> str:
    """What a request's entry in the log says of a refusal."""
    if problem.against:
        return f"refused: {problem.against}"
    if problem.status in (400, 413, 415, 422):
        return "refused by the service's own rules"
    return kept if problem.status != 401 else "not looked at: nobody is logged in"


async def _content(request: Request) -> bytes:
    blocks: list[bytes] = []
    size = 0
    async for block in request.stream():
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
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def response(reply: Reply, headers: Mapping[str, str], *, empty: bool = False) -> Response:
    """An HTTP answer of a reply."""
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


async def _not_routed(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "illegal_arguments")
    problem = Problem(status, code, f"The sandbox has no {request.method} {request.url.path}")
    return response(_refusal(problem), headers, empty=request.method == "HEAD")


async def _crashed(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    problem = Problem(500, "unhandled_exception", "The sandbox failed: see its log")
    return response(_refusal(problem), {})
