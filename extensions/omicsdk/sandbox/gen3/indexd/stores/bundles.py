"""The table of bundles."""

import json

from omicsdk.sandbox.gen3.indexd.record import JsonObject
from omicsdk.sandbox.state.database import Database


class BundleStore:
    """Bundles.

    Args:
        database: The file that they are in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            gen3_index_bundles="number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL"
        )

    def find(self, id: str) -> JsonObject | None:
        """A bundle by its identifier."""
        row = self._database.row("SELECT document FROM gen3_index_bundles WHERE id = ?", (id,))
        return None if row is None else json.loads(row["document"])

    def add(self, bundle: JsonObject) -> bool:
        """Enters a bundle; False when there is one of that identifier."""
        statement = "INSERT OR IGNORE INTO gen3_index_bundles (id, document) VALUES (?, ?)"
        return bool(self._database.execute(statement, (bundle["id"], json.dumps(bundle))))

    def remove(self, id: str) -> bool:
        """Removes a bundle; False when there is none."""
        return bool(self._database.execute("DELETE FROM gen3_index_bundles WHERE id = ?", (id,)))

    def listed(self, start: str, limit: int, offset: int) -> list[JsonObject]:
        """Bundles in the order in which they were made.

        Args:
            start: Identifier behind which theirs are.
            limit: How many at most.
            offset: How many to skip.
        """
        query = "SELECT document FROM gen3_index_bundles WHERE id > ? ORDER BY number LIMIT ? OFFSET ?"
        return [json.loads(row["document"]) for row in self._database.rows(query, (start, limit, offset))]
