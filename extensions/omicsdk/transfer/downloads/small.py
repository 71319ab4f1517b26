"""A small file whose answer is as it should be: taken in, checked and written in a few steps, for there may be a million.

Whatever isn't as it should be is handed to a job, with all that came.
"""

from __future__ import annotations

from collections.abc import Mapping

from omicsdk.core.checksums import digest
from omicsdk.core.sending.transport import REDIRECT_STATUSES
from omicsdk.transfer.downloads.job import INLINE
from omicsdk.transfer.items import Item
from omicsdk.transfer.network.heads import parse_head, redirected
from omicsdk.transfer.requests import Location, followed

# How the head of a whole file begins, and that of one that is elsewhere.
_FINE = (b"HTTP/1.1 200", b"HTTP/1.0 200")
_ELSEWHERE = tuple(f"HTTP/1.1 {status}".encode() for status in REDIRECT_STATUSES)
_WANTED = {b"location": "location", b"retry-after": "retry-after"}


class Small:
    """The one request for a small file whose size is stated, or its turn to be sent.

    Args:
        number: The item's number.
        item: What to fetch; see `is_small`.
    """

    __slots__ = ("began", "chunks", "item", "lines", "location", "number", "received", "sent_on", "server")

    present = 0  # bytes that are there and can be kept: nothing is written before all is there

    def __init__(self, number: int, item: Item) -> None:
        assert isinstance(item.locate, Location)
        self.number = number
        self.item = item
        self.location = item.locate
        self.server = item.locate.server
        self.sent_on = False  # whether a redirect was followed
        self.received = 0
        self.chunks: list[bytes] = []
        self.lines: list[bytes] = []
        self.began = 0.0

    def take(self, chunk: bytes, /) -> int | None:
        """Takes bytes of the body; 0 ends the request."""
        self.chunks.append(chunk)
        self.received += len(chunk)
        return None if self.received <= INLINE else 0  # no small file: an error's page, or another file

    def again(self) -> None:
        """Forgets what came, for another request."""
        self.chunks = []
        self.lines = []
        self.received = 0

    def follow(self) -> bool:
        """Turns to where the answer sends it: from a service to a store, as most do; what is longer is a job's business.

        Returns:
            Whether that is so; then the request is to be sent anew.
        """
        if self.sent_on or not _status_line(self.lines).startswith(_ELSEWHERE):
            return False
        headers = parse_head(self.lines, _WANTED)[1]
        there = redirected(self.location.url, headers.get("location", "")) if "retry-after" not in headers else None
        if not there or there == self.location.url:
            return False
        self.location = followed(self.location, there)
        self.server = self.location.server
        self.sent_on = True
        self.again()
        return True

    def verified(self) -> Mapping[str, str] | None:
        """The checksums that were verified, None when the answer isn't the file as it is stated."""
        item = self.item
        if self.received != item.size or not _status_line(self.lines).startswith(_FINE):
            return None
        if item.checksums:
            body = self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
            for algorithm, stated in item.checksums.items():
                if digest(body, algorithm) != stated:
                    return None
        return item.checksums


def _status_line(lines: list[bytes]) -> bytes:
    """That of the last head: a proxy says that a way stands before the server says anything."""
    return next((line for line in reversed(lines) if line.startswith(b"HTTP/")), b"")


def is_small(item: Item) -> bool:
    """Whether an item may be fetched as one: its bytes fit in memory, and where they are is known."""
    return item.size is not None and 0 < item.size <= INLINE and isinstance(item.locate, Location)
