"""The storage behind the commons: what answers presigned URLs, as S3 does."""

import base64
from collections.abc import AsyncGenerator, Callable
from hashlib import md5

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.sandbox.gen3.files import Files
from omicsdk.sandbox.gen3.storage_uploads import LARGEST_PART, MOST_PARTS, Part, PartUploads, StorageRefusal
from omicsdk.sandbox.gen3.storage_urls import Grant, granted
from omicsdk.sandbox.state.objects import ObjectStore
from omicsdk.sandbox.state.presigned import Signer, refuse, serve_file

_BLOCK = 1024 * 1024


class _Gone(Exception):
    """The client has gone before the body's end."""


class Storage:
    """The ASGI application below the prefix of presigned URLs.

    Args:
        files: The contents by URL.
        uploads: The uploads in parts.
        objects: Where contents are written to.
        signer: Checks the URLs.
        stored: Told of each URL that something was uploaded to.
    """

    def __init__(
        self,
        files: Files,
        uploads: PartUploads,
        objects: ObjectStore,
        signer: Signer,
        stored: Callable[[str], None],
    ) -> None:
        self._files = files
        self._uploads = uploads
        self._objects = objects
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
        with self._objects.receive(body.length) as incoming:
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
        path = await run_sync(self._uploads.place, grant.upload, grant.url)
        try:
            with path.open("wb") as file:
                async for block in body.blocks():
                    await run_sync(file.write, block)
            body.check()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        await run_sync(self._uploads.written, grant.upload, Part(grant.part, body.length, body.md5(), path))
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
