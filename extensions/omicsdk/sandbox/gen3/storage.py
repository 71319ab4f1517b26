"""The storage behind the commons: contents by URL, uploads in parts, presigned URLs, and what answers these as S3 does."""

import base64
import secrets
import shutil
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from itertools import pairwise
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.objects import ObjectStore, StoredObject
from omicsdk.sandbox.state.presigned import Signer, refuse, serve_file

BUCKET = "sandbox-gen3"
"""The bucket that uploads go to."""
PREFIX = "/gen3/_storage"
LEAST_PART = 5 * 1024 * 1024
"""How many bytes each part but the last has at least; S3's limit."""
LARGEST_PART = 5 * 1024**3
"""How many bytes a part, or an object sent whole, has at most; S3's limit."""
MOST_PARTS = 10_000
"""How many parts an upload has at most; S3's limit."""
_BLOCK = 1024 * 1024
_METHOD, _UPLOAD, _PART = "method", "uploadId", "partNumber"


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


def _no_upload() -> StorageRefusal:
    """The refusal of an upload that isn't there, or has ended."""
    return StorageRefusal(
        404,
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or"
        " completed.",
    )


# -- presigned URLs


@dataclass(frozen=True, slots=True)
class Grant:
    """What a presigned URL allows.

    Attributes:
        method: The HTTP method that it is for, GET or PUT.
        url: The storage URL, such as s3://sandbox-gen3/KEY.
        upload: The upload in parts that bytes are for; empty for a whole object.
        part: The part's number; 0 for a whole object.
    """

    method: str
    url: str
    upload: str = ""
    part: int = 0


def path_of(url: str) -> str:
    """The path below which an object of a storage URL is served."""
    return f"{PREFIX}/{url.replace('://', '/', 1)}"


def presigned(signer: Signer, origin: str, grant: Grant, seconds: float) -> str:
    """A URL to read or write an object with.

    Args:
        signer: Signs it.
        origin: Scheme, host and port as the client reaches them.
        grant: What it allows.
        seconds: For how long it is good.
    """
    fields = {_METHOD: grant.method}
    if grant.upload:
        fields |= {_UPLOAD: grant.upload, _PART: str(grant.part)}
    return signer.signed(origin, path_of(grant.url), seconds, fields)


def granted(path: str, fields: Mapping[str, str]) -> Grant:
    """What a URL whose signature is right allows.

    Args:
        path: Its path, decoded.
        fields: The fields of its query.
    """
    url = path.removeprefix(f"{PREFIX}/").replace("/", "://", 1)
    return Grant(fields.get(_METHOD, "GET"), url, fields.get(_UPLOAD, ""), int(fields.get(_PART, "0")))


# -- what is kept


@dataclass(frozen=True, slots=True)
class _Part:
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


