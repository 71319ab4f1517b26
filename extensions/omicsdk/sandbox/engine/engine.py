"""A document as a service: read from a file, with a name, and how each of its operations is answered."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from omicsdk_codegen.naming import credential_names, package_name

from omicsdk.core.batches import repeated
from omicsdk.core.logs import logger
from omicsdk.sandbox.document import EMPTY, as_mapping, operations
from omicsdk.sandbox.engine.plan import Kind, Plan
from omicsdk.sandbox.engine.schemas import FORMATS, Schemas
from omicsdk.sandbox.engine.store import ServedDocument, Store
from omicsdk.sandbox.service import Handler, Service

log = logger("omicsdk.sandbox")

# An OpenAPI document: a file, or a resolved document.
Spec = Path | str | Mapping[str, Any]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


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
            formats=FORMATS,
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
            Explanation(operation.method, operation.path, answer.kind, answer.action, answer.reason, operation.name)
            for operation in self.operations
            if operation.name not in self.service.absent
            for answer in (self.plan.answer(operation),)
        ]

    def enter(self, store: Store) -> None:
        """Enter its resources among the sandbox's contents."""
        names = [*dict.fromkeys(resource.name for resource in self.plan.resources.values())]
        store.documents.put(ServedDocument(self.name, self.title, self.service.prefix, names))

    def variables(self, url: str, token: str) -> dict[str, str]:
        """The variables that the command line of a document's generated package reads.

        Args:
            url: Its base URL.
            token: A token of the sandbox, for each security scheme.
        """

        schemes = as_mapping(as_mapping(self.document.get("components")).get("securitySchemes"))
        prefix = re.sub(r"[^A-Z0-9]+", "_", self.name.upper()).strip("_")
        environment = {f"{prefix}_BASE_URL": url}
        options = credential_names(schemes)
        for name, scheme in schemes.items():
            is_basic = str(scheme.get("scheme", "")).lower() == "basic"
            environment[f"{prefix}_{options[name].upper()}"] = f"sandbox:{token}" if is_basic else token
        return environment


# -- documents that are served beside the platforms


def named_specs(specs: Mapping[str, Spec] | Sequence[Spec], reserved: Collection[str] = ()) -> dict[str, Spec]:
    """Documents by name; one without a name is named as its generated package is, after its title.

    Args:
        specs: Documents by name, or documents alone.
        reserved: Names of platforms.

    Raises:
        ValueError: Two have one name, or a name is a platform's or none of small letters, digits, dots and dashes; or a file
            without a name is no OpenAPI document.
        OSError: A file without a name cannot be read.
    """
    pairs = specs.items() if isinstance(specs, Mapping) else map(_titled, specs)
    specs_by_name: dict[str, Spec] = {}
    for name, spec in pairs:
        if name in specs_by_name:
            raise ValueError(f"two documents are named {name!r}: give each another name")
        if not _NAME.fullmatch(name) or name == "sandbox":
            raise ValueError(f"{name!r} is no name of a service: use small letters, digits, dots and dashes")
        if name in reserved:
            raise ValueError(f"{name!r} is a platform of the sandbox: give the document another name")
        specs_by_name[name] = spec
    return specs_by_name


def paired(files: Sequence[str], names: Sequence[str]) -> dict[str, Spec]:
    """Files by name, of which the first ones may be given.

    Args:
        files: The documents.
        names: Their names, as many or fewer.

    Raises:
        ValueError: There are more names than files, or two documents have one name; or a file without a name is no OpenAPI
            document.
        OSError: A file without a name cannot be read.
    """
    if len(names) > len(files):
        raise ValueError(f"the name {names[len(files)]!r} has no document: give --spec for each --name")
    pairs: list[tuple[str, Spec]] = [*zip(names, files, strict=False), *map(_titled, files[len(names) :])]
    if twice := repeated(name for name, _ in pairs):
        raise ValueError(f"two documents are named {twice[0]!r}: give each another name")
    return dict(pairs)


def _titled(spec: Spec) -> tuple[str, Mapping[str, Any]]:
    """A document by the name that its package has if no other is given."""
    document = _read(spec)
    return package_name(str(as_mapping(document.get("info")).get("title") or "")), document


def engines_of(specs: Mapping[str, Spec]) -> list[Engine]:
    """Engines of documents.

    Args:
        specs: Documents by name.

    Raises:
        ValueError: A file is no OpenAPI document; the message has all of its faults.
        OSError: A file cannot be read.
    """
    return [Engine(_read(spec), name=name) for name, spec in specs.items()]


def _read(spec: Spec) -> Mapping[str, Any]:
    if isinstance(spec, Mapping):
        return spec
    # Imported here: a sandbox of the platforms alone starts without the generator.
    from omicsdk_codegen.document import DocumentError, read

    try:
        return cast("Mapping[str, Any]", read(Path(spec)).data)
    except DocumentError as error:
        raise ValueError(str(error)) from error
