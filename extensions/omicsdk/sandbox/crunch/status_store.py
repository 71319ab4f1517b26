"""Statuses: how the processing of datasets goes."""

import json
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.state.database import Database

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
