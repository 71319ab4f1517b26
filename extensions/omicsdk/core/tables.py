"""Rows of CSV and TSV tables: which quotes count, how long a line may be, and errors with their place."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any

from omicsdk.core.errors import UsageError

#: Most characters of a line of a list of files, and of a row that has several.
LONGEST_LINE = 1 << 20
#: Most characters of a row of a table of records, whose cells may hold documents.
LONGEST_RECORD = 1 << 24


def take_long_cells() -> None:
    """Raise the csv module's limit of a cell's length. It applies to the process: it is raised, never lowered."""
    if csv.field_size_limit() < LONGEST_RECORD:
        csv.field_size_limit(LONGEST_RECORD)


class RowError(csv.Error):
    """A row that cannot be read.

    Args:
        message: What is wrong.
        line: The line that it begins in.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def lines_of(text: IO[str], first: int = 1, longest: int = LONGEST_LINE) -> Iterator[str]:
    """Yield the lines of a text with their ends; none is read beyond a length.

    Args:
        text: The text.
        first: The number of the first line.
        longest: The most characters of a line.

    Raises:
        RowError: A line is longer.
    """
    # One character more than is allowed shows that the line is longer.
    for number, line in enumerate(iter(partial(text.readline, longest + 1), ""), first):
        if len(line) > longest:
            raise RowError(f"the line is longer than {longest >> 20} MiB", number)
        yield line


@lru_cache
def _quoted_cell(delimiter: str) -> re.Pattern[str]:
    # Possessive quantifiers: a long cell that is not closed is not tried again from each of its quotes.
    return re.compile(rf'"((?:[^"]++|"")*+)"(?={re.escape(delimiter)}|\Z)')


_UNCLOSED = re.compile(r'"(?:[^"]++|"")*+\Z')
_WITHIN_QUOTES = re.compile(r'(?:[^"]++|"")*+')
_OPENED = "a quote is opened and never closed"


def _split(row: str, delimiter: str) -> tuple[list[str], tuple[int, int] | None]:
    """Return the cells of a row, and where a quote is opened that is not closed: the cell's number and its offset.

    A quote counts where it begins a cell and is closed at the cell's end, quotes within it doubled; others are text.
    """
    cells, opened, at = list[str](), None, 0
    quoted = _quoted_cell(delimiter)
    while True:
        if (match := quoted.match(row, at)) is not None:
            cells.append(match[1].replace('""', '"'))
            end = match.end()
        else:
            if opened is None and _UNCLOSED.match(row, at) is not None:
                opened = len(cells), at
            end = row.find(delimiter, at)
            end = len(row) if end < 0 else end
            cells.append(row[at:end])
        if end == len(row):
            return cells, opened
        at = end + len(delimiter)


def _joined(
    line: str, cells: list[str], opened: tuple[int, int], following: Iterable[str], delimiter: str, longest: int
) -> tuple[list[str], int] | None:
    """Return the cells of a row of several lines and their number; None where its quotes are not closed properly."""
    length, before, rest = len(line), cells[: opened[0]], [line[opened[1] :]]
    for number, more in enumerate(following, 2):
        rest.append(more)
        length += len(more)
        match = _WITHIN_QUOTES.match(more)
        end = match.end() if match is not None else 0
        if end == len(more) and length <= longest:
            continue
        # A quote that closes in mid-cell was not opened as one; nor is one whose cell is longer than any row.
        if length > longest or more[end + 1 : end + 2] not in (delimiter, "\r", "\n", ""):
            return None
        text = "".join(rest)
        cells, again = _split(text.rstrip("\r\n"), delimiter)
        if again is None:
            return before + cells, number
        before, rest = before + cells[: again[0]], [text[again[1] :]]
    return None


