"""What the Data Store's workflows print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.cli.commands.reports import report_path, tell_failures, tell_report
from omicsdk.cli.commands.transfer_reports import tell_verification
from omicsdk.cli.commands.transfers import foreseen
from omicsdk.core.errors import TransferError

if TYPE_CHECKING:
    from omicsdk.cli.calls import Call
    from omicsdk.hca.dss.downloads import Result
    from omicsdk.hca.dss.uploads import UploadedBundle


def bundle_manifest(result: Result, call: Call) -> object:
    """Render a bundle's download: the bundle's manifest, with the folder's path."""
    _ended(result, call)
    if call.arguments.get("dry_run"):
        return foreseen(result.report)
    bundle = result.bundles[0]
    return {**bundle.manifest, "path": str(Path(call.arguments.get("download_dir") or "") / bundle.folder)}


def download_result(result: Result, call: Call) -> object:
    """Render a download: counts of what was done."""
    _ended(result, call)
    if not result.report.outcomes and not result.errors:
        call.console.warning(f"{call.arguments.get('manifest', call.title)} lists no files: nothing to do")
    return foreseen(result.report) if call.arguments.get("dry_run") else result.to_dict()


def uploaded_bundle(result: UploadedBundle, call: Call) -> object:
    """Render an upload: the new bundle, or what would be sent."""
    del call
    return result.to_dict()


def _ended(result: Result, call: Call) -> None:
    """Write the report, and print what failed.

    Raises:
        DownloadFailed: Nothing was downloaded.
        TransferError: It was ended before its end.
    """
    console, counts = call.console, result.report.counts
    tell_report(report_path(call.options.get("report")), result.report, result.errors, call.title, console)
    tell_verification(result.report, console)
    if result.errors and not counts["done"] + counts["skipped"]:
        result.raise_if_failed()
    tell_failures(result.errors, console)
    if result.report.why_stopped:
        raise TransferError(
            f"{call.title}: {result.report.why_stopped}; {counts['done'] + counts['skipped']} of {len(result.report.outcomes)} files exist",
            remedy="Run the same command again to resume.",
        )
