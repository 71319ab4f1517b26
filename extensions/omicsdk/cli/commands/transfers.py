"""Transfers on the command line: their options, progress, output and report.

The renderer of a `TransferReport` is `transferred`. A command with another result calls `finish` and `transfer_data` in its
renderer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.cli.commands.values import file_to_write
from omicsdk.cli.errors import REFUSED, SUCCEEDED, is_denied, printable
from omicsdk.cli.failures import MAX_ERRORS
from omicsdk.cli.github import append_summary
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.batches import named_error
from omicsdk.core.errors import Interrupted, OmicsError, SomeFailed, UsageError
from omicsdk.core.sizes import size_words
from omicsdk.transfer import Control, Outcome, TransferReport
from omicsdk.transfer.disk import lacks_space
from omicsdk.transfer.engine.control import report_of, termination
from omicsdk.transfer.reports.units import count_of, counted_words, partial_words, time_words

if TYPE_CHECKING:
    from omicsdk.cli.commands.metrics import Metrics
    from omicsdk.transfer import Progress

T = TypeVar("T")
AGAIN = "Run the same command again to resume."
STOPPED = f"Stopped. {AGAIN}"
COMPLETE_STATES = ("done", "skipped", "planned")
# Results of more files than this are only counted if no output format is chosen.
MAX_LISTED_FILES = 1000
_PAST_TENSE = {
    "Download": "downloaded",
    "Upload": "uploaded",
    "downloading": "downloaded",
    "uploading": "uploaded",
    "Verify": "compared",
}


# -- the run


def watched(
    work: Callable[[Callable[[Progress], None], Control], T],
    arguments: Mapping[str, Any],
    console: Console,
    title: str,
    metrics: Metrics | None = None,
) -> T:
    """Run a transfer and report its progress; Ctrl-C stops it, and the same command resumes it.

    Args:
        work: The transfer.
        arguments: The command's arguments. A requested report is also written after Ctrl-C.
        console: Shows progress.
        title: Title of the transfer.
        metrics: Updated while it runs.
    """
    # Before the transfer, which a wrong path would end after hours.
    path = report_path(arguments.get("report"))
    control = Control()
    is_shown = not arguments.get("no_progress")
    reporting = console.progress(title, every=arguments.get("progress_every"), is_shown=is_shown, metrics=metrics)
    with reporting as progress, termination():
        try:
            return work(progress, control)
        except KeyboardInterrupt as error:
            control.stop("interrupt")
            console.message(STOPPED)
            report = report_of(error)
            if report is not None:
                record_report(path, report, named_errors(report.failed), title, console)
            raise


@contextmanager
def measured(call: Call, command: str) -> Generator[Metrics | None]:
    """Write the metrics of a transfer and of its result, which the block decides with its renderer.

    Args:
        call: The command.
        command: Its words, which label the metrics.

    Yields:
        The metrics; None if none are requested.
    """
    target, console = call.options.get("metrics"), call.console
    if target is None:
        yield None
        return
    from omicsdk.cli.commands.metrics import Metrics

    with Metrics(target, command, on_warning=console.warning) as metrics:
        is_done = False
        try:
            yield metrics
            # After the block, since its renderer may change the exit code.
            is_done = console.exit_code == SUCCEEDED
        finally:
            counts = {} if console.report is None else {**console.report.counts}
            metrics.finish(counts, is_success=is_done)


# -- its end


def report_ended(report: TransferReport, call: Call) -> None:
    """Write the requested report, and print the summary of the transfer.

    Args:
        report: The result of the transfer.
        call: The command.
    """
    errors = [outcome.error for outcome in report.failed if outcome.error is not None]
    record_report(report_path(call.options.get("report")), report, errors, call.title, call.console)
    if "planned" not in report.counts:
        did = _PAST_TENSE.get(call.title.partition(" ")[0], "transferred")
        call.console.message(summary(report, did, call.arguments.get("replica", ""), failed=len(errors)))


def transferred(result: TransferReport, call: Call) -> object:
    """Render a transfer: counts, and the result for each file."""
    finish(result, call)
    return foreseen(result) if call.arguments.get("dry_run") else transfer_data(result, rows_of(result))


def rows_of(report: TransferReport) -> Iterator[Mapping[str, Any]]:
    """Yield the result for each file in the form for `transfer_data`.

    Args:
        report: The result of the transfer.
    """
    for outcome in report.outcomes:
        yield {"name": outcome.label or outcome.name, "size": outcome.size, **ended(outcome)}


def finish(
    report: TransferReport,
    call: Call,
    errors: Sequence[OmicsError] | None = None,
    *,
    title: str = "",
    where: str = "",
    did: str = "",
    more: Sequence[str] = (),
    fail: Callable[[], object] | None = None,
    remedy: str = AGAIN,
    is_counted: bool = False,
    equal: int = 0,
) -> None:
    """Write the requested report, print failures and the summary, and add the outcomes that decide the exit code.

    Args:
        report: The result of the transfer.
        call: The command.
        errors: Why files failed; by default the errors in the report, each with its file's name.
        title: Title of the transfer; by default the command's title.
        where: The target of the files; by default the command's folder.
        did: The verb of the summary, such as "downloaded"; by default from the command's title.
        more: Further facts for the summary, such as "2 removed".
        fail: Called if all failed, to raise the command's own error.
        remedy: Remedy if several files failed, and no other is left.
        is_counted: Whether the command prints its own summary.
        equal: Number of files that needed no transfer and have no outcome: with some, not all failed.

    Raises:
        OmicsError: The only error, if all failed.
        SomeFailed: Several errors, if all failed.
    """
    errors = named_errors(report.failed) if errors is None else errors
    title = title or call.title
    path = call.options.get("report") or call.arguments.get("report")
    record_report(report_path(path), report, errors, title, call.console)
    present = max(0, sum(report.counts.get(state, 0) for state in COMPLETE_STATES) - (len(errors) - len(report.failed)))
    unfit = [outcome for outcome in report.failed if lacks_space(outcome.error)]
    if unfit:
        # What was fetched is kept, but for small files, of which all is fetched again.
        missing = sum(max(0, (file.size or 0) - file.bytes_kept - file.bytes_fetched) for file in unfit)
        needed = partial_words(missing, len(unfit), sum(file.size is None for file in unfit))
        more = [*more, f"{needed} more disk space needed"]
    is_final = bool(errors) and all(
        map(is_denied, errors)
    )  # a repetition, or a file that was not tried, would be denied, too
    is_stopped = bool(report.why_stopped or (report.counts.get("stopped") and not is_final))
    if errors and not (present or equal or is_stopped):
        if fail is not None:
            fail()
        if len(errors) == 1:
            raise errors[0]
        problem = ", ".join([f"{len(errors)} of {len(report.outcomes)} files failed", *(more[-1:] if unfit else ())])
        raise SomeFailed(problem, errors, remedy="" if is_final else remedy)
    print_failures(errors, call.console, max(len(errors), len(report.outcomes)) + equal)
    if "planned" not in report.counts and not is_counted:
        where = where or str(call.arguments.get("folder") or call.arguments.get("download_dir") or "")
        did = did or _PAST_TENSE.get(title.partition(" ")[0], "transferred")
        call.console.message(summary(report, did, where, failed=len(errors), more=more))
    if is_stopped:
        why = f"{report.why_stopped or 'it was stopped'}; {present} of {len(report.outcomes)} files exist"
        print_stopped(Interrupted(f"{title}: {why}"), call.console)
    elif not (errors or more or report.outcomes):
        report_nothing_selected(call)


def print_stopped(error: Interrupted, console: Console) -> None:
    """Print that a transfer ended early, because its time was over; the exit code becomes 3.

    Args:
        error: Why, and how to resume.
        console: Prints it.
    """
    console.error(str(error))
    console.is_partial = True


def report_nothing_selected(call: Call) -> None:
    """Warn that a command selected nothing; with `--fail-empty` the exit code becomes 1.

    Args:
        call: The command.
    """
    fails = bool(call.options.get("fail_empty"))
    # Path.is_file raises for a pattern that is longer than names of files.
    names = [pattern for pattern in call.arguments.get("include") or () if os.path.isfile(pattern)]  # noqa: PTH113
    remedy = f". {names[0]} is a file here: put a pattern in quotes, or the shell replaces it by names" if names else ""
    (call.console.error if fails else call.console.warning)(f"nothing to do: no file is selected{remedy}")
    if fails:
        call.console.exit_code = REFUSED


def print_failures(errors: Sequence[object], console: Console, total: int) -> None:
    """Print the first errors of a batch and the number of others; they decide the exit code.

    Args:
        errors: The errors, or faults; may be empty.
        console: Prints them.
        total: The number of items in the batch, as for `Console.add_outcomes`.
    """
    for error in errors[:MAX_ERRORS]:
        console.error(printable(str(error)))
    if len(errors) > MAX_ERRORS:
        console.error(f"and {len(errors) - MAX_ERRORS} more")
    console.add_outcomes(errors, total)


def named_errors(failed: Sequence[Outcome]) -> list[OmicsError]:
    """Return the errors of failed files, each with the file's name.

    Args:
        failed: Their outcomes.
    """
    errors = [(outcome.error, outcome.label or outcome.name) for outcome in failed]
    return [named_error(error, name) for error, name in errors if error is not None]


# -- the file of --report


def report_path(option_value: str | None) -> Path | None:
    """Check the path of a report before a long transfer starts.

    Args:
        option_value: The value of `--report`.

    Returns:
        The path; None if the option is missing.

    Raises:
        UsageError: The suffix is unknown, or the file cannot be written.
    """
    if option_value is None:
        return None
    path = Path(option_value)
    if path.suffix.lower() not in (".html", ".jsonl", ".jsonld"):
        remedy = (
            "Use a name that ends in .html (a web page), .jsonl (a JSON line for each file) or .jsonld (their sources)."
        )
        raise UsageError(f"--report {option_value}: unknown suffix", remedy=remedy)
    file_to_write(option_value, "--report: ")
    return path


def record_report(
    path: Path | None, report: TransferReport, errors: Sequence[OmicsError], title: str, console: Console
) -> None:
    """Write the requested report and the summary of a workflow's job; the console keeps the result for metrics.

    Args:
        path: The path from `report_path`; None for no report.
        report: The result of the transfer, which gets the versions that its services state.
        errors: All errors, as for `write_report`.
        title: Title of the transfer.
        console: Prints the path.

    Raises:
        NotWritable: It cannot be written.
        DiskFull: The disk is full.
    """
    console.report = report
    if "planned" not in report.counts:
        line = f"{counted_words(report.counts)} in {time_words(report.seconds)}"
        try:
            append_summary(title, line, [str(error) for error in errors])
        except OSError as error:
            console.warning(f"the summary of the job was not written: {error}")
    if path is not None:
        from omicsdk.portals.services import service_versions
        from omicsdk.transfer.reports.provenance import files_of

        report.services = service_versions(files_of(report.outcomes))
        write_report(path, report, errors, title)
        console.message(f"report written to {path}")


def write_report(
    path: Path, report: TransferReport, errors: Sequence[OmicsError] = (), title: str | None = None
) -> None:
    """Write a report in the format of its suffix.

    Args:
        path: The file; without .html, .json and .jsonld a JSON line for each file.
        report: The result of the transfer.
        errors: All errors; those outside of the transfer (names that were not found, links that could not be created)
            are reported as failed files.
        title: Title of the transfer; by default that of the report.

    Raises:
        NotWritable: It cannot be written.
        DiskFull: The disk is full.
    """
    known_causes = {_cause(outcome.error) for outcome in report.failed if outcome.error is not None}
    others = [error for error in errors if _cause(error) not in known_causes]
    full_report = report.with_outcomes(
        chain(report.outcomes, (_as_outcome(error) for error in others)) if others else report.outcomes, title=title
    )
    if path.suffix.lower() == ".html":
        full_report.write_html(path)
    elif path.suffix.lower() in (".json", ".jsonld"):
        full_report.write_jsonld(path)
    else:
        full_report.write_jsonl(path)


def _cause(error: OmicsError) -> str:
    """Return the message without the remedy, which a workflow may have replaced."""
    return str(error).removesuffix(error.remedy)


def _as_outcome(error: OmicsError) -> Outcome:
    name = getattr(error, "name", "") or getattr(error, "operation", "")
    return Outcome(str(name) or type(error).__name__, "failed", error=error)


# -- the result


def summary(report: TransferReport, did: str, where: str = "", *, failed: int = 0, more: Sequence[str] = ()) -> str:
    """Summarize a transfer in one line.

    Args:
        report: The result of the transfer.
        did: The verb, such as "downloaded".
        where: The target of the files.
        failed: Number of failed files.
        more: Further facts.
    """
    counts = report.counts
    completed = counts.get("done", 0)
    size = partial_words(report.outcomes.bytes_done, completed, report.outcomes.unsized_done)
    verification = report.verification
    # Files that the platform itself moves or removes have no bytes to compare.
    is_compared = did not in ("moved", "removed") or bool(verification["verified"] or verification["size only"])
    facts = [counted_words(verification) if is_compared else ""]
    facts += [f"{counts[state]:,} {state}" for state in ("skipped", "stopped") if counts.get(state)]
    facts += [f"{report.from_cache:,} from the cache"] if report.from_cache else []
    facts += [f"{failed:,} failed"] if failed else []
    facts += [count_of(report.outcomes.warnings, "warning")] if report.outcomes.warnings else []
    details = ", ".join(fact for fact in (*facts, *more) if fact)
    preposition = {"removed": "from", "compared": "in"}.get(did, "to")
    line = f"{count_of(completed, 'file')} ({size}) {did}{where and f' {preposition} {where}'}"
    return f"{line} in {time_words(report.seconds)}{details and f': {details}'}"


def transfer_data(
    report: TransferReport, files: Iterable[Mapping[str, Any]], *, verifies: bool = True, **more: Any
) -> TextAndData:
    """Return the result of a transfer as data: counts, and files up to a number; a terminal only gets the summary.

    Args:
        report: The result of the transfer.
        files: The result for each file.
        verifies: Whether files are transferred; those that are removed have no verification.
        **more: Further members.
    """
    counted = {"counts": report.counts} | ({"verification": report.verification} if verifies else {})
    brief = {**counted, **more, "files": _not_listed(report)} if len(report.outcomes) > MAX_LISTED_FILES else None
    # As objects, a hundred thousand rows need 100 MB.
    return TextAndData.of_files("", counted, files, brief=brief, **more)


def _not_listed(report: TransferReport) -> str:
    return f"not listed: {len(report.outcomes):,} results; --output jsonl or --report FILE lists each"


def ended(outcome: Outcome) -> dict[str, str | bool | None]:
    """Return the result for a file, for the JSON of a command.

    Args:
        outcome: The outcome of the file.

    Returns:
        Its state, its verification if it is present at the target, whether it is from the cache, and its warning and
        error if it has them.
    """
    result: dict[str, str | bool | None] = {
        "state": outcome.state,
        "verification": outcome.verification if outcome.is_present else None,
    }
    result |= {"from_cache": True} if outcome.from_cache else {}
    result |= {"error": outcome.error.message} if outcome.error is not None else {}
    return {**result, "warning": outcome.warning} if outcome.warning else result


def foreseen(report: TransferReport) -> TextAndData:
    """Return the output of a dry run: counts, bytes to fetch, and files up to a number.

    Args:
        report: The result of the dry run.
    """
    to_fetch, unsized = report.outcomes.bytes_planned, report.outcomes.unsized_planned
    counted: dict[str, object] = {"counts": report.counts, "bytes_to_fetch": None if unsized else to_fetch}
    rows = (_planned(outcome, report.target) for outcome in report.outcomes)
    if len(report.outcomes) <= MAX_LISTED_FILES:
        return planned({**counted, "files": list(rows)}, to_fetch, "fetch", unsized=unsized)
    not_listed = _not_listed(report)
    count = report.counts.get("planned", 0)
    text = f"{count_of(count, 'file')} to fetch ({partial_words(to_fetch, count, unsized)}); {not_listed}"
    brief = {**counted, "files": not_listed}
    return TextAndData.of_files(text, counted, rows, brief=brief)


def planned(data: Mapping[str, Any], size: int, word: str, *, unsized: int = 0) -> TextAndData:
    """Return the output of a dry run: data, and for terminals a line for each file.

    Args:
        data: The data, with a row for each file: source, target, size, checksum, plan.
        size: Bytes that would be sent or fetched.
        word: The verb, such as "fetch".
        unsized: The number of files of unknown size.
    """
    count = data["counts"].get("planned", 0)
    last = f"{count_of(count, 'file')} to {word} ({partial_words(size, count, unsized)}); nothing was done"
    lines = [*(plan_line(row) for row in data["files"]), last]
    return TextAndData("\n".join(map(printable, lines)), data, terminal_only=True, items="files")


def plan_line(row: Mapping[str, Any]) -> str:
    """Return a file of a dry run as a line.

    Args:
        row: As for `planned`; `plan` may be missing.
    """
    what = f"{row['source'] or row['name']} -> {row['target']} ({size_words(row['size'])}, {row['checksum'] or 'no checksum'})"
    return f"{what}: {row['plan']}" if row.get("plan") else what


def _planned(outcome: Outcome, folder: str) -> dict[str, object]:
    plan = outcome.plan or ("nothing to do" if outcome.error is None else str(outcome.error))
    return {
        "name": outcome.name if outcome.label == outcome.source else outcome.label or outcome.name,
        "size": outcome.size,
        "state": outcome.state,
        "plan": plan,
        **({"target": f"{folder.rstrip('/')}/{outcome.name}"} if folder else {}),
        "checksum": ", ".join(outcome.checksums) or None,
        "source": outcome.source or None,
    }
