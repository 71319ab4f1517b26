"""What `omics sb files download` does: everything that is named comes in one transfer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.commands.reports import report_path
from omicsdk.cli.commands.sb.named import named
from omicsdk.cli.commands.sb.transfers import check_names, watched
from omicsdk.cli.commands.transfer_reports import ended
from omicsdk.cli.commands.transfers import foreseen
from omicsdk.sb.errors import LocalFileAlreadyExists
from omicsdk.sb.models.enums import RequestParameters
from omicsdk.sb.places import Entry, Places, name_of
from omicsdk.sb.transfer.slots import slots_of
from omicsdk.sb.transfer.wanted import checksums_in, locator
from omicsdk.transfer import Control, Item, TransferReport
from omicsdk.transfer import download as fetch
from omicsdk.transfer.names import WORK_FOLDER

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.file import File
    from omicsdk.transfer import Progress


class Wanted(NamedTuple):
    """A file of the platform, and where it goes.

    Attributes:
        file: The file.
        parts: The names that lead to it from the folder that is downloaded into.
    """

    file: File
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path below that folder."""
        return "/".join(self.parts)


def download(api: Api, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb files download`: counts, and what became of each file."""
    report_path(arguments.get("report"))
    places = Places(api)
    found = [_expanded(places, text) for text in arguments["paths"]]
    wanted = [each for files, _ in found for each in files]
    check_names([each.name for each in wanted], "Download them to different folders.")
    folder = Path(arguments.get("download_dir") or ".")
    told = moved_down(api, wanted, folder, arguments, console, " ".join(sorted(arguments["paths"])))
    if not arguments.get("dry_run"):
        for _, folders in found:
            for parts in folders:
                folder.joinpath(*parts).mkdir(parents=True, exist_ok=True)
    return told


def _refuse_to_replace(wanted: Iterable[Wanted], folder: Path) -> None:
    for each in wanted:
        if os.path.lexists(folder.joinpath(*each.parts)):
            raise LocalFileAlreadyExists(
                message=f"{folder.joinpath(*each.parts)} is there already", remedy="Give --overwrite to replace it."
            )


def moved_down(
    api: Api, wanted: Sequence[Wanted], folder: Path, arguments: Mapping[str, Any], console: Console, what: str
) -> dict[str, Any]:
    """Fetches files in one transfer.

    Args:
        api: The platform.
        wanted: The files.
        folder: The folder that they go to.
        arguments: Those of the command.
        console: Where progress and failures are told.
        what: Tells this download from others into the same folder.

    Returns:
        Counts, and what became of each file.

    Raises:
        LocalFileAlreadyExists: A file is there, and --overwrite isn't given; nothing was fetched.
        TransferError: Nothing arrived, or it ended before its end.
    """
    run = f"sb-{hashlib.blake2b(what.encode(), digest_size=8).hexdigest()}"
    goes_on = (folder / WORK_FOLDER / f"{run}.journal").exists()
    if not arguments.get("overwrite") and not goes_on:
        _refuse_to_replace(wanted, folder)
    items = [
        Item(
            each.name,
            locator(api, str(each.file.id)),
            each.file.field("size"),
            checksums_in(each.file.field("metadata")),
            retries=RequestParameters.DEFAULT_RETRY_COUNT,
        )
        for each in wanted
    ]
    dry_run = bool(arguments.get("dry_run"))

    def work(progress: Callable[[Progress], None] | None, control: Control, dry_run: bool = dry_run) -> TransferReport:
        return fetch(
            items,
            folder,
            connections=slots_of(api, "download").count,
            progress=progress,
            control=control,
            environ=api.environ,
            run=run,
            clock=api.clock,
            dry_run=dry_run,
        )

    if goes_on and not arguments.get("overwrite"):
        # What came before and was edited since isn't what was fetched: it is the user's own now.
        outcomes = work(None, Control(), dry_run=True).outcomes
        _refuse_to_replace(
            [each for each, told in zip(wanted, outcomes, strict=True) if told.state != "skipped"], folder
        )
    report = watched(work, arguments, console, f"downloading to {folder}")
    if dry_run:
        return foreseen(report)
    files = [
        {
            "id": each.file.id,
            "path": str(folder.joinpath(*each.parts)),
            "size": each.file.field("size"),
            **ended(outcome),
        }
        for each, outcome in zip(wanted, report.outcomes, strict=True)
    ]
    return {"counts": report.counts, "verification": report.verification, "files": files}


def _expanded(places: Places, text: str) -> tuple[list[Wanted], list[tuple[str, ...]]]:
    """The files that a word names, and the folders that they are in."""
    place = named(places, text)
    if isinstance(place, Entry):
        return [Wanted(place.file, (name_of(place.file),))], []
    before = () if place.folder is None or text.endswith("/") else (name_of(place.folder),)
    files: list[Wanted] = []
    folders: list[tuple[str, ...]] = [before] if before else []
    for entry in places.below(place):
        if entry.path is None:
            continue
        parts = (*before, *entry.path.below(place.path))
        if entry.file.is_folder():
            folders.append(parts)
        else:
            files.append(Wanted(entry.file, parts))
    return files, folders
