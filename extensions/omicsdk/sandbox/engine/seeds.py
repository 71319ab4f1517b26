"""Objects that a document's service has from the start: of files, and of recorded responses of a real server."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from omicsdk.sandbox.engine.engine import Engine
from omicsdk.sandbox.engine.fields import at
from omicsdk.sandbox.engine.plan import Resource
from omicsdk.sandbox.engine.requests import fault_of
from omicsdk.sandbox.engine.store import Store, StoredRecord, filled, segment
from omicsdk.sandbox.problems import nested_name
from omicsdk.sandbox.routing import Router

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
