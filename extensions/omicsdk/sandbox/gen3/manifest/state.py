"""The files that people keep with the commons."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.service import Grounds

MANIFESTS, COHORTS, METADATA = "manifests", "cohorts", "metadata"


@dataclass(frozen=True, slots=True)
class Folder:
    """Somebody's files of one kind.

    Attributes:
        person: Their number.
        kind: Manifests, cohorts or metadata.
    """

    person: int
    kind: str


class Manifests:
    """The store.

    Args:
        grounds: What the sandbox stands on.
        access: The people of the commons.

    Attributes:
        access: The people of the commons.
    """

    def __init__(self, grounds: Grounds, access: Access) -> None:
        self.access = access
        self._database = grounds.database
        self._clock = grounds.clock
        grounds.database.define(
            gen3_user_files="person INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, content TEXT NOT NULL,"
            " stored REAL NOT NULL, PRIMARY KEY (person, kind, name)"
        )

    def listed(self, folder: Folder) -> list[dict[str, Any]]:
        """The files of a folder, the oldest first."""
        rows = self._database.rows(
            "SELECT name, stored FROM gen3_user_files WHERE person = ? AND kind = ? ORDER BY stored, rowid",
            (folder.person, folder.kind),
        )
        return [
            {
                "filename": row["name"],
                "last_modified": datetime.fromtimestamp(row["stored"], UTC).strftime("%Y-%m-%d %H:%M:%S"),
                "last_modified_timestamp": row["stored"],
            }
            for row in rows
        ]

    def read(self, folder: Folder, name: str) -> str | None:
        """A file's content; None when there is none."""
        row = self._database.row(
            "SELECT content FROM gen3_user_files WHERE person = ? AND kind = ? AND name = ?",
            (folder.person, folder.kind, name),
        )
        return row["content"] if row else None

    def write(self, folder: Folder, name: str, content: str) -> None:
        """Writes a file in place of what was there."""
        self._database.execute(
            "REPLACE INTO gen3_user_files VALUES (?, ?, ?, ?, ?)",
            (folder.person, folder.kind, name, content, self._clock.now()),
        )

    def write_new(self, folder: Folder, content: str) -> str:
        """Writes a file under a new name, which tells the time, and returns the name."""
        now = datetime.fromtimestamp(self._clock.now(), UTC).replace(tzinfo=None).isoformat().replace(":", "-")
        with self._database.transaction():
            name, number = f"manifest-{now}.json", 0
            while self.read(folder, name) is not None:
                number += 1
                name = f"manifest-{now}-{number}.json"
            self.write(folder, name, content)
        return name
