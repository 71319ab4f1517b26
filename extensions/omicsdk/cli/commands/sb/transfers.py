"""What uploads and downloads of `omics sb files` have in common: one transfer, drawn, reported, and told at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfer_reports import AGAIN, told
from omicsdk.cli.commands.transfer_reports import watched as transferred
from omicsdk.core.errors import UsageError
from omicsdk.sb.errors import SbgError
from omicsdk.sb.transfer.failures import as_sbg, remedy_of
from omicsdk.sb.transfer.store import TAKEN

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.core.errors import OmicsError
    from omicsdk.transfer import Control, Outcome, Progress, TransferReport

_REPLACE = "Give --overwrite to replace it, or upload to another folder."


def watched(
    work: Callable[[Callable[[Progress], None] | None, Control], TransferReport],
    arguments: Mapping[str, Any],
    console: Console,
    title: str,
) -> TransferReport:
    """Runs a transfer with a progress bar and a report; Ctrl-C stops it so that the same command goes on from there.

    Args:
        work: The transfer.
        arguments: Those of the command.
        console: Where progress and failures are told.
        title: What it is.

    Raises:
        SomeFailed: All failed; the error itself where there is one.
        TransferError: It ended before its end.
    """
    report = transferred(work, arguments, console, title)
    errors = _errors_of(report.failed)
    told(report, errors, arguments, console, title, remedy=remedy_of(errors, taken=_REPLACE, again=AGAIN))
    return report


def _errors_of(failed: Sequence[Outcome]) -> list[OmicsError]:
    """Why files failed, in the platform's words where it has some."""
    found: list[OmicsError] = []
    for outcome in failed:
        if outcome.error is None:
            continue
        error = as_sbg(outcome.error)
        name = outcome.label or outcome.name
        if name not in str(error):
            named = SbgError(f"{name}: {error.message}", error.code, error.status, remedy=error.remedy)
            named.__cause__ = error
            error = named
        if error.remedy == TAKEN:
            error.remedy = _REPLACE
        found.append(error)
    return found


def check_names(names: Sequence[str], remedy: str) -> None:
    """Refuses two files that would be one.

    Args:
        names: Where they go.
        remedy: What to do.

    Raises:
        UsageError: There are two.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(f"two files would both be {name}", remedy=remedy)
        seen.add(name)
