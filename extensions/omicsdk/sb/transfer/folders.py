"""Folders on their way to and from the platform, with all that is in them, in one transfer each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.errors import OmicsError, UnsafePath, first_of
from omicsdk.sb.errors import LocalFileAlreadyExists, SbgError
from omicsdk.sb.meta.collection import LONGEST_PAGE, Collection
from omicsdk.sb.meta.resource import Resource, identifier
from omicsdk.sb.models.enums import PartSize, RequestParameters
from omicsdk.sb.transfer.failures import FolderFailed, as_sbg
from omicsdk.sb.transfer.handle import check_part_size
from omicsdk.sb.transfer.routes import file_routes
from omicsdk.sb.transfer.slots import for_a_folder, slots_of
from omicsdk.sb.transfer.store import PlatformStore
from omicsdk.sb.transfer.surroundings import api_of, journal_for
from omicsdk.sb.transfer.upload import check_name, place_of, size_of
from omicsdk.sb.transfer.wanted import checksums_in, locator
from omicsdk.transfer import Control, Item, Patience, download, upload
from omicsdk.transfer import Upload as EngineUpload
from omicsdk.transfer.names import WORK_FOLDER
from omicsdk.transfer.names import check_name as check_local_name

if TYPE_CHECKING:
    from omicsdk.sb.http.client import HttpClient
    from omicsdk.sb.models.file import File
    from omicsdk.sb.models.project import Project
    from omicsdk.transfer import Progress, TransferReport

#: Folders that are made or listed at once.
AT_ONCE = 8


class FolderUpload(NamedTuple):
    """A folder that is on the platform.

    Attributes:
        folder: The folder's id; "" where its files stand in the project itself.
        report: What became of each file.
    """

    folder: str
    report: TransferReport


@dataclass(frozen=True, slots=True)
class _Place:
    """Where files go to: a project's root, or a folder."""

    project: str | None
    parent: str | None

    @property
    def arguments(self) -> dict[str, str]:
        return {"project": self.project} if self.project is not None else {"parent": self.parent or ""}


# -- up


