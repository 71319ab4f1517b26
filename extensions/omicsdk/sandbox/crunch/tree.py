"""Projects, datasets and items: one tree with one sequence of numbers, read in the order of the tree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.crunch.slugs import free_slug, slug_of
from omicsdk.sandbox.state.database import Database

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
