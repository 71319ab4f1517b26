"""What the Data Store's workflow commands do: a client and arguments in, a result to print out."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.reports import report_path, tell_failures, tell_report
from omicsdk.cli.commands.transfer_reports import tell_verification, watched
from omicsdk.cli.commands.transfers import CONTROLS, control_of, foreseen
from omicsdk.core.errors import TransferError
from omicsdk.hca.dss.bundles import create_version as new_version
from omicsdk.hca.dss.downloads import errors_of
from omicsdk.transfer.interrupts import termination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.console import Console
    from omicsdk.hca.dss import Dss, Result
    from omicsdk.transfer import Control, Progress, TransferReport

_OURS = CONTROLS | {"report"}
"""Options that the workflow itself doesn't know."""


def download(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss download`: the bundle's manifest, with the folder's path."""
    result = _watched(client.download, arguments, console, f"bundle {arguments['bundle_uuid']}")
    if arguments.get("dry_run"):
        return foreseen(result.report)
    bundle = result.bundles[0]
    return {**bundle.manifest, "path": str(Path(arguments.get("download_dir") or "") / bundle.folder)}


def download_manifest(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss download-manifest`: counts of what was done."""
    result = _watched(client.download_manifest, arguments, console, str(arguments["manifest"]))
    if not result.report.outcomes and not result.errors:
        console.warning(f"{arguments['manifest']} lists no files: nothing to do")
    return foreseen(result.report) if arguments.get("dry_run") else result.to_dict()


def download_collection(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss download-collection`: counts of what was done."""
    result = _watched(client.download_collection, arguments, console, f"collection {arguments['uuid']}")
    return foreseen(result.report) if arguments.get("dry_run") else result.to_dict()


def upload(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss upload`: the new bundle, or what would be sent."""
    given = dict(arguments)
    quiet, title = given.pop("no_progress", False), f"Upload of {given['src_dir']}"
    path = report_path(given.pop("report", None))
    control = control_of(given)
    given = {name: value for name, value in given.items() if name not in CONTROLS}

    def told(report: TransferReport) -> None:
        tell_report(path, report, errors_of(report), title, console)
        tell_verification(report, console)

    drawing = nullcontext() if quiet else console.progress(f"uploading {given['src_dir']}")
    with drawing as show, termination():
        return client.upload(**given, control=control, progress=show, on_report=told).to_dict()


def create_version(arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss create-version`: the time now as DSS_VERSION."""
    del arguments, console
    return new_version()


def _watched(workflow: Callable[..., Result], arguments: Mapping[str, Any], console: Console, what: str) -> Result:
    """Run a download with a progress bar, and tell what failed."""
    title = f"Download of {what}"
    given = {name: value for name, value in arguments.items() if name not in _OURS}

    def work(progress: Callable[[Progress], None] | None, control: Control) -> Result:
        return workflow(**given, progress=progress, control=control)

    result = watched(work, arguments, console, title)
    tell_report(report_path(arguments.get("report")), result.report, result.errors, title, console)
    tell_verification(result.report, console)
    counts = result.report.counts
    if result.errors and not counts["done"] + counts["skipped"]:
        result.raise_if_failed()
    tell_failures(result.errors, console)
    if result.report.why_stopped:
        counted = f"{counts['done'] + counts['skipped']} of {len(result.report.outcomes)} files are there"
        why = f"{what}: {result.report.why_stopped}; {counted}"
        raise TransferError(why, remedy="The same command goes on where this one ended.")
    return result
