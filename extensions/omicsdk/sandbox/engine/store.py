"""The objects of services that are served by their documents: kept in the sandbox's database, and those that a service has from the start."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote

from omicsdk.sandbox.engine.engine import Engine
from omicsdk.sandbox.engine.objects import at
from omicsdk.sandbox.engine.plan import Resource
from omicsdk.sandbox.engine.requests import fault_of
from omicsdk.sandbox.problems import nested_name
from omicsdk.sandbox.routing import Router
from omicsdk.sandbox.state.database import Database, Table


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One object of a collection, a document without one, or the bytes at a path.

    Attributes:
        number: Counts up in the order of creation.
        service: The service's name.
        place: The path of its collection, with the values of its parameters, such as `projects/7/tasks`.
        identity: Its identity in the collection; empty for the only object at a path.
        resource: The collection's template without parameters, such as `projects/tasks`.
        data: Its fields, in the names of the response's schema.
        parents: Paths of objects outside the place that it was created below.
        deleted: Whether it was deleted: objects that nothing creates exist until then.
        content: The SHA-256 of its bytes; empty without any.
        media_type: Their type.
    """

    number: int
    service: str
    place: str
    identity: str
    resource: str
    data: dict[str, Any]
    parents: list[str] = field(default_factory=list[str])
    deleted: bool = False
    content: str = ""
    media_type: str = ""

    @property
    def path(self) -> str:
        """Its path: its collection's with its identity."""
        return f"{self.place}/{segment(self.identity)}" if self.identity else self.place


@dataclass(frozen=True, slots=True)
class ServedDocument:
    """A service that is served by its document.

    Attributes:
        name: Its name.
        title: The document's title.
        place: Its path in the sandbox.
        resources: Its resources.
    """

    name: str
    title: str
    place: str
    resources: list[str]


@dataclass(frozen=True, slots=True)
class Query:
    """Which objects of a collection are listed, and in which order.

    Attributes:
        equal: Names of fields, each with the values that it may have.
        order: The field that they are sorted by; empty for the order of creation.
        descending: Whether the order is reversed.
        after: The number of an object; those created before it, and it, are left out.
        forced: Fields whose values every request has to state: objects without them are listed, too.
        parent: The path of an object that they were created below, though their collection is elsewhere.
    """

    equal: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
    order: str = ""
    descending: bool = False
    after: int = 0
    forced: frozenset[str] = frozenset()
    parent: str = ""


EVERYTHING = Query()

_HAS_PARENT = "EXISTS (SELECT 1 FROM json_each(parents) WHERE value = ?)"


class Store:
    """The objects of all services that are served by their documents.

    Args:
        database: The sandbox's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.records = Table(
            database,
            "engine_records",
            StoredRecord,
            more="UNIQUE (service, place, identity)",
            indexes=("service, place, number", "service, resource"),
        )
        self.documents = Table(database, "engine_documents", ServedDocument)

    def get(self, service: str, place: str, identity: str = "") -> StoredRecord | None:
        """The object of an identity, also one that is marked as deleted; None when there is none."""
        return self.records.first(service=service, place=place, identity=identity)

    def add(self, record: StoredRecord) -> StoredRecord:
        """Store an object, in place of one of its identity."""
        with self._database.transaction():
            self.records.remove(service=record.service, place=record.place, identity=record.identity)
            number = self.records.add(record)
        return replace(record, number=number)

    def change(self, record: StoredRecord, **values: object) -> None:
        """Change fields of a stored object."""
        self.records.change(record.number, **values)

    def remove(self, record: StoredRecord) -> None:
        """Remove an object with all that is below it."""
        with self._database.transaction():
            self.records.remove(number=record.number)
            self.clear(record.service, record.path)
            self.records.remove(_HAS_PARENT, record.path, service=record.service)

    def next_number(self) -> int:
        """The number that the next object gets."""
        row = self._database.row("SELECT seq FROM sqlite_sequence WHERE name = ?", (self.records.name,))
        return (row["seq"] if row else 0) + 1

    def uploaded(self, service: str, below: str) -> StoredRecord | None:
        """The last bytes that were uploaded below a path; None when there are none."""
        where = "content <> '' AND place >= ? AND place < ?"
        return self.records.first(where, f"{below}/", f"{below}0", order="number DESC", service=service)

    def clear(self, service: str, place: str) -> None:
        """Remove all objects of a collection with all that is below them."""
        self._database.execute(
            "DELETE FROM engine_records WHERE service = ? AND (place = ? OR (place >= ? AND place < ?))",
            # `0` is the character after `/`: what is below the place is a range of the index.
            (service, place, f"{place}/", f"{place}0"),
        )

    def count(self, service: str, place: str, query: Query = EVERYTHING) -> int:
        """The number of listed objects."""
        where, values = _conditions(query)
        return self.records.count(where, *values, service=service, place=place, deleted=False)

    def listed(self, service: str, place: str, query: Query, start: int, limit: int) -> list[StoredRecord]:
        """Objects of a collection.

        Args:
            service: The service.
            place: The collection's path.
            query: Which of them, in which order.
            start: Number of objects to skip.
            limit: Largest number of objects.
        """
        where, values = _conditions(query)
        direction = " DESC" if query.descending else ""
        first = f"json_extract(data, {_path(query.order)}){direction}, " if query.order else ""
        order = f"{first}number{direction}"
        return self.records.all(
            where, *values, order=order, limit=limit, offset=start, service=service, place=place, deleted=False
        )


def segment(identity: object) -> str:
    """An identity as a segment of a place."""
    return quote(str(identity), safe="")


def filled(segments: Sequence[str], values: Sequence[str]) -> str:
    """The place of a path.

    Args:
        segments: Its segments, with `{}` for each parameter.
        values: The values of its parameters; there may be more.
    """
    marks = iter(map(segment, values))
    return "/".join(re.sub(r"\{\}", lambda _: next(marks), segment) for segment in segments)


def literal(text: str) -> str:
    """A text as a literal of SQL."""
    return "'{}'".format(text.replace("'", "''"))


def _path(name: str) -> str:
    """A field of `data` as SQLite's JSON functions name it."""
    return literal("$." + json.dumps(name))


def _conditions(query: Query) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for name, accepted in query.equal.items():
        marks = ", ".join("?" * len(accepted))
        path = _path(name)
        # Of a list any member may be the value.
        condition = f"EXISTS (SELECT 1 FROM json_each(data, {path}) WHERE CAST(atom AS TEXT) IN ({marks}))"  # noqa: S608 - marks, and a quoted name
        parts.append(f"({condition} OR json_type(data, {path}) IS NULL)" if name in query.forced else condition)
        values += [str(int(value)) if isinstance(value, bool) else str(value) for value in accepted]
    if query.after:
        parts.append("number < ?" if query.descending else "number > ?")
        values.append(query.after)
    if query.parent:
        parts.append(_HAS_PARENT)
        values.append(query.parent)
    return " AND ".join(parts), values


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
