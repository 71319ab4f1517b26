"""Uploads in parts as S3 has them: begin, parts in any order, complete with the list of them."""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5
from itertools import pairwise
from pathlib import Path

from omicsdk.sandbox.gen3.files import Files
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.objects import ObjectStore

LEAST_PART = 5 * 1024 * 1024
"""How many bytes each part but the last has at least; S3's limit."""
LARGEST_PART = 5 * 1024**3
"""How many bytes a part, or an object sent whole, has at most; S3's limit."""
MOST_PARTS = 10_000
"""How many parts an upload has at most; S3's limit."""
_BLOCK = 1024 * 1024


class StorageRefusal(Exception):
    """A refusal of the storage.

    Args:
        status: The HTTP status.
        code: S3's word for it, such as InvalidPart.
        message: One sentence for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def no_upload() -> StorageRefusal:
    """The refusal of an upload that isn't there, or has ended."""
    return StorageRefusal(
        404,
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or"
        " completed.",
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has come.

    Attributes:
        number: Its number, from 1.
        size: Its length in bytes.
        etag: What the storage answered, without quotes.
        path: Where its bytes lie.
    """

    number: int
    size: int
    etag: str
    path: Path


class PartUploads:
    """The uploads in parts that aren't complete.

    Args:
        database: Where they are kept.
        objects: Where the bytes of parts lie, and the contents that come of them.
        files: Where the contents get their URLs.
    """

    def __init__(self, database: Database, objects: ObjectStore, files: Files) -> None:
        self._database = database
        self._objects = objects
        self._files = files
        database.define(
            gen3_uploads="id TEXT PRIMARY KEY, url TEXT NOT NULL",
            gen3_upload_parts="upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,"
            " file TEXT NOT NULL, PRIMARY KEY (upload, number)",
        )

    def begin(self, url: str) -> str:
        """Begins an upload and returns its identity.

        Args:
            url: Where the content goes, such as s3://sandbox-gen3/KEY.
        """
        made = secrets.token_urlsafe(48)
        self._database.execute("INSERT INTO gen3_uploads VALUES (?, ?)", (made, url))
        return made

    def place(self, upload: str, url: str) -> Path:
        """A new file for the bytes of a part.

        Raises:
            StorageRefusal: There is no such upload to that URL.
        """
        self._check(upload, url)
        folder = self._folder / upload
        folder.mkdir(exist_ok=True)
        return folder / secrets.token_hex(8)

    def written(self, upload: str, part: Part) -> None:
        """Notes a part whose bytes have come; one of the same number is replaced.

        Raises:
            StorageRefusal: The upload has ended meanwhile.
        """
        with self._database.transaction():
            if self._database.row("SELECT 1 FROM gen3_uploads WHERE id = ?", (upload,)) is None:
                part.path.unlink(missing_ok=True)
                raise no_upload()
            before = self._parts(upload).get(part.number)
            self._database.execute(
                "REPLACE INTO gen3_upload_parts VALUES (?, ?, ?, ?, ?)",
                (upload, part.number, part.size, part.etag, part.path.name),
            )
        if before is not None:
            before.path.unlink(missing_ok=True)

    def complete(self, upload: str, url: str, listed: Sequence[tuple[int, str]]) -> None:
        """Makes one content of the listed parts.

        Args:
            upload: The upload.
            url: Where it goes, as when it began.
            listed: Number and ETag of each part, in the order of their numbers; parts that aren't listed are dropped.

        Raises:
            StorageRefusal: There is no such upload, or the parts aren't those that have come, or in another order, or
                one that isn't the last is too small.
        """
        self._check(upload, url)
        parts = _chosen(self._parts(upload), listed)
        with self._objects.receive(sum(part.size for part in parts)) as incoming:
            for part in parts:
                with part.path.open("rb") as file:
                    while block := file.read(_BLOCK):
                        incoming.write(block)
        joined = md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False).hexdigest()
        with self._database.transaction():
            if self._database.execute("DELETE FROM gen3_uploads WHERE id = ?", (upload,)) == 0:
                raise no_upload()  # somebody else has completed it
            self._database.execute("DELETE FROM gen3_upload_parts WHERE upload = ?", (upload,))
            self._files.enter(url, incoming.finish(), f"{joined}-{len(parts)}")
        shutil.rmtree(self._folder / upload, ignore_errors=True)

    def _check(self, upload: str, url: str) -> None:
        row = self._database.row("SELECT url FROM gen3_uploads WHERE id = ?", (upload,))
        if row is None or row["url"] != url:
            raise no_upload()

    @property
    def _folder(self) -> Path:
        return self._objects.workplace("gen3-parts")

    def _parts(self, upload: str) -> dict[int, Part]:
        rows = self._database.rows("SELECT * FROM gen3_upload_parts WHERE upload = ?", (upload,))
        folder = self._folder / upload
        return {row["number"]: Part(row["number"], row["size"], row["etag"], folder / row["file"]) for row in rows}


def _chosen(come: dict[int, Part], listed: Sequence[tuple[int, str]]) -> list[Part]:
    if not listed:
        raise StorageRefusal(400, "MalformedXML", "The XML you provided was not well-formed")
    numbers = [number for number, _ in listed]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise StorageRefusal(400, "InvalidPartOrder", message)
    chosen: list[Part] = []
    for number, etag in listed:
        part = come.get(number)
        if part is None or part.etag != etag.strip('"'):
            message = (
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the"
                " specified entity tag may not match the part's entity tag."
            )
            raise StorageRefusal(400, "InvalidPart", message)
        chosen.append(part)
    if any(part.size < LEAST_PART for part in chosen[:-1]):
        message = "Your proposed upload is smaller than the minimum allowed size"
        raise StorageRefusal(400, "EntityTooSmall", message)
    return chosen
