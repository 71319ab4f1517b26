"""A response's body that arrives in pieces."""

from collections.abc import AsyncIterator, Iterator

import httpx


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, which may break off; `sent` counts those that were read."""

    def __init__(self, *pieces: bytes, broken: bool = False) -> None:
        self.pieces, self.broken, self.sent, self.closed = pieces, broken, 0, False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.sent += 1
            yield piece
        if self.broken:
            raise httpx.ReadError("reset")

    def close(self) -> None:
        self.closed = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece
