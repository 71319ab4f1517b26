"""Tables of what a commons shows on its discovery page: what a value is as a cell, and back again. Pure.

Cells are separated by tabs and never quoted; a tab, a line break or a backslash in one has a backslash before it. Lists and
objects are JSON. A text that could be taken for JSON is written as JSON, so that what is read is what was written.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from omicsdk.core.errors import UsageError
from omicsdk.core.narrowing import is_array, is_object

GUID, TAGS = "guid", "tags"
_TAG = re.compile(r"_tag_\d+")
_QUOTED = re.compile(r'(?:^|,)"', re.MULTILINE)


def line_of(cells: Iterable[str], delimiter: str = "\t") -> str:
    """Cells as a line of such a table."""
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar="|", escapechar="\\", lineterminator="\n"
    )
    writer.writerow(list(cells))
    return text.getvalue()


def rows_in(lines: Iterable[str], delimiter: str = "\t", *, quoted: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The rows of such a table, each with the line that it ends in.

    Args:
        lines: The table's lines.
        delimiter: What separates cells.
        quoted: Whether cells are quoted as spreadsheets do it, in place of backslashes.
    """
    if quoted:
        reader = csv.reader(lines, delimiter=delimiter)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar="|", escapechar="\\")
    for cells in reader:
        yield reader.line_num, cells


def is_quoted(start: str) -> bool:
    """Whether a table separated by commas quotes its cells, by its beginning."""
    return _QUOTED.search(start) is not None


def cell_of(value: Any) -> str:
    """A value as a cell.

    Args:
        value: A JSON value; the empty text is the empty cell.
    """
    if isinstance(value, str):
        text = value.replace("\n", "\\n")
        return text if read(text) == value and "\r" not in text else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def read(cell: str) -> Any:
    """What a cell means: the JSON that it holds, or its text."""
    if not cell:
        return ""
    try:
        return json.loads(cell, parse_constant=str)
    except (ValueError, RecursionError):
        return cell.replace("\\n", "\n")


def columns_of(fields: Iterable[str], tags: int) -> list[str]:
    """The columns of a table of studies.

    Args:
        fields: The members of all studies.
        tags: The most tags that one has.
    """
    return [GUID, *sorted({*fields} - {TAGS, GUID}), *(f"_tag_{number}" for number in range(tags))]


def cells_of(guid: str, study: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """A study as the cells of a row.

    Args:
        guid: Its GUID.
        study: Its members; each of its tags has a `category` and a `name`.
        columns: The columns.
    """
    tags = study.get(TAGS)
    told = {name: cell_of(value) for name, value in study.items() if name != TAGS}
    for number, tag in enumerate(tags if is_array(tags) else []):
        if is_object(tag):
            told[f"_tag_{number}"] = f"{tag.get('category', '')}: {tag.get('name', '')}".replace("\n", "\\n")
    return [{**told, GUID: guid}.get(column, "") for column in columns]


def study_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """A row as a study, its tags put together.

    Args:
        cells: The cells by the columns' names.

    Raises:
        UsageError: A tag has no category.
    """
    study = {name: read(cell) for name, cell in cells.items() if not _TAG.fullmatch(name)}
    if any(_TAG.fullmatch(name) for name in cells):
        study[TAGS] = [_tag(name, cell) for name, cell in cells.items() if _TAG.fullmatch(name) and cell]
    return study


def _tag(column: str, cell: str) -> dict[str, str]:
    category, colon, name = cell.partition(":")
    if not colon:
        raise UsageError(f"column {column!r}: {cell!r} is a tag without a category", remedy="Write CATEGORY: NAME.")
    return {"name": name.strip(), "category": category.strip()}
