"""Files on their way into fields, for commands: one transfer, drawn, reported, and told at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.gen3_transfers import named_errors, watched
from omicsdk.cli.commands.gen3_transfers import told as tell_transfer
from omicsdk.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.pangea.field import AnalysisResultField
    from omicsdk.transfer import Control, Progress, TransferReport


def check_files(paths: Iterable[str]) -> None:
    """Checks that files are there, before anything is asked for.

    Args:
        paths: Their paths.

    Raises:
        UsageError: One isn't.
    """
    missing = [path for path in paths if not Path(path).is_file()]
    if missing:
        more = f", nor {len(missing) - 1} others of the list" if len(missing) > 1 else ""
        raise UsageError(f"There is no file {missing[0]}{more}", remedy="Check the paths; they begin in this folder.")


def sent(
    entries: Sequence[tuple[AnalysisResultField, str]], arguments: Mapping[str, Any], console: Console, title: str
) -> list[AnalysisResultField]:
    """Sends files into fields.

    Args:
        entries: Each field with its file.
        arguments: Those of the command.
        console: Where progress and failures are told.
        title: What it is.

    Returns:
        The fields whose files didn't arrive.

    Raises:
        OmicsError: None arrived, or it ended before its end.
    """
    if not entries:
        return []
    from omicsdk.pangea.files.uploading import upload_files

    def work(progress: Callable[[Progress], None] | None, control: Control) -> TransferReport:
        return upload_files(entries, progress=progress, control=control)

    report = watched(work, arguments, console, title)
    tell_transfer(report, named_errors(report.failed), arguments, console, title)
    pairs = zip(entries, report.outcomes, strict=True)
    return [field for (field, _), outcome in pairs if outcome.state not in ("done", "skipped")]
