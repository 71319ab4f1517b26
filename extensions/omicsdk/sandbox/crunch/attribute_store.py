"""Attributes of things: keys with values, in one sequence of numbers over all kinds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.state.database import Database

_MANY = 500
_COLUMNS = (
    "a.id, a.kind, a.item, i.slug, a.key, a.content FROM crunch_attributes a JOIN crunch_items i ON i.id = a.item"
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute.

    Attributes:
        id: Its number.
        kind: The path of its kind.
        item: The number of what has it.
        slug: The slug of what has it.
        key: Its key; several attributes may have it.
        values: What it says.
    """

    id: int
    kind: str
    item: int
    slug: str
    key: str
    values: Mapping[str, Any]


class Attributes:
    """The attributes.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            crunch_attributes="id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, item INTEGER NOT NULL, "
            "key TEXT NOT NULL, content TEXT NOT NULL"
        )
        for name, columns in (("kind", "kind, id"), ("item", "item, id")):
            database.execute(f"CREATE INDEX IF NOT EXISTS crunch_attributes_by_{name} ON crunch_attributes ({columns})")

    def add(self, kind: str, item: int, key: str, values: Mapping[str, Any]) -> Attribute:
        """Adds an attribute.

        Args:
            kind: The path of its kind.
            item: The number of what has it.
            key: Its key.
            values: What it says.
        """
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO crunch_attributes (kind, item, key, content) VALUES (?, ?, ?, ?)",
                (kind, item, key, json.dumps(values)),
            )
            found = self._database.rows(f"SELECT {_COLUMNS} WHERE a.id = last_insert_rowid()")
        return _attribute(found[0])

    def find(self, kind: str, number: int) -> Attribute | None:
        """The attribute of a number; None where none of that kind has it."""
        row = self._database.row(f"SELECT {_COLUMNS} WHERE a.id = ? AND a.kind = ?", (number, kind))
        return None if row is None else _attribute(row)

    def count(self, kind: str) -> int:
        """How many there are of a kind."""
        row = self._database.row("SELECT count(*) AS n FROM crunch_attributes WHERE kind = ?", (kind,))
        return 0 if row is None else row["n"]

    def listed(self, kind: str, after: int, most: int) -> list[Attribute]:
        """Those of a kind in the order of their making.

        Args:
            kind: The path of the kind.
            after: How many are left out at the beginning.
            most: How many at most.
        """
        rows = self._database.rows(
            f"SELECT {_COLUMNS} WHERE a.kind = ? ORDER BY a.id LIMIT ? OFFSET ?", (kind, most, after)
        )
        return [_attribute(row) for row in rows]

    def of_items(self, items: Sequence[int]) -> dict[int, list[Attribute]]:
        """The attributes of several things by the thing's number, each in the order of their making."""
        found: dict[int, list[Attribute]] = {}
        for start in range(0, len(items), _MANY):
            some = items[start : start + _MANY]
            marks = ", ".join("?" * len(some))
            for row in self._database.rows(f"SELECT {_COLUMNS} WHERE a.item IN ({marks}) ORDER BY a.id", some):
                found.setdefault(row["item"], []).append(_attribute(row))
        return found

    def change(self, number: int, item: int, key: str, values: Mapping[str, Any]) -> None:
        """Gives an attribute another item, key and values."""
        self._database.execute(
            "UPDATE crunch_attributes SET item = ?, key = ?, content = ? WHERE id = ?",
            (item, key, json.dumps(values), number),
        )

    def remove(self, number: int) -> None:
        """Removes an attribute."""
        self._database.execute("DELETE FROM crunch_attributes WHERE id = ?", (number,))

    def remove_of(self, item: int) -> None:
        """Removes what a thing has."""
        self._database.execute("DELETE FROM crunch_attributes WHERE item = ?", (item,))


def _attribute(row: Any) -> Attribute:
    return Attribute(row["id"], row["kind"], row["item"], row["slug"], row["key"], json.loads(row["content"]))
