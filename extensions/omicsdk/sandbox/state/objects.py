"""The content-addressed store: bytes under their SHA-256, each content once; and what uploads send to it.

Uploads send parts, and headers with checksums, which are compared with the bytes. What S3 refuses:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import base64
import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from omicsdk.core.checksums import MIB, Digests, base64_of, digest
from omicsdk.sandbox.problems import Problem
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


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the storage has got.

    Attributes:
        upload: Identity of the upload.
        number: Its number, from 1.
        size: Its length in bytes.
        etag: The storage's ETag, without quotes.
        file: The upload's file that contains it.
        offset: Its offset there.
        reported: Whether the client has reported it.
    """

    upload: str
    number: int
    size: int
    etag: str
    file: str
    offset: int = 0
    reported: bool = False


U = TypeVar("U")


def no_upload() -> Problem:
    """The refusal of an upload that does not exist, or has ended."""
    message = "The upload ID may be invalid, or the upload may have been aborted or completed."
    return Problem(404, "NoSuchUpload", f"The specified upload does not exist. {message}")


class Uploads(Generic[U]):
    """The one place that knows the tables and the files of a platform's uploads.

    Args:
        database: The sandbox's database.
        objects: Store of finished contents.
        name: The platform, for the names of tables and files.
        kind: The uploads' dataclass, whose key is `id`.

    Attributes:
        transaction: Context whose changes are committed together, or rolled back when it raises.
        table: The uploads.
        parts: Their parts.
        objects: As given.
    """

    def __init__(self, database: Database, objects: ObjectStore, name: str, kind: type[U]) -> None:
        self.transaction = database.transaction
        self.table = Table(database, f"{name}_uploads", kind)
        self.parts = Table(database, f"{name}_upload_parts", Part, key="upload number")
        self.objects = objects
        self._name = name

    def path(self, id: str, file: str) -> Path:
        """The path of one of an upload's files."""
        # Flat, so that none blocks the removal when an upload is dropped while one of its parts arrives.
        return self.objects.workplace(f"{self._name}-uploads") / f"{id}.{file}"

    def new_file(self) -> str:
        """The name of a separate file for a part: one that is sent twice at once must not be mixed."""
        return secrets.token_hex(8)

    def enter(self, part: Part) -> None:
        """Enter a part that has come, in place of an earlier one of its number.

        Raises:
            Problem: 404; the upload has been completed or aborted meanwhile, and nothing of the part is kept.
        """
        with self.transaction():
            if self.table.get(part.upload) is None:
                self._remove_files(part.upload)
                raise no_upload()
            self.parts.put(part)

    def known(self, id: str, **equal: Any) -> dict[int, Part]:
        """The parts that have come, by number, in its order."""
        return {part.number: part for part in self.parts.all(upload=id, order="number", **equal)}

    def blocks(self, parts: Iterable[Part]) -> Iterator[bytes]:
        """The bytes of parts, one after another."""
        for part in parts:
            with self.path(part.upload, part.file).open("rb") as source:
                source.seek(part.offset)
                left = part.size
                while left > 0 and (block := source.read(min(left, MIB))):
                    yield block
                    left -= len(block)

    def drop(self, id: str) -> None:
        """Forget an upload and its parts."""
        with self.transaction():
            self.table.remove(id=id)
            self.parts.remove(upload=id)
        self._remove_files(id)

    def _remove_files(self, id: str) -> None:
        for path in self.path(id, "").parent.glob(f"{id}.*"):
            path.unlink(missing_ok=True)


CHECKSUM = "x-amz-checksum-"
# The algorithms of S3, and the bytes of their values.
_LENGTHS = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32, "sha512": 64}
# The SHA-256 of which the signature is, beside checksums by algorithm.
_PAYLOAD = "payload"


def checksum_of(name: str, data: bytes) -> str:
    """Return a checksum of bytes in base64.

    Args:
        name: Of S3: crc32, crc32c, crc64nvme, sha1, sha256 or sha512.
        data: The bytes.
    """
    return base64_of(digest(data, name))


class DeclaredChecksums:
    """The checksums that a request states; what arrives is compared with them at its end.

    Args:
        headers: The request's headers, with lower-case names.

    Attributes:
        are_any: Whether there is something to compare.
        is_chunked: Whether the body is in chunks (`aws-chunked`), of which nothing is compared.

    Raises:
        Problem: 400; a value is none of its kind.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        payload = headers.get("x-amz-content-sha256", "")
        self.is_chunked = payload.startswith("STREAMING-")
        self._expected = dict[str, bytes]()
        if not self.is_chunked:
            for name in _LENGTHS:
                if value := headers.get(CHECKSUM + name):
                    self._expected[name] = _decoded(value, name)
            if value := headers.get("content-md5"):
                self._expected["md5"] = _decoded(value, "md5")
            if len(payload) == 64:
                try:
                    self._expected[_PAYLOAD] = bytes.fromhex(payload)
                except ValueError:
                    message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value."
                    raise Problem(400, "InvalidArgument", message) from None
        self.are_any = bool(self._expected)
        self._digests = Digests(tuple({_algorithm(name) for name in self._expected}))

    def update(self, block: bytes) -> None:
        """Read bytes of the body."""
        self._digests.update(block)

    def check(self) -> None:
        """Compare, at the end of the body.

        Raises:
            Problem: 400; they differ.
        """
        values = self._digests.values()
        for name, expected in self._expected.items():
            if bytes.fromhex(values[_algorithm(name)]) != expected:
                raise _difference(name)


def _algorithm(name: str) -> str:
    return "sha256" if name == _PAYLOAD else name


def _difference(name: str) -> Problem:
    if name == _PAYLOAD:
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        return Problem(400, "XAmzContentSHA256Mismatch", message)
    if name == "md5":
        return Problem(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
    return Problem(400, "BadDigest", f"The {name.upper()} you specified did not match the calculated checksum.")


def _decoded(value: str, name: str) -> bytes:
    try:
        decoded = base64.b64decode(value, validate=True)
    except ValueError:
        decoded = b""
    if len(decoded) == _LENGTHS.get(name, 16):
        return decoded
    if name == "md5":
        raise Problem(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
    raise Problem(400, "InvalidRequest", f"Value for {CHECKSUM}{name} header is invalid.")
