"""The objects of services that are served by their documents, in the sandbox's database."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

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
