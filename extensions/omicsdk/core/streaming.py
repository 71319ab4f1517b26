"""The body of a streamed answer: bytes as they arrive, never whole in memory, and the items that they are."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

from omicsdk.core.errors import AnswerTooLarge, OmicsError

if TYPE_CHECKING:
    import httpx

CHUNK = 1 << 16
"""Bytes that `iter_bytes` gives at a time, unless told otherwise."""


class _Body:
    """What both faces of a streamed body show."""

    def __init__(self, response: "httpx.Response", translate: Callable[[Exception], OmicsError | None]) -> None:
        self._response = response
        self._translate = translate
        self._left = b""
        self._broken: Exception | None = None

    @property
    def status_code(self) -> int:
        """HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> "httpx.Headers":
        """The answer's headers; names are looked up without regard to case."""
        return self._response.headers

    @property
    def url(self) -> str:
        """Where the bytes come from, after redirects; a presigned URL is a secret: don't log it."""
        return str(self._response.url)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} status {self.status_code}>"

    def _taken(self, chunk: bytes, size: int) -> bytes:
        self._left, taken = (chunk[size:], chunk[:size]) if size >= 0 else (b"", chunk)
        return taken

    def _begun(self) -> tuple[list[bytes], int]:
        if self._broken is not None:
            raise self._translate(self._broken) or self._broken
        return [self._left], len(self._left)

    def _break(self, error: Exception, *, arrived: bool) -> None:
        """Remember an error for the next read when there is something to give first, else raise it."""
        if not arrived:
            raise self._translate(error) or error from error
        self._broken = error


class Body(_Body):
    """A streamed body, read in a `with` block.

    Content-Encoding is undone. A body that ends early raises TransportError.
    """

    def __init__(self, response: "httpx.Response", translate: Callable[[Exception], OmicsError | None]) -> None:
        super().__init__(response, translate)
        self._source = response.iter_bytes()

    def iter_bytes(self, chunk_size: int = CHUNK) -> Iterator[bytes]:
        """The bytes in chunks of `chunk_size` (the last may be shorter)."""
        while data := self.read(chunk_size):
            yield data

    def arriving(self) -> Iterator[bytes]:
        """The bytes in the pieces in which they arrive.

        Raises:
            TransportError: The connection broke before the body's end.
        """
        try:
            yield from self._source
        except Exception as error:
            raise self._translate(error) or error from error

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, or all that is left; empty at the end.

        Raises:
            TransportError: The connection broke before the body's end. What arrived until then is given first, unless
                all was asked for.
        """
        pieces, got = self._begun()
        try:
            while size < 0 or got < size:
                piece = next(self._source, None)
                if piece is None:
                    break
                pieces.append(piece)
                got += len(piece)
        except Exception as error:
            self._break(error, arrived=size >= 0 and got > 0)
        return self._taken(b"".join(pieces), size)


class AsyncBody(_Body):
    """A streamed body, read in an `async with` block."""

    def __init__(self, response: "httpx.Response", translate: Callable[[Exception], OmicsError | None]) -> None:
        super().__init__(response, translate)
        self._source = response.aiter_bytes()

    async def iter_bytes(self, chunk_size: int = CHUNK) -> AsyncIterator[bytes]:
        """The bytes in chunks of `chunk_size` (the last may be shorter)."""
        while data := await self.read(chunk_size):
            yield data

    async def arriving(self) -> AsyncIterator[bytes]:
        """The bytes in the pieces in which they arrive.

        Raises:
            TransportError: The connection broke before the body's end.
        """
        try:
            async for piece in self._source:
                yield piece
        except Exception as error:
            raise self._translate(error) or error from error

    async def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, or all that is left; empty at the end.

        Raises:
            TransportError: The connection broke before the body's end. What arrived until then is given first, unless
                all was asked for.
        """
        pieces, got = self._begun()
        try:
            while size < 0 or got < size:
                piece = await anext(self._source, None)
                if piece is None:
                    break
                pieces.append(piece)
                got += len(piece)
        except Exception as error:
            self._break(error, arrived=size >= 0 and got > 0)
        return self._taken(b"".join(pieces), size)


class Frames:
    """Cuts the bytes of an answer into its items, as they arrive; pure.

    Args:
        media_type: How items are framed: `application/json-seq` (RFC 7464), `text/event-stream`, of which an item is a JSON
            object of an event's fields, or lines.
        limit: Bytes of the longest item; what exceeds it is an error, since it is held in memory.
    """

    def __init__(self, media_type: str, limit: int) -> None:
        kind = media_type.partition(";")[0].strip().lower()
        self._is_events = kind == "text/event-stream"
        self._mark = b"\x1e" if kind == "application/json-seq" else b"\n"
        self._limit = limit
        self._rest = b""
        self._fields: dict[str, str] = {}
        self._last_id = ""
        self._after_return = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Give the items that a chunk completes.

        Raises:
            AnswerTooLarge: An item exceeds the limit.
        """
        if self._is_events:
            chunk = self._with_plain_ends(chunk)
        *whole, self._rest = (self._rest + chunk).split(self._mark)
        if len(self._rest) > self._limit:
            raise AnswerTooLarge(f"An item of the answer is larger than {self._limit:,} bytes (answer_limit)")
        for piece in whole:
            if self._is_events:
                yield from self._event(piece)
            elif piece.strip():
                yield piece.strip()

    def end(self) -> Iterator[bytes]:
        """Give what is left at the end of the answer: a last line without an end. An event without one counts for nothing."""
        if not self._is_events and self._rest.strip():
            yield self._rest.strip()

    def _with_plain_ends(self, chunk: bytes) -> bytes:
        # Lines of events may end with CR LF, LF or CR, and a chunk between CR and LF.
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if chunk:
            self._after_return = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _event(self, line: bytes) -> Iterator[bytes]:
        """Take a line of an event stream (WHATWG HTML, 9.2.6); the empty one ends an event."""
        if not line:
            fields, self._fields = self._fields, {}
            if (
                fields.get("data", "[DONE]") != "[DONE]"
            ):  # which says, by a common convention, that there is nothing more
                yield json.dumps({**fields, **({"id": self._last_id} if self._last_id else {})}).encode()
            return
        text = line.decode("utf-8", errors="replace").removeprefix("\ufeff")
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._fields["data"] = f"{self._fields['data']}\n{value}" if "data" in self._fields else value
        elif name == "event" or (name == "retry" and value.isascii() and value.isdigit()):
            self._fields[name] = value
        elif name == "id" and "\0" not in value:
            self._last_id = value
