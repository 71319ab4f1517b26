"""Printing of results: JSON, JSON lines, TSV, tables, or bytes as they are."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from omicsdk.cli.errors import printable
from omicsdk.cli.rows import brief, cells_of, columns_of, fitting, in_order, items_of, parts_of, picked, ranked
from omicsdk.core.errors import UsageError
from omicsdk.core.json_encoding import written
from omicsdk.core.type_guards import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from omicsdk.cli.console import Console


class Output:
    """Prints the result of a command on stdout.

    Args:
        form: json, jsonl, table or tsv; None is a table on a terminal and JSON elsewhere.
        query: JMESPath expression that is applied to the result first.
        stdout: A text stream; its `buffer` takes bytes.
        columns: Members that are printed of each item, with commas between them.
        sort: Member by which items are sorted; with `:desc` behind it for the largest first.

    Raises:
        UsageError: The expression is not JMESPath.
    """

    def __init__(
        self,
        form: str | None = None,
        query: str | None = None,
        stdout: Any = None,
        *,
        columns: str | None = None,
        sort: str | None = None,
    ) -> None:
        self._stdout = sys.stdout if stdout is None else stdout
        self._chosen = form
        self.form = form or ("table" if self._stdout.isatty() else "json")
        self.query = query
        self._columns = [name.strip() for name in columns.split(",") if name.strip()] if columns is not None else []
        self._sort = sort
        self._search = _compiled(query) if query is not None else None

    @property
    def streams(self) -> bool:
        """Whether items are printed as pages arrive."""
        return self.form == "jsonl" and self._sort is None

    def result(
        self, value: Any, items: str | None = None, declared: Sequence[str] = (), schema: str | None = None
    ) -> None:
        """Print a whole result; nothing for None.

        Args:
            value: JSON data, or a Told.
            items: Dotted key of its list, where the document names one.
            declared: Columns of its table, the one that matters most first.
            schema: Schema of an item of a service's answer, empty where the document names none; None for a result of omicsdk's own.

        Raises:
            UsageError: It has no column that --columns names.
        """
        if isinstance(value, Told):
            is_wanted = self._stdout.isatty() or not value.terminal_only
            is_plain = self._chosen is None and self.query is None and not (self._columns or self._sort)
            if is_wanted and is_plain:
                self._text(value.text)
                return
            items = items or value.items
            value = value.data if value.brief is None or not is_plain else value.brief
        value, items = self._picked(value, items)
        if value is None:
            return
        if self._columns or self._sort:
            value, items = self._arranged(value, items), None
        if isinstance(value, str) and self._chosen is None:
            # What a shell puts into a variable: VERSION=$(omics dss create-version).
            self._line(printable(value) if self._stdout.isatty() else value)
        elif self.form == "json":
            self._line(self._json(value, indent=2))
        elif self.form == "jsonl":
            self.lines(items_of(value, items))
        elif self.form == "tsv":
            self._tsv(items_of(value, items))
        else:
            self._tables(value, declared, schema)

    def page(self, value: Any, items: str | None) -> None:
        """Print the items of a page, a line each."""
        value, items = self._picked(value, items)
        self.lines(self._arranged(value, items) if self._columns else items_of(value, items))
        self._stdout.flush()

    def lines(self, values: Iterable[Any]) -> None:
        """Print values as JSON, a line each."""
        for value in values:
            self._line(self._json(value))

    def chunks(self, chunks: Iterable[bytes]) -> None:
        """Print bytes as they are, and a line break on a terminal where the last one is missing.

        Raises:
            UsageError: They are not text and stdout is a terminal, or there is a query.
        """
        if self.query is not None:
            raise UsageError("--query selects from JSON, but this command prints bytes as they are")
        first, last = True, b""
        for chunk in chunks:
            if first and self._stdout.isatty() and b"\0" in chunk:
                raise UsageError("the answer is not text", remedy="Redirect it to a file: omics ... > FILE.")
            first, last = False, chunk[-1:] or last
            self._stdout.buffer.write(chunk)
        if last not in (b"", b"\n") and self._stdout.isatty():
            self._stdout.buffer.write(b"\n")
        self._stdout.buffer.flush()

    def _picked(self, value: Any, items: str | None) -> tuple[Any, str | None]:
        return (value, items) if self._search is None else (self._search(value), None)

    def _arranged(self, value: Any, items: str | None) -> Any:
        """The items sorted, with the chosen columns; a value without a list is one item."""
        rows = items_of(value, items)
        if self._sort is not None:
            rows = in_order(rows, self._sort)
        if self._columns:
            rows = picked(rows, self._columns)
        return rows[0] if is_object(value) and len(rows) == 1 and items_of(value, items)[0] is value else rows

    def _json(self, value: Any, indent: int | None = None) -> str:
        plain = (self._stdout.encoding or "").lower().replace("-", "") != "utf8"
        text = written(value, indent=indent, ensure_ascii=plain, default=str)
        # JSON escapes C0 controls only; DEL and C1 control terminals too, and lone surrogates cannot be encoded.
        return text if plain else "".join(c if c < "\x7f" or c.isprintable() else _escaped(c) for c in text)

    def _tsv(self, rows: list[Any]) -> None:
        columns = columns_of(rows)
        if columns:
            self._line("\t".join(map(_tsv_cell, columns)))
        for row in rows:
            self._line("\t".join(map(_tsv_cell, cells_of(row, columns))))

    def _tables(self, value: Any, declared: Sequence[str], schema: str | None) -> None:
        from omicsdk.cli import terminal
        from omicsdk.cli.help import columns

        coloured, width = terminal.is_coloured(self._stdout), columns()
        for title, facts, rows in parts_of(value):
            if title:
                self._line(terminal.styled(f"{self._shown(title)} ({len(rows)})", terminal.BOLD, coloured=coloured))
            if facts is None:
                self._table(rows, declared, schema, width, coloured=coloured)
                continue
            named = {self._shown(name): self._shown(brief(fact)) for name, fact in facts.items()}
            for line in terminal.facts(named, width, coloured=coloured):
                self._line(line)

    def _table(
        self, rows: list[Any], declared: Sequence[str], schema: str | None, width: int, *, coloured: bool
    ) -> None:
        """One table, of the columns that fit whole, because a folded identifier cannot be copied."""
        from itertools import zip_longest

        from omicsdk.cli import terminal

        if not rows:
            self._line("none")
            return
        columns = self._columns or ranked(columns_of(rows), rows, declared, schema)
        lines = [[self._shown(cell) for cell in cells_of(row, columns, brief)] for row in rows]
        names = [self._shown(name) for name in columns] or [""] * max(map(len, lines))
        widths = [max(map(terminal.cells, column)) for column in zip_longest(names, *lines, fillvalue="")]
        # Chosen columns are all shown, folded where they do not fit.
        shown = list(range(len(widths))) if self._columns else fitting(widths, width - 2, terminal.GAP)
        kept = [[line[number] for number in shown if number < len(line)] for line in lines]
        heads = [names[number] for number in shown] if columns else []
        rule = "─" if (self._stdout.encoding or "").lower().startswith("utf") else "-"
        for line in terminal.table(heads, kept, width, coloured=coloured, rule=rule):
            self._line(line)
        if hidden := [name for number, name in enumerate(names) if number not in shown]:
            note = f"Not shown: {', '.join(hidden)}. Choose with --columns, or use --output json"
            for line in terminal.folded(note, width):
                self._line(terminal.styled(line, terminal.DIM, coloured=coloured))

    def _shown(self, text: str) -> str:
        """Text as the terminal's encoding shows it, by which the table is laid out."""
        encoding = self._stdout.encoding or "utf-8"
        return printable(text).encode(encoding, "backslashreplace").decode(encoding)

    def _text(self, text: str) -> None:
        """Print documented lines; tabs stay, other control characters are escaped on a terminal."""
        for line in text.split("\n") if text else ():
            self._line("\t".join(map(printable, line.split("\t"))) if self._stdout.isatty() else line)

    def _line(self, text: str) -> None:
        self._stdout.write(f"{text}\n")


