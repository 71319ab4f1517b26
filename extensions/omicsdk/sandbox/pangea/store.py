"""What the platform keeps: things of several kinds, each a document with a UUID, and links between them."""

import json
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.rest_framework.fields import written
from omicsdk.sandbox.state.database import Database

Thing = dict[str, Any]
"""A document: its own fields, with uuid, name, created_at and updated_at."""


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on things.

    Attributes:
        text: What it says in SQL, of the columns uuid, name, folded, parent and fields.
        values: What stands for its question marks.
    """

    text: str
    values: tuple[Any, ...] = ()


def named(name: str) -> Where:
    """Things of a name."""
    return Where("name = ?", (name,))


def named_any_case(name: str) -> Where:
    """Things of a name, whatever the case of its letters."""
    return Where("folded = ?", (folded(name),))


def below(parent: str) -> Where:
    """Things that belong to another one."""
    return Where("parent = ?", (parent,))


def with_uuid(uuid: str) -> Where:
    """The thing of a UUID."""
    return Where("uuid = ?", (uuid,))


def with_field(field: str, value: str | bool | float) -> Where:
    """Things with a value in one of their own fields; the field's name is the program's own."""
    return Where(f"json_extract(fields, '$.{field}') = ?", (value,))


def linked_from(kind: str, one: str) -> Where:
    """Things that another one is linked to."""
    return Where("uuid IN (SELECT other FROM pangea_links WHERE kind = ? AND one = ?)", (kind, one))


def folded(name: str) -> str:
    """A name without the case of its letters."""
    return name.upper()


class Store:
    """The things.

    Args:
        database: Where they are kept.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self.database = database
        self._now = now
        database.define(
            pangea_things="seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, uuid TEXT NOT NULL UNIQUE, "
            "name TEXT NOT NULL, folded TEXT NOT NULL, parent TEXT NOT NULL, fields TEXT NOT NULL",
            pangea_links="seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, one TEXT NOT NULL, other TEXT NOT NULL, "
            "fields TEXT NOT NULL, place INTEGER NOT NULL, UNIQUE (kind, one, other)",
        )
        for name, columns in (
            ("pangea_things_by_parent", "pangea_things (kind, parent, seq)"),
            ("pangea_things_by_name", "pangea_things (kind, name)"),
            ("pangea_things_by_folded", "pangea_things (kind, folded)"),
            ("pangea_things_below", "pangea_things (parent)"),
            ("pangea_things_above", "pangea_things (uuid, parent)"),
            ("pangea_links_in_order", "pangea_links (kind, one, place)"),
            ("pangea_links_by_other", "pangea_links (kind, other)"),
            ("pangea_links_of_one", "pangea_links (one)"),
            ("pangea_links_of_other", "pangea_links (other)"),
        ):
            database.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")

    def moment(self) -> str:
        """The sandbox's time as the platform writes it."""
        return written(datetime.fromtimestamp(self._now(), UTC))

    # -- things

    def add(self, kind: str, name: str, fields: Mapping[str, Any], *, parent: str = "", uuid: str = "") -> Thing:
        """Keeps a new thing.

        Args:
            kind: Its kind, such as sample_group.
            name: Its name.
            fields: Its own fields.
            parent: The UUID of what it belongs to.
            uuid: Its UUID; a new one by default.

        Returns:
            The thing, with uuid, name, created_at and updated_at.
        """
        moment = self.moment()
        thing = {**fields, "uuid": uuid or str(uuids.uuid4()), "name": name, "created_at": moment, "updated_at": moment}
        self.database.execute(
            "INSERT INTO pangea_things (kind, uuid, name, folded, parent, fields) VALUES (?, ?, ?, ?, ?, ?)",
            (kind, thing["uuid"], name, folded(name), parent, json.dumps(thing)),
        )
        return thing

    def find(self, kind: str, uuid: str) -> Thing | None:
        """The thing of a UUID; None for none."""
        row = self.database.row("SELECT fields FROM pangea_things WHERE kind = ? AND uuid = ?", (kind, uuid))
        return None if row is None else json.loads(row["fields"])

    def parent(self, uuid: str) -> str:
        """The UUID of what a thing belongs to; empty for none."""
        row = self.database.row("SELECT parent FROM pangea_things WHERE uuid = ?", (uuid,))
        return "" if row is None else row["parent"]

    def change(
        self, kind: str, uuid: str, fields: Mapping[str, Any], *, parent: str | None = None, touch: bool = True
    ) -> Thing:
        """Changes some fields of a thing, its name among them.

        Args:
            kind: Its kind.
            uuid: Its UUID.
            fields: The fields that change.
            parent: What it belongs to from now on; None leaves that as it is.
            touch: Whether it counts as updated now.

        Returns:
            The thing as it is now.

        Raises:
            KeyError: It isn't there.
        """
        with self.database.transaction():
            before = self.find(kind, uuid)
            if before is None:
                raise KeyError(uuid)
            thing = {**before, **fields, **({"updated_at": self.moment()} if touch else {})}
            self.database.execute(
                "UPDATE pangea_things SET name = ?, folded = ?, fields = ?, parent = coalesce(?, parent) WHERE uuid = ?",
                (thing["name"], folded(thing["name"]), json.dumps(thing), parent, uuid),
            )
        return thing

    def remove(self, uuid: str) -> None:
        """Forgets a thing and the links that it is in; what belongs to it stays."""
        with self.database.transaction():
            self.database.execute("DELETE FROM pangea_things WHERE uuid = ?", (uuid,))
            self.database.execute("DELETE FROM pangea_links WHERE one = ? OR other = ?", (uuid, uuid))

    def remove_tree(self, uuid: str) -> None:
        """Forgets a thing, all that belongs to it, and the links that any of them is in."""
        tree = (
            "WITH RECURSIVE tree (uuid) AS (VALUES (?) UNION "
            "SELECT pangea_things.uuid FROM pangea_things JOIN tree ON pangea_things.parent = tree.uuid)"
        )
        with self.database.transaction():
            for column in ("one", "other"):
                self.database.execute(f"{tree} DELETE FROM pangea_links WHERE {column} IN tree", (uuid,))  # noqa: S608 - our own names
            self.database.execute(f"{tree} DELETE FROM pangea_things WHERE uuid IN tree", (uuid,))  # noqa: S608 - our own names

    def all(self, kind: str, *where: Where, parent: str | None = None, name: str | None = None) -> list[Thing]:
        """Things in the order in which they were made.

        Args:
            kind: Their kind.
            where: What holds of them.
            parent: What they belong to; None for any.
            name: Their name; None for any.
        """
        more = [*where, *([below(parent)] if parent is not None else []), *([named(name)] if name is not None else [])]
        text, values = _joined(kind, more)
        rows = self.database.rows(f"SELECT fields FROM pangea_things WHERE {text} ORDER BY seq", values)  # noqa: S608 - our own names
        return [json.loads(row["fields"]) for row in rows]

    def count(self, kind: str, *where: Where) -> int:
        """How many things there are.

        Args:
            kind: Their kind.
            where: What holds of them.
        """
        text, values = _joined(kind, where)
        row = self.database.row(f"SELECT count(*) AS n FROM pangea_things WHERE {text}", values)  # noqa: S608 - our own names
        return row["n"] if row else 0

    def some(self, kind: str, start: int, size: int, *where: Where) -> list[Thing]:
        """Things in the order in which they were made.

        Args:
            kind: Their kind.
            start: How many come before them.
            size: How many are wanted.
            where: What holds of them.
        """
        text, values = _joined(kind, where)
        # The inner query walks over numbers only, so that a late page reads no documents of those before it.
        numbers = f"SELECT seq FROM pangea_things WHERE {text} ORDER BY seq LIMIT ? OFFSET ?"  # noqa: S608 - our own names
        rows = self.database.rows(
            f"SELECT fields FROM pangea_things WHERE seq IN ({numbers}) ORDER BY seq",  # noqa: S608 - our own names
            [*values, size, start],
        )
        return [json.loads(row["fields"]) for row in rows]

    # -- links

    def link(self, kind: str, one: str, other: str, fields: Mapping[str, Any] | None = None) -> None:
        """Links two things, once; fields of the link are replaced."""
        self.database.execute(
            "INSERT INTO pangea_links (kind, one, other, fields, place) "
            "VALUES (?, ?, ?, ?, coalesce((SELECT seq FROM pangea_things WHERE uuid = ?), 0)) "
            "ON CONFLICT (kind, one, other) DO UPDATE SET fields = excluded.fields",
            (kind, one, other, json.dumps(fields or {}), other),
        )

    def unlink(self, kind: str, one: str, other: str) -> None:
        """Takes a link back."""
        self.database.execute("DELETE FROM pangea_links WHERE kind = ? AND one = ? AND other = ?", (kind, one, other))

    def is_linked(self, kind: str, one: str, other: str) -> bool:
        """Whether two things are linked."""
        row = self.database.row(
            "SELECT 1 FROM pangea_links WHERE kind = ? AND one = ? AND other = ?", (kind, one, other)
        )
        return row is not None

    def linked(self, kind: str, one: str) -> Sequence[str]:
        """What a thing is linked to, in the order in which it was linked."""
        rows = self.database.rows("SELECT other FROM pangea_links WHERE kind = ? AND one = ? ORDER BY seq", (kind, one))
        return [row["other"] for row in rows]

    def count_linked(self, kind: str, one: str) -> int:
        """How many things one is linked to."""
        row = self.database.row("SELECT count(*) AS n FROM pangea_links WHERE kind = ? AND one = ?", (kind, one))
        return row["n"] if row else 0

    def some_linked(self, kind: str, one: str, start: int = 0, size: int = -1) -> list[Thing]:
        """The things that one is linked to, in the order in which they were made.

        Args:
            kind: The link's kind.
            one: The thing.
            start: How many come before them.
            size: How many are wanted; -1 for all.
        """
        rows = self.database.rows(
            "SELECT t.fields FROM (SELECT other, place FROM pangea_links WHERE kind = ? AND one = ? "
            "ORDER BY place LIMIT ? OFFSET ?) AS l JOIN pangea_things AS t ON t.uuid = l.other ORDER BY l.place",
            (kind, one, size, start),
        )
        return [json.loads(row["fields"]) for row in rows]

    def above_linked(self, kind: str, one: str) -> Sequence[str]:
        """What the things belong to that one is linked to."""
        rows = self.database.rows(
            "SELECT DISTINCT t.parent FROM pangea_links AS l JOIN pangea_things AS t INDEXED BY pangea_things_above "
            "ON t.uuid = l.other WHERE l.kind = ? AND l.one = ?",
            (kind, one),
        )
        return [row["parent"] for row in rows]

    def linking(self, kind: str, other: str) -> Sequence[str]:
        """What links to a thing, in the order in which it was linked."""
        rows = self.database.rows(
            "SELECT one FROM pangea_links WHERE kind = ? AND other = ? ORDER BY seq", (kind, other)
        )
        return [row["one"] for row in rows]


def _joined(kind: str, where: Sequence[Where]) -> tuple[str, list[Any]]:
    text = " AND ".join(["kind = ?", *(each.text for each in where)])
    return text, [kind, *(value for each in where for value in each.values)]
