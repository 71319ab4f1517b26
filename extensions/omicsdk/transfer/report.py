"""What a transfer did: the progress while it runs, and the outcome of every file at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from omicsdk.core.errors import OmicsError, SomeFailed, first_of

State = Literal["done", "skipped", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Outcome:
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
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
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


@dataclass(frozen=True, slots=True)
class Report:
    """What a whole transfer did.

    Attributes:
        outcomes: One for each item, in the items' order.
        seconds: How long it took.
    """

    outcomes: tuple[Outcome, ...]
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every file is there and right."""
        return all(outcome.state in ("done", "skipped") for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The files that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")

    @property
    def stopped(self) -> tuple[Outcome, ...]:
        """The files that were stopped before their end."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "stopped")

    @property
    def counts(self) -> dict[State, int]:
        """How many files are in each state."""
        found = Counter(outcome.state for outcome in self.outcomes)
        return {state: found[state] for state in ("done", "skipped", "failed", "stopped")}

    @property
    def bytes_fetched(self) -> int:
        """Bytes that came over the network."""
        return sum(outcome.bytes_fetched for outcome in self.outcomes)

    def raise_if_failed(self) -> None:
        """Raises when a file failed.

        Raises:
            OmicsError: The error of the only one that failed.
            SomeFailed: Several did; `errors` has each.
        """
        errors = [outcome.error for outcome in self.failed if outcome.error is not None]
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise SomeFailed(f"{len(errors)} of {len(self.outcomes)} files failed: {first_of(errors)}", errors)

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON."""
        return {
            "ok": self.ok,
            "counts": self.counts,
            "bytes_fetched": self.bytes_fetched,
            "seconds": round(self.seconds, 3),
            "files": [outcome.to_dict() for outcome in self.outcomes],
        }


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
