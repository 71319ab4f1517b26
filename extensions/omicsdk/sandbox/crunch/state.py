"""The site's data: one tree of projects, datasets and items, their attributes, statuses of processing; its users, its storage, and the initial contents."""

import json
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_READER, SANDBOX_CRUNCH_USER
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.rest_framework.service import Authentication, forbidden
from omicsdk.sandbox.service import Call, SandboxContext, grouped
from omicsdk.sandbox.state.credentials import Secrets, digest, is_password
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
            start = slug_of(fields["name"], parent.slug if parent else None)
            slug = free_slug(start, lambda slug: bool(self.find(slug)))
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


_CHALLENGE = 'Basic realm="api"'
_VERBS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Person:
    """A user.

    Attributes:
        id: Their number; 0 for the next one.
        name: Their login name.
        token: The digest of their token.
        password: The hash of their password.
        everything: Whether they may do everything, as superusers do.
        permissions: Their permissions, such as `add_status` and `change_dataset`.
    """

    id: int
    name: str
    token: str
    password: str
    everything: bool
    permissions: Sequence[str]


class People:
    """The users.

    Args:
        database: The sandbox's database, with tokens as digests and passwords as hashes.
        secrets: Secrets from which tokens and the password derive.

    Attributes:
        authentication: Authenticates callers, by token, or by name and password.
    """

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self._secrets = secrets
        self._table = Table(database, "crunch_users", Person, more="UNIQUE (name), UNIQUE (token)")
        self.authentication = Authentication(self._of_token, self._of_password, challenge=_CHALLENGE)

    def add(self, name: str, *, everything: bool = False, permissions: Iterable[str] = ()) -> str:
        """Make a user and return their token; the password is the sandbox's.

        Args:
            name: Their login name, which must be free.
            everything: Whether they may do everything.
            permissions: Their permissions beside reading, such as `add_status`.
        """
        token = self._secrets.derived("crunch", name)
        password = self._secrets.password_hash
        self._table.add(Person(0, name, digest(token), password, everything, sorted(permissions)))
        return token

    def token_of(self, name: str) -> str:
        """The token of a user.

        Raises:
            LookupError: There is no user of that name.
        """
        if self._table.first(name=name) is None:
            raise LookupError(f"the site has no user {name}")
        return self._secrets.derived("crunch", name)

    def by_id(self, number: int) -> Person | None:
        """The user of a number; None for none."""
        return self._table.get(number)

    def need(self, call: Call, model: str = "") -> Person:
        """Authenticate the caller, and check the permission.

        Args:
            call: The request.
            model: Subject of the permission, such as dataset; empty where none is needed.

        Raises:
            Refused: 401 for an unknown user, 403 without the permission for the method.
        """
        person = self.authentication.need(call.headers.get("authorization"))
        verb = _VERBS.get(call.operation.method)
        if model and verb and not person.everything and f"{verb}_{model}" not in person.permissions:
            raise forbidden()
        return person

    def _of_token(self, token: str) -> Person | None:
        return self._table.first(token=digest(token))

    def _of_password(self, name: str, password: str) -> Person | None:
        person = self._table.first(name=name)
        return person if person is not None and is_password(password, person.password) else None


_WORKFLOW = """#!/bin/sh
set -eu
for reads in *.fastq; do
    echo "$reads $(( $(wc -l < "$reads") / 4 ))"
done > counts.txt
"""
# The slug of the dataset that exists from the start.
EXAMPLE = "sandbox:example-reads"

_READS = "".join(f"@read{number}\n{'ACGT' * 4}\n+\n{'I' * 16}\n" for number in range(1, 26))


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Everything below a folder, with sizes and times by which a change is seen."""
    stats = {str(path): path.lstat() for path in folder.rglob("*")}
    return {path: (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


_NUMBERED = ("crunch_users", "crunch_items", "crunch_attributes", "crunch_statuses")


class Crunch:
    """A django-crunch site.

    Args:
        context: State and settings that all services share.
        folder: Folder of the files of datasets, below `crunch-storage`.

    Attributes:
        context: State and settings that all services share.
        storage: The folder of the datasets' files.
        people: Its users.
        tree: Projects, datasets and items.
        attributes: Their attributes.
        statuses: Statuses of their processing.
    """

    def __init__(self, context: SandboxContext, folder: Path) -> None:
        self.context = context
        self.storage = folder / "crunch-storage"
        self.people = People(context.database, context.secrets)
        self.tree = Tree(context.database)
        self.attributes = Attributes(context.database)
        self.statuses = Statuses(context.database)
        self._laid_out: dict[str, tuple[int, int]] = {}
        if self.people.by_id(1) is None:
            self.clear()

    @property
    def schemas(self) -> Mapping[str, Any]:
        """The schemas of the document by which it is served: read when they are used, by a request or by a recording before any."""
        return self.context.document("crunch")["components"]["schemas"]

    def clear(self) -> None:
        """Restore the initial contents, after the database was emptied."""
        self.empty()
        fields = {"name": "Sandbox", "description": "Counts the reads of FASTQ files", "workflow": _WORKFLOW.strip()}
        project = self.tree.add(PROJECT, None, fields)
        fields = {"name": "Example Reads", "description": "25 reads of 16 bases"}
        self.attributes.add("int", self.tree.add(DATASET, project, fields).id, "reads", {"value": 25})
        self.lay_out()

    def lay_out(self) -> None:
        """Restore the initial files, unless they exist and no others do: a reset before each test would take twice as long."""
        if self._laid_out and self._laid_out == _files(self.storage):
            return
        self._empty_storage()
        dataset = self.tree.find(EXAMPLE, DATASET)
        assert dataset is not None
        path = self.storage / dataset.base_file_path / "reads.fastq"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_READS)
        self._laid_out = _files(self.storage)

    def empty(self) -> None:
        """Leave the two users and nothing else; numbers begin with 1 again."""
        database = self.context.database
        with database.transaction():
            for table in _NUMBERED:
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
                database.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self.people.add(SANDBOX_CRUNCH_USER, everything=True)
            self.people.add(SANDBOX_CRUNCH_READER)
        self._empty_storage()

    def _empty_storage(self) -> None:
        if self.storage.exists():
            shutil.rmtree(self.storage)
        self.storage.mkdir(parents=True)

    def token_of(self, name: str) -> str:
        """The token of a user: `admin`, `reader`, or one that was added.

        Raises:
            LookupError: There is no user of that name.
        """
        return self.people.token_of(name)

    def add_user(self, name: str, permissions: Iterable[str] = ()) -> str:
        """Make a user and return their token.

        Args:
            name: Their login name, which must be free. Their password is the sandbox's.
            permissions: Their permissions beside reading: `add_`, `change_` or `delete_` with the kind of node, such as
                `add_status` or `change_dataset`.
        """
        return self.people.add(name, permissions=permissions)

    def unlock(self, slug: str) -> None:
        """Let `next` give a dataset again, as an administrator does on the site's pages.

        Raises:
            LookupError: There is no such dataset.
        """
        dataset = or_raise(self.tree.find(slug, DATASET), LookupError(f"the site has no dataset {slug}"))
        self.tree.lock(dataset.id, locked=False)

    def remove(self, node: Node) -> None:
        """Remove an object with its attributes and statuses; what belongs to it stays."""
        with self.context.database.transaction():
            self.attributes.table.remove(item=node.id)
            self.statuses.table.remove(dataset=node.id)
            self.tree.remove(node)
