"""What `omics sb manifest` does: tables of metadata out of the platform, and into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb_named import named
from omicsdk.cli.commands.sb_tables import STANDARD, opened
from omicsdk.cli.told import Told
from omicsdk.core.errors import NotWritable, UsageError
from omicsdk.sb import manifest
from omicsdk.sb.errors import NO_CODE, SbgError
from omicsdk.sb.paths import parse
from omicsdk.sb.places import Entry, Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.manifest import Change, Row
    from omicsdk.sb.models.file import File
    from omicsdk.sb.paths import SbPath


def export(api: Api, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics sb manifest export`: the table, or with --file how many files stand in it."""
    target = None if arguments["file"] == STANDARD else _free(Path(arguments["file"]), arguments)
    places = Places(api)
    found = [pair for text in arguments["paths"] for pair in _files(places, text, bool(arguments.get("recursive")))]
    told = [(path, {name: file.field(name) for name in _MEMBERS}) for path, file in found]
    text = manifest.table(told, arguments.get("keys"))
    if target is None:
        return Told(text.removesuffix("\n"), [{"path": path, **file} for path, file in told])
    _write(target, text)
    console.message(f"{len(told)} files stand in {target}")
    return {"file": str(target), "files": len(told)}


def import_(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb manifest import`: what differs, a row each; sent unless it is a dry run."""
    with opened(arguments["file"]) as lines:
        listed = list(manifest.rows(lines))
    if not listed:
        console.message("the table has no rows")
        return []
    files = found_files(api, listed, console)
    clear = bool(arguments.get("clear"))
    found = [
        change
        for row in listed
        if (file := files.get(row.line)) is not None
        for change in manifest.changes(row, {name: file.field(name) for name in _MEMBERS}, clear=clear)
    ]
    items = manifest.edits(found)
    many = f"{len(items)} of {len(listed)} files, {len(found)} values"
    if arguments.get("dry_run") or not items:
        console.message(f"would change {many}" if items else "nothing differs")
        return [shown(change) for change in found]
    return [shown(change) for change in apply(api, found, many, console)]


_MEMBERS = ("id", "size", "tags", "metadata")


def apply(api: Api, found: Sequence[Change], what: str, console: Console) -> list[Change]:
    """Has the platform change files, as many in a request as it takes.

    Args:
        api: The platform.
        found: The changes.
        what: How many there are, for people.
        console: Where failures are told.

    Returns:
        The changes that were made.

    Raises:
        SbgError: None was.
    """
    items = manifest.edits(found)
    records = api.files.bulk_edit(items)
    failed = {item["id"]: record.error for item, record in zip(items, records, strict=True) if not record.valid}
    names = {change.id: change.path for change in found}
    if len(failed) == len(items) == 1:
        raise next(iter(failed.values())).as_exception()
    for id, error in failed.items():
        console.some_failed(f"{names[id]}: {error.message}")
    if len(failed) == len(items):
        raise SbgError("none of the files could be changed", NO_CODE, NO_CODE)
    console.message(f"changed {what}" if not failed else f"changed {len(items) - len(failed)} of {len(items)} files")
    return [change for change in found if change.id not in failed]


def shown(change: Change) -> dict[str, Any]:
    """A change as a row.

    Args:
        change: The change.
    """
    return {"path": change.path, "field": change.field, "before": change.before, "after": change.after}


def _files(places: Places, text: str, recursive: bool) -> Iterator[tuple[str, File]]:
    """The files that a word names, with their paths: itself, or those in a folder or project."""
    place = named(places, text)
    if isinstance(place, Entry):
        yield place.name, place.file
        return
    if not place.path.owner:
        raise UsageError(f"{text} is a folder", remedy="Name it by its path, so that its files have some.")
    for entry in places.below(place) if recursive else places.children(place):
        if not entry.file.is_folder():
            yield entry.name, entry.file


def found_files(api: Api, listed: Sequence[Row], console: Console) -> dict[int, File]:
    """The files of rows, by the rows' lines; those that aren't there are told.

    Args:
        api: The platform.
        listed: The rows, each with an id or a path.
        console: Where failures are told.

    Raises:
        SbgError: None is there.
    """
    found: dict[int, File] = {}
    with_ids = [row for row in listed if row.id]
    for row, record in zip(with_ids, api.files.bulk_get([row.id for row in with_ids]), strict=True):
        if record.resource is None:
            console.some_failed(f"line {row.line}: {row.name}: {record.error}")
        else:
            found[row.line] = record.resource
    places = Places(api)
    folders: dict[SbPath, dict[str, File]] = {}
    for row in (row for row in listed if not row.id):
        try:
            path = parse(row.path)
            if path.parent not in folders:
                entries = places.children(places.folder(path.parent))
                folders[path.parent] = {entry.path.name: entry.file for entry in entries if entry.path is not None}
            file = folders[path.parent].get(path.name)
        except SbgError as error:
            console.some_failed(f"line {row.line}: {error}")
            continue
        if file is None or file.is_folder():
            console.some_failed(f"line {row.line}: there is no file {row.path}")
        else:
            found[row.line] = file
    if not found:
        raise SbgError("none of the table's files is there", NO_CODE, NO_CODE, remedy="Look at its column id or path.")
    return found


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
    from omicsdk.core.atomic_file import in_place_of, target_of

    try:
        with in_place_of(target_of(path)) as file:
            file.write(text.encode())
    except OSError as error:
        raise NotWritable(
            str(path), error.strerror or str(error), remedy="Choose another place with --file."
        ) from error
