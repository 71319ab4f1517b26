"""The content-addressed store: bytes under their SHA-256, each content once."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from omicsdk.core.checksums import Digests
from omicsdk.sandbox.state.database import Database, Table

CHECKSUMS = ("sha256", "sha1", "s3_etag", "crc32c")
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Facts about one content.

    Attributes:
        sha256: SHA-256, 64 lower-case hex digits; the object's name.
        sha1: SHA-1, 40 lower-case hex digits.
        s3_etag: The ETag that S3 would give for 64 MiB parts.
        crc32c: CRC32C, 8 lower-case hex digits.
        size: Length in bytes.
    """

    sha256: str
    sha1: str
    s3_etag: str
    crc32c: str
    size: int


class Incoming:
    """A content that is being written."""

    def __init__(self, file: IO[bytes], size: int | None) -> None:
        self._file = file
        self._digests = Digests(CHECKSUMS, size)
        self._size = 0

    def write(self, block: bytes) -> None:
        """Add bytes at the end."""
        self._file.write(block)
        self._digests.update(block)
        self._size += len(block)

    def finish(self) -> StoredObject:
        """The bytes that were written so far, as an object."""
        return StoredObject(**self._digests.values(), size=self._size)


class ObjectStore:
    """Contents in a folder, their checksums in the database.

    Args:
        folder: Folder of the contents; created if it does not exist.
        database: The sandbox's database.

    Attributes:
        incoming: A folder for what is being written; the next start empties it.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self.incoming = folder / "incoming"
        # Files that a killed process left incomplete have no name yet, so nothing refers to them.
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir(parents=True)
        self._table = Table(database, "objects", StoredObject)

    def path(self, sha256: str) -> Path:
        """The path of a content, which may not exist."""
        return self._folder / sha256[:2] / sha256

    def get(self, sha256: str) -> StoredObject | None:
        """The facts about a content, or None when it does not exist."""
        return self._table.get(sha256)

    def read(self, sha256: str) -> bytes:
        """A whole content; for small ones such as metadata."""
        return self.path(sha256).read_bytes()

    @contextmanager
    def receive(
        self, size: int | None = None, *, check: Callable[[StoredObject], None] | None = None
    ) -> Generator[Incoming]:
        """A place to write a content to; it is stored when the block ends without an error.

        Args:
            size: Its length in bytes if it is known; only contents over 10,000 x 64 MiB need it.
            check: Called with the finished object before it is stored; it may raise to refuse it.
        """
        with tempfile.NamedTemporaryFile(dir=self.incoming, delete=False) as file:
            try:
                incoming = Incoming(file.file, size)
                yield incoming
                file.close()
                stored = incoming.finish()
                if check is not None:
                    check(stored)
                self._keep(Path(file.name), stored)
            finally:
                file.close()
                Path(file.name).unlink(missing_ok=True)

    def _keep(self, written: Path, stored: StoredObject) -> None:
        final = self.path(stored.sha256)
        final.parent.mkdir(exist_ok=True)
        if not final.exists():
            written.replace(final)
        self._table.add_new(stored)

    def md5(self, sha256: str) -> str:
        """The MD5 of a content, which is not kept."""
        with self.path(sha256).open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

    def put_file(self, source: Path) -> StoredObject:
        """Copy a file of the local disk into the store."""
        with source.open("rb") as file, self.receive(source.stat().st_size) as incoming:
            while block := file.read(_BLOCK):
                incoming.write(block)
        return incoming.finish()

    def put_bytes(self, content: bytes) -> StoredObject:
        """Put bytes into the store."""
        with self.receive(len(content)) as incoming:
            incoming.write(content)
        return incoming.finish()

    def workplace(self, name: str) -> Path:
        """A folder beside the contents for what is not one yet; a reset removes it, a restart does not."""
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def adopt(self, written: Path, key: str, s3_etag: str) -> StoredObject:
        """Move a file into the store under a name that is not its SHA-256, so that it need not be read.

        Args:
            written: The file; it is gone afterwards.
            key: The object's name, which no content has as its SHA-256.
            s3_etag: The ETag that it is served with.

        Returns:
            The object; it has no other checksums.
        """
        stored = StoredObject(sha256=key, sha1="", s3_etag=s3_etag, crc32c="", size=written.stat().st_size)
        self._keep(written, stored)
        return stored

    def clear(self, remaining: Collection[str] = ()) -> None:
        """Remove every content but some, and all files in progress; the caller empties the table.

        Args:
            remaining: The names of those that stay.
        """
        paths = {self.path(name) for name in remaining}
        folders = {path.parent for path in paths}
        for child in self._folder.iterdir():
            if child in folders:
                for path in set(child.iterdir()) - paths:
                    path.unlink()
            elif child != self.incoming:
                shutil.rmtree(child, ignore_errors=True)
