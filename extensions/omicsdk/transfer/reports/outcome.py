"""What became of one file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple, Self

from omicsdk.core.errors import APIError, Interrupted, OmicsError, TransferError
from omicsdk.transfer.reports.words import without_secrets

State = Literal["done", "skipped", "failed", "stopped", "planned"]

#: Every state, in the order that reports name them.
STATES: tuple[State, ...] = ("done", "skipped", "failed", "stopped", "planned")
#: The states of files that are at their target.
PRESENT: frozenset[State] = frozenset({"done", "skipped"})

#: What is known of a file's bytes: a checksum that was stated or confirmed for them is theirs; only the stated size is; nothing
#: was stated that they could be compared with.
Verification = Literal["verified", "size only", "unverified"]

#: Each of them, the best first.
VERIFICATIONS: tuple[Verification, ...] = ("verified", "size only", "unverified")


def verification_of(checksums: Collection[str], size: int | None) -> Verification:
    """Names what a file was verified by.

    Args:
        checksums: The stated checksums that its bytes were compared with.
        size: The stated size that they were compared with, None when none was stated. The length in the head of the answer
            that brings the bytes is no such size: a wrong file has the right one.
    """
    return "verified" if checksums else "size only" if size is not None else "unverified"


def recorded_verification(fields: Collection[object]) -> Verification:
    """Reads one from the last fields of a record; those of earlier versions have none.

    Args:
        fields: The fields.
    """
    for kind in VERIFICATIONS:
        if any(field == kind for field in fields):
            return kind
    return "unverified"


def worse_of(one: Verification, other: Verification) -> Verification:
    """What is known of a file that went two ways, one after the other."""
    return one if VERIFICATIONS.index(one) > VERIFICATIONS.index(other) else other


def verification_words(counts: Mapping[Verification, int]) -> str:
    """Writes how many files were verified and how ("3 verified, 1 size only"); "" for none.

    Args:
        counts: How many files there are of each kind.
    """
    return ", ".join(f"{counts[kind]:,} {kind}" for kind in VERIFICATIONS if counts.get(kind))


class Outcome(NamedTuple):  # four times cheaper to make than a frozen dataclass, and there may be a million
    """What became of one file.

    Attributes:
        name: The file's path within the target folder.
        state: done (transferred), skipped (was at its target already), failed (see error), stopped (before its end;
            the next run goes on), planned (by a dry run).
        size: Its size in bytes, None when it never became known.
        bytes_fetched: Bytes that came over the network for it, those that came twice included.
        bytes_kept: Bytes that an earlier run had fetched.
        checksums: Its checksums as far as they are known; of a download those that were verified, empty when the platform
            states none.
        verified: What its bytes were compared with, in words.
        attempts: Requests that were made for its bytes; a large file takes several.
        seconds: From its first request to its last, or the time that checking it took.
        error: Why it failed.
        retries: How often it was tried again after a failure.
        plan: What a dry run says would happen with it, in words; "" in any other run.
        label: What messages call it, where that isn't its name.
        verification: Whether its bytes were compared with a checksum (verified), with the stated size only (size only), or
            with nothing (unverified). It counts for files that are done or skipped.
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
    verification: Verification = "unverified"

    def __repr__(self) -> str:
        from omicsdk.core.display import short_repr

        usual = self._field_defaults
        return short_repr("Outcome", (each for each in self._asdict().items() if each[1] != usual.get(each[0])))

    @classmethod
    def of_error(cls, name: str, error: OmicsError, size: int | None = None) -> Self:
        """Return the outcome of a file that was not transferred: stopped where the error is Interrupted, else failed.

        Args:
            name: The file's name.
            error: Why it was not.
            size: Its size in bytes, where it is known.
        """
        return cls(name, "stopped" if isinstance(error, Interrupted) else "failed", size, error=error)

    @property
    def is_gone(self) -> bool:
        """Whether a storage answered that it lacks the file, of which there may be another copy."""
        # A platform that gives no URL at all makes no attempt: it was asked for all copies.
        return self.attempts > 0 and isinstance(self.error, APIError) and self.error.status in (403, 404, 410)

    @property
    def is_present(self) -> bool:
        """Whether the file is at its target: done or skipped."""
        return self.state in PRESENT

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON; the error as its type, message and remedy, without the query of any URL."""
        told: dict[str, object] = {
            "name": self.name,
            "state": self.state,
            "size": self.size,
            "bytes_fetched": self.bytes_fetched,
            "bytes_kept": self.bytes_kept,
            "checksums": dict(self.checksums),
            "verification": self.verification if self.is_present else None,
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
