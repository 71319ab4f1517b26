"""The platform's data beside files: documents of many kinds, and memberships."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.sb.responses import no_such
from omicsdk.sandbox.service import JsonObject
from omicsdk.sandbox.state.database import Database, Table

# -- documents


@dataclass(slots=True)  # not frozen: that doubles the time in which one is made
class _Document:
    kind: str
    id: str
    group: str
    rank: float
    data: JsonObject


class Documents:
    """JSON objects by kind and identity; what is looked up by anything else has its own table.

    Args:
        database: The sandbox's database.
    """

    def __init__(self, database: Database) -> None:
        self._table = Table(database, "sb_documents", _Document, key="kind id", indexes=('kind, "group", rank',))

    def get(self, kind: str, id: str) -> JsonObject | None:
        """Return a document; None when there is none."""
        row = self._table.get(kind, id)
        return None if row is None else row.data

    def existing(self, kind: str, id: str, **equal: object) -> JsonObject:
        """Return a document; one whose fields have other values than those given is treated as missing.

        Raises:
            Problem: 404; there is none.
        """
        document = self.get(kind, id)
        if document is None or any(document[name] != value for name, value in equal.items()):
            raise no_such(kind.replace("-", " "), id)
        return document

    def put(self, kind: str, id: str, data: JsonObject, group: str = "", rank: float = 0.0) -> None:
        """Store a document, in place of one of the same kind and identity, which keeps its place in lists.

        Args:
            kind: Its kind, such as project.
            id: Its identity.
            data: The document.
            group: What it is listed under, such as a file for its markers; kept when the document exists already.
            rank: Lists are sorted by it, then by the time of creation; stored with the document.
        """
        if not self._table.change(kind, id, data=data):
            self._table.add(_Document(kind, id, group, rank, data))

    def remove(self, kind: str, id: str) -> bool:
        """Remove a document; False when there is none."""
        return self._table.remove(kind=kind, id=id) > 0

    def remove_group(self, kind: str, group: str) -> None:
        """Remove all documents that are listed under something."""
        self._table.remove(kind=kind, group=group)

    def listed(self, kind: str, group: str | None = None, offset: int = 0, limit: int = -1) -> list[JsonObject]:
        """Documents of a kind in their order; with a group only those that are listed under it."""
        rows = self._table.all(kind=kind, group=group, order="rank, rowid", offset=offset, limit=limit)
        return [row.data for row in rows]

    def among(self, kind: str, ids: Iterable[str]) -> list[JsonObject]:
        """Documents of a kind in their order that have one of some identities."""
        # One parameter, since SQLite bounds the number of them.
        condition = "id IN (SELECT value FROM json_each(?))"
        return [row.data for row in self._table.all(condition, json.dumps([*ids]), kind=kind, order="rank, rowid")]

    def ids(self, kind: str, group: str | None = None) -> list[str]:
        """The identities of all documents of a kind in their order."""
        return [row.id for row in self._table.all(kind=kind, group=group, order="rank, rowid")]

    def count(self, kind: str, group: str | None = None) -> int:
        """The number of documents of a kind."""
        return self._table.count(kind=kind, group=group)


# -- members

USER, TEAM, DIVISION = "USER", "TEAM", "DIVISION"
_PERMISSIONS = ("read", "copy", "write", "execute", "admin")
Permissions = Mapping[str, bool]


def permissions_of(requested: Permissions | None, kind: str) -> dict[str, bool]:
    """All permissions of a member: every member reads, and an administrator may do everything.

    Args:
        requested: Those that were stated; without any a member reads.
        kind: project, volume, dataset or automation; on volumes nothing is executed.
    """
    requested = requested or {}
    everything = bool(requested.get("admin"))
    names = [name for name in _PERMISSIONS if not (kind == "volume" and name == "execute")]
    return {name: everything or name == "read" or bool(requested.get(name)) for name in names}


@dataclass(slots=True)  # not frozen: that doubles the time in which one is made
class _Member:
    kind: str
    id: str
    username: str
    data: JsonObject


# A user is a member by their own name, and by those of the teams and divisions that they are in.
_BY_ANY_NAME = """username IN (
    SELECT ? UNION ALL SELECT id FROM sb_members WHERE username = ? AND kind IN ('team', 'division')
)"""


class Membership:
    """Memberships: of users in teams and divisions, and of all these in projects, volumes, datasets and automations.

    Args:
        database: The sandbox's database.
    """

    def __init__(self, database: Database) -> None:
        self._table = Table(database, "sb_members", _Member, key="kind id username", indexes=("username, kind",))

    def add(self, kind: str, id: str, member: JsonObject) -> None:
        """Add a member, or change what is known of one.

        Args:
            kind: What the member belongs to: project, volume, dataset, automation, team or division.
            id: Its identity.
            member: The member, with the `username` of a user, or the identity of a team or division in its place.
        """
        username: str = member["username"]
        if not self._table.change(kind, id, username, data=member):
            self._table.add(_Member(kind, id, username, member))

    def get(self, kind: str, id: str, username: str) -> JsonObject | None:
        """A member by the name of a user, team or division."""
        row = self._table.get(kind, id, username)
        return None if row is None else row.data

    def existing(self, kind: str, id: str, username: str) -> JsonObject:
        """The same; a 404 when there is none."""
        return or_raise(self.get(kind, id, username), no_such("member", f"{username} of the {kind} {id}"))

    def remove(self, kind: str, id: str, username: str) -> bool:
        """End a membership; False when there is none."""
        return self._table.remove(kind=kind, id=id, username=username) > 0

    def of(self, kind: str, id: str) -> list[JsonObject]:
        """All members of something."""
        return [row.data for row in self._table.all(kind=kind, id=id)]

    def drop(self, kind: str, id: str) -> None:
        """End all memberships of something that was deleted."""
        self._table.remove(kind=kind, id=id)

    def rights(self, kind: str, username: str, id: str | None = None) -> dict[str, Permissions]:
        """A user's permissions on each object of a kind that they are a member of, by its identity.

        Args:
            kind: The kind.
            username: The user.
            id: The only object of interest; None for all.
        """
        rights: dict[str, Permissions] = {}
        for row in self._table.all(_BY_ANY_NAME, username, username, kind=kind, id=id):
            granted: Permissions = row.data.get("permissions", {})
            present = rights.get(row.id)
            # A member by several names may do what any of them may.
            rights[row.id] = {name: present[name] or granted[name] for name in present} if present else granted
        return rights
