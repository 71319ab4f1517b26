"""What a command prints: its result on stdout; messages, questions, progress and log records on stderr."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import NamedTuple

from omicsdk.cli.catalog import LEVELS
from omicsdk.cli.errors import DONE, is_denied, json_line, outcome_code, printable
from omicsdk.cli.lists import PAGE, Chosen, JsonLines, JsonList, Lines, Listing, Rows, Table, Tsv
from omicsdk.cli.rows import brief, in_order, items_of, parts_of, picked
from omicsdk.core.errors import UsageError
from omicsdk.core.json_text import escaped, written
from omicsdk.core.page_breaks import at_page_breaks
from omicsdk.core.type_guards import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from typing import Any, TextIO, TypeVar

    from omicsdk.cli.lists import Writer
    from omicsdk.transfer import Progress

    T = TypeVar("T")

_REDRAWN = 0.1
"""Seconds between two updates of the progress line."""
_LOGGED = 1.0
"""Seconds between two lines of JSON with the progress."""


class Output:
    """Prints the result of a command on stdout.

    Args:
        form: json, jsonl, table or tsv; None is a table on a terminal and JSON elsewhere.
        query: JMESPath expression that is applied to the result first.
        stdout: A text stream; its `buffer` takes bytes.
        columns: Members of each item to print, separated by commas.
        sort: Member to sort by; `:desc` after it sorts in descending order.

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

    def result(
        self, value: Any, items: str | None = None, declared: Sequence[str] = (), schema: str | None = None
    ) -> None:
        """Print a whole result; nothing for None.

        Args:
            value: JSON data, a TextAndData, or Rows.
            items: Dotted key of its list, if the document names one.
            declared: Columns of its table, the one that matters most first.
            schema: Schema of an item of a service's response, empty if the document names none; None for a result of
                omicsdk.

        Raises:
            UsageError: A column of --columns is missing.
        """
        if isinstance(value, Rows):
            self._listing(value, declared)
            return
        if isinstance(value, TextAndData):
            is_wanted = self._stdout.isatty() or not value.terminal_only
            is_plain = self._chosen is None and self.query is None and not (self._columns or self._sort)
            if is_wanted and is_plain:
                self._text(value.text)
                return
            shows_all = value.brief is None or not is_plain
            if value.streamed is not None and shows_all and self.form != "table" and self.query is self._sort is None:
                page, rows = value.streamed
                self._stream(rows, self._writer(declared, schema, page))
                return
            items = items or value.items
            value = value.data if shows_all else value.brief
        value, items = self._picked(value, items)
        if value is None:
            return
        if self._columns or self._sort:
            value, items = self._arranged(value, items), None
        if isinstance(value, str) and self._chosen is None:
            # For shell variables: VERSION=$(omics dss create-version).
            self._line(printable(value) if self._stdout.isatty() else value)
        elif self.form == "json":
            layout = {"indent": 2, "ensure_ascii": self._ascii_only, "default": str}
            self._line(escaped(written(value, **layout)))
        elif self.form == "table":
            self._tables(value, declared, schema)
        elif rows := items_of(value, items):
            writer = JsonLines(self._write, ascii_only=self._ascii_only) if self.form == "jsonl" else Tsv(self._line)
            writer.add(rows)
            writer.end()

    def pages(self, pages: Iterable[tuple[Any, str]], operation: str, schema: str | None) -> None:
        """Print the items of a service's pages as they arrive, within the first page where the format has place for it.

        Args:
            pages: The pages, each with the key of its list.
            operation: Its name, for errors.
            schema: Schema of an item.

        Raises:
            UsageError: A column of --columns is missing.
        """
        from omicsdk.core.paging import items_at, with_items

        following = iter(pages)
        first, key = next(following)

        def items() -> Iterator[Any]:
            yield from items_at(first, key, operation)
            for page, its_key in following:
                yield from items_at(page, its_key, operation)

        if self.query is not None or self._sort is not None:
            self.result(with_items(first, key, list(items())), key, schema=schema)
            return
        if self.form == "table" and not self._columns:
            place: list[Any] = [{}]
            self._tables(with_items(first, key, place), (), schema, besides=place)
        writer = self._writer((), schema, lambda rows: with_items(first, key, rows))
        self._stream(items(), writer)

    def _listing(self, value: Rows, declared: Sequence[str]) -> None:
        """Print the rows of a list as they arrive; sorted ones, and those of a query, at its end."""
        is_plain = self._chosen is None and self.query is None and not (self._columns or self._sort)
        if self.query is not None or self._sort is not None:
            self.result(list(value.rows(None)), declared=declared)
        elif is_plain and value.lines is not None:
            self._stream(value.lines(), Lines(self._text))
        elif is_plain and value.cells is not None and self._stdout.isatty():
            self._stream(value.rows(value.shown), Listing(self._line, value.cells, value.last))
        else:
            self._stream(value.rows(self._columns or None), self._writer(declared, None))

    def _writer(
        self, declared: Sequence[str], schema: str | None, page: Callable[[list[Any]], Any] | None = None
    ) -> Writer:
        """Return the writer of a list in the format; the list alone if columns are chosen."""
        if self.form == "jsonl":
            writer: Writer = JsonLines(self._write, ascii_only=self._ascii_only)
        elif self.form == "tsv":
            writer = Tsv(self._line)
        elif self.form == "table":
            writer = self._table_writer(declared, schema)
        elif page is None or self._columns:
            writer = JsonList(self._write, ascii_only=self._ascii_only)
        else:
            writer = JsonList(self._write, page, ascii_only=self._ascii_only)
        return Chosen(writer, self._columns) if self._columns else writer

    def _stream(self, rows: Iterable[Any], writer: Writer) -> None:
        """Write rows, at the latest when their page ends; what came before an error is written."""
        batch: list[Any] = []

        def write() -> None:
            if batch:
                arrived = batch.copy()
                batch.clear()
                writer.add(arrived)
                self._stdout.flush()

        try:
            with at_page_breaks(write):
                for row in rows:
                    batch.append(row)
                    if len(batch) == PAGE:
                        write()
        finally:
            write()
        writer.end()

    def chunks(self, chunks: Iterable[bytes]) -> None:
        """Print bytes unchanged; on a terminal, end with a line break.

        Raises:
            UsageError: They are not text and stdout is a terminal, or a query is given.
        """
        if self.query is not None:
            raise UsageError("--query selects from JSON, but this command prints unchanged bytes")
        first, last = True, b""
        for chunk in chunks:
            if first and self._stdout.isatty() and b"\0" in chunk:
                raise UsageError("the response is not text", remedy="Redirect it to a file: omics ... > FILE.")
            first, last = False, chunk[-1:] or last
            self._stdout.buffer.write(chunk)
        if last not in (b"", b"\n") and self._stdout.isatty():
            self._stdout.buffer.write(b"\n")
        self._stdout.buffer.flush()

    def _picked(self, value: Any, items: str | None) -> tuple[Any, str | None]:
        return (value, items) if self._search is None else (self._search(value), None)

    def _arranged(self, value: Any, items: str | None) -> Any:
        """Return sorted items with the chosen columns; a value without a list is one item."""
        rows = items_of(value, items)
        if self._sort is not None:
            rows = in_order(rows, self._sort)
        if self._columns:
            rows = picked(rows, self._columns)
        return rows[0] if is_object(value) and len(rows) == 1 and items_of(value, items)[0] is value else rows

    @property
    def _ascii_only(self) -> bool:
        return (self._stdout.encoding or "").lower().replace("-", "") != "utf8"

    def _tables(
        self, value: Any, declared: Sequence[str], schema: str | None, *, besides: list[Any] | None = None
    ) -> None:
        """Print facts and tables; of the list `besides`, whose rows follow, only the title, after all others."""
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
                table = self._table_writer(declared, schema)
                if rows:
                    table.add(rows)
                table.end()

    def _table_writer(self, declared: Sequence[str], schema: str | None) -> Table:
        from omicsdk.cli import terminal
        from omicsdk.cli.help import columns

        return Table(
            self._line,
            self._shown,
            columns=self._columns,
            declared=declared,
            schema=schema,
            width=columns(),
            coloured=terminal.is_coloured(self._stdout),
            rule="─" if (self._stdout.encoding or "").lower().startswith("utf") else "-",
        )

    def _shown(self, text: str) -> str:
        """Return text as the terminal's encoding shows it, for the layout of the table."""
        encoding = self._stdout.encoding or "utf-8"
        return printable(text).encode(encoding, "backslashreplace").decode(encoding)

    def _text(self, text: str) -> None:
        """Print documented lines; tabs stay, other control characters are escaped on a terminal."""
        for line in text.split("\n") if text else ():
            self._line("\t".join(map(printable, line.split("\t"))) if self._stdout.isatty() else line)

    def _line(self, text: str) -> None:
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        try:
            self._stdout.write(text)
        except UnicodeEncodeError:  # a service's text may have lone surrogates, or stdout another encoding
            encoding = self._stdout.encoding
            self._stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


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


