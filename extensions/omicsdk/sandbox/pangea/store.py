"""What the platform keeps: things of several kinds, each a document with a UUID, and links between them."""

import json
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.rest_framework.fields import written
from omicsdk.sandbox.store import Database

Thing = dict[str, Any]
"""A document: its own fields, with uuid, name, created_at and updated_at."""


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
            "name TEXT NOT NULL, parent TEXT NOT NULL, fields TEXT NOT NULL",
            pangea_links="seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, one TEXT NOT NULL, other TEXT NOT NULL, "
            "fields TEXT NOT NULL, UNIQUE (kind, one, other)",
        )
        for name, columns in (
            ("pangea_things_by_parent", "pangea_things (kind, parent, seq)"),
            ("pangea_things_by_name", "pangea_things (kind, name)"),
            ("pangea_links_by_other", "pangea_links (kind, other)"),
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
            "INSERT INTO pangea_things (kind, uuid, name, parent, fields) VALUES (?, ?, ?, ?, ?)",
            (kind, thing["uuid"], name, parent, json.dumps(thing)),
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
                "UPDATE pangea_things SET name = ?, fields = ?, parent = coalesce(?, parent) WHERE uuid = ?",
                (thing["name"], json.dumps(thing), parent, uuid),
            )
        return thing

    def remove(self, uuid: str) -> None:
        """Forgets a thing and the links that it is in; what belongs to it stays."""
        with self.database.transaction():
            self.database.execute("DELETE FROM pangea_things WHERE uuid = ?", (uuid,))
            self.database.execute("DELETE FROM pangea_links WHERE one = ? OR other = ?", (uuid, uuid))

    def all(self, kind: str, *, parent: str | None = None, name: str | None = None) -> list[Thing]:
        """Things in the order in which they were made.

        Args:
            kind: Their kind.
            parent: What they belong to; None for any.
            name: Their name; None for any.
        """
        where, values = "kind = ?", [kind]
        for column, value in (("parent", parent), ("name", name)):
            if value is not None:
                where += f" AND {column} = ?"
                values.append(value)
        rows = self.database.rows(f"SELECT fields FROM pangea_things WHERE {where} ORDER BY seq", values)  # noqa: S608 - our own names
        return [json.loads(row["fields"]) for row in rows]

    # -- links

    def link(self, kind: str, one: str, other: str, fields: Mapping[str, Any] | None = None) -> None:
        """Links two things, once; fields of the link are replaced."""
        self.database.execute(
            "INSERT INTO pangea_links (kind, one, other, fields) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (kind, one, other) DO UPDATE SET fields = excluded.fields",
            (kind, one, other, json.dumps(fields or {})),
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

    def linking(self, kind: str, other: str) -> Sequence[str]:
        """What links to a thing, in the order in which it was linked."""
        rows = self.database.rows(
            "SELECT one FROM pangea_links WHERE kind = ? AND other = ? ORDER BY seq", (kind, other)
        )
        return [row["one"] for row in rows]
