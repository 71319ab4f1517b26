"""What the Data Store's workflows print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.cli.commands.transfers import finish, foreseen

if TYPE_CHECKING:
    from omicsdk.cli.output import Call
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
    """Write the report, and print what failed and the line that sums the download up."""
    finish(result.report, call, result.errors, fail=result.raise_if_failed)
