"""What uploads and downloads of `omics sb files` have in common: one transfer, drawn, reported, and told at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.reports import report_path, tell_failures, write_report
from omicsdk.cli.commands.transfers import control_of
from omicsdk.core.errors import SomeFailed, TransferError, UsageError
from omicsdk.sb.errors import SbgError
from omicsdk.sb.transfer.failures import as_sbg, remedy_of
from omicsdk.sb.transfer.store import TAKEN
from omicsdk.transfer.interrupts import termination

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.core.errors import OmicsError
    from omicsdk.transfer import Control, Outcome, Progress, TransferReport

_REPLACE = "Give --overwrite to replace it, or upload to another folder."
STOPPED = "Stopped. The same command goes on where this one ended."


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
    path = report_path(arguments.get("report"))
    control = control_of(arguments.get("limit_rate"), arguments.get("time_budget"))
    drawing: AbstractContextManager[Callable[[Progress], None] | None] = (
        nullcontext() if arguments.get("quiet") else console.progress(title)
    )
    with drawing as progress, termination():
        try:
            report = work(progress, control)
        except KeyboardInterrupt:
            control.stop("interrupt")
            console.message(STOPPED)
            raise
    errors = _errors_of(report.failed)
    if path is not None:
        write_report(path, report, errors, title)
        console.message(f"what became of each file stands in {path}")
    counts = report.counts
    there = counts["done"] + counts["skipped"] + counts.get("planned", 0)
    if errors and not there:
        if len(errors) == 1:
            raise errors[0]
        remedy = remedy_of(errors, taken=_REPLACE, again="Run the same command again: what is done is not sent twice.")
        raise SomeFailed(f"{counts['failed']} of {len(report.outcomes)} files failed", errors, remedy=remedy)
    tell_failures(errors, console)
    if report.why_stopped:
        raise TransferError(
            f"{report.why_stopped}; {there} of {len(report.outcomes)} files are there",
            remedy="The same command goes on where this one ended.",
        )
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
            told = SbgError(f"{name}: {error.message}", error.code, error.status, remedy=error.remedy)
            told.__cause__ = error
            error = told
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
