"""What `omics sb exports` does."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.manifest import found_files
from omicsdk.cli.commands.sb.storage_jobs import Wanted, check_given, foreseen, job_row, over, started, volume_of
from omicsdk.cli.commands.sb.tables import opened, read
from omicsdk.cli.commands.sb.volumes import volume_id
from omicsdk.core.errors import UsageError
from omicsdk.sb.jobs import StorageJobs
from omicsdk.sb.listings import PAGE, Folders
from omicsdk.sb.manifest import Row
from omicsdk.sb.paths import check_distinct, is_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omicsdk_api.sb.models.export import Export

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges

COLUMNS = ("file", "volume", "location")
ABSENT = "there is no such file"


def ls(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb exports ls`: rows of exports."""
    chosen: dict[str, Any] = {name: arguments[name] for name in ("volume", "state") if arguments.get(name) is not None}
    found = client.list_exports.iterate(**chosen, limit=PAGE, fields="_all")
    return [export_row(each) for each in console.limited(found, arguments.get("limit"))]


def start(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb exports start`: a row for each export that was wanted."""
    check_given(arguments, "export")
    wanted = _listed(client, arguments, console) if arguments.get("manifest") is not None else _typed(client, arguments)
    check_distinct([each.target for each in wanted], "Give them different names.")
    ready = [each for each in wanted if each.item]
    if arguments.get("dry_run"):
        rows = iter(foreseen(ready, _obstacles(client, ready), console))
        return [next(rows) if each.item else each.row(error=ABSENT) for each in wanted]
    for each in ready:
        each.item["overwrite"] = bool(arguments.get("overwrite"))
    exports = StorageJobs(client, "exports", copy_only=bool(arguments.get("copy_only")))
    rows = iter(started(exports, ready, arguments, console))
    return [next(rows) if each.item else each.row(error=ABSENT) for each in wanted]


def _obstacles(client: SevenBridges, wanted: Sequence[Wanted]) -> Callable[[int], str | None]:
    """What tells, of an export by its place in a list, what would stand in its way."""

    @cache
    def mode_of(volume: str) -> str | None:
        owner, name = volume_id(volume)
        return client.get_volume(owner=owner, volume=name).access_mode

    def obstacle(place: int) -> str | None:
        return "the volume can only be read" if mode_of(wanted[place].item["volume"]) == "RO" else None

    return obstacle


def wait(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb exports wait`: the exports, which are over."""
    return [export_row(job) for job in over(StorageJobs(client, "exports"), arguments, console)]


def export_row(job: Export) -> dict[str, Any]:
    """An export as a row.

    Args:
        job: The export.
    """
    values = job.to_dict()
    source: Mapping[str, Any] = values.get("source") or {}
    target: Mapping[str, Any] = values.get("destination") or {}
    return job_row(job, source.get("file"), f"{target.get('volume')}/{target.get('location')}")


def _typed(client: SevenBridges, arguments: Mapping[str, Any]) -> list[Wanted]:
    """What words say."""
    folders, volume, to = Folders(client), str(arguments["volume"]), str(arguments.get("to") or "")
    recursive = bool(arguments.get("recursive"))
    files = [each for text in arguments["paths"] for each in folders.files_named(text, recursive=recursive)]
    if not files:
        raise UsageError("there are no files in it", remedy="Name files, or a folder with some.")
    if to and not to.endswith("/") and len(files) > 1:
        raise UsageError(f"--to {to}: only one file can have that name", remedy=f"Name a folder: --to {to}/")
    is_name = to and not to.endswith("/")
    return [
        _wanted(0, entry.file.id, entry.name, volume, to if is_name else f"{to}{'/'.join(parts)}")
        for parts, entry in files
    ]


def _listed(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[Wanted]:
    """What a table says; files that aren't there are told, and have no item."""
    with opened(arguments["manifest"]) as lines:
        rows = read(lines, COLUMNS, ("file", "location"))
    volumes = {number: volume_of(cells, number, arguments) for number, cells in rows}
    named = [
        Row(number, *(("", cells["file"]) if is_path(cells["file"]) else (cells["file"], "")), cells={})
        for number, cells in rows
    ]
    files = {row.line: file for row, file in found_files(client, named, console)}
    return [
        _wanted(number, files[number].id, cells["file"], volumes[number], cells["location"])
        if number in files
        else Wanted(number, cells["file"], f"{volumes[number]}/{cells['location']}", {})
        for number, cells in rows
    ]


def _wanted(line: int, id: str, name: str, volume: str, location: str) -> Wanted:
    return Wanted(line, name, f"{volume}/{location}", {"file": id, "volume": volume, "location": location})
