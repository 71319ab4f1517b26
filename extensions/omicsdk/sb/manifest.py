"""Metadata and tags of files as a table of tab-separated values: written, read back, and compared. Pure.

Tables may also be separated by commas, and be the platform's own manifests of metadata: id, name, project, and keys.

The columns are id, path, size, tags, and metadata.KEY for each key. A cell of metadata is the text as it is; what is not text,
and text that could be mistaken for it, is JSON. Tags are joined by commas, or are a JSON list where one has a comma in it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, cast

from omicsdk.core.batches import repeated
from omicsdk.core.errors import UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.core.tables import LONGEST_RECORD, RowError, rows_of

METADATA = "metadata."
TAGS = "tags"
#: The columns that name a row's file.
NAMING = ("id", "path")
#: Columns that a table may have and that are not changed.
FIXED_COLUMNS = (*NAMING, "size", "name", "project")
# The columns by which a manifest that the platform wrote is recognised; those after them are keys of metadata.
_PLATFORM_COLUMNS = frozenset({"id", "name", "project"})

_DIALECT = "excel-tab"


class WrongTable(UsageError):
    """A table cannot be read."""


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        line: Its line, from 1.
        id: The file's id; empty if only its path is given.
        path: The file's path; may be empty.
        cells: The other cells, by column.
    """

    line: int
    id: str
    path: str
    cells: dict[str, str]

    @property
    def name(self) -> str:
        """What to call the file."""
        return self.path or self.id


class Change(NamedTuple):
    """What differs between a table and a file.

    Attributes:
        id: The file's id.
        path: The file's path, or its id.
        field: "tags", or "metadata." and a key.
        before: The value that the file has; None for none.
        after: The value in the table; None to remove it.
    """

    id: str
    path: str
    field: str
    before: Any
    after: Any


def table(files: Sequence[tuple[str, Mapping[str, Any]]], keys: Sequence[str] | None = None) -> str:
    """Write a table.

    Args:
        files: Each file's path and the platform's response about it.
        keys: The keys of metadata that have columns; None for all that any file has, in order.

    Returns:
        The table, a line for each file below that of the columns.
    """
    metadata_keys = {key for _, file in files for key in _metadata(file)}
    chosen = sorted(metadata_keys) if keys is None else list(dict.fromkeys(key.removeprefix(METADATA) for key in keys))
    text = io.StringIO(newline="")
    writer = csv.writer(text, _DIALECT, lineterminator="\n")
    writer.writerow(["id", "path", "size", TAGS, *(f"{METADATA}{key}" for key in chosen)])
    for path, file in files:
        metadata = _metadata(file)
        cells = [
            file.get("id"),
            cell(path),
            "" if file.get("size") is None else file["size"],
            tags_cell(file.get(TAGS)),
        ]
        writer.writerow([*cells, *(cell(metadata.get(key)) for key in chosen)])
    return text.getvalue()


def rows(lines: Iterable[str]) -> Iterator[Row]:
    """Read a table.

    Args:
        lines: Its lines, that of the columns first.

    Raises:
        WrongTable: It has no columns, unknown ones, or none that names a file; or a row does not fit them.
    """
    columns: list[str] | None = None
    seen: dict[str, int] = {}
    for line, values in _numbered(lines):
        if columns is None:
            columns = _columns(_with_prefixes([value.strip() for value in values]))
        else:
            row = _row(columns, values, line)
            first = seen.setdefault(row.id or row.path, row.line)
            if first != row.line:
                raise WrongTable(
                    f"line {row.line}: {row.name} is already listed in line {first}", remedy="Remove one of them."
                )
            yield row
    if columns is None:
        raise WrongTable(
            "the table is empty", remedy="Name the columns in the first line: id, path, tags, metadata.KEY."
        )


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table that are not blank, each with the line that it begins in."""
    following = iter(lines)
    before, head = list[str](), ""
    while not head.strip() and (line := next(following, None)) is not None:
        head = line
        before.append(line)
    delimiter = "," if "," in head and "\t" not in head else "\t"
    try:
        for number, values in rows_of(chain(before, following), delimiter, strict=True, longest=LONGEST_RECORD):
            if any(value.strip() for value in values):
                yield number, values
    except RowError as error:
        raise WrongTable(f"line {error.line}: {error}", remedy="Save it as tab-separated values.") from error


def changes(row: Row, file: Mapping[str, Any], *, clear: bool = False) -> list[Change]:
    """Return the differences between a row and a file.

    Args:
        row: The row.
        file: The platform's response about the file.
        clear: Whether an empty cell removes the value of the file.
    """
    file_changes: list[Change] = []
    metadata = _metadata(file)
    for column, text in row.cells.items():
        key = column.removeprefix(METADATA)
        now = file.get(TAGS) if column == TAGS else metadata.get(key)
        current = tags_cell(now) if column == TAGS else cell(now)
        # The cell that an export writes is compared, so that a table without edits changes nothing.
        if text == current or (not text and not clear):
            continue
        after = tags_of(text) if column == TAGS else value_of(text, now)
        if column == TAGS and not (after or now):
            continue  # no tags are None or an empty list
        # Python takes true for 1 and false for 0.
        if after != now or isinstance(after, bool) != isinstance(now, bool):
            file_changes.append(Change(str(file.get("id")), row.path or str(file.get("id")), column, now, after))
    return file_changes


def edits(file_changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return changes as the items of the platform's bulk edit, one for each file.

    Args:
        file_changes: The changes.
    """
    items: dict[str, dict[str, Any]] = {}
    for change in file_changes:
        item = items.setdefault(change.id, {"id": change.id})
        if change.field == TAGS:
            item[TAGS] = change.after or []
        else:
            item.setdefault("metadata", {})[change.field.removeprefix(METADATA)] = change.after
    return list(items.values())


