"""What a command prints on stdout: JSON, JSON lines, TSV and tables, as their rows arrive, and bytes."""

from __future__ import annotations

import sys
from contextlib import suppress

from omicsdk.cli.errors import printable
from omicsdk.cli.rows import brief, cells_of, fitting, items_of, parts_of, picked, ranked
from omicsdk.core.errors import UsageError
from omicsdk.core.json_text import block_encoder, escaped, line_encoder, written
from omicsdk.core.logs import logger
from omicsdk.core.rows import check_columns, columns_of, member, missing_columns
from omicsdk.core.type_guards import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Protocol

    class Writer(Protocol):
        """Writes the rows of a list, a page after the other."""

        def add(self, rows: Sequence[Any]) -> None:
            """Write a page, which is not empty."""

        def end(self) -> None:
            """Write what follows the last page."""


class Printer:
    """Prints the result of a command on stdout.

    Args:
        form: json, jsonl, table or tsv; None is a table on a terminal and JSON elsewhere.
        stdout: A text stream; its `buffer` takes bytes.
        columns: Members of each item to print, separated by commas.

    Attributes:
        needs_all: Whether all items of a list are read before the first is printed.
        chosen: The requested format; None without one.
    """

    needs_all = False

    def __init__(self, form: str | None = None, stdout: Any = None, *, columns: str | None = None) -> None:
        self._stdout = sys.stdout if stdout is None else stdout
        self.chosen = form
        self.form = form or ("table" if self._stdout.isatty() else "json")
        self.columns = [name.strip() for name in columns.split(",") if name.strip()] if columns is not None else []

    def result(self, value: Any, items: list[Any] | None = None, declared: Sequence[str] = ()) -> None:
        """Print a whole result; nothing for None.

        Args:
            value: JSON data.
            items: Its items, if they are known; by default those of a list, or the value alone.
            declared: Columns of its table, the one that matters most first.

        Raises:
            UsageError: A column of --columns is missing.
        """
        if value is None:
            return
        if self.columns:
            rows = picked(items_of(value, items), self.columns)
            value, items = rows[0] if items is None and is_object(value) else rows, None
        if isinstance(value, str) and self.chosen is None:
            # For shell variables: VERSION=$(omics dss create-version).
            self._line(printable(value) if self._stdout.isatty() else value)
        elif self.form == "json":
            self._line(escaped(written(value, indent=2, ensure_ascii=self._ascii_only, default=str)))
        elif self.form == "table":
            self.tables(value, declared)
        elif rows := items_of(value, items):
            writer = JsonLines(self._write, ascii_only=self._ascii_only) if self.form == "jsonl" else Tsv(self._line)
            writer.add(rows)
            writer.end()

    def writer(self, declared: Sequence[str], page: Callable[[list[Any]], Any] | None = None) -> Writer:
        """Return the writer of a list in the format; the list alone if columns are chosen.

        Args:
            declared: Columns of its table, the one that matters most first.
            page: Puts the list into the response that it is a part of; by default there is none.
        """
        if self.form == "jsonl":
            writer: Writer = JsonLines(self._write, ascii_only=self._ascii_only)
        elif self.form == "tsv":
            writer = Tsv(self._line)
        elif self.form == "table":
            writer = self._table_writer(declared)
        else:
            writer = JsonList(self._write, None if self.columns else page, ascii_only=self._ascii_only)
        return Chosen(writer, self.columns) if self.columns else writer

    def flush(self) -> None:
        """Have the reader of stdout see what was printed."""
        self._stdout.flush()

    def chunks(self, chunks: Iterable[bytes]) -> None:
        """Print bytes unchanged; on a terminal, end with a line break.

        Raises:
            UsageError: They are not text and stdout is a terminal.
        """
        first, last = True, b""
        for chunk in chunks:
            # Control characters of a binary file would change the terminal's state.
            if first and self._stdout.isatty() and b"\0" in chunk:
                raise UsageError("the response is not text", remedy="Redirect it to a file: ... > FILE.")
            first, last = False, chunk[-1:] or last
            self._stdout.buffer.write(chunk)
            self._stdout.buffer.flush()  # events of a stream may be far between
        # In a pipe the bytes are unchanged: their checksum is that of the file.
        if last not in (b"", b"\n") and self._stdout.isatty():
            self._stdout.buffer.write(b"\n")
            self._stdout.buffer.flush()

    @property
    def _ascii_only(self) -> bool:
        return (self._stdout.encoding or "").lower().replace("-", "") != "utf8"

    def tables(self, value: Any, declared: Sequence[str], *, besides: list[Any] | None = None) -> None:
        """Print facts and tables.

        Args:
            value: JSON data.
            declared: Columns of its tables, the one that matters most first.
            besides: A list in it whose rows follow: only its title is printed, after all others.
        """
        from omicsdk.cli import terminal
        from omicsdk.cli.help import columns

        coloured = terminal.is_coloured(self._stdout)
        for title, facts, rows in sorted(parts_of(value), key=lambda part: part[2] is besides):
            if title:
                count = "" if rows is besides else f" ({len(rows)})"
                self._line(terminal.styled(f"{self._encodable(title)}{count}", terminal.BOLD, coloured=coloured))
            if facts is not None:
                named = {self._encodable(name): self._encodable(brief(fact)) for name, fact in facts.items()}
                for line in terminal.facts(named, columns(), coloured=coloured):
                    self._line(line)
            elif rows is not besides:
                table = self._table_writer(declared)
                if rows:
                    table.add(rows)
                table.end()

    def _table_writer(self, declared: Sequence[str]) -> Writer:
        from omicsdk.cli import terminal
        from omicsdk.cli.help import columns

        return Table(
            self._line,
            self._encodable,
            columns=self.columns,
            declared=declared,
            width=columns(),
            coloured=terminal.is_coloured(self._stdout),
            rule="─" if (self._stdout.encoding or "").lower().startswith("utf") else "-",
        )

    def _encodable(self, text: str) -> str:
        """Return text as the terminal's encoding shows it, for the layout of the table."""
        encoding = self._stdout.encoding or "utf-8"
        return printable(text).encode(encoding, "backslashreplace").decode(encoding)

    def _line(self, text: str) -> None:
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        try:
            self._stdout.write(text)
        except UnicodeEncodeError:  # a service's text may have lone surrogates, or stdout another encoding
            encoding = self._stdout.encoding
            if not self._stdout.isatty():
                with suppress(UnicodeEncodeError):  # another program gets the bytes of a file's name, in any locale
                    data = text.encode(encoding, "surrogateescape")
                    self._stdout.flush()
                    self._stdout.buffer.write(data)
                    return
            self._stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


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
        text_of: Returns a text as the terminal shows it.
        columns: The chosen columns, which are all shown, folded where they do not fit; empty for those that matter most.
        declared: Columns that matter, the most important first.
        width: Columns of the terminal.
        coloured: Whether names are bold.
        rule: The character of the line below them.
    """

    def __init__(
        self,
        line: Callable[[str], object],
        text_of: Callable[[str], str],
        *,
        columns: Sequence[str],
        declared: Sequence[str],
        width: int,
        coloured: bool,
        rule: str,
    ) -> None:
        self._line, self._text = line, text_of
        self._chosen, self._declared = columns, declared
        self._width, self._coloured, self._rule = width, coloured, rule
        self._columns: list[str] = []
        self._visible: Sequence[int] = ()
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
            line = [cells[number] for number in self._visible if number < len(cells)]
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
        self._visible = list(range(len(widths))) if self._chosen else fitting(widths, room, terminal.GAP)
        self._columns = columns
        visible_cells = [[line[number] for number in self._visible if number < len(line)] for line in lines]
        heads = [names[number] for number in self._visible] if columns else []
        self._widths = terminal.widths(heads, visible_cells, self._width)
        for line in terminal.table(heads, visible_cells, self._widths, coloured=self._coloured, rule=self._rule):
            self._line(line)
        self._hidden = dict.fromkeys(name for number, name in enumerate(names) if number not in self._visible)

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
        self._seen_columns: dict[str, None] = {}
        self._pending: list[Any] = []

    def add(self, rows: Sequence[Any]) -> None:
        self._pending += [{name: member(row, name) for name in self._columns} for row in rows]
        if self._missing:
            self._seen_columns.update(dict.fromkeys(columns_of(rows)))
            self._missing = missing_columns(self._missing, self._seen_columns)
        if not self._missing:
            self._writer.add(self._pending)
            self._pending.clear()

    def end(self) -> None:
        """Write what follows the last page.

        Raises:
            UsageError: No row has one of the columns.
        """
        if self._pending:
            check_columns(self._columns, list(self._seen_columns))
        self._writer.end()
