"""Folders on their way to and from the platform, with all that is in them, in one transfer each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, overload

from omicsdk.compat.sevenbridges.enums import PartSize, RequestParameters
from omicsdk.compat.sevenbridges.errors import LocalFileAlreadyExists, SbgError
from omicsdk.compat.sevenbridges.http.arguments import path_of
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier
from omicsdk.compat.sevenbridges.transfer.failures import FolderFailed, as_sbg, remedy_of
from omicsdk.compat.sevenbridges.transfer.handle import check_part_size, retrying
from omicsdk.compat.sevenbridges.transfer.listing import listed
from omicsdk.compat.sevenbridges.transfer.slots import for_a_folder, slots_of
from omicsdk.compat.sevenbridges.transfer.surroundings import api_of, journal_for
from omicsdk.compat.sevenbridges.transfer.upload import FileStore, check_name, place_of, size_of
from omicsdk.core.errors import OmicsError, first_of
from omicsdk.sb.downloads import locator
from omicsdk.sb.listings import Target
from omicsdk.transfer import Control, Item, download, upload
from omicsdk.transfer import Upload as EngineUpload
from omicsdk.transfer.names import WORK_FOLDER, check_links
from omicsdk.transfer.names import check_name as check_local_name

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api
    from omicsdk.compat.sevenbridges.models.file import File
    from omicsdk.compat.sevenbridges.models.project import Project
    from omicsdk.transfer import Progress, TransferReport

F = TypeVar("F")
T = TypeVar("T")

#: Folders that are made at once.
AT_ONCE = 8
#: What to do about files of a folder that are there already.
TAKEN = "Give overwrite=True to replace what is there, or another folder_name."


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
    def target(self) -> Target:
        return {"project": self.project} if self.project is not None else {"parent": self.parent or ""}


# -- up


def upload_folder(
    path: str | os.PathLike[str],
    project: Project | str | None = None,
    parent: File | str | None = None,
    folder_name: str | None = None,
    overwrite: bool = False,
    part_size: int | None = PartSize.UPLOAD_RECOMMENDED_SIZE,
    retry_count: int | None = RequestParameters.DEFAULT_RETRY_COUNT,
    timeout: float | None = RequestParameters.DEFAULT_TIMEOUT,
    api: Api | None = None,
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
    root = Path(path_of("path", path)).absolute()
    if not root.is_dir():
        raise SbgError(f"{root} is no folder", remedy="Use files.upload for files, or check the path.")
    place = _Place(*place_of(project, parent))
    name = root.name if folder_name is None else folder_name
    retries, patience = retrying(retry_count, timeout)
    tree = _tree(root)
    top = _Place(None, _folder_in(api, place, check_name(name))) if name else place
    places = _folders(api, top, tree)
    files = [(folder / file, length) for folder, found in tree.items() for file, length in found.items()]

    def sending(file: tuple[PurePath, int]) -> EngineUpload:
        store = _store(api, places[file[0].parent], file[0].name, overwrite, file[1], size)
        return EngineUpload(root / file[0], store, file[0].as_posix(), retries=retries)

    uploads = _Made(files, sending)
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
            patience=control.patience or patience,
            clock=api.clock,
        )
    _raise_if_failed(report, "sent")
    if journal is not None:
        journal.unlink(missing_ok=True)
    return FolderUpload(top.parent or "", report)


def _tree(root: Path) -> dict[PurePath, dict[str, int]]:
    """The files of each folder with their sizes, by the folder's path below the root; all are checked."""
    found: dict[PurePath, dict[str, int]] = {}

    def unreadable(error: OSError) -> None:
        raise SbgError(f"{error.filename} can't be read: {error.strerror}", remedy="Check its permissions.") from error

    for folder, folders, files in os.walk(root, onerror=unreadable):
        linked = {each for each in folders if Path(folder, each).is_symlink()}
        folders[:] = sorted(each for each in folders if each != WORK_FOLDER and each not in linked)
        for each in (*folders, *files):
            check_name(each)
        found[PurePath(folder).relative_to(root)] = {file: size_of(Path(folder, file)) for file in sorted(files)}
    return found


def _folders(api: Api, top: _Place, tree: Mapping[PurePath, object]) -> dict[PurePath, _Place]:
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


def _folder_in(api: Api, place: _Place, name: str) -> str:
    """The id of a folder, which is made when it isn't there.

    Raises:
        SbgError: A file has that name, or the platform refused.
    """
    there = api.client.list_files.build(name=[name], fields="_all", **place.target)
    for each in Collection.fetch(Resource, there, api).all():
        if each.field("name") != name:
            continue
        if str(each.field("type")).lower() != "folder":
            raise SbgError(f"{name!r} is a file on the platform, not a folder", remedy="Give another folder_name.")
        return identifier(each)
    made = api.call_object(api.client.create_folder.build(name=name, type="folder", **place.target))
    return str(made["id"])


def _store(api: Api, place: _Place, name: str, overwrite: bool, size: int, part_size: int) -> FileStore:
    return FileStore(api.platform, name, place.target, size, part_size, overwrite=overwrite)


# -- down


def download_folder(
    folder: File | Project | str,
    path: str | os.PathLike[str],
    overwrite: bool = False,
    retry_count: int | None = RequestParameters.DEFAULT_RETRY_COUNT,
    timeout: float | None = RequestParameters.DEFAULT_TIMEOUT,
    api: Api | None = None,
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
    target = Path(path_of("path", path)).absolute()
    source, platform = _source_of(folder), api.platform
    retries, patience = retrying(retry_count, timeout)
    with _as_ours():
        folders, files = listed(api, source)
        for each in folders:
            check_local_name(each)
        check_links(folders, str(target))
        run = "sb-" + re.sub(r"[^A-Za-z0-9._-]", "-", source[1])[:90]
        if not overwrite and not (target / WORK_FOLDER / f"{run}.journal").exists():
            there = next((target / file.name for file in files if os.path.lexists(target / file.name)), None)
            if there is not None:
                raise LocalFileAlreadyExists(message=str(there))
        control = control or Control()
        slots = slots_of(api, "download")
        with slots.taken(for_a_folder(slots), lambda: control.stopped) as connections:
            report = download(
                _Made(
                    files,
                    lambda file: Item(
                        file.name, locator(platform, file.id), file.size, file.checksums, retries=retries
                    ),
                ),
                target,
                connections=connections,
                progress=progress,
                control=control,
                environ=api.environ,
                run=run,
                wait=False,
                patience=control.patience or patience,
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


# -- both


class _Made(Sequence[T], Generic[F, T]):
    """What the engine moves, each made when it is asked for: there may be many.

    Args:
        files: What is known of each file.
        make: Makes what the engine takes of it.
    """

    def __init__(self, files: Sequence[F], make: Callable[[F], T]) -> None:
        self._files = files
        self._make = make

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return _Made(self._files[index], self._make)
        return self._make(self._files[index])


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
    remedy = remedy_of(errors, taken=TAKEN, again=f"Call it again: what is there isn't {done} again.")
    count, whole = report.counts["failed"], len(report.outcomes)
    if count:
        what = f"{count} of {whole} files weren't {done}: {first_of(errors, count)}"
        raise FolderFailed(what, errors, report, remedy=remedy)
    there = report.counts["done"] + report.counts["skipped"]
    what = f"The transfer ended before its end: {report.why_stopped or 'it was stopped'}; {there} of {whole} files are there"
    raise FolderFailed(what, [], report, remedy=remedy)