def _compiled(expression: str) -> Callable[[Any], Any]:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(expression)
    except JMESPathError as error:
        reason = str(error).splitlines()[0].rstrip(":")
        raise UsageError(f"--query: {expression!r} is not a JMESPath expression: {reason}") from error

    def search(value: Any) -> Any:
        try:
            return compiled.search(value)
        except JMESPathError as error:
            raise UsageError(f"--query: {expression!r} cannot be applied to the result: {error}") from error

    return search


def _tsv_cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _escaped(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"


@dataclass(frozen=True, slots=True)
class Told:
    """A result that is printed as documented lines unless `--output` or `--query` requests data.

    Attributes:
        text: The lines, without a line break at the end; "" prints nothing.
        data: The same as JSON data.
        terminal_only: Whether the lines are for a terminal only, and the data is printed elsewhere.
        brief: Printed in place of the data where neither a form of output nor a query was chosen; None for the data.
        items: Key of the list in the data of which `--output jsonl` and `tsv` print a line each; None for the data.
    """

    text: str
    data: object
    terminal_only: bool = field(default=False, kw_only=True)
    brief: object = field(default=None, kw_only=True)
    items: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Call:
    """A command that was run, for the renderer of its result.

    Attributes:
        title: What it does and with what: "Download of manifest.tsv".
        arguments: The arguments of its function.
        options: Values of the options that the command line adds, such as --report.
        console: Where messages go.
        base_url: The base URL of the service; empty for a command that uses none.
    """

    title: str
    arguments: Mapping[str, Any]
    options: Mapping[str, Any]
    console: Console
    base_url: str = ""
