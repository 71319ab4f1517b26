"""`omics sb volumes`, `imports` and `exports`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.commands.sb.files import table_lines
from omicsdk.cli.commands.sb.results import CommandResult, Row, Waiting, changes, completed, non_empty, removed, row
from omicsdk.cli.commands.values import check_unused
from omicsdk.core.errors import UsageError
from omicsdk.sb import storage
from omicsdk.sb.jobs import StillRunning, StorageJobs
from omicsdk.sb.listings import PAGE
from omicsdk.sb.storage import PlannedJob, reason, volume_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from omicsdk_api.sb.models.export import Export
    from omicsdk_api.sb.models.import_ import Import
    from omicsdk_api.sb.models.volume import Volume
    from omicsdk_api.sb.models.volume_object import VolumeObject
    from omicsdk_api.sb.models.volume_object_page import VolumeObjectPage

    from omicsdk.cli.output import Console
    from omicsdk.sb.client import SevenBridges

State = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED"]
# State of a job that the platform did not start.
NOT_STARTED = "REFUSED"


# -- volumes


def list_volumes(client: SevenBridges, volume: str | None = None, *, prefix: str | None = None) -> Iterator[Row]:
    """List volumes, or the objects on one.

    Args:
        volume: The volume: owner/volume; all volumes when omitted.
        prefix: Only objects whose names begin with this prefix.
    """
    if volume is None:
        check_unused("without a volume", prefix=prefix)
        return (volume_row(volume) for volume in client.list_volumes.iterate(limit=PAGE, fields="_all"))
    pages = client.list_volume_objects.pages(**volume_place(volume), **non_empty(prefix=prefix), limit=PAGE)
    return (entry for page in pages for entry in _objects(page))


def _objects(page: VolumeObjectPage) -> list[Row]:
    folders = [{"location": prefix.prefix, "type": "folder"} for prefix in page.prefixes or ()]
    return [*folders, *map(object_row, page.items)]


def get_volume(client: SevenBridges, volume: str) -> Row:
    """Show a volume without its credentials.

    Args:
        volume: The volume: owner/volume.
    """
    details = client.get_volume(**volume_place(volume)).to_dict()
    service: Mapping[str, Any] = details.get("service") or {}
    return {**details, "service": {name: value for name, value in service.items() if name != "credentials"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeFields:
    """Properties of a volume besides its name.

    Attributes:
        service: The bucket and its credentials, or the members to change, as a JSON object or @ and the name of a file
            with one.
        access_mode: RO (default of a new volume) to only read, RW to also write.
        description: Text that describes the volume.
    """

    service: Mapping[str, Any] | None = None
    access_mode: Literal["RO", "RW"] | None = None
    description: str | None = None


def create_volume(client: SevenBridges, name: str, *, fields: VolumeFields) -> CommandResult:
    """Connect a bucket to the platform as a volume.

    Args:
        name: Name of the volume.
    """
    fields = replace(fields, access_mode=fields.access_mode or "RO")
    created = client.create_volume(name=name, **non_empty(**asdict(fields)))
    return CommandResult(volume_row(created), f"created volume {created.id}")


def update_volume(
    client: SevenBridges, volume: str, *, fields: VolumeFields, activate: bool = False, deactivate: bool = False
) -> CommandResult:
    """Change a volume; omitted options do not change it.

    Args:
        activate: Enable the volume again.
        deactivate: Disable the volume, for example before its removal.
    """
    if activate and deactivate:
        raise UsageError("--activate and --deactivate are mutually exclusive", remedy="Use one of them.")
    changed = changes(active=activate if activate or deactivate else None, **non_empty(**asdict(fields)))
    updated = client.update_volume(**volume_place(volume), **changed)
    return CommandResult(volume_row(updated), f"updated volume {updated.id}")


def remove_volume(client: SevenBridges, volume: str, *, dry_run: bool = False, console: Console) -> CommandResult:
    """Disconnect a volume from the platform; the bucket keeps its objects.

    Deactivate the volume first: omics sb volumes update --deactivate.

    Args:
        dry_run: Only print what would be disconnected.
        console: Asks for confirmation.
    """
    location, effect = volume_place(volume), ", and files that are aliases of its objects become unreadable"
    client.get_volume(**location)
    return removed(
        "volume", {volume: {}}, lambda _: client.delete_volume(**location), console, dry_run=dry_run, effect=effect
    )


def volume_row(volume: Volume) -> Row:
    """Return a volume as a row, with the location of its bytes; credentials are never included."""
    service: Mapping[str, Any] = volume.to_dict().get("service") or {}
    fields = row(volume, ("id", "access_mode", "active", "modified_on", "description"))
    return {**fields, **{name: service.get(name) for name in ("type", "bucket", "prefix")}}


def object_row(volume_object: VolumeObject) -> Row:
    """Return an object on a volume as a row."""
    facts: Mapping[str, Any] = volume_object.to_dict().get("metadata") or {}
    more = {name: facts.get(name) for name in ("size", "last_modified", "etag")}
    return {**row(volume_object, ("location", "type")), **more}


# -- imports and exports that exist


def list_imports(
    client: SevenBridges, *, project: str | None = None, volume: str | None = None, state: State | None = None
) -> Iterator[Row]:
    """List imports.

    Args:
        project: Only imports into this project: owner/project or sb://owner/project.
        volume: Only imports from this volume: owner/volume.
        state: Only imports in this state.
    """
    chosen = non_empty(volume=volume, state=state, project=project)
    return map(job_row, client.list_imports.iterate(**chosen, limit=PAGE, fields="_all"))


def list_exports(client: SevenBridges, *, volume: str | None = None, state: State | None = None) -> Iterator[Row]:
    """List exports.

    Args:
        volume: Only exports to this volume: owner/volume.
        state: Only exports in this state.
    """
    return map(job_row, client.list_exports.iterate(**non_empty(volume=volume, state=state), limit=PAGE, fields="_all"))


def wait_for_imports(client: SevenBridges, ids: Sequence[str], *, waiting: Waiting, console: Console) -> CommandResult:
    """Wait until imports have ended.

    The exit code is 3 if one of several did not complete, 1 for a single one. Ctrl-C stops the command, not the imports.

    Args:
        ids: Ids of imports.
        console: Prints progress.
    """
    return _wait_for(StorageJobs(client, "imports"), ids, waiting, console)


def wait_for_exports(client: SevenBridges, ids: Sequence[str], *, waiting: Waiting, console: Console) -> CommandResult:
    """Wait until exports have ended.

    The exit code is 3 if one of several did not complete, 1 for a single one. Ctrl-C stops the command, not the exports.

    Args:
        ids: Ids of exports.
        console: Prints progress.
    """
    return _wait_for(StorageJobs(client, "exports"), ids, waiting, console)


def _wait_for(kind: StorageJobs, ids: Sequence[str], waiting: Waiting, console: Console) -> CommandResult:
    jobs, line, failures, total = _waited(kind, kind.find(ids), {}, waiting, console)
    return CommandResult([job_row(job) for job in jobs], line, failures, total)


def job_row(job: Import | Export) -> Row:
    """Return an import or export as a row."""
    values = job.to_dict()
    source: Mapping[str, Any] = values.get("source") or {}
    target: Mapping[str, Any] = values.get("destination") or {}
    into = next((target[name] for name in ("project", "parent", "volume") if target.get(name)), None)
    return {
        "id": job.id,
        "state": job.state,
        "from": source.get("file") or f"{source.get('volume')}/{source.get('location')}",
        "to": f"{into}/{target.get('location') or target.get('name') or ''}",
        "file": None if job.result is None else job.result.id,
        "error": reason(job),
        "finished_on": job.finished_on,
    }


# -- imports and exports that are started


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting(Waiting):
    """How imports and exports are started.

    Attributes:
        volume: The volume: owner/volume; with `manifest`, the default for rows without one.
        manifest: Table with a row for each file, separated by tabs or commas, in place of arguments; - is stdin.
        overwrite: Replace existing files.
        wait: Wait until all have ended.
        dry_run: Only print what would be started, and what would fail.
    """

    volume: str | None = None
    manifest: str | None = None
    overwrite: bool = False
    wait: bool = False
    dry_run: bool = False

    def check(self, paths: Sequence[str]) -> None:
        """Require either arguments with a volume, or a table."""
        if bool(paths) == (self.manifest is not None):
            raise UsageError("expected either arguments or --manifest", remedy="Use one of them.")
        if paths and not self.volume:
            raise UsageError("--volume is required", remedy="Use --volume owner/volume.")


def start_imports(
    client: SevenBridges,
    paths: Sequence[str] = (),
    *,
    autorename: bool = False,
    flat: bool = False,
    starting: Starting,
    console: Console,
) -> CommandResult:
    """Import objects of a volume as files of a project; the bytes stay on the volume.

    Missing folders are created. Each request starts up to a hundred imports. Imports that cannot be started or fail are
    reported one by one; the exit code is 3, or 1 for a single one.

    A table has the columns volume, location and to: the sb:// path of the file, or of its folder with a trailing slash.

    Args:
        paths: Names on the volume, folders with a trailing slash, then the target: sb://owner/project/folder/, or for a
            single file its path.
        autorename: Rename a file whose name already exists.
        flat: Import all files of a folder into the target folder, without subfolders.
        console: Prints progress.
    """
    starting.check(paths)
    if starting.manifest is None:
        planned = storage.imports_named(client, paths, str(starting.volume))
    else:
        with table_lines(starting.manifest) as lines:
            planned = storage.imports_listed(lines, starting.volume)
    how = {"overwrite": starting.overwrite, "autorename": autorename, "preserve_folder_structure": not flat}
    return _started(StorageJobs(client, "imports"), planned, how, starting, console)


def start_exports(
    client: SevenBridges,
    paths: Sequence[str] = (),
    *,
    to: str = "",
    recursive: bool = False,
    copy_only: bool = False,
    starting: Starting,
    console: Console,
) -> CommandResult:
    """Export files to a volume; they become aliases of its objects.

    Files of a folder keep their relative paths. Each request starts up to a hundred exports. Exports that cannot be
    started or fail are reported one by one; the exit code is 3, or 1 for a single one.

    A table has the columns file (its sb:// path or id), volume and location (its name on the volume).

    Args:
        paths: Files, and with `recursive` folders: sb://owner/project/folder/file, or ids.
        to: Location on the volume: a folder with a trailing slash, or for a single file its name. By default, the top
            level under the file's name.
        recursive: Export folders with everything in them.
        copy_only: Keep the files unchanged on the platform's own storage.
        console: Prints progress.
    """
    starting.check(paths)
    if starting.manifest is None:
        planned = storage.exports_named(client, paths, str(starting.volume), to, recursive=recursive)
    else:
        check_unused("with --manifest", to=to, recursive=recursive)
        with table_lines(starting.manifest) as lines:
            planned = storage.exports_listed(client, lines, starting.volume)
    kind = StorageJobs(client, "exports", copy_only=copy_only)
    return _started(kind, planned, {"overwrite": starting.overwrite}, starting, console)


def _started(
    kind: StorageJobs, planned: Sequence[PlannedJob], how: Mapping[str, bool], starting: Starting, console: Console
) -> CommandResult:
    """Start jobs, and on request wait until they have ended; a row for each."""
    jobs: dict[int, Import | Export] = {}
    line = ""
    if starting.dry_run:
        errors = storage.obstacles(kind.client, planned, **how)
    else:
        try:
            jobs, errors = storage.start(kind, planned, **how)
        except KeyboardInterrupt:
            console.error(f"Some {kind.what} may have been started, and continue. List them: omics sb {kind.what} ls")
            raise
        line = f"started {len(jobs):,} {kind.what}. Wait for them: omics sb {kind.what} wait ID"
    failures = [f"{planned[number].name}: {error}" for number, error in sorted(errors.items())]
    if starting.wait and jobs:
        names = {job.id: planned[number].name for number, job in jobs.items()}
        latest, line, failed, _ = _waited(kind, list(jobs.values()), names, starting, console)
        jobs = dict(zip(jobs, latest, strict=True))
        failures += failed
    rows = [_planned_row(item, jobs.get(number), errors.get(number)) for number, item in enumerate(planned)]
    return CommandResult(rows, line, failures, len(planned))


def _planned_row(planned: PlannedJob, job: Import | Export | None, error: str | None) -> Row:
    """Return a job with its result; without a result, only the plan."""
    fields = {**({"line": planned.line} if planned.line else {}), "from": planned.source, "to": planned.target}
    if job is None:
        return {"id": None, "state": NOT_STARTED, **fields, "error": error} if error else fields
    return {"id": job.id, "state": job.state, **fields, "error": reason(job)}


def _waited(
    kind: StorageJobs, jobs: Sequence[Import | Export], names: Mapping[str, str], waiting: Waiting, console: Console
) -> tuple[Sequence[Import | Export], str, list[str], int]:
    """Wait until jobs have ended; return their final states and the result of `completed`."""

    from omicsdk.transfer.engine.control import termination

    def changed(ended: int, total: int) -> None:
        console.message(f"{ended} of {total} {kind.what} have ended")

    try:
        with termination():
            latest = kind.wait(jobs, period=waiting.period, timeout=waiting.timeout_seconds, on_change=changed)
    except StillRunning as error:
        return jobs, "", [str(error)], len(jobs)
    except KeyboardInterrupt:
        console.error(f"The {kind.what} continue. See their states: omics sb {kind.what} ls")
        raise
    return latest, *completed(kind.what, [(names.get(job.id, job.id), job.state, reason(job)) for job in latest])