class Files:
    """Contents by storage URL, and uploads in parts that aren't complete.

    Args:
        database: Where it is kept which content a URL has.
        objects: The contents.
        now: The sandbox's time in seconds since 1970.

    Attributes:
        objects: The contents.
    """

    def __init__(self, database: Database, objects: ObjectStore, now: Callable[[], float]) -> None:
        self._database = database
        self.objects = objects
        self._now = now
        database.define(
            gen3_files="url TEXT PRIMARY KEY, sha256 TEXT NOT NULL, etag TEXT NOT NULL, stored REAL NOT NULL",
            gen3_public_files="url TEXT PRIMARY KEY",
            gen3_uploads="id TEXT PRIMARY KEY, url TEXT NOT NULL",
            gen3_upload_parts="upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,"
            " file TEXT NOT NULL, PRIMARY KEY (upload, number)",
        )

    def put(self, url: str, content: bytes) -> StoredObject:
        """Stores bytes.

        Args:
            url: Where, such as s3://sandbox-gen3/KEY; what was there is replaced.
            content: The bytes.
        """
        stored = self.objects.put_bytes(content)
        self.enter(url, stored, md5(content, usedforsecurity=False).hexdigest())
        return stored

    def enter(self, url: str, stored: StoredObject, etag: str) -> None:
        """Puts a content that is in the store at a URL.

        Args:
            url: Where; what was there is replaced.
            stored: The content.
            etag: The ETag that it is served with, without quotes.
        """
        row = (url, stored.sha256, etag, self._now())
        self._database.execute("REPLACE INTO gen3_files (url, sha256, etag, stored) VALUES (?, ?, ?, ?)", row)

    def find(self, url: str) -> StoredObject | None:
        """The content at a URL; None when there is none."""
        found = self.with_etag(url)
        return found[0] if found else None

    def with_etag(self, url: str) -> tuple[StoredObject, str] | None:
        """The content at a URL with the ETag that it is served with, without quotes; None when there is none."""
        row = self._database.row("SELECT sha256, etag FROM gen3_files WHERE url = ?", (url,))
        stored = self.objects.get(row["sha256"]) if row else None
        return (stored, row["etag"]) if row and stored else None

    def path(self, stored: StoredObject) -> Path:
        """Where the bytes of a content lie."""
        return self.objects.path(stored.sha256)

    def publish(self, url: str) -> None:
        """Lets everybody read what is at a URL without a signature, as in a public bucket."""
        self._database.execute("INSERT OR IGNORE INTO gen3_public_files VALUES (?)", (url,))

    def is_public(self, url: str) -> bool:
        """Whether everybody may read what is at a URL without a signature."""
        return self._database.row("SELECT 1 FROM gen3_public_files WHERE url = ?", (url,)) is not None

    def has_bucket(self, url: str) -> bool:
        """Whether the bucket of a URL is one of the commons': that of uploads, or one with contents."""
        scheme, _, rest = url.partition("://")
        bucket = f"{scheme}://{rest.partition('/')[0]}/"
        if bucket == f"s3://{BUCKET}/":
            return True
        end = bucket[:-1] + "0"  # the character after the slash
        return self._database.row("SELECT 1 FROM gen3_files WHERE url >= ? AND url < ?", (bucket, end)) is not None

    def buckets(self, scheme: str) -> list[str]:
        """The names of the commons' buckets of a kind, such as s3."""
        rows = self._database.rows("SELECT url FROM gen3_files WHERE url GLOB ?", (f"{scheme}://*",))
        found = {row["url"].split("/")[2] for row in rows}
        return sorted(found | {BUCKET} if scheme == "s3" else found)

    def below(self, url: str) -> dict[str, float]:
        """The URLs that begin with one, in order, and when something was stored there."""
        query = "SELECT url, stored FROM gen3_files WHERE url >= ? AND url < ? ORDER BY url"
        return {row["url"]: row["stored"] for row in self._database.rows(query, (url, f"{url}\U0010ffff"))}

    def remove(self, url: str) -> bool:
        """Removes what is at a URL and tells whether something was."""
        return self._database.execute("DELETE FROM gen3_files WHERE url = ?", (url,)) > 0

    # -- uploads in parts, as S3 has them: begin, parts in any order, complete with the list of them

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

    def written(self, upload: str, part: _Part) -> None:
        """Notes a part whose bytes have come; one of the same number is replaced.

        Raises:
            StorageRefusal: The upload has ended meanwhile.
        """
        with self._database.transaction():
            if self._database.row("SELECT 1 FROM gen3_uploads WHERE id = ?", (upload,)) is None:
                part.path.unlink(missing_ok=True)
                raise _no_upload()
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
        with self.objects.receive(sum(part.size for part in parts)) as incoming:
            for part in parts:
                with part.path.open("rb") as file:
                    while block := file.read(_BLOCK):
                        incoming.write(block)
        joined = md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False).hexdigest()
        with self._database.transaction():
            if self._database.execute("DELETE FROM gen3_uploads WHERE id = ?", (upload,)) == 0:
                raise _no_upload()  # somebody else has completed it
            self._database.execute("DELETE FROM gen3_upload_parts WHERE upload = ?", (upload,))
            self.enter(url, incoming.finish(), f"{joined}-{len(parts)}")
        shutil.rmtree(self._folder / upload, ignore_errors=True)

    def _check(self, upload: str, url: str) -> None:
        row = self._database.row("SELECT url FROM gen3_uploads WHERE id = ?", (upload,))
        if row is None or row["url"] != url:
            raise _no_upload()

    @property
    def _folder(self) -> Path:
        return self.objects.workplace("gen3-parts")

    def _parts(self, upload: str) -> dict[int, _Part]:
        rows = self._database.rows("SELECT * FROM gen3_upload_parts WHERE upload = ?", (upload,))
        folder = self._folder / upload
        return {row["number"]: _Part(row["number"], row["size"], row["etag"], folder / row["file"]) for row in rows}


def _chosen(come: dict[int, _Part], listed: Sequence[tuple[int, str]]) -> list[_Part]:
    if not listed:
        raise StorageRefusal(400, "MalformedXML", "The XML you provided was not well-formed")
    numbers = [number for number, _ in listed]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise StorageRefusal(400, "InvalidPartOrder", message)
    chosen: list[_Part] = []
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


