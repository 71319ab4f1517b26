"""What a command prints on stdout: JSON, tables, and bytes."""

from __future__ import annotations

import sys

from omicsdk.cli.errors import printable
from omicsdk.cli.lists import Chosen, JsonLines, JsonList, Table, Tsv
from omicsdk.cli.rows import brief, items_of, parts_of, picked
from omicsdk.core.errors import UsageError
from omicsdk.core.json_text import escaped, written
from omicsdk.core.type_guards import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from omicsdk.cli.lists import Writer


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
            value, items = rows[0] if rows == [value] and is_object(value) else rows, None
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
                self._line(terminal.styled(f"{self._shown(title)}{count}", terminal.BOLD, coloured=coloured))
            if facts is not None:
                named = {self._shown(name): self._shown(brief(fact)) for name, fact in facts.items()}
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
            self._shown,
            columns=self.columns,
            declared=declared,
            width=columns(),
            coloured=terminal.is_coloured(self._stdout),
            rule="─" if (self._stdout.encoding or "").lower().startswith("utf") else "-",
        )

    def _shown(self, text: str) -> str:
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
            self._stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
