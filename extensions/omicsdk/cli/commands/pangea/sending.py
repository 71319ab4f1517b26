"""Files on their way into fields, for commands: one transfer, drawn, reported, and told at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.reports import report_path, tell_report
from omicsdk.cli.commands.transfer_reports import named_errors, tell_verification, watched
from omicsdk.cli.commands.transfer_reports import told as tell_transfer
from omicsdk.core.errors import TransferError
from omicsdk.pangea.uploads import FieldUpload, upload_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.pangea.fields import FieldId
    from omicsdk.transfer import Control, Progress, TransferReport


def sent(access: Access, field: FieldId, path: str, arguments: Mapping[str, Any], console: Console, title: str) -> None:
    """Upload a file into a field.

    Args:
        access: The service.
        field: The field.
        path: The file.
        arguments: Those of the command.
        console: Where progress is told.
        title: What it is.

    Raises:
        OmicsError: It didn't arrive.
    """

    def work(progress: Callable[[Progress], None] | None, control: Control) -> TransferReport:
        return upload_files(access.api, [FieldUpload(field, path)], progress=progress, control=control)

    report = watched(work, arguments, console, title)
    tell_transfer(report, named_errors(report.failed), arguments, console, title)


def reported(report: TransferReport, arguments: Mapping[str, Any], console: Console, title: str) -> None:
    """Writes the report that was asked for, and tells what isn't verified.

    Args:
        report: What was transferred.
        arguments: Those of the command.
        console: Where it is told.
        title: What it was.
    """
    tell_report(report_path(arguments.get("report")), report, named_errors(report.failed), title, console)
    tell_verification(report, console)


def check_finished(report: TransferReport, done: int, number: int, what: str) -> None:
    """Checks that a transfer came to its end.

    Args:
        report: What was transferred.
        done: How many things are whole.
        number: How many there were.
        what: What they are.

    Raises:
        TransferError: It was stopped.
    """
    if report.why_stopped:
        raise TransferError(
            f"{report.why_stopped}; {done} of {number} {what} are done",
            remedy="The same command goes on where this one ended.",
        )
