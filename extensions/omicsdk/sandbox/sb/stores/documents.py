"""The platform's documents: JSON objects of many kinds, in the order in which they were made."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from omicsdk.sandbox.state.database import Database

JsonObject = dict[str, Any]


class Documents:
    """JSON objects by kind and identity; what needs looking up by more than that has tables of its own.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            sb_documents="number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL,"
            " group_ TEXT NOT NULL, rank REAL NOT NULL, data TEXT NOT NULL, UNIQUE (kind, id)"
        )
        database.execute("CREATE INDEX IF NOT EXISTS sb_documents_listed ON sb_documents (kind, group_, rank, number)")

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All changes of the block take effect together, or none when it raises. Blocks may nest.

        An inner one that raises takes back its own changes only, so who catches that can go on with the outer one.
        """
        with self._database.transaction():
            self._database.execute("SAVEPOINT sb_block")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK TO sb_block")
                raise
            finally:
                self._database.execute("RELEASE sb_block")

    def get(self, kind: str, id: str) -> JsonObject | None:
        """A document; None when there is none."""
        row = self._database.row("SELECT data FROM sb_documents WHERE kind = ? AND id = ?", (kind, id))
        return json.loads(row["data"]) if row else None

    def put(self, kind: str, id: str, data: JsonObject, group: str = "", rank: float = 0.0) -> None:
        """Puts a document, in place of one of the same kind and identity, which keeps its place in lists.

        Args:
            kind: Its kind, such as project.
            id: Its identity.
            data: The document.
            group: What it is listed under, such as a file for its markers; kept when the document is there.
            rank: Lists are sorted by it, and among equals by when the document was made; kept likewise.
        """
        self._database.execute(
            "INSERT INTO sb_documents (kind, id, group_, rank, data) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data",
            (kind, id, group, rank, json.dumps(data)),
        )

    def remove(self, kind: str, id: str) -> bool:
        """Removes a document; False when there is none."""
        return self._database.execute("DELETE FROM sb_documents WHERE kind = ? AND id = ?", (kind, id)) > 0

    def remove_group(self, kind: str, group: str) -> None:
        """Removes all documents that are listed under something."""
        self._database.execute("DELETE FROM sb_documents WHERE kind = ? AND group_ = ?", (kind, group))

    def listed(self, kind: str, group: str | None = None, offset: int = 0, limit: int = -1) -> list[JsonObject]:
        """Documents of a kind in their order.

        Args:
            kind: The kind.
            group: Only those that are listed under it; None for all.
            offset: How many to leave out at the beginning.
            limit: How many at most; -1 for all.
        """
        where, values = _where(kind, group)
        statement = f"SELECT data FROM sb_documents WHERE {where} ORDER BY rank, number LIMIT ? OFFSET ?"  # noqa: S608 - our own words
        return [json.loads(row["data"]) for row in self._database.rows(statement, (*values, limit, offset))]

    def ids(self, kind: str, group: str | None = None) -> list[str]:
        """The identities of all documents of a kind in their order."""
        where, values = _where(kind, group)
        statement = f"SELECT id FROM sb_documents WHERE {where} ORDER BY rank, number"  # noqa: S608 - our own words
        return [row["id"] for row in self._database.rows(statement, values)]

    def groups(self, kind: str, ending: str) -> list[str]:
        """What documents of a kind are listed under whose identity is the group, a blank and an ending."""
        statement = "SELECT group_ FROM sb_documents WHERE kind = ? AND id = group_ || ' ' || ? ORDER BY number"
        return [row["group_"] for row in self._database.rows(statement, (kind, ending))]

    def count(self, kind: str, group: str | None = None) -> int:
        """How many documents of a kind there are."""
        where, values = _where(kind, group)
        row = self._database.row(f"SELECT count(*) AS many FROM sb_documents WHERE {where}", values)  # noqa: S608 - our own words
        return row["many"] if row else 0


def _where(kind: str, group: str | None) -> tuple[str, tuple[str, ...]]:
    return ("kind = ?", (kind,)) if group is None else ("kind = ? AND group_ = ?", (kind, group))
