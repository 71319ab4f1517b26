"""A document as a running service: from a request to its operation, and from its response to the socket."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.core.logs import logger
from omicsdk.sandbox.app import MAX_BODY, body_of, response
from omicsdk.sandbox.document import Operation as CalledOperation
from omicsdk.sandbox.engine.actions import Actions
from omicsdk.sandbox.engine.errors import Errors
from omicsdk.sandbox.engine.operations import MULTIPART, NO_CONTENT, Operation, Router, operations_of
from omicsdk.sandbox.engine.plan import Kind, Plan
from omicsdk.sandbox.engine.requests import Reader, Refused, Sent, Upload, is_text, parts_of
from omicsdk.sandbox.engine.responses import Exchange, StoredReply
from omicsdk.sandbox.engine.schemas import EMPTY, Schemas, as_mapping
from omicsdk.sandbox.engine.security import Security
from omicsdk.sandbox.engine.store import ServedDocument, Store
from omicsdk.sandbox.engine.values import Values
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import headers_of, origin
from omicsdk.sandbox.service import Call, Caller, Handler, Reply, SandboxContext
from omicsdk.sandbox.state.objects import StoredObject
from omicsdk.sandbox.state.presigned import ClientGone, StorageServer
from omicsdk.sandbox.traffic.wire import ENTRY, Entry

log = logger("omicsdk.sandbox")


@dataclass(frozen=True, slots=True)
class Explanation:
    """How an operation is answered.

    Attributes:
        method: Its method.
        path: Its path.
        kind: From stored objects (state), by example, or by a handler.
        action: What is done.
        reason: Why.
        operation: Its name.
    """

    method: str
    path: str
    kind: Kind
    action: str
    reason: str
    operation: str


class Engine:
    """The service of one document.

    Args:
        document: A resolved OpenAPI 3.1 document.
        name: The service's name, which is also its place in the sandbox.
        handlers: Functions that answer operations in place of the engine, by the operations' names.
        identities: The fields with objects' identities, by their collections' paths, where schemas do not show them.

    Raises:
        LookupError: A handler has no operation.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        name: str = "api",
        handlers: Mapping[str, Handler] | None = None,
        identities: Mapping[str, str] | None = None,
    ) -> None:
        self.document = document
        self.name = name
        self.faults: list[str] = []
        self._handlers: Mapping[str, Handler] = handlers or EMPTY
        self.operations = operations_of(document)
        if idle := self._handlers.keys() - {operation.name for operation in self.operations}:
            raise LookupError(f"{name}: handlers without an operation: {', '.join(sorted(idle))}")
        self.schemas = Schemas(document, self._report)
        self.plan = Plan(self.operations, self.schemas, frozenset(self._handlers), identities or {})

    def _report(self, fault: str) -> None:
        """Keep a fault of the document, and log it once."""
        if fault not in self.faults:
            self.faults.append(fault)
            log.warning("%s: %s", self.name, fault)

    @property
    def title(self) -> str:
        """The document's title."""
        return str(as_mapping(self.document.get("info")).get("title") or self.name)

    @property
    def prefix(self) -> str:
        """Its path in the sandbox."""
        return f"/apis/{self.name}"

    def explain(self) -> list[Explanation]:
        """How each operation is answered, and why."""
        return [
            Explanation(each.method, each.path, answer.kind, answer.action, answer.reason, each.name)
            for each in self.operations
            for answer in (self.plan.answer(each),)
        ]

    def enter(self, store: Store) -> None:
        """Enter its resources among the sandbox's contents."""
        names = [*dict.fromkeys(resource.name for resource in self.plan.resources.values())]
        store.documents.put(ServedDocument(self.name, self.title, self.prefix, names))

    def mount(self, context: SandboxContext) -> Mount:
        """The service as a route of the sandbox.

        Args:
            context: The state and settings that all services share.
        """
        return Mount(self.prefix, app=self.app(context))

    def app(self, context: SandboxContext) -> ASGIApp:
        """The service as an ASGI application; arguments are those of `mount`."""
        return _Application(self, self._handlers, context)


