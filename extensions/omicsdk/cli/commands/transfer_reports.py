"""What commands that upload or download have in common: one transfer, drawn, reported, and told at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.cli.commands.reports import report_path, tell_failures, tell_report
from omicsdk.cli.commands.transfers import control_of
from omicsdk.core.errors import SomeFailed, TransferError
from omicsdk.transfer.interrupts import report_of, termination
from omicsdk.transfer.reports.outcome import verification_words

if TYPE_CHECKING:
    from omicsdk.cli.calls import Call
    from omicsdk.cli.console import Console
    from omicsdk.core.errors import OmicsError
    from omicsdk.transfer import Control, Outcome, Progress, TransferReport

T = TypeVar("T")
STOPPED = "Stopped. The same command goes on where this one ended."
AGAIN = "Run the same command again: what is done isn't transferred twice."
THERE = ("done", "skipped", "planned")


def watched(
    work: Callable[[Callable[[Progress], None] | None, Control], T],
    arguments: Mapping[str, Any],
    console: Console,
    title: str,
) -> T:
    """Runs a transfer with a progress bar; Ctrl-C stops it so that the same command goes on from there.

    Args:
        work: The transfer.
        arguments: Those of the command. Where they ask for a report, what was done until Ctrl-C stands in it.
        console: Where progress is told.
        title: What it is.
    """
    path = report_path(arguments.get("report"))
    control = control_of(arguments)
    is_quiet = arguments.get("quiet") or arguments.get("no_progress")
    drawing: AbstractContextManager[Callable[[Progress], None] | None] = (
        nullcontext() if is_quiet else console.progress(title)
    )
    with drawing as progress, termination():
        try:
            return work(progress, control)
        except KeyboardInterrupt as error:
            control.stop("interrupt")
            console.message(STOPPED)
            report = report_of(error)
            if report is not None:
                tell_report(path, report, named_errors(report.failed), title, console)
            raise


def report_ended(report: TransferReport, call: Call) -> None:
    """Write the report that was asked for, and print how many files are verified.

    Args:
        report: The transfer's.
        call: The command.
    """
    errors = [outcome.error for outcome in report.failed if outcome.error is not None]
    tell_report(report_path(call.options.get("report")), report, errors, call.title, call.console)
    tell_verification(report, call.console)


def told(
    report: TransferReport,
    errors: Sequence[OmicsError],
    arguments: Mapping[str, Any],
    console: Console,
    title: str,
    *,
    remedy: str = AGAIN,
    is_counted: bool = False,
) -> None:
    """Writes the report that was asked for, and tells what failed and what isn't verified.

    Args:
        report: What was transferred.
        errors: Why files failed.
        arguments: Those of the command.
        console: Where failures are told.
        title: What it was.
        remedy: What to do where all failed.
        is_counted: Whether the command's own last line says how many files are verified.

    Raises:
        SomeFailed: All failed; the error itself where there is one.
        TransferError: It ended before its end.
    """
    tell_report(report_path(arguments.get("report")), report, errors, title, console)
    there = max(0, sum(report.counts.get(state, 0) for state in THERE) - (len(errors) - len(report.failed)))
    if errors and not there:
        if len(errors) == 1:
            raise errors[0]
        raise SomeFailed(f"{len(errors)} of {len(report.outcomes)} files failed", errors, remedy=remedy)
    tell_failures(errors, console)
    if not is_counted:
        tell_verification(report, console)
    if report.why_stopped:
        raise TransferError(
            f"{report.why_stopped}; {there} of {len(report.outcomes)} files are there",
            remedy="The same command goes on where this one ended.",
        )


def ended(outcome: Outcome) -> dict[str, str | None]:
    """How a file ended, for the JSON of a command.

    Args:
        outcome: What became of it.

    Returns:
        Its state, and what it was verified by where it is at its target.
    """
    return {"state": outcome.state, "verification": outcome.verification if outcome.is_present else None}


def tell_verification(report: TransferReport, console: Console) -> None:
    """Tells how many files are verified, where not all are; that all are needs no word.

    Args:
        report: What was transferred.
        console: Where it is told.
    """
    known = report.verification
    if known["size only"] or known["unverified"]:
        console.message(verification_words(known))


def named_errors(failed: Sequence[Outcome]) -> list[OmicsError]:
    """Why files failed, each by its name.

    Args:
        failed: Outcomes of those.
    """
    found: list[OmicsError] = []
    for outcome in failed:
        error, name = outcome.error, outcome.label or outcome.name
        if error is None:
            continue
        if name not in str(error):
            error.message = f"{name}: {error.message}"
        found.append(error)
    return found
