"""CSV and TSV tables beyond the csv module: long cells, unclosed quotes, and errors with their place."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from omicsdk.core.errors import UsageError

LONGEST_CELL = 1 << 24
"""Most characters of a cell: longer ones do not occur in tables of records or files."""


def take_long_cells() -> None:
    """Raise the csv module's limit of a cell's length. It applies to the process: it is raised, never lowered."""
    if csv.field_size_limit() < LONGEST_CELL:
        csv.field_size_limit(LONGEST_CELL)


class RowLines:
    """Lines for a reader of the module csv, which keeps those of the current row.

    Args:
        lines: The table's lines.
        delimiter: The separator of its cells.
    """

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if self._row or line.strip():  # blank lines between rows belong to none
                self._row.append(line)
            yield line

    def check(self) -> None:
        """Check that a row of several lines is valid, after it was read and before the next one is.

        Raises:
            csv.Error: A quote is opened in it that is not closed at the end of its cell.
        """
        row, self._row = self._row, []
        if len(row) > 1:
            try:
                for _ in csv.reader(row, delimiter=self._delimiter, strict=True):
                    pass
            except csv.Error:
                raise csv.Error("a quote is opened and never closed") from None


class RowError(csv.Error):
    """A row that cannot be read.

    Args:
        message: What is wrong.
        line: The line that it begins in.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def rows_of(lines: Iterable[str], delimiter: str, first: int = 1, **dialect: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table, each with the line that it begins in: a cell may have several lines.

    Args:
        lines: The table's lines.
        delimiter: The separator of its cells.
        first: The number of the first line.
        **dialect: How csv.reader reads cells; by default they may be quoted, and each quote must be closed.

    Raises:
        RowError: A row cannot be read.
    """
    take_long_cells()
    kept = None if dialect else RowLines(lines, delimiter)
    reader = csv.reader(lines if kept is None else kept, delimiter=delimiter, **dialect)
    line = first
    try:
        for cells in reader:
            if kept is not None:
                kept.check()
            yield line, cells
            line = first + reader.line_num
    except csv.Error as error:
        raise RowError(str(error), line) from error


def line_of(cells: Iterable[object], delimiter: str, **dialect: Any) -> str:
    """Format cells as a line of a table; `dialect` is passed to csv.writer."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n", **dialect).writerow(cells)
    return text.getvalue()


def file_lines(path: Path, error_type: type[UsageError]) -> Iterator[str]:
    """Read the lines of a file, UTF-8 with or without a byte order mark.

    Args:
        path: The file.
        error_type: The class of the errors.

    Yields:
        Each line with its end.

    Raises:
        UsageError: The file cannot be read, or is not UTF-8. It is an `error_type`.
    """
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line in file:
                number += 1
                yield line
    except UnicodeDecodeError as error:
        byte = error.object[error.start : error.start + 1]
        raise error_type(f"{path}: {byte!r} after line {number} is not UTF-8", remedy="Save it as UTF-8.") from error
    except OSError as error:
        raise error_type(f"{path} cannot be read: {error.strerror}", remedy="Check its permissions.") from error


def file_rows(path: Path, delimiter: str, error_type: type[UsageError]) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a file, UTF-8 with or without a byte order mark.

    Args:
        path: The file.
        delimiter: The separator of its cells.
        error_type: The class of the errors.

    Yields:
        The number of a row's first line, from 1 (its cells may have line breaks), and its cells.

    Raises:
        UsageError: The file cannot be read, is not UTF-8, or has an invalid row. It is an `error_type`.
    """
    try:
        yield from rows_of(file_lines(path, error_type), delimiter)
    except RowError as error:
        raise error_type(f"{path}, after line {error.line - 1}: {error}", remedy="Check the quotes in it.") from error
