"""The storage behind the platform: presigned URLs to read contents from, and to send the parts of uploads to."""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.core.checksums import crc32c
from omicsdk.sandbox.sb.stores.upload_parts import LARGEST_PART
from omicsdk.sandbox.state.objects import ObjectStore
from omicsdk.sandbox.state.presigned import Signer, refuse, serve_file

PREFIX = "/sb/_storage"
_FILES = f"{PREFIX}/files/"
_PARTS = f"{PREFIX}/parts/"
_HEADERS = "sent-"  # before the names of headers that a URL demands
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PartPlace:
    """Where the bytes of a part go.

    Attributes:
        path: The file; made when it isn't there.
        offset: Where in the file the part begins.
        longest: How many bytes have room there; longer ones go into `other`.
        other: A file of the part's own.
    """

    path: Path
    offset: int
    longest: int
    other: Path


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A part whose bytes have come.

    Attributes:
        upload: Identity of the upload.
        number: Number of the part, from 1.
        size: Its length in bytes.
        etag: What the storage answered, without quotes.
        apart: Whether it lies in a file of its own.
    """

    upload: str
    number: int
    size: int
    etag: str
    apart: bool


def file_url(signer: Signer, origin: str, key: str, name: str, seconds: float) -> str:
    """A URL to read an object from.

    Args:
        signer: Signs it.
        origin: Scheme, host and port as the client reaches them.
        key: The object.
        name: The file's name, which ends the path.
        seconds: For how long it is good.
    """
    return signer.signed(origin, f"{_FILES}{key}/{name}", seconds)


def part_url(signer: Signer, origin: str, upload: str, number: int, seconds: float, headers: Mapping[str, str]) -> str:
    """A URL to send a part of an upload to.

    Args:
        signer: Signs it.
        origin: Scheme, host and port as the client reaches them.
        upload: Identity of the upload.
        number: Number of the part.
        seconds: For how long it is good.
        headers: Headers that have to come with the bytes.
    """
    stated = {f"{_HEADERS}{name.lower()}": value for name, value in headers.items()}
    return signer.signed(origin, f"{_PARTS}{upload}/{number}", seconds, stated)


class Storage:
    """The ASGI application below the prefix.

    Args:
        objects: The contents.
        signer: Checks the URLs.
        place: Where a part of an upload goes; None when there is no such upload.
        written: Told of each part that has come whole; False when its upload has ended meanwhile.
    """

    def __init__(
        self,
        objects: ObjectStore,
        signer: Signer,
        place: Callable[[str, int], PartPlace | None],
        written: Callable[[WrittenPart], bool],
    ) -> None:
        self._objects = objects
        self._signer = signer
        self._place = place
        self._written = written

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        path: str = scope["path"]
        checked = self._signer.check(path, scope["query_string"].decode("latin-1"))
        if isinstance(checked, tuple):
            await refuse(send, 403, *checked)
        elif path.startswith(_FILES) and scope["method"] in ("GET", "HEAD"):
            await self._read(path.removeprefix(_FILES).partition("/")[0], scope, send, checked)
        elif path.startswith(_PARTS) and scope["method"] == "PUT":
            await self._receive(path.removeprefix(_PARTS), checked, scope, receive, send)
        else:
            await refuse(send, 405, "MethodNotAllowed", "The method isn't allowed against this resource.")

    async def _read(self, key: str, scope: Scope, send: Send, fields: Mapping[str, str]) -> None:
        found = await run_sync(self._objects.get, key)  # the database may be busy
        if found is None:
            await refuse(send, 404, "NoSuchKey", "The specified key does not exist.")
            return
        with self._objects.path(key).open("rb") as file:
            await serve_file(scope, send, file, etag=found.s3_etag, size=found.size, fields=fields)

    async def _receive(self, rest: str, fields: Mapping[str, str], scope: Scope, receive: Receive, send: Send) -> None:
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not _demanded(fields, sent):
            await refuse(send, 403, "SignatureDoesNotMatch", "A header that belongs to this URL is missing or differs.")
            return
        upload, _, digits = rest.partition("/")
        number = int(digits)
        place = await run_sync(self._place, upload, number)
        if place is None:
            await _no_upload(send)
            return
        length = int(sent.get("content-length", LARGEST_PART))
        if length > LARGEST_PART:
            await refuse(send, 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
            return
        # Without a length nobody knows whether it fits between its neighbours.
        apart = length > place.longest
        target = PartPlace(place.other, 0, LARGEST_PART, place.other) if apart else place
        body = _Body(target, sent.get("content-md5"))
        try:
            whole = await body.take(receive)
        finally:
            body.close()
        if not whole or ("content-length" in sent and body.size != length):
            return  # the client has gone
        if body.size > LARGEST_PART:
            await refuse(send, 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
            return
        if not body.intact():
            await refuse(send, 400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
            return
        part = WrittenPart(upload, number, body.size, body.etag(), apart)
        if not await run_sync(self._written, part):
            await _no_upload(send)
            return
        headers = [(b"etag", f'"{part.etag}"'.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})


async def _no_upload(send: Send) -> None:
    await refuse(send, 404, "NoSuchUpload", "The specified upload does not exist.")


def _demanded(fields: Mapping[str, str], sent: Mapping[str, str]) -> bool:
    wanted = {name.removeprefix(_HEADERS): value for name, value in fields.items() if name.startswith(_HEADERS)}
    return all(sent.get(name) == value for name, value in wanted.items())


class _Body:
    """The bytes of one part on their way to disk."""

    def __init__(self, place: PartPlace, stated_md5: str | None) -> None:
        self._file = os.open(place.path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._offset = place.offset
        self._crc32c = 0
        self._stated_md5 = stated_md5
        self._md5 = hashlib.md5(usedforsecurity=False) if stated_md5 else None
        self.size = 0

    async def take(self, receive: Receive) -> bool:
        """Writes what comes; tells whether it came to its end."""
        waiting: list[bytes] = []
        length = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            block: bytes = message.get("body", b"")
            more: bool = message.get("more_body", False)
            waiting.append(block)
            length += len(block)
            if length >= _BLOCK or not more:
                await run_sync(self._write, b"".join(waiting))
                waiting, length = [], 0
            if not more:
                return True
            if self.size > LARGEST_PART:
                return True

    def _write(self, block: bytes) -> None:
        os.lseek(self._file, self._offset + self.size, os.SEEK_SET)
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self._crc32c = crc32c(block, self._crc32c)
        if self._md5 is not None:
            self._md5.update(block)
        self.size += len(block)

    def intact(self) -> bool:
        """Whether the bytes are those that a Content-MD5 header stated."""
        return self._md5 is None or base64.b64encode(self._md5.digest()).decode() == self._stated_md5

    def etag(self) -> str:
        """An ETag that isn't an MD5, as of encrypted buckets: hashing would cost more than all the rest."""
        return f"{self._crc32c:08x}-{self.size:x}"

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)
