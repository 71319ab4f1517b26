"""Tags and metadata of files: compared with the requested ones, and changed if they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from omicsdk_api.sb.models.file import File
from omicsdk_api.sb.models.file_bulk_record import FileBulkRecord

from omicsdk.core.errors import NotFound, OmicsError, SomeFailed, UsageError
from omicsdk.sb import manifest
from omicsdk.sb.client import SevenBridges
from omicsdk.sb.jobs import error_of
from omicsdk.sb.listings import Entry, Folders, is_folder
from omicsdk.sb.manifest import METADATA, TAGS, Change, Row, value_of
from omicsdk.sb.paths import SbPath, parse

# Files of a table that are held in memory at once; a hundred come with each request.
FILES_AT_ONCE = 5000
_MEMBERS = ("id", "size", TAGS, "metadata")


class Edits(NamedTuple):
    """The result of a change of tags or metadata.

    Attributes:
        changes: The changes that were made; those that would be made in a dry run.
        errors: Why others were not, each with the file's name.
        files: The files that were compared.
        is_planned: Whether it is a dry run.
    """

    changes: list[Change]
    errors: list[str]
    files: int
    is_planned: bool = False

    @property
    def changed(self) -> int:
        """The number of files that were changed."""
        return len({change.id for change in self.changes})


def files_named(client: SevenBridges, paths: Iterable[str], *, recursive: bool = False) -> list[Entry]:
    """Find the files that paths and ids name, each once.

    Args:
        client: The platform.
        paths: Paths or ids of files, and with `recursive` of folders.
        recursive: Whether to take the files in folders.
    """
    folders = Folders(client)
    entries = (entry for text in paths for _, entry in folders.files_named(text, recursive=recursive))
    # A file may be named, and be in a folder that is named, too: two edits of it would be in one request.
    return list({entry.file.id: entry for entry in entries}.values())


def tagged(now: Sequence[str], add: Iterable[str], remove: Iterable[str], all_tags: Sequence[str] | None) -> list[str]:
    """Return a file's tags after a change; pure.

    Args:
        now: The tags that it has.
        add: Tags to add, after them.
        remove: Those that are removed.
        all_tags: All new tags, which replace the present ones; None to use the others.
    """
    if all_tags is not None:
        return list(dict.fromkeys(all_tags))
    removed = set(remove)
    return [tag for tag in dict.fromkeys([*now, *add]) if tag not in removed]


def tag(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    set: Sequence[str] | None = None,
    recursive: bool = False,
    dry_run: bool = False,
) -> Edits:
    """Add tags to files, remove tags, or set all of them.

    List files before the options. Tags and metadata of many files: omics sb manifest.

    Args:
        paths: Files: sb://owner/project/folder/file, or ids; with `recursive` folders.
        add: Tags to add.
        remove: Tags to remove.
        set: Tags that replace all present ones. Excludes `add` and `remove`.
        recursive: Include all files below folders.
        dry_run: Only print what would change.

    Raises:
        UsageError: Neither `set` nor `add` and `remove` are given, or both are; or one is a folder, and `recursive` is
            not set.
        OmicsError: None of the files could be changed.
    """
    if (set is None) == (not add and not remove):
        raise UsageError(
            "either --set, or --add and --remove are required",
            remedy="Set all tags with --set, or change some with --add and --remove.",
        )
    entries = files_named(client, paths, recursive=recursive)
    changes: list[Change] = []
    for entry in entries:
        now = entry.file.tags or []
        after = tagged(now, add, remove, set)
        if after != now:
            changes.append(Change(entry.file.id, entry.name, TAGS, now, after))
    return edit(client, changes, len(entries), dry_run=dry_run)


def edit_metadata(
    client: SevenBridges,
    paths: Sequence[str],
    put: Mapping[str, Sequence[str]],
    removed: Sequence[str] = (),
    *,
    recursive: bool = False,
    dry_run: bool = False,
) -> Edits:
    """Set and remove metadata of files; keys that are not named are unchanged.

    Args:
        client: The platform.
        paths: Paths or ids of files, and with `recursive` of folders.
        put: The values of keys as text; several are a list.
        removed: The keys that are removed.
        recursive: Whether to take the files in folders.
        dry_run: Whether nothing is sent.

    Raises:
        UsageError: A key is set and removed, or has no value; or one is a folder, and `recursive` is not set.
        OmicsError: None of the files could be changed.
    """
    if both := [key for key in put if key in removed]:
        raise UsageError(f"{both[0]} is in --set and in --unset", remedy="Name it once.")
    if empty := [key for key, values in put.items() if "" in values]:
        raise UsageError(f"--set {empty[0]}= has no value", remedy=f"To remove it: --unset {empty[0]}.")
    entries = files_named(client, paths, recursive=recursive)
    return edit(client, metadata_changes(entries, put, removed), len(entries), dry_run=dry_run)


def metadata_changes(
    entries: Iterable[Entry], put: Mapping[str, Sequence[str]], removed: Iterable[str] = ()
) -> list[Change]:
    """Return the differences between the present and the requested metadata of files; pure.

    Args:
        entries: The files.
        put: The values of keys as they were typed; several are a list.
        removed: The keys that are removed.
    """
    file_changes: list[Change] = []
    for entry in entries:
        before = entry.file.metadata or {}
        after: dict[str, Any] = {
            key: value_of(values[0], before.get(key)) if len(values) == 1 else [value_of(word) for word in values]
            for key, values in put.items()
        }
        # The platform removes a key whose value is null.
        after |= dict.fromkeys(removed)
        file_changes += [
            Change(entry.file.id, entry.name, f"{METADATA}{key}", before.get(key), value)
            for key, value in after.items()
            if value != before.get(key)
        ]
    return file_changes


def edit(client: SevenBridges, changes: Sequence[Change], files: int, *, dry_run: bool = False) -> Edits:
    """Change tags and metadata, as many files in a request as the platform takes.

    Args:
        client: The platform.
        changes: The changes.
        files: The files that were compared.
        dry_run: Whether nothing is sent.

    Raises:
        OmicsError: None of the files could be changed.
    """
    items = manifest.edits(changes)
    if dry_run or not items:
        return Edits(list(changes), [], files, is_planned=dry_run)
    records = client.edit_files(items)
    failed = {
        item["id"]: error_of(record.error)
        for item, record in zip(items, records, strict=True)
        if record.error is not None
    }
    # The platform's own error of the only file has its class, which decides the exit code.
    if len(failed) == len(items) == 1:
        raise next(iter(failed.values()))
    names = {change.id: change.path for change in changes}
    errors = [f"{names[id]}: {error.message}" for id, error in failed.items()]
    if len(failed) == len(items):
        problem = f"none of {len(items)} files could be changed; the first: {errors[0]}"
        remedy = "Correct their cause, and run the same command again."
        raise SomeFailed(problem, list(failed.values()), remedy=remedy)
    return Edits([change for change in changes if change.id not in failed], errors, files)


def listed_files(client: SevenBridges, paths: Iterable[str], *, recursive: bool = False) -> list[dict[str, Any]]:
    """The files in projects and folders with their paths, sizes, tags and metadata.

    Args:
        client: The platform.
        paths: Projects, folders and files.
        recursive: Whether to take the folders below.

    Raises:
        UsageError: A folder is named by its id, so that its files have no paths.
    """
    folders = Folders(client)
    return [
        {"path": path, **_members(file)}
        for text in paths
        for path, file in _files_below(folders, text, recursive=recursive)
    ]


def _files_below(folders: Folders, text: str, *, recursive: bool) -> Iterator[tuple[str, File]]:
    folder = folders.named(text)
    if isinstance(folder, Entry):
        yield folder.name, folder.file
        return
    if not folder.path.owner:
        raise UsageError(f"{text} is a folder", remedy="Name it by its sb:// path.")
    for entry in folders.below(folder) if recursive else folders.children(folder):
        if not entry.is_folder:
            yield entry.name, entry.file


def import_table(client: SevenBridges, rows: Sequence[Row], *, clear: bool = False, dry_run: bool = False) -> Edits:
    """Give files the tags and metadata that the rows of a table state; only what differs is sent.

    Args:
        client: The platform.
        rows: The rows, as `manifest.rows` reads them.
        clear: Whether an empty cell removes what the file has.
        dry_run: Whether nothing is sent.

    Raises:
        OmicsError: None of the files that differ could be changed.
    """
    changes: list[Change] = []
    missing: list[str] = []
    for row, file in files_of(client, rows):
        if isinstance(file, OmicsError):
            missing.append(f"line {row.line}: {row.name}: {file.message}")
        else:
            changes += manifest.changes(row, _members(file), clear=clear)
    result = edit(client, changes, len(rows), dry_run=dry_run)
    return result._replace(errors=[*missing, *result.errors])


def files_of(client: SevenBridges, rows: Sequence[Row]) -> Iterator[tuple[Row, File | OmicsError]]:
    """Find the files of rows, some thousand at a time.

    Args:
        client: The platform.
        rows: The rows, each with an id or a path.

    Yields:
        Each row with its file, in order; with the error if there is none.
    """
    folders: dict[SbPath, dict[str, File]] = {}
    tree = Folders(client)
    for first in range(0, len(rows), FILES_AT_ONCE):
        part = rows[first : first + FILES_AT_ONCE]
        ids = [row.id for row in part if row.id]
        # In the order of the ids, of which rows with a path have none.
        records = iter(client.files_by_id(ids))
        yield from ((row, _matched(tree, row, records, folders)) for row in part)


def _matched(
    tree: Folders, row: Row, records: Iterator[FileBulkRecord], folders: dict[SbPath, dict[str, File]]
) -> File | OmicsError:
    """The file of a row: by its id from the next record, else by its path."""
    if row.id:
        record = next(records)
        return record.resource or (_missing() if record.error is None else error_of(record.error))
    try:
        return _at(tree, row.path, folders)
    except OmicsError as error:
        return error


def _at(tree: Folders, text: str, folders: dict[SbPath, dict[str, File]]) -> File:
    """The file of a path; folders are listed whole, because a table names many files in each."""
    path = parse(text)
    if path.parent not in folders:
        entries = tree.children(tree.folder(path.parent))
        folders[path.parent] = {entry.path.name: entry.file for entry in entries if entry.path is not None}
    file = folders[path.parent].get(path.name)
    if file is None or is_folder(file):
        raise _missing()
    return file


def _missing() -> NotFound:
    return NotFound("file not found")


def _members(file: File) -> dict[str, Any]:
    values = file.to_dict()
    return {name: values.get(name) for name in _MEMBERS}
