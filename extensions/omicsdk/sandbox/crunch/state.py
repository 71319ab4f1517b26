"""The site: its users, its storage, the initial contents, and its listings."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_READER, SANDBOX_CRUNCH_USER
from omicsdk.sandbox.crunch.tree import DATASET, PROJECT, Attributes, Node, Statuses, Tree
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.rest_framework.service import Authentication, forbidden
from omicsdk.sandbox.service import Call, SandboxContext
from omicsdk.sandbox.state.credentials import Secrets, digest, is_password
from omicsdk.sandbox.state.database import Database, Table

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
