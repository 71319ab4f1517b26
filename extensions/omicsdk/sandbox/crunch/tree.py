"""The site's data: one tree of projects, datasets and items, their attributes, and statuses of processing."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from omicsdk.sandbox.service import grouped
from omicsdk.sandbox.state.database import Database, Table

# Characters that a slug may have.
LONGEST = 255

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
    slug = _JOINED.sub("-", _DROPPED.sub("", plain.lower())).strip("-_")
    return (slug if parent is None else f"{parent}:{slug}")[:LONGEST]


def free_slug(slug: str, is_taken: Callable[[str], bool]) -> str:
    """The slug, or with the first number from 2 that makes it one that nothing has.

    Args:
        slug: Its slug.
        is_taken: Whether something has a slug.
    """
    if slug and not is_taken(slug):
        return slug
    number = 2
    while is_taken(numbered := f"{slug[: LONGEST - len(f'-{number}')]}-{number}"):
        number += 1
    return numbered


PROJECT, DATASET, ITEM = "project", "dataset", "item"
# The folder of the storage below which datasets have theirs.
FILES = "crunch"


@dataclass(slots=True)  # not frozen: that doubles the time in which a row becomes an object
class Node:
    """A project, dataset or item; never changed in place.

    Attributes:
        id: Its number; 0 for the next one.
        kind: PROJECT, DATASET or ITEM.
        name: Its name; nothing else in the tree has it.
        slug: Its slug, which stays when the name changes.
        parent: The number of what it belongs to; None for projects, and where that was deleted.
        number: Grows with each placing.
        place: Its position in the order of the tree.
        description: A sentence about it.
        details: More about it.
        workflow: Workflow for a project's datasets.
        base_file_path: Path of a dataset's files in the storage.
        locked: Whether a user has begun to process a dataset.
    """

    id: int
    kind: str
    name: str
    slug: str
    parent: int | None
    number: int
    place: str
    description: str = ""
    details: str = ""
    workflow: str = ""
    base_file_path: str = ""
    locked: bool = False


class CircularMove(Exception):
    """Something would become part of itself."""


class Tree:
    """The tree.

    A node's place is a text: its parent's place and a number that grows with each placing, so that places in the order of
    texts are the tree read from the top, and what is added is the last of its parent.

    Args:
        database: The sandbox's database.

    Attributes:
        nodes: The table of all objects.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.nodes = Table(
            database,
            "crunch_items",
            Node,
            more="UNIQUE (name), UNIQUE (slug)",
            indexes=("kind, place", "place", "parent, place", "number", "kind, locked, place"),
        )

    # -- reading

    def find(self, slug: str, kind: str = "") -> Node | None:
        """The item that a slug addresses.

        Args:
            slug: The slug.
            kind: Of which kind; any by default.
        """
        return self.nodes.first(slug=slug, kind=kind or None)

    def named(self, name: str) -> int | None:
        """The number of what has a name; None for none."""
        node = self.nodes.first(name=name)
        return node and node.id

    def slug(self, number: int | None) -> str | None:
        """The slug of what has a number; None for none."""
        node = self.nodes.get(number)
        return node and node.slug

    def parts(self, numbers: Sequence[int]) -> list[Node]:
        """The descendants of some items, in the order of the tree."""
        return self.nodes.all(f"parent {_AMONG}", json.dumps(numbers), order="place")

    def next_dataset(self, project: int | None) -> Node | None:
        """The first dataset whose processing has not begun, and that is not complete; None when none is left.

        Args:
            project: Of which project; None for all.
        """
        complete = "SELECT 1 FROM crunch_statuses s WHERE s.dataset = crunch_items.id AND s.stage = 3 AND s.state = 2"
        return self.nodes.first(f"NOT EXISTS ({complete})", kind=DATASET, locked=False, parent=project, order="place")

    # -- writing

    def add(self, kind: str, parent: Node | None, fields: Mapping[str, Any]) -> Node:
        """Add an object as the last of its parent.

        Args:
            kind: Of which kind.
            parent: Its parent.
            fields: Its fields, of which only `name` has to be there; nothing else has that name.
        """
        texts = {name: fields[name] for name in _TEXTS if name in fields}
        if kind == DATASET and not texts.get("base_file_path"):
            # The site makes this before there is a slug, so all datasets of a project share a folder.
            texts["base_file_path"] = default_path(parent, "")
        with self._database.transaction():
            slug = free_slug(
                slug_of(fields["name"], parent.slug if parent else None), lambda slug: bool(self.find(slug))
            )
            node = Node(0, kind, fields["name"], slug, parent and parent.id, *self._new_place(parent), **texts)
            return replace(node, id=self.nodes.add(node))

    def change(self, node: Node, fields: Mapping[str, Any]) -> Node:
        """Change fields of an object; another `parent` moves it and what belongs to it.

        Args:
            node: The item to change.
            fields: The fields that change: texts, and `parent` as a Node.

        Raises:
            CircularMove: It would belong to itself.
        """
        texts = {name: value for name, value in fields.items() if name != "parent"}
        parent: Node | None = fields.get("parent")
        if node.kind == DATASET and texts.get("base_file_path") == "":
            texts["base_file_path"] = default_path(parent or self.nodes.get(node.parent), node.slug)
        with self._database.transaction():
            if parent is not None and parent.id != node.parent:
                self._move(node, parent)
            if texts:
                self.nodes.change(node.id, **texts)
            return self.nodes.all(id=node.id)[0]

    def remove(self, node: Node) -> None:
        """Remove an object; what belongs to it stays where it is in the order, and belongs to nothing."""
        with self._database.transaction():
            for part in self.nodes.all(parent=node.id):
                self.nodes.change(part.id, parent=None)
            self.nodes.remove(id=node.id)

    def lock(self, dataset: int, *, locked: bool = True) -> None:
        """Notes that a user has begun to process a dataset, or takes that back."""
        self.nodes.change(dataset, locked=locked)

    # -- inside

    def _new_place(self, parent: Node | None) -> tuple[int, str]:
        last = self.nodes.first(order="number DESC")
        number = last.number + 1 if last else 1
        return number, f"{parent.place if parent else ''}{number:08x}"

    def _move(self, node: Node, parent: Node) -> None:
        above: Node | None = parent
        while above is not None:
            if above.id == node.id:
                raise CircularMove
            above = self.nodes.get(above.parent)
        number, position = self._new_place(parent)
        for descendant in self.nodes.all("place >= ? AND place < ?", node.place, f"{node.place}g"):
            self.nodes.change(descendant.id, place=position + descendant.place.removeprefix(node.place))
        self.nodes.change(node.id, parent=parent.id, number=number)


