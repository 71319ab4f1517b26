"""Files of a Seven Bridges platform by their paths: `sb://owner/project/folder/file`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from omicsdk_api.sb.models.file import File

from omicsdk.core.consistency import ResponseMismatch
from omicsdk.core.dates import seconds_of
from omicsdk.core.errors import APIError, Conflict, NotFound, OmicsError
from omicsdk.core.platform import deleting, settings_of, unbound
from omicsdk.fs.errors import AlreadyThere, IsFolder, NotAFolder, NotEmpty, PathNotFound, ReadOnly, WrongUri
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import ClientStore, Entry, Features, Put, put_files
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.downloads import CONNECTIONS, checksums_of, size_of, url_of
from omicsdk.sb.listings import Folder, Folders, is_folder, projects_of
from omicsdk.sb.moves import copy_one
from omicsdk.sb.paths import NO_PROJECT, SCHEME, SbPath, WrongPath, checked_name, parse
from omicsdk.sb.store import PlatformStore
from omicsdk.transfer import Location, TransferReport, Upload

T = TypeVar("T")

#: The platform's error for a folder that it does not delete.
_NOT_EMPTY = "5021"
#: Maximum characters of a name within another one.
_NAME_LENGTH = 200


class SbStore(ClientStore[SevenBridges]):
    """Projects with their folders and files. Projects and their owners are folders here that cannot be made or removed.

    Args:
        url: The platform's base URL; by default OMICS_SB_URL, else what the variables or files of sevenbridges-python say.
        token: A developer's token; by default OMICS_SB_TOKEN, else from the same sources. A token that is found is sent to the
            platform that is configured for it, and to no other `url`.
        profile: The section of ~/.sevenbridges/credentials, in place of `url`.
        client: A client that is ready, in place of all others; it is not closed.
    """

    scheme: ClassVar[str] = "sb"
    features: ClassVar[Features] = Features(
        writable=True, makes_folders=True, removal_batch=1, moves=True, copies=True, shared_paths=True
    )

    def __init__(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        profile: str | None = None,
        client: SevenBridges | None = None,
    ) -> None:
        super().__init__(client, partial(SevenBridges, unbound(url), credentials=token, profile=profile))
        self._folders: Folders | None = None
        self._making = threading.Lock()

    # -- looking

    def _stat(self, path: str) -> Entry:
        return self._entry_at(path, self._parsed(path))

    def _stat_folder(self, path: str) -> Entry:
        return self._entry_at(path, self._parsed(path)._replace(is_folder=True))

    def _entry_at(self, path: str, parsed: SbPath) -> Entry:
        if not parsed.names:
            self._check_top(path, parsed)
            return Entry(path, "folder")
        try:
            with self._asking(path):
                item = self._in_folders(lambda folders: folders.unsuggesting.find(parsed))
        except NotAFolder as error:  # above it
            raise PathNotFound(self.uri(path), "not found") from error
        if item is None:
            raise PathNotFound(self.uri(path), "not found")
        return _entry(path, item.file)

    def _check_top(self, path: str, parsed: SbPath) -> None:
        """Check that an owner or a project exists."""
        with self._asking(path):
            if parsed.project_name:
                self.client.get_project(owner=parsed.owner, project=parsed.project_name)
            elif parsed.owner and not self.client.list_owner_projects(owner=parsed.owner, limit=1).items:
                raise PathNotFound(self.uri(path), "has no project visible to you")

    def _entries(self, path: str) -> Iterator[Entry]:
        parsed = self._parsed(path)
        with self._asking(path):
            if not parsed.project_name:
                yield from self._projects(path, parsed.owner)
                return
            for child in self._in_folders(
                lambda folders: _with_first_requested(folders.children(folders.folder(parsed)))
            ):
                yield _entry(f"{path}/{child.file.name}", child.file)

    def _projects(self, path: str, owner: str) -> Iterator[Entry]:
        """Projects of an owner, or all owners of projects."""
        names: dict[str, None] = {}
        for project in projects_of(self.client, owner):
            parts = str(project.id).split("/")
            name = parts[-1] if owner else parts[0]
            if name not in names:
                names[name] = None
                yield Entry(
                    f"{path}/{name}" if path else name, "folder", details={"name": project.name} if owner else {}
                )
        if owner and not names:
            raise PathNotFound(self.uri(path), "has no project visible to you")

    def _below(self, path: str) -> Iterator[Entry]:
        """Yield all files below a folder; several folders are requested at once."""
        parsed = self._parsed(path)
        if not parsed.project_name:
            for folder in self.entries(path):
                yield from self.below(folder.path)
            return
        with self._asking(path):
            for child in self._in_folders(lambda folders: _with_first_requested(folders.below(folders.folder(parsed)))):
                if child.path is not None and not child.is_folder:
                    yield _entry(str(child.path).removeprefix(SCHEME), child.file)

    # -- bytes

    def location(self, entry: Entry) -> Location:
        with self._asking(entry.path):
            return Location(url_of(self.client, self.handle_of(entry)))

    def check_puts(self, paths: Sequence[str]) -> None:
        """Refuse paths in no project, and those in one that does not exist: once, instead of for each file."""
        for project in {self._of_a_file(path)._replace(names=(), is_folder=True) for path in paths}:
            self.make_folder(str(project).removeprefix(SCHEME))

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        """Put files into projects, in parts; a file that is replaced stays until the new one is whole."""
        client, settings = self.client, settings_of(self.client)

        def prepare(file: Put) -> Upload:
            target = self._in_a_project(file.path)
            folder = self._folder(file.path, target.parent)
            size = _local_size(file.source)
            store = PlatformStore(client, target.name, folder.target, size, overwrite=options.overwrite)
            return Upload(file.source, store, file.path)

        return put_files(
            files, prepare, options, connections=CONNECTIONS, environ=settings.environ, clock=settings.clock
        )

    # -- changes

    def make_folder(self, path: str) -> None:
        parsed = self._parsed(path)
        if parsed.names:
            self._folder(path, parsed)
            return
        try:
            self._check_top(path, parsed)
        except PathNotFound as error:
            raise ReadOnly(self.uri(path), "not found, and cannot be created", remedy=NO_PROJECT) from error

    def metadata(self, entry: Entry) -> Mapping[str, Any]:
        with self._asking(entry.path):
            file = self.client.get_file(file_id=self.handle_of(entry))
        metadata = file.metadata if isinstance(file.metadata, Mapping) else {}
        return {**entry.details, **metadata, **({"tags": file.tags} if file.tags else {})}

    def check_removal(self, path: str) -> None:
        if not self._parsed(path).names:
            remedy = "Delete whole projects with: omics sb api projects delete-project."
            raise ReadOnly(self.uri(path), "is not removed", remedy=remedy)

    def remove(self, entry: Entry) -> None:
        self.check_removal(entry.path)
        try:
            with self._asking(entry.path), deleting():
                self.client.delete_file(file_id=self.handle_of(entry))
        except APIError as error:
            if error.code == _NOT_EMPTY:
                raise NotEmpty(self.uri(entry.path)) from error
            raise
        if entry.is_folder:
            # The remembered folders have its id: what is put below its path later would look for the removed one.
            self._folders = None

    def copy(self, entry: Entry, path: str, *, overwrite: bool = True) -> bool:
        """Copy a file; what has its name there stays until the copy is made."""
        if entry.is_folder:
            return False
        if path == entry.path:
            return True
        target = self._in_a_project(path)
        folder_id, file_id = self._folder(path, target.parent), self.handle_of(entry)
        with self._asking(path):
            existing = self._in_folders(lambda folders: folders.find(target))
        if existing is not None and existing.is_folder:
            raise IsFolder(self.uri(path), "is a folder")
        if existing is not None and not overwrite:
            raise AlreadyThere(self.uri(path))
        with self._asking(entry.path):
            if existing is None:
                copy_one(self.client, file_id, target.name, folder_id)
                return True
            if existing.file.id == file_id:
                raise ResponseMismatch(f"copy of {self.uri(entry.path)}", "file", f"what is at {target}", file_id)
            # Under another name first: the old file has this one until it is removed.
            self._replaced(
                existing.file.id, copy_one(self.client, file_id, _aside(target.name), folder_id), target.name
            )
        return True

    def move(self, entry: Entry, path: str) -> bool:
        """Move a file within its project, to a name that is free."""
        source, target = self._parsed(entry.path), self._in_a_project(path)
        if entry.is_folder or source.project != target.project:
            return False
        folder_id, file_id = self._folder(path, target.parent), self.handle_of(entry)
        with self._asking(path):
            if self._in_folders(lambda folders: folders.find(target)) is not None:
                return False
        with self._asking(entry.path):
            if source.parent == target.parent:
                self.client.update_file(file_id=file_id, name=target.name)
            else:
                parent = self._in_folders(lambda folders: folders.parent_id(folder_id))
                self.client.move_file(file_id=file_id, parent=parent, name=target.name)
        return True

    def _replaced(self, old: str, new: str, name: str) -> None:
        """Replace a file by another one beside it: at any time one of both exists."""
        try:
            with deleting():
                self.client.delete_file(file_id=old)
        except OmicsError:
            with suppress(OmicsError):  # the first error states the cause
                self.client.delete_file(file_id=new)
            raise
        try:
            self.client.update_file(file_id=new, name=name)
        except OmicsError as error:
            error.remedy = f"The copy exists under another name, with the id {new}. Rename it. {error.remedy}".strip()
            raise

    # -- paths

    def _parsed(self, path: str) -> SbPath:
        try:
            return parse(f"{SCHEME}{path}")
        except WrongPath as error:
            raise WrongUri(error.message, remedy=error.remedy) from error

    def _of_a_file(self, path: str) -> SbPath:
        parsed = self._parsed(path)
        if not parsed.names:
            raise WrongUri(f"{self.uri(path)} is in no project", remedy="Write sb://owner/project/folder/file.")
        return parsed

    def _in_a_project(self, path: str) -> SbPath:
        """A file's path, whose name the platform takes."""
        parsed = self._of_a_file(path)
        try:
            checked_name(parsed.name)
        except WrongPath as error:
            raise WrongUri(f"{self.uri(path)}: {error.message}", remedy=error.remedy) from error
        return parsed

    def _folder(self, path: str, folder: SbPath) -> Folder:
        """A folder, made with those above it if it does not exist; one at a time, so that none is made twice."""
        with self._making, self._asking(path):
            try:
                return self._in_folders(lambda folders: folders.folder(folder, make=True))
            except Conflict:  # another client was faster
                return self._in_folders(lambda folders: folders.folder(folder, make=True))

    def _in_folders(self, ask: Callable[[Folders], T]) -> T:
        """Ask with the folders that are known, and where something is missing once more without: one may have been replaced."""
        folders = self._folders
        if folders is not None:
            with suppress(NotFound):
                return ask(folders.unsuggesting)
        self._folders = Folders(self.client)
        return ask(self._folders)

    @contextmanager
    def _asking(self, path: str) -> Generator[None]:
        """Raise the platform's errors of paths as ours."""
        try:
            yield
        except NotFound as error:
            remedy = error.remedy if "://" in error.remedy else None  # the intended one
            raise PathNotFound(self.uri(path), "not found, or not visible to you", remedy=remedy) from error
        except WrongPath as error:
            raise NotAFolder(self.uri(path), f"is a broken link: {error.message}") from error


def _with_first_requested(entries: Iterator[T]) -> Iterator[T]:
    """Entries of which the first has been requested, so that it is known whether their folder exists."""
    return chain(list(islice(entries, 1)), entries)


def _entry(path: str, file: File) -> Entry:
    modified = seconds_of(file.modified_on)
    if is_folder(file):
        return Entry(path, "folder", modified=modified, details={"id": file.id}, handle=file.id)
    size = size_of(file)
    return Entry(
        path,
        "file",
        size,
        checksums_of(file),
        modified,
        f"{file.id}-{modified}-{size}",  # a file that is replaced keeps its id
        {"id": file.id},
        file.id,
    )


def _aside(name: str) -> str:
    """A name for what will take another one's place."""
    return f".{os.urandom(4).hex()}.{name[:_NAME_LENGTH]}"


def _local_size(source: str) -> int:
    try:
        return Path(source).stat().st_size
    except OSError:  # the upload of the file reports it
        return 0
