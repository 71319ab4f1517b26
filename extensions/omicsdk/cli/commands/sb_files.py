"""What `omics sb files` does that moves nothing: lists, folders, search, tags."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb_rows import PROJECT, file_row, limited, pairs, row
from omicsdk.core.errors import UsageError
from omicsdk.sb.errors import SbgError
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse
from omicsdk.sb.places import Place, Places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.file import File
    from omicsdk.sb.places import Entry

AT_ONCE = 8
"""Files that are changed at once, where each takes a request of its own."""


def ls(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files ls`: rows of files and folders, or of projects."""
    del console
    text: str = arguments["path"]
    limit, long = arguments.get("limit"), bool(arguments.get("long"))
    chosen = _chosen(arguments)
    path = parse(text) if is_path(text) else None
    if path is not None and not path.project_name:
        if chosen or arguments.get("recursive"):
            raise WrongPath(f"{path} names no project")
        found = api.projects.query(owner=path.owner or None, limit=100).all()
        return [row(project, PROJECT) for project in limited(found, limit)]
    if chosen and arguments.get("recursive"):
        raise UsageError(
            "--recursive and --name, --tag, --metadata, --task exclude each other: the platform chooses in one folder",
            remedy="Leave out one of them, or search: omics sb files search.",
        )
    places = Places(api)
    place = _place(places, text, path)
    if not isinstance(place, Place):
        return [file_row(place.file, place.name, long=long)]
    if chosen:
        page = api.files.query(**place.target, **chosen, limit=100)
        return [file_row(file, _called(file), long=long) for file in limited(page.all(), limit)]
    recursive = bool(arguments.get("recursive"))
    entries = places.below(place) if recursive else places.children(place)
    return [
        file_row(entry.file, _named(entry, place.path, recursive=recursive), long=long)
        for entry in limited(entries, limit)
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
    del console
    return list(limited(_pages(api, arguments["expression"], arguments.get("limit")), arguments.get("limit")))


def tag(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files tag`: the files whose tags changed, with those that they have now."""
    add, remove, whole = arguments.get("add"), arguments.get("remove"), arguments.get("set")
    if whole is None and not add and not remove:
        raise UsageError("nothing says which tags", remedy="Give --add, --remove or --set.")
    if whole is not None and (add or remove):
        raise UsageError("--set and --add or --remove exclude each other", remedy="Give one of them.")
    places = Places(api)
    entries = [entry for text in arguments["paths"] for entry in _files(places, text, arguments.get("recursive"))]
    changed = [
        (entry, tags)
        for entry in entries
        if (tags := tagged(entry.file.field("tags") or [], add or (), remove or (), whole))
        != (entry.file.field("tags") or [])
    ]

    def save(change: tuple[Entry, list[str]]) -> SbgError | None:
        entry, tags = change
        try:
            api.call(api.client.replace_file_tags.build(file_id=str(entry.file.id), body=tags))
        except SbgError as error:
            return error
        return None

    if not arguments.get("dry_run"):
        with ThreadPoolExecutor(AT_ONCE, "omicsdk-tag") as pool:
            changed = _told(changed, list(pool.map(save, changed)), console)
    return [{"name": entry.name, "tags": tags, "id": entry.file.id} for entry, tags in changed]


def tagged(now: list[str], add: Iterable[str], remove: Iterable[str], whole: list[str] | None) -> list[str]:
    """A file's tags after a change; pure.

    Args:
        now: The tags that it has.
        add: Those that come, behind them.
        remove: Those that go.
        whole: All that there shall be, in their place; None to go by the others.
    """
    if whole is not None:
        return list(dict.fromkeys(whole))
    gone = set(remove)
    return [each for each in dict.fromkeys([*now, *add]) if each not in gone]


def _told(
    changed: list[tuple[Entry, list[str]]], errors: list[SbgError | None], console: Console
) -> list[tuple[Entry, list[str]]]:
    """Tells what failed; gives what didn't."""
    failed = [error for error in errors if error is not None]
    if failed and len(failed) == len(errors):
        raise failed[0]
    for (entry, _), error in zip(changed, errors, strict=True):
        if error is not None:
            console.some_failed(f"{entry.name}: {error}")
    return [change for change, error in zip(changed, errors, strict=True) if error is None]


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


def _place(places: Places, text: str, path: SbPath | None) -> Place | Entry:
    """The folder, or else the file, that is to be listed."""
    if path is not None and not path.names:
        return places.folder(path)
    entry = places.entry(text)
    if not entry.file.is_folder():
        return entry
    return Place(entry.path or SbPath(is_folder=True), entry.file)


def _called(file: File) -> str:
    return f"{file.name}/" if file.is_folder() else str(file.name)


def _named(entry: Entry, folder: SbPath, *, recursive: bool) -> str:
    """What an entry is called in a list: by its path from the folder that is listed."""
    if entry.path is None:
        return str(entry.file.name)
    names = entry.path.below(folder) if recursive else (entry.path.name,)
    return "/".join(names) + ("/" if entry.path.is_folder else "")


def _files(places: Places, text: str, recursive: object) -> Iterator[Entry]:
    """The files that a word names: itself, or with --recursive those in a folder or project."""
    path = parse(text) if is_path(text) else None
    if path is not None and not path.names:
        place: Place | Entry = places.folder(path)
    else:
        place = _place(places, text, path)
    if not isinstance(place, Place):
        yield place
        return
    if not recursive:
        raise UsageError(f"{text} is a folder", remedy="Give --recursive to take the files in it.")
    yield from (entry for entry in places.below(place) if not entry.file.is_folder())


def _pages(api: Api, expression: str, limit: int | None) -> Iterator[dict[str, Any]]:
    """What a search finds, page after page."""
    token: str | None = None
    while True:
        page = api.files.search(expression, cont_token=token, limit=min(limit or 100, 100))
        yield from page.result_set or ()
        token = page.cont_token
        if not token or not page.result_set:
            return