# No dataclasses in here: each command loads it, and those cost 8 ms to import.


class TextAndData:
    """A result printed as documented lines unless `--output` or `--query` requests data.

    Attributes:
        text: The lines, without a line break at the end; "" prints nothing.
        data: The same as JSON data; made when it is first read, where a function that makes it was given.
        terminal_only: Whether the lines are for a terminal only, and the data is printed elsewhere.
        brief: Printed in place of the data without an output format and a query; None for the data.
        items: Key of the list in the data whose items `--output jsonl` and `tsv` print as lines; None for the data.
        streamed: What makes the data of that list, and the list's items, which are read while they are printed; None if
            the data is made as a whole. Either is used, once.
    """

    __slots__ = ("_data", "brief", "items", "streamed", "terminal_only", "text")

    def __init__(
        self,
        text: str,
        data: object | Callable[[], object],
        *,
        terminal_only: bool = False,
        brief: object = None,
        items: str | None = None,
        streamed: tuple[Callable[[list[Any]], object], Iterable[Any]] | None = None,
    ) -> None:
        self.text = text
        self.streamed = streamed
        self._data = data
        self.terminal_only = terminal_only
        self.brief = brief
        self.items = items

    @property
    def data(self) -> object:
        """The result as JSON data."""
        if callable(self._data):
            self._data = self._data()
        return self._data


