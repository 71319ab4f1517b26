"""The application of a service: from a request to its operation, and from the response of handler or engine to the socket."""

import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from omicsdk.core.logs import logger
from omicsdk.sandbox.document import MULTIPART, Operation, Pairs, plain_document, secured_everywhere
from omicsdk.sandbox.engine.actions import Actions
from omicsdk.sandbox.engine.engine import Engine
from omicsdk.sandbox.engine.requests import Reader, Received, cookies_of, parts_of
from omicsdk.sandbox.engine.responses import Errors, Exchange, StoredReply
from omicsdk.sandbox.engine.store import Store
from omicsdk.sandbox.engine.values import Values
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.routing import MATCH, Router, Routes, headers_of, not_routed, origin, segments_of
from omicsdk.sandbox.service import (
    Call,
    Caller,
    Reply,
    SandboxContext,
    Service,
    Tokens,
    basic_login,
    crash,
    refusal,
    response,
    unrouted,
)
from omicsdk.sandbox.state.presigned import ClientGone, StorageServer
from omicsdk.sandbox.traffic.server_thread import url_of
from omicsdk.sandbox.traffic.wire import ENTRY, Entry

log = logger("omicsdk.sandbox")

# A manifest of 20,000 files has about 4 MB; no operation accepts much larger bodies.
MAX_BODY = 32 * 1024 * 1024
_READING = ("GET", "HEAD")


