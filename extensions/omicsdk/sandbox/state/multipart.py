"""What uploads send: parts of those that are not complete, and the checksums that their headers state, compared with the bytes.

What S3 refuses: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from omicsdk.core.checksums import MIB, Digests, base64_of, digest
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.database import Database, Table
from omicsdk.sandbox.state.objects import ObjectStore


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
                self._expected[_PAYLOAD] = bytes.fromhex(payload)
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
