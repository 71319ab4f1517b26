"""Reading ahead: little where a reader jumps about, more and more where it goes on."""

from __future__ import annotations

from typing import ClassVar

from omicsdk.fs.filesystems.fsspec_parts import BaseCache, Fetcher, register_cache

#: Bytes that are read ahead of a reader that came to a new place.
FIRST = 128 * 1024
#: Blocks that are read ahead at most.
MOST_BLOCKS = 4
#: How many times more are read ahead, each time that a reader goes on where the last bytes ended.
GROWTH = 4


class GrowingReadAhead(BaseCache):
    """What fsspec's files ask for bytes: keeps one window of them, and widens it for a reader that goes straight on.

    Args:
        blocksize: Bytes of a block.
        fetcher: Gives the bytes from a place to another.
        size: The file's size.
    """

    name: ClassVar[str] = "growing"

    def __init__(self, blocksize: int, fetcher: Fetcher, size: int) -> None:
        super().__init__(blocksize, fetcher, size)
        self._start = 0
        self._window = b""
        self._most = MOST_BLOCKS * blocksize
        self._ahead = min(FIRST, self._most)

    def _fetch(self, start: int | None, stop: int | None) -> bytes:
        start = start or 0
        stop = self.size if stop is None else min(stop, self.size)
        if start >= stop:
            return b""
        end = self._start + len(self._window)
        if self._start <= start and stop <= end:
            self.hit_count += 1
            return self._window[start - self._start : stop - self._start]
        self.miss_count += 1
        goes_on = self._start <= start <= end
        self._ahead = min(self._most, self._ahead * GROWTH if goes_on and end else FIRST)
        kept = self._window[start - self._start :] if goes_on else b""
        self._window, self._start = b"", start  # let go before more come
        came = self.fetcher(start + len(kept), min(self.size, stop + self._ahead))
        self.total_requested_bytes += len(came)
        self._window = kept + came if kept else came
        return self._window[: stop - start]


register_cache(GrowingReadAhead, clobber=True)
