"""CSV and TSV tables beyond the csv module: long cells, and quotes that are never closed."""

import csv
from collections.abc import Iterable, Iterator

LONGEST_CELL = 1 << 24
"""Characters of the longest cell that is read: longer ones are no table of records or files."""


def take_long_cells() -> None:
    """Make the csv module take cells of that length. Its limit is the process's own: it is raised, never lowered."""
    if csv.field_size_limit() < LONGEST_CELL:
        csv.field_size_limit(LONGEST_CELL)


class RowLines:
    """Lines for a reader of the module csv, of which those of the row that is read are kept.

    Args:
        lines: The table's lines.
        delimiter: What separates its cells.
    """

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if self._row or line.strip():  # blank lines between rows are none's
                self._row.append(line)
            yield line

    def check(self) -> None:
        """Make sure that a row of several lines is one, after it was read and before the next one is.

        Raises:
            csv.Error: A quote is opened in it that isn't closed where its cell ends.
        """
        row, self._row = self._row, []
        if len(row) > 1:
            try:
                for _ in csv.reader(row, delimiter=self._delimiter, strict=True):
                    pass
            except csv.Error:
                raise csv.Error("a quote is opened and never closed") from None
