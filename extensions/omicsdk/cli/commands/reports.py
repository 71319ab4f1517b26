"""What a transfer did: failures on stderr, and with `--report` all of it in a file for people or machines."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from omicsdk.cli.commands.output_files import file_to_write
from omicsdk.cli.errors import SHOWN
from omicsdk.core.errors import UsageError
from omicsdk.transfer import Outcome, TransferReport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from omicsdk.cli.console import Console
    from omicsdk.core.errors import OmicsError


def tell_failures(errors: Sequence[OmicsError], console: Console) -> None:
    """Tells why files of a batch failed, one by one as far as people read; the process will end with 3.

    Args:
        errors: Why, one a file; none tells nothing.
        console: Where to.
    """
    for error in errors[:SHOWN]:
        console.some_failed(str(error))
    if len(errors) > SHOWN:
        console.some_failed(f"and {len(errors) - SHOWN} more")


def report_path(given: str | None) -> Path | None:
    """Checks where a report shall go, so that no transfer of hours ends without a place for it.

    Args:
        given: What was typed after `--report`.

    Returns:
        The path; None when none was given.

    Raises:
        UsageError: Its suffix names no kind of report, or it can't be written there.
    """
    if given is None:
        return None
    path = Path(given)
    if path.suffix.lower() not in (".html", ".jsonl"):
        raise UsageError(
            f"--report {given}: the suffix tells what is written",
            remedy="Give a name that ends in .html (a page for people) or .jsonl (a line a file, for machines).",
        )
    try:
        file_to_write(given)
    except UsageError as error:
        raise UsageError(f"--report: {error.message}", remedy=error.remedy) from error
    return path


def tell_report(
    path: Path | None, report: TransferReport, errors: Sequence[OmicsError], title: str, console: Console
) -> None:
    """Writes the report that was asked for, and tells where it stands.

    Args:
        path: Where to, as `report_path` gives it; None where none was asked for.
        report: What the transfer did.
        errors: All that failed, as for `write_report`.
        title: What it was.
        console: Where it is told.

    Raises:
        NotWritable: It can't be written.
        DiskFull: There is no room.
    """
    if path is not None:
        write_report(path, report, errors, title)
        console.message(f"what became of each file stands in {path}")


def write_report(path: Path, report: TransferReport, errors: Sequence[OmicsError], title: str) -> None:
    """Writes a report as the suffix of its name says.

    Args:
        path: Where to, as `report_path` gives it.
        report: What the transfer did.
        errors: All that failed; what the transfer itself doesn't know of (names that weren't found, links that couldn't be
            made) is told as files that failed too.
        title: What it was.

    Raises:
        NotWritable: It can't be written.
        DiskFull: There is no room.
    """
    known = {_cause(outcome.error) for outcome in report.failed if outcome.error is not None}
    others = [error for error in errors if _cause(error) not in known]
    told = report.with_outcomes(
        chain(report.outcomes, (_as_outcome(error) for error in others)) if others else report.outcomes, title=title
    )
    if path.suffix.lower() == ".html":
        told.write_html(path)
    else:
        told.write_jsonl(path)


def _cause(error: OmicsError) -> str:
    """What it says without the remedy, which a workflow may have replaced by a better one."""
    return str(error).removesuffix(error.remedy)


def _as_outcome(error: OmicsError) -> Outcome:
    name = getattr(error, "name", "") or getattr(error, "operation", "")
    return Outcome(str(name) or type(error).__name__, "failed", error=error)
