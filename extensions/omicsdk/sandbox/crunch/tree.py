"""What the site keeps: one tree of projects, datasets and items, the attributes of these, and statuses of processing."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.state.database import Database

LONGEST = 255
"""Characters that a slug may have."""

_DROPPED = re.compile(r"[^\w\s-]")
_JOINED = re.compile(r"[-\s]+")


def slug_of(name: str, parent: str | None) -> str:
    """The slug that a name gives, which may be taken.

    Args:
        name: The name; of letters, those that are ASCII without their marks are kept.
        parent: The slug of what it belongs to; None for none.

    Returns:
        At most `LONGEST` characters; empty for a name that has nothing to keep.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    own = _JOINED.sub("-", _DROPPED.sub("", plain.lower())).strip("-_")
    return (own if parent is None else f"{parent}:{own}")[:LONGEST]


def free_slug(slug: str, taken: Callable[[str], bool]) -> str:
    """The slug, or with the first number from 2 that makes it one that nothing has.

    Args:
        slug: What a name gives.
        taken: Whether something has a slug.
    """
    if slug and not taken(slug):
        return slug
    number = 2
    while taken(found := f"{slug[: LONGEST - len(f'-{number}')]}-{number}"):
        number += 1
    return found


PROJECT, DATASET, ITEM = "project", "dataset", "item"
FILES = "crunch"
"""The folder of the storage below which datasets have theirs."""

_MANY = 500
_COLUMNS = (
    "i.id, i.kind, i.name, i.slug, i.parent, p.slug AS parent_slug, i.description, i.details, i.workflow, "
    "i.base_file_path, i.locked FROM crunch_items i LEFT JOIN crunch_items p ON p.id = i.parent"
)


@dataclass(frozen=True, slots=True)
class Thing:
    """A project, dataset or item.

    Attributes:
        id: Its number.
        kind: PROJECT, DATASET or ITEM.
        name: Its name; nothing else in the tree has it.
        slug: What it is addressed by; it stays when the name changes.
        parent: The number of what it belongs to; None for projects, and where that was deleted.
        parent_slug: The slug of what it belongs to.
        description: A sentence about it.
        details: More about it.
        workflow: What a project's datasets are processed with.
        base_file_path: Where a dataset's files are in the storage.
        locked: Whether somebody has begun to process a dataset.
    """

    id: int
    kind: str
    name: str
    slug: str
    parent: int | None
    parent_slug: str | None
    description: str
    details: str
    workflow: str
    base_file_path: str
    locked: bool


class CircularMove(Exception):
    """Something would become part of itself."""


