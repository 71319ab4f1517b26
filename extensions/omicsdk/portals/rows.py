"""Rows of tables: TSV, CSV, and JSON arrays of objects, whose keys are columns. Read one by one: a list may be long."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import IO

from omicsdk.core.errors import DecodeError
from omicsdk.core.tables import RowError, rows_of
from omicsdk.portals.lists import FileList, ListError, Row, delimiter_of, header_of, opened

Names = tuple[str, ...]
"""The names that a column may have, in lower case, the preferred one first."""


def table_rows(listed: FileList, required: Sequence[Names] = ()) -> Iterator[Row]:
    """The rows of a table; blank lines are skipped.

    Args:
        listed: The table.
        required: Columns that it must have, each under one of several names.

    Raises:
        ListError: It is malformed, or a column is missing or occurs twice.
    """
    with opened(listed.path) as text:
        above, first = 0, ""
        for line in text:
            if line.strip():
                first = line
                break
            above += 1
    if first.lstrip()[:1] == "[":
        yield from _objects(listed, required)
        return
    with opened(listed.path) as text:
        for _ in range(above + 1):
            text.readline()
        yield from _cells(listed, text, first, above + 2, required)


def _cells(listed: FileList, text: IO[str], header: str, line: int, required: Sequence[Names]) -> Iterator[Row]:
    names = header_of(header)
    check_columns(listed, names, required)
    try:
        for number, cells in rows_of(text, delimiter_of(header), line):
            if not any(map(str.strip, cells)):
                continue
            if any(cells[len(names) :]):
                said = f"{listed.shown}, line {number}: {len(cells)} cells, but the header row has {len(names)} columns"
                raise ListError(said, remedy="Nothing was downloaded; correct the list.")
            yield Row(number, dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False)))
    except RowError as error:
        said = f"{listed.shown}, line {error.line}: {error}"
        raise ListError(said, remedy="Check the quotes in it.") from error


def _objects(listed: FileList, required: Sequence[Names]) -> Iterator[Row]:
    """The objects of a JSON array; values that are no texts are written as JSON."""
    from omicsdk.gen3.records.exports import rows_of

    number = 0
    with opened(listed.path) as text:
        try:
            for number, entry in enumerate(rows_of(lambda size: text.read(size).encode(), listed.shown), 1):
                if number == 1:
                    check_columns(listed, list(entry), required)
                yield Row(number, {key: _text(value) for key, value in entry.items()})
        except DecodeError as error:
            said = f"{listed.shown}: not a JSON array of objects after entry {number}"
            raise ListError(said, remedy="Download the list again; it may be truncated.") from error


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def check_columns(listed: FileList, names: Sequence[str], required: Sequence[Names]) -> None:
    """Check that a table has the columns that a download needs, once each.

    Args:
        listed: The table.
        names: Its columns.
        required: Columns that it must have, each under one of several names.

    Raises:
        ListError: One is missing, or occurs twice.
    """
    lower = [name.lower() for name in names]
    if missing := [" or ".join(group) for group in required if not any(name in lower for name in group)]:
        remedy = f"Its columns are {', '.join(names[:20]) or 'not named'}."
        raise ListError(f"{listed.shown}: missing column: {', '.join(missing)}", remedy=remedy)
    if repeated := sorted({name for name in names if name and lower.count(name.lower()) > 1}):
        raise ListError(f"{listed.shown}: the header row names {', '.join(repeated)} twice", remedy="Keep one.")
