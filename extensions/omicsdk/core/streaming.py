"""The body of a streamed answer: bytes as they arrive, never whole in memory."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError

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
