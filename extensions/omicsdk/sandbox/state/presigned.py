"""URLs that give access to one object until a time, and the storage that reads and writes objects by them.

The query of such a URL is signed with a key of the sandbox and ends by the sandbox's clock. Refusals are in S3's
XML, since that is what clients of the real platforms meet.
"""

import hmac
import math
import os
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from io import FileIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, urlencode

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.core.checksums import MIB, Digests
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import headers_of
from omicsdk.sandbox.state.objects import DeclaredChecksums, ObjectStore, StoredObject

PREFIX = "/_objects/"
# Headers of a response by the fields of its URL's query that state them.
_HEADERS = {"response-content-type": "Content-Type", "response-content-disposition": "Content-Disposition"}
# Smallest part but the last, in bytes; S3's limit.
LEAST_PART = 5 * MIB
# Largest part, or object that is sent whole, in bytes; S3's limit.
LARGEST_PART = 5 * 1024 * MIB
# Number of parts of an upload; S3's limit.
MOST_PARTS = 10_000
_WRITING = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
# Reading so little from the page cache is quicker than handing it to another thread.
_INLINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of an object that a response carries.

    Attributes:
        start: The first byte's offset.
        length: Number of bytes.
        partial: True when a range was requested and is answered.
    """

    start: int
    length: int
    partial: bool


# Python reads no number of more than 4,300 digits.
_RANGE = re.compile(r"bytes= *(?!- *\Z)([0-9]{0,4000})-([0-9]{0,4000}) *")


class Unsatisfiable(Exception):
    """The range is outside the object."""


def parse_range(header: str | None, size: int) -> Slice:
    """The bytes to send for a Range header. More than one range, or another unit, is answered whole, as S3 does.

    Args:
        header: The header's value, or None.
        size: The object's length in bytes.

    Returns:
        The slice to send.

    Raises:
        Unsatisfiable: The range begins after the end.
    """
    whole = Slice(0, size, partial=False)
    if (match := _RANGE.fullmatch(header or "")) is None:
        return whole
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise Unsatisfiable
        return Slice(size - length, length, partial=True)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    # Such a range is invalid, and ignored (RFC 9110, 14.1.1 and 14.2).
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
            seconds: Validity in seconds, in the sandbox's time.
            content_type: The Content-Type of the response; default application/octet-stream.
            disposition: The Content-Disposition of the response; default none.
            name: The end of the URL's path, for readability; default the object's name.

        Returns:
            The URL.
        """
        path = f"{PREFIX}{sha256}" + (f"/{name}" if name else "")
        fields = {"response-content-type": content_type, "response-content-disposition": disposition}
        return self.signed(origin, path, seconds, {name: value for name, value in fields.items() if value})

    def signed(self, origin: str, path: str, seconds: float, fields: Mapping[str, str] | None = None) -> str:
        """A URL of any path, for servers that check it themselves.

        Args:
            origin: Scheme, host and port of the sandbox as the client reaches it.
            path: The path, not quoted yet.
            seconds: Validity in seconds, in the sandbox's time.
            fields: Other parameters of its query, signed too; default none.

        Returns:
            The URL.
        """
        parameters = {"X-Sandbox-Expires": str(math.floor(1000 * (self._now() + seconds)) / 1000), **(fields or {})}
        query = _sorted(parameters)
        return f"{origin}{quote(path)}?{query}&X-Sandbox-Signature={self._sign(path, query)}"

    def _sign(self, path: str, query: str) -> str:
        return hmac.digest(self._key, f"{path}\n{query}".encode(), "sha256").hex()

    def check(self, path: str, query: str) -> Mapping[str, str]:
        """Check a URL.

        Args:
            path: Its path, decoded: clients quote the same path in different ways.
            query: Its query as sent.

        Returns:
            The fields of the query.

        Raises:
            Problem: 403; the signature is wrong, or the URL's time is over.
        """
        fields = dict(parse_qsl(query, keep_blank_values=True))
        signature = fields.pop("X-Sandbox-Signature", "")
        if not hmac.compare_digest(signature.encode(), self._sign(path, _sorted(fields)).encode()):
            message = "The signature in the URL is not that of this object and these parameters."
            raise Problem(403, "SignatureDoesNotMatch", message)
        # It is signed, so it exists and is a number.
        if self._now() >= float(fields["X-Sandbox-Expires"]):
            raise Problem(403, "AccessDenied", "Request has expired")
        return fields


