"""What `omics sb files upload` does: everything that is named goes in one transfer."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.commands.reports import report_path
from omicsdk.cli.commands.sb.named import is_folder_to_be
from omicsdk.cli.commands.sb.transfers import check_names, watched
from omicsdk.cli.commands.transfer_reports import ended
from omicsdk.core.errors import UsageError
from omicsdk.sb.models.enums import PartSize, RequestParameters
from omicsdk.sb.paths import SbPath, checked_name, is_path, parse
from omicsdk.sb.places import Place, Places
from omicsdk.sb.transfer.routes import file_routes
from omicsdk.sb.transfer.slots import slots_of
from omicsdk.sb.transfer.store import PlatformStore
from omicsdk.sb.transfer.surroundings import journal_for
from omicsdk.sb.transfer.upload import size_of
from omicsdk.transfer import Control, Outcome, Outcomes, TransferReport, Upload
from omicsdk.transfer import upload as send
from omicsdk.transfer.names import WORK_FOLDER

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.transfer import Progress


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

    outcomes = _sent(api, uploads, journal, arguments, console, f"uploading to {target}")
    gone = _gone(places, ready, outcomes)
    if gone:
        console.message(f"{len(gone)} files that an earlier run had sent aren't there any more: they are sent again")
        again = _sent(api, [uploads[number] for number in gone], None, arguments, console, f"uploading to {target}")
        for number, outcome in zip(gone, again, strict=True):
            outcomes[number] = outcome
    if journal is not None and all(outcome.state in ("done", "skipped") for outcome in outcomes):
        journal.unlink(missing_ok=True)
    counts = Counter(outcome.state for outcome in outcomes)
    files = [
        {
            "path": str(each.path),
            "to": str(each.target),
            "size": each.size,
            **ended(outcome),
            "id": store.made.get("id"),
        }
        for each, store, outcome in zip(ready, stores, outcomes, strict=True)
    ]
    return {
        "counts": {state: counts[state] for state in ("done", "skipped", "failed", "stopped")},
        "verification": Outcomes(outcomes).verification,
        "files": files,
    }


def _sent(
    api: Api,
    uploads: Sequence[Upload],
    journal: Path | None,
    arguments: Mapping[str, Any],
    console: Console,
    title: str,
) -> list[Outcome]:
    """Sends files in one transfer; what became of each."""

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

    return list(watched(work, arguments, console, title).outcomes)


def _gone(places: Places, ready: Sequence[Ready], outcomes: Sequence[Outcome]) -> list[int]:
    """Which of those that the journal says were sent aren't on the platform: somebody has deleted them since."""
    names: dict[SbPath, set[str]] = {}
    found: list[int] = []
    for number, (each, outcome) in enumerate(zip(ready, outcomes, strict=True)):
        if outcome.state != "skipped":
            continue
        folder = each.target.parent
        if folder not in names:
            entries = places.children(places.folder(folder))
            names[folder] = {entry.path.name for entry in entries if entry.path is not None}
        if each.target.name not in names[folder]:
            found.append(number)
    return found


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
        if not source or not Path(source).exists():  # Path("") is the current folder
            raise UsageError(f"{source!r} isn't there", remedy="Look at how it is written.")
    is_single = len(sources) == 1 and not Path(sources[0]).is_dir()
    if not is_folder_to_be(places, target, single=is_single):
        checked_name(target.name)
        return [_ready(Path(sources[0]), target)], []
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
    check_names([str(each.target) for each in files], "Upload them to different folders.")
    return files, folders


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
