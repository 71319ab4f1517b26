"""The platform's data: objects of several kinds, each a document with a UUID, and links between them."""

import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.rest_framework.fields import written
from omicsdk.sandbox.state.database import Database, Table

# A document: its own fields, with uuid, name, created_at and updated_at.
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on records.

    Attributes:
        text: What it states in SQL, of the columns seq, uuid, name, folded, parent and fields.
        values: Values of its question marks.
    """

    text: str
    values: tuple[Any, ...] = ()


def named(name: str) -> Where:
    """Records of a name."""
    return Where("name = ?", (name,))


def below(parent: str) -> Where:
    """Records that belong to another one."""
    return Where("parent = ?", (parent,))


def with_uuid(uuid: str) -> Where:
    """The object of a UUID."""
    return Where("uuid = ?", (uuid,))


def with_field(field: str, value: str | bool | float) -> Where:
    """Return objects with a value in one of their own fields; the field's name comes from the program."""
    return Where(f"json_extract(fields, '$.{field}') = ?", (value,))


def linked_from(kind: str, one: str) -> Where:
    """Records that another one is linked to."""
    return Where("uuid IN (SELECT other FROM pangea_links WHERE kind = ? AND one = ?)", (kind, one))


def folded(name: str) -> str:
    """A name without the case of its letters."""
    return name.upper()


@dataclass(frozen=True, slots=True)
class _Row:
    seq: int
    kind: str
    uuid: str
    name: str
    folded: str
    parent: str
    fields: Record


@dataclass(frozen=True, slots=True)
class _Link:
    kind: str
    one: str
    other: str
    place: int


