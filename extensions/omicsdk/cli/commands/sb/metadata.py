"""Tags and metadata of files: `omics sb files tag`, `files metadata` and `manifest`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.cli.commands.sb.results import Done, done, pairs
from omicsdk.cli.commands.transfers import count_of
from omicsdk.cli.output import Told
from omicsdk.core.errors import NotWritable, UsageError
from omicsdk.sb import manifest
from omicsdk.sb.manifest import WrongTable
from omicsdk.sb.metadata import edit, files_named, import_table, listed_files, metadata_changes, tag_changes

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from omicsdk.cli.output import Call
    from omicsdk.sb.client import SevenBridges
    from omicsdk.sb.metadata import Edits

STANDARD = "-"
"""What names stdin or stdout where a file's name is expected."""


def tag(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    set: Sequence[str] | None = None,
    recursive: bool = False,
    dry_run: bool = False,
) -> Done:
    """Add tags to files, remove tags, or set all of them.

    Give files before the options. Tags and metadata of many files: omics sb manifest.

    Args:
        add: Tags to add.
        remove: Tags to remove.
        set: All tags that the files shall have. Excludes `add` and `remove`.
        recursive: Take the files in folders, with those in folders below.
        dry_run: Only print what would change.
    """
    if set is None and not add and not remove:
        raise UsageError("nothing says which tags", remedy="Give --add, --remove or --set.")
    if set is not None and (add or remove):
        raise UsageError("--set and --add or --remove exclude each other", remedy="Give one of them.")
    entries = files_named(client, paths, recursive=recursive)
    made = edit(client, tag_changes(entries, add, remove, set), len(entries), dry_run=dry_run)
    rows = [{"name": each.path, "tags": each.after, "id": each.id} for each in made.changes]
    return Done(rows, _line(made), made.errors)


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

    Give files before the options. Keys that aren't named stay as they are. The metadata of a single file are shown as one
    object. Many files with different values: omics sb manifest.

    Args:
        set: Values, as key=value. A key that is given several times becomes a list. JSON is for what isn't text: it begins with
            a quote, a bracket or a brace, or the present value isn't text either.
        unset: Keys to remove.
    """
    put = pairs(set, "--set")
    both = [key for key in put if key in unset]
    if both:
        raise UsageError(f"{both[0]} is to be set and to be removed", remedy="Name it once.")
    empty = [key for key, words in put.items() if "" in words]
    if empty:
        raise UsageError(f"--set {empty[0]}= has no value", remedy=f"To remove it: --unset {empty[0]}.")
    entries = files_named(client, paths, recursive=recursive)
    if put or unset:
        return edit(client, metadata_changes(entries, put, unset), len(entries), dry_run=dry_run)
    if len(entries) == len(paths) == 1 and not recursive:
        return dict(entries[0].file.metadata or {})
    return [{"name": each.name, "metadata": dict(each.file.metadata or {}), "id": each.file.id} for each in entries]


def file_metadata(result: object, call: Call) -> object:
    """Render metadata: as they are, or what was changed."""
    from omicsdk.sb.metadata import Edits

    return edits(result, call) if isinstance(result, Edits) else result


def edits(result: Edits, call: Call) -> object:
    """Render changes of tags or metadata: a row for each."""
    rows = [
        {"path": each.path, "field": each.field, "before": each.before, "after": each.after} for each in result.changes
    ]
    return done(Done(rows, _line(result), result.errors, none=len(result.errors) >= result.files), call)


def _line(made: Edits) -> str:
    if not made.changes:
        return "nothing differs"
    verb = "would change" if made.is_planned else "changed"
    return f"{verb} {made.changed:,} of {made.files:,} files, {len(made.changes):,} values"


def export(
    client: SevenBridges,
    paths: Sequence[str],
    *,
    file: str = STANDARD,
    keys: Sequence[str] | None = None,
    recursive: bool = False,
    overwrite: bool = False,
) -> object:
    """Write the metadata and tags of files as a table, a row for each file.

    Tab-separated columns: id, path, size, tags, and metadata.KEY for each key that a file has. What isn't plain text is JSON.
    Edit it with any program and give it to omics sb manifest import.

    Args:
        paths: Projects, folders and files: sb://owner/project/folder/.
        file: File to write; - is stdout.
        keys: Only these keys of the metadata, each with a column even if no file has it; all when omitted.
        recursive: Take folders below, too.
        overwrite: Replace the file if it already exists.
    """
    target = None if file == STANDARD else Path(file)
    if target is not None and target.exists() and not overwrite:
        raise UsageError(f"{target} already exists", remedy="Choose another name, or give --overwrite.")
    if target is not None and not target.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {target.absolute().parent}", remedy="Name a file in an existing folder.")
    files = listed_files(client, paths, recursive=recursive)
    text = manifest.table([(each["path"], each) for each in files], keys)
    if target is None:
        return Told(text.removesuffix("\n"), files)
    _write(target, text)
    return Done({"file": str(target), "files": len(files)}, f"wrote {count_of(len(files), 'file')} to {target}")


def exported(result: object, call: Call) -> object:
    """Render an export: the table, or where it was written."""
    return done(result, call) if isinstance(result, Done) else result


def import_(client: SevenBridges, file: str, *, clear: bool = False, dry_run: bool = False) -> Edits:
    """Give files the metadata and tags of a table; only what differs is sent.

    The table has a column id or path, and tags or metadata.KEY for what shall change. Other columns are refused, except path,
    size and name, which are not changed. An empty cell leaves the present value, unless `clear` is given. Prints the
    differences.

    Args:
        file: The table; - is stdin.
        clear: Remove what a file has where the table's cell is empty.
    """
    with opened(file) as lines:
        rows = list(manifest.rows(lines))
    return import_table(client, rows, clear=clear, dry_run=dry_run)


@contextmanager
def opened(name: str) -> Generator[Iterable[str]]:
    """Open a table; errors in it have its name.

    Args:
        name: Its path, or - for stdin.

    Raises:
        WrongTable: It can't be read, or what reads it raises this.
    """
    shown = "stdin" if name == STANDARD else name
    try:
        if name == STANDARD:
            yield sys.stdin
            return
        with Path(name).open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except OSError as error:
        raise WrongTable(f"{shown} can't be read: {error.strerror or error}", remedy="Name a table.") from error
    except UnicodeDecodeError as error:
        raise WrongTable(f"{shown} isn't UTF-8 text", remedy="Save it as UTF-8.") from error
    except WrongTable as error:
        raise WrongTable(f"{shown}: {error.message}", remedy=error.remedy) from error


def _write(path: Path, text: str) -> None:
    from omicsdk.core.files import in_place_of, is_special, target_of

    try:
        with in_place_of(path if is_special(path) else target_of(path)) as file:
            file.write(text.encode())
    except OSError as error:
        raise NotWritable(
            str(path), error.strerror or str(error), remedy="Choose another place with --file."
        ) from error
