"""The storage behind the commons: contents by URL, multipart uploads, presigned URLs, and their responses as S3's and Google's."""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import md5
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.core.checksums import MIB, Digests, base64_of, digest
from omicsdk.sandbox.document import Operation, Pairs
from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import is_blank
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import headers_of
from omicsdk.sandbox.service import Call, SandboxContext, Service, bearer_token
from omicsdk.sandbox.state.clock import Jobs
from omicsdk.sandbox.state.database import Database, Table
from omicsdk.sandbox.state.objects import ObjectStore, Part, StoredObject, Uploads, no_upload
from omicsdk.sandbox.state.presigned import LEAST_PART, MOST_PARTS, Body, Signer, StorageServer, not_allowed
from omicsdk.sandbox.state.settings import Settings

# The bucket that uploads go to.
BUCKET = "sandbox-gen3"
PREFIX = "/gen3/_storage"
_METHOD, _UPLOAD, _PART = "method", "uploadId", "partNumber"


# -- presigned URLs


@dataclass(frozen=True, slots=True)
class Grant:
    """The permission of a presigned URL.

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


def presigned(signer: Signer, origin: str, grant: Grant, seconds: float) -> str:
    """A URL to read or write an object with.

    Args:
        signer: Signs it.
        origin: Scheme, host and port as the client reaches them.
        grant: Its permission.
        seconds: Validity in seconds.
    """
    fields = {_METHOD: grant.method}
    if grant.upload:
        fields |= {_UPLOAD: grant.upload, _PART: str(grant.part)}
    path = f"{PREFIX}/{grant.url.replace('://', '/', 1)}"
    return signer.signed(origin, path, seconds, fields)


# -- stored objects


@dataclass(frozen=True, slots=True)
class _File:
    """The content at a storage URL.

    Attributes:
        url: The URL.
        sha256: The content.
        etag: The ETag that it is served with, without quotes.
        stored: When it came there, in the sandbox's time.
    """

    url: str
    sha256: str
    etag: str
    stored: float


@dataclass(frozen=True, slots=True)
class _Upload:
    """An upload in parts, and the storage URL that it is to."""

    id: str
    url: str


class Files:
    """Contents by storage URL, and uploads in parts that are not complete.

    Args:
        database: The sandbox's database.
        objects: The contents.
        now: The sandbox's time in seconds since 1970.

    Attributes:
        objects: The contents.
        uploads: The uploads in parts.
    """

    def __init__(self, database: Database, objects: ObjectStore, now: Callable[[], float]) -> None:
        self.objects = objects
        self.uploads = Uploads(database, objects, "gen3", _Upload)
        self._table = Table(database, "gen3_files", _File)
        self._now = now

    def put(self, url: str, content: bytes) -> StoredObject:
        """Store bytes.

        Args:
            url: Its URL, such as s3://sandbox-gen3/KEY; an existing content is replaced.
            content: The bytes.
        """
        stored = self.objects.put_bytes(content)
        self.enter(url, stored, md5(content, usedforsecurity=False).hexdigest())
        return stored

    def enter(self, url: str, stored: StoredObject, etag: str) -> None:
        """Put a content that is in the store at a URL.

        Args:
            url: Its URL; an existing content is replaced.
            stored: The content.
            etag: The ETag that it is served with, without quotes.
        """
        self._table.put(_File(url, stored.sha256, etag, self._now()))

    def find(self, url: str) -> StoredObject | None:
        """The content at a URL; None when there is none."""
        content = self.with_etag(url)
        return content[0] if content else None

    def with_etag(self, url: str) -> tuple[StoredObject, str] | None:
        """The content at a URL with the ETag that it is served with, without quotes; None when there is none."""
        row = self._table.get(url)
        stored = self.objects.get(row.sha256) if row else None
        return (stored, row.etag) if row and stored else None

    def path(self, stored: StoredObject) -> Path:
        """The path of a content's bytes."""
        return self.objects.path(stored.sha256)

    def has_bucket(self, url: str) -> bool:
        """Whether the bucket of a URL is one of the commons': that of uploads, or one with contents."""
        scheme, _, rest = url.partition("://")
        bucket = f"{scheme}://{rest.partition('/')[0]}/"
        return bucket == f"s3://{BUCKET}/" or bool(self.below(bucket))

    def below(self, url: str) -> dict[str, float]:
        """The URLs that begin with one, in order, and when something was stored there."""
        # A range of the index, unlike LIKE, which has wildcards; it ends before the last character of Unicode.
        rows = self._table.all("url >= ? AND url < ?", url, f"{url}\U0010ffff", order="url")
        return {row.url: row.stored for row in rows}

    def remove(self, url: str) -> bool:
        """Remove what is at a URL and return whether something was."""
        return self._table.remove(url=url) > 0

    # -- uploads in parts, as S3 has them: begin, parts in any order, complete with the list of them

    def begin(self, url: str) -> str:
        """Begin an upload and return its identity.

        Args:
            url: URL of the content, such as s3://sandbox-gen3/KEY.
        """
        id = secrets.token_urlsafe(48)
        self.uploads.table.add(_Upload(id, url))
        return id

    def check(self, upload: str, url: str) -> None:
        """Refuse an upload that is not under way to a URL.

        Raises:
            Problem: 404; there is no such upload to that URL.
        """
        if self.uploads.table.get(upload) != _Upload(upload, url):
            raise no_upload()

    def complete(self, upload: str, url: str, listed: Sequence[tuple[int, str]]) -> None:
        """Make one content of the listed parts.

        Args:
            upload: The upload.
            url: Its URL, as at the beginning.
            listed: Number and ETag of each part, in the order of their numbers; parts that are not listed are dropped.

        Raises:
            Problem: There is no such upload, or the parts are not those that have come, or in another order, or one that
                is not the last is too small.
        """
        self.check(upload, url)
        parts = _chosen(self.uploads.known(upload), listed)
        with self.objects.receive(sum(part.size for part in parts)) as incoming:
            for block in self.uploads.blocks(parts):
                incoming.write(block)
        joined = digest(b"".join(bytes.fromhex(part.etag) for part in parts), "md5")
        with self.uploads.transaction():
            self.check(upload, url)  # another user may have completed it
            self.enter(url, incoming.finish(), f"{joined}-{len(parts)}")
            self.uploads.drop(upload)