class Store:
    """The records.

    Args:
        database: The sandbox's database.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self.database = database
        self._now = now
        # By number, those of a kind below an object, by name, everything below an object, its ancestors, and all of a kind.
        records = ("kind, parent, seq", "kind, name", "kind, folded", "parent", "uuid, parent", "kind, seq")
        self._records = Table(database, "pangea_things", _Row, more="UNIQUE (uuid)", indexes=records)
        links = ("kind, one, place", "kind, other", "one", "other")
        self._links = Table(database, "pangea_links", _Link, key="kind one other", indexes=links)

    def moment(self) -> str:
        """The sandbox's time as the platform writes it."""
        return written(datetime.fromtimestamp(self._now(), UTC))

    # -- objects

    def add(self, kind: str, name: str, fields: Mapping[str, Any], *, parent: str = "", uuid: str = "") -> Record:
        """Keep a new record.

        Args:
            kind: Its kind, such as sample_group.
            name: Its name.
            fields: Its own fields.
            parent: The UUID of what it belongs to.
            uuid: Its UUID; a new one by default.

        Returns:
            The object, with uuid, name, created_at and updated_at.
        """
        moment = self.moment()
        times = {"created_at": moment, "updated_at": moment}
        record = {**fields, "uuid": uuid or str(uuids.uuid4()), "name": name, **times}
        self._records.add(_Row(0, kind, record["uuid"], name, folded(name), parent, record))
        return record

    def find(self, kind: str, uuid: str) -> Record | None:
        """The object of a UUID; None for none."""
        return next(iter(self._records.column("fields", "uuid = ? AND kind = ?", uuid, kind)), None)

    def number(self, uuid: str) -> int:
        """Which one of all objects that of a UUID was made as; 0 for none."""
        row = self._records.first(uuid=uuid)
        return row.seq if row else 0

    def above(self, uuid: str, kind: str) -> str:
        """The UUID of the nearest record of a kind among an object and what it belongs to; empty for none.

        Args:
            uuid: The object's UUID.
            kind: The kind.
        """
        row = self.database.row(
            "WITH RECURSIVE above (uuid) AS (VALUES (?) UNION "
            "SELECT t.parent FROM pangea_things AS t JOIN above ON t.uuid = above.uuid) "
            "SELECT t.uuid FROM above JOIN pangea_things AS t ON t.uuid = above.uuid WHERE t.kind = ?",
            (uuid, kind),
        )
        return row["uuid"] if row else ""

    def change(self, kind: str, uuid: str, fields: Mapping[str, Any], *, parent: str | None = None) -> Record:
        """Change some fields of an object, its name among them.

        Args:
            kind: Its kind.
            uuid: Its UUID.
            fields: The fields that change.
            parent: Its new parent; None for no change.

        Returns:
            The object as it is now.

        Raises:
            KeyError: It does not exist.
        """
        with self.database.transaction():
            row = or_raise(self._records.first(uuid=uuid, kind=kind), KeyError(uuid))
            record = {**row.fields, **fields, "updated_at": self.moment()}
            name, above = record["name"], row.parent if parent is None else parent
            self._records.change(row.seq, name=name, folded=folded(name), fields=record, parent=above)
        return record

    def remove_tree(self, uuid: str) -> None:
        """Forget an object, all that belongs to it, and the links that any of them is in."""
        tree = (
            "WITH RECURSIVE tree (uuid) AS (VALUES (?) UNION "
            "SELECT pangea_things.uuid FROM pangea_things JOIN tree ON pangea_things.parent = tree.uuid)"
        )
        with self.database.transaction():
            for table, column in (("links", "one"), ("links", "other"), ("things", "uuid")):
                self.database.execute(f"{tree} DELETE FROM pangea_{table} WHERE {column} IN tree", (uuid,))  # noqa: S608 - our own names

    def all(
        self,
        kind: str,
        *where: Where,
        parent: str | None = None,
        name: str | None = None,
        start: int = 0,
        size: int = -1,
    ) -> list[Record]:
        """Objects in the order in which they were made.

        Args:
            kind: Their kind.
            where: Condition on them.
            parent: Their parent; None for any.
            name: Their name; None for any.
            start: Number of items to skip.
            size: Number of objects; -1 for all.
        """
        more = [*where, *([below(parent)] if parent is not None else []), *([named(name)] if name is not None else [])]
        text, values = _joined([Where("kind = ?", (kind,)), *more])
        # The inner query walks over numbers only, so that a late page reads no documents of those before it.
        numbers = f"SELECT seq FROM pangea_things WHERE {text} ORDER BY seq LIMIT ? OFFSET ?"  # noqa: S608 - our own names
        return self._records.column("fields", f"seq IN ({numbers})", *values, size, start, order="seq")

    def count(self, kind: str, *where: Where) -> int:
        """The number of objects.

        Args:
            kind: Their kind.
            where: Condition on them.
        """
        text, values = _joined(where)
        return self._records.count(text, *values, kind=kind)

    # -- links

    def link(self, kind: str, one: str, other: str) -> None:
        """Link two records, once."""
        self._links.add_new(_Link(kind, one, other, self.number(other)))

    def unlink(self, kind: str, one: str, other: str) -> None:
        """Take a link back."""
        self._links.remove(kind=kind, one=one, other=other)

    def is_linked(self, kind: str, one: str, other: str) -> bool:
        """Whether two records are linked."""
        return self._links.get(kind, one, other) is not None

    def linked(self, kind: str, one: str) -> Sequence[str]:
        """The targets of an object's links, in the order in which they were made."""
        return [link.other for link in self._links.all(kind=kind, one=one)]

    def count_linked(self, kind: str, one: str) -> int:
        """The number of an object's links."""
        return self._links.count(kind=kind, one=one)

    def some_linked(self, kind: str, one: str, start: int = 0, size: int = -1) -> list[Record]:
        """The records that one is linked to, in the order in which they were made.

        Args:
            kind: The link's kind.
            one: The object.
            start: Number of items to skip.
            size: Number of objects; -1 for all.
        """
        places = "SELECT place FROM pangea_links WHERE kind = ? AND one = ? ORDER BY place LIMIT ? OFFSET ?"
        return self._records.column("fields", f"seq IN ({places})", kind, one, size, start, order="seq")

    def linking(self, kind: str, other: str) -> Sequence[str]:
        """The sources of links to an object, in the order in which they were made."""
        return [link.one for link in self._links.all(kind=kind, other=other)]


def _joined(where: Sequence[Where]) -> tuple[str, list[Any]]:
    values = [value for condition in where for value in condition.values]
    return " AND ".join(condition.text for condition in where), values