def _sorted(fields: Mapping[str, str]) -> str:
    """A query in the order of its names, which is what signatures are of."""
    return urlencode(sorted(fields.items()))


class ClientGone(Exception):
    """The client disconnected before the end of its request: nothing waits for a response."""


class Body:
    """The bytes of a PUT on their way in.

    Args:
        scope: The request's ASGI scope.
        receive: Gives the bytes.
        checksum: The algorithm whose value `checksum` is.

    Attributes:
        length: The request's Content-Length; None without one.
        size: Number of received bytes.

    Raises:
        Problem: 400, they are more than S3 takes; 501, they are in chunks.
    """

    def __init__(self, scope: Scope, receive: Receive, checksum: str) -> None:
        sent = headers_of(scope)
        self.length = int(sent["content-length"]) if "content-length" in sent else None
        self.size = 0
        self._receive = receive
        self._checksum = checksum
        self._declared = DeclaredChecksums(sent)
        if self._declared.is_chunked:  # or the lengths of its chunks would be stored with them
            raise Problem(501, "NotImplemented", "Bodies in chunks (aws-chunked) are taken by the S3 server only.")
        self._digests = Digests((checksum,))
        self._check_size(self.length or 0)

    @property
    def checksum(self) -> str:
        """The checksum of what has come, in hex digits."""
        return self._digests.values()[self._checksum]

    async def blocks(self) -> AsyncGenerator[bytes]:
        """The bytes as they arrive, in blocks that are worth a write.

        Raises:
            ClientGone: They end too early.
            Problem: 400; they are not those whose checksums the request stated, or more than S3 takes.
        """
        waiting: list[bytes] = []
        buffered = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            waiting.append(message.get("body", b""))
            buffered += len(waiting[-1])
            more = message.get("more_body", False)
            if buffered >= MIB or not more:
                block, waiting, buffered = b"".join(waiting), [], 0
                self._declared.update(block)
                self.size += len(block)
                self._check_size(self.size)
                self._digests.update(block)
                yield block
        if self.length not in (None, self.size):
            raise ClientGone
        self._declared.check()

    async def save(self, path: Path, offset: int = 0) -> None:
        """Write the bytes to a file; other arguments and errors are those of `blocks`.

        Args:
            path: The file; made when it does not exist.
            offset: Their offset in it.
        """
        with os.fdopen(os.open(path, _WRITING, 0o600), "wb", buffering=0) as file:
            file.seek(offset)
            async for block in self.blocks():
                await run_sync(_write, file, block)

    def _check_size(self, size: int) -> None:
        if size > LARGEST_PART:
            raise Problem(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")


def _write(file: FileIO, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]


class StorageServer:
    """An ASGI application that answers as S3 does, straight from disk and never with a whole object in memory.

    Args:
        objects: The contents.
        signer: Checks the URLs.
    """

    def __init__(self, objects: ObjectStore, signer: Signer) -> None:
        self.objects = objects
        self.signer = signer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a Problem becomes its refusal."""
        try:
            await self.response(scope, receive, send)
        except ClientGone:
            return
        except Problem as problem:
            kind, content = self.refusal(problem)
            headers = {"Content-Type": kind, "Content-Length": str(len(content))}
            await _start(send, problem.status, {**problem.headers, **headers})
            await send({"type": "http.response.body", "body": content})

    def refusal(self, problem: Problem) -> tuple[str, bytes]:
        """The type and body of the response to a refused request."""
        error = f"<Error><Code>{problem.code}</Code><Message>{problem.title}</Message></Error>"
        return "application/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'.encode()

    async def response(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; here GET and HEAD of objects by their name, at the URLs of `Signer.url`.

        Raises:
            Problem: It is refused.
        """
        del receive  # GET has no body
        if scope["method"] not in ("GET", "HEAD"):
            raise not_allowed()
        fields = self.checked(scope)
        stored = self.objects.get(scope["path"].removeprefix(PREFIX).partition("/")[0])
        headers = {header: fields[name] for name, header in _HEADERS.items() if name in fields}
        await self.give(scope, send, stored, headers)

    def checked(self, scope: Scope) -> Mapping[str, str]:
        """The fields of a request's signed query; the error is that of `Signer.check`."""
        return self.signer.check(scope["path"], scope["query_string"].decode("latin-1"))

    async def give(
        self, scope: Scope, send: Send, stored: StoredObject | None, headers: Mapping[str, str] = {}, *, etag: str = ""
    ) -> None:
        """Answer a GET or HEAD: ranges, conditions, blocks straight from disk.

        Args:
            scope: The request's ASGI scope.
            send: ASGI's function for the response.
            stored: The object.
            headers: Headers of the response; the Content-Type is by default application/octet-stream.
            etag: Its ETag, without quotes; by default that for parts of 64 MiB.

        Raises:
            Problem: There is no object, a condition does not hold, or the range is outside.
        """
        if stored is None:
            raise Problem(404, "NoSuchKey", "The specified key does not exist.")
        # An open file stays readable when a reset removes its name.
        with self.objects.path(stored.sha256).open("rb") as file:
            await _serve(scope, send, file, headers, etag=f'"{etag or stored.s3_etag}"', size=stored.size)

    async def accept(self, send: Send, etag: str) -> None:
        """Answer a PUT whose bytes are kept.

        Args:
            send: ASGI's function for the response.
            etag: Their ETag, without quotes.
        """
        await _start(send, 200, {"ETag": f'"{etag}"', "Content-Length": "0"})
        await send({"type": "http.response.body"})


def not_allowed() -> Problem:
    """The refusal of a method that an object does not have."""
    return Problem(405, "MethodNotAllowed", "The method is not allowed against this resource.")


async def _serve(scope: Scope, send: Send, file: BinaryIO, more: Mapping[str, str], *, etag: str, size: int) -> None:
    request_headers = headers_of(scope)
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Last-Modified": formatdate(int(os.fstat(file.fileno()).st_mtime), usegmt=True),
        "Content-Type": "application/octet-stream",
        # A stored page would otherwise have the sandbox's origin in a browser, and could use the sandbox's own pages.
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
        **more,
    }
    if request_headers.get("if-match", etag) not in (etag, "*"):
        raise Problem(412, "PreconditionFailed", "At least one of the preconditions did not hold.")
    if request_headers.get("if-none-match") in (etag, "*"):
        await _start(send, 304, headers)
        await send({"type": "http.response.body"})
        return
    # An If-Range that does not match makes the range void: the whole object is sent (RFC 9110, 13.1.5).
    unchanged = request_headers.get("if-range", etag) in (etag, headers["Last-Modified"])
    try:
        part = parse_range(request_headers.get("range") if unchanged else None, size)
    except Unsatisfiable:
        outside = {"Content-Range": f"bytes */{size}"}
        raise Problem(416, "InvalidRange", "The requested range is not satisfiable", outside) from None
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
        amount = min(left, MIB)
        block = file.read(amount) if amount <= _INLINE else await run_sync(file.read, amount)
        left -= len(block)
        await send({"type": "http.response.body", "body": block, "more_body": left > 0})
        if not block:  # the file on disk was cut: an unfinished response shows it to the client
            return
    if part.length == 0:
        await send({"type": "http.response.body"})


async def _start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    raw = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
