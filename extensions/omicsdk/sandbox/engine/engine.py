"""A document as a service: how each of its operations is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.core.logs import logger
from omicsdk.sandbox.document import EMPTY, as_mapping, operations
from omicsdk.sandbox.engine.plan import Kind, Plan
from omicsdk.sandbox.engine.schemas import Schemas, formats
from omicsdk.sandbox.engine.store import ServedDocument, Store
from omicsdk.sandbox.service import Handler, Service

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
        service: The service of a platform, whose declarations take the place of name and handlers.

    Attributes:
        service: The service.
        operations: Its operations.
        schemas: Its schemas.
        plan: How its operations are answered.
        faults: Faults of the document that were met.

    Raises:
        LookupError: A handler has no operation.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        name: str = "api",
        handlers: Mapping[str, Handler] = EMPTY,
        service: Service | None = None,
    ) -> None:
        self.service = service or Service(
            name=name,
            prefix=f"/apis/{name}",
            document=document,
            document_path="",
            handlers=handlers,
            formats=formats(),
            request_id="",
            by_document=True,
        )
        self.document = document
        self.name = self.service.name
        self.faults: list[str] = []
        self.operations = operations(document)
        service = self.service
        if idle := {*service.handlers, *service.absent} - {operation.name for operation in self.operations}:
            raise LookupError(f"{self.name}: handlers without an operation: {', '.join(sorted(idle))}")
        self.schemas = Schemas(document, self._report, service.formats)
        self.plan = Plan(self.operations, self.schemas, frozenset(service.handlers), service.identities)

    def _report(self, fault: str) -> None:
        """Keep a fault of the document, and log it once."""
        if fault not in self.faults:
            self.faults.append(fault)
            log.warning("%s: %s", self.name, fault)

    @property
    def title(self) -> str:
        """The document's title."""
        return str(as_mapping(self.document.get("info")).get("title") or self.name)

    def explain(self) -> list[Explanation]:
        """How each operation is answered, and why; operations that are refused as absent are left out."""
        return [
            Explanation(each.method, each.path, answer.kind, answer.action, answer.reason, each.name)
            for each in self.operations
            if each.name not in self.service.absent
            for answer in (self.plan.answer(each),)
        ]

    def enter(self, store: Store) -> None:
        """Enter its resources among the sandbox's contents."""
        names = [*dict.fromkeys(resource.name for resource in self.plan.resources.values())]
        store.documents.put(ServedDocument(self.name, self.title, self.service.prefix, names))
