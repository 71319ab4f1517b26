"""Where the documents are kept, with their aliases and the paths that have an index."""

import json
from collections.abc import Iterable
from typing import Any

from omicsdk.sandbox.gen3.metadata.matching import Conditions, matches
from omicsdk.sandbox.state.database import Database


class Taken(Exception):
    """An alias belongs to another document."""


class Documents:
    """Documents by GUID.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(
            gen3_metadata="guid TEXT PRIMARY KEY, data TEXT NOT NULL",
            gen3_metadata_aliases="alias TEXT PRIMARY KEY, guid TEXT NOT NULL",
            gen3_metadata_paths="path TEXT PRIMARY KEY",
        )
        database.execute("CREATE INDEX IF NOT EXISTS gen3_metadata_aliases_of ON gen3_metadata_aliases (guid)")

    # -- documents

    def has(self, guid: str) -> bool:
        """Whether there is a document of that GUID."""
        return self._database.row("SELECT 1 FROM gen3_metadata WHERE guid = ?", (guid,)) is not None

    def get(self, guid: str) -> Any:
        """A document by GUID.

        Raises:
            KeyError: There is none.
        """
        row = self._database.row("SELECT data FROM gen3_metadata WHERE guid = ?", (guid,))
        if row is None:
            raise KeyError(guid)
        return json.loads(row["data"])

    def find(self, name: str) -> Any:
        """A document by GUID or alias; a GUID wins.

        Raises:
            KeyError: There is none.
        """
        if not self.has(name):
            row = self._database.row("SELECT guid FROM gen3_metadata_aliases WHERE alias = ?", (name,))
            name = row["guid"] if row else name
        return self.get(name)

    def put(self, guid: str, document: Any) -> bool:
        """Stores a document and tells whether it is new."""
        with self._database.transaction():
            new = not self.has(guid)
            self._database.execute("REPLACE INTO gen3_metadata VALUES (?, ?)", (guid, json.dumps(document)))
        return new

    def delete(self, guid: str) -> Any:
        """Deletes a document with its aliases and returns it.

        Raises:
            KeyError: There is none.
        """
        with self._database.transaction():
            document = self.get(guid)
            self._database.execute("DELETE FROM gen3_metadata WHERE guid = ?", (guid,))
            self.set_aliases(guid, ())
        return document

    def search(self, wanted: Conditions, limit: int, offset: int) -> list[tuple[str, Any]]:
        """GUIDs and documents that meet conditions, in the order of their GUIDs.

        Args:
            wanted: The conditions.
            limit: How many at most.
            offset: How many to pass over.
        """
        if not wanted:
            statement = "SELECT guid, data FROM gen3_metadata ORDER BY guid LIMIT ? OFFSET ?"
            rows = self._database.rows(statement, (limit, offset))
            return [(row["guid"], json.loads(row["data"])) for row in rows]
        rows = self._database.rows("SELECT guid, data FROM gen3_metadata ORDER BY guid")
        found = [(row["guid"], data) for row in rows if matches(data := json.loads(row["data"]), wanted)]
        return found[offset : offset + limit]

    # -- aliases

    def aliases(self, guid: str) -> list[str]:
        """The aliases of a document, sorted."""
        rows = self._database.rows("SELECT alias FROM gen3_metadata_aliases WHERE guid = ? ORDER BY alias", (guid,))
        return [row["alias"] for row in rows]

    def set_aliases(self, guid: str, aliases: Iterable[str]) -> None:
        """Gives a document aliases in place of those that it has.

        Raises:
            Taken: Another document has one of them; nothing is changed.
        """
        with self._database.transaction():
            self._database.execute("DELETE FROM gen3_metadata_aliases WHERE guid = ?", (guid,))
            for alias in dict.fromkeys(aliases):
                statement = "INSERT OR IGNORE INTO gen3_metadata_aliases VALUES (?, ?)"
                if not self._database.execute(statement, (alias, guid)):
                    raise Taken(alias)

    # -- index paths

    def paths(self) -> list[str]:
        """The paths that have an index, sorted."""
        return [row["path"] for row in self._database.rows("SELECT path FROM gen3_metadata_paths ORDER BY path")]

    def add_path(self, path: str) -> bool:
        """Gives a path an index; False when it has one."""
        return self._database.execute("INSERT OR IGNORE INTO gen3_metadata_paths VALUES (?)", (path,)) > 0

    def drop_path(self, path: str) -> bool:
        """Takes a path's index away; False when it has none."""
        return self._database.execute("DELETE FROM gen3_metadata_paths WHERE path = ?", (path,)) > 0
