"""A file's bytes one after the other, in bounded memory: what follows is fetched while what came is dealt with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Protocol

from omicsdk.transfer.workers import Workers

#: Bytes of a piece, and how many pieces are fetched ahead.
PIECE = 4 * 1024 * 1024
AHEAD = 3


class Readable(Protocol):
    """What is read: `omicsdk.fs.reading.file_bytes.FileBytes` or something like it."""

    @property
    def size(self) -> int: ...

    def read(self, start: int = 0, end: int | None = None) -> bytes: ...


def stream(file: Readable, start: int | None = None, end: int | None = None, *, piece: int = PIECE) -> Iterator[bytes]:
    """Gives a file's bytes in order.

    Args:
        file: The file.
        start: The first byte, counted from 0, from the end where it is negative; None for the beginning.
        end: The byte behind the last; None for the file's end.
        piece: Bytes of each piece, at most.

    Yields:
        Pieces.
    """
    size = file.size
    first = max(0, size + start) if start is not None and start < 0 else (start or 0)
    last = size if end is None else min(end, size)
    places = iter(range(first, last, piece))
    with Workers(AHEAD, "omicsdk-stream") as pool:
        waiting = deque[Future[bytes]]()
        while True:
            while len(waiting) < AHEAD and (place := next(places, None)) is not None:
                waiting.append(pool.submit(file.read, place, min(place + piece, last)))
            if not waiting:
                return
            yield waiting.popleft().result()
