"""Uploads that aren't complete: what they shall become, the parts that have come, and the server that takes the parts.

The same server gives the contents of files to those who have a presigned URL.
"""

import base64
import hashlib
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.core.checksums import crc32c
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.database import Database, Table
from omicsdk.sandbox.state.objects import ObjectStore, StoredObject
from omicsdk.sandbox.state.presigned import Signer, refuse, serve_file

MIB = 1024 * 1024
LEAST_PART = 5 * MIB
LARGEST_PART = 5 * 1024 * MIB
USUAL_PART = 32 * MIB
LARGEST_FILE = 5 * 1024 * 1024 * MIB
MOST_PARTS = 10_000
_FOLDER = "sb-uploads"


# -- parts


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the storage has got.

    Attributes:
        upload: Identity of the upload.
        number: Its number, from 1.
        size: Its length in bytes.
        etag: What the storage answered, without quotes.
        apart: Whether it lies in a file of its own.
        reported: Whether the client has reported it.
    """

    upload: str
    number: int
    size: int
    etag: str
    apart: bool
    reported: bool = False


def choose_part_size(size: int, asked: int | None, *, least: int = LEAST_PART, most_parts: int = MOST_PARTS) -> int:
    """The size of parts that counts, whatever was asked for.

    Args:
        size: The file's length in bytes.
        asked: What the client wants; None leaves it to the platform.
        least: The smallest part but the last.
        most_parts: How many parts a file may have.

    Returns:
        The size in bytes: raised until the parts are few enough, in whole MiB when it had to be.
    """
    wanted = min(max(asked or USUAL_PART, least), LARGEST_PART)
    if math.ceil(size / wanted) <= most_parts:
        return wanted
    return math.ceil(size / most_parts / MIB) * MIB


def complaint(parts: Sequence[Part], size: int | None) -> str:
    """What keeps parts from being a file; an empty text when nothing does.

    Args:
        parts: The parts in the order of their numbers.
        size: How long the file shall be; None when nobody said.
    """
    if not parts:
        return "no part has been reported"
    numbers = [part.number for part in parts]
    if missing := sorted(set(range(1, numbers[-1] + 1)) - set(numbers)):
        return f"part {missing[0]} of {numbers[-1]} hasn't been reported"
    found = sum(part.size for part in parts)
    if size is not None and found != size:
        return f"the reported parts have {found} bytes together, the file has {size}"
    return ""


# -- uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in parts.

    Attributes:
        id: Its identity.
        owner: Username of who started it.
        name: Name that the file will have.
        size: Length of the file in bytes; None when nobody said.
        part_size: Size of each part but the last.
        initiated: When it was started, in the sandbox's time.
        by_folder: Whether its starter named a folder and not a project.
        project: Project that the file will be in; empty for code of an automation.
        parent: Folder that the file will be in.
        overwrite: Whether a file of that name is replaced.
        automation: The automation that the code is for; empty for files.
    """

    id: str
    owner: str
    name: str
    size: int | None
    part_size: int
    initiated: float
    by_folder: bool
    project: str = ""
    parent: str = ""
    overwrite: bool = False
    automation: str = ""


class Uploads:
    """The one place that knows the tables and the files of uploads.

    Args:
        database: Where the tables are.
        objects: Where finished contents go.
    """

    def __init__(self, database: Database, objects: ObjectStore) -> None:
        self._database = database
        self._objects = objects
        self._uploads = Table(database, "sb_uploads", Upload)
        self._parts = Table(database, "sb_upload_parts", Part, key="upload number")

    def add(self, upload: Upload) -> None:
        """Enters a new upload."""
        self._uploads.add(upload)

    def get(self, id: str) -> Upload | None:
        """An upload that is under way, or None."""
        return self._uploads.get(id)

    def of(self, owner: str) -> list[Upload]:
        """A user's uploads of files, oldest first."""
        return self._uploads.all(owner=owner, automation="")

    def parts(self, id: str) -> list[Part]:
        """The parts that have been reported, by number."""
        return self._parts.all(upload=id, reported=True, order="number")

    def reported_count(self, id: str) -> int:
        """How many parts have been reported."""
        return self._parts.count(upload=id, reported=True)

    def place(self, upload: Upload, number: int, length: int | None) -> tuple[Path, int, bool]:
        """Where the bytes of a part go.

        Args:
            upload: The upload.
            number: The part's number.
            length: Its length in bytes; None when nobody said.

        Returns:
            The file, where in it the part begins, and whether it is a file of the part's own.
        """
        # Without a length nobody knows whether it fits between its neighbours.
        if length is None or length > upload.part_size:
            return self._apart(upload.id, number), 0, True
        return self._whole(upload.id), (number - 1) * upload.part_size, False

    def written(self, part: Part) -> bool:
        """Enters a part that has come, in place of an earlier one of its number.

        Returns:
            False when the upload has been completed or aborted meanwhile; nothing of the part is kept then.
        """
        with self._database.transaction():
            there = self.get(part.upload) is not None
            if there:
                self._parts.put(part)
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
            known = {part.number: part for part in self._parts.all(upload=id)}
            for number, etag in sorted(etags.items()):
                if number not in known or known[number].etag != etag:
                    return number
            self._parts.put_all(replace(known[number], reported=True) for number in etags)
        return None

    def finish(self, upload: Upload, parts: Sequence[Part]) -> StoredObject:
        """Makes an object of parts and forgets the upload.

        Args:
            upload: The upload.
            parts: Its parts, complete.
        """
        whole = self._whole(upload.id)
        # Parts that lie one after another where their numbers put them needn't be copied.
        if any(part.apart for part in parts) or any(part.size != upload.part_size for part in parts[:-1]):
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
                    while left > 0 and (block := source.read(min(left, MIB))):
                        target.write(block)
                        left -= len(block)
        return joined

    def drop(self, id: str) -> None:
        """Forgets an upload and its parts."""
        with self._database.transaction():
            self._uploads.remove(id=id)
            self._parts.remove(upload=id)
        self._remove_bytes(id)

    def drop_project(self, project: str) -> None:
        """Forgets the uploads to a project."""
        for upload in self._uploads.all(project=project):
            self.drop(upload.id)

    def clear(self) -> None:
        """Removes the bytes of all uploads; the caller empties the tables."""
        shutil.rmtree(self._folder(), ignore_errors=True)

    def _remove_bytes(self, id: str) -> None:
        for path in self._folder().glob(f"{id}.*"):
            path.unlink(missing_ok=True)

    def _folder(self) -> Path:
        return self._objects.workplace(_FOLDER)

    def _whole(self, id: str) -> Path:
        return self._folder() / f"{id}.whole"

    def _apart(self, id: str, number: int) -> Path:
        return self._folder() / f"{id}.{number}"