class Tree:
    """The tree.

    A thing's place is a text: its parent's place and a number that grows with each placing, so that places in the order of
    texts are the tree read from the top, and what is added is the last of its parent.

    Args:
        database: Where it is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            crunch_items="id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL UNIQUE, "
            "slug TEXT NOT NULL UNIQUE, parent INTEGER, number INTEGER NOT NULL, place TEXT NOT NULL, "
            "description TEXT NOT NULL, details TEXT NOT NULL, workflow TEXT NOT NULL, base_file_path TEXT NOT NULL, "
            "locked INTEGER NOT NULL DEFAULT 0"
        )
        for name, columns in (
            ("crunch_items_by_kind", "crunch_items (kind, place)"),
            ("crunch_items_by_place", "crunch_items (place)"),
            ("crunch_items_by_parent", "crunch_items (parent, place)"),
            ("crunch_items_by_number", "crunch_items (number)"),
            ("crunch_items_to_do", "crunch_items (place) WHERE kind = 'dataset' AND locked = 0"),
        ):
            database.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")

    # -- reading

    def find(self, slug: str, kind: str = "") -> Thing | None:
        """What a slug addresses.

        Args:
            slug: The slug.
            kind: Of which kind; any by default.
        """
        return self._one("i.slug = ? AND (? = '' OR i.kind = ?)", slug, kind, kind)

    def by_id(self, number: int, kind: str) -> Thing | None:
        """What has a number, of a kind; None for none."""
        return self._one("i.id = ? AND i.kind = ?", number, kind)

    def named(self, name: str) -> int | None:
        """The number of what has a name; None for none."""
        row = self._database.row("SELECT id FROM crunch_items WHERE name = ?", (name,))
        return None if row is None else row["id"]

    def count(self, kind: str = "") -> int:
        """How many there are, of a kind or in all."""
        where = "WHERE kind = ?" if kind else ""
        row = self._database.row(f"SELECT count(*) AS n FROM crunch_items {where}", [kind] if kind else [])  # noqa: S608 - our own words
        return 0 if row is None else row["n"]

    def listed(self, kind: str, after: int, most: int) -> list[Thing]:
        """Things in the order of the tree.

        Args:
            kind: Of which kind; empty for all.
            after: How many are left out at the beginning.
            most: How many at most.
        """
        where = "i.kind = ?" if kind else "1"
        values = [kind] if kind else []
        return self._many(f"{where} ORDER BY i.place LIMIT ? OFFSET ?", *values, most, after)

    def parts(self, numbers: Sequence[int]) -> list[Thing]:
        """What belongs to some things, in the order of the tree."""
        found: list[Thing] = []
        for start in range(0, len(numbers), _MANY):
            some = numbers[start : start + _MANY]
            marks = ", ".join("?" * len(some))
            found += self._many(f"i.parent IN ({marks}) ORDER BY i.place", *some)
        return found

    def next_dataset(self, project: int | None) -> Thing | None:
        """The first dataset that nobody has begun to process, and that isn't complete; None when none is left.

        Args:
            project: Of which project; None for all.
        """
        return self._one(
            "i.kind = 'dataset' AND i.locked = 0 AND (? IS NULL OR i.parent = ?) AND NOT EXISTS "
            "(SELECT 1 FROM crunch_statuses s WHERE s.dataset = i.id AND s.stage = 3 AND s.state = 2) ORDER BY i.place",
            project,
            project,
        )

    # -- writing

    def add(self, kind: str, parent: Thing | None, fields: Mapping[str, Any]) -> Thing:
        """Adds a thing as the last of its parent.

        Args:
            kind: Of which kind.
            parent: What it belongs to.
            fields: Its fields, of which only `name` has to be there; nothing else has that name.
        """
        with self._database.transaction():
            slug = free_slug(slug_of(fields["name"], parent.slug if parent else None), self._is_taken)
            path = fields.get("base_file_path", "")
            if kind == DATASET and not path:
                # The site makes this before there is a slug, so all datasets of a project share a folder.
                path = default_path(parent, "")
            number, place = self._new_place(parent)
            texts = [fields.get(each, "") for each in ("description", "details", "workflow")]
            self._database.execute(
                "INSERT INTO crunch_items (kind, name, slug, parent, number, place, description, details, workflow, "
                "base_file_path) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, fields["name"], slug, parent.id if parent else None, number, place, *texts, path),
            )
            found = self.find(slug)
        assert found is not None
        return found

    def change(self, thing: Thing, fields: Mapping[str, Any]) -> Thing:
        """Changes fields of a thing; another `parent` moves it and what belongs to it.

        Args:
            thing: What is changed.
            fields: The fields that change: texts, and `parent` as a Thing.

        Raises:
            CircularMove: It would belong to itself.
        """
        texts = {name: value for name, value in fields.items() if name != "parent"}
        parent: Thing | None = fields.get("parent")
        with self._database.transaction():
            if parent is not None and parent.id != thing.parent:
                self._move(thing, parent)
            for name, value in texts.items():
                self._database.execute(f"UPDATE crunch_items SET {name} = ? WHERE id = ?", (value, thing.id))  # noqa: S608 - our own words
            if thing.kind == DATASET and texts.get("base_file_path") == "":
                path = default_path(parent or self._one("i.id = ?", thing.parent), thing.slug)
                self._database.execute("UPDATE crunch_items SET base_file_path = ? WHERE id = ?", (path, thing.id))
            found = self._one("i.id = ?", thing.id)
        assert found is not None
        return found

    def remove(self, thing: Thing) -> None:
        """Removes a thing; what belongs to it stays where it is in the order, and belongs to nothing."""
        with self._database.transaction():
            self._database.execute("UPDATE crunch_items SET parent = NULL WHERE parent = ?", (thing.id,))
            self._database.execute("DELETE FROM crunch_items WHERE id = ?", (thing.id,))

    def lock(self, dataset: int, *, locked: bool = True) -> None:
        """Notes that somebody has begun to process a dataset, or takes that back."""
        self._database.execute("UPDATE crunch_items SET locked = ? WHERE id = ?", (locked, dataset))

    # -- inside

    def _is_taken(self, slug: str) -> bool:
        return self._database.row("SELECT 1 FROM crunch_items WHERE slug = ?", (slug,)) is not None

    def _place(self, number: int) -> str:
        row = self._database.row("SELECT place FROM crunch_items WHERE id = ?", (number,))
        return "" if row is None else row["place"]

    def _new_place(self, parent: Thing | None) -> tuple[int, str]:
        row = self._database.row("SELECT max(number) AS n FROM crunch_items")
        number = (row["n"] if row and row["n"] else 0) + 1
        return number, f"{self._place(parent.id) if parent else ''}{number:08x}"

    def _move(self, thing: Thing, parent: Thing) -> None:
        above: int | None = parent.id
        while above is not None:
            if above == thing.id:
                raise CircularMove
            row = self._database.row("SELECT parent FROM crunch_items WHERE id = ?", (above,))
            above = None if row is None else row["parent"]
        before = self._place(thing.id)
        number, after = self._new_place(parent)
        self._database.execute(
            "UPDATE crunch_items SET place = ? || substr(place, ?) WHERE place >= ? AND place < ?",
            (after, len(before) + 1, before, f"{before}g"),
        )
        self._database.execute(
            "UPDATE crunch_items SET parent = ?, number = ? WHERE id = ?", (parent.id, number, thing.id)
        )

    def _one(self, where: str, *values: object) -> Thing | None:
        row = self._database.row(f"SELECT {_COLUMNS} WHERE {where} LIMIT 1", values)
        return None if row is None else _thing(row)

    def _many(self, where: str, *values: object) -> list[Thing]:
        return [_thing(row) for row in self._database.rows(f"SELECT {_COLUMNS} WHERE {where}", values)]


def default_path(project: Thing | None, dataset: str) -> str:
    """Where the files of a dataset are unless somebody says otherwise.

    Args:
        project: Its project.
        dataset: Its slug; empty while there is none.
    """
    return "/".join(each for each in (FILES, project.slug if project else "", dataset) if each)


def _thing(row: Any) -> Thing:
    values: dict[str, Any] = {**row, "locked": bool(row["locked"])}
    return Thing(**values)


_ATTRIBUTE = (
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
            found = self._database.rows(f"SELECT {_ATTRIBUTE} WHERE a.id = last_insert_rowid()")
        return _attribute(found[0])

    def find(self, kind: str, number: int) -> Attribute | None:
        """The attribute of a number; None where none of that kind has it."""
        row = self._database.row(f"SELECT {_ATTRIBUTE} WHERE a.id = ? AND a.kind = ?", (number, kind))
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
            f"SELECT {_ATTRIBUTE} WHERE a.kind = ? ORDER BY a.id LIMIT ? OFFSET ?", (kind, most, after)
        )
        return [_attribute(row) for row in rows]

    def of_items(self, items: Sequence[int]) -> dict[int, list[Attribute]]:
        """The attributes of several things by the thing's number, each in the order of their making."""
        found: dict[int, list[Attribute]] = {}
        for start in range(0, len(items), _MANY):
            some = items[start : start + _MANY]
            marks = ", ".join("?" * len(some))
            for row in self._database.rows(f"SELECT {_ATTRIBUTE} WHERE a.item IN ({marks}) ORDER BY a.id", some):
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


