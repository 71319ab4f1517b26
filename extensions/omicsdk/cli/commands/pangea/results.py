"""What `omics pangea download sample-results` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.batches import tell
from omicsdk.cli.commands.pangea.creation import chosen
from omicsdk.cli.commands.pangea.lines import lines, names_given, told
from omicsdk.cli.commands.pangea.membership import not_found
from omicsdk.cli.commands.pangea.places import group, samples_of
from omicsdk.cli.commands.transfer_reports import ended, named_errors, watched
from omicsdk.cli.commands.transfer_reports import told as tell_transfer
from omicsdk.cli.commands.transfers import foreseen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told
    from omicsdk.transfer import Control, Progress, TransferReport


def download(access: Access, arguments: Mapping[str, Any], console: Console) -> Told | dict[str, Any]:
    """`omics pangea download sample-results`: addresses, or what became of each file."""
    from omicsdk.pangea.downloads import download as download_results
    from omicsdk.pangea.downloads import result_urls

    urls_only = not chosen(arguments, "download", "urls_only", default=True)
    names = names_given(arguments.get("sample_names"), arguments.get("sample_manifest"), "--sample-manifest") or None
    thing = group(access, arguments["org_name"], arguments["grp_name"])
    if names is not None:
        found = list(samples_of(access, thing, names))
        tell(not_found(names, found, thing), len(names), "samples", console)
    of = access.api, arguments["org_name"], str(thing["uuid"])
    module, field = arguments.get("module_name"), arguments.get("field_name")
    if urls_only:
        pairs = result_urls(*of, samples=names, module_name=module, field_name=field)
        text = lines(f"{url} {name}" for url, name in pairs)
        return told(text, [{"url": url, "name": name} for url, name in pairs], arguments)
    folder = Path(arguments["target_dir"])
    dry_run = bool(arguments.get("dry_run"))

    def work(progress: Callable[[Progress], None] | None, control: Control) -> TransferReport:
        return download_results(
            *of,
            folder,
            samples=names,
            module_name=module,
            field_name=field,
            progress=progress,
            control=control,
            dry_run=dry_run,
        )

    title = f"downloading to {folder}"
    report = watched(work, arguments, console, title)
    tell_transfer(report, named_errors(report.failed), arguments, console, title)
    if dry_run:
        return foreseen(report)
    rows = [{"path": str(folder / outcome.name), "size": outcome.size, **ended(outcome)} for outcome in report.outcomes]
    return told(lines(str(row["path"]) for row in rows if row["state"] != "failed"), rows, arguments)
