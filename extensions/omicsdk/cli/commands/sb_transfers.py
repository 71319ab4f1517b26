"""What `omics sb files upload` and `download` do: everything that is named moves in one transfer."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.commands.reports import report_path, tell_failures, write_report
from omicsdk.cli.commands.transfers import control_of, foreseen
from omicsdk.core.errors import SomeFailed, TransferError, UsageError
from omicsdk.sb.errors import LocalFileAlreadyExists, NotFound, SbgError
from omicsdk.sb.models.enums import PartSize, RequestParameters
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse
from omicsdk.sb.places import Place, Places
from omicsdk.sb.transfer.failures import as_sbg
from omicsdk.sb.transfer.routes import file_routes
from omicsdk.sb.transfer.slots import slots_of
from omicsdk.sb.transfer.store import PlatformStore
from omicsdk.sb.transfer.surroundings import journal_for
from omicsdk.sb.transfer.upload import size_of
from omicsdk.sb.transfer.wanted import checksums_in, locator
from omicsdk.transfer import Control, Item, Outcome, TransferReport, Upload
from omicsdk.transfer import download as fetch
from omicsdk.transfer import upload as send
from omicsdk.transfer.interrupts import termination
from omicsdk.transfer.names import WORK_FOLDER

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.core.errors import OmicsError
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.file import File
    from omicsdk.transfer import Progress

STOPPED = "Stopped. The same command goes on where this one ended."


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


class Ready(NamedTuple):
    """A file of this machine, and where it goes.

    Attributes:
        path: Where it is.
        target: Its path on the platform.
        size: Its size in bytes.
    """

    path: Path
    target: SbPath
    size: int


# -- down


def download(api: Api, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb files download`: counts, and what became of each file."""
    report_path(arguments.get("report"))
    places = Places(api)
    found = [_expanded(places, text) for text in arguments["paths"]]
    wanted = [each for files, _ in found for each in files]
    _check_names([each.name for each in wanted], "Download them to different folders.")
    folder = Path(arguments.get("download_dir") or ".")
    told = moved_down(api, wanted, folder, arguments, console, " ".join(sorted(arguments["paths"])))
    if not arguments.get("dry_run"):
        for _, folders in found:
            for parts in folders:
                folder.joinpath(*parts).mkdir(parents=True, exist_ok=True)
    return told


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
    if not arguments.get("overwrite") and not (folder / WORK_FOLDER / f"{run}.journal").exists():
        for each in wanted:
            if os.path.lexists(folder.joinpath(*each.parts)):
                raise LocalFileAlreadyExists(
                    message=f"{folder.joinpath(*each.parts)} is there already", remedy="Give --overwrite to replace it."
                )
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

    def work(progress: Callable[[Progress], None] | None, control: Control) -> TransferReport:
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

    report = _watched(work, arguments, console, f"downloading to {folder}")
    if dry_run:
        return foreseen(report)
    files = [
        {
            "id": each.file.id,
            "path": str(folder.joinpath(*each.parts)),
            "size": each.file.field("size"),
            "state": outcome.state,
        }
        for each, outcome in zip(wanted, report.outcomes, strict=True)
    ]
    return {"counts": report.counts, "files": files}


def _expanded(places: Places, text: str) -> tuple[list[Wanted], list[tuple[str, ...]]]:
    """The files that a word names, and the folders that they are in."""
    path = parse(text) if is_path(text) else None
    if path is not None and not path.names:
        place, before = places.folder(path), ()
    else:
        entry = places.entry(text)
        name = str(entry.file.name)
        if not entry.file.is_folder():
            return [Wanted(entry.file, (name,))], []
        place = Place(entry.path or SbPath(is_folder=True), entry.file)
        before = () if text.endswith("/") else (name,)
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


# -- up