TEXTS = (
    "agent_user",
    "version",
    "revision",
    "system",
    "system_release",
    "system_version",
    "machine",
    "hostname",
    "ip_address",
    "mac_address",
)
"""What a worker tells of itself and of its machine in words."""

AMOUNTS = ("memory_total", "memory_free", "disk_total", "disk_free")
"""What it tells in bytes."""

_DEFAULTS: Mapping[str, Any] = {"note": "", **dict.fromkeys(TEXTS, ""), **dict.fromkeys(AMOUNTS)}


class Statuses:
    """The statuses.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            crunch_statuses="id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL, site_user INTEGER, "
            "stage INTEGER NOT NULL, state INTEGER NOT NULL, content TEXT NOT NULL"
        )
        database.execute(
            "CREATE INDEX IF NOT EXISTS crunch_statuses_by_dataset ON crunch_statuses (dataset, stage, state)"
        )

    def add(self, dataset: int, user: int, stage: int, state: int, told: Mapping[str, Any]) -> dict[str, Any]:
        """Keeps a status.

        Args:
            dataset: The dataset's number.
            user: Who sent it.
            stage: Which part of the processing it is about: 1 setup, 2 workflow, 3 upload.
            state: How that is: 1 started, 2 done, 3 failed.
            told: What else the worker says: note and diagnostics.

        Returns:
            The status as the site tells it.
        """
        content = {name: told.get(name, default) for name, default in _DEFAULTS.items()}
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO crunch_statuses (dataset, site_user, stage, state, content) VALUES (?, ?, ?, ?, ?)",
                (dataset, user, stage, state, json.dumps(content)),
            )
            return _status(self._database.row("SELECT * FROM crunch_statuses WHERE id = last_insert_rowid()"))

    def count(self) -> int:
        """How many there are."""
        row = self._database.row("SELECT count(*) AS n FROM crunch_statuses")
        return 0 if row is None else row["n"]

    def listed(self, after: int, most: int) -> list[dict[str, Any]]:
        """Statuses as the site tells them, the oldest first.

        Args:
            after: How many are left out at the beginning.
            most: How many at most.
        """
        rows = self._database.rows("SELECT * FROM crunch_statuses ORDER BY id LIMIT ? OFFSET ?", (most, after))
        return [_status(row) for row in rows]

    def of_dataset(self, dataset: int) -> list[dict[str, Any]]:
        """The statuses of a dataset, the oldest first."""
        rows = self._database.rows("SELECT * FROM crunch_statuses WHERE dataset = ? ORDER BY id", (dataset,))
        return [_status(row) for row in rows]

    def remove_of(self, dataset: int) -> None:
        """Removes those of a dataset."""
        self._database.execute("DELETE FROM crunch_statuses WHERE dataset = ?", (dataset,))


def _status(row: Any) -> dict[str, Any]:
    own = {name: row[name] for name in ("id", "dataset", "site_user", "stage", "state")}
    return {**own, **json.loads(row["content"])}