_TEXTS = ("description", "details", "workflow", "base_file_path")


_AMONG = "IN (SELECT value FROM json_each(?))"


def default_path(project: Node | None, dataset: str) -> str:
    """The default folder of a dataset's files.

    Args:
        project: Its project.
        dataset: Its slug; empty while there is none.
    """
    return "/".join(part for part in (FILES, project.slug if project else "", dataset) if part)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute.

    Attributes:
        id: Its number; 0 for the next one.
        kind: The path of its kind.
        item: The number of what has it.
        key: Its key; several attributes may have it.
        content: Its value.
    """

    id: int
    kind: str
    item: int
    key: str
    content: Mapping[str, Any]


class Attributes:
    """The attributes.

    Args:
        database: The sandbox's database.

    Attributes:
        table: The table of all attributes.
    """

    def __init__(self, database: Database) -> None:
        self.table = Table(database, "crunch_attributes", Attribute, indexes=("kind, id", "item, id"))

    def add(self, kind: str, item: int, key: str, values: Mapping[str, Any]) -> Attribute:
        """Add an attribute.

        Args:
            kind: The path of its kind.
            item: The number of what has it.
            key: Its key.
            values: Its values.
        """
        attribute = Attribute(0, kind, item, key, values)
        return replace(attribute, id=self.table.add(attribute))

    def of_items(self, items: Sequence[int]) -> dict[int, list[Attribute]]:
        """The attributes of several objects by the object's number, each in the order of their making."""
        attributes = self.table.all(f"item {_AMONG}", json.dumps(items), order="id")
        return grouped((attribute.item, attribute) for attribute in attributes)


@dataclass(frozen=True, slots=True)
class Status:
    """A status of the processing of a dataset.

    Attributes:
        id: Its number; 0 for the next one.
        dataset: The dataset's number.
        content: What the site returns beside these.
    """

    id: int
    dataset: int
    stage: int
    state: int
    content: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The site's representation."""
        return {"id": self.id, "dataset": self.dataset, **self.content}


class Statuses:
    """The statuses.

    Args:
        database: The sandbox's database.

    Attributes:
        table: The table of all statuses.
    """

    def __init__(self, database: Database) -> None:
        self.table = Table(database, "crunch_statuses", Status, indexes=("dataset, stage, state",))

    def add(self, dataset: int, content: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a status, and return it as the site does.

        Args:
            dataset: The dataset's number.
            content: Its sender, the stage (1 setup, 2 workflow, 3 upload), its state (1 started, 2 done, 3 failed), and the
                worker's note and diagnostics.
        """
        status = Status(0, dataset, content["stage"], content["state"], content)
        return replace(status, id=self.table.add(status)).to_json()

    def listed(self, after: int, most: int) -> list[dict[str, Any]]:
        """Statuses as the site returns them, the oldest first, by the number of those before them and their own."""
        return [status.to_json() for status in self.table.all(order="id", limit=most, offset=after)]

    def of_dataset(self, dataset: int) -> list[dict[str, Any]]:
        """The statuses of a dataset, the oldest first."""
        return [status.to_json() for status in self.table.all(dataset=dataset, order="id")]
