"""Lists on stdout, written as their rows arrive: JSON, JSON lines, TSV and tables."""

from __future__ import annotations

from omicsdk.cli.rows import brief, cells_of, fitting, ranked
from omicsdk.core.json_text import block_encoder, escaped, line_encoder, written
from omicsdk.core.logs import logger
from omicsdk.core.rows import check_columns, columns_of, member, missing_columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    class Writer(Protocol):
        """Writes the rows of a list, a page after the other."""

        def add(self, rows: Sequence[Any]) -> None:
            """Write a page, which is not empty."""

        def end(self) -> None:
            """Write what follows the last page."""


class JsonLines:
    """One JSON text a line.

    Args:
        write: Writes a text.
        ascii_only: Whether other characters are escaped.
    """

    def __init__(self, write: Callable[[str], object], *, ascii_only: bool) -> None:
        self._write = write
        self._encode = line_encoder(ascii_only=ascii_only)

    def add(self, rows: Sequence[Any]) -> None:
        self._write(escaped("\n".join(map(self._encode, rows)) + "\n"))

    def end(self) -> None:
        pass


class JsonList:
    """A JSON list, closed after the last row: one that failed is no JSON.

    Args:
        write: Writes a text.
        page: Puts the list into the response that it is a part of; by default there is none.
        ascii_only: Whether other characters are escaped.
    """

    def __init__(
        self, write: Callable[[str], object], page: Callable[[list[Any]], Any] | None = None, *, ascii_only: bool
    ) -> None:
        import os

        # A random text, which no service returns: what surrounds it in the page is the head and the tail of the list.
        mark = os.urandom(16).hex()
        text = written(page([mark]) if page else [mark], indent=2, ensure_ascii=ascii_only, default=str)
        head, _, tail = escaped(text).partition(f'"{mark}"')
        self._write = write
        self._head, self._tail = head.rstrip(), tail
        # The line break and the indentation before an item.
        self._break = head[len(self._head) :]
        self._encode = block_encoder(len(self._break) - 1, ascii_only=ascii_only)
        self._is_empty = True

    def add(self, rows: Sequence[Any]) -> None:
        # Nothing is written before the first row, so that an error of the first page prints no half of a list.
        before = self._head if self._is_empty else ","
        self._is_empty = False
        self._write(f"{before}{self._break}{escaped(self._encode(rows))}")

    def end(self) -> None:
        self._write(f"{self._head}{self._tail.lstrip()}\n" if self._is_empty else f"{self._tail}\n")


class Tsv:
    """Values separated by tabs. The columns are those of the first page.

    Args:
        line: Writes a line.
    """

    def __init__(self, line: Callable[[str], object]) -> None:
        self._line = line
        self._columns: list[str] | None = None
        self._others: dict[str, None] = {}

    def add(self, rows: Sequence[Any]) -> None:
        names = columns_of(rows)
        if self._columns is None:
            self._columns = names
            if names:
                self._line("\t".join(map(_tsv_cell, names)))
        self._others.update(dict.fromkeys(name for name in names if name not in self._columns))
        for row in rows:
            self._line("\t".join(map(_tsv_cell, cells_of(row, self._columns))))

    def end(self) -> None:
        if self._others:
            names = ", ".join(self._others)
            logger("omicsdk.cli").warning("Only on later pages, not shown: %s. Choose them with --columns", names)


def _tsv_cell(text: str) -> str:
    # The backslash first, since the other replacements add some.
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Table:
    """A table of the columns that fit without folding: a folded identifier cannot be copied.

    The first page decides the columns and their widths. A wider cell of a later page moves the rest of its line.

    Args:
        line: Writes a line.
        shown: Returns a text as the terminal shows it.
        columns: The chosen columns, which are all shown, folded where they do not fit; empty for those that matter most.
        declared: Columns that matter, the most important first.
        width: Columns of the terminal.
        coloured: Whether names are bold.
        rule: The character of the line below them.
    """

    def __init__(
        self,
        line: Callable[[str], object],
        shown: Callable[[str], str],
        *,
        columns: Sequence[str],
        declared: Sequence[str],
        width: int,
        coloured: bool,
        rule: str,
    ) -> None:
        self._line, self._text = line, shown
        self._chosen, self._declared = columns, declared
        self._width, self._coloured, self._rule = width, coloured, rule
        self._columns: list[str] = []
        self._kept: Sequence[int] = ()
        self._widths: list[int] = []
        self._hidden: dict[str, None] = {}
        self._is_empty = True

    def add(self, rows: Sequence[Any]) -> None:
        from omicsdk.cli import terminal

        if self._is_empty:
            self._begin(rows)
            return
        all_columns = columns_of(rows)
        self._hidden.update(dict.fromkeys(self._text(name) for name in all_columns if name not in self._columns))
        for row in rows:
            cells = [self._text(cell) for cell in cells_of(row, self._columns, brief)]
            line = [cells[number] for number in self._kept if number < len(cells)]
            widths = self._widths
            if not self._chosen:
                widths = [max(width, terminal.cells(cell)) for width, cell in zip(widths, line, strict=False)]
            for text in terminal.row(line, widths):
                self._line(text)

    def _begin(self, rows: Sequence[Any]) -> None:
        from itertools import zip_longest

        from omicsdk.cli import terminal

        self._is_empty = False
        columns = list(self._chosen) or ranked(columns_of(rows), rows, self._declared)
        lines = [[self._text(cell) for cell in cells_of(row, columns, brief)] for row in rows]
        names = [self._text(name) for name in columns] or [""] * max(map(len, lines))
        widths = [max(map(terminal.cells, column)) for column in zip_longest(names, *lines, fillvalue="")]
        room = self._width - 2
        self._kept = list(range(len(widths))) if self._chosen else fitting(widths, room, terminal.GAP)
        self._columns = columns
        visible_cells = [[line[number] for number in self._kept if number < len(line)] for line in lines]
        heads = [names[number] for number in self._kept] if columns else []
        self._widths = terminal.widths(heads, visible_cells, self._width)
        for line in terminal.table(heads, visible_cells, self._widths, coloured=self._coloured, rule=self._rule):
            self._line(line)
        self._hidden = dict.fromkeys(name for number, name in enumerate(names) if number not in self._kept)

    def end(self) -> None:
        from omicsdk.cli import terminal

        if self._is_empty:
            self._line("none")
        if self._hidden:
            note = f"Not shown: {', '.join(self._hidden)}. Choose with --columns, or use --output json"
            for line in terminal.folded(note, self._width):
                self._line(terminal.styled(line, terminal.DIM, coloured=self._coloured))


class Chosen:
    """A writer of chosen columns. Nothing is written before a row had each of them: one that none has is an error.

    Args:
        writer: Writes the rows.
        columns: Names of members, or dotted paths.
    """

    def __init__(self, writer: Writer, columns: Sequence[str]) -> None:
        self._writer, self._columns = writer, columns
        self._missing = list(columns)
        self._known: dict[str, None] = {}
        self._held: list[Any] = []

    def add(self, rows: Sequence[Any]) -> None:
        self._held += [{name: member(row, name) for name in self._columns} for row in rows]
        if self._missing:
            self._known.update(dict.fromkeys(columns_of(rows)))
            self._missing = missing_columns(self._missing, self._known)
        if not self._missing:
            self._writer.add(self._held)
            self._held.clear()

    def end(self) -> None:
        """Write what follows the last page.

        Raises:
            UsageError: No row has one of the columns.
        """
        if self._held:
            check_columns(self._columns, list(self._known))
        self._writer.end()