def upload_folder(
    path: str | os.PathLike[str],
    project: Any = None,
    parent: Any = None,
    folder_name: str | None = None,
    overwrite: bool = False,
    part_size: int | None = PartSize.UPLOAD_RECOMMENDED_SIZE,
    retry_count: int | None = RequestParameters.DEFAULT_RETRY_COUNT,
    timeout: float | None = RequestParameters.DEFAULT_TIMEOUT,
    api: HttpClient | None = None,
    *,
    resume: bool = True,
    progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> FolderUpload:
    """Uploads a folder with all that is in it. Folders that are there already are used.

    Links to files are followed, links to folders aren't. One file that fails doesn't keep the others from being sent; when
    the same is called again after a failure, what was sent isn't sent again.

    Args:
        path: The folder.
        project: The project that it goes to, or its id; either this or `parent`.
        parent: The folder that it goes into, or its id.
        folder_name: What it is called there; by default its own name, "" puts what is in it straight there.
        overwrite: Whether files take the place of those of their name.
        part_size: The size of parts in bytes, 5 MiB to 5 GiB, 32 MiB by default.
        retry_count: How many failures in a row end a file, 6 by default, 0 for none.
        timeout: Seconds for which a silent server is waited for, 300 by default.
        api: Where to.
        resume: Whether to remember what was sent.
        progress: Is called about ten times a second, and once at the end.
        control: Stops and pauses it, limits its rate and bounds its time.

    Returns:
        The folder, and what became of each file.

    Raises:
        FolderFailed: Some files failed; `errors` and `report` say which.
        SbgError: An argument makes no sense, or a folder can't be made; no file was sent.
        KeyboardInterrupt: It was interrupted; everything is in order for going on.
    """
    api = api_of(api, "An upload")
    size = check_part_size(part_size, PartSize.UPLOAD_RECOMMENDED_SIZE, PartSize.UPLOAD_MINIMUM_PART_SIZE)
    root = Path(path).absolute()
    if not root.is_dir():
        raise SbgError(f"{root} is no folder", remedy="Use files.upload for files, or check the path.")
    place = _Place(*place_of(project, parent))
    name = root.name if folder_name is None else folder_name
    tree = _tree(root)
    top = _Place(None, _folder_in(api, place, check_name(name))) if name else place
    places = _folders(api, top, tree)
    uploads = [
        EngineUpload(
            root / folder / file,
            _store(api, places[folder], root / folder / file, overwrite, size),
            (folder / file).as_posix(),
            retries=RequestParameters.DEFAULT_RETRY_COUNT if retry_count is None else retry_count,
        )
        for folder, files in tree.items()
        for file in files
    ]
    control = control or Control()
    journal = journal_for("folders", api.url, repr(top), str(root)) if resume and uploads else None
    slots = slots_of(api, "upload")
    with slots.taken(for_a_folder(slots), lambda: control.stopped) as connections, _as_ours():
        report = upload(
            uploads,
            connections=connections,
            journal=journal,
            progress=progress,
            control=control,
            environ=api.environ,
            wait=False,
            patience=Patience(silence=RequestParameters.DEFAULT_TIMEOUT if timeout is None else timeout),
            clock=api.clock,
        )
    _raise_if_failed(report, "sent")
    if journal is not None:
        journal.unlink(missing_ok=True)
    return FolderUpload(top.parent or "", report)


def _tree(root: Path) -> dict[PurePath, list[str]]:
    """The files of each folder, by the folder's path below the root; names are checked."""
    found: dict[PurePath, list[str]] = {}

    def unreadable(error: OSError) -> None:
        raise SbgError(f"{error.filename} can't be read: {error.strerror}", remedy="Check its permissions.") from error

    for folder, folders, files in os.walk(root, onerror=unreadable):
        linked = {each for each in folders if Path(folder, each).is_symlink()}
        folders[:] = sorted(each for each in folders if each != WORK_FOLDER and each not in linked)
        found[PurePath(folder).relative_to(root)] = sorted(files)
        for each in (*folders, *files):
            check_name(each)
    return found


def _folders(api: HttpClient, top: _Place, tree: Mapping[PurePath, object]) -> dict[PurePath, _Place]:
    """Makes the folders that aren't there, level by level, and gives the place of each."""
    places = {PurePath(): top}
    levels: dict[int, list[PurePath]] = {}
    for folder in tree:
        if folder.parts:
            levels.setdefault(len(folder.parts), []).append(folder)

    def made(folder: PurePath) -> str:
        return _folder_in(api, places[folder.parent], folder.name)

    with ThreadPoolExecutor(AT_ONCE, "omicsdk-sb-folder") as pool:
        for _, folders in sorted(levels.items()):
            for folder, identity in zip(folders, pool.map(made, folders), strict=True):
                places[folder] = _Place(None, identity)
    return places


def _folder_in(api: HttpClient, place: _Place, name: str) -> str:
    """The id of a folder, which is made when it isn't there.

    Raises:
        SbgError: A file has that name, or the platform refused.
    """
    there = api.client.list_files.build(name=[name], fields="_all", **place.arguments)
    for each in Collection.fetch(Resource, there, api).all():
        if each.field("name") != name:
            continue
        if str(each.field("type")).lower() != "folder":
            raise SbgError(f"{name!r} is a file on the platform, not a folder", remedy="Give another folder_name.")
        return identifier(each)
    made = api.call_object(api.client.create_folder.build(name=name, type="folder", **place.arguments))
    return str(made["id"])


def _store(api: HttpClient, place: _Place, path: Path, overwrite: bool, part_size: int) -> PlatformStore:
    routes = file_routes(api.client, path.name, project=place.project, parent=place.parent, overwrite=overwrite)
    return PlatformStore(api, routes, f"{place.project or place.parent}/{path.name}", size_of(path), part_size)


# -- down


def download_folder(
    folder: File | Project | str,
    path: str | os.PathLike[str],
    overwrite: bool = False,
    retry_count: int | None = RequestParameters.DEFAULT_RETRY_COUNT,
    timeout: float | None = RequestParameters.DEFAULT_TIMEOUT,
    api: HttpClient | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> TransferReport:
    """Downloads what is in a folder, with all folders in it.

    Each file appears when it is whole: its size, and the checksums that its metadata state, are verified. One that fails
    doesn't keep the others from being fetched; when the same is called again, what is there isn't fetched again.

    Args:
        folder: The folder, its id, or a project for all that is in it.
        path: The folder of this machine that it goes to; it is made when it isn't there.
        overwrite: Whether files take the place of those that this download didn't put there.
        retry_count: How many failures in a row end a file, 6 by default, 0 for none.
        timeout: Seconds for which a silent server is waited for, 300 by default.
        api: The platform; the folder's own by default.
        progress: Is called about ten times a second, and once at the end.
        control: Stops and pauses it, limits its rate and bounds its time.

    Returns:
        What became of each file.

    Raises:
        FolderFailed: Some files failed; `errors` and `report` say which.
        LocalFileAlreadyExists: A file is there, and `overwrite` is False; nothing was fetched.
        SbgError: The folder can't be listed, or a name in it isn't safe here; nothing was fetched.
        KeyboardInterrupt: It was interrupted; everything is in order for going on.
    """
    if api is None and isinstance(folder, Resource):
        api = folder.api_or_none
    api = api_of(api, "A download")
    target = Path(path).absolute()
    source = _source_of(folder)
    retries = RequestParameters.DEFAULT_RETRY_COUNT if retry_count is None else retry_count
    with _as_ours():
        folders, files = _listed(api, source)
        for each in folders:
            check_local_name(each)
        items = [_item(api, name, file, retries) for name, file in files]
        run = "sb-" + re.sub(r"[^A-Za-z0-9._-]", "-", source[1])[:90]
        if not overwrite and not (target / WORK_FOLDER / f"{run}.journal").exists():
            there = next((target / item.name for item in items if os.path.lexists(target / item.name)), None)
            if there is not None:
                raise LocalFileAlreadyExists(message=str(there))
        control = control or Control()
        slots = slots_of(api, "download")
        with slots.taken(for_a_folder(slots), lambda: control.stopped) as connections:
            report = download(
                items,
                target,
                connections=connections,
                progress=progress,
                control=control,
                environ=api.environ,
                run=run,
                wait=False,
                patience=Patience(silence=RequestParameters.DEFAULT_TIMEOUT if timeout is None else timeout),
                clock=api.clock,
            )
    for each in folders:
        (target / each).mkdir(parents=True, exist_ok=True)
    _raise_if_failed(report, "fetched")
    return report


def _source_of(folder: File | Project | str) -> tuple[str, str]:
    """What is listed, "project" or "folder", and its id. An id with a slash is a project's."""
    identity = identifier(folder)
    if isinstance(folder, Resource) and str(folder.field("type") or "").lower() == "file":
        raise SbgError(f"{folder!r} is a file, not a folder", remedy="Use its download().")
    return ("project" if "/" in identity else "folder"), identity


def _listed(api: HttpClient, source: tuple[str, str]) -> tuple[list[str], list[tuple[str, Resource]]]:
    """All folders and files below one, with their paths from there."""
    folders: list[str] = []
    files: list[tuple[str, Resource]] = []
    level = [("", source)]
    with ThreadPoolExecutor(AT_ONCE, "omicsdk-sb-list") as pool:
        while level:
            below: list[tuple[str, tuple[str, str]]] = []
            listed = pool.map(partial(_entries, api), [place for _, place in level])
            for (prefix, _), entries in zip(level, listed, strict=True):
                for entry in entries:
                    own = str(entry.field("name"))
                    if "/" in own:
                        raise UnsafePath(own, "has a slash in it")
                    name = prefix + own
                    if str(entry.field("type")).lower() == "folder":
                        folders.append(name)
                        below.append((f"{name}/", ("folder", identifier(entry))))
                    else:
                        files.append((name, entry))
            level = below
    return folders, files


def _entries(api: HttpClient, source: tuple[str, str]) -> list[Resource]:
    kind, identity = source
    if kind == "project":
        request = api.client.list_files.build(project=identity, limit=LONGEST_PAGE, fields="_all")
    else:
        request = api.client.list_folder_files.build(folder_id=identity, limit=LONGEST_PAGE, fields="_all")
    return list(Collection.fetch(Resource, request, api).all())


def _item(api: HttpClient, name: str, file: Resource, retries: int) -> Item:
    size = file.field("size")
    checksums = checksums_in(file.field("metadata"))
    return Item(
        name, locator(api, identifier(file)), size if isinstance(size, int) else None, checksums, retries=retries
    )


# -- both


@contextmanager
def _as_ours() -> Generator[None]:
    """Has the engine's errors raised as this package's."""
    try:
        yield
    except SbgError:
        raise
    except OmicsError as error:
        raise as_sbg(error) from error


def _raise_if_failed(report: TransferReport, done: str) -> None:
    """Raises when a file failed, or the transfer was stopped before its end."""
    if report.ok:
        return
    errors = [as_sbg(outcome.error) for outcome in report.outcomes.failures if outcome.error is not None]
    count, whole = report.counts["failed"], len(report.outcomes)
    if count:
        raise FolderFailed(f"{count} of {whole} files weren't {done}: {first_of(errors, count)}", errors, report)
    there = report.counts["done"] + report.counts["skipped"]
    why = report.why_stopped or "it was stopped"
    raise FolderFailed(f"The transfer ended before its end: {why}; {there} of {whole} files are there", [], report)
