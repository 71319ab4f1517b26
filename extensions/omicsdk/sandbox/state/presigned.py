"""URLs that give access to one object until a time, and the serving of those objects.

The query of such a URL is signed with a key of the sandbox and ends by the sandbox's clock. Refusals are in S3's
XML, since that is what clients of the real platforms meet.
"""

import hashlib
import hmac
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, urlencode

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.sandbox.state.objects import ObjectStore

PREFIX = "/_objects/"
_BLOCK = 1024 * 1024
# Reading so little from the page cache is quicker than handing it to another thread.
_INLINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of an object that an answer carries.

    Attributes:
        start: The first byte's offset.
        length: How many bytes.
        partial: True when a range was asked for and is answered.
    """

    start: int
    length: int
    partial: bool


class Unsatisfiable(Exception):
    """The range lies outside the object."""


def parse_range(header: str | None, size: int) -> Slice:
    """What to send for a Range header. More than one range, or another unit, is answered whole, as S3 does.

    Args:
        header: The header's value, or None.
        size: The object's length in bytes.

    Returns:
        The slice to send.

    Raises:
        Unsatisfiable: The range begins after the end.
    """
    whole = Slice(0, size, partial=False)
    if not header or not header.startswith("bytes=") or "," in header:
        return whole
    first, dash, last = header.removeprefix("bytes=").strip().partition("-")
    if not dash or not (first + last).isdecimal():
        return whole
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise Unsatisfiable
        return Slice(size - length, length, partial=True)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return whole
    if start >= size:
        raise Unsatisfiable
    return Slice(start, end - start + 1, partial=True)


class Signer:
    """Makes and checks presigned URLs.

    Args:
        key: The secret that signs; the same after a restart, so that URLs outlive one.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, key: bytes, now: Callable[[], float]) -> None:
        self._key = key
        self._now = now

    def url(
        self, origin: str, sha256: str, *, seconds: float, content_type: str = "", disposition: str = "", name: str = ""
    ) -> str:
        """A URL of an object.

        Args:
            origin: Scheme, host and port of the sandbox as the client reaches it.
            sha256: The object.
            seconds: For how long it is good, in the sandbox's time.
            content_type: The Content-Type of the answer; default application/octet-stream.
            disposition: The Content-Disposition of the answer; default none.
            name: What the URL's path ends in, for people who read it; default the object's name.

        Returns:
            The URL.
        """
        path = f"{PREFIX}{sha256}" + (f"/{name}" if name else "")
        fields: dict[str, str] = {}
        if content_type:
            fields["response-content-type"] = content_type
        if disposition:
            fields["response-content-disposition"] = disposition
        return self.signed(origin, path, seconds, fields)

    def signed(self, origin: str, path: str, seconds: float, fields: Mapping[str, str] | None = None) -> str:
        """A URL of any path, for servers that check it themselves.

        Args:
            origin: Scheme, host and port of the sandbox as the client reaches it.
            path: The path, not quoted yet.
            seconds: For how long it is good, in the sandbox's time.
            fields: What its query says besides, signed too; default nothing.

        Returns:
            The URL.
        """
        stated = {"X-Sandbox-Expires": str(math.floor(1000 * (self._now() + seconds)) / 1000), **(fields or {})}
        stated["X-Sandbox-Signature"] = self._sign(path, stated)
        return f"{origin}{quote(path)}?{urlencode(stated)}"

    def _sign(self, path: str, fields: Mapping[str, str]) -> str:
        text = path + "\n" + urlencode(sorted(fields.items()))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def check(self, path: str, query: str) -> tuple[str, str] | Mapping[str, str]:
        """Checks a URL.

        Args:
            path: Its path, decoded: clients quote the same path in different ways.
            query: Its query as sent.

        Returns:
            The fields of the query, or (code, message) of S3's refusal.
        """
        fields = dict(parse_qsl(query, keep_blank_values=True))
        signature = fields.pop("X-Sandbox-Signature", "")
        if not hmac.compare_digest(signature.encode(), self._sign(path, fields).encode()):
            return "SignatureDoesNotMatch", "The signature in the URL is not that of this object and these parameters."
        if self._now() >= float(fields["X-Sandbox-Expires"]):
            return "AccessDenied", "Request has expired"
        return fields


