"""What `omics sb imports` does."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.storage_jobs import Wanted, check_given, foreseen, job_row, over, started, volume_of
from omicsdk.cli.commands.sb.tables import opened, read
from omicsdk.cli.commands.sb.volumes import volume_id
from omicsdk.core.errors import UsageError
from omicsdk.sb.jobs import StorageJobs
from omicsdk.sb.listings import PAGE, Folders
from omicsdk.sb.manifest import WrongTable
from omicsdk.sb.paths import SbPath, WrongPath, check_distinct, checked_name, is_path, parse, project_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omicsdk_api.sb.models.import_ import Import

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges

COLUMNS = ("volume", "location", "to")


def ls(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb imports ls`: rows of imports."""
    project = arguments.get("project")
    chosen: dict[str, Any] = {name: arguments[name] for name in ("volume", "state") if arguments.get(name) is not None}
    if project is not None:
        chosen["project"] = project_id(project)
    found = client.list_imports.iterate(**chosen, limit=PAGE, fields="_all")
    return [import_row(each) for each in console.limited(found, arguments.get("limit"))]


def start(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb imports start`: a row for each import that was wanted."""
    check_given(arguments, "import")
    folders = Folders(client)
    found = _listed(arguments) if arguments.get("manifest") is not None else _typed(folders, arguments)
    if not arguments.get("autorename"):
        check_distinct([str(target) for *_, target in found], "Give them different names, or --autorename.")
    wanted = [
        Wanted(line, f"{volume}/{location}", str(target), {"volume": volume, "location": location})
        for line, volume, location, target in found
    ]
    if arguments.get("dry_run"):
        return foreseen(wanted, _obstacles(client, folders, found, arguments), console)
    how = {
        "overwrite": bool(arguments.get("overwrite")),
        "autorename": bool(arguments.get("autorename")),
        "preserve_folder_structure": not arguments.get("flat"),
    }
    for each, (*_, target) in zip(wanted, found, strict=True):
        each.item.update(**folders.folder(target.parent, make=True).target, name=target.name, **how)
    return started(StorageJobs(client, "imports"), wanted, arguments, console)


def _obstacles(
    client: SevenBridges, folders: Folders, found: Sequence[tuple[int, str, str, SbPath]], arguments: Mapping[str, Any]
) -> Callable[[int], str | None]:
    """What tells, of an import by its place in a list, what would stand in its way."""

    @cache
    def check_volume(owner: str, volume: str) -> None:
        client.get_volume(owner=owner, volume=volume)

    @cache
    def check_project(owner: str, project: str) -> None:
        client.get_project(owner=owner, project=project)

    replaces = arguments.get("overwrite") or arguments.get("autorename")

    def obstacle(place: int) -> str | None:
        _, volume, location, target = found[place]
        check_project(target.owner, target.project_name)
        owner, name = volume_id(volume)
        check_volume(owner, name)
        if not location.endswith("/"):
            client.get_volume_object(owner=owner, volume=name, location=location)
        else:
            below = client.list_volume_objects(owner=owner, volume=name, prefix=location, limit=1)
            if not below.items and not below.prefixes:
                return "there is nothing below it on the volume"
        taken = None if replaces else folders.found_at(target)
        return taken and f"{target} already exists; --overwrite replaces it, --autorename gives another name"

    return obstacle


def wait(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb imports wait`: the imports, which are over."""
    return [import_row(job) for job in over(StorageJobs(client, "imports"), arguments, console)]


def import_row(job: Import) -> dict[str, Any]:
    """An import as a row.

    Args:
        job: The import.
    """
    values = job.to_dict()
    source: Mapping[str, Any] = values.get("source") or {}
    target: Mapping[str, Any] = values.get("destination") or {}
    return job_row(
        job,
        f"{source.get('volume')}/{source.get('location')}",
        f"{target.get('project') or target.get('parent')}/{target.get('name') or ''}",
    )


def _typed(folders: Folders, arguments: Mapping[str, Any]) -> list[tuple[int, str, str, SbPath]]:
    """Lines, volumes, names on them and where they go, as the words say."""
    *locations, last = arguments["paths"]
    if not locations or not is_path(last):
        raise UsageError(
            "nothing says where to import to",
            remedy="Give names on the volume, then where to: sb://me/my-project/reads/",
        )
    to = parse(last)
    to.project  # noqa: B018 - raises where there is none
    if not folders.is_folder_to_be(to, single=len(locations) == 1):
        return [(0, arguments["volume"], locations[0], to)]
    return [(0, arguments["volume"], each, _inside(to, each)) for each in locations]


def _listed(arguments: Mapping[str, Any]) -> list[tuple[int, str, str, SbPath]]:
    """The same, as a table says."""
    with opened(arguments["manifest"]) as lines:
        rows = read(lines, COLUMNS, ("location", "to"))
        targets = [_target(number, cells["to"], cells["location"]) for number, cells in rows]
    return [
        (number, volume_of(cells, number, arguments), cells["location"], target)
        for (number, cells), target in zip(rows, targets, strict=True)
    ]


def _target(line: int, text: str, location: str) -> SbPath:
    try:
        to = parse(text)
        to.project  # noqa: B018 - raises where there is none
        return _inside(to, location) if to.is_folder or not to.names else to
    except WrongPath as error:
        raise WrongTable(f"line {line}: {error.message}", remedy=error.remedy) from error


def _inside(folder: SbPath, location: str) -> SbPath:
    """Where something goes that keeps its name; a folder of the volume becomes one of the project."""
    return folder.child(checked_name(location.rstrip("/").rpartition("/")[2]))
