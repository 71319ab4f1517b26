"""What `omics dtp download` does."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.reports import report_path
from omicsdk.cli.commands.transfer_reports import STOPPED, ended, named_errors, told
from omicsdk.core.errors import UsageError
from omicsdk.dtp.config import read_config, storage_of
from omicsdk.dtp.downloader import DEFAULT, Downloader
from omicsdk.transfer.interrupts import termination

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.dtp.access import Workflow
    from omicsdk.cli.console import Console
    from omicsdk.dtp.storage.datasets import DatasetReport


def download(workflow: Workflow, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics dtp download`: counts, the data set's folder, and what became of each file."""
    report_path(arguments.get("report"))
    name, dest = arguments["dataset_id"], arguments["dest"]
    title = f"downloading {name}"
    with _downloader(workflow, arguments) as downloader:
        drawing = nullcontext() if arguments.get("quiet") else console.progress(title)
        with drawing as progress, termination():
            try:
                report = downloader.fetch(
                    name, dest, progress=progress, require_checksum=bool(arguments.get("require_checksum"))
                )
            except KeyboardInterrupt:
                console.message(STOPPED)
                raise
    errors = named_errors(report.files.failed) + [each.error for each in report.metadata if each.error is not None]
    told(report.files, errors, arguments, console, title)
    return _shown(report)


def _downloader(workflow: Workflow, arguments: Mapping[str, Any]) -> Downloader:
    source = arguments.get("storage_config") or workflow.file
    if source is None:
        raise UsageError(
            "nothing says where the files are", remedy="Give --config FILE with the settings of iRODS or of a PACS."
        )
    storage = arguments.get("storage")
    if storage is not None:
        settings = read_config(source)
        if settings.storage not in (None, storage):
            raise UsageError(
                f"--storage {storage}, and {source} says {settings.storage}",
                remedy="Leave --storage out, or change the settings.",
            )
        storage = storage_of(settings, storage)
    login = workflow.login
    gen3: dict[str, Any] | None = None
    if login is not None:
        stated = {each: workflow.named(each, arguments) for each in ("program", "project")}
        gen3 = {"gen3_endpoint": login.endpoint} | {f"gen3_{name}": told for name, told in stated.items() if told}
    return Downloader(source, gen3, storage or DEFAULT, version=arguments.get("sds_version"), auth=login)


def _shown(report: DatasetReport) -> dict[str, Any]:
    files = [{"name": each.label or each.name, "size": each.size, **ended(each)} for each in report.files.outcomes]
    metadata = [
        {"name": each.name, "size": each.size, "records": each.records}
        for each in report.metadata
        if each.error is None
    ]
    return {
        "counts": report.counts,
        "verification": report.files.verification,
        "folder": str(report.folder),
        "files": files,
        "metadata": metadata,
    }