# -- the server of presigned URLs

_PREFIX = "/sb/_storage"
_FILES = f"{_PREFIX}/files/"
_PARTS = f"{_PREFIX}/parts/"
_NO_UPLOAD = (404, "NoSuchUpload", "The specified upload does not exist.")
_TOO_LARGE = (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
_HEADERS = "sent-"  # before the names of headers that a URL demands


class Storage:
    """The ASGI application below the prefix.

    Args:
        objects: The contents.
        signer: Checks the URLs.
        uploads: What parts are taken for.
    """

    def __init__(self, objects: ObjectStore, signer: Signer, uploads: Uploads) -> None:
        self._objects = objects
        self._signer = signer
        self._uploads = uploads

    def file_url(self, origin: str, key: str, name: str, seconds: float) -> str:
        """A URL to read an object from.

        Args:
            origin: Scheme, host and port as the client reaches them.
            key: The object.
            name: The file's name, which ends the path.
            seconds: For how long it is good.
        """
        return self._signer.signed(origin, f"{_FILES}{key}/{name}", seconds)

    def part_url(self, origin: str, upload: str, number: int, seconds: float, headers: Mapping[str, str]) -> str:
        """A URL to send a part of an upload to.

        Args:
            origin: Scheme, host and port as the client reaches them.
            upload: Identity of the upload.
            number: Number of the part.
            seconds: For how long it is good.
            headers: Headers that have to come with the bytes.
        """
        stated = {f"{_HEADERS}{name.lower()}": value for name, value in headers.items()}
        return self._signer.signed(origin, f"{_PARTS}{upload}/{number}", seconds, stated)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        try:
            await self._answer(scope, receive, send)
        except Problem as problem:
            await refuse(send, problem.status, problem.code, problem.title)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        checked = self._signer.check(path, scope["query_string"].decode("latin-1"))
        if isinstance(checked, tuple):
            raise Problem(403, *checked)
        if path.startswith(_FILES) and scope["method"] in ("GET", "HEAD"):
            await self._read(path.removeprefix(_FILES).partition("/")[0], scope, send, checked)
        elif path.startswith(_PARTS) and scope["method"] == "PUT":
            sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            await self._receive(path.removeprefix(_PARTS), checked, sent, receive, send)
        else:
            raise Problem(405, "MethodNotAllowed", "The method isn't allowed against this resource.")

    async def _read(self, key: str, scope: Scope, send: Send, fields: Mapping[str, str]) -> None:
        found = await run_sync(self._objects.get, key)  # the database may be busy
        if found is None:
            raise Problem(404, "NoSuchKey", "The specified key does not exist.")
        with self._objects.path(key).open("rb") as file:
            await serve_file(scope, send, file, etag=found.s3_etag, size=found.size, fields=fields)

    async def _receive(
        self, rest: str, fields: Mapping[str, str], sent: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        demanded = {name.removeprefix(_HEADERS): value for name, value in fields.items() if name.startswith(_HEADERS)}
        if any(sent.get(name) != value for name, value in demanded.items()):
            raise Problem(403, "SignatureDoesNotMatch", "A header that belongs to this URL is missing or differs.")
        id, _, number = rest.partition("/")
        upload = await run_sync(self._uploads.get, id)
        if upload is None:
            raise Problem(*_NO_UPLOAD)
        length = int(sent["content-length"]) if "content-length" in sent else None
        if (length or 0) > LARGEST_PART:
            raise Problem(*_TOO_LARGE)
        path, offset, apart = self._uploads.place(upload, int(number), length)
        body = _Body(path, offset, sent.get("content-md5"))
        if not await body.take(receive) or length not in (None, body.size):
            return  # the client has gone
        if body.size > LARGEST_PART:
            raise Problem(*_TOO_LARGE)
        if not body.intact():
            raise Problem(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        if not await run_sync(self._uploads.written, Part(id, int(number), body.size, body.etag(), apart)):
            raise Problem(*_NO_UPLOAD)
        headers = [(b"etag", f'"{body.etag()}"'.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})


class _Body:
    """The bytes of one part on their way to disk."""

    def __init__(self, path: Path, offset: int, stated_md5: str | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._offset = offset
        self._crc32c = 0
        self._stated_md5 = stated_md5
        self._md5 = hashlib.md5(usedforsecurity=False) if stated_md5 else None
        self.size = 0

    async def take(self, receive: Receive) -> bool:
        """Writes what comes and closes the file; tells whether it came to its end."""
        try:
            return await self._take(receive)
        finally:
            os.close(self._file)

    async def _take(self, receive: Receive) -> bool:
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
            if length >= MIB or not more:
                await run_sync(self._write, b"".join(waiting))
                waiting, length = [], 0
            if not more or self.size > LARGEST_PART:
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
