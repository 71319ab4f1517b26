"""Rows of tables: TSV, CSV, and JSON arrays of objects, whose keys are columns. Read one by one: a list may be long."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from omicsdk.core.errors import DecodeError
from omicsdk.core.json_coding import decoded
from omicsdk.core.tables import LONGEST_LINE, is_header, lines_of, rows_of
from omicsdk.core.type_guards import is_object
from omicsdk.portals.lists import (
    FileList,
    ListedFile,
    ListError,
    Row,
    delimiter_of,
    header_line,
    header_of,
    is_row,
    numbered,
    numbered_lines,
    opened,
    unframed,
)

# The names that a column may have, in lower case, the preferred one first.
Names = tuple[str, ...]


# Comments above the header of a table, at most.
_MOST_COMMENTS = 1000
# First lines of a table that may have keys and values above the header, which look like rows.
_MOST_KEYS = 30

# A text as a formula, by which exports for Excel keep it as it is: ="012".
_FORMULA_OF_TEXT = re.compile(r'\A="([^"]*)"\Z')

# Column of result manifests, whose cells are quoted whatever the dialect of their list: what became of the files.
OUTCOME_COLUMN = "file_outcome"
# Column of result manifests: where the files are.
PATH_COLUMN = "file_path"
# The beginning of objects that are read as a stream: of an array, or of a response of S3 that is too long to be read as a whole.
BEGINNING = re.compile(r'[\s\ufeff]*(?:\{\s*"Contents"\s*:\s*)?\[')
# Separator of the paths and outcomes of a row with several files.
SEPARATOR = ";"
# Outcomes of rows without files.
_NO_FILES = ("", "no file")


def table_rows(
    file_list: FileList, required: Sequence[Names] = (), *, quoted: bool = True, repeats: bool = False
) -> Iterator[Row]:
    """The rows of a table; blank lines are skipped.

    Args:
        file_list: The table.
        required: Columns that it must have, each under one of several names.
        quoted: Whether its cells may be quoted if tabs separate them. Those that commas separate always may, and so may
            the cells of a table whose header is quoted, and of a result manifest.
        repeats: Whether columns may have the same name, or none; they are numbered then.

    Raises:
        ListError: It is malformed, or a column is missing or occurs twice.
    """
    head = file_list.head
    if head.has_object_lines:
        yield from _object_lines(file_list, required)
        return
    is_json = BEGINNING.match(head.text)
    yield from _objects(file_list, required) if is_json else _cells(file_list, required, quoted, repeats)


def _cells(file_list: FileList, required: Sequence[Names], quoted: bool, repeats: bool) -> Iterator[Row]:
    with opened(file_list) as text:
        lines = unframed(lines_of(text))
        first = [*_until_first_row(lines)]
        above, header = header_line(first)
        delimiter = delimiter_of(header)
        quoted = quoted or delimiter != "\t" or '"' in header or OUTCOME_COLUMN in header.lower()
        headings = header_of(header, quoted=quoted)
        names = numbered(headings) if repeats else headings
        check_columns(file_list, names, required)
        has_texts = '="' in file_list.head.text
        last = ""
        rest = (last := line for line in chain(first[above:], lines))
        for number, cells in rows_of(rest, delimiter, above + 1, width=len(names), quoted=quoted):
            if has_texts:
                cells = [_FORMULA_OF_TEXT.sub(r"\1", cell) for cell in cells]
            # Lists that were joined have a header each, and perhaps comments before it.
            is_comment = len(cells) < len(names) and "".join(cells).lstrip("\ufeff ").startswith("#")
            if not any(map(str.strip, cells)) or is_comment or is_header(cells, headings):
                continue
            if len(cells) < len(names) or any(cells[len(names) :]):
                fault = f"{len(cells)} cells, but the header row has {len(names)} columns"
                lacks_cells, is_whole = len(cells) < len(names), last.endswith(("\n", "\r"))
                if lacks_cells and not is_whole:
                    fault += "; the list ends there"
                row = Row(number, dict(zip(names, cells, strict=False)), fault=fault)
                yield row._replace(is_short=lacks_cells and is_whole)
            else:
                yield Row(number, dict(zip(names, cells, strict=False)))


def _until_first_row(lines: Iterator[str]) -> Iterator[str]:
    """The lines to the first that is neither blank nor a comment, at least as many as may precede the header."""
    for number, line in enumerate(lines):
        yield line
        if number > _MOST_COMMENTS or (number >= _MOST_KEYS and is_row(line)):
            return


def _objects(file_list: FileList, required: Sequence[Names]) -> Iterator[Row]:
    """The objects of a JSON array, read as a stream; values that are no texts are written as JSON."""
    from omicsdk.gen3.records.exports import rows_of as objects_of

    number = 0
    with opened(file_list) as text:
        try:
            objects = objects_of(
                lambda size: text.read(size).encode(),
                file_list.shown,
                begins=BEGINNING,
                longest=LONGEST_LINE,
                joined=file_list.head.text.lstrip()[:1] == "[",
            )
            for number, entry in enumerate(objects, 1):
                if number == 1:
                    check_columns(file_list, list(entry), required)
                yield Row(number, {key: text_of(value) for key, value in entry.items()})
        except (DecodeError, RecursionError) as error:
            problem = f"{file_list.shown}: not a JSON array of objects, of at most 1 MiB each, after entry {number}"
            raise ListError(problem, remedy="Download the list again; it may be truncated.") from error


def _object_lines(file_list: FileList, required: Sequence[Names]) -> Iterator[Row]:
    """The JSON objects of lines; a line that is none is a row with a fault."""
    is_first = True
    for number, line in numbered_lines(file_list):
        try:
            entry: object = decoded(line)
        except (ValueError, RecursionError):
            entry = None
        if not is_object(entry):
            yield Row(number, {}, fault="the line is not a JSON object")
            continue
        if is_first:
            check_columns(file_list, list(entry), required)
            is_first = False
        yield Row(number, {key: text_of(value) for key, value in entry.items()})


def records_in(cells: Mapping[str, str]) -> list[tuple[str, str]]:
    """The path and outcome of each file of a row of a result manifest; none if it has no files, or is of another list.

    Args:
        cells: Its cells.
    """
    paths, outcomes = (cells.get(column, "").split(SEPARATOR) for column in (PATH_COLUMN, OUTCOME_COLUMN))
    is_record = len(paths) == len(outcomes) and outcomes[0] not in _NO_FILES
    return list(zip(paths, outcomes, strict=True)) if is_record else []


def recorded_of(files: Sequence[ListedFile], cells: Mapping[str, str]) -> Sequence[ListedFile]:
    """The files of a row that its download selected, if it is of a result manifest that shows them; else all.

    Args:
        files: The files.
        cells: Its cells.
    """
    records = records_in(cells)
    chosen = [
        file
        for file in files
        if any(
            f"/{path}".replace("\\", "/").endswith(f"/{file.name}") if path else file.name in outcome
            for path, outcome in records
        )
    ]
    return chosen if records and len(chosen) == len(records) else files


def text_of(value: object) -> str:
    """A value of JSON as a cell: what is no text is written as JSON, null is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def check_columns(file_list: FileList, names: Sequence[str], required: Sequence[Names]) -> None:
    """Check that a table has the columns that a download needs, once each.

    Args:
        file_list: The table.
        names: Its columns.
        required: Columns that it must have, each under one of several names.

    Raises:
        ListError: One is missing, or occurs twice.
    """
    lower = Counter(name.lower() for name in names)
    if missing := [" or ".join(group) for group in required if not any(name in lower for name in group)]:
        remedy = f"Its columns are {', '.join(names[:20]) or 'not named'}."
        raise ListError(f"{file_list.shown}: missing column: {', '.join(missing)}", remedy=remedy)
    if repeated := sorted({name for name in names if name and lower[name.lower()] > 1}):
        raise ListError(f"{file_list.shown}: the header row names {', '.join(repeated)} twice", remedy="Keep one.")
