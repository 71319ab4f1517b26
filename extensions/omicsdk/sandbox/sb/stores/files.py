"""Files and folders: a tree a project, in a table, with what the platform tells of each."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from omicsdk.sandbox.state.database import Database


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file or a folder.

    Attributes:
        id: Its identity.
        type: file or folder.
        name: Its name, without its folder.
        project: The project that it is in; `dataset:owner/name` for a file of a dataset.
        parent: The folder that it is in; empty for a project's own folder, and for what stands in no folder.
        size: Length in bytes; 0 for folders.
        blob: The object with its bytes; empty for folders, and for files whose bytes are on a volume.
        volume: The volume that its bytes are on; empty when they are on the platform.
        location: Where on that volume.
        created_on: When it was made, in the sandbox's time.
        modified_on: When it was changed last.
        metadata: Its metadata.
        tags: Its tags.
        task: The task that made it; empty for none.
        secondary: Identities of files that belong to it, such as its index.
    """

    id: str
    type: str
    name: str
    project: str
    parent: str
    size: int
    blob: str
    volume: str
    location: str
    created_on: float
    modified_on: float
    metadata: Mapping[str, Any]
    tags: Sequence[str]
    task: str
    secondary: Sequence[str]


_COLUMNS = tuple(each.name for each in fields(FileRecord))
_JSON = ("metadata", "tags", "secondary")
_JSON_AT = tuple(_COLUMNS.index(name) for name in _JSON)


