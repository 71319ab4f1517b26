"""Lists of omicsdk: their rows, and the lines of these on a terminal."""

from __future__ import annotations

from omicsdk.cli.rows import brief, cells_of, fitting, ranked
from omicsdk.core.rows import columns_of
from omicsdk.core.sizes import size_words
from omicsdk.core.type_guards import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from omicsdk.cli.printing import Writer

_TITLE = "title"
_LEAST_TITLE = 24


class Rows:
    """A list as the result of a command; its rows are read while they are printed.

    Args:
        rows: Yields the rows, which are JSON objects. Called once, with the names of the members that are printed; None
            for all.
        cells: Returns the cells of a row's line on a terminal; None for a table.
        last: Returns a line for a terminal after the last row; None for none.
        line_columns: The members that `cells` needs; None for all.
        lines: Yields the documented lines of the rows, which are printed everywhere unless a format is chosen.
    """

    __slots__ = ("cells", "last", "line_columns", "lines", "rows")

    def __init__(
        self,
        rows: Callable[[Sequence[str] | None], Iterable[Mapping[str, Any]]],
        cells: Callable[[Any], Sequence[str]] | None = None,
        last: Callable[[], str] | None = None,
        line_columns: Sequence[str] | None = None,
        lines: Callable[[], Iterable[str]] | None = None,
    ) -> None:
        self.rows = rows
        self.cells = cells
        self.last = last
        self.line_columns = line_columns
        self.lines = lines

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Rows:
        """A list that is a table on a terminal.

        Args:
            rows: The rows, which are read once.
        """
        return cls(lambda _: rows)


class Listing:
    """Lines of cells for a terminal: the first column right-aligned, the others left-aligned.

    The first page decides the widths. A wider cell of a later page moves the rest of its line.

    Args:
        line: Writes a line.
        cells: Returns the cells of a row.
        last: Returns the line after the last row; None for none.
    """

    def __init__(
        self, line: Callable[[str], object], cells: Callable[[Any], Sequence[str]], last: Callable[[], str] | None
    ) -> None:
        self._line, self._cells, self._last = line, cells, last
        self._widths: Sequence[int] = ()

    def add(self, rows: Sequence[Any]) -> None:
        lines = list(map(self._cells, rows))
        # Rows are printed as their pages arrive: widths of later pages are not known yet.
        self._widths = self._widths or widths_of(lines)
        for cells in lines:
            self._line(aligned(cells, self._widths))

    def end(self) -> None:
        if self._last is not None:
            self._line(self._last())


# Members that are numbers of bytes, in results of workflows and in the platforms' documents.
_SIZES = "size file_size filesize part_size total_size totalFileSize totalObjectSize bytes bytes_fetched"
SIZES = frozenset(_SIZES.split())


def with_sizes(row: Any) -> Any:
    """Return a row of a table with numbers of bytes as they are read: 1.20 GiB.

    Args:
        row: A JSON value; only members of objects have names.
    """
    if not is_object(row) or SIZES.isdisjoint(row):
        return row
    return {name: size_words(part) if name in SIZES and _is_size(part) else part for name, part in row.items()}


def _is_size(value: object) -> bool:
    return value.__class__ in (int, float)  # neither a truth value nor a text


class SizedTable:
    """A table whose numbers of bytes are shown as sizes.

    Args:
        table: Writes it.
    """

    def __init__(self, table: Writer) -> None:
        self._table = table

    def add(self, rows: Sequence[Any]) -> None:
        self._table.add(list(map(with_sizes, rows)))

    def end(self) -> None:
        self._table.end()


class TitledTable:
    """A table whose titles are cut off: identifiers, which must be whole, leave little room, and mean nothing without a title.

    Args:
        table: Writes it.
        declared: Columns that matter, the most important first.
        width: Columns of the terminal.
    """

    def __init__(self, table: Writer, declared: Sequence[str], width: int) -> None:
        self._table, self._declared, self._width = table, declared, width
        self._room: int | None = None

    def add(self, rows: Sequence[Any]) -> None:
        if self._room is None:
            self._room = title_room(rows, self._declared, self._width)
        self._table.add([_with_short_title(row, self._room) for row in rows])

    def end(self) -> None:
        self._table.end()


def title_room(rows: Sequence[Any], declared: Sequence[str], width: int) -> int:
    """Return the columns of a terminal that titles take: those that the members leave which fit beside a short title.

    Args:
        rows: The rows.
        declared: Columns that matter, the most important first.
        width: Columns of the terminal.
    """
    from omicsdk.cli import terminal

    columns = ranked(columns_of(rows), list(rows), declared)
    if _TITLE not in columns:
        return width
    lines = [columns, *(cells_of(row, columns, brief) for row in rows if is_object(row))]
    widths = widths_of(lines)
    title, room = columns.index(_TITLE), width - 2
    widths[title] = min(widths[title], _LEAST_TITLE)
    visible = fitting(widths, room, terminal.GAP)
    taken = sum(widths[number] + terminal.GAP for number in visible) - terminal.GAP
    return max(1, widths[title] + room - taken) if title in visible else width


def _with_short_title(row: Any, room: int) -> Any:
    from omicsdk.cli.terminal import cells

    title = row.get(_TITLE) if is_object(row) else None
    if not isinstance(title, str) or cells(title) <= room:
        return row
    kept = title[: room - 1]
    while cells(kept) >= room:
        kept = kept[:-1]
    return {**row, _TITLE: f"{kept.rstrip()}…"}


class Lines:
    """Documented lines.

    Args:
        write: Writes some of them.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def add(self, rows: Sequence[Any]) -> None:
        self._write("\n".join(rows))

    def end(self) -> None:
        pass


def widths_of(lines: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column of lines of cells, in columns of a terminal.

    Args:
        lines: The lines.
    """
    from omicsdk.cli import terminal

    return [max(map(terminal.cells, column)) for column in zip(*lines, strict=True)]


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of cells: the first of several right-aligned, the others left-aligned.

    Args:
        cells: The cells.
        widths: Their least widths.
    """
    from omicsdk.cli import terminal

    first, *others = ((cell, " " * (width - terminal.cells(cell))) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([first[1] + first[0], *map("".join, others)]).rstrip() if others else first[0]