# -- what answers


class _Gone(Exception):
    """The client has gone before the body's end."""


class Storage:
    """The ASGI application below the prefix of presigned URLs.

    Args:
        files: The contents by URL, and the uploads in parts.
        signer: Checks the URLs.
        stored: Told of each URL that something was uploaded to.
    """

    def __init__(self, files: Files, signer: Signer, stored: Callable[[str], None]) -> None:
        self._files = files
        self._signer = signer
        self._stored = stored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            grant = await run_sync(self._grant, scope, sent)
            if grant.method == "PUT":
                await self._write(grant, sent, receive, send)
            else:
                await self._read(grant, scope, send)
        except StorageRefusal as refusal:
            await refuse(send, refusal.status, refusal.code, refusal.message)
        except _Gone:
            return

    def _grant(self, scope: Scope, sent: dict[str, str]) -> Grant:
        path, query, method = scope["path"], scope["query_string"].decode("latin-1"), scope["method"]
        if not query and method in ("GET", "HEAD"):
            grant = granted(path, {})
            if not self._files.is_public(grant.url):
                raise StorageRefusal(403, "AccessDenied", "Access Denied")
            return grant
        if "authorization" in sent:
            message = (
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string"
                " parameter or the Authorization header should be specified"
            )
            raise StorageRefusal(400, "InvalidArgument", message)
        fields = self._signer.check(path, query)
        if isinstance(fields, tuple):
            raise StorageRefusal(403, *fields)
        grant = granted(path, fields)
        if grant.method != method:
            raise StorageRefusal(403, "SignatureDoesNotMatch", f"The signature of the URL is one for {grant.method}.")
        return grant

    async def _read(self, grant: Grant, scope: Scope, send: Send) -> None:
        found = await run_sync(self._files.with_etag, grant.url)
        if found is None:
            raise StorageRefusal(404, "NoSuchKey", "The specified key does not exist.")
        stored, etag = found
        with self._files.path(stored).open("rb") as file:
            await serve_file(scope, send, file, etag=etag, size=stored.size, fields={})

    async def _write(self, grant: Grant, sent: dict[str, str], receive: Receive, send: Send) -> None:
        if "content-length" not in sent:
            raise StorageRefusal(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        length = int(sent["content-length"])
        if length > LARGEST_PART:
            raise StorageRefusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        etag = await (self._take_part if grant.upload else self._take_whole)(grant, _Body(receive, sent))
        headers = [(b"etag", f'"{etag}"'.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    async def _take_whole(self, grant: Grant, body: "_Body") -> str:
        with self._files.objects.receive(body.length) as incoming:
            async for block in body.blocks():
                await run_sync(incoming.write, block)
            body.check()
        await run_sync(self._files.enter, grant.url, incoming.finish(), body.md5())
        await run_sync(self._stored, grant.url)
        return body.md5()

    async def _take_part(self, grant: Grant, body: "_Body") -> str:
        if not 1 <= grant.part <= MOST_PARTS:
            message = f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive"
            raise StorageRefusal(400, "InvalidArgument", message)
        path = await run_sync(self._files.place, grant.upload, grant.url)
        try:
            with path.open("wb") as file:
                async for block in body.blocks():
                    await run_sync(file.write, block)
            body.check()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        await run_sync(self._files.written, grant.upload, _Part(grant.part, body.length, body.md5(), path))
        return body.md5()


class _Body:
    """The bytes of a request on their way in."""

    def __init__(self, receive: Receive, sent: dict[str, str]) -> None:
        self._receive = receive
        self._stated = sent.get("content-md5")
        self._digest = md5(usedforsecurity=False)
        self.length = int(sent["content-length"])

    async def blocks(self) -> AsyncGenerator[bytes]:
        """The bytes as they come, in blocks that are worth a write.

        Raises:
            _Gone: They end too early.
        """
        waiting: list[bytes] = []
        held = size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            block: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            waiting.append(block)
            held += len(block)
            size += len(block)
            if held >= _BLOCK or not more:
                whole, waiting, held = b"".join(waiting), [], 0
                self._digest.update(whole)
                yield whole
        if size != self.length:
            raise _Gone

    def check(self) -> None:
        """Raises a refusal when the bytes aren't those that a Content-MD5 header stated."""
        if self._stated is not None and base64.b64encode(self._digest.digest()).decode() != self._stated:
            raise StorageRefusal(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")

    def md5(self) -> str:
        """MD5 of the bytes, which is the ETag."""
        return self._digest.hexdigest()