def cell(value: Any) -> str:
    """Return a value of metadata as a cell.

    Args:
        value: A JSON value; None is the empty cell.
    """
    if value is None:
        return ""
    if isinstance(value, str) and value and value[0] not in '"[{' and value == value.strip() and _is_one_line(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def value_of(text: str, now: Any = None) -> Any:
    """Convert a cell of metadata to a value.

    Args:
        text: The cell.
        now: The present value: if it is a number or a boolean, the cell is read as JSON.

    Returns:
        The value; None for the empty cell.
    """
    if not text:
        return None
    if text[0] in '"[{' or isinstance(now, int | float):
        try:
            return decoded(text)
        except ValueError:
            return text
    return text


def tags_cell(tags: Any) -> str:
    """Return tags as a cell.

    Args:
        tags: A list of texts, or None.
    """
    tag_texts: list[str] = [str(tag) for tag in cast("list[Any]", tags or [])]
    plain = all(
        tag and "," not in tag and tag == tag.strip() and tag[0] != "[" and _is_one_line(tag) for tag in tag_texts
    )
    return ",".join(tag_texts) if plain else json.dumps(tag_texts, ensure_ascii=False)


def tags_of(text: str) -> list[str]:
    """Parse a cell of tags.

    Args:
        text: The cell.
    """
    if text.startswith("["):
        try:
            parsed = decoded(text)
        except ValueError:
            parsed = None
        if isinstance(parsed, list):
            return [str(tag) for tag in cast("list[Any]", parsed)]
    return [tag for part in text.split(",") if (tag := part.strip())]


def _is_one_line(text: str) -> bool:
    """Whether a text has no control characters; those are written as JSON has them, so that a row is a line."""
    return all(c >= " " for c in text)


def _metadata(file: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any] | None", file.get("metadata")) or {}


def _with_prefixes(names: list[str]) -> list[str]:
    """The columns of the platform's own manifest as ours."""
    known = (*FIXED_COLUMNS, TAGS)
    if not _PLATFORM_COLUMNS.issubset(names):
        return names
    return [name if name in known or name.startswith(METADATA) else f"{METADATA}{name}" for name in names]


def _columns(names: list[str]) -> list[str]:
    _check_distinct(names)
    unknown = [
        name for name in names if name not in (*FIXED_COLUMNS, TAGS) and name.removeprefix(METADATA) in ("", name)
    ]
    if unknown:
        near = f"{METADATA}{unknown[0].removeprefix(METADATA) or 'KEY'}"
        raise WrongTable(
            f"line 1: unknown column {unknown[0]!r}",
            remedy=f"Write {near} if it is metadata; others are {', '.join((*FIXED_COLUMNS, TAGS))}.",
        )
    if not set(names) & set(NAMING):
        raise WrongTable(
            "line 1: no column names the files", remedy="Add a column id, or one named path with sb:// paths."
        )
    if set(names) <= set(FIXED_COLUMNS):
        raise WrongTable("line 1: no column states what to change", remedy="Add tags, or metadata.KEY.")
    return names


def _check_distinct(names: Sequence[str]) -> None:
    if twice := repeated(names):
        raise WrongTable(f"line 1: the column {twice[0]!r} is listed twice", remedy="Remove one of them.")


def _cells(columns: Sequence[str], values: Sequence[str], line: int) -> dict[str, str]:
    """A row's cells by column; those that are missing at its end are empty."""
    if len(values) > len(columns):
        raise WrongTable(
            f"line {line}: {len(values)} cells for {len(columns)} columns", remedy="Remove the extra cells."
        )
    return dict(zip(columns, [*values, *[""] * (len(columns) - len(values))], strict=True))


def _row(columns: list[str], values: list[str], line: int) -> Row:
    cells = _cells(columns, values, line)
    id, path = cells.get("id", "").strip(), cells.get("path", "").strip()
    if path.startswith('"'):
        path = str(value_of(path))
    if not id and not path:
        raise WrongTable(f"line {line} names no file", remedy="Fill in its id or path.")
    return Row(line, id, path, {name: value for name, value in cells.items() if name not in FIXED_COLUMNS})


# -- tables of imports and exports


def read_table(lines: Iterable[str], columns: Sequence[str], filled: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Read a table that has certain columns.

    Args:
        lines: Its lines, that of the columns first.
        columns: The columns that it may have.
        filled: Those of them that each row has a value for.

    Returns:
        The line number of each row, and its cells by column, without spaces around them.

    Raises:
        WrongTable: It has other columns, or lacks one; or a row has more cells, or lacks a value.
    """
    names: list[str] | None = None
    rows: list[tuple[int, dict[str, str]]] = []
    for line, values in _numbered(lines):
        cells = [value.strip() for value in values]
        if names is None:
            names = cells
            _check_columns(names, columns, filled)
        else:
            row = _cells(names, cells, line)
            empty = [name for name in filled if not row[name]]
            if empty:
                raise WrongTable(f"line {line} has no {empty[0]}", remedy="Fill it in.")
            rows.append((line, row))
    if not rows:
        raise WrongTable("the table has no rows", remedy=f"Name the columns in the first line: {', '.join(columns)}.")
    return rows


def _check_columns(names: Sequence[str], columns: Sequence[str], filled: Sequence[str]) -> None:
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise WrongTable(
            f"line 1: unknown column {unknown[0]!r}", remedy=f"Use the columns {', '.join(columns)}, separated by tabs."
        )
    _check_distinct(names)
    missing = [name for name in filled if name not in names]
    if missing:
        raise WrongTable(f"line 1: missing column {missing[0]!r}", remedy="Add it.")