def upload(api: Api, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb files upload`: counts, and what became of each file."""
    report_path(arguments.get("report"))
    *sources, last = arguments["paths"]
    if not sources or not is_path(last):
        raise UsageError(
            "nothing says where to upload to", remedy="Give files, then where to: a.bam sb://me/my-project/reads/"
        )
    target, places = parse(last), Places(api)
    target.project  # noqa: B018 - raises where there is none
    ready, folders = planned(places, sources, target)
    if arguments.get("dry_run"):
        return {
            "counts": {"planned": len(ready)},
            "bytes_to_send": sum(each.size for each in ready),
            "files": [{"path": str(each.path), "to": str(each.target), "size": each.size} for each in ready],
        }
    for folder in folders:
        places.folder(folder, make=True)
    overwrite = bool(arguments.get("overwrite"))
    stores = [_store(api, places.folder(each.target.parent, make=True), each, overwrite=overwrite) for each in ready]
    uploads = [
        Upload(each.path, store, str(each.target), retries=RequestParameters.DEFAULT_RETRY_COUNT)
        for each, store in zip(ready, stores, strict=True)
    ]
    journal = (
        journal_for("command", api.url, str(target), *(str(Path(source).absolute()) for source in sources))
        if uploads
        else None
    )

    def work(progress: Callable[[Progress], None] | None, control: Control) -> TransferReport:
        return send(
            uploads,
            connections=slots_of(api, "upload").count,
            journal=journal,
            progress=progress,
            control=control,
            environ=api.environ,
            clock=api.clock,
        )

    report = _watched(work, arguments, console, f"uploading to {target}")
    if journal is not None and report.ok:
        journal.unlink(missing_ok=True)
    files = [
        {
            "path": str(each.path),
            "to": str(each.target),
            "size": each.size,
            "state": outcome.state,
            "id": store.made.get("id"),
        }
        for each, store, outcome in zip(ready, stores, report.outcomes, strict=True)
    ]
    return {"counts": report.counts, "files": files}


def planned(places: Places, sources: Sequence[str], target: SbPath) -> tuple[list[Ready], list[SbPath]]:
    """What goes where, settled before anything is sent.

    Args:
        places: The platform.
        sources: Files and folders of this machine.
        target: Where to.

    Returns:
        The files, and the folders that are to be there.

    Raises:
        UsageError: A source isn't there, two would have one name, or only one file can go to the target.
    """
    for source in sources:
        if not Path(source).exists():
            raise UsageError(f"{source} isn't there", remedy="Look at how it is written.")
    is_single = len(sources) == 1 and not Path(sources[0]).is_dir()
    if is_single and target.names and not target.is_folder:
        found = places.find(target)
        if found is None or not found.file.is_folder():
            checked_name(target.name)
            return [_ready(Path(sources[0]), target)], []
    elif target.names and not target.is_folder and _is_file(places, target):
        raise WrongPath(f"{target} is a file, so only one can go there", remedy="Name a folder.")
    folder = target._replace(is_folder=True)
    files: list[Ready] = []
    folders: list[SbPath] = [folder]
    for source in sources:
        path = Path(source)
        name = path.absolute().name or path.resolve().name
        if not path.is_dir():
            files.append(_ready(path, folder.child(checked_name(name))))
            continue
        top = folder if source.endswith(("/", os.sep)) else folder.child(checked_name(name), is_folder=True)
        _walk(path, top, files, folders)
    _check_names([str(each.target) for each in files], "Upload them to different folders.")
    return files, folders


def _is_file(places: Places, target: SbPath) -> bool:
    try:
        found = places.find(target)
    except NotFound:  # the folders above are made, too
        return False
    return found is not None and not found.file.is_folder()


def _ready(path: Path, target: SbPath) -> Ready:
    return Ready(path, target, size_of(path))


def _walk(source: Path, top: SbPath, files: list[Ready], folders: list[SbPath]) -> None:
    """Adds what is in a folder of this machine; links to folders aren't followed."""

    def unreadable(error: OSError) -> None:
        raise UsageError(
            f"{error.filename} can't be read: {error.strerror}", remedy="Check its permissions."
        ) from error

    for where, below, names in os.walk(source, onerror=unreadable):
        below[:] = sorted(name for name in below if name != WORK_FOLDER and not Path(where, name).is_symlink())
        here = top._replace(names=(*top.names, *Path(where).relative_to(source).parts))
        folders.append(here)
        for name in sorted(names):
            files.append(_ready(Path(where, name), here.child(checked_name(name))))


def _store(api: Api, place: Place, ready: Ready, *, overwrite: bool) -> PlatformStore:
    where = place.target
    project, parent = where.get("project"), where.get("parent")
    name = ready.target.name
    routes = file_routes(api.client, name, project=project, parent=parent, overwrite=overwrite)
    return PlatformStore(api, routes, f"{project or parent}/{name}", ready.size, PartSize.UPLOAD_RECOMMENDED_SIZE)


# -- both


def _watched(
    work: Callable[[Callable[[Progress], None] | None, Control], TransferReport],
    arguments: Mapping[str, Any],
    console: Console,
    title: str,
) -> TransferReport:
    """Runs a transfer with a progress bar and a report; Ctrl-C stops it so that the same command goes on from there."""
    path = report_path(arguments.get("report"))
    control = control_of(arguments.get("limit_rate"), arguments.get("time_budget"))
    drawing: AbstractContextManager[Callable[[Progress], None] | None] = (
        nullcontext() if arguments.get("quiet") else console.progress(title)
    )
    with drawing as progress, termination():
        try:
            report = work(progress, control)
        except KeyboardInterrupt:
            control.stop("interrupt")
            console.message(STOPPED)
            raise
    errors = _errors_of(report.failed)
    if path is not None:
        write_report(path, report, errors, title)
        console.message(f"what became of each file stands in {path}")
    counts = report.counts
    there = counts["done"] + counts["skipped"] + counts.get("planned", 0)
    if errors and not there:
        if len(errors) == 1:
            raise errors[0]
        raise SomeFailed(f"{counts['failed']} of {len(report.outcomes)} files failed", errors)
    tell_failures(errors, console)
    if report.why_stopped:
        raise TransferError(
            f"{report.why_stopped}; {there} of {len(report.outcomes)} files are there",
            remedy="The same command goes on where this one ended.",
        )
    return report


def _errors_of(failed: Sequence[Outcome]) -> list[OmicsError]:
    """Why files failed, in the platform's words where it has some."""
    found: list[OmicsError] = []
    for outcome in failed:
        if outcome.error is None:
            continue
        error = as_sbg(outcome.error)
        name = outcome.label or outcome.name
        if name not in str(error):
            told = SbgError(f"{name}: {error.message}", error.code, error.status, remedy=error.remedy)
            told.__cause__ = error
            error = told
        found.append(error)
    return found


def _check_names(names: Sequence[str], remedy: str) -> None:
    """Refuses two files that would be one."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(f"two files would both be {name}", remedy=remedy)
        seen.add(name)
