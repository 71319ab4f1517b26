"""Uploads that aren't complete: what they shall become, and the parts that have come."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omicsdk.core.checksums import crc32c
from omicsdk.sandbox.sb.stores.presigned import PartPlace, WrittenPart
from omicsdk.sandbox.sb.stores.upload_parts import Part, regular
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.objects import ObjectStore, StoredObject

_FOLDER = "sb-uploads"


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in parts.

    Attributes:
        id: Its identity.
        owner: Username of who started it.
        name: Name that the file will have.
        project: Project that the file will be in; empty for code of an automation.
        parent: Folder that the file will be in.
        size: Length of the file in bytes; None when nobody said.
        part_size: Size of each part but the last.
        overwrite: Whether a file of that name is replaced.
        initiated: When it was started, in the sandbox's time.
        automation: The automation that the code is for; empty for files.
        by_folder: Whether its starter named a folder and not a project.
    """

    id: str
    owner: str
    name: str
    project: str
    parent: str
    size: int | None
    part_size: int
    overwrite: bool
    initiated: float
    automation: str
    by_folder: bool


class Uploads:
    """The one place that knows the tables and the files of uploads.

    Args:
        database: Where the tables are.
        objects: Where finished contents go.
    """

    def __init__(self, database: Database, objects: ObjectStore) -> None:
        self._database = database
        self._objects = objects
        database.define(
            sb_uploads=(
                "seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, name TEXT, project TEXT, parent TEXT, size INTEGER,"
                " part_size INTEGER, overwrite INTEGER, initiated REAL, automation TEXT, by_folder INTEGER"
            ),
            sb_upload_parts=(
                "upload TEXT, number INTEGER, size INTEGER, etag TEXT, apart INTEGER, reported INTEGER,"
                " PRIMARY KEY (upload, number)"
            ),
        )

    def add(self, upload: Upload) -> None:
        """Enters a new upload."""
        self._database.execute(
            "INSERT INTO sb_uploads (id, owner, name, project, parent, size, part_size, overwrite, initiated, automation,"
            " by_folder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                upload.id,
                upload.owner,
                upload.name,
                upload.project,
                upload.parent,
                upload.size,
                upload.part_size,
                upload.overwrite,
                upload.initiated,
                upload.automation,
                upload.by_folder,
            ),
        )

    def get(self, id: str) -> Upload | None:
        """An upload that is under way, or None."""
        row = self._database.row("SELECT * FROM sb_uploads WHERE id = ?", (id,))
        return None if row is None else _upload(row)

    def of(self, owner: str) -> list[Upload]:
        """A user's uploads of files, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM sb_uploads WHERE owner = ? AND automation = '' ORDER BY seq", (owner,)
        )
        return [_upload(row) for row in rows]

    # -- parts

    def place(self, id: str, number: int) -> PartPlace | None:
        """Where the bytes of a part go; None when there is no such upload."""
        upload = self.get(id)
        if upload is None:
            return None
        offset = (number - 1) * upload.part_size
        return PartPlace(self._whole(id), offset, upload.part_size, self._apart(id, number))

    def written(self, part: WrittenPart) -> bool:
        """Enters a part that has come, in place of an earlier one of its number.

        Returns:
            False when the upload has been completed or aborted meanwhile; nothing of the part is kept then.
        """
        with self._database.transaction():
            there = self.get(part.upload) is not None
            if there:
                values = (part.upload, part.number, part.size, part.etag, part.apart)
                self._database.execute("REPLACE INTO sb_upload_parts VALUES (?, ?, ?, ?, ?, 0)", values)
            else:
                self._remove_bytes(part.upload)
        return there

    def report(self, id: str, etags: Mapping[int, str]) -> int | None:
        """Notes that parts have been reported.

        Args:
            id: The upload.
            etags: ETag by number.

        Returns:
            The first number under which no part with that ETag has come; None when all have, and are noted.
        """
        with self._database.transaction():
            known = {part.number: part.etag for part in self.parts(id)}
            for number, etag in sorted(etags.items()):
                if known.get(number) != etag:
                    return number
            self._database.execute_many(
                "UPDATE sb_upload_parts SET reported = 1 WHERE upload = ? AND number = ?",
                [(id, number) for number in etags],
            )
        return None

    def parts(self, id: str) -> list[Part]:
        """The parts that have come, by number."""
        rows = self._database.rows("SELECT * FROM sb_upload_parts WHERE upload = ? ORDER BY number", (id,))
        return [
            Part(row["number"], row["size"], row["etag"], bool(row["apart"]), bool(row["reported"])) for row in rows
        ]

    def reported_count(self, id: str) -> int:
        """How many parts have been reported."""
        row = self._database.row("SELECT count(*) AS n FROM sb_upload_parts WHERE upload = ? AND reported", (id,))
        return row["n"] if row else 0

    # -- ends

    def finish(self, upload: Upload, parts: Sequence[Part]) -> StoredObject:
        """Makes an object of parts and forgets the upload.

        Args:
            upload: The upload.
            parts: Its parts, complete.
        """
        whole = self._whole(upload.id)
        if not regular(parts, upload.part_size):
            whole = self._joined(upload, parts)
        size = sum(part.size for part in parts)
        with whole.open("ab"):
            os.truncate(whole, size)  # an earlier, longer last part may lie there
        check = crc32c("".join(part.etag for part in parts).encode())
        found = self._objects.adopt(whole, f"up-{upload.id}", f"{check:08x}-{len(parts)}")
        self.drop(upload.id)
        return found

    def _joined(self, upload: Upload, parts: Sequence[Part]) -> Path:
        joined = self._folder() / f"{upload.id}.joined"
        with joined.open("wb") as target:
            for part in parts:
                path = self._apart(upload.id, part.number) if part.apart else self._whole(upload.id)
                with path.open("rb") as source:
                    source.seek(0 if part.apart else (part.number - 1) * upload.part_size)
                    left = part.size
                    while left > 0 and (block := source.read(min(left, 1024 * 1024))):
                        target.write(block)
                        left -= len(block)
        return joined

    def drop(self, id: str) -> None:
        """Forgets an upload and its parts."""
        with self._database.transaction():
            self._database.execute("DELETE FROM sb_uploads WHERE id = ?", (id,))
            self._database.execute("DELETE FROM sb_upload_parts WHERE upload = ?", (id,))
        self._remove_bytes(id)

    def _remove_bytes(self, id: str) -> None:
        for path in self._folder().glob(f"{id}.*"):
            path.unlink(missing_ok=True)

    def drop_project(self, project: str) -> None:
        """Forgets the uploads to a project."""
        for row in self._database.rows("SELECT id FROM sb_uploads WHERE project = ?", (project,)):
            self.drop(row["id"])

    def clear(self) -> None:
        """Removes the bytes of all uploads; the caller empties the tables."""
        shutil.rmtree(self._folder(), ignore_errors=True)

    def _folder(self) -> Path:
        return self._objects.workplace(_FOLDER)

    def _whole(self, id: str) -> Path:
        return self._folder() / f"{id}.whole"

    def _apart(self, id: str, number: int) -> Path:
        return self._folder() / f"{id}.{number}"


def _upload(row: Any) -> Upload:
    return Upload(
        id=row["id"],
        owner=row["owner"],
        name=row["name"],
        project=row["project"],
        parent=row["parent"],
        size=row["size"],
        part_size=row["part_size"],
        overwrite=bool(row["overwrite"]),
        initiated=row["initiated"],
        automation=row["automation"],
        by_folder=bool(row["by_folder"]),
    )
