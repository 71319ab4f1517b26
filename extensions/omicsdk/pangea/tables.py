"""Metadata of samples as CSV: a table into rows, and metadata into a table. Pure."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.batches import repeated
from omicsdk.core.errors import UsageError
from omicsdk.core.tables import LONGEST_RECORD, RowError
from omicsdk.core.tables import rows_of as rows_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Empty cells: the texts that pandas, with which the published client reads tables, treats as missing.
MISSING = frozenset(
    [
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A"),
        *("NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    ]
)

_WHOLE = re.compile(r"[+-]?(?:0|[1-9]\d{0,99})")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d{0,99})(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_TRUTHS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        line: The line of the file that it begins in, from 1.
        name: The sample's name.
        metadata: Its other cells.
    """

    line: int
    name: str
    metadata: dict[str, Any]


def rows_of(text: str, index: str = "0") -> list[Row]:
    """Return the rows of a table; all cells of a column become numbers, truth values, or text.

    Args:
        text: CSV with a header.
        index: The column that has the names: its number, from 0, or its name.

    Raises:
        UsageError: It is not such a table, or a name occurs twice in it; states the line.
    """
    try:
        rows = rows_in(io.StringIO(text, newline=""), ",", longest=LONGEST_RECORD)
        numbered = [(line, cells) for line, cells in rows if cells]
    except RowError as error:
        raise UsageError(
            f"the table is not CSV from line {error.line} on: {error}", remedy="Check its quotes."
        ) from error
    if not numbered:
        raise UsageError("the table is empty", remedy="Name the columns in the first line.")
    header = numbered[0][1]
    at = _column(header, index)
    body = numbered[1:]
    for line, cells in body:
        if len(cells) > len(header):
            raise UsageError(
                f"line {line} of the table has {len(cells)} cells, its header {len(header)}",
                remedy="Quote cells that contain a comma.",
            )
    columns = {
        title: _typed([cells[number] if number < len(cells) else "" for _, cells in body])
        for number, title in enumerate(header)
        if number != at
    }
    return _named(
        [
            (line, cells[at] if at < len(cells) else "", {title: column[number] for title, column in columns.items()})
            for number, (line, cells) in enumerate(body)
        ]
    )


def csv_of(rows_by_name: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Metadata as a table: a row for each, with the name in the first column, which has no title.

    Args:
        rows_by_name: Names, each with its metadata. Lists and objects become JSON.
    """
    rows = list(rows_by_name)
    titles = list(dict.fromkeys(title for _, metadata in rows for title in metadata))
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["", *titles])
    for name, metadata in rows:
        writer.writerow([name, *(_cell(metadata.get(title)) for title in titles)])
    return written.getvalue()


def _column(header: Sequence[str], index: str) -> int:
    if twice := sorted(repeated(header)):
        raise UsageError(f"the table has two columns {twice[0]!r}", remedy="Use a different name for each.")
    if index in header:
        return header.index(index)
    try:
        at = int(index)
    except ValueError:
        at = len(header)
    if not -len(header) <= at < len(header):
        raise UsageError(
            f"The table has no column {index!r} (--index-col)",
            remedy=f"Its columns are: {', '.join(header[:20])}; the first has the number 0.",
        )
    return at % len(header)


def _typed(cells: list[str]) -> list[Any]:
    """A column's values: None for cells that say nothing."""
    texts = [cell.strip() for cell in cells if cell.strip() not in MISSING]
    if all(_WHOLE.fullmatch(cell) for cell in texts):
        make: Any = int
    elif all(_NUMBER.fullmatch(cell) and abs(float(cell)) != float("inf") for cell in texts):
        make = float
    elif all(cell in _TRUTHS for cell in texts):
        make = _TRUTHS.__getitem__
    else:
        return [None if cell in MISSING else cell for cell in cells]
    return [None if cell.strip() in MISSING else make(cell.strip()) for cell in cells]


def _named(records: list[tuple[int, str, dict[str, Any]]]) -> list[Row]:
    rows: list[Row] = []
    lines: dict[str, int] = {}
    for line, name, values in records:
        name = name.strip()
        if not name:
            raise UsageError(
                f"line {line} of the table names no sample", remedy="Name the column of names (--index-col)."
            )
        if name in lines:
            raise UsageError(
                f"line {line} of the table has the name {name!r} of line {lines[name]}", remedy="Keep one of the rows."
            )
        lines[name] = line
        rows.append(Row(line, name, {title: value for title, value in values.items() if value is not None}))
    return rows


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
