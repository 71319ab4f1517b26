"""The operations of platforms that have no handler, answered by the engine with the platform's own credentials and errors."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from omicsdk.sandbox.document import operations
from omicsdk.sandbox.engine.actions import Actions
from omicsdk.sandbox.engine.engine import Engine, Explanation
from omicsdk.sandbox.engine.operations import MULTIPART, NO_CONTENT, Operation
from omicsdk.sandbox.engine.requests import Reader, Refused, Sent, Upload, is_text, parts_of
from omicsdk.sandbox.engine.responses import Exchange, StoredReply
from omicsdk.sandbox.engine.store import Store
from omicsdk.sandbox.engine.values import Values
from omicsdk.sandbox.service import Call, Handler, Reply, SandboxContext, Service


def completed(service: Service, context: SandboxContext) -> Service:
    """A service whose operations without a handler are answered by the engine.

    Args:
        service: The service.
        context: The state and settings that all services share.
    """
    missing = {each.name for each in operations(service.document)} - {*service.handlers, *service.absent}
    if not missing:
        return service
    platform = _Platform(service, context)
    return replace(service, handlers={**service.handlers, **{name: platform.handler(name) for name in missing}})


def explanations(service: Service) -> list[Explanation]:
    """How each operation of a platform's service is answered, and why; operations that are refused with 501 are left out.

    Args:
        service: The service, with its own handlers only.
    """
    engine = Engine(service.document, name=service.name, handlers=service.handlers, identities=service.identities)
    return [each for each in engine.explain() if each.operation not in service.absent]


@dataclass
class _Platform:
    """The engine of one platform's service; its document is read when an operation is first requested."""

    service: Service
    context: SandboxContext

    @cached_property
    def _engine(self) -> Engine:
        service = self.service
        return Engine(service.document, name=service.name, handlers=service.handlers, identities=service.identities)

    @cached_property
    def _operations(self) -> Mapping[str, Operation]:
        return {each.name: each for each in self._engine.operations}

    @cached_property
    def _actions(self) -> Actions:
        engine, context = self._engine, self.context
        values = Values(engine.schemas, engine.name)
        store = Store(context.database)
        return Actions(engine.name, engine.plan, values, store, context.objects, context.clock.now)

    def handler(self, name: str) -> Handler:
        """The handler of an operation."""

        def respond(call: Call) -> Reply:
            self.service.rights(call)
            exchange = self._exchange(self._operations[name], call)
            if call.operation.method in ("GET", "HEAD"):
                return self._reply(exchange)
            with self.context.database.transaction():
                return self._reply(exchange)

        return respond

    def _exchange(self, operation: Operation, call: Call) -> Exchange:
        """A request as the engine has it.

        Raises:
            Refused: It breaks the document.
        """
        values = [str(call.arguments[name]) for name in operation.path_parameters]
        sent = self._sent(Reader(operation, self._engine.schemas), operation, values, call)
        base = f"{call.origin}{call.prefix}"
        here = f"{base}{quote(call.path)}"
        return Exchange(
            operation, self._engine.plan.answer(operation), values, sent, here, base, dict(call.query), call.headers
        )

    def _sent(self, reader: Reader, operation: Operation, values: list[str], call: Call) -> Sent:
        places, faults = reader.arguments(values, call.query, call.headers)
        content_type = call.headers.get("content-type", "")
        content = reader.content(content_type) if operation.bodies else NO_CONTENT
        body: Any = None
        stored = None
        files: Mapping[str, Upload] = {}
        if content.media_type == MULTIPART:
            with tempfile.NamedTemporaryFile(dir=self.context.objects.incoming) as file:
                file.write(call.content)
                file.flush()
                fields, files = parts_of(Path(file.name), content_type, self.context.objects)
            body = {**reader.form(content.schema, fields)}
            faults += reader.form_faults(content.schema, body, files)
        elif content.media_type and not is_text(content):
            stored = self.context.objects.put_bytes(call.content)
        elif call.content and operation.bodies:
            body, found = reader.body(content, call.content)
            faults += found
        else:
            faults += reader.missing()
        if faults:
            raise Refused(faults, 400)
        return Sent(
            path=places["path"],
            query=places["query"],
            headers={**places["header"], **places["cookie"]},
            body=body,
            media_type=content.media_type,
            content=stored,
            files=files,
        )

    def _reply(self, exchange: Exchange) -> Reply:
        answered = self._actions.respond(exchange)
        if isinstance(answered, StoredReply):
            content = self.context.objects.read(answered.content.sha256)
            return Reply(content=content, headers={"Content-Type": answered.media_type})
        return answered
