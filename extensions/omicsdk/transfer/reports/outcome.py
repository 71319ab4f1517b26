"""What became of one file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from omicsdk.core.errors import OmicsError

State = Literal["done", "skipped", "failed", "stopped"]

#: Every state, in the order that reports name them.
STATES: tuple[State, ...] = ("done", "skipped", "failed", "stopped")


class Outcome(NamedTuple):  # four times cheaper to make than a frozen dataclass, and there may be a million
    """What became of one file.

    Attributes:
        name: The file's path within the target folder.
        state: done (fetched and verified), skipped (was there and right), failed (see error), stopped (before its end;
            the next run goes on).
        size: Its size in bytes, None when it never became known.
        bytes_fetched: Bytes that came over the network for it, those that came twice included.
        bytes_kept: Bytes that an earlier run had fetched.
        checksums: The checksums that were verified; empty when the platform states none.
        verified: What its bytes were held against, in words.
        attempts: Requests that were made for its bytes.
        seconds: From its first request to its last, or the time that checking it took.
        error: Why it failed.
    """

    name: str
    state: State
    size: int | None = None
    bytes_fetched: int = 0
    bytes_kept: int = 0
    checksums: Mapping[str, str] = {}
    verified: str = ""
    attempts: int = 0
    seconds: float = 0.0
    error: OmicsError | None = None

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON; the error as its type and its message."""
        told: dict[str, object] = {
            "name": self.name,
            "state": self.state,
            "size": self.size,
            "bytes_fetched": self.bytes_fetched,
            "bytes_kept": self.bytes_kept,
            "checksums": dict(self.checksums),
            "verified": self.verified,
            "attempts": self.attempts,
            "seconds": round(self.seconds, 3),
        }
        if self.error is not None:
            told["error"] = {"type": type(self.error).__name__, "message": str(self.error)}
        return told
