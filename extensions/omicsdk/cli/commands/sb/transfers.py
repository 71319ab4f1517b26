"""What `omics sb files download` and `upload` do: everything that is named moves in one transfer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.reports import report_path
from omicsdk.cli.commands.transfer_reports import AGAIN, ended, told
from omicsdk.cli.commands.transfer_reports import watched as transferred
from omicsdk.cli.commands.transfers import foreseen
from omicsdk.core.errors import (
    APIError,
    Interrupted,
    OmicsError,
    RateLimited,
    ServerError,
    TransportError,
    TruncatedTransfer,
)
from omicsdk.sb.downloads import LocalFileExists, RemoteFile, fetch, make_folders, select
from omicsdk.sb.store import REPLACE, is_taken
from omicsdk.sb.uploads import planned

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges
    from omicsdk.sb.store import PlatformStore
    from omicsdk.transfer import Control, Outcome, Progress, TransferReport

_REPLACE = "Give --overwrite to replace it, or upload to another folder."


def download(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb files download`: counts, and the result for each file."""
    report_path(arguments.get("report"))
    selected = select(client, arguments["paths"])
    folder = Path(arguments.get("download_dir") or ".")
    found = fetched(client, selected.files, folder, arguments, console, " ".join(sorted(arguments["paths"])))
    if not arguments.get("dry_run"):
        make_folders(selected, folder)
    return found


def fetched(
    client: SevenBridges,
    files: Sequence[RemoteFile],
    folder: Path,
    arguments: Mapping[str, Any],
    console: Console,
    key: str,
) -> dict[str, Any]:
    """Download files in one transfer.

    Args:
        client: The platform.
        files: The files.
        folder: The folder that they go to.
        arguments: Those of the command.
        console: Where progress and failures are shown.
        key: Tells this download from others into the same folder.

    Returns:
        Counts, and the result for each file.

    Raises:
        LocalFileExists: A file already exists, and --overwrite isn't given; nothing was downloaded.
        TransferError: Nothing arrived, or it ended before its end.
    """
    dry_run = bool(arguments.get("dry_run"))

    def work(progress: Callable[[Progress], None] | None, control: Control) -> TransferReport:
        return fetch(
            client,
            files,
            folder,
            key=key,
            overwrite=bool(arguments.get("overwrite")),
            progress=progress,
            control=control,
            dry_run=dry_run,
        )

    try:
        report = watched(work, arguments, console, f"downloading to {folder}")
    except LocalFileExists as error:
        error.remedy = "Give --overwrite to replace it."
        raise
    if dry_run:
        return foreseen(report)
    rows = [
        {"id": each.file.id, "path": str(folder.joinpath(*each.parts)), "size": each.file.size, **ended(outcome)}
        for each, outcome in zip(files, report.outcomes, strict=True)
    ]
    return {"counts": report.counts, "verification": report.verification, "files": rows}


def upload(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb files upload`: counts, and the result for each file."""
    report_path(arguments.get("report"))
    *sources, last = arguments["paths"]
    plan = planned(client, sources, last)
    if arguments.get("dry_run"):
        return {
            "counts": {"planned": len(plan.files)},
            "bytes_to_send": sum(each.size for each in plan.files),
            "files": [{"path": str(each.path), "to": str(each.target), "size": each.size} for each in plan.files],
        }
    stores: list[PlatformStore] = []

    def work(progress: Callable[[Progress], None] | None, control: Control) -> TransferReport:
        overwrite = bool(arguments.get("overwrite"))
        report, stores[:] = plan.run(
            overwrite=overwrite, progress=progress, control=control, on_message=console.message
        )
        return report

    report = watched(work, arguments, console, f"uploading to {plan.target}")
    counts = Counter(outcome.state for outcome in report.outcomes)
    files = [
        {
            "path": str(each.path),
            "to": str(each.target),
            "size": each.size,
            **ended(outcome),
            "id": store.made.get("id"),
        }
        for each, store, outcome in zip(plan.files, stores, report.outcomes, strict=True)
    ]
    return {
        "counts": {state: counts[state] for state in ("done", "skipped", "failed", "stopped")},
        "verification": report.verification,
        "files": files,
    }


def watched(
    work: Callable[[Callable[[Progress], None] | None, Control], TransferReport],
    arguments: Mapping[str, Any],
    console: Console,
    title: str,
) -> TransferReport:
    """Run a transfer with a progress bar and a report; Ctrl-C stops it so that the same command resumes it.

    Args:
        work: The transfer.
        arguments: Those of the command.
        console: Where progress and failures are shown.
        title: What it is.

    Raises:
        SomeFailed: All failed; the error itself where there is one.
        TransferError: It ended before its end.
    """
    report = transferred(work, arguments, console, title)
    errors = _errors_of(report.failed)
    told(report, errors, arguments, console, title, remedy=_remedy(errors))
    return report


def _errors_of(failed: Sequence[Outcome]) -> list[OmicsError]:
    """Why files failed, each with the file's name."""
    found: list[OmicsError] = []
    for outcome in failed:
        error = outcome.error
        if error is None:
            continue
        if isinstance(error.__cause__, APIError):  # the platform's own words, which the engine was told otherwise
            error = error.__cause__
        if error.remedy == REPLACE:
            error.remedy = _REPLACE
        name = outcome.label or outcome.name
        if name not in str(error):
            error.message = f"{name}: {error.message}"
        found.append(error)
    return found


def _remedy(errors: Sequence[OmicsError]) -> str:
    """What to do about files that failed, which depends on why they did."""
    taken = [error for error in errors if is_taken(error)]
    others = [error for error in errors if not is_taken(error)]
    words = [_REPLACE] if taken else []
    if others and not all(map(_may_pass, others)):
        words.append(f"Fix what each of them says, then {AGAIN[:1].lower()}{AGAIN[1:]}")
    elif others or not taken:
        words.append(AGAIN)
    return " ".join(words)


def _may_pass(error: OmicsError) -> bool:
    """Whether another try may succeed with nothing changed."""
    return isinstance(error, TransportError | ServerError | RateLimited | Interrupted | TruncatedTransfer)
