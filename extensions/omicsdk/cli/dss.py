"""What the Data Store's workflow commands do: a client and arguments in, a result to print out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.reports import report_path, write_report
from omicsdk.cli.transfers import control_of, foreseen
from omicsdk.core.errors import TransferError
from omicsdk.dss.version import create_version as new_version
from omicsdk.transfer import Progress
from omicsdk.transfer.interrupts import termination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.console import Console
    from omicsdk.dss import Dss, Result

SHOWN_ERRORS = 100
"""Failed files that are told one by one; the rest is counted."""


def download(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss download`: the bundle's manifest, with the folder's path."""
    given = dict(arguments)
    result = _watched(client.download, given, console, f"bundle {given['bundle_uuid']}")
    if given.get("dry_run"):
        return foreseen(result.report)
    bundle = result.bundles[0]
    return {**bundle.manifest, "path": str(Path(given.get("download_dir") or "") / bundle.folder)}


def download_manifest(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss download-manifest`: counts of what was done."""
    result = _watched(client.download_manifest, dict(arguments), console, str(arguments["manifest"]))
    if not result.report.outcomes and not result.errors:
        console.warning(f"{arguments['manifest']} lists no files: nothing to do")
    return foreseen(result.report) if arguments.get("dry_run") else result.to_dict()


def download_collection(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss download-collection`: counts of what was done."""
    result = _watched(client.download_collection, dict(arguments), console, f"collection {arguments['uuid']}")
    return foreseen(result.report) if arguments.get("dry_run") else result.to_dict()


def upload(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss upload`: the new bundle."""
    given = dict(arguments)
    if given.pop("no_progress", False):
        with termination():
            return client.upload(**given)
    with console.progress(f"uploading {given['src_dir']}") as show, termination():
        return client.upload(**given, report=None if show is None else lambda gone, total: show(_bytes(gone, total)))


def create_version(arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss create-version`: the time now as DSS_VERSION."""
    del arguments, console
    return new_version()


def _bytes(gone: int, total: int) -> Progress:
    return Progress(
        files=1, files_done=0, files_failed=0, bytes=total, bytes_done=gone, bytes_fetched=gone, rate=0.0, seconds=0.0
    )


def _watched(workflow: Callable[..., Result], arguments: dict[str, Any], console: Console, title: str) -> Result:
    """Run a download with a progress bar and a report; Ctrl-C stops it so that the same command goes on from there."""
    path = report_path(arguments.pop("report", None))
    control = control_of(arguments.pop("limit_rate", None), arguments.pop("time_budget", None))
    with console.progress(title) as progress, termination():
        try:
            result = workflow(**arguments, progress=progress, control=control)
        except KeyboardInterrupt:
            control.stop("interrupt")
            console.message("Stopped. The same command goes on where this one ended.")
            raise
    if path is not None:
        write_report(path, result.report, result.errors, f"Download of {title}")
        console.message(f"what became of each file stands in {path}")
    counts = result.report.counts
    if result.errors and not counts["done"] + counts["skipped"]:
        result.raise_if_failed()
    for error in result.errors[:SHOWN_ERRORS]:
        console.some_failed(str(error))
    if len(result.errors) > SHOWN_ERRORS:
        console.some_failed(f"and {len(result.errors) - SHOWN_ERRORS} more")
    if result.report.why_stopped:
        counted = f"{counts['done'] + counts['skipped']} of {len(result.report.outcomes)} files are there"
        why = f"{title}: {result.report.why_stopped}; {counted}"
        raise TransferError(why, remedy="The same command goes on where this one ended.")
    return result
