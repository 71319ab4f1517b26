"""What `omics crunch run`, `next` and `loop` do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.crunch.looking import storage_settings
from omicsdk.cli.errors import REFUSED, exit_code
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.crunch.datasets import DatasetFolders
from omicsdk.crunch.requests import checked_slug
from omicsdk.crunch.runs import check_cores
from omicsdk.crunch.statuses import DatasetTaken, RunResult, WorkflowType, newest_status
from omicsdk.crunch.storage import Storage, open_storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.crunch.client import Crunch

NONE_LEFT = "No more datasets to process."


def run(client: Crunch, arguments: Mapping[str, Any], console: Console) -> dict[str, str]:
    """`omics crunch run`: how it ended, as a row.

    Raises:
        UsageError: Something is missing that every run needs.
        OmicsError: There is no such dataset, or another runner has it.
    """
    checked_slug(arguments["dataset"])
    row = _Runner(client, arguments, console).run(arguments["dataset"], take_over=arguments["take_over"])
    if _failed(row):
        console.exit_code = REFUSED
    return row


def following(client: Crunch, arguments: Mapping[str, Any], console: Console) -> dict[str, str]:
    """`omics crunch next`: how it ended, as a row.

    Raises:
        OmicsError: There is no dataset left.
        UsageError: Something is missing that every run needs.
        OmicsError: There is no such project.
    """
    row = _Runner(client, arguments, console).next()
    if row is None:
        raise OmicsError(NONE_LEFT)
    if _failed(row):
        console.exit_code = REFUSED
    return row


def loop(client: Crunch, arguments: Mapping[str, Any], console: Console) -> list[dict[str, str]]:
    """`omics crunch loop`: how each dataset ended, as rows; those before it, where the loop can't go on.

    Raises:
        UsageError: Something is missing that every run needs.
        OmicsError: There is no such project, or the site doesn't answer; no dataset was processed.
    """
    runner = _Runner(client, arguments, console)
    rows: list[dict[str, str]] = []
    try:
        while (row := runner.next()) is not None:
            rows.append(row)
    except (OmicsError, OSError) as error:
        if not rows:
            raise
        console.error(str(error))
        console.exit_code = exit_code(error)
    failed = sum(map(_failed, rows))
    if console.exit_code:
        console.message(f"Loop stopped. Datasets processed: {len(rows)}, failed: {failed}.")
        return rows
    console.message(NONE_LEFT)
    console.message(f"Loop concluded. Datasets processed: {len(rows)}, failed: {failed}.")
    if failed == len(rows) and rows:
        console.exit_code = REFUSED
    elif failed:
        console.some_failed(f"{failed} of {len(rows)} datasets failed")
    return rows


def _failed(row: Mapping[str, str]) -> bool:
    return row["result"] != RunResult.SUCCESS.name


class _Runner:
    """Runs datasets one after the other, as the options say.

    What would make every run fail is looked for first: a failed dataset stays locked until an administrator unlocks it.

    Args:
        client: The site.
        arguments: What was typed.
        console: Where it is told what happens.

    Raises:
        UsageError: There is no Snakemake, no such workflow, or nothing says where the files are.
        ConfigError: The storage's settings can't be read, or the number of cores isn't one.
    """

    def __init__(self, client: Crunch, arguments: Mapping[str, Any], console: Console) -> None:
        self._client = client
        self._arguments = arguments
        self._console = console
        self._workflow = WorkflowType(arguments["workflow"])
        self._path = None if arguments["path"] is None else Path(arguments["path"])
        self._cores = check_cores(arguments["cores"])
        self._storage: Storage = open_storage(storage_settings(arguments))
        self._seen = set[str]()
        self._folders = DatasetFolders(client)
        if self._path is not None and not self._path.is_file():
            raise UsageError(f"--path: there is no file {self._path}", remedy="Give the workflow's file.")
        if self._workflow is WorkflowType.snakemake and shutil.which("snakemake") is None:
            raise UsageError(
                "There is no snakemake on the PATH",
                remedy="Install Snakemake 7 or later, activate its environment, or give --workflow script.",
            )

    def run(self, slug: str, *, since: int | None = None, take_over: bool = False) -> dict[str, str]:
        """Runs a dataset, and gives how it ended."""
        arguments = self._arguments
        self._console.message(f"Processing '{slug}'.")
        report = self._client.run(
            slug,
            arguments["directory"],
            storage=self._storage,
            workflow_type=self._workflow,
            workflow_path=self._path,
            download=not arguments["no_download"],
            upload=not arguments["no_upload"],
            cleanup=arguments["cleanup"] and not arguments["no_cleanup"],
            cores=self._cores,
            since=since,
            take_over=take_over,
            allow_shared_folder=bool(arguments.get("allow_shared_folder")),
            folders=self._folders,
            on_message=self._console.message,
        )
        return {
            "dataset": slug,
            "result": report.result.name,
            "directory": str(report.directory),
            "note": report.note,
        }

    def next(self) -> dict[str, str] | None:
        """Runs the dataset that is next, and gives how it ended; None where none is left."""
        while True:
            since = newest_status(self._client)
            slug = self._client.next_dataset(self._arguments["project"] or "")
            if not slug:
                return None
            if slug in self._seen:
                raise OmicsError(
                    f"The site gives {slug} again although it was processed: it hasn't taken its statuses",
                    remedy="Check that this user may add statuses.",
                )
            self._seen.add(slug)
            try:
                return self.run(slug, since=since)
            except DatasetTaken as error:
                self._console.message(f"{error.message}; taking the next one.")
