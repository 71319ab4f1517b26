"""What `omics sb files` does that moves nothing: lists, folders, search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.named import named
from omicsdk.cli.commands.sb.rows import PROJECT, file_row, pairs, row
from omicsdk.core.errors import UsageError
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse
from omicsdk.sb.places import Place, Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.file import File
    from omicsdk.sb.places import Entry


def ls(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files ls`: rows of files and folders, or of projects."""
    text: str = arguments["path"]
    limit, long = arguments.get("limit"), bool(arguments.get("long"))
    chosen = _chosen(arguments)
    path = parse(text) if is_path(text) else None
    if path is not None and not path.project_name:
        if chosen or arguments.get("recursive"):
            raise WrongPath(f"{path} names no project")
        found = api.projects.query(owner=path.owner or None, limit=100).all()
        return [row(project, PROJECT) for project in console.limited(found, limit)]
    if chosen and arguments.get("recursive"):
        raise UsageError(
            "--recursive and --name, --tag, --metadata, --task exclude each other: the platform chooses in one folder",
            remedy="Leave out one of them, or search: omics sb files search.",
        )
    places = Places(api)
    place = named(places, text)
    if not isinstance(place, Place):
        return [file_row(place.file, place.name, long=long)]
    if chosen:
        page = api.files.query(**place.target, **chosen, limit=100)
        return [file_row(file, _called(file), long=long) for file in console.limited(page.all(), limit)]
    recursive = bool(arguments.get("recursive"))
    entries = places.below(place) if recursive else places.children(place)
    return [
        file_row(entry.file, _named(entry, place.path, recursive=recursive), long=long)
        for entry in console.limited(entries, limit)
    ]


def mkdir(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files mkdir`: the folders that were made, as rows."""
    del console
    paths = [parse(text) for text in arguments["paths"]]
    for path in paths:
        if not path.names:
            raise WrongPath(f"{path} is a project", remedy="Make one with: omics sb projects create.")
        checked_name(path.name)
    places = Places(api)
    made: list[dict[str, Any]] = []
    for path in paths:
        if arguments.get("parents"):
            folder = places.folder(path, make=True).folder
        else:
            folder = api.files.create_folder(path.name, **places.folder(path.parent).target)
        if folder is not None:
            made.append(file_row(folder, str(path._replace(is_folder=True))))
    return made


def search(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files search`: what the platform finds."""
    limit = arguments.get("limit")
    return list(console.limited(_pages(api, arguments["expression"], limit), limit, "files"))


def _chosen(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the platform is to choose by, as `files.query` takes it."""
    names, tags, metadata = (arguments.get(name) for name in ("name", "tag", "metadata"))
    task = arguments.get("task")
    return {
        **({"names": names} if names else {}),
        **({"tags": tags} if tags else {}),
        **({"metadata": pairs(metadata, "--metadata")} if metadata else {}),
        **({"origin": {"task": task}} if task else {}),
    }


def _called(file: File) -> str:
    return f"{file.name}/" if file.is_folder() else str(file.name)


def _named(entry: Entry, folder: SbPath, *, recursive: bool) -> str:
    """What an entry is called in a list: by its path from the folder that is listed."""
    if entry.path is None:
        return str(entry.file.name)
    names = entry.path.below(folder) if recursive else (entry.path.name,)
    return "/".join(names) + ("/" if entry.path.is_folder else "")


def _pages(api: Api, expression: str, limit: int | None) -> Iterator[dict[str, Any]]:
    """What a search finds, page after page."""
    token: str | None = None
    while True:
        page = api.files.search(expression, cont_token=token, limit=100 if limit is None else min(limit + 1, 100))
        yield from page.result_set or ()
        token = page.cont_token
        if not token or not page.result_set:
            return
