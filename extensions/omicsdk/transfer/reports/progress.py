"""How far a transfer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What a transfer is at: looking at what is there and asking for URLs, moving bytes, waiting for a server to be ready
#: again, hashing and landing what came, paused by its user, over.
Phase = Literal["preparing", "moving", "waiting", "finishing", "paused", "over"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transfer is.

    Attributes:
        files: How many files there are; None until their source has come to its end.
        files_done: How many are at their target (skipped ones too).
        files_failed: How many failed.
        bytes: The sizes of all files together, as far as they are known, without those that failed; at least `bytes_done`.
        bytes_done: How many of these bytes are there.
        bytes_fetched: Bytes that came over the network, those that came twice included.
        rate: Bytes a second over the last seconds.
        seconds: Since the start.
        final: Whether this is the last call.
        unsized: How many files that haven't come to their end state no size.
        retries: How often something was tried again after a failure.
        connections: Requests that are under way.
        phase: What it is at.
    """

    files: int | None
    files_done: int
    files_failed: int
    bytes: int
    bytes_done: int
    bytes_fetched: int
    rate: float
    seconds: float
    final: bool = False
    unsized: int = 0
    retries: int = 0
    connections: int = 0
    phase: Phase = "moving"

    @property
    def remaining(self) -> float | None:
        """Seconds until the end, None while that can't be told.

        By the present rate; where sizes are unknown, by the files that came to their end so far.
        """
        if self.final:
            return 0.0
        if self.files is None:
            return None
        if not self.unsized:
            left = self.bytes - self.bytes_done
            return 0.0 if left <= 0 else left / self.rate if self.rate > 0 else None
        ended = self.files_done + self.files_failed
        return self.seconds * max(0, self.files - ended) / ended if ended else None

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1, by bytes, or by files where sizes are unknown; None while that can't be told."""
        if self.files is None:
            return None
        if not self.unsized and self.bytes:
            return self.bytes_done / self.bytes
        return min(1.0, (self.files_done + self.files_failed) / self.files) if self.files else 1.0


def phase_of(*, final: bool, paused: bool, connections: int, preparing: int, waiting: int) -> Phase:
    """Names what a transfer is at.

    Args:
        final: Whether it is over.
        paused: Whether its user paused it.
        connections: Requests that are under way.
        preparing: Files that are looked at, or asked for their URLs.
        waiting: Files that wait for their server, or for a connection.
    """
    if final:
        return "over"
    if paused:
        return "paused"
    if connections:
        return "moving"
    if preparing:
        return "preparing"
    return "waiting" if waiting else "finishing"