def rows_of(
    lines: Iterable[str],
    delimiter: str,
    first: int = 1,
    *,
    width: int | None = None,
    quoted: bool = True,
    strict: bool = False,
    longest: int = LONGEST_LINE,
    **dialect: Any,
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table, each with the line that it begins in; a blank line is a row without cells.

    A quote counts only where it begins a cell and is closed properly: quotes within the cell are doubled, and the closing
    one precedes a delimiter or the end of a line. Others are text. A cell may have several lines; in a table with tabs,
    lines that are rows of the right width by themselves are not joined, and a quote that is never closed is text.

    Args:
        lines: The table's lines.
        delimiter: The separator of its cells.
        first: The number of the first line.
        width: The number of columns; by default that of the first row. Rows with another number of cells are yielded, too.
        quoted: Whether cells may be quoted; otherwise every quote is text.
        strict: Whether a quote that is never closed is an error in tables with tabs, too.
        longest: The most characters of a row of several lines.
        **dialect: How csv.reader reads cells, where these rules do not apply.

    Raises:
        RowError: A quote is never closed, in a table with commas, a strict one, or a row of another width.
    """
    if dialect:
        yield from _in_dialect(lines, delimiter, first, dialect)
        return
    source, ahead, number = iter(lines), deque[str](), first

    def following() -> Iterator[str]:
        """The lines after the current one, which are kept."""
        # Lines that were read ahead are kept: where the quote proves to be text, they are rows by themselves.
        yield from tuple(ahead)
        for line in source:
            ahead.append(line)
            yield line

    while (line := ahead.popleft() if ahead else next(source, None)) is not None:
        row = line.rstrip("\r\n")
        if not quoted or '"' not in row:
            cells, opened = (row.split(delimiter) if row else []), None
        else:
            cells, opened = _split(row, delimiter)
        used = 1
        if opened is not None:
            # A CSV file is quoted by definition. With tabs, quotes may be text: the number of cells shows which.
            # In a table of one column every line has the right width, so that it shows nothing.
            is_whole = delimiter == "\t" and width is not None and len(cells) == width > 1
            joined = _joined(line, cells, opened, following(), delimiter, longest)
            if joined is not None and is_whole:
                # If each line is a row by itself, the quotes are text: one cell with many lines is rarer.
                others = [_split(ahead[number].rstrip("\r\n"), delimiter)[0] for number in range(joined[1] - 1)]
                joined = None if all(len(other) == width for other in others) else joined
            if joined is not None:
                cells, used = joined
                for _ in range(used - 1):
                    ahead.popleft()
            elif strict or not is_whole:
                raise RowError(_OPENED, number)
        if width is None and cells:
            width = len(cells)
        yield number, cells
        number += used


def is_header(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row is the header of a table that was joined to the one before, perhaps with its byte order mark.

    Args:
        cells: The row.
        header: The header of the first table, without blanks around its names.
    """
    # Called for each row of a list: most differ in their first cell.
    return len(cells) == len(header) and all(
        cell.strip("\ufeff").strip() == name for cell, name in zip(cells, header, strict=True)
    )


def _in_dialect(
    lines: Iterable[str], delimiter: str, first: int, dialect: Mapping[str, Any]
) -> Iterator[tuple[int, list[str]]]:
    take_long_cells()
    reader, line = csv.reader(lines, delimiter=delimiter, **dialect), first
    try:
        for cells in reader:
            yield line, cells
            line = first + reader.line_num
    except csv.Error as error:
        raise RowError(str(error), line) from error


def line_of(cells: Iterable[object], delimiter: str, **dialect: Any) -> str:
    """Format cells as a line of a table; `dialect` is passed to csv.writer."""
    text = io.StringIO()
    # Until Python 3.13 only characters of the terminator are quoted or escaped, and a CR ends a line as well.
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n", **dialect).writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"


def file_lines(path: Path, error_type: type[UsageError], longest: int = LONGEST_LINE) -> Iterator[str]:
    """Read the lines of a file, UTF-8 with or without a byte order mark.

    Args:
        path: The file.
        error_type: The class of the errors.
        longest: The most characters of a line.

    Yields:
        Each line with its end.

    Raises:
        UsageError: The file cannot be read, is not UTF-8, or has a line that is longer. It is an `error_type`.
    """
    number = 0
    try:
        # Line ends within cells are kept as they are.
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line in lines_of(file, 1, longest):
                number += 1
                yield line
    except UnicodeDecodeError as error:
        byte = error.object[error.start : error.start + 1]
        raise error_type(f"{path}: {byte!r} after line {number} is not UTF-8", remedy="Save it as UTF-8.") from error
    except OSError as error:
        raise error_type(
            f"{path} cannot be read: {error.strerror}", remedy="Check the path and permissions."
        ) from error
    except RowError as error:
        raise error_type(f"{path}, line {error.line}: {error}", remedy="Check that it is a table of text.") from error


def file_rows(
    path: Path, delimiter: str, error_type: type[UsageError], *, strict: bool = True, longest: int = LONGEST_RECORD
) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a file, UTF-8 with or without a byte order mark.

    Args:
        path: The file.
        delimiter: The separator of its cells.
        error_type: The class of the errors.
        strict: As for `rows_of`.
        longest: The most characters of a row.

    Yields:
        The number of a row's first line, from 1 (its cells may have line breaks), and its cells.

    Raises:
        UsageError: The file cannot be read, is not UTF-8, or has an invalid row. It is an `error_type`.
    """
    try:
        yield from rows_of(file_lines(path, error_type, longest), delimiter, strict=strict, longest=longest)
    except RowError as error:
        raise error_type(f"{path}, after line {error.line - 1}: {error}", remedy="Check the quotes in it.") from error
