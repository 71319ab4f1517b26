"""Tables of aliases: those of records, and the old alias records that stand for themselves."""

import json
from collections.abc import Iterable

from omicsdk.sandbox.gen3.indexd.record import JsonObject
from omicsdk.sandbox.state.database import Database


class AliasStore:
    """Aliases.

    Args:
        database: The file that they are in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            gen3_index_aliases="alias TEXT PRIMARY KEY, did TEXT NOT NULL",
            gen3_index_alias_records="name TEXT PRIMARY KEY, document TEXT NOT NULL",
        )
        database.execute("CREATE INDEX IF NOT EXISTS gen3_index_aliases_did ON gen3_index_aliases (did, alias)")

    # -- of records

    def of(self, did: str) -> list[str]:
        """The aliases of a record, sorted."""
        query = "SELECT alias FROM gen3_index_aliases WHERE did = ? ORDER BY alias"
        return [row["alias"] for row in self._database.rows(query, (did,))]

    def owner(self, alias: str) -> str | None:
        """The GUID of the record that has an alias."""
        row = self._database.row("SELECT did FROM gen3_index_aliases WHERE alias = ?", (alias,))
        return None if row is None else row["did"]

    def add(self, did: str, aliases: Iterable[str]) -> None:
        """Adds aliases that nothing has."""
        rows = ((alias, did) for alias in aliases)
        self._database.execute_many("INSERT INTO gen3_index_aliases VALUES (?, ?)", rows)

    def remove(self, did: str, alias: str | None = None) -> bool:
        """Removes one alias of a record, or all; False when there was none."""
        query = "DELETE FROM gen3_index_aliases WHERE did = ?"
        if alias is None:
            return bool(self._database.execute(query, (did,)))
        return bool(self._database.execute(f"{query} AND alias = ?", (did, alias)))

    # -- old records

    def record(self, name: str) -> JsonObject | None:
        """An old alias record."""
        row = self._database.row("SELECT document FROM gen3_index_alias_records WHERE name = ?", (name,))
        return None if row is None else json.loads(row["document"])

    def put_record(self, record: JsonObject) -> None:
        """Writes an old alias record."""
        self._database.execute(
            "REPLACE INTO gen3_index_alias_records VALUES (?, ?)", (record["name"], json.dumps(record))
        )

    def remove_record(self, name: str) -> None:
        """Removes an old alias record."""
        self._database.execute("DELETE FROM gen3_index_alias_records WHERE name = ?", (name,))

    def records(self, start: str) -> list[JsonObject]:
        """The old alias records behind a name, by name."""
        query = "SELECT document FROM gen3_index_alias_records WHERE name > ? ORDER BY name"
        return [json.loads(row["document"]) for row in self._database.rows(query, (start,))]
