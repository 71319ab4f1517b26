"""How far a transfer is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transfer is.

    Attributes:
        files: How many files there are.
        files_done: How many are there and right (skipped ones too).
        files_failed: How many failed.
        bytes: The sizes of all files together, as far as they are known.
        bytes_done: How many of these bytes are there.
        bytes_fetched: Bytes that came over the network.
        rate: Bytes a second over the last seconds.
        seconds: Since the start.
        final: Whether this is the last call.
    """

    files: int
    files_done: int
    files_failed: int
    bytes: int
    bytes_done: int
    bytes_fetched: int
    rate: float
    seconds: float
    final: bool = False

    @property
    def remaining(self) -> float | None:
        """Seconds until the end at the present rate, None while that can't be told."""
        return (self.bytes - self.bytes_done) / self.rate if self.rate > 0 else None
