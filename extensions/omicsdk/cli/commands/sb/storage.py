"""`omics sb volumes`, `imports` and `exports`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.commands.sb.metadata import opened
from omicsdk.cli.commands.sb.results import Done, Row, Waiting, given, row
from omicsdk.cli.commands.values import agreed
from omicsdk.core.errors import UsageError
from omicsdk.sb import storage
from omicsdk.sb.jobs import StillRunning, StorageJobs
from omicsdk.sb.listings import PAGE
from omicsdk.sb.paths import check_distinct, project_id
from omicsdk.sb.storage import PlannedJob, VolumePlace, reason, volume_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from omicsdk_api.sb.models.export import Export
    from omicsdk_api.sb.models.import_ import Import
    from omicsdk_api.sb.models.volume import Volume
    from omicsdk_api.sb.models.volume_object import VolumeObject

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges

State = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED"]
Access = Literal["RO", "RW"]
NOT_STARTED = "REFUSED"
"""The state of a job that the platform did not start."""


# -- volumes


def list_volumes(client: SevenBridges, volume: str | None = None, *, prefix: str | None = None) -> Iterator[Row]:
    """List volumes, or what is on one.

    Args:
        volume: The volume: owner/volume; all volumes when omitted.
        prefix: Only what begins with this.
    """
    if volume is None:
        return (volume_row(each) for each in client.list_volumes.iterate(limit=PAGE, fields="_all"))
    return _objects(client, volume_place(volume), prefix)


def _objects(client: SevenBridges, place: VolumePlace, prefix: str | None) -> Iterator[Row]:
    for page in client.list_volume_objects.pages(**place, **given(prefix=prefix), limit=PAGE):
        yield from ({"location": each.prefix, "type": "folder"} for each in page.prefixes or ())
        yield from (object_row(each) for each in page.items)


def get_volume(client: SevenBridges, volume: str) -> Row:
    """Show a volume without its credentials.

    Args:
        volume: The volume: owner/volume.
    """
    shown = client.get_volume(**volume_place(volume)).to_dict()
    service: Mapping[str, Any] = shown.get("service") or {}
    return {**shown, "service": {name: value for name, value in service.items() if name != "credentials"}}


def create_volume(
    client: SevenBridges,
    name: str,
    *,
    service: Mapping[str, Any],
    access_mode: Access = "RO",
    description: str | None = None,
) -> Done:
    """Connect a bucket with the platform as a volume.

    Args:
        name: Its name.
        service: The bucket and the credentials for it as a JSON object, or @ and the name of a file that holds it.
        access_mode: RO to read only, RW to write, too.
        description: What it is about.
    """
    given_service: Any = service
    more = given(description=description)
    made = client.create_volume(name=name, access_mode=access_mode, service=given_service, **more)
    return Done(volume_row(made), f"created volume {made.id}")


def update_volume(
    client: SevenBridges,
    volume: str,
    *,
    description: str | None = None,
    access_mode: Access | None = None,
    service: Mapping[str, Any] | None = None,
    activate: bool = False,
    deactivate: bool = False,
) -> Done:
    """Change a volume; what is not given stays as it is.

    Args:
        description: Its new description.
        service: What changes of the bucket or the credentials, as a JSON object or @ and the name of a file.
        activate: Let it be used again.
        deactivate: Let it no longer be used, for example before it is removed.
    """
    if activate and deactivate:
        raise UsageError("--activate and --deactivate exclude each other", remedy="Give one of them.")
    active = activate if activate or deactivate else None
    changed = given(access_mode=access_mode, service=service, active=active, description=description)
    if not changed:
        raise UsageError("nothing is to be changed", remedy="Give an option with the new value.")
    made = client.update_volume(**volume_place(volume), **changed)
    return Done(volume_row(made), f"updated volume {made.id}")


def remove_volume(client: SevenBridges, volume: str, *, dry_run: bool = False, console: Console) -> Done:
    """Disconnect a volume from the platform; the bucket keeps its objects.

    The platform removes inactive volumes only: omics sb volumes update --deactivate.

    Args:
        dry_run: Only print what would be disconnected.
        console: Where it is asked.
    """
    place, rows = volume_place(volume), [{"deleted": volume}]
    client.get_volume(**place)
    if dry_run:
        return Done(rows)
    if not agreed(f"Files that are aliases of objects on {volume} can't be read any more. Go on?", console):
        return Done([])
    client.delete_volume(**place)
    return Done(rows, f"deleted volume {volume}")


def volume_row(volume: Volume) -> Row:
    """A volume as a row, with the place of its bytes; credentials are never shown."""
    service: Mapping[str, Any] = volume.to_dict().get("service") or {}
    shown = row(volume, ("id", "access_mode", "active", "modified_on", "description"))
    return {**shown, **{name: service.get(name) for name in ("type", "bucket", "prefix")}}


def object_row(thing: VolumeObject) -> Row:
    """An object on a volume as a row."""
    facts: Mapping[str, Any] = thing.to_dict().get("metadata") or {}
    shown = row(thing, ("location", "type"))
    return {**shown, **{name: facts.get(name) for name in ("size", "last_modified", "etag")}}


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
    chosen = given(volume=volume, state=state, project=None if project is None else project_id(project))
    return (job_row(each) for each in client.list_imports.iterate(**chosen, limit=PAGE, fields="_all"))


def list_exports(client: SevenBridges, *, volume: str | None = None, state: State | None = None) -> Iterator[Row]:
    """List exports.

    Args:
        volume: Only exports to this volume: owner/volume.
        state: Only exports in this state.
    """
    chosen = given(volume=volume, state=state)
    return (job_row(each) for each in client.list_exports.iterate(**chosen, limit=PAGE, fields="_all"))


def wait_for_imports(
    client: SevenBridges,
    ids: Sequence[str],
    *,
    waiting: Waiting,
    console: Console,
) -> Done:
    """Wait until imports have ended.

    Ends with 1 when none completed, with 3 when some didn't. Ctrl-C ends the waiting, not the imports.

    Args:
        ids: Ids of imports.
        console: Where progress is printed.
    """
    return _wait_for(StorageJobs(client, "imports"), ids, waiting, console)


def wait_for_exports(
    client: SevenBridges,
    ids: Sequence[str],
    *,
    waiting: Waiting,
    console: Console,
) -> Done:
    """Wait until exports have ended.

    Ends with 1 when none completed, with 3 when some didn't. Ctrl-C ends the waiting, not the exports.

    Args:
        ids: Ids of exports.
        console: Where progress is printed.
    """
    return _wait_for(StorageJobs(client, "exports"), ids, waiting, console)


def _wait_for(kind: StorageJobs, ids: Sequence[str], waiting: Waiting, console: Console) -> Done:
    jobs, failures, none = _waited(kind, kind.find(ids), {}, waiting, console)
    line = f"{len(jobs) - len(failures):,} of {len(jobs):,} {kind.what} completed"
    return Done([job_row(job) for job in jobs], line, failures, none)


def job_row(job: Import | Export) -> Row:
    """An import or export as a row."""
    values = job.to_dict()
    source: Mapping[str, Any] = values.get("source") or {}
    target: Mapping[str, Any] = values.get("destination") or {}
    if "file" in source:
        ends = source["file"], f"{target.get('volume')}/{target.get('location')}"
    else:
        into = target.get("project") or target.get("parent")
        ends = f"{source.get('volume')}/{source.get('location')}", f"{into}/{target.get('name') or ''}"
    return {
        "id": job.id,
        "state": job.state,
        "from": ends[0],
        "to": ends[1],
        "file": None if job.result is None else job.result.id,
        "error": reason(job),
        "finished_on": job.finished_on,
    }


# -- imports and exports that are started


def start_imports(
    client: SevenBridges,
    paths: Sequence[str] = (),
    *,
    volume: str | None = None,
    manifest: str | None = None,
    overwrite: bool = False,
    autorename: bool = False,
    flat: bool = False,
    wait: bool = False,
    waiting: Waiting,
    dry_run: bool = False,
    console: Console,
) -> Done:
    """Make files of a project of what is on a volume; the bytes stay there.

    Missing folders are created. A hundred imports go in each request. Those that can't be started or fail are reported one by
    one, and end the command with 3, or 1 when all did.

    Args:
        paths: Names on the volume, that of a folder with a slash at its end, then where to: sb://owner/project/folder/, or for a
            single one its path.
        volume: Volume to import from: owner/volume; with `manifest`, for rows that name none.
        manifest: Table of tab-separated values with an import a row, in place of names; - is stdin. Columns: volume, location
            and to, which is a file's sb:// path or, with a slash at its end, that of the folder that it goes into.
        overwrite: Replace files that already exist.
        autorename: Give another name to a file whose name exists.
        flat: Take the files of a folder without the folders that they are in.
        wait: Wait until they have ended.
        dry_run: Only print what would be imported, and what would fail.
        console: Where progress is printed.
    """
    _check_given(paths, manifest, volume, "import")
    if manifest is None:
        planned = storage.imports_named(client, paths, str(volume))
    else:
        with opened(manifest) as lines:
            planned = storage.imports_listed(lines, volume)
    if not autorename:
        check_distinct([each.target for each in planned], "Give them different names, or --autorename.")
    if dry_run:
        return _foreseen(planned, storage.obstacles(client, planned, replaces=overwrite or autorename))
    how = {"overwrite": overwrite, "autorename": autorename, "preserve_folder_structure": not flat}
    return _started(StorageJobs(client, "imports"), planned, how, wait, waiting, console)


def start_exports(
    client: SevenBridges,
    paths: Sequence[str] = (),
    *,
    volume: str | None = None,
    to: str = "",
    manifest: str | None = None,
    recursive: bool = False,
    overwrite: bool = False,
    copy_only: bool = False,
    wait: bool = False,
    waiting: Waiting,
    dry_run: bool = False,
    console: Console,
) -> Done:
    """Put files onto a volume; they become aliases of its objects.

    Those of a folder keep their place in it. A hundred exports go in each request. Those that can't be started or fail are
    reported one by one, and end the command with 3, or 1 when all did.

    Args:
        paths: Files, and with `recursive` folders: sb://owner/project/folder/file, or ids.
        volume: Volume to export to: owner/volume; with `manifest`, for rows that name none.
        to: Place on the volume: a folder, with a slash at its end, or for a single file its name there; by default the top, under
            its own name.
        manifest: Table of tab-separated values with an export a row, in place of paths; - is stdin. Columns: file (its sb://
            path or id), volume and location (its name there).
        recursive: Take folders, with everything in them.
        overwrite: Replace what is on the volume under the name.
        copy_only: Leave the files as they are, on the platform's own storage.
        dry_run: Only print what would be exported, and what would fail.
        console: Where progress is printed.
    """
    _check_given(paths, manifest, volume, "export")
    if manifest is None:
        planned = storage.exports_named(client, paths, str(volume), to, recursive=recursive)
    else:
        with opened(manifest) as lines:
            rows = storage.export_rows(lines, volume)
        planned = storage.exports_listed(client, rows)
    check_distinct([each.target for each in planned], "Give them different names.")
    if dry_run:
        return _foreseen(planned, storage.obstacles(client, planned))
    kind = StorageJobs(client, "exports", copy_only=copy_only)
    return _started(kind, planned, {"overwrite": overwrite}, wait, waiting, console)


def _check_given(paths: Sequence[str], table: str | None, volume: str | None, what: str) -> None:
    """Refuse calls that say nothing, or too much."""
    if paths and table is not None:
        raise UsageError("--manifest and words exclude each other", remedy="Give one of them.")
    if not paths and table is None:
        raise UsageError(f"nothing says what to {what}", remedy="Name it, or give a table: --manifest FILE.")
    if paths and not volume:
        raise UsageError(f"nothing says which volume to {what}", remedy="Give --volume owner/volume.")


def _foreseen(planned: Sequence[PlannedJob], errors: Sequence[str]) -> Done:
    """Which jobs could be started; none is."""
    rows = [_planned_row(each, error=error or None) for each, error in zip(planned, errors, strict=True)]
    failures = [f"{each.name}: {error}" for each, error in zip(planned, errors, strict=True) if error]
    return Done(rows, "", failures, none=all(errors))


def _planned_row(planned: PlannedJob, job: Import | Export | None = None, error: str | None = None) -> Row:
    """A job with its result; only what is wanted where nothing has been done."""
    wanted = {**({"line": planned.line} if planned.line else {}), "from": planned.source, "to": planned.target}
    if job is None:
        return {"id": None, "state": NOT_STARTED, **wanted, "error": error} if error else wanted
    return {"id": job.id, "state": job.state, **wanted, "error": reason(job)}


def _started(
    kind: StorageJobs,
    planned: Sequence[PlannedJob],
    how: Mapping[str, bool],
    wait: bool,
    waiting: Waiting,
    console: Console,
) -> Done:
    """Start jobs, and where it is wanted wait until they have ended; a row for each."""
    try:
        jobs, errors = storage.start(kind, planned, **how)
    except KeyboardInterrupt:
        console.message(f"Some may have been started, and continue. See which: omics sb {kind.what} ls")
        raise
    failures = [f"{planned[number].name}: {error}" for number, error in sorted(errors.items())]
    line = f"{len(jobs):,} {kind.what} were started. Wait for them: omics sb {kind.what} wait ID"
    none = not jobs
    if wait and jobs:
        names = {job.id: planned[number].name for number, job in jobs.items()}
        latest, failed, none = _waited(kind, list(jobs.values()), names, waiting, console)
        jobs = dict(zip(jobs, latest, strict=True))
        failures += failed
        line = f"{len(latest) - len(failed):,} of {len(planned):,} {kind.what} completed"
    rows = [_planned_row(each, jobs.get(number), errors.get(number)) for number, each in enumerate(planned)]
    return Done(rows, line, failures, none)


def _waited(
    kind: StorageJobs,
    jobs: Sequence[Import | Export],
    names: Mapping[str, str],
    waiting: Waiting,
    console: Console,
) -> tuple[Sequence[Import | Export], list[str], bool]:
    """Wait until jobs have ended: they as they ended, why some failed, and whether none completed."""
    seen = -1

    def look(ended: int, total: int) -> None:
        nonlocal seen
        if ended != seen:
            seen = ended
            console.message(f"{ended} of {total} {kind.what} have ended")

    try:
        latest, failures = storage.wait_for(
            kind, jobs, names, period=waiting.period, timeout=waiting.timeout_seconds, on_look=look
        )
    except StillRunning as error:
        return jobs, [str(error)], True
    except KeyboardInterrupt:
        console.message(f"They continue. See their states: omics sb {kind.what} ls")
        raise
    return latest, failures, len(failures) == len(latest)