class Call(NamedTuple):
    """A command with its arguments, for the renderer of its result.

    Attributes:
        title: Its title: "Download of manifest.tsv".
        arguments: The arguments of its function.
        options: Values of the options that the command line adds, such as --report.
        console: Prints messages.
        base_url: The base URL of the service; empty for a command that uses none.
    """

    title: str
    arguments: Mapping[str, Any]
    options: Mapping[str, Any]
    console: Console
    base_url: str = ""


class Console:
    """Messages and questions on stderr.

    Args:
        level: The level of messages: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        assume_yes: Answer every question with yes.
        stderr: The stream of messages; by default that of the process.
        stdin: The stream of responses; by default that of the process.
        as_json: Print every message as a JSON object on one line.

    Attributes:
        called: Names of files in messages, such as stdout for a temporary file.
        is_partial: Whether something was left for another run, or for a larger limit.
    """

    def __init__(
        self,
        level: str = "INFO",
        *,
        assume_yes: bool = False,
        stderr: TextIO | None = None,
        stdin: TextIO | None = None,
        as_json: bool = False,
    ) -> None:
        self._as_json = as_json
        self._level = LEVELS[level]
        self._assume_yes = assume_yes
        self._stderr = sys.stderr if stderr is None else stderr
        self._stdin = sys.stdin if stdin is None else stdin
        self.called = dict[str, str]()
        self.is_partial = False
        self._failed = self._total = self._denied = 0
        self._exit_code: int | None = None
        self._drawn = ""
        self._bar = ""

    @property
    def interactive(self) -> bool:
        """Whether progress is shown: stderr is a terminal and the level is INFO or lower."""
        return self._level <= LEVELS["INFO"] and not self._as_json and self._stderr.isatty()

    def message(self, text: str) -> None:
        """Print a message of level INFO."""
        self._say("INFO", text)

    def warning(self, text: str) -> None:
        """Print a warning."""
        self._say("WARNING", text)

    def error(self, text: str) -> None:
        """Print an error that does not end the command."""
        self._say("ERROR", text)

    @property
    def exit_code(self) -> int:
        """Exit code of the process if nothing is raised: what was set, else what the outcomes of all items decide."""
        if self._exit_code is None and (self._failed or self.is_partial):
            return outcome_code(self._failed, self._total, self._denied, is_partial=self.is_partial)
        return self._exit_code or DONE

    @exit_code.setter
    def exit_code(self, code: int) -> None:
        self._exit_code = code

    def add_outcomes(self, errors: Sequence[object], total: int) -> None:
        """Add the outcomes of items, which decide the exit code.

        Args:
            errors: Why some failed, one for each.
            total: The number of items that were not added before.
        """
        self._failed += len(errors)
        self._total += total
        self._denied += sum(map(is_denied, errors))

    def some_failed(self, text: str) -> None:
        """Print on one line that a part of a batch failed; the exit code becomes 3."""
        self.error(printable(text))
        self.is_partial = True

    def more_left(self, limit: int, what: str = "", option: str = "--limit") -> None:
        """Print that a limit omitted items; the exit code becomes 3.

        Args:
            limit: The limit.
            what: Noun for the items, in the plural.
            option: The option of the limit.
        """
        self.some_failed(f"there are more than {limit}{what and f' {what}'}; {option} sets how many are listed")

    def limited(self, found: Iterable[T], limit: int | None, what: str = "") -> Iterator[T]:
        """Yield the first items; report further ones with `more_left`.

        Args:
            found: All items; one more than the limit is consumed.
            limit: Maximum number of items, from 1; None for all.
            what: Noun for the items, in the plural.
        """
        for number, each in enumerate(found):
            if number == limit:
                self.more_left(number, what)
                return
            yield each

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question on a terminal.

        Args:
            question: The question, without "[y/N]".

        Returns:
            The response; True without asking if stdin or stderr is not a terminal, or with `--yes`.
        """
        return not self.asks or self.insists(question)

    @property
    def is_attended(self) -> bool:
        """Whether stdin and stderr are a terminal."""
        return self._stdin.isatty() and self._stderr.isatty()

    def insists(self, question: str) -> bool:
        """Ask a yes-or-no question that `--yes` does not answer.

        Args:
            question: The question, without "[y/N]".

        Returns:
            The response; False without asking if stdin or stderr is not a terminal.
        """
        if not self.is_attended:
            return False
        self._stderr.write(f"{printable(question)} [y/N] ")
        self._stderr.flush()
        return self._stdin.readline().strip().lower() in ("y", "yes")

    def response(self, question: str) -> str:
        """Ask for a line of text, on a terminal.

        Args:
            question: The question with a separator.
        """
        self._stderr.write(printable(question))
        self._stderr.flush()
        return self._stdin.readline().strip()

    @property
    def asks(self) -> bool:
        """Whether questions are asked: on a terminal, without `--yes`."""
        return not self._assume_yes and self.is_attended

    def agrees(self, question: str) -> bool:
        """Ask whether to do something beyond the command.

        Args:
            question: The question, without "[y/N]".

        Returns:
            The response; True with `--yes`, and False without asking if stdin or stderr is not a terminal.
        """
        return self._assume_yes or (self.asks and self.confirm(question))

    @contextmanager
    def progress(self, title: str = "") -> Generator[Callable[[Progress], None] | None]:
        """Show the progress of one transfer until it ends.

        Args:
            title: Title of the transfer.

        Yields:
            A function for the transfer to call with its Progress; None if progress is not shown. It prints lines of JSON
            where messages are JSON.
        """
        from time import monotonic

        if self._as_json and self._level <= LEVELS["INFO"]:
            yield self._logged_progress(title, monotonic)
            return
        if not self.interactive:
            yield None
            return
        from omicsdk.cli.help import columns
        from omicsdk.cli.terminal import progress_line

        plain = not (self._stderr.encoding or "utf-8").lower().startswith("utf")
        name, last = printable(title), -_REDRAWN

        def show(state: Progress) -> None:
            nonlocal last
            if (now := monotonic()) - last >= _REDRAWN:
                last = now
                self._bar = progress_line(name, state, columns(2), plain=plain)
                self._draw(self._bar)

        try:
            yield show
        finally:
            self._bar = ""
            self._draw("")

    def _logged_progress(self, title: str, clock: Callable[[], float]) -> Callable[[Progress], None]:
        """Return a function that prints the progress of a transfer as lines of JSON, the first after an interval."""
        from time import time

        last = clock()

        def log(state: Progress) -> None:
            nonlocal last
            if (now := clock()) - last < _LOGGED:
                return
            last = now
            counted = ("files", "files_done", "files_failed", "bytes", "bytes_done", "rate", "seconds")
            fields = {name: getattr(state, name) for name in counted}
            self.raw(json_line("INFO", "omics.progress", printable(title), time(), fields))

        return log

    def step(self, text: str) -> None:
        """Show a step of work in the terminal's last line, in place of the previous one, if progress is shown.

        Args:
            text: The current step; empty removes the line.
        """
        self._draw(f"{printable(text)}..." if text else "")

    def _draw(self, text: str) -> None:
        if self.interactive and (text or self._drawn) and os.environ.get("TERM") != "dumb":
            self._stderr.write(f"\r\x1b[K{text}")
            self._stderr.flush()
            self._drawn = text

    def line(self, text: str, level: str = "INFO") -> None:
        """Print one line, even if messages of its level are not shown."""
        if not self._as_json:
            self.raw(printable(text))
            return
        from time import time

        self.raw(json_line(level, "omics", text, time()))

    def raw(self, line: str) -> None:
        """Print a complete line, such as JSON."""
        self._draw("")
        self._stderr.write(f"{line}\n")
        self._stderr.flush()
        self._draw(self._bar)  # lines are printed above the bar, if there is one

    def _say(self, level: str, text: str) -> None:
        if LEVELS[level] < self._level:
            return
        for path, name in self.called.items():
            text = text.replace(path, name)
        for line in [text] if self._as_json else text.splitlines():
            self.line(line if self._as_json else f"omics: {line}", level)


@contextmanager
def logs_shown(level: str, write: Callable[[str], None], *, as_json: bool = False) -> Generator[None]:
    """Print log records of omicsdk for a while, with secrets masked.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        write: Called with each line.
        as_json: Whether a line is a JSON object.
    """
    import logging  # not necessary for help and quick commands

    from omicsdk.core.redaction import mask_text

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                for line in [_record(record)] if as_json else mask_text(self.format(record)).splitlines():
                    write(line)
            except Exception:
                self.handleError(record)

    handler = Lines()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s" if level == "DEBUG" else "omics: %(message)s"))
    logger = logging.getLogger("omicsdk")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def _record(record: logging.LogRecord) -> str:
    """Return a log record as a JSON object, with the fields given as `extra`."""
    import logging

    ordinary = {*vars(logging.makeLogRecord({})), "message", "asctime"}
    fields = {name: value for name, value in vars(record).items() if name not in ordinary}
    if record.exc_info is not None and record.exc_info[1] is not None:
        fields["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
    return json_line(record.levelname, record.name, record.getMessage(), record.created, fields)
