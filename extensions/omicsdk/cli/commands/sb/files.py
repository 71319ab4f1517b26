"""`omics sb files`: listed, shown, printed, changed, uploaded and downloaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.commands.sb.results import PROJECT, Done, Row, changes, done, pairs, row
from omicsdk.cli.commands.transfers import AGAIN, count_of, ended, finish, foreseen, listed
from omicsdk.cli.commands.values import agreed
from omicsdk.cli.output import Output
from omicsdk.core.errors import UsageError
from omicsdk.sb import moves
from omicsdk.sb.downloads import RemoteFile, fetch, make_folders, select, stream
from omicsdk.sb.listings import PAGE, Entry, Folders, projects_of
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_path, parse
from omicsdk.sb.store import REPLACE, is_taken
from omicsdk.sb.uploads import UploadPlan, planned

if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.cli.console import Console
    from omicsdk.cli.output import Call
    from omicsdk.core.model import Model
    from omicsdk.sb.client import SevenBridges
    from omicsdk.sb.moves import FileChanges
    from omicsdk.transfer import Control, Progress, TransferReport

FILE = ("type", "size", "modified_on", "id")
MORE_OF_FILE = ("tags", "metadata", "origin", "storage", "created_on", "parent", "project")


# -- lists, and single files


def list_files(
    client: SevenBridges,
    path: str = "sb://",
    *,
    recursive: bool = False,
    long: bool = False,
    name: Sequence[str] = (),
    tag: Sequence[str] = (),
    metadata: Sequence[str] = (),
    task: str | None = None,
) -> Iterator[Row]:
    """List a folder or project; projects without a path.

    sb:// lists all projects, sb://owner those of an owner. The platform selects by `name`, `tag`, `metadata` and `task`, in one
    folder.

    Args:
        path: sb://owner/project/folder/, or the id of a folder.
        recursive: List folders below, too, by their paths.
        long: Show metadata, tags and origin, too.
        name: Only files of these names.
        tag: Only files with these tags.
        metadata: Only files with this metadata, as key=value; a key may have several values.
        task: Only outputs of this task, by its id.
    """
    base = parse(path) if is_path(path) else SbPath()
    chosen: dict[str, Any] = {"name": name, "tags": tag, "metadata": pairs(metadata, "--metadata"), "task": task}
    if is_path(path) and not (base.project_name or recursive or any(chosen.values())):
        return (row(project, PROJECT) for project in projects_of(client, base.owner))
    entries = client.ls(path, recursive=recursive, **chosen)
    return (_row(entry.file, _name(entry, base), long=long) for entry in entries)


def _name(entry: Entry, folder: SbPath) -> str:
    """The name of an entry in a list: its path from the folder that is listed."""
    names = () if entry.path is None else entry.path.below(folder)
    return f"{'/'.join(names)}{'/' if entry.is_folder else ''}" if names else entry.name


def _row(file: Model, name: str, *, long: bool = False) -> Row:
    return row(file, (*FILE, *(MORE_OF_FILE if long else ())), name=name)


def get_file(client: SevenBridges, path: str) -> Row:
    """Show a file or folder.

    Args:
        path: The file: sb://owner/project/folder/file, or its id.
    """
    return Folders(client).entry(path).file.to_dict()


def search_files(client: SevenBridges, expression: str) -> Iterator[Row]:
    """Find files in all projects by a query in the platform's language.

    Prints what the platform finds, page after page.

    Args:
        expression: The query, as one word of the shell.
    """
    return client.search_files.iterate(query=expression, limit=PAGE)


def print_files(client: SevenBridges, paths: Sequence[str]) -> None:
    """Print the contents of files, one after the other.

    Bytes are printed as they are. A terminal gets text only.

    Args:
        paths: Files: sb://owner/project/folder/file, or the ids of files.
    """
    folders = Folders(client)
    entries = [folders.entry(text) for text in paths]
    for entry in entries:
        if entry.is_folder:
            raise UsageError(f"{entry.name} is a folder", remedy="Name files. Folders: omics sb files download.")
    output = Output()
    for entry in entries:
        output.chunks(stream(client, entry.file.id))


# -- changes


def make_folder(client: SevenBridges, paths: Sequence[str], *, parents: bool = False) -> Done:
    """Create folders.

    Args:
        paths: Folders: sb://owner/project/folder.
        parents: Create the folders above as well, and accept folders that already exist.
    """
    parsed = [parse(text) for text in paths]
    for path in parsed:
        if not path.names:
            raise WrongPath(f"{path} is a project", remedy="Create one with: omics sb projects create.")
        checked_name(path.name)
    folders = Folders(client)
    made: list[Row] = []
    for path in parsed:
        if parents:
            folder = folders.folder(path, make=True).file
        else:
            folder = folders.make(folders.folder(path.parent), path.name)
        if folder is not None:
            made.append(_row(folder, str(path._replace(is_folder=True))))
    return Done(made, f"{'ensured' if parents else 'created'} {count_of(len(made), 'folder')}")


def update_file(
    client: SevenBridges,
    path: str,
    *,
    name: str | None = None,
    tag: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Done:
    """Change the name, tags or metadata of a file.

    What is not given stays as it is. Many files: omics sb files tag, metadata and mv.

    Args:
        name: Its new name.
        tag: All tags that it shall have.
        metadata: Metadata that change, as a JSON object; null removes a key.
    """
    changed = changes(name=name and checked_name(name), tags=None if tag is None else list(tag), metadata=metadata)
    entry = Folders(client).entry(path)
    made = client.update_file(file_id=entry.file.id, **changed)
    return Done(_row(made, str(made.name), long=True), f"updated {entry.name}")


def remove_files(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    recursive: bool = False,
    timeout_seconds: float = moves.TIMEOUT,
    dry_run: bool = False,
    console: Console,
) -> FileChanges:
    """Delete files permanently; folders with --recursive.

    Args:
        recursive: Delete folders, with everything in them.
        timeout_seconds: Seconds to wait for the platform, which deletes many files and folders in a job.
        dry_run: Only print what would be deleted.
        console: Where to ask.
    """
    entries = moves.deletable(client, paths, recursive=recursive)
    if dry_run:
        return moves.FileChanges("delete", [moves.FileChange(entry) for entry in entries], [], is_planned=True)
    what = entries[0].name if len(entries) == 1 else f"{len(entries)} files and folders"
    below = " with everything in it" if any(entry.is_folder for entry in entries) else ""
    if not agreed(f"Deleting {what}{below} cannot be undone. Continue?", console):
        return moves.FileChanges("delete", [], [])
    return moves.delete(client, entries, timeout=timeout_seconds)


def file_changes(result: FileChanges, call: Call) -> object:
    """Render a copy, move or deletion: a row for each file."""
    rows = [
        {"deleted": each.source.name, "type": each.source.file.type, "id": each.source.file.id}
        if each.target is None
        else {"from": each.source.name, "to": str(each.target)}
        for each in result.files
    ]
    folders = sum(each.source.is_folder for each in result.files)
    counts = (len(rows) - folders, "file"), (folders, "folder")
    counted = [count_of(number, thing) for number, thing in counts if number]
    line = "" if result.is_planned or not rows else f"{moves.DONE[result.kind]} {' and '.join(counted)}"
    return done(Done(rows, line, result.errors, none=not rows), call)


# -- transfers


class Uploaded(NamedTuple):
    """The result of an upload.

    Attributes:
        plan: What goes where.
        report: The outcome of each file.
        ids: The platform's id of each file; None where it was not created.
    """

    plan: UploadPlan
    report: TransferReport
    ids: Sequence[str | None]


class Downloaded(NamedTuple):
    """The result of a download.

    Attributes:
        files: The files.
        folder: The folder that they go to.
        report: The outcome of each file.
    """

    files: Sequence[RemoteFile]
    folder: Path
    report: TransferReport


def upload(
    client: SevenBridges,
    paths: Sequence[str],
    to: str,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
    on_message: Callable[[str], None] | None = None,
) -> Uploaded:
    """Upload files and folders.

    Files are sent in parts, several at once. Those of a folder keep their place in it; missing folders are created. Files that
    the platform already has with the same content are skipped: run the same command again to resume. A row for each file:
    --query files --output tsv.

    Args:
        paths: Files and folders of this machine. Of a folder that ends with a slash the contents are taken, else the folder
            itself.
        to: sb://owner/project/folder/, or for a single file its new path.
        overwrite: Send all files, and replace those that already exist. By default a file of the same name and other content
            is refused.
        dry_run: Only print what would be sent, and where to.
        progress: Called with the progress.
        control: Limits and ends the transfer.
        on_message: Called with messages.
    """
    plan = planned(client, paths, to)
    if dry_run:
        return Uploaded(plan, plan.dry_run(overwrite=overwrite), [None] * len(plan.files))
    report, stores = plan.run(overwrite=overwrite, progress=progress, control=control, on_message=on_message)
    return Uploaded(plan, report, [store.made.get("id") for store in stores])


def uploaded(result: Uploaded, call: Call) -> object:
    """Render an upload: counts, and the result for each file."""
    plan, report, ids = result
    taken = any(outcome.error is not None and is_taken(outcome.error) for outcome in report.failed)
    finish(report, call, where=str(plan.target), remedy=REPLACE if taken else AGAIN)
    rows: list[Row] = [
        {"path": str(each.path), "to": str(each.target), "size": each.size, **ended(outcome), "id": id}
        for each, outcome, id in zip(plan.files, report.outcomes, ids, strict=True)
    ]
    if not call.arguments.get("dry_run"):
        return listed(report, rows)
    size = sum(each["size"] for each in rows if each["state"] == "planned")
    return {"counts": report.counts, "bytes_to_send": size, "files": rows}


def download(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    download_dir: str = "",
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> Downloaded:
    """Download files and folders.

    Folders come with everything in them. A local file that already exists is refused unless `overwrite` is given. Run the same
    command again to resume what was stopped or failed. A row for each file: --query files --output tsv.

    Args:
        paths: Files and folders: sb://owner/project/folder/file, or the ids of files. Of a folder that ends with a slash the
            contents are taken, else the folder itself.
        download_dir: Folder to download into; by default the current one.
        overwrite: Replace local files that already exist.
        dry_run: Only print what would be fetched, and whether the disk has room; nothing is written.
        progress: Called with the progress.
        control: Limits and ends the transfer.
    """
    selected, folder = select(client, paths), Path(download_dir or ".")
    report = fetch(
        client,
        selected.files,
        folder,
        key=" ".join(sorted(paths)),
        overwrite=overwrite,
        dry_run=dry_run,
        progress=progress,
        control=control,
    )
    if not dry_run:
        make_folders(selected, folder)
    return Downloaded(selected.files, folder, report)


def downloaded(result: Downloaded, call: Call) -> object:
    """Render a download: counts, and the result for each file."""
    files, folder, report = result
    if call.arguments.get("dry_run"):
        return foreseen(report)
    finish(report, call, where=str(folder))
    rows = (
        {"id": each.file.id, "path": str(folder.joinpath(*each.parts)), "size": each.file.size, **ended(outcome)}
        for each, outcome in zip(files, report.outcomes, strict=True)
    )
    return listed(report, rows)