class FileStore:
    """The one place that knows the table of files.

    Args:
        database: Where it is.
        new_id: Makes identities.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, new_id: Callable[[], str], now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._new_id = new_id
        self._now = now
        database.define(
            sb_files=(
                "id TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, project TEXT NOT NULL, parent TEXT NOT NULL,"
                " size INTEGER NOT NULL, blob TEXT NOT NULL, volume TEXT NOT NULL, location TEXT NOT NULL,"
                " created_on REAL NOT NULL, modified_on REAL NOT NULL, metadata TEXT NOT NULL, tags TEXT NOT NULL,"
                " task TEXT NOT NULL, secondary TEXT NOT NULL, UNIQUE (parent, name)"
            )
        )
        database.execute("CREATE INDEX IF NOT EXISTS sb_files_project ON sb_files (project)")

    # -- projects

    def make_root(self, project: str) -> str:
        """Makes the folder of a project unless it is there, and returns its identity."""
        there = self.child("", project)
        if there is None:
            there = self.add(project=project, parent="", name=project, type="folder")
        return there.id

    def root(self, project: str) -> str:
        """The identity of a project's own folder.

        Raises:
            LookupError: There is no such project.
        """
        there = self.child("", project)
        if there is None:
            raise LookupError(f"project {project} has no folder")
        return there.id

    def drop_project(self, project: str) -> None:
        """Removes all files and folders of a project."""
        self._database.execute("DELETE FROM sb_files WHERE project = ?", (project,))

    # -- reading

    def get(self, id: str) -> FileRecord | None:
        """A file or folder; None when it isn't there."""
        return _record(self._database.row("SELECT * FROM sb_files WHERE id = ?", (id,)))

    def child(self, parent: str, name: str) -> FileRecord | None:
        """What has a name in a folder; None when nothing has."""
        return _record(self._database.row("SELECT * FROM sb_files WHERE parent = ? AND name = ?", (parent, name)))

    def children(self, parent: str, offset: int = 0, limit: int = -1) -> list[FileRecord]:
        """What is in a folder, by name.

        Args:
            parent: The folder.
            offset: How many to leave out at the beginning.
            limit: How many at most; -1 for all.
        """
        # The index tells which rows there are: those that are left out aren't read.
        rows = self._database.rows(
            "SELECT * FROM sb_files WHERE rowid IN"
            " (SELECT rowid FROM sb_files WHERE parent = ? ORDER BY name LIMIT ? OFFSET ?) ORDER BY name",
            (parent, limit, offset),
        )
        return [record for row in rows if (record := _record(row))]

    def count(self, parent: str) -> int:
        """How much is in a folder."""
        row = self._database.row("SELECT count(*) AS n FROM sb_files WHERE parent = ?", (parent,))
        return row["n"] if row else 0

    def below(self, folder: str) -> Iterator[FileRecord]:
        """What is in a folder and in those below it, a folder before what is in it."""
        for child in self.children(folder):
            yield child
            if child.type == "folder":
                yield from self.below(child.id)

    def of_projects(self, projects: Sequence[str]) -> list[FileRecord]:
        """All files and folders of some projects but the projects' own folders, by name."""
        marks = ", ".join("?" * len(projects))
        statement = f"SELECT * FROM sb_files WHERE project IN ({marks}) AND parent IN (SELECT id FROM sb_files) ORDER BY name, id"  # noqa: S608 - marks only
        return [record for row in self._database.rows(statement, projects) if (record := _record(row))]

    def path(self, record: FileRecord) -> str:
        """Names of the folders that lead to a file, and its own, with slashes between; empty for a project's folder."""
        steps: list[str] = []
        at: FileRecord | None = record
        while at is not None and at.parent:
            steps.insert(0, at.name)
            at = self.get(at.parent)
        return "/".join(steps)

    # -- writing

    def add(
        self,
        *,
        project: str,
        parent: str,
        name: str,
        size: int = 0,
        blob: str = "",
        type: str = "file",
        volume: str = "",
        location: str = "",
        metadata: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        task: str = "",
        secondary: Sequence[str] = (),
    ) -> FileRecord:
        """Enters a file or folder; its name must be free.

        Args:
            project: The project that it is in.
            parent: The folder that it is in.
            name: Its name there.
            size: Length in bytes.
            blob: The object with its bytes.
            type: file or folder.
            volume: The volume that its bytes are on.
            location: Where on that volume.
            metadata: Its metadata.
            tags: Its tags.
            task: The task that made it.
            secondary: Identities of files that belong to it.
        """
        now = self._now()
        record = FileRecord(
            id=self._new_id(),
            type=type,
            name=name,
            project=project,
            parent=parent,
            size=size,
            blob=blob,
            volume=volume,
            location=location,
            created_on=now,
            modified_on=now,
            metadata=dict(metadata or {}),
            tags=list(tags),
            task=task,
            secondary=list(secondary),
        )
        values = [_value(name, getattr(record, name)) for name in _COLUMNS]
        marks = ", ".join("?" * len(_COLUMNS))
        statement = f"INSERT INTO sb_files ({', '.join(_COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our own names
        self._database.execute(statement, values)
        return record

    def change(self, id: str, **changes: Any) -> None:
        """Changes fields of a file; it counts as modified now."""
        stated = {"modified_on": self._now(), **changes}
        columns = ", ".join(f"{name} = ?" for name in stated)
        values = [_value(name, value) for name, value in stated.items()]
        self._database.execute(f"UPDATE sb_files SET {columns} WHERE id = ?", (*values, id))  # noqa: S608 - our own names

    def remove(self, id: str) -> None:
        """Removes a file, or a folder with all that is below it."""
        with self._database.transaction():
            for record in list(self.below(id)):
                self._database.execute("DELETE FROM sb_files WHERE id = ?", (record.id,))
            self._database.execute("DELETE FROM sb_files WHERE id = ?", (id,))

    def free_name(self, parent: str, name: str) -> str:
        """A name that nothing has in a folder: the given one, or with a number before it, as in `_1_reads.fq`."""
        found, number = name, 0
        while self.child(parent, found) is not None:
            number += 1
            found = f"_{number}_{name}"
        return found


def _value(name: str, value: Any) -> Any:
    return json.dumps(value) if name in _JSON else value


def _record(row: Any) -> FileRecord | None:
    if row is None:
        return None
    cells = list(row)  # in the order of the fields
    for place in _JSON_AT:
        cells[place] = _read(cells[place])
    return FileRecord(*cells)


def _read(text: str) -> Any:
    return [] if text == "[]" else json.loads(text)
