"""What `omics sb manifest` does: tables of metadata out of the platform, and into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.tables import STANDARD, opened
from omicsdk.cli.told import Told
from omicsdk.core.errors import NotFound, NotWritable, OmicsError, UsageError
from omicsdk.sb import manifest
from omicsdk.sb.jobs import error_of
from omicsdk.sb.listings import Entry, Folders, is_folder
from omicsdk.sb.paths import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from omicsdk_api.sb.models.file import File
    from omicsdk_api.sb.models.file_bulk_record import FileBulkRecord

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges
    from omicsdk.sb.manifest import Change, Row
    from omicsdk.sb.paths import SbPath


def export(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics sb manifest export`: the table, or with --file how many files stand in it."""
    target = None if arguments["file"] == STANDARD else _free(Path(arguments["file"]), arguments)
    known = Folders(client)
    recursive = bool(arguments.get("recursive"))
    found = (pair for text in arguments["paths"] for pair in _files(known, text, recursive))
    told = [(path, _members(file)) for path, file in found]
    text = manifest.table(told, arguments.get("keys"))
    if target is None:
        return Told(text.removesuffix("\n"), [{"path": path, **file} for path, file in told])
    _write(target, text)
    console.message(f"{len(told)} files stand in {target}")
    return {"file": str(target), "files": len(told)}


def import_(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb manifest import`: what differs, a row each; sent unless it is a dry run."""
    with opened(arguments["file"]) as lines:
        listed = list(manifest.rows(lines))
    if not listed:
        console.message("the table has no rows")
        return []
    clear = bool(arguments.get("clear"))
    found = [
        change
        for row, file in found_files(client, listed, console)
        for change in manifest.changes(row, _members(file), clear=clear)
    ]
    items = manifest.edits(found)
    many = f"{len(items)} of {len(listed)} files, {len(found)} values"
    if arguments.get("dry_run") or not items:
        console.message(f"would change {many}" if items else "nothing differs")
        return [shown(change) for change in found]
    return [shown(change) for change in apply(client, found, many, console)]


AT_ONCE = 5000
"""Files that are held in memory at once; a hundred come with each request."""

_MEMBERS = ("id", "size", "tags", "metadata")


def apply(client: SevenBridges, found: Sequence[Change], what: str, console: Console) -> list[Change]:
    """Has the platform change files, as many in a request as it takes.

    Args:
        client: The platform.
        found: The changes.
        what: How many there are, for people.
        console: Where failures are told.

    Returns:
        The changes that were made.

    Raises:
        OmicsError: None was.
    """
    items = manifest.edits(found)
    records = client.edit_files(items)
    failed = {
        item["id"]: error_of(record.error)
        for item, record in zip(items, records, strict=True)
        if record.error is not None
    }
    names = {change.id: change.path for change in found}
    if len(failed) == len(items) == 1:
        raise next(iter(failed.values()))
    for id, error in failed.items():
        console.some_failed(f"{names[id]}: {error.message}")
    if len(failed) == len(items):
        raise OmicsError("none of the files could be changed")
    console.message(f"changed {what}" if not failed else f"changed {len(items) - len(failed)} of {len(items)} files")
    return [change for change in found if change.id not in failed]


def _members(file: File) -> dict[str, Any]:
    values = file.to_dict()
    return {name: values.get(name) for name in _MEMBERS}


def shown(change: Change) -> dict[str, Any]:
    """A change as a row.

    Args:
        change: The change.
    """
    return {"path": change.path, "field": change.field, "before": change.before, "after": change.after}


def _files(known: Folders, text: str, recursive: bool) -> Iterator[tuple[str, File]]:
    """The files that a word names, with their paths: itself, or those in a folder or project."""
    folder = known.named(text)
    if isinstance(folder, Entry):
        yield folder.name, folder.file
        return
    if not folder.path.owner:
        raise UsageError(f"{text} is a folder", remedy="Name it by its path, so that its files have some.")
    for entry in known.below(folder) if recursive else known.children(folder):
        if not entry.is_folder:
            yield entry.name, entry.file


def found_files(client: SevenBridges, listed: Sequence[Row], console: Console) -> Iterator[tuple[Row, File]]:
    """The files of rows, some thousand at a time; those that aren't there are told.

    Args:
        client: The platform.
        listed: The rows, each with an id or a path.
        console: Where failures are told.

    Yields:
        Rows and their files, in order.

    Raises:
        OmicsError: None is there.
    """
    folders: dict[SbPath, dict[str, File]] = {}
    known, is_any = Folders(client), False
    for first in range(0, len(listed), AT_ONCE):
        part = listed[first : first + AT_ONCE]
        with_ids = [row for row in part if row.id]
        records = dict(
            zip((row.line for row in with_ids), client.files_by_id([row.id for row in with_ids]), strict=True)
        )
        for row in part:
            try:
                file = _at(known, row.path, folders) if not row.id else _told(records[row.line])
            except OmicsError as error:
                console.some_failed(f"line {row.line}: {row.name}: {error.message}")
                continue
            is_any = True
            yield row, file
    if not is_any:
        raise OmicsError("none of the table's files is there", remedy="Look at how it names them: ids or paths.")


def _told(record: FileBulkRecord) -> File:
    if record.resource is None:
        raise NotFound("there is no such file") if record.error is None else error_of(record.error)
    return record.resource


def _at(known: Folders, text: str, folders: dict[SbPath, dict[str, File]]) -> File:
    """The file of a path; folders are listed whole, for a table names many in each."""
    path = parse(text)
    if path.parent not in folders:
        entries = known.children(known.folder(path.parent))
        folders[path.parent] = {entry.path.name: entry.file for entry in entries if entry.path is not None}
    file = folders[path.parent].get(path.name)
    if file is None or is_folder(file):
        raise NotFound("there is no such file")
    return file


def _free(path: Path, arguments: Mapping[str, Any]) -> Path:
    """Looks at where a table is to be written, before anything is asked."""
    if path.exists() and not arguments.get("overwrite"):
        raise UsageError(f"{path} is there already", remedy="Choose another name, or give --overwrite.")
    if not path.absolute().parent.is_dir():
        raise UsageError(
            f"there is no folder {path.absolute().parent}", remedy="Name a file in a folder that is there."
        )
    return path


def _write(path: Path, text: str) -> None:
    from omicsdk.core.files import in_place_of, is_special, target_of

    try:
        with in_place_of(path if is_special(path) else target_of(path)) as file:
            file.write(text.encode())
    except OSError as error:
        raise NotWritable(
            str(path), error.strerror or str(error), remedy="Choose another place with --file."
        ) from error
