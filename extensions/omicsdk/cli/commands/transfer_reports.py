"""Transfers on the command line: progress while one runs; at its end the report, failures, one line that sums it up, the result.

A command that returns a `TransferReport` needs nothing more: `transferred` is its renderer. One that returns a result of its own
calls `finish` and `listed` in its renderer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.cli.commands.reports import report_path, tell_failures, tell_report
from omicsdk.cli.commands.transfers import control_of, foreseen
from omicsdk.cli.output import Call, Told
from omicsdk.core.errors import SomeFailed, TransferError
from omicsdk.transfer.interrupts import report_of, termination
from omicsdk.transfer.reports.outcome import verification_words
from omicsdk.transfer.reports.words import size_words, time_words

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.cli.output import Call
    from omicsdk.core.errors import OmicsError
    from omicsdk.transfer import Control, Outcome, Progress, TransferReport

T = TypeVar("T")
STOPPED = "Stopped. The same command goes on where this one ended."
AGAIN = "Run the same command again: what is done isn't transferred twice."
THERE = ("done", "skipped", "planned")
LISTED = 1000
"""Results of more files than this are only counted where no form of output was chosen."""
_DONE = {"Download": "downloaded", "Upload": "uploaded", "downloading": "downloaded", "uploading": "uploaded"}


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
    """Write the report that was asked for, and print the line that sums the transfer up.

    Args:
        report: The transfer's.
        call: The command.
    """
    errors = [outcome.error for outcome in report.failed if outcome.error is not None]
    tell_report(report_path(call.options.get("report")), report, errors, call.title, call.console)
    if "planned" not in report.counts:
        did = _DONE.get(call.title.partition(" ")[0], "transferred")
        call.console.message(summary(report, did, call.arguments.get("replica", ""), failed=len(errors)))


def transferred(result: TransferReport, call: Call) -> object:
    """Render a transfer: counts, and the result for each file."""
    finish(result, call)
    if call.arguments.get("dry_run"):
        return foreseen(result)
    return listed(
        result,
        (
            {"name": outcome.label or outcome.name, "size": outcome.size, **ended(outcome)}
            for outcome in result.outcomes
        ),
    )


def finish(
    report: TransferReport,
    call: Call,
    errors: Sequence[OmicsError] | None = None,
    *,
    where: str = "",
    did: str = "",
    more: Sequence[str] = (),
    fail: Callable[[], object] | None = None,
    remedy: str = AGAIN,
    is_counted: bool = False,
) -> None:
    """Write the report that was asked for, and print what failed and one line that sums the transfer up.

    Args:
        report: The result of the transfer.
        call: The command.
        errors: Why files failed; by default the errors in the report, each with its file's name.
        where: Where the files are now; by default the command's folder.
        did: What was done with the files, such as "downloaded"; by default from the command's title.
        more: Further facts for the line, such as "2 removed".
        fail: Called where all failed, to raise the command's own error.
        remedy: What to do where several failed, and none arrived.
        is_counted: Whether the command prints a line of its own.

    Raises:
        OmicsError: The only error, where no file arrived.
        SomeFailed: Several errors, likewise.
        TransferError: The transfer was stopped.
    """
    errors = named_errors(report.failed) if errors is None else errors
    path = call.options.get("report") or call.arguments.get("report")
    tell_report(report_path(path), report, errors, call.title, call.console)
    present = max(0, sum(report.counts.get(state, 0) for state in THERE) - (len(errors) - len(report.failed)))
    if errors and not present:
        if fail is not None:
            fail()
        if len(errors) == 1:
            raise errors[0]
        raise SomeFailed(f"{len(errors)} of {len(report.outcomes)} files failed", errors, remedy=remedy)
    tell_failures(errors, call.console)
    if "planned" not in report.counts and not is_counted:
        where = where or str(call.arguments.get("folder") or call.arguments.get("download_dir") or "")
        did = did or _DONE.get(call.title.partition(" ")[0], "transferred")
        call.console.message(summary(report, did, where, failed=len(errors), more=more))
    if report.why_stopped:
        raise TransferError(
            f"{call.title}: {report.why_stopped}; {present} of {len(report.outcomes)} files exist",
            remedy="Run the same command again to resume.",
        )


def summary(report: TransferReport, did: str, where: str = "", *, failed: int = 0, more: Sequence[str] = ()) -> str:
    """Sum a transfer up in one line.

    Args:
        report: The result of the transfer.
        did: What was done with the files.
        where: Where they are now.
        failed: How many failed.
        more: Further facts.
    """
    counts = report.counts
    size = sum(outcome.size or 0 for outcome in report.outcomes if outcome.state == "done")
    known = report.verification
    # What a platform moves or removes by itself has no bytes that could be compared.
    is_compared = did not in ("moved", "removed") or bool(known["verified"] or known["size only"])
    facts = [verification_words(known) if is_compared else ""]
    facts += [f"{counts[state]:,} {state}" for state in ("skipped", "stopped") if counts.get(state)]
    facts += [f"{failed:,} failed"] if failed else []
    said = ", ".join(fact for fact in (*facts, *more) if fact)
    way = "from" if did == "removed" else "to"
    line = f"{count_of(counts.get('done', 0), 'file')} ({size_words(size)}) {did}{where and f' {way} {where}'}"
    return f"{line} in {time_words(report.seconds)}{said and f': {said}'}"


def listed(report: TransferReport, files: Iterable[Mapping[str, Any]], **more: Any) -> Told:
    """The result of a transfer as data: counts, and files unless they are many; a terminal gets the line of `finish` only.

    Args:
        report: The result of the transfer.
        files: The result for each file.
        **more: Further members.
    """
    counted = {"counts": report.counts, "verification": report.verification}
    rows = list(files)
    brief = None
    if len(rows) > LISTED:
        said = f"not listed: {len(rows):,} results; --output jsonl or --report FILE lists each"
        brief = {**counted, **more, "files": said}
    return Told("", {**counted, "files": rows, **more}, terminal_only=True, brief=brief, items="files")


def count_of(number: int, thing: str) -> str:
    """A number of things in words: "1 file", "2,000 files".

    Args:
        number: How many.
        thing: One of them.
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def ended(outcome: Outcome) -> dict[str, str | None]:
    """How a file ended, for the JSON of a command.

    Args:
        outcome: What became of it.

    Returns:
        Its state, and what it was verified by where it is at its target.
    """
    return {"state": outcome.state, "verification": outcome.verification if outcome.is_present else None}


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