class Application:
    """The ASGI application of a service: authenticates and validates requests, and sends the responses of handlers and engine.

    Args:
        engine: The service.
        context: The state and settings that all services share.
    """

    def __init__(self, engine: Engine, context: SandboxContext) -> None:
        service = self._service = engine.service
        values = Values(engine.schemas, service.name)
        self._engine = engine
        self._context = context
        self._errors = Errors(engine.schemas, values)
        self._security = _Security(engine.document, context.tokens)
        self._storage = StorageServer(context.objects, context.signer)
        store = Store(context.database)
        self._actions = Actions(service.name, engine.plan, values, store, context.objects, context.clock.now)
        self._reader = cache(partial(Reader, schemas=engine.schemas, codes=service.format_codes))
        document = [Route(service.document_path, _document(service), methods=["GET"])] if service.document_path else []
        self._pages = Routes([*document, *service.pages])
        self._conformance = "keeps to the document" if service.checks else "the service's own rules"

    @cached_property
    def _router(self) -> Router[Operation]:
        return Router((self._path(operation.route), operation) for operation in self._engine.operations)

    def _path(self, path: str) -> str:
        """A path as it is routed: slashes at its end do not matter where nothing but the document states them."""
        return f"/{path.strip('/')}" if self._service.by_document else path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            HTTPException: 404 or 405; no operation of a platform has its path and method.
        """
        service = self._service
        entry: Entry | None = scope.get(ENTRY)
        operation: Operation | None = None
        headers: dict[str, str] = {}
        try:
            page, allowed = self._pages.find(scope)
            if page is not None:
                await page.handle(scope, receive, send)
                return
            operation, values = self._find(scope, allowed)
            if entry is not None:
                entry.operation, entry.validation = f"{service.name} {operation.name}", self._conformance
            headers = {service.request_id: str(uuid.uuid4())} if service.request_id else {}
            reply = await self._response(operation, values, scope, receive)
            if isinstance(reply, StoredReply):
                await self._storage.give(scope, send, reply.content, {"Content-Type": reply.media_type})
                return
        except (ClientDisconnect, ClientGone):
            return
        except HTTPException as error:
            if not service.by_document:
                raise
            reply = self._refusal(unrouted(scope, error), None)
        except Problem as problem:
            reply = self._refusal(problem, operation)
            if entry is not None:
                entry.validation = _verdict(problem, self._conformance)
        except UnicodeEncodeError:
            problem = bad_arguments("The request has half of a surrogate pair where text is required")
            reply = self._refusal(problem, operation)
        except OverflowError:  # of a service that validates numbers itself
            reply = self._refusal(bad_arguments("The request has a number beyond 64 bits"), operation)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            reply = self._refusal(crash(), None)
        await response(reply, headers, empty=scope["method"] == "HEAD")(scope, receive, send)

    def _refusal(self, problem: Problem, operation: Operation | None) -> Reply:
        service = self._service
        if service.by_document:
            return self._errors.reply(problem, operation)
        crashes = service.crashes.get(operation.name, ()) if operation is not None else ()
        if (problem.crashes or problem.status in crashes) and self._context.crashes_as_real:
            return service.crash
        return refusal(problem, service.error_body, service.error_type)

    def _find(self, scope: Scope, allowed: Sequence[str]) -> tuple[Operation, list[str]]:
        """The operation of a request, with the values of its path's parameters.

        Raises:
            HTTPException: 404, no operation has its path; 405, those that have it take other methods.
        """
        root, method = scope.get("root_path", ""), scope["method"]
        if self._service.by_document:
            raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
            path = self._path(raw.decode("latin-1").partition("?")[0].removeprefix(root))
            segments = list(map(unquote, segments_of(path)))
        else:
            segments = segments_of(scope["path"].removeprefix(root))
        matches: Iterable[tuple[Sequence[Operation], list[str]]] = scope.get(MATCH) or self._router.matches(segments)
        fitting = [(operation, values) for operations, values in matches for operation in operations]
        methods = [method, "GET"] if method == "HEAD" and self._service.by_document else [method]
        for http_method in methods:
            if alternatives := [match for match in fitting if match[0].method == http_method]:
                return self._chosen(alternatives, scope)
        raise not_routed([*allowed, *(operation.method for operation, _ in fitting)])

    def _chosen(self, alternatives: Sequence[tuple[Operation, list[str]]], scope: Scope) -> tuple[Operation, list[str]]:
        """The first alternative; of those with its path, which published documents tell apart by a fragment, the one that fits."""
        first = alternatives[0]
        if len(alternatives) > 1 and self._service.by_document:
            query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            for operation, values in alternatives:
                faults = self._reader(operation).arguments(values, query, headers_of(scope))[1]
                if operation.path == first[0].path and not faults:
                    return operation, values
        return first

    async def _response(
        self, operation: Operation, values: Sequence[str], scope: Scope, receive: Receive
    ) -> Reply | StoredReply:
        service, headers = self._service, headers_of(scope)
        text = scope["query_string"].decode("latin-1")
        query = parse_qsl(text, keep_blank_values=True) if text else []
        is_engines = not service.has_handler(operation.name)
        if is_engines and any(not body.is_text or body.media_type == MULTIPART for body in operation.bodies):
            # Before anything is stored.
            await run_in_threadpool(self._caller, operation, headers, query)
            received = await self._received(self._reader(operation), headers, Request(scope, receive))
        else:
            is_empty = headers.keys().isdisjoint(("content-length", "transfer-encoding"))
            received = Received(b"" if is_empty else await _body_of(Request(scope, receive)))

        def respond() -> Reply | StoredReply:
            return self._respond(operation, values, scope, headers, query, received)

        # What reads tables alone takes half as long without another thread.
        at_once = operation.method in _READING if is_engines else service.at_once(operation, query)
        return respond() if at_once else await run_in_threadpool(respond)

    def _caller(self, operation: Operation, headers: Mapping[str, str], query: Pairs) -> Caller | None:
        service = self._service
        if not operation.secured and not service.restricted():
            return None
        if service.authenticate is not None:
            return service.authenticate(headers)
        return self._security.caller(operation, headers, query)

    def _respond(
        self,
        operation: Operation,
        values: Sequence[str],
        scope: Scope,
        headers: Mapping[str, str],
        query: Pairs,
        received: Received,
    ) -> Reply | StoredReply:
        service, reader = self._service, self._reader(operation)
        caller = self._caller(operation, headers, query)
        handler = service.handlers.get(operation.name)
        if operation.name in service.absent:
            reason = service.absent[operation.name]
            raise Problem(501, "not_implemented", f"The sandbox has no {operation.name}: {reason}")
        if handler is not None and service.checks:
            sent = reader.sent(values, query, headers, received, is_handled=True)
            arguments, body = {**reader.defaults, **sent.path, **sent.query, **sent.headers}, sent.body
        else:
            arguments, body = reader.as_sent(values, query, headers), _json_of(received.text)
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
            content=received.text,
            server=url_of(*scope["server"]),
        )
        is_alone = operation.method not in _READING and (handler is None or service.alone)
        transaction = self._context.database.transaction if is_alone else nullcontext
        if handler is not None:
            service.before(call)
            with transaction():
                return handler(call)
        service.rights(call)
        status = 422 if service.by_document and operation.states(422) else 400
        sent = reader.sent(values, query, headers, received, status)
        exchange = Exchange(call, self._engine.plan.answer(operation), values, sent)
        with transaction():
            return self._actions.respond(exchange)

    # -- bodies of any size

    async def _received(self, reader: Reader, headers: Mapping[str, str], request: Request) -> Received:
        """A body for the engine: files are stored as they arrive."""
        content_type, objects = headers.get("content-type", ""), self._context.objects
        content = reader.content(content_type)
        if content.media_type == MULTIPART:
            with tempfile.NamedTemporaryFile(dir=objects.incoming) as file:
                async for block in request.stream():
                    await run_in_threadpool(file.write, block)
                file.flush()
                received = await run_in_threadpool(parts_of, Path(file.name), content_type, objects)
            if sum(len(text) for _, text in received.fields or ()) > MAX_BODY:
                raise Problem(413, "content_too_large", f"The form's fields are larger than {MAX_BODY} bytes")
            return received
        if not content.media_type or content.is_text:
            return Received(await _body_of(request))
        size = int(headers["content-length"]) if headers.get("content-length", "").isdecimal() else None
        with objects.receive(size) as incoming:
            async for block in request.stream():
                await run_in_threadpool(incoming.write, block)
        return Received(content=incoming.finish())


def _verdict(problem: Problem, verdict: str) -> str:
    """The reason of a refusal in a request's log entry."""
    if problem.against:
        return f"refused: {problem.against}"
    if problem.status in (400, 413, 415, 422):
        return "refused by the service's own rules"
    return verdict if problem.status != 401 else "not checked: no user is logged in"


