"""What `omics sb imports` does."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.named import found_at, is_folder_to_be
from omicsdk.cli.commands.sb.storage_jobs import Wanted, check_given, foreseen, job_row, over, started, volume_of
from omicsdk.cli.commands.sb.tables import opened, read
from omicsdk.cli.commands.sb.transfers import check_names
from omicsdk.core.errors import UsageError
from omicsdk.sb.manifest import WrongTable
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse, project_id
from omicsdk.sb.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.storage_import import Import

COLUMNS = ("volume", "location", "to")


def ls(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb imports ls`: rows of imports."""
    project = arguments.get("project")
    page = api.imports.query(
        project=None if project is None else project_id(project),
        volume=arguments.get("volume"),
        state=arguments.get("state"),
        limit=100,
    )
    return [import_row(each) for each in console.limited(page.all(), arguments.get("limit"))]


def start(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb imports start`: a row for each import that was wanted."""
    check_given(arguments, "import")
    places = Places(api)
    found = _listed(arguments) if arguments.get("manifest") is not None else _typed(places, arguments)
    if not arguments.get("autorename"):
        check_names([str(target) for *_, target in found], "Give them different names, or --autorename.")
    wanted = [
        Wanted(line, f"{volume}/{location}", str(target), {"volume": volume, "location": location})
        for line, volume, location, target in found
    ]
    if arguments.get("dry_run"):
        return foreseen(wanted, _obstacles(api, places, found, arguments), console)
    how = {
        "overwrite": bool(arguments.get("overwrite")),
        "autorename": bool(arguments.get("autorename")),
        "preserve_folder_structure": not arguments.get("flat"),
    }
    for each, (*_, target) in zip(wanted, found, strict=True):
        each.item.update(**places.folder(target.parent, make=True).target, name=target.name, **how)
    return started(api.imports, api.imports.bulk_submit, wanted, arguments, console, "imports")


def _obstacles(
    api: Api, places: Places, found: Sequence[tuple[int, str, str, SbPath]], arguments: Mapping[str, Any]
) -> Callable[[int], str | None]:
    """What tells, of an import by its place in a list, what would stand in its way."""
    volume_named = cache(api.volumes.get)
    project_named = cache(api.projects.get)
    replaces = arguments.get("overwrite") or arguments.get("autorename")

    def obstacle(place: int) -> str | None:
        _, volume, location, target = found[place]
        project_named(target.project)
        on_it = volume_named(volume)
        if not location.endswith("/"):
            on_it.get_volume_object_info(location)
        else:
            below = on_it.list(prefix=location, limit=1)
            if not below and not below.prefixes:
                return "there is nothing below it on the volume"
        taken = None if replaces else found_at(places, target)
        return taken and f"{target} already exists; --overwrite replaces it, --autorename gives another name"

    return obstacle


def wait(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb imports wait`: the imports, which are over."""
    return [import_row(job) for job in over(api.imports, arguments, console, "imports")]


def import_row(job: Import) -> dict[str, Any]:
    """An import as a row.

    Args:
        job: The import.
    """
    source: Mapping[str, Any] = job.field("source") or {}
    target: Mapping[str, Any] = job.field("destination") or {}
    return job_row(
        job,
        f"{source.get('volume')}/{source.get('location')}",
        f"{target.get('project') or target.get('parent')}/{target.get('name') or ''}",
    )


def _typed(places: Places, arguments: Mapping[str, Any]) -> list[tuple[int, str, str, SbPath]]:
    """Lines, volumes, names on them and where they go, as the words say."""
    *locations, last = arguments["paths"]
    if not locations or not is_path(last):
        raise UsageError(
            "nothing says where to import to",
            remedy="Give names on the volume, then where to: sb://me/my-project/reads/",
        )
    to = parse(last)
    to.project  # noqa: B018 - raises where there is none
    if not is_folder_to_be(places, to, single=len(locations) == 1):
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