def _chosen(received: Mapping[int, Part], requested: Sequence[tuple[int, str]]) -> list[Part]:
    if not requested:
        raise Problem(400, "MalformedXML", "The XML you provided was not well-formed")
    numbers = [number for number, _ in requested]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise Problem(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
    chosen: list[Part] = []
    for number, etag in requested:
        part = received.get(number)
        if part is None or part.etag != etag.strip('"'):
            raise Problem(400, "InvalidPart", "One or more of the specified parts could not be found.")
        chosen.append(part)
    if any(part.size < LEAST_PART for part in chosen[:-1]):
        raise Problem(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    return chosen


# -- the server


class Storage(StorageServer):
    """The ASGI application below the prefix of presigned URLs.

    Args:
        files: The contents by URL, and the uploads in parts.
        signer: Checks the URLs.
        stored: Called with each URL that something was uploaded to.
    """

    def __init__(self, files: Files, signer: Signer, stored: Callable[[str], None]) -> None:
        super().__init__(files.objects, signer)
        self._files = files
        self._stored = stored

    async def response(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        grant = await run_sync(self._grant, scope)
        if grant.method == "PUT":
            body = Body(scope, receive, "md5")
            if body.length is None:
                raise Problem(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
            await (self._take_part if grant.upload else self._take_whole)(grant, body)
            await self.accept(send, body.checksum)
        else:
            content, etag = await run_sync(self._files.with_etag, grant.url) or (None, "")
            await self.give(scope, send, content, etag=etag)

    def _grant(self, scope: Scope) -> Grant:
        if not scope["query_string"]:
            raise Problem(403, "AccessDenied", "Access Denied")
        if "authorization" in headers_of(scope):
            raise Problem(400, "InvalidArgument", "Only one auth mechanism allowed")
        fields, url = self.checked(scope), scope["path"].removeprefix(f"{PREFIX}/").replace("/", "://", 1)
        grant = Grant(fields[_METHOD], url, fields.get(_UPLOAD, ""), int(fields.get(_PART, "0")))
        if grant.method != scope["method"]:
            raise Problem(403, "SignatureDoesNotMatch", f"The signature of the URL is one for {grant.method}.")
        return grant

    async def _take_whole(self, grant: Grant, body: Body) -> None:
        await _receive(self._files, grant.url, body)
        await run_sync(self._stored, grant.url)

    async def _take_part(self, grant: Grant, body: Body) -> None:
        if not 1 <= grant.part <= MOST_PARTS:
            raise Problem(
                400, "InvalidArgument", f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive"
            )
        await run_sync(self._files.check, grant.upload, grant.url)
        uploads = self._files.uploads
        file = uploads.new_file()
        try:
            await body.save(uploads.path(grant.upload, file))
        except BaseException:
            uploads.path(grant.upload, file).unlink(missing_ok=True)
            raise
        part = Part(grant.upload, grant.part, body.size, body.checksum, file)
        await run_sync(uploads.enter, part)


async def _receive(files: Files, url: str, body: Body) -> None:
    """Store the bytes of a request at a storage URL."""
    with files.objects.receive(body.length) as incoming:
        async for block in body.blocks():
            await run_sync(incoming.write, block)
    await run_sync(files.enter, url, incoming.finish(), body.checksum)


# -- Google's


GOOGLE_PREFIX = "/google"
PAYING = "google.requester_pays"


class GoogleStorage(StorageServer):
    """The ASGI application below its prefix, at the paths of Google's XML API: /BUCKET/KEY.

    Args:
        files: The contents by URL.
        access: The users whose tokens are accepted in place of those of Google accounts.
        signer: As for every storage; nothing here is signed.
        settings: The switches.
    """

    def __init__(self, files: Files, access: Access, signer: Signer, settings: Settings) -> None:
        super().__init__(files.objects, signer)
        self._files, self._access, self._settings = files, access, settings

    async def response(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        bucket, _, key = scope["path"].removeprefix(f"{GOOGLE_PREFIX}/").partition("/")
        url, method = f"gs://{bucket}/{key}", scope["method"]
        if method not in ("GET", "HEAD", "PUT"):
            raise not_allowed()
        await run_sync(self._check, headers_of(scope))
        pays = parse_qs(scope["query_string"].decode("latin-1")).get("userProject")
        if bucket in map(str.strip, self._settings.text(PAYING).split(",")) and not pays:
            raise Problem(400, "UserProjectMissing", "Bucket is a requester pays bucket but no user project provided.")
        if method == "PUT":
            body = Body(scope, receive, "md5")
            await _receive(self._files, url, body)
            await self.accept(send, body.checksum)
            return
        content, etag = await run_sync(self._files.with_etag, url) or (None, "")
        headers = dict[str, str]()
        if content is not None:
            headers["X-Goog-Hash"] = f"crc32c={base64_of(content.crc32c)},md5={base64_of(etag)}"
            headers |= {"X-Goog-Stored-Content-Encoding": "identity", "X-Goog-Stored-Content-Length": str(content.size)}
        await self.give(scope, send, content, headers, etag=etag)

    def _check(self, headers: Mapping[str, str]) -> None:
        is_own = hmac.compare_digest(bearer_token(headers).encode(), self._access.secrets.token.encode())
        if not is_own and not self._access.anyone(headers).number:
            message = "Anonymous caller does not have storage.objects access to the Google Cloud Storage object."
            raise Problem(403, "AccessDenied", message)


_INDEXING = "indexing"


class Indexing:
    """Uploads whose records wait for size and hashes.

    Args:
        files: The contents of the commons' buckets.
        index: The records.
        context: State and settings that all services share.

    Attributes:
        jobs: What is due.
    """

    def __init__(self, files: Files, index: Index, context: SandboxContext) -> None:
        self._files = files
        self._records = index
        self._clock = context.clock
        self._settings = context.settings
        self.jobs = Jobs(context.database, "gen3_indexing", context.clock.now)
        self.jobs.on(_INDEXING, self._index, slow=True)

    def stored(self, url: str) -> None:
        """Note that something was uploaded to a URL, if the file of a blank record goes there."""
        if self._settings.flag("gen3.indexing") and self._blank(url) is not None:
            self.jobs.schedule(_INDEXING, url, self._clock.now() + self._settings.number("gen3.indexing_seconds"))

    def before(self, service: Service) -> Service:
        """A service whose requests first do what is due."""

        def settle(_call: Call) -> None:
            self.jobs.settle()

        def at_once(operation: Operation, query: Pairs) -> bool:
            return service.at_once(operation, query) and not self.jobs.is_due()  # files are read for due jobs

        return replace(service, before=settle, at_once=at_once)

    def _index(self, url: str, _at: float) -> None:
        record = self._blank(url)
        stored = self._files.find(url)
        if record is None or stored is None:
            return
        hashes = _hashes(self._files.path(stored))
        self._records.update(record["did"], {"size": stored.size, "hashes": hashes, "urls": [url]})

    def _blank(self, url: str) -> dict[str, Any] | None:
        """The record that an object belongs to, while it has neither size nor hashes.

        Keys are GUID/name, and both may have slashes.
        """
        key = url.split("/", 3)[3]
        while "/" in key:
            key = key.rpartition("/")[0]
            if (record := self._records.get(key)) is not None:
                return record if is_blank(record) else None
        return None


def _hashes(path: Path) -> dict[str, str]:
    digests = Digests(("md5", "sha1", "sha256", "sha512", "crc32"))
    with path.open("rb") as file:
        while block := file.read(MIB):
            digests.update(block)
    values = digests.values()
    return {"crc": values.pop("crc32"), **values}
