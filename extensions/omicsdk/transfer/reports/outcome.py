"""What became of one file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from omicsdk.core.errors import OmicsError, TransferError
from omicsdk.transfer.reports.words import without_secrets

State = Literal["done", "skipped", "failed", "stopped", "planned"]

#: Every state, in the order that reports name them.
STATES: tuple[State, ...] = ("done", "skipped", "failed", "stopped", "planned")


class Outcome(NamedTuple):  # four times cheaper to make than a frozen dataclass, and there may be a million
    """What became of one file.

    Attributes:
        name: The file's path within the target folder.
        state: done (fetched and verified), skipped (was there and right), failed (see error), stopped (before its end;
            the next run goes on), planned (by a dry run).
        size: Its size in bytes, None when it never became known.
        bytes_fetched: Bytes that came over the network for it, those that came twice included.
        bytes_kept: Bytes that an earlier run had fetched.
        checksums: The checksums that were verified; empty when the platform states none.
        verified: What its bytes were held against, in words.
        attempts: Requests that were made for its bytes; a large file takes several.
        seconds: From its first request to its last, or the time that checking it took.
        error: Why it failed.
        retries: How often it was tried again after a failure.
        plan: What a dry run says would happen with it, in words; "" in any other run.
        label: What messages call it, where that isn't its name.
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
    retries: int = 0
    plan: str = ""
    label: str = ""

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON; the error as its type, message and remedy, without the query of any URL."""
        told: dict[str, object] = {
            "name": self.name,
            "state": self.state,
            "size": self.size,
            "bytes_fetched": self.bytes_fetched,
            "bytes_kept": self.bytes_kept,
            "checksums": dict(self.checksums),
            "verified": self.verified,
            "attempts": self.attempts,
            "retries": self.retries,
            "seconds": round(self.seconds, 3),
        }
        if self.label:
            told["label"] = without_secrets(self.label)
        if self.plan:
            told["plan"] = self.plan
        if self.error is not None:
            told["error"] = error_words(self.error)
        return told


class ReportedError(TransferError):
    """An error as a report tells it, when the report has been read from a file.

    Args:
        kind: The name of the class that it was.
        message: What that one said.
        remedy: What to do.
        name: The file that it is about.
    """

    def __init__(self, kind: str, message: str, *, remedy: str = "", name: str = "") -> None:
        super().__init__(message, remedy=remedy, name=name)
        self.kind = kind

    def __str__(self) -> str:
        return self.message


def error_words(error: OmicsError) -> dict[str, str]:
    """Gives an error's type, message (with the remedy) and remedy, without the query of any URL."""
    kind = error.kind if isinstance(error, ReportedError) else type(error).__name__
    return {"type": kind, "message": without_secrets(str(error)), "remedy": without_secrets(error.remedy)}