async def _body_of(request: Request) -> bytes:
    """A body of limited size.

    Raises:
        Problem: 413; it is too large.
    """
    body = bytearray()
    async for block in request.stream():
        if len(body) + len(block) > MAX_BODY:
            raise Problem(413, "illegal_arguments", f"The body is larger than {MAX_BODY} bytes")
        body.extend(block)
    return bytes(body)


def _json_of(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None


def _document(service: Service) -> Callable[[Request], Any]:
    @cache
    def plain() -> dict[str, Any]:
        return plain_document(service.document)

    async def serve(request: Request) -> Response:
        document = {**plain(), "servers": [{"url": f"{origin(request.scope)}{service.prefix}"}]}
        if service.restricted():
            document = secured_everywhere(document)
        return Response(json.dumps(document), media_type="application/json")

    return serve


# -- credentials

# Kinds of schemes that a request over plain HTTP cannot fulfil.
_UNCHECKED = ("mutualTLS",)
# What operations that need no credentials require while the whole service does.
_BEARER: Sequence[Mapping[str, Any]] = ({"bearer": ()},)


class _Security:
    """The security schemes of one document, enforced with tokens of the sandbox.

    Args:
        document: The document.
        tokens: The sandbox's tokens: bearer tokens, API keys and passwords are each one of them.
    """

    def __init__(self, document: Mapping[str, Any], tokens: Tokens) -> None:
        self._schemes: Mapping[str, Mapping[str, Any]] = document.get("components", {}).get("securitySchemes", {})
        self._default: Sequence[Mapping[str, Any]] = document.get("security") or ()
        self._tokens = tokens

    def caller(self, operation: Operation, headers: Mapping[str, str], query: Pairs) -> Caller | None:
        """The sender of a request that needs one; None where its scheme cannot be checked.

        Args:
            operation: The operation.
            headers: The request's headers, names in lower case.
            query: Its query's parameters.

        Raises:
            Problem: 401; it fulfils none of the operation's requirements.
        """
        requirements: Sequence[Mapping[str, Any]] = operation.data.get("security") or self._default
        refusal: Problem | None = None
        for requirement in filter(None, requirements) if any(requirements) else _BEARER:
            try:
                return self._fulfilled(requirement, headers, query)
            except Problem as problem:
                refusal = refusal or problem
        assert refusal is not None, f"{operation.name} has no requirement"
        raise refusal

    def _fulfilled(self, requirement: Mapping[str, Any], headers: Mapping[str, str], query: Pairs) -> Caller | None:
        caller: Caller | None = None
        for name in requirement:
            scheme = self._schemes.get(name, {"type": "http", "scheme": "bearer"})
            if scheme.get("type") not in _UNCHECKED:
                caller = self._bearer(self._credentials(scheme, headers, query))
        return caller

    def _bearer(self, credentials: Sequence[str]) -> Caller:
        """The owner of the first credential that is a token of the sandbox."""
        for credential in credentials[:-1]:
            with suppress(Problem):
                return self._tokens.caller(f"Bearer {credential}")
        return self._tokens.caller(f"Bearer {credentials[-1]}")

    def _credentials(self, scheme: Mapping[str, Any], headers: Mapping[str, str], query: Pairs) -> Sequence[str]:
        """What a request sends for a scheme, of which one has to be a token."""
        if scheme.get("type") == "apiKey":
            name = str(scheme.get("name", ""))
            source = {"query": dict(query), "cookie": cookies_of(headers)}.get(str(scheme.get("in")), headers)
            sent = str(source.get(name.lower() if source is headers else name, ""))
            # Keys in the header Authorization often have a word before them, such as Token or Bearer.
            return (sent.rpartition(" ")[2],)
        if scheme.get("scheme", "").lower() == "basic":
            return basic_login(headers) or ("",)  # services take keys as either
        word, _, rest = headers.get("authorization", "").partition(" ")
        return (rest if word.lower() not in ("basic", "") else "",)