@dataclass
class _Application:
    """The ASGI application of an engine."""

    engine: Engine
    handlers: Mapping[str, Handler]
    context: SandboxContext
    _readers: dict[tuple[str, str], Reader] = field(default_factory=dict[tuple[str, str], Reader])

    def __post_init__(self) -> None:
        engine, context = self.engine, self.context
        values = Values(engine.schemas, engine.name)
        self._store = Store(context.database)
        self._errors = Errors(engine.schemas, values)
        self._security = Security(engine.document, context.tokens)
        self._storage = StorageServer(context.objects, context.signer)
        self._actions = Actions(engine.name, engine.plan, values, self._store, context.objects, context.clock.now)

    @cached_property
    def _router(self) -> Router:
        return Router(self.engine.operations)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        entry: Entry | None = scope.get(ENTRY)
        operation: Operation | None = None
        try:
            operation, values = self._found(scope)
            if entry is not None:
                entry.operation = f"{self.engine.name} {operation.name}"
                entry.validation = "keeps to the document"
            answered = await self._answered(operation, values, scope, receive)
            if isinstance(answered, StoredReply):
                fields = {"response-content-type": answered.media_type}
                await self._storage.give(scope, send, answered.content, fields=fields)
                return
            reply = answered
        except (ClientDisconnect, ClientGone):
            return
        except Problem as problem:
            if entry is not None and problem.against:
                entry.validation = f"refused: {problem.against}"
            reply = self._errors.reply(problem, operation)
        except UnicodeEncodeError:
            problem = Problem(400, "invalid_request", "The request has half of a surrogate pair where text is required")
            reply = self._errors.reply(problem, operation)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            problem = Problem(500, "internal_error", "The operation failed in the sandbox: see its log")
            reply = self._errors.reply(problem, None)
        sent: Response = response(reply, {}, empty=scope["method"] == "HEAD")
        await sent(scope, receive, send)

    def _found(self, scope: Scope) -> tuple[Operation, list[str]]:
        """The operation of a request, with the values of its path's parameters.

        Raises:
            Problem: 404, no operation has its path; 405, those that have it take other methods.
        """
        raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        path = raw.decode("latin-1").partition("?")[0].removeprefix(self.engine.prefix)
        method = scope["method"]
        operation, values, allowed = self._router.find(method, path)
        if operation is None and method == "HEAD" and "GET" in allowed:
            operation, values, allowed = self._router.find("GET", path)
        if operation is not None:
            return operation, values
        if allowed:
            headers = {"Allow": ", ".join(dict.fromkeys(allowed))}
            raise Problem(405, "method_not_allowed", f"The path takes {headers['Allow']}", headers)
        raise Problem(404, "not_found", f"The document of {self.engine.name} has no path {path or '/'}")

    async def _answered(
        self, operation: Operation, values: list[str], scope: Scope, receive: Receive
    ) -> Reply | StoredReply:
        headers = headers_of(scope)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        caller = self._security.caller(operation, headers, query)
        reader = self._reader(operation)
        places, faults = reader.arguments(values, query, headers)
        content_type = headers.get("content-type", "")
        content = reader.content(content_type) if operation.bodies else NO_CONTENT
        body: Any = None
        stored: StoredObject | None = None
        files: Mapping[str, Upload] = {}
        text = b""
        if content.media_type == MULTIPART:
            fields, files = await self._parts(receive, content_type)
            body = {**reader.form(content.schema, fields)}
            faults += reader.form_faults(content.schema, body, files)
        elif content.media_type and not is_text(content):
            stored = await self._received(receive, headers)
        else:
            text = await body_of(receive)
            if text and operation.bodies:
                body, found = reader.body(content, text)
                faults += found
            else:
                faults += reader.missing()
        if faults:
            raise Refused(faults)
        sent = Sent(
            path=places["path"],
            query=places["query"],
            headers={**places["header"], **places["cookie"]},
            body=body,
            media_type=content.media_type,
            content=stored,
            files=files,
        )
        answer = self.engine.plan.answer(operation)
        here = f"{origin(scope)}{quote(scope['path'])}"
        exchange = Exchange(
            operation, answer, values, sent, here, f"{origin(scope)}{self.engine.prefix}", dict(query), headers
        )
        if answer.kind == "handler":
            call = self._call(exchange, scope, caller, query, text)
            return await run_in_threadpool(self.handlers[operation.name], call)
        if scope["method"] in ("GET", "HEAD"):
            return self._respond(exchange)  # it reads tables alone, which takes less than another thread does
        return await run_in_threadpool(self._respond, exchange)

    def _respond(self, exchange: Exchange) -> Reply | StoredReply:
        if exchange.operation.method in ("GET", "HEAD"):
            return self._actions.respond(exchange)
        with self.context.database.transaction():
            return self._actions.respond(exchange)

    def _reader(self, operation: Operation) -> Reader:
        key = (operation.path, operation.method)
        if key not in self._readers:
            self._readers[key] = Reader(operation, self.engine.schemas)
        return self._readers[key]

    def _call(
        self, exchange: Exchange, scope: Scope, caller: Caller | None, query: Sequence[tuple[str, str]], text: bytes
    ) -> Call:
        """The request as handlers have it."""
        sent, operation = exchange.sent, exchange.operation
        called = CalledOperation(
            name=operation.name,
            method=operation.method,
            path=operation.path,
            parameters=(),
            body=operation.body.schema,
            body_required=False,
            secured=caller is not None,
            responses=operation.data.get("responses", {}),
        )
        return Call(
            operation=called,
            arguments={**sent.path, **sent.query, **sent.headers},
            body=sent.body,
            caller=caller,
            origin=origin(scope),
            prefix=self.engine.prefix,
            path=scope["path"].removeprefix(self.engine.prefix),
            query=query,
            headers=exchange.headers,
            content=text,
            server="http://{}:{}".format(*scope["server"]),
        )

    # -- bodies of any size

    async def _received(self, receive: Receive, headers: Mapping[str, str]) -> StoredObject:
        """Store the bytes of a body as they arrive."""
        size = int(headers["content-length"]) if headers.get("content-length", "").isdecimal() else None
        with self.context.objects.receive(size) as incoming:
            await _each_block(receive, incoming.write)
        return incoming.finish()

    async def _parts(self, receive: Receive, content_type: str) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
        """Read a form of several parts by way of a file."""
        objects = self.context.objects
        with tempfile.NamedTemporaryFile(dir=objects.incoming) as file:
            await _each_block(receive, file.write)
            file.flush()
            fields, files = await run_in_threadpool(parts_of, Path(file.name), content_type, objects)
        if sum(len(text) for _, text in fields) > MAX_BODY:
            raise Problem(413, "content_too_large", f"The form's fields are larger than {MAX_BODY} bytes")
        return fields, files


async def _each_block(receive: Receive, write: Callable[[bytes], object]) -> None:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if block := message.get("body", b""):
            await run_in_threadpool(write, block)
        more = message.get("more_body", False)
