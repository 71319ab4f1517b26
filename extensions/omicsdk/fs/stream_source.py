"""A stream that is open on this machine, read in parts."""

from __future__ import annotations

import os
import stat
import threading
import weakref
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from omicsdk.core.errors import SourceChanged

if TYPE_CHECKING:
    from omicsdk.transfer.engine.control import Pace


def state_of(stream: BinaryIO) -> os.stat_result | None:
    """What is known of a file of this machine that is open; None for any other stream.

    Args:
        stream: The stream.
    """
    try:
        status = os.fstat(stream.fileno())
    except (AttributeError, OSError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def is_unsized(status: os.stat_result | None) -> bool:
    """Whether only reading shows the size of a file: those of /proc state 0 bytes, those of /sys 4096, and none has blocks.

    Args:
        status: Its state, as of `state_of`.
    """
    return status is not None and status.st_size in (0, 4096) and getattr(status, "st_blocks", 1) == 0


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
        self._before = state_of(stream)
        if is_unsized(self._before):
            with stream:
                stream, size = BytesIO(stream.read()), None
        self.close = weakref.finalize(self, stream.close)
        self.size = stream.seek(0, 2)
        self._stream = stream
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
