"""Bytes in order from any source: streams that are open on this machine, and reads ahead over several connections."""

from __future__ import annotations

import os
import stat
import threading
import weakref
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from typing import BinaryIO, Protocol, runtime_checkable

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import SourceChanged
from omicsdk.core.threads import Workers
from omicsdk.transfer.ranges import Pace, Source

#: Bytes a second over one connection above which several bring no more: they would wait for each other here.
FAST = 50e6
#: Bytes of a piece, and how many pieces are fetched ahead.
PIECE = 4 * 1024 * 1024
AHEAD = 4


def state_of(stream: BinaryIO) -> os.stat_result | None:
    """What is known of a file of this machine that is open; None for any other stream.

    Args:
        stream: The stream.
    """
    try:
        found = os.fstat(stream.fileno())
    except (AttributeError, OSError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def is_another(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was written to.

    Args:
        before: Its earlier state.
        after: Its present state.
    """
    return (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)


class StreamSource:
    """A stream that is open on this machine as a Source, read by one thread at a time.

    Args:
        stream: The stream; seeks to any place.
        size: Its size as stated, None if it is not.
        title: Its name in messages.
        pace: Limits the rate; None for no limit.

    Attributes:
        close: Closes the stream. Garbage collection does so too, before it reaches the stream itself.
    """

    def __init__(self, stream: BinaryIO, size: int | None, title: str, pace: Pace | None) -> None:
        self.close = weakref.finalize(self, stream.close)
        self.size = stream.seek(0, 2)
        self._stream = stream
        self._before = state_of(stream)
        self._lock = threading.Lock()
        self._title = title
        self._pace = pace
        if size not in (None, self.size):
            self.close()
            raise SourceChanged(f"{title}: it has {self.size} bytes instead of {size}", name=title)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Read bytes, as `Ranges.read`."""
        end = self.size if end is None else end
        with self._lock:
            self._stream.seek(start)
            data = b"".join(iter(lambda: self._stream.read(end - self._stream.tell()), b""))
            after = state_of(self._stream)
        if self._pace is not None:
            self._pace.passed(len(data))
        if len(data) != end - start:
            raise SourceChanged(f"{self._title}: it was truncated while it was read", name=self._title)
        if self._before and after and is_another(self._before, after):
            raise SourceChanged(f"{self._title}: it was written to while it was read", name=self._title)
        return data


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
        began = clock.monotonic()
        data = file.read(first, first + piece)
        fast = len(data) >= FAST * (clock.monotonic() - began)
        first += len(data)
        yield data
        for data in file.stream(first, last) if fast else ():
            first += len(data)
            yield data
    places = iter(range(first, last, piece))
    with Workers(AHEAD, "omicsdk-stream") as pool:
        waiting = deque[Future[bytes]]()
        while True:
            while len(waiting) < AHEAD and (place := next(places, None)) is not None:
                waiting.append(pool.submit(file.read, place, min(place + piece, last)))
            if not waiting:
                return
            yield waiting.popleft().result()
