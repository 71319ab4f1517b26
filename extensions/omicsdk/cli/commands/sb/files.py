"""`omics sb files` and `manifest`: lists, contents, changes, tags and metadata, uploads and downloads."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Unpack

from omicsdk.cli.commands.sb.results import PROJECT, CommandResult, Row, changes, command_rows, pairs, row
from omicsdk.cli.commands.transfers import AGAIN, count_of, ended, finish, foreseen, plan_line, planned, transfer_data
from omicsdk.cli.commands.values import STREAM, agreed, text_of
from omicsdk.cli.output import Call, Console, Output, TextAndData
from omicsdk.core.errors import NotWritable, UsageError
from omicsdk.core.files import in_place_of
from omicsdk.core.model import Model
from omicsdk.sb import manifest, moves
from omicsdk.sb.client import COLUMNS, SevenBridges
from omicsdk.sb.downloads import stream
from omicsdk.sb.listings import PAGE, Entry, Folders, projects_of
from omicsdk.sb.manifest import WrongTable
from omicsdk.sb.metadata import Edits, edit_metadata, files_named, import_table, listed_files
from omicsdk.sb.moves import FileChange, FileChanges
from omicsdk.sb.paths import SbPath, checked_name, is_path, parse
from omicsdk.sb.reports import FilesReport
from omicsdk.sb.store import REPLACE, is_taken
from omicsdk.sb.task_runs import some_of
from omicsdk.transfer import TransferOptionsDict

FILE = COLUMNS[1:]  # beside the name
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
    """List a folder or project; without a path, list projects.

    sb:// lists all projects, sb://owner those of an owner. `name`, `tag`, `metadata` and `task` filter the entries of
    one folder.

    Args:
        path: sb://owner/project/folder/, or the id of a folder.
        recursive: Recurse into folders; entries are shown by path.
        long: Also show metadata, tags and origin.
        name: Only files with these names.
        tag: Only files with these tags.
        metadata: Only files with this metadata, as key=value; a key may have several values.
        task: Only outputs of the task with this id.
    """
    base = parse(path) if is_path(path) else SbPath()
    chosen: dict[str, Any] = {"name": name, "tags": tag, "metadata": pairs(metadata, "--metadata"), "task": task}
    if is_path(path) and not (base.project_name or recursive or any(chosen.values())):
        return (row(project, PROJECT) for project in projects_of(client, base.owner))
    entries = client.ls(path, recursive=recursive, **chosen)
    return (_row(entry.file, _name(entry, base), long=long) for entry in entries)


def _name(entry: Entry, folder: SbPath) -> str:
    """Return the name of an entry in a list: its path relative to the listed folder."""
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

    Matching files are printed page by page.

    Args:
        expression: The query, quoted as one shell argument.
    """
    return client.search_files.iterate(query=expression, limit=PAGE)


def print_files(client: SevenBridges, paths: Sequence[str]) -> None:
    """Print the contents of files, one after the other.

    Bytes are printed unchanged. On a terminal, only text is printed.

    Args:
        paths: Files: sb://owner/project/folder/file, or the ids of files.
    """
    folders = Folders(client)
    # All before the first byte is printed, so that a mistyped path prints nothing.
    entries = [folders.entry(text) for text in paths]
    for entry in entries:
        if entry.is_folder:
            raise UsageError(
                f"{entry.name} is a folder", remedy="Name files. To download a folder, use omics sb files download."
            )
    output = Output()
    for entry in entries:
        output.chunks(stream(client, entry.file.id))


# -- changes


