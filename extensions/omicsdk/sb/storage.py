"""Imports from volumes into projects and exports to volumes: planned from names or tables, checked, and started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from omicsdk.core.checked_json import check_fields
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.sb.jobs import StorageJobs, error_of
from omicsdk.sb.listings import Folders
from omicsdk.sb.manifest import Row, WrongTable, read_table
from omicsdk.sb.metadata import files_of
from omicsdk.sb.paths import SbPath, WrongPath, check_distinct, checked_name, is_path, parse

if TYPE_CHECKING:
    from omicsdk_api.sb.models.export import Export
    from omicsdk_api.sb.models.import_ import Import

    from omicsdk.sb.client import SevenBridges

IMPORT_COLUMNS = ("volume", "location", "to")
EXPORT_COLUMNS = ("file", "volume", "location")


class VolumePlace(TypedDict):
    """A volume as operations take it."""

    owner: str
    volume: str


def volume_place(text: str) -> VolumePlace:
    """Read a volume's id.

    Args:
        text: `owner/volume`.

    Raises:
        UsageError: It is no id of a volume.
    """
    owner, _, name = text.partition("/")
    # Both are segments of a path, in which `..` would be another operation.
    if not owner or not name or "/" in name or {owner, name} & {".", ".."}:
        raise UsageError(f"{text!r} is not the id of a volume", remedy="Write owner/volume.")
    return {"owner": owner, "volume": name}


class PlannedJob(NamedTuple):
    """An import or export to start.

    Attributes:
        line: Its line in the table; 0 if there is none.
        source: What is imported or exported.
        target: Where it goes.
        item: It, as `StorageJobs.start` takes it; empty if it cannot be started.
        path: The path that an import goes to.
        error: Why it cannot be started; empty if it can.
    """

    line: int
    source: str
    target: str
    item: dict[str, Any]
    path: SbPath = SbPath()
    error: str = ""

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return f"line {self.line}: {self.source}" if self.line else self.source


class StartedJobs(NamedTuple):
    """The result of planned jobs, by their numbers in the plan.

    Attributes:
        jobs: Those that were started.
        errors: Why others were not.
    """

    jobs: dict[int, Import | Export]
    errors: dict[int, str]


# -- the plan


def imports_named(client: SevenBridges, paths: Sequence[str], volume: str) -> list[PlannedJob]:
    """Plan imports of named objects on a volume.

    Args:
        client: The platform.
        paths: Names on the volume, and the target last.
        volume: The volume, `owner/volume`.

    Raises:
        UsageError: The target is missing or no path, or it is a file and there are several names.
    """
    *locations, last = paths
    if not locations or not is_path(last):
        raise UsageError(
            "missing destination", remedy="List names on the volume, then the destination: sb://me/my-project/reads/"
        )
    to = parse(last)
    to.project  # noqa: B018 - raises if there is none
    if not Folders(client).is_folder_to_be(to, single=len(locations) == 1):
        return [_import(0, volume, locations[0], to)]
    return [_import(0, volume, location, _inside(to, location)) for location in locations]


def imports_listed(lines: Iterable[str], volume: str | None = None) -> list[PlannedJob]:
    """Plan the imports of a table.

    Args:
        lines: Its lines, that of the columns first: volume, location and to.
        volume: The volume of rows that name none.

    Raises:
        WrongTable: It cannot be read, or a row has no volume.
    """
    jobs: list[PlannedJob] = []
    for line, cells in read_table(lines, IMPORT_COLUMNS, ("location", "to")):
        try:
            to = parse(cells["to"])
            to.project  # noqa: B018 - raises if there is none
            target = _inside(to, cells["location"]) if to.is_folder or not to.names else to
        except WrongPath as error:
            raise WrongTable(f"line {line}: {error.message}", remedy=error.remedy) from error
        jobs.append(_import(line, _volume_of(cells, line, volume), cells["location"], target))
    return jobs


def exports_named(
    client: SevenBridges, paths: Sequence[str], volume: str, to: str = "", *, recursive: bool
) -> list[PlannedJob]:
    """Plan exports of files.

    Args:
        client: The platform.
        paths: Paths or ids of files, and with `recursive` of folders.
        volume: The volume, `owner/volume`.
        to: A folder of the volume, with a slash at its end, or the name of a single file there.
        recursive: Whether to take the files in folders.

    Raises:
        UsageError: There are no files, or several for one name.
    """
    folders = Folders(client)
    files = [file for text in paths for file in folders.files_named(text, recursive=recursive)]
    if not files:
        raise UsageError("it contains no files", remedy="Name files, or a folder that contains files.")
    is_name = bool(to) and not to.endswith("/")
    if is_name and len(files) > 1:
        raise UsageError(f"--to {to}: only one file can have that name", remedy=f"Name a folder: --to {to}/")
    return [
        _export(0, entry.file.id, entry.name, volume, to if is_name else f"{to}{'/'.join(parts)}")
        for parts, entry in files
    ]


def exports_listed(client: SevenBridges, lines: Iterable[str], volume: str | None = None) -> list[PlannedJob]:
    """Plan the exports of a table; missing files get an error.

    Args:
        client: The platform.
        lines: Its lines, that of the columns first: file, volume and location.
        volume: The volume of rows that name none.

    Raises:
        WrongTable: It cannot be read, or a row has no volume.
    """
    rows = [
        Row(
            line,
            *(("", cells["file"]) if is_path(cells["file"]) else (cells["file"], "")),
            cells={**cells, "volume": _volume_of(cells, line, volume)},
        )
        for line, cells in read_table(lines, EXPORT_COLUMNS, ("file", "location"))
    ]
    jobs: list[PlannedJob] = []
    for row, file in files_of(client, rows):
        volume, location = row.cells["volume"], row.cells["location"]
        if isinstance(file, OmicsError):
            jobs.append(PlannedJob(row.line, row.name, f"{volume}/{location}", {}, error=file.message))
        else:
            jobs.append(_export(row.line, file.id, row.name, volume, location))
    return jobs


def _import(line: int, volume: str, location: str, target: SbPath) -> PlannedJob:
    return PlannedJob(line, f"{volume}/{location}", str(target), {"volume": volume, "location": location}, target)


def _export(line: int, id: str, name: str, volume: str, location: str) -> PlannedJob:
    return PlannedJob(line, name, f"{volume}/{location}", {"file": id, "volume": volume, "location": location})


def _inside(folder: SbPath, location: str) -> SbPath:
    """The path of something that keeps its name; a folder of the volume becomes one of the project."""
    return folder.child(checked_name(location.rstrip("/").rpartition("/")[2]))


def _volume_of(cells: Mapping[str, str], line: int, volume: str | None) -> str:
    volume_of_row = cells.get("volume") or volume
    if not volume_of_row:
        raise WrongTable(f"line {line} has no volume", remedy="Fill it in, or pass --volume for all.")
    return volume_of_row


# -- whether it can be done, and doing it


def obstacles(client: SevenBridges, planned: Sequence[PlannedJob], **how: bool) -> dict[int, str]:
    """Return what would make planned jobs fail, by their numbers in the plan.

    Args:
        client: The platform.
        planned: The jobs.
        **how: Further members of each item, as for `start`.

    Raises:
        UsageError: Two would have one target.
    """
    from omicsdk.core.threads import side_by_side

    _check_targets(planned, how)

    @cache
    def mode_of(volume: str) -> str | None:
        details = client.get_volume(**volume_place(volume))
        check_fields("get_volume", details, optional=("access_mode",))
        return details.access_mode

    @cache
    def check_project(owner: str, project: str) -> None:
        client.get_project(owner=owner, project=project)

    folders = Folders(client)

    def obstacle(job: PlannedJob) -> str:
        if not job.item:
            return job.error
        if not job.path.owner:
            return "the volume is read-only" if mode_of(job.item["volume"]) == "RO" else ""
        check_project(job.path.owner, job.path.project_name)
        mode_of(job.item["volume"])
        volume, location = volume_place(job.item["volume"]), str(job.item["location"])
        if not location.endswith("/"):
            client.get_volume_object(**volume, location=location)
        else:
            below = client.list_volume_objects(**volume, prefix=location, limit=1)
            check_fields("list_volume_objects", below)
            if not below.items and not below.prefixes:
                return "the volume has nothing below it"
        if how.get("overwrite") or how.get("autorename") or not folders.found_at(job.path):
            return ""
        return f"{job.path} already exists; --overwrite replaces it, --autorename gives another name"

    messages = [
        outcome.message if isinstance(outcome, OmicsError) else outcome for outcome in side_by_side(obstacle, planned)
    ]
    return {number: message for number, message in enumerate(messages) if message}


def start(kind: StorageJobs, planned: Sequence[PlannedJob], **how: bool) -> StartedJobs:
    """Start planned jobs; folders that imports go to are created.

    Args:
        kind: Imports or exports.
        planned: The jobs.
        **how: Further members of each item, such as overwrite.

    Raises:
        UsageError: Two would have one target.
        OmicsError: Only one was planned, and it was not started.
    """
    _check_targets(planned, how)
    folders = Folders(kind.client)
    ready = [number for number, job in enumerate(planned) if job.item]
    items = [{**planned[number].item, **_folder_of(folders, planned[number].path), **how} for number in ready]
    started = StartedJobs({}, {number: job.error for number, job in enumerate(planned) if job.error})
    for number, record in zip(ready, kind.start(items), strict=True):
        if record.resource is not None:
            started.jobs[number] = record.resource
            continue
        failure = OmicsError("it was not started") if record.error is None else error_of(record.error)
        if len(planned) == 1:
            raise failure
        started.errors[number] = failure.message
    return started


def _check_targets(planned: Sequence[PlannedJob], how: Mapping[str, bool]) -> None:
    if not how.get("autorename"):
        check_distinct([job.target for job in planned], "Give them different names.")


def _folder_of(folders: Folders, path: SbPath) -> dict[str, Any]:
    """The folder that an import goes to, which is created, and its name; nothing for an export."""
    return {**folders.folder(path.parent, make=True).target, "name": path.name} if path.owner else {}


def reason(job: Import | Export) -> str | None:
    """Return why a job failed; None if it did not.

    Args:
        job: The job.
    """
    return None if job.error is None else job.error.message
