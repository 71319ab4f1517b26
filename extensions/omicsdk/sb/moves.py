"""Copies, moves and deletions on the platform: one request for a single file, the platform's own jobs for more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from omicsdk_api.sb import SbApi

from omicsdk.core.consistency import Identifier, ResponseMismatch
from omicsdk.core.errors import Interrupted, OmicsError, UsageError
from omicsdk.core.platform import deleting
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.jobs import MOST, StillRunning, run_file_job
from omicsdk.sb.listings import FILE_NAME, Entry, Folder, Folders
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse

Kind = Literal["copy", "move", "delete"]
PARTICIPLES = {"copy": "copied", "move": "moved", "delete": "deleted"}
# Seconds to wait for a job of the platform.
TIMEOUT = 3600.0


class FileChange(NamedTuple):
    """A file or folder that is copied, moved or deleted.

    Attributes:
        source: The file or folder.
        target: Its new path; None for a deletion.
    """

    source: Entry
    target: SbPath | None = None


class FileChanges(NamedTuple):
    """The result of a copy, move or deletion.

    Attributes:
        kind: Which of them.
        files: The files and folders with which it succeeded; those with which it would be done in a dry run.
        errors: Why others failed, or are not known to be done: of several jobs one may fail, or not finish in time.
        is_planned: Whether it is a dry run.
    """

    kind: Kind
    files: list[FileChange]
    errors: list[str]
    is_planned: bool = False


class _Step(NamedTuple):
    """A file or folder, the folder that it goes into, and its name there."""

    source: Entry
    folder: Folder
    name: str

    @property
    def change(self) -> FileChange:
        return FileChange(self.source, self.folder.path.child(self.name, is_folder=self.source.is_folder))

    @property
    def stays(self) -> bool:
        """Whether only the name changes."""
        return self.source.path is not None and self.source.path.parent == self.folder.path


def copy(
    client: SevenBridges,
    paths: Sequence[str],
    to: str,
    *,
    recursive: bool = False,
    timeout: float = TIMEOUT,
    dry_run: bool = False,
) -> FileChanges:
    """Copy files and folders on the platform, within a project or to another.

    Nothing is transferred. To transfer to or from this machine, use omics sb files upload or download.

    Args:
        paths: Files and folders: sb://owner/project/folder/file, or the ids of files.
        to: Folder to copy into (it ends with a slash, or exists), or the new path of a single file or folder.
        recursive: Copy folders, with everything in them.
        timeout: Seconds to wait for each job of the platform, which copies 100 files and folders at most.
        dry_run: Only print what would be copied.

    Raises:
        UsageError: A path is missing or makes no sense, or is a folder and `recursive` is not set.
        NotFound: A source, or the folder to copy into, does not exist.
        StillRunning: The only job has not finished in time; it continues.
    """
    steps = _planned(Folders(client), paths, to, "copy")
    folders = [step for step in steps if step.source.is_folder]
    if folders and not recursive:
        raise UsageError(f"{folders[0].source.name} is a folder", remedy="Use --recursive to copy it.")
    changes = [step.change for step in steps]
    if dry_run:
        return FileChanges("copy", changes, [], is_planned=True)
    # One file is copied by a request of its own, which is done when it returns; a job has to be polled.
    if len(steps) == 1 and not folders:
        only = steps[0]
        copy_one(client, only.source.file.id, only.name, only.folder)
        return FileChanges("copy", changes, [])
    items: Any = [{"file": step.source.file.id, "name": step.name, **step.folder.target} for step in steps]
    return _job(client, "copy", items, changes, timeout)


def copy_one(client: SbApi, file_id: str, name: str, folder: Folder) -> str:
    """Copy a file.

    Args:
        client: The platform.
        file_id: The file.
        name: The copy's name.
        folder: The folder that it goes to.

    Returns:
        The copy's id.

    Raises:
        ResponseMismatch: The platform states another name or folder of the copy, or the file itself.
    """
    copied = client.copy_file(file_id=file_id, name=name, **folder.target)
    operation = f"copy_file to {folder.path.child(name)}"
    FILE_NAME.check(name, copied.name, operation)
    if folder.file is not None and copied.parent is not None:
        Identifier("folder").check(folder.file.id, copied.parent, operation)
    # A caller may delete the source after a copy: one that is the file itself would be lost with it.
    if copied.id == file_id:
        raise ResponseMismatch(operation, "copy", f"a copy of {file_id}", copied.id)
    return copied.id


def move(
    client: SevenBridges, paths: Sequence[str], to: str, *, timeout: float = TIMEOUT, dry_run: bool = False
) -> FileChanges:
    """Move or rename files and folders within a project.

    Folders are moved with everything in them.

    Args:
        paths: Files and folders: sb://owner/project/folder/file, or the ids of files.
        to: Folder to move into (it ends with a slash, or exists), or the new path of a single file or folder.
        timeout: Seconds to wait for each job of the platform, which moves 100 files and folders at most.
        dry_run: Only print what would be moved.

    Raises:
        UsageError: A path is missing or makes no sense.
        NotFound: A source, or the folder to move into, does not exist.
        StillRunning: The only job has not finished in time; it continues.
    """
    folders = Folders(client)
    steps = _planned(folders, paths, to, "move")
    changes = [step.change for step in steps]
    if dry_run:
        return FileChanges("move", changes, [], is_planned=True)
    only = steps[0] if len(steps) == 1 else None
    if only is not None and only.stays:
        client.update_file(file_id=only.source.file.id, name=only.name)
    elif only is not None and not only.source.is_folder:
        client.move_file(file_id=only.source.file.id, parent=folders.parent_id(only.folder), name=only.name)
    else:
        items = [
            {"file": step.source.file.id, "parent": folders.parent_id(step.folder), "name": step.name} for step in steps
        ]
        return _job(client, "move", items, changes, timeout)
    return FileChanges("move", changes, [])


def delete(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    recursive: bool = False,
    timeout: float = TIMEOUT,
    dry_run: bool = False,
) -> FileChanges:
    """Delete files permanently; folders with --recursive.

    Args:
        paths: Files and folders: sb://owner/project/folder/file, or the ids of files.
        recursive: Delete folders, with everything in them.
        timeout: Seconds to wait for each job of the platform, which deletes 100 files and folders at most.
        dry_run: Only print what would be deleted.

    Raises:
        UsageError: One is a folder, and `recursive` is not set.
        NotFound: One does not exist.
        StillRunning: The only job has not finished in time; it continues.
    """
    folders = Folders(client)
    entries = [folders.entry(text) for text in paths]
    folder = next((entry for entry in entries if entry.is_folder), None)
    if folder is not None and not recursive:
        raise UsageError(f"{folder.name} is a folder", remedy="Use --recursive to delete it with everything in it.")
    changes = [FileChange(entry) for entry in entries]
    if dry_run:
        return FileChanges("delete", changes, [], is_planned=True)
    if len(entries) == 1 and folder is None:
        with deleting():
            client.delete_file(file_id=entries[0].file.id)
        return FileChanges("delete", changes, [])
    return _job(client, "delete", [{"file": entry.file.id} for entry in entries], changes, timeout)


def make_folders(client: SevenBridges, paths: Sequence[str], *, parents: bool = False) -> list[Entry]:
    """Create folders.

    Args:
        paths: Folders: sb://owner/project/folder.
        parents: Create the folders above as well, and accept folders that already exist.

    Raises:
        WrongPath: One is a project, or has an invalid name; nothing was created.
        NotFound: The folder above does not exist.
        Conflict: There is something of that name.
    """
    requested = [parse(text)._replace(is_folder=True) for text in paths]
    for path in requested:
        if not path.names:
            raise WrongPath(f"{path} is a project", remedy="Create one with: omics sb projects create.")
        checked_name(path.name)
    folders = Folders(client)
    folders_made: list[Entry] = []
    for path in requested:
        folder = (
            folders.folder(path, make=True).file if parents else folders.make(folders.folder(path.parent), path.name)
        )
        folders_made += [] if folder is None else [Entry(path, folder)]
    return folders_made


def _planned(folders: Folders, sources: Sequence[str], to: str, kind: Kind) -> list[_Step]:
    """Return the source and target of each change, determined before anything is changed."""
    for word in (*sources, to):
        if not is_path(word) and ("/" in word or "." in word):
            raise UsageError(
                f"{word!r} is not an sb:// path",
                remedy="To transfer between this machine and the platform, use omics sb files upload or download.",
            )
    target = parse(to)
    entries = [folders.entry(source) for source in sources]
    folder, name = _target(folders, target, single=len(entries) == 1)
    steps = [_Step(entry, folder, checked_name(name or str(entry.file.name))) for entry in entries]
    # Checked before the first change: a job would do a part of them.
    targets: dict[str, Entry] = {}
    for step in steps:
        if step.name in targets:
            raise UsageError(
                f"{targets[step.name].name} and {step.source.name} would both be {folder.path.child(step.name)}",
                remedy=f"{kind.capitalize()} them to different folders.",
            )
        targets[step.name] = step.source
        _check_inside(step, kind)
    return steps


def _target(folders: Folders, target: SbPath, *, single: bool) -> tuple[Folder, str]:
    """Return the target folder, and the new name; no name if names are kept."""
    if not target.names or target.is_folder:
        return folders.folder(target), ""
    entry = folders.find(target)
    if entry is not None and entry.is_folder:
        return Folder(target._replace(is_folder=True), entry.file), ""
    if not single:
        raise WrongPath(
            f"{target} {'is a file' if entry else 'does not exist'}, so only one file can be written to it",
            remedy=f"Name a folder; create it with: omics sb files mkdir '{target}'",
        )
    if entry is not None:
        raise WrongPath(f"{target} already exists", remedy="Choose another name, or delete it first.")
    return folders.folder(target.parent), target.name


def _check_inside(step: _Step, kind: Kind) -> None:
    """Refuse to put a folder into itself."""
    source, target = step.source.path, step.folder.path
    # Of a folder that is named by its id no path is known to compare.
    if source is not None and source.is_folder and source.owner:
        same = (source.owner, source.project_name) == (target.owner, target.project_name)
        if same and target.names[: len(source.names)] == source.names:
            raise UsageError(f"{source} cannot be {PARTICIPLES[kind]} into itself", remedy="Choose another folder.")


def _job(
    client: SevenBridges, kind: Kind, items: Sequence[dict[str, str]], changes: list[FileChange], timeout: float
) -> FileChanges:
    """Have the platform work on many, and collect what it could not do."""
    completed: list[FileChange] = []
    errors: list[str] = []
    for first in range(0, len(items), MOST):
        part = changes[first : first + MOST]
        try:
            results = run_file_job(client, kind, items[first : first + MOST], timeout=timeout)
        except OmicsError as error:
            # What other jobs did stays known. The first one's failure is the whole call's: no other job is started after it.
            continues = isinstance(error, StillRunning) and len(changes) > MOST
            if isinstance(error, Interrupted) or not (first or continues):
                raise
            errors += [f"{change.source.name}: {error.summary}" for change in part]
            continue
        is_per_entry = len(results) == len(part)  # of a folder the platform may answer for each file in it
        failed = {number: result.error for number, result in enumerate(results) if result.error}
        if is_per_entry:
            completed += [item for number, item in enumerate(part) if number not in failed]
        elif not failed or len(failed) < len(results):
            completed += part
        errors += [
            f"{part[number].source.name}: {error}" if is_per_entry else error for number, error in failed.items()
        ]
    return FileChanges(kind, completed, errors)
