"""The log of what was submitted, tried and deleted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.state.database import Database

SUCCEEDED, FAILED, PENDING, ERRORED = "SUCCEEDED", "FAILED", "PENDING", "ERRORED"


@dataclass(frozen=True, slots=True)
class Document:
    """What somebody sent in a transaction.

    Attributes:
        text: Its text.
        format: Its format: json, tsv or csv.
        name: What the sender calls it.
    """

    text: str
    format: str = "json"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One entry of the log.

    Attributes:
        id: Its number, from 1.
        type: What it is: upload, delete, review, open, submit, release.
        role: What it needs: create, update, delete, release.
        state: SUCCEEDED, FAILED or PENDING.
        program: The program.
        project: The project's code.
        submitter: Who it was.
        is_dry_run: Whether nothing was to be stored.
        closed: Whether the dry run was closed.
        committed_by: The transaction that did what the dry run tried.
        created: When it was, in seconds since 1970.
        document: What was sent; None where nothing was.
        response: What was answered; None where it is none of the log's business.
    """

    id: int
    type: str
    role: str
    state: str
    program: str
    project: str
    submitter: str
    is_dry_run: bool
    closed: bool
    committed_by: int | None
    created: float
    document: Document | None
    response: Mapping[str, Any] | None

    @property
    def project_id(self) -> str:
        """The project, as PROGRAM-PROJECT."""
        return f"{self.program}-{self.project}"


class TransactionLog:
    """The log.

    Args:
        database: Where it is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            gen3_transactions="id INTEGER PRIMARY KEY, type TEXT NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL,"
            " program TEXT NOT NULL, project TEXT NOT NULL, submitter TEXT NOT NULL, is_dry_run INTEGER NOT NULL,"
            " closed INTEGER NOT NULL DEFAULT 0, committed_by INTEGER, created REAL NOT NULL, document TEXT, response TEXT",
        )

    def begin(
        self,
        *,
        kind: str,
        role: str,
        program: str,
        project: str,
        submitter: str,
        created: float,
        is_dry_run: bool = False,
    ) -> int:
        """Enters a transaction and returns its number.

        Args:
            kind: What it is, such as upload.
            role: What it needs, such as update.
            program: The program.
            project: The project's code.
            submitter: Who it is.
            created: When it is, in seconds since 1970.
            is_dry_run: Whether nothing is to be stored.
        """
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO gen3_transactions (type, role, state, program, project, submitter, is_dry_run, created)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, role, PENDING, program, project, submitter, int(is_dry_run), created),
            )
            row = self._database.row("SELECT last_insert_rowid() AS id")
            assert row is not None
            return row["id"]

    def end(self, number: int, state: str, response: Mapping[str, Any], document: Document | None = None) -> None:
        """Enters how a transaction ended.

        Args:
            number: Its number.
            state: SUCCEEDED or FAILED.
            response: What was answered.
            document: What was sent.
        """
        sent = None if document is None else json.dumps([document.text, document.format, document.name])
        self._database.execute(
            "UPDATE gen3_transactions SET state = ?, response = ?, document = ? WHERE id = ?",
            (state, json.dumps(response), sent, number),
        )

    def close(self, number: int) -> None:
        """Closes a dry run, so that it can't be committed."""
        self._database.execute("UPDATE gen3_transactions SET closed = 1 WHERE id = ?", (number,))

    def commit(self, number: int, by: int) -> None:
        """Enters that a dry run was done by another transaction."""
        self._database.execute("UPDATE gen3_transactions SET committed_by = ? WHERE id = ?", (by, number))

    def find(self, number: int, project_id: str) -> Transaction | None:
        """A transaction of a project; None when there is none of that number."""
        row = self._database.row(
            "SELECT * FROM gen3_transactions WHERE id = ? AND program || '-' || project = ?", (number, project_id)
        )
        return None if row is None else _transaction(row)

    def all(self) -> list[Transaction]:
        """All transactions, oldest first."""
        return [_transaction(row) for row in self._database.rows("SELECT * FROM gen3_transactions ORDER BY id")]


def _transaction(row: Any) -> Transaction:
    sent = json.loads(row["document"]) if row["document"] else None
    return Transaction(
        id=row["id"],
        type=row["type"],
        role=row["role"],
        state=row["state"],
        program=row["program"],
        project=row["project"],
        submitter=row["submitter"],
        is_dry_run=bool(row["is_dry_run"]),
        closed=bool(row["closed"]),
        committed_by=row["committed_by"],
        created=row["created"],
        document=None if sent is None else Document(*sent),
        response=None if row["response"] is None else json.loads(row["response"]),
    )
