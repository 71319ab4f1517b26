"""Bytes in order from any source, read ahead over several connections."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from omicsdk.core.checksums import Digests, cheapest
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import ChecksumMismatch
from omicsdk.core.threads import Workers
from omicsdk.transfer.ranges import Source

if TYPE_CHECKING:
    from concurrent.futures import Future

#: Bytes a second over one connection above which several bring no more: they would wait for each other here.
FAST = 50e6
#: Bytes of a piece, and how many pieces are fetched ahead.
PIECE = 4 * 1024 * 1024
AHEAD = 4


@runtime_checkable
class Streamed(Source, Protocol):
    """A source that also gives its bytes as they arrive."""

    def stream(self, start: int, end: int) -> Iterator[bytes]:
        """Yield bytes in order over one connection; fewer than was requested where the rest has to be read."""
        ...


def stream(
    file: Source, start: int | None = None, end: int | None = None, *, piece: int = PIECE, clock: Clock = SYSTEM_CLOCK
) -> Generator[bytes]:
    """Yield a file's bytes in order: as they arrive where one connection is fast, else some pieces ahead of the reader.

    Args:
        file: The file.
        start: The first byte, counted from 0, from the end where it is negative; None for the beginning.
        end: The byte after the last; None for the file's end.
        piece: Bytes of each piece that is read, at most.
        clock: Measures how fast the first one comes.

    Yields:
        Pieces.
    """
    size = file.size
    first = max(0, size + start) if start is not None and start < 0 else (start or 0)
    last = size if end is None else min(end, size)
    if isinstance(file, Streamed) and last - first > piece:
        start_time = clock.monotonic()
        data = file.read(first, first + piece)
        fast = len(data) >= FAST * (clock.monotonic() - start_time)
        first += len(data)
        yield data
        for data in file.stream(first, last) if fast else ():
            first += len(data)
            yield data
    # A single piece needs no threads.
    if first < last <= first + piece:
        yield file.read(first, last)
        return
    places = iter(range(first, last, piece))
    with Workers(AHEAD, "omicsdk-stream") as pool:
        waiting: deque[Future[bytes]] = deque()
        while True:
            while len(waiting) < AHEAD and (offset := next(places, None)) is not None:
                waiting.append(pool.submit(file.read, offset, min(offset + piece, last)))
            if not waiting:
                return
            yield waiting.popleft().result()


class Comparison:
    """Compares a whole file's bytes with what its platform states.

    Args:
        checksums: The file's checksums, of which the one that costs least is compared; without any, none is.
        size: The file's size in bytes, if it is stated.
        title: Its name in messages.
    """

    def __init__(self, checksums: Mapping[str, str], size: int | None, title: str) -> None:
        self._title = title
        self._expected = cheapest(checksums)
        self._digests = Digests(self._expected, size)

    def update(self, data: bytes) -> None:
        """Add the bytes that follow."""
        self._digests.update(data)

    def finish(self) -> None:
        """Compare.

        Raises:
            ChecksumMismatch: The bytes differ from what is stated.
        """
        for name, actual in self._digests.values().items():
            if actual != self._expected[name]:
                raise ChecksumMismatch(self._title, algorithm=name, expected=self._expected[name], actual=actual)


def checked(pieces: Iterable[bytes], checksums: Mapping[str, str], size: int | None, title: str) -> Generator[bytes]:
    """Yield a whole file's bytes, compared with what its platform states before the last piece is passed on.

    Args:
        pieces: The bytes in order.
        checksums: The file's checksums, of which the one that costs least is compared; without any, none is.
        size: The file's size in bytes, if it is stated.
        title: Its name in messages.

    Raises:
        ChecksumMismatch: They differ.
    """
    comparison, last = Comparison(checksums, size, title), b""
    for piece in pieces:
        if last:
            yield last
        comparison.update(piece)
        last = piece
    comparison.finish()
    if last:
        yield last