def update_file(
    client: SevenBridges,
    path: str,
    *,
    name: str | None = None,
    tag: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> CommandResult:
    """Change the name, tags or metadata of a file.

    Omitted options leave the present values unchanged. For many files, use omics sb files tag, metadata and mv.

    Args:
        name: New name.
        tag: Tags, which replace all present ones.
        metadata: Metadata to change, as a JSON object; null removes a key.
    """
    changed = changes(name=name and checked_name(name), tags=None if tag is None else list(tag), metadata=metadata)
    entry = Folders(client).entry(path)
    updated = client.update_file(file_id=entry.file.id, **changed)
    return CommandResult(_row(updated, str(updated.name), long=True), f"updated {entry.name}")


def remove_files(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    recursive: bool = False,
    dry_run: bool = False,
    timeout: float = moves.TIMEOUT,
    console: Console,
) -> FileChanges:
    """Delete files, or with --recursive folders, permanently.

    Args:
        console: Asks for confirmation.
    """
    below = " with everything in folders" if recursive else ""
    question = f"Deleting {some_of(paths)}{below} cannot be undone. Continue?"
    if not dry_run and not agreed(question, console):
        return moves.FileChanges("delete", [], [])
    return moves.delete(client, paths, recursive=recursive, timeout=timeout, dry_run=dry_run)


def folders_made(result: list[Entry], call: Call) -> object:
    """Render folders that were created: a row for each."""
    verb = "ensured" if call.arguments.get("parents") else "created"
    rows = [_row(folder.file, folder.name) for folder in result]
    return command_rows(CommandResult(rows, f"{verb} {count_of(len(rows), 'folder')}"), call)


def _planned(change: FileChange) -> Row:
    """Return what a dry run also states; the platform states no checksum of its files."""
    source = change.source
    return {"size": source.file.size, "target": str(change.target), "checksum": None, "source": source.name}


def file_changes(result: FileChanges, call: Call) -> object:
    """Render a copy, move or deletion: a row for each file."""
    rows = [
        {"deleted": file.source.name, "type": file.source.file.type, "id": file.source.file.id}
        if file.target is None
        else {"from": file.source.name, "to": str(file.target), **(_planned(file) if result.is_planned else {})}
        for file in result.files
    ]
    for planned_row in rows if result.is_planned and result.kind != "delete" else ():
        call.console.message(plan_line(planned_row))
    kinds = Counter("folder" if file.source.is_folder else "file" for file in result.files)
    counted = [count_of(kinds[kind], kind) for kind in ("file", "folder") if kinds[kind]]
    line = "" if result.is_planned or not rows else f"{moves.PARTICIPLES[result.kind]} {' and '.join(counted)}"
    return command_rows(CommandResult(rows, line, result.errors, len(rows) + len(result.errors)), call)


# -- tags and metadata


def tagged(result: Edits, call: Call) -> object:
    """Render changed tags: a row for each file."""
    rows = [{"name": change.path, "tags": change.after, "id": change.id} for change in result.changes]
    return command_rows(CommandResult(rows, _line(result), result.errors, result.files), call)


def metadata(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    set: Sequence[str] = (),
    unset: Sequence[str] = (),
    recursive: bool = False,
    dry_run: bool = False,
) -> object:
    """Show the metadata of files, set values, or remove keys.

    List files before the options. Omitted keys are unchanged. The metadata of a single file is shown as one object. To set
    different values for many files, use omics sb manifest.

    Args:
        set: Values, as key=value. A repeated key becomes a list. A value is parsed as JSON if it starts with a quote, a bracket
            or a brace, or if the current value is not text.
        unset: Keys to remove.
    """
    put = pairs(set, "--set")
    if put or unset:
        return _edited(edit_metadata(client, paths, put, unset, recursive=recursive, dry_run=dry_run))
    entries = files_named(client, paths, recursive=recursive)
    if len(entries) == len(paths) == 1 and not recursive:
        return dict(entries[0].file.metadata or {})
    return [{"name": entry.name, "metadata": dict(entry.file.metadata or {}), "id": entry.file.id} for entry in entries]


def _edited(edits: Edits) -> CommandResult:
    """Return the changes, a row for each value."""
    rows = [
        {"path": change.path, "field": change.field, "before": change.before, "after": change.after}
        for change in edits.changes
    ]
    return CommandResult(rows, _line(edits), edits.errors, edits.files)


def _line(edits: Edits) -> str:
    if not edits.changes:
        return "nothing differs"
    verb = "would change" if edits.is_planned else "changed"
    return f"{verb} {edits.changed:,} of {edits.files:,} files, {len(edits.changes):,} values"


def export(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    file: str = STREAM,
    keys: Sequence[str] | None = None,
    recursive: bool = False,
    overwrite: bool = False,
) -> object:
    """Write the metadata and tags of files as a table, a row for each file.

    Tab-separated columns: id, path, size, tags, and metadata.KEY for each key that a file has. Values other than plain
    text are JSON. Edit the table with any program, and import it with omics sb manifest import.

    Args:
        paths: Projects, folders and files: sb://owner/project/folder/.
        file: File to write; - is stdout.
        keys: Only these keys of the metadata, each with a column even if no file has it; all when omitted.
        recursive: Recurse into folders.
        overwrite: Replace the file if it already exists.
    """
    # Before the files are listed, which may take minutes.
    if file != STREAM and Path(file).exists() and not overwrite:
        raise UsageError(f"{file} already exists", remedy="Choose another name, or use --overwrite.")
    files = listed_files(client, paths, recursive=recursive)
    text = manifest.table([(file["path"], file) for file in files], keys)
    if file == STREAM:
        return TextAndData(text.removesuffix("\n"), files)
    _write(Path(file), text)
    return CommandResult({"file": file, "files": len(files)}, f"wrote {count_of(len(files), 'file')} to {file}")


def import_(client: SevenBridges, file: str, *, clear: bool = False, dry_run: bool = False) -> CommandResult:
    """Set metadata and tags of files from a table; only differences are sent.

    The table has a column id or path, and a column tags or metadata.KEY for each value to change. Of other columns,
    only path, size and name are allowed; they are ignored. The platform's own manifests of metadata are read, too. An
    empty cell keeps the present value, unless `clear` is given. Prints the differences.

    Args:
        file: The table, separated by tabs or commas; - is stdin.
        clear: Remove values whose cell in the table is empty.
    """
    with table_lines(file) as lines:
        rows = list(manifest.rows(lines))
    return _edited(import_table(client, rows, clear=clear, dry_run=dry_run))


@contextmanager
def table_lines(file: str) -> Generator[Iterable[str]]:
    """Open a table; errors in it include its name.

    Args:
        file: Its path, or - for stdin.

    Raises:
        UsageError: It cannot be read.
        WrongTable: The caller cannot use its lines.
    """
    text = text_of(file, "table")
    try:
        # The cells of a table may have line ends.
        yield io.StringIO(text, newline="")
    except WrongTable as error:
        error.message = f"{'stdin' if file == STREAM else file}: {error.message}"
        raise


def _write(path: Path, text: str) -> None:
    try:
        with in_place_of(path, through_links=True) as file:
            file.write(text.encode("utf-8", "backslashreplace"))  # names may be no UTF-8
    except OSError as error:
        raise NotWritable(str(path), error.strerror or str(error), remedy="Choose another file: --file.") from error


# -- transfers


def upload(
    client: SevenBridges,
    paths: Sequence[str],
    to: str,
    *,
    overwrite: bool = False,
    on_message: Callable[[str], None] | None = None,
    **options: Unpack[TransferOptionsDict],
) -> FilesReport:
    """Upload files and folders.

    Files are sent in parts, several at once. Files of a folder keep their relative paths; missing folders are created.
    Files that the platform already has are skipped: those of the same checksum, or where it states none, of the same
    size if they have not changed here since. Run the same command again to resume. Print a
    row for each file with --query files --output tsv.

    Args:
        paths: Files and folders of this machine. A trailing slash uploads the contents of a folder instead of the
            folder itself.
        to: sb://owner/project/folder/, or for a single file its new path.
        overwrite: Send all files, and replace those that already exist. By default, a file with the same name and
            different content is refused.
        on_message: Called with messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    return client.upload(paths, to, overwrite=overwrite, on_message=on_message, **options)


def transferred(result: FilesReport, call: Call) -> object:
    """Render a download or an upload: counts, and the result for each file."""
    name_exists = any(outcome.error is not None and is_taken(outcome.error) for outcome in result.failed)
    finish(result, call, where=call.arguments.get("to", ""), remedy=REPLACE if name_exists else AGAIN)
    is_planned, is_upload = call.arguments.get("dry_run"), "to" in call.arguments
    if is_planned and not is_upload:
        return foreseen(result)
    rows: list[Row] = [
        {
            "id": file.id,
            "path": file.path,
            **({"to": file.to} if is_upload else {}),
            "size": file.size,
            **ended(outcome),
            **({"target": file.to, "checksum": "md5", "source": file.path} if is_planned else {}),
        }
        for file, outcome in zip(result.transferred, result.outcomes, strict=True)
    ]
    if not is_planned:
        return transfer_data(result, rows)
    size = sum(entry["size"] for entry in rows if entry["state"] == "planned")
    return planned({"counts": result.counts, "bytes_to_send": size, "files": rows}, size, "send")
