"""What `omics sb files` does that moves nothing: lists, folders, search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.rows import PROJECT, file_row, pairs, row
from omicsdk.cli.output import Output
from omicsdk.core.errors import UsageError
from omicsdk.sb.downloads import stream
from omicsdk.sb.listings import Folder, Folders, files_in, is_folder, projects_of, selection
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk_api.sb.models.file import File

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges
    from omicsdk.sb.listings import Entry


def ls(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files ls`: rows of files and folders, or of projects."""
    text: str = arguments["path"]
    limit, long = arguments.get("limit"), bool(arguments.get("long"))
    chosen = _chosen(arguments)
    path = parse(text) if is_path(text) else None
    if path is not None and not path.project_name:
        if chosen or arguments.get("recursive"):
            raise WrongPath(f"{path} names no project")
        found = projects_of(client, path.owner)
        return [row(project, PROJECT) for project in console.limited(found, limit)]
    if chosen and arguments.get("recursive"):
        raise UsageError(
            "--recursive and --name, --tag, --metadata, --task exclude each other: the platform chooses in one folder",
            remedy="Leave out one of them, or search: omics sb files search.",
        )
    folders = Folders(client)
    folder = folders.named(text)
    if not isinstance(folder, Folder):
        return [file_row(folder.file, folder.name, long=long)]
    if chosen:
        files = files_in(client, folder.target, chosen)
        return [file_row(file, _called(file), long=long) for file in console.limited(files, limit)]
    recursive = bool(arguments.get("recursive"))
    entries = folders.below(folder) if recursive else folders.children(folder)
    return [
        file_row(entry.file, _named(entry, folder.path, recursive=recursive), long=long)
        for entry in console.limited(entries, limit)
    ]


def mkdir(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files mkdir`: the folders that were made, as rows."""
    del console
    paths = [parse(text) for text in arguments["paths"]]
    for path in paths:
        if not path.names:
            raise WrongPath(f"{path} is a project", remedy="Make one with: omics sb projects create.")
        checked_name(path.name)
    folders = Folders(client)
    made: list[dict[str, Any]] = []
    for path in paths:
        if arguments.get("parents"):
            folder = folders.folder(path, make=True).file
        else:
            folder = folders.make(folders.folder(path.parent), path.name)
        if folder is not None:
            made.append(file_row(folder, str(path._replace(is_folder=True))))
    return made


def search(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb files search`: what the platform finds."""
    limit = arguments.get("limit")
    length = 100 if limit is None else min(limit + 1, 100)
    found = client.search_files.iterate(query=arguments["expression"], limit=length)
    return list(console.limited(found, limit, "files"))


def cat(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> None:
    """`omics sb files cat`: bytes of files on stdout, in order; all files are looked for before the first byte."""
    del console
    folders = Folders(client)
    entries = [folders.entry(text) for text in arguments["paths"]]
    for entry in entries:
        if entry.is_folder:
            raise UsageError(f"{entry.name} is a folder", remedy="Name files. Folders: omics sb files download.")
    output = Output()
    for entry in entries:
        output.chunks(stream(client, entry.file.id))


def _chosen(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the platform is to select by."""
    metadata = arguments.get("metadata")
    return selection(
        name=arguments.get("name") or (),
        tags=arguments.get("tag") or (),
        metadata=pairs(metadata, "--metadata") if metadata else None,
        task=arguments.get("task"),
    )


def _called(file: File) -> str:
    return f"{file.name}/" if is_folder(file) else str(file.name)


def _named(entry: Entry, folder: SbPath, *, recursive: bool) -> str:
    """What an entry is called in a list: by its path from the folder that is listed."""
    if entry.path is None:
        return str(entry.file.name)
    names = entry.path.below(folder) if recursive else (entry.path.name,)
    return "/".join(names) + ("/" if entry.path.is_folder else "")
