"""A document as a service: read from a file, with a name, and how each of its operations is answered."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from omicsdk_codegen.naming import credential_names, package_name

from omicsdk.core.batches import repeated
from omicsdk.core.logs import logger
from omicsdk.sandbox.document import EMPTY, as_mapping, operations
from omicsdk.sandbox.engine.fields import at
from omicsdk.sandbox.engine.plan import Kind, Plan, Resource
from omicsdk.sandbox.engine.requests import fault_of
from omicsdk.sandbox.engine.schemas import FORMATS, Schemas
from omicsdk.sandbox.engine.store import ServedDocument, Store, StoredRecord, filled, segment
from omicsdk.sandbox.problems import nested_name
from omicsdk.sandbox.routing import Router
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
        self.plan = Plan(self.operations, self.schemas, frozenset(service.handlers))

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


# -- objects that a service has from the start: of files, and of recorded responses of a real server

# Segments of a recorded path that may be those of the real server's base URL.
_OF_BASE = 4


class Seeds:
    """Adds objects to the service of a document.

    Args:
        engine: The service.
        store: The objects.
    """

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store
        self._router = Router((f"/{operation.route.strip('/')}", operation) for operation in engine.operations)

    def add_folder(self, folder: Path) -> dict[str, Any]:
        """Add the objects of a folder's files.

        Args:
            folder: The folder. `pets.json` has an object of the collection /pets or a list of them, `pets/1/toys.json` has some of
                the collection below a pet.

        Returns:
            Numbers of objects by collection.

        Raises:
            ValueError: A file is no JSON, its path is none of a collection, or a value breaks the schema; nothing was added.
        """
        entries: list[tuple[Resource, str, dict[str, Any]]] = []
        for path in sorted(folder.rglob("*.json")):
            names = path.relative_to(folder).with_suffix("").parts
            resource = self._collection(names)
            if resource is None:
                known_paths = ", ".join(sorted("/".join(segments) for segments in self._engine.plan.resources))
                raise ValueError(
                    f"{path}: {self._engine.name} has no collection {'/'.join(names)}; it has {known_paths or 'none'}"
                )
            collection = "/".join(map(segment, names))
            for fields in _objects(json_in(path), path):
                self._check(resource, fields, path)
                entries.append((resource, collection, fields))
        counts: dict[str, int] = {}
        for resource, collection, fields in entries:
            if self._add(resource, collection, fields, ""):
                counts[collection] = counts.get(collection, 0) + 1
        return {"objects": counts}

    def _check(self, resource: Resource, fields: dict[str, Any], path: Path) -> None:
        """Refuse values that responses cannot have, since others would be in their places; what is missing is made, and identities have any form."""
        schema = self._engine.plan.shape(resource).schema
        for error in self._engine.schemas.errors(schema, fields, sent=False):
            if (fault := fault_of(error, "", ())).rule not in ("required", "format"):
                raise ValueError(f"{path}: {resource.noun}{nested_name(fault.field)} {fault.message}")

    def _collection(self, names: Sequence[str]) -> Resource | None:
        """The resource whose collection has a path."""
        for segments, resource in self._engine.plan.resources.items():
            if len(segments) == len(names) and all(
                part in ("{}", name) for part, name in zip(segments, names, strict=True)
            ):
                return resource
        return None

    def add_exchange(self, method: str, path: str, body: object) -> Iterator[tuple[str, bool]]:
        """Add the objects of a real server's response.

        Args:
            method: The request's method.
            path: Its path, with that of the server's base URL or without.
            body: The response's body.

        Yields:
            Each object's kind, and whether it was added: one that exists stays as it is.
        """
        steps = path.partition("?")[0].strip("/").split("/")
        for start in range(min(_OF_BASE, len(steps))):
            matches = self._router.matches(list(map(unquote, steps[start:])))
            fitting = ((operation, values) for operations, values in matches for operation in operations)
            match = next((pair for pair in fitting if pair[0].method == method), None)
            if match is None:
                continue
            operation, values = match
            answer = self._engine.plan.answer(operation)
            if answer.resource is None or answer.elsewhere:
                continue
            resource = answer.resource
            count = sum(part.count("{}") for part in resource.segments)
            collection = filled(resource.segments, values)
            if answer.action == "list":
                around = self._engine.plan.list_in(operation.response.schema, resource) or ()
                items = at(body, around)
                objects = cast("list[Any]", items) if isinstance(items, list) else []
            elif answer.action in ("read", "create", "replace", "update", "act"):
                objects = [at(body, self._engine.plan.around(operation.response.schema, resource))]
            else:
                continue
            identity = values[count] if len(values) > count else ""
            for fields in objects:
                if isinstance(fields, dict):
                    added = self._add(resource, collection, cast("dict[str, Any]", fields), identity)
                    yield f"{self._engine.name} {resource.noun}", added
            return

    def _add(self, resource: Resource, collection: str, fields: dict[str, Any], identity: str) -> bool:
        """Store an object; False where there is one of its identity."""
        path = self._engine.plan.shape(resource).identity
        field_value = at(fields, path) if path else None
        identity = str(field_value) if field_value is not None else identity or str(self._store.next_number())
        if self._store.get(self._engine.name, collection, identity) is not None:
            return False
        self._store.add(StoredRecord(0, self._engine.name, collection, identity, resource.name, fields))
        return True


def json_in(path: Path) -> Any:
    """The value of a JSON file; a ValueError for another one."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error


def _objects(value: Any, path: Path) -> list[dict[str, Any]]:
    items: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    if not all(isinstance(item, Mapping) for item in items):
        raise ValueError(f"{path} has neither an object nor a list of objects")
    return items
