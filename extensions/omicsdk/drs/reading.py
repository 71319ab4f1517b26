"""Reading an object without storing it: a file that can be sought, over one connection at a time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from omicsdk.core.client import Client, beside
from omicsdk.core.errors import APIError, OmicsError, TransferError, TransportError, UsageError
from omicsdk.core.origins import origin_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from omicsdk.core.streaming import Body
    from omicsdk.drs.client import Drs
    from omicsdk.drs.identifiers import DrsId
    from omicsdk.drs.resolution import ResolutionSettings
    from omicsdk.drs.servers import Servers
    from omicsdk.transfer import Location

BUFFER = 1 << 18
"""Bytes that are read ahead of a reader's own requests."""
RETRIES = 5
"""Failures without a byte in between that end a read."""
_EXPIRED = frozenset({400, 401, 403, 410})
"""What storages answer for a presigned URL that has expired."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@contextmanager
def open_object(
    client: Drs, what: str | DrsId, *, preferred: Sequence[str] = (), settings: ResolutionSettings | None = None
) -> Generator[BinaryIO]:
    """Open an object for reading; it can be sought, and nothing is stored.

    A broken connection is resumed where it broke. Checksums are not verified: they are of the whole object.

    Args:
        what: The object: `drs://HOST/ID`, a compact identifier, or an identifier alone, which the base URL's server has.
        preferred: Types, clouds or regions of storage that are tried first, such as `gs`.
        settings: How prefixes of compact identifiers are resolved; by default as the environment says.

    Raises:
        NotADrsId: It is not an identifier.
        NotFound: Its server has no such object.
        UsageError: It is a bundle.
        TransferError: While reading: the object changed, or its storage does not serve ranges.
    """
    with client.servers(settings) as servers, opened(client, what, servers, preferred) as file:
        yield file


@contextmanager
def opened(client: Client, what: str | DrsId, servers: Servers, preferred: Sequence[str] = ()) -> Generator[BinaryIO]:
    """Open an object of a server; errors are those of `open_object`.

    Args:
        client: Whose connections are used.
        what: The object.
        servers: The servers; they stay open.
        preferred: Types, clouds or regions of storage that are tried first.
    """
    from omicsdk.drs.identifiers import parse_drs_id

    identifier = parse_drs_id(what) if isinstance(what, str) else what
    server = servers.of(identifier)
    found = server.describe(identifier)
    if found.is_bundle:
        raise UsageError(f"{identifier} is a bundle", remedy="List it, and open one of its files.")
    raw = RangeReader(client, server.locator(found, preferred), found.name, found.size)
    with io.BufferedReader(raw, BUFFER) as file:
        yield file


class _Storage(Client):
    """Where bytes are."""

    def ask(self, request: Any) -> httpx.Response:
        """The answer to a request, its body not yet read."""
        return self._exchange.send(request, stream=True)


class RangeReader(io.RawIOBase):
    """A file of an HTTP storage. Reading on uses the open answer; seeking elsewhere begins another with a Range.

    Args:
        client: Whose settings and connections are used; none of its credentials are sent.
        locate: Requests where the bytes are; called again when a URL has expired.
        name: What errors call the file.
        size: Its size in bytes; None to take it from the storage.
    """

    def __init__(self, client: Client, locate: Callable[[], Location], name: str, size: int | None = None) -> None:
        self._client = client
        self._locate = locate
        self._name = name
        self._size = size
        self._at = 0
        self._location: Location | None = None
        self._answer: httpx.Response | None = None
        self._body: Body | None = None
        self._validator = ""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_END and self._size is None:
            self._ensure_open(0)
            if self._size is None:
                raise io.UnsupportedOperation(f"{self._name}: its size is not known")
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size or 0}[whence]
        target = begin + offset
        if target < 0:
            raise ValueError(f"negative position {target}")
        if target != self._at:
            self._drop()
            self._at = target
        return target

    def readinto(self, buffer: Any, /) -> int:
        if not len(buffer) or (self._size is not None and self._at >= self._size):
            return 0
        left, renewed = RETRIES, False
        while True:
            try:
                piece = self._ensure_open(self._at).read(len(buffer))
            except OmicsError as error:
                self._drop()
                expired = isinstance(error, APIError) and error.status in _EXPIRED and not renewed
                passing = isinstance(error, TransportError) or expired
                if not passing or not left:
                    raise
                left -= 1
                if expired:
                    self._location, renewed = None, True
                continue
            buffer[: len(piece)] = piece
            self._at += len(piece)
            return len(piece)

    def close(self) -> None:
        self._drop()
        super().close()

    def _drop(self) -> None:
        answer, self._answer, self._body = self._answer, None, None
        if answer is not None:
            answer.close()

    def _ensure_open(self, at: int) -> Body:
        """The body of an answer that begins at a position."""
        if self._body is not None:
            return self._body
        from omicsdk.core.request import Request
        from omicsdk.core.sending.transport import transport_error
        from omicsdk.core.streaming import Body
        from omicsdk.transfer.downloads.answers import is_strong, validator_in

        location = self._location or self._locate()
        self._location = location
        headers = [("accept", "*/*"), ("accept-encoding", "identity"), *location.headers.items()]
        if at:
            headers.append(("range", f"bytes={at}-"))
            if is_strong(self._validator):
                headers.append(("if-range", self._validator))
        request = Request(
            "GET", location.url, tuple(headers), None, idempotent=True, secured=False, operation="open", streams=True
        )
        storage = beside(self._client, _Storage, origin_of(location.url), None)
        answer = storage.ask(request)
        try:
            self._check(answer, at, validator_in(answer.headers))
        except TransferError:
            answer.close()
            raise
        self._answer = answer
        self._body = Body(answer, partial(transport_error, request=request, response=answer))
        return self._body

    def _check(self, answer: httpx.Response, at: int, validator: str) -> None:
        """Make sure that an answer begins where it is to, and is of the same version as those before it."""
        begins = _RANGE.match(answer.headers.get("content-range", ""))
        if at and (answer.status_code != 206 or begins is None or int(begins[1]) != at):
            raise TransferError(
                f"{self._name}: its storage did not serve the bytes from {at}",
                remedy="It changed, or its storage serves whole files only: download it.",
            )
        if self._validator and validator != self._validator:
            raise TransferError(f"{self._name}: it changed while it was read", remedy="Open it again.")
        self._validator = validator
        if self._size is None:
            stated = begins[2] if begins is not None else answer.headers.get("content-length", "")
            self._size = int(stated) if stated.isdecimal() else None