class ObjectServer:
    """The ASGI application that serves presigned URLs, straight from disk and never whole in memory.

    Args:
        objects: The contents.
        signer: Checks the URLs.
    """

    def __init__(self, objects: ObjectStore, signer: Signer) -> None:
        self._objects = objects
        self._signer = signer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        if scope["method"] not in ("GET", "HEAD"):
            await refuse(send, 405, "MethodNotAllowed", "The method is not allowed against this resource.")
            return
        path: str = scope["path"]
        checked = self._signer.check(path, scope["query_string"].decode("latin-1"))
        if isinstance(checked, tuple):
            await refuse(send, 403, *checked)
            return
        sha256 = path.removeprefix(PREFIX).partition("/")[0]
        found = self._objects.get(sha256)
        if found is None:
            await refuse(send, 404, "NoSuchKey", "The specified key does not exist.")
            return
        # An open file stays readable when a reset removes its name.
        file = self._objects.path(sha256).open("rb")
        try:
            await serve_file(scope, send, file, etag=found.s3_etag, size=found.size, fields=checked)
        finally:
            file.close()


async def serve_file(
    scope: Scope, send: Send, file: BinaryIO, *, etag: str, size: int, fields: Mapping[str, str]
) -> None:
    """Answers a GET or HEAD as S3 does: ranges, conditions, blocks straight from disk.

    Args:
        scope: The request's ASGI scope.
        send: Where the answer goes.
        file: The contents, open; left open.
        etag: Their ETag, without quotes.
        size: Their length in bytes.
        fields: The URL's query; `response-content-type` and `response-content-disposition` count.
    """
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    etag = f'"{etag}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Last-Modified": formatdate(int(os.fstat(file.fileno()).st_mtime), usegmt=True),
        "Content-Type": fields.get("response-content-type", "application/octet-stream"),
        # A stored page would else be one of ours to a browser, and could use the sandbox's own pages.
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if "response-content-disposition" in fields:
        headers["Content-Disposition"] = fields["response-content-disposition"]
    if asked.get(b"if-match", etag) not in (etag, "*"):
        await refuse(send, 412, "PreconditionFailed", "At least one of the preconditions did not hold.")
        return
    if asked.get(b"if-none-match") in (etag, "*"):
        await _start(send, 304, headers)
        await send({"type": "http.response.body"})
        return
    unchanged = asked.get(b"if-range", etag) in (etag, headers["Last-Modified"])
    try:
        part = parse_range(asked.get(b"range") if unchanged else None, size)
    except Unsatisfiable:
        range_header = {"Content-Range": f"bytes */{size}"}
        await refuse(send, 416, "InvalidRange", "The requested range is not satisfiable", range_header)
        return
    headers["Content-Length"] = str(part.length)
    if part.partial:
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{size}"
    await _start(send, 206 if part.partial else 200, headers)
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body"})
        return
    file.seek(part.start)
    left = part.length
    while left > 0:
        wanted = min(left, _BLOCK)
        block = file.read(wanted) if wanted <= _INLINE else await run_sync(file.read, wanted)
        left -= len(block)
        await send({"type": "http.response.body", "body": block, "more_body": left > 0})
        if not block:  # the file on disk was cut: an unfinished answer tells the client
            return
    if part.length == 0:
        await send({"type": "http.response.body"})


async def _start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    raw = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def refuse(send: Send, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
    """Refuses in S3's XML."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    content = body.encode()
    await _start(
        send, status, {**(headers or {}), "Content-Type": "application/xml", "Content-Length": str(len(content))}
    )
    await send({"type": "http.response.body", "body": content})
