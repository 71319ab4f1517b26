"""Indexd's tables: records and the words that they are found by."""

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from omicsdk.sandbox.gen3.indexd.record import JsonObject, terms
from omicsdk.sandbox.state.database import Database

BY_GUID = "did"
BY_CHANGE = "updated, number"
"""Orders of lists. New and changed records come last by the second, so that counted pages don't shift."""


class RecordStore:
    """Records.

    Args:
        database: The file that they are in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            gen3_index_records="number INTEGER PRIMARY KEY, did TEXT NOT NULL UNIQUE, baseid TEXT NOT NULL, size INTEGER,"
            " file_name TEXT, version TEXT, uploader TEXT, created TEXT NOT NULL, updated TEXT NOT NULL,"
            " document TEXT NOT NULL",
            gen3_index_terms="kind TEXT, word TEXT, did TEXT, PRIMARY KEY (kind, word, did)",
        )
        for table, name, columns in (
            ("records", "baseid", "baseid, number"),
            ("records", "updated", "updated, number"),
            ("records", "size", "size"),
            ("records", "file_name", "file_name, did"),
            ("records", "version", "version, did"),
            ("records", "uploader", "uploader, did"),
            ("records", "created", "created, size"),
            ("terms", "did", "did, kind, word"),
        ):
            database.execute(f"CREATE INDEX IF NOT EXISTS gen3_index_{table}_{name} ON gen3_index_{table} ({columns})")

    def transaction(self) -> AbstractContextManager[None]:
        """All changes of the block are made, or none."""
        return self._database.transaction()

    # -- one record

    def find(self, did: str) -> JsonObject | None:
        """A record by its whole GUID."""
        return _document(self._database.row("SELECT document FROM gen3_index_records WHERE did = ?", (did,)))

    def add(self, record: JsonObject) -> bool:
        """Enters a record; False when there is one of that GUID."""
        with self.transaction():
            added = self._database.execute(
                "INSERT OR IGNORE INTO gen3_index_records"
                " (did, baseid, size, file_name, version, uploader, created, updated, document)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (record["did"], *_columns(record)),
            )
            if added:
                self._add_terms(record)
        return bool(added)

    def replace(self, record: JsonObject) -> None:
        """Writes a record anew that is there."""
        with self.transaction():
            self._database.execute(
                "UPDATE gen3_index_records SET baseid = ?, size = ?, file_name = ?, version = ?, uploader = ?,"
                " created = ?, updated = ?, document = ? WHERE did = ?",
                (*_columns(record), record["did"]),
            )
            self._remove_terms(record["did"])
            self._add_terms(record)

    def remove(self, did: str) -> bool:
        """Removes a record; False when there is none."""
        with self.transaction():
            self._remove_terms(did)
            return bool(self._database.execute("DELETE FROM gen3_index_records WHERE did = ?", (did,)))

    def _add_terms(self, record: JsonObject) -> None:
        rows = ((kind, word, record["did"]) for kind, word in terms(record))
        self._database.execute_many("INSERT OR IGNORE INTO gen3_index_terms VALUES (?, ?, ?)", rows)

    def _remove_terms(self, did: str) -> None:
        self._database.execute("DELETE FROM gen3_index_terms WHERE did = ?", (did,))

    # -- several

    def versions(self, baseid: str) -> list[JsonObject]:
        """The versions of a file, the oldest first."""
        query = "SELECT document FROM gen3_index_records WHERE baseid = ? ORDER BY number"
        return [json.loads(row["document"]) for row in self._database.rows(query, (baseid,))]

    def several(self, dids: Iterable[str]) -> list[JsonObject]:
        """The records of those of some whole GUIDs that are there, by GUID."""
        query = "SELECT document FROM gen3_index_records WHERE did IN (SELECT value FROM json_each(?)) ORDER BY did"
        return [json.loads(row["document"]) for row in self._database.rows(query, (json.dumps([*dids]),))]

    def listed(
        self, where: str, values: Sequence[Any], *, order: str = BY_GUID, limit: int = -1, offset: int = 0
    ) -> list[JsonObject]:
        """Records that fulfil a condition.

        Args:
            where: The condition, as SQL over the columns of the table.
            values: What its question marks stand for.
            order: BY_GUID or BY_CHANGE.
            limit: How many at most; negative for all.
            offset: How many to skip.
        """
        query = f"SELECT document FROM gen3_index_records WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 - our own words
        return [json.loads(row["document"]) for row in self._database.rows(query, (*values, limit, offset))]

    def counted(self, month: str = "") -> tuple[int, int]:
        """How many records there are, and how many bytes they have.

        Args:
            month: Only those made in it, such as 2024-01.
        """
        # In two halves: sizes together may be more than SQLite's sum takes.
        query = (
            "SELECT count(*), coalesce(sum(size >> 32), 0), coalesce(sum(size & 4294967295), 0)"
            " FROM gen3_index_records WHERE created >= ? AND created < ?"
        )
        row = self._database.row(query, (month, f"{month}\U0010ffff"))
        assert row is not None
        return row[0], (row[1] << 32) + row[2]

    def urls(self, where: str, values: Sequence[Any], limit: int, offset: int) -> list[tuple[str, str]]:
        """GUIDs and URLs of records that fulfil a condition, by GUID.

        Args:
            where: The condition, as SQL over the columns of the table of records.
            values: What its question marks stand for.
            limit: How many URLs at most.
            offset: How many URLs to skip.
        """
        query = (
            "SELECT t.did, t.word FROM gen3_index_terms t JOIN gen3_index_records r ON r.did = t.did"  # noqa: S608 - our own words
            f" WHERE t.kind = 'url' AND r.did IN (SELECT did FROM gen3_index_records WHERE {where})"
            " ORDER BY t.did, t.word LIMIT ? OFFSET ?"
        )
        return [(row[0], row[1]) for row in self._database.rows(query, (*values, limit, offset))]

    def by_urls(
        self, include: str, exclude: str, where: str, values: Sequence[Any], limit: int, offset: int
    ) -> list[tuple[str, list[str]]]:
        """GUIDs and all URLs of records that have any, by what is in the URLs, by GUID.

        Args:
            include: What must be in one of the URLs; empty for anything.
            exclude: What must be in none of them; empty for nothing.
            where: A further condition, as SQL over the columns of the table of records.
            values: What its question marks stand for.
            limit: How many records at most.
            offset: How many records to skip.
        """
        query = (
            "SELECT t.did, json_group_array(t.word) FROM gen3_index_terms t"  # noqa: S608 - our own words
            f" WHERE t.kind = 'url' AND t.did IN (SELECT did FROM gen3_index_records WHERE {where}) GROUP BY t.did"
            " HAVING (? = '' OR max(instr(t.word, ?) > 0)) AND (? = '' OR NOT max(instr(t.word, ?) > 0))"
            " ORDER BY t.did LIMIT ? OFFSET ?"
        )
        words = (include, include, exclude, exclude)
        rows = self._database.rows(query, (*values, *words, limit, offset))
        return [(row[0], sorted(json.loads(row[1]))) for row in rows]


def _columns(record: JsonObject) -> tuple[Any, ...]:
    names = ("baseid", "size", "file_name", "version", "uploader", "created_date", "updated_date")
    return (*(record[name] for name in names), json.dumps(record, ensure_ascii=False))


def _document(row: Any) -> JsonObject | None:
    return None if row is None else json.loads(row["document"])
