"""What the engine and the storage say went wrong, as errors of this package that are those of the core as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.compat.sevenbridges.errors import NO_CODE, SbgError
from omicsdk.core.documented.errors import documented
from omicsdk.core.errors import (
    Interrupted,
    OmicsError,
    RateLimited,
    ServerError,
    SomeFailed,
    TransferError,
    TransportError,
    TruncatedTransfer,
)
from omicsdk.sb.store import is_taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omicsdk.transfer import TransferReport


class TransferFailed(SbgError, TransferError):
    """A file didn't arrive.

    Args:
        message: What happened, and to what.
        name: The file, where it is about one.
        remedy: What to do.
    """

    def __init__(self, message: object = None, *, name: str = "", remedy: str | None = None) -> None:
        super().__init__(message, NO_CODE, NO_CODE, remedy=remedy)
        self.name = name


class FolderFailed(TransferFailed, SomeFailed):
    """Some files of a folder didn't arrive; the others are there.

    Args:
        message: How many of how many, and the first reasons.
        errors: What went wrong, one a file that failed; at most the first 1,000.
        report: What became of each file.
        remedy: What to do.
    """

    def __init__(
        self, message: str, errors: Sequence[OmicsError], report: TransferReport, *, remedy: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.errors = tuple(errors)
        self.report = report


def as_sbg(error: BaseException) -> SbgError:
    """Gives an error as one of this package's.

    Args:
        error: What was raised.

    Returns:
        Itself when it is one, or the platform's own words that it stands for; else one that is of its class, too.
    """
    if isinstance(error, SbgError):
        return error
    if isinstance(error.__cause__, SbgError):
        return error.__cause__
    if isinstance(error, OmicsError):
        made = documented(error, SbgError)
        for name, value in (("code", NO_CODE), ("status", NO_CODE), ("more_info", None), ("request_id", None)):
            vars(made).setdefault(name, value)
    else:
        made = TransferFailed(f"The transfer ended with {type(error).__name__}: {error}")
    made.__cause__ = error
    return made


def remedy_of(errors: Sequence[OmicsError], *, taken: str, again: str) -> str:
    """What to do about files that failed: it depends on why they did.

    Args:
        errors: Why each did; none where they were only stopped.
        taken: What to do about those that are there already.
        again: What to do about those that may go well another time, as a sentence that begins with a verb.

    Returns:
        Sentences.
    """
    there = [error for error in errors if is_taken(error)]
    others = [error for error in errors if not is_taken(error)]
    told = [taken] if there else []
    if others and not all(map(_may_pass, others)):
        told.append(f"Mend what each of them says, then {again[:1].lower()}{again[1:]}")
    elif others or not there:
        told.append(again)
    return " ".join(told)


def _may_pass(error: OmicsError) -> bool:
    """Whether another try may go well with nothing changed."""
    return isinstance(error, TransportError | ServerError | RateLimited | Interrupted | TruncatedTransfer)
