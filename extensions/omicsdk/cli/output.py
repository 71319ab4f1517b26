"""What a command of omics prints: its result on stdout; messages, questions, progress and log records on stderr."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, contextmanager

from omicsdk.cli.arguments import LEVELS
from omicsdk.cli.errors import SUCCEEDED, is_denied, printable
from omicsdk.cli.failures import emit, json_line, outcome_code
from omicsdk.cli.github import annotation, is_workflow, workflow_command
from omicsdk.cli.listing import Lines, Listing, Rows, SizedTable, TitledTable, with_sizes
from omicsdk.cli.messages import Messages, logs_shown
from omicsdk.cli.printing import Printer
from omicsdk.cli.rows import items_of, text_of
from omicsdk.core.errors import UsageError
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.logs import logger
from omicsdk.core.rows import check_columns, columns_of, member
from omicsdk.core.type_guards import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from typing import Any, TextIO, TypeVar

    from omicsdk.cli.commands.metrics import Metrics
    from omicsdk.cli.printing import Writer
    from omicsdk.transfer import Progress, TransferReport

    T = TypeVar("T")

# Seconds between two updates of the progress line.
_REDRAWN = 0.1
# Characters of a title in a line of progress: it has the names of all sources.
_LONGEST_TITLE = 80
# The members of Progress in a line of JSON.
_PROGRESS_FIELDS = (
    *("files", "files_done", "files_failed", "bytes", "bytes_done", "bytes_fetched", "rate", "remaining", "seconds"),
    *("retries", "connections", "phase"),
)


class Output(Printer):
    """Prints the result of a command on stdout: selected, sorted; documented lines and lists too.

    Args:
        form: json, jsonl, table or tsv; None is a table on a terminal and JSON elsewhere.
        query: JMESPath expression that is applied to the result first.
        stdout: A text stream; its `buffer` takes bytes.
        columns: Members of each item to print, separated by commas.
        sort: Member to sort by; `:desc` after it sorts in descending order.

    Attributes:
        has_sizes: Whether members that are named as sizes are numbers of bytes, which tables then show as such.

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
        super().__init__(form, stdout, columns=columns)
        self.query = query
        self._sort = sort
        self._search = _compiled(query) if query is not None else None
        self.needs_all = query is not None or sort is not None
        self.has_sizes = True

    def result(self, value: Any, items: list[Any] | None = None, declared: Sequence[str] = ()) -> None:
        """Print a whole result; nothing for None.

        Args:
            value: JSON data, a TextAndData, or Rows.
            items: Its items, if they are known; by default those of a list, or the value alone.
            declared: Columns of its table, the one that matters most first.

        Raises:
            UsageError: A column of --columns or --sort is missing.
        """
        if isinstance(value, Rows):
            self._listing(value, declared)
            return
        if isinstance(value, TextAndData):
            is_wanted = self._stdout.isatty() or not value.terminal_only
            is_plain = self.chosen is None and self.query is None and not (self.columns or self._sort)
            if is_wanted and is_plain:
                self._text(value.text)
                return
            shows_all = value.brief is None or not is_plain
            if value.streamed is not None and shows_all and self.form != "table" and not self.needs_all:
                from omicsdk.cli.paged import print_rows

                page, rows = value.streamed
                print_rows(rows, self.writer(declared, page), self.flush)
                return
            data = value.data if shows_all else value.brief
            key, value = value.items, data() if callable(data) else data
            if key is not None and is_object(value):
                from omicsdk.core.page_items import list_at

                items = list_at(value, key)
        if self._search is not None:
            value, items = self._search(value), None
        if self._sort is not None and value is not None:
            rows = in_order(items_of(value, items), self._sort)
            value, items = value if is_object(value) and rows == [value] else rows, None
        super().result(value, items, declared)

    def chunks(self, chunks: Iterable[bytes]) -> None:
        """Print bytes unchanged; on a terminal, end with a line break.

        Raises:
            UsageError: They are not text and stdout is a terminal, or a query is given.
        """
        if self.query is not None:
            raise UsageError("--query selects from JSON, but this command prints unchanged bytes")
        super().chunks(chunks)

    def tables(self, value: Any, declared: Sequence[str], *, besides: list[Any] | None = None) -> None:
        """Print facts and tables, with numbers of bytes as sizes; arguments as for `Printer.tables`."""
        super().tables(with_sizes(value) if self.has_sizes else value, declared, besides=besides)

    def _table_writer(self, declared: Sequence[str]) -> Writer:
        table = super()._table_writer(declared)
        if not self.columns:
            from omicsdk.cli.help import columns

            table = TitledTable(table, declared, columns())
        return SizedTable(table) if self.has_sizes else table

    def _listing(self, value: Rows, declared: Sequence[str]) -> None:
        """Print the rows of a list as they arrive; sorted ones, and those of a query, at its end."""
        from omicsdk.cli.paged import print_rows

        is_plain = self.chosen is None and self.query is None and not (self.columns or self._sort)
        # A query or an order of the whole list is only known at its end.
        if self.needs_all:
            self.result(list(value.rows(None)), declared=declared)
        elif is_plain and value.lines is not None:
            print_rows(value.lines(), Lines(self._text), self.flush)
        elif is_plain and value.cells is not None and self._stdout.isatty():
            print_rows(value.rows(value.line_columns), Listing(self._line, value.cells, value.last), self.flush)
        else:
            print_rows(value.rows(self.columns or None), self.writer(declared), self.flush)

    def _text(self, text: str) -> None:
        """Print documented lines; tabs stay, other control characters are escaped on a terminal."""
        for line in text.split("\n") if text else ():
            self._line("\t".join(map(printable, line.split("\t"))) if self._stdout.isatty() else line)


def _compiled(expression: str) -> Callable[[Any], Any]:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(expression)
    except JMESPathError as error:
        reason = str(error).splitlines()[0].rstrip(":")
        raise UsageError(f"--query: {expression!r} is not a JMESPath expression: {reason}") from error

    is_reported = False

    def search(value: Any) -> Any:
        nonlocal is_reported
        try:
            selected = compiled.search(value)
            # A misspelled name selects nothing, and jmespath raises no error for it.
            if selected is None and value is not None and not is_reported:
                is_reported = True  # once, of many pages
                logger("omicsdk.cli").warning("--query %s selects nothing of the result", expression)
            return selected
        except JMESPathError as error:
            raise UsageError(f"--query: {expression!r} cannot be applied to the result: {error}") from error

    return search


def in_order(rows: list[Any], by: str) -> list[Any]:
    """Return rows sorted by a member: numbers before text, rows without it last.

    Args:
        rows: JSON values.
        by: The member, or a dotted path; `:desc` after it sorts in descending order.

    Raises:
        UsageError: No row has the member.
    """
    name, reverse = by.removesuffix(":desc"), by.endswith(":desc")
    if rows:
        check_columns([name], columns_of(rows), "--sort")

    def has_value(row: Any) -> bool:
        value = member(row, name)
        return value is not None and value == value  # NaN is printed as null, too

    def rank(row: Any) -> tuple[int, float, str]:
        value = member(row, name)
        # Python compares no number with a text, and rows of a service may have either.
        return (0, value, "") if isinstance(value, int | float) else (1, 0, text_of(value))

    with_value = filter(has_value, rows)
    return [*sorted(with_value, key=rank, reverse=reverse), *(row for row in rows if not has_value(row))]


class TextAndData(NamedTuple):
    """A result printed as documented lines unless `--output` or `--query` requests data.

    Attributes:
        text: The lines, without a line break at the end; "" prints nothing.
        data: The same as JSON data, or a function that makes it, which is called at most once.
        terminal_only: Whether the lines are for a terminal only, and the data is printed elsewhere.
        brief: Printed in place of the data without an output format and a query; None for the data.
        items: Key of the list in the data whose items `--output jsonl` and `tsv` print as lines; None for the data.
        streamed: What makes the data of that list, and the list's items, which are read while they are printed; None if
            the data is made as a whole. Either is used, once.
    """

    text: str
    data: object | Callable[[], object]
    terminal_only: bool = False
    brief: object = None
    items: str | None = None
    streamed: tuple[Callable[[list[Any]], object], Iterable[Any]] | None = None

    @classmethod
    def of_files(
        cls, text: str, facts: Mapping[str, Any], files: Iterable[Any], *, brief: object = None, **more: Any
    ) -> TextAndData:
        """Return facts with a list of files, which is made once: as a whole, or a row after the other.

        Args:
            text: The lines for a terminal.
            facts: Members before the list.
            files: The list, which is read once.
            brief: As the attribute.
            **more: Members after the list.
        """

        def data(rows: list[Any]) -> dict[str, Any]:
            return {**facts, "files": rows, **more}

        return cls(text, lambda: data(list(files)), True, brief, "files", (data, files))


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


class Console(Messages):
    """Messages, questions and progress on stderr.

    Args:
        level: The level of messages: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        assume_yes: Answer every question with yes.
        stderr: The stream of messages; by default that of the process.
        stdin: The stream of responses; by default that of the process.
        as_json: Print every message as a JSON object on one line.

    Attributes:
        called: Names of files in messages, such as stdout for a temporary file.
        is_partial: Whether something was left for another run, or for a larger limit.
        report: The result of the command's transfer; None before it ends, and for other commands.
    """

    is_partial = False
    report: TransferReport | None = None
    _failed = _total = _denied = 0
    _drawn = _bar = ""

    def __init__(
        self,
        level: str = "INFO",
        *,
        assume_yes: bool = False,
        stderr: TextIO | None = None,
        stdin: TextIO | None = None,
        as_json: bool = False,
    ) -> None:
        super().__init__("omics", level, assume_yes=assume_yes, stderr=stderr, stdin=stdin)
        self._as_json = as_json
        self._annotates = is_workflow() and not as_json
        self.called = dict[str, str]()

    @property
    def interactive(self) -> bool:
        """Whether progress is shown: stderr is a terminal and the level is INFO or lower."""
        return self._level <= LEVELS["INFO"] and not self._as_json and self._stderr.isatty()

    @property
    def exit_code(self) -> int:
        """Exit code of the process if nothing is raised: what was set, else what the outcomes of all items decide."""
        if self._exit_code is None and (self._failed or self.is_partial):
            return outcome_code(self._failed, self._total, self._denied, is_partial=self.is_partial)
        return self._exit_code or SUCCEEDED

    @exit_code.setter
    def exit_code(self, code: int) -> None:  # a property is replaced as a whole
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

    def limited(self, items: Iterable[T], limit: int | None, what: str = "") -> Iterator[T]:
        """Yield the first items; report further ones with `more_left`.

        Args:
            items: All items; one more than the limit is consumed.
            limit: Maximum number of items, from 1; None for all.
            what: Noun for the items, in the plural.
        """
        # One item more than the limit is requested, which alone shows that there are more.
        for number, item in enumerate(items):
            if number == limit:
                self.more_left(number, what)
                return
            yield item

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
    def progress(
        self,
        title: str = "",
        *,
        every: float | None = None,
        is_shown: bool = True,
        metrics: Metrics | None = None,
        is_grouped: bool = True,
    ) -> Generator[Callable[[Progress], None]]:
        """Report the progress of one transfer until it ends: a bar on a terminal, else lines, as JSON where messages are.

        Args:
            title: Title of the transfer.
            every: Seconds between two lines, also on a terminal; 0 for none. None is the default, with a bar on a terminal.
            is_shown: Whether it is shown up to the level INFO; SIGUSR1 always prints a line.
            metrics: Updated as often.
            is_grouped: Whether its messages are a group in the log of a GitHub workflow.

        Yields:
            A function for the transfer to call with its Progress.
        """
        from omicsdk.cli.progress import EVERY_SECONDS, ProgressReports
        from omicsdk.core.redaction import mask_text

        def name() -> str:  # called when it is printed: masking compiles a dozen patterns, 1 ms
            return printable(mask_text(title))  # a source may be a signed URL

        is_shown = is_shown and self._level <= LEVELS["INFO"]
        draw = self._bar_drawer(name()) if is_shown and self.interactive and every is None else None

        def report(state: Progress, is_requested: bool) -> None:
            if is_requested or (is_shown and draw is None):
                self._print_progress(name(), state)
            if metrics is not None:
                metrics.update(state)

        interval = EVERY_SECONDS if every is None else every
        reports = ProgressReports(interval if (is_shown and draw is None) or metrics is not None else 0, report)

        def show(state: Progress) -> None:
            reports(state)
            if draw is not None:
                draw(state)

        is_grouped = is_grouped and is_shown and self._annotates
        if is_grouped:
            self.raw(workflow_command("group", name()))
        try:
            with reports.running():
                yield show
        finally:
            if metrics is not None:
                # `running` has joined its thread by now, which updates the metrics, too.
                metrics.state = reports.total()
            if draw is not None:
                # First: `raw` draws the bar again below each line as long as it is set.
                self._bar = ""
                self._draw("")
            if is_grouped:
                self.raw(workflow_command("endgroup"))

    def _bar_drawer(self, title: str) -> Callable[[Progress], None]:
        """Return a function that draws the bar of a transfer."""
        from time import monotonic

        from omicsdk.cli.help import columns
        from omicsdk.cli.progress import progress_line

        plain = not (self._stderr.encoding or "utf-8").lower().startswith("utf")
        # So that the first call draws.
        last = -_REDRAWN

        def draw(state: Progress) -> None:
            nonlocal last
            if (now := monotonic()) - last >= _REDRAWN:
                last = now
                self._bar = progress_line(title, state, columns(2), plain=plain)
                self._draw(self._bar)

        return draw

    def _print_progress(self, title: str, state: Progress) -> None:
        """Print the progress of a transfer as a line."""
        title = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 3]}..."
        if not self._as_json:
            from omicsdk.transfer.reports.progress import progress_words

            self.line(f"{self._name}: {title}: {progress_words(state)}")
            return
        from time import time

        values = {name: getattr(state, name) for name in _PROGRESS_FIELDS}
        fields = {name: round(value, 3) if isinstance(value, float) else value for name, value in values.items()}
        self.raw(json_line("INFO", "omics.progress", title, time(), fields))

    def step(self, text: str) -> None:
        """Show a step of work in the terminal's last line, in place of the previous one, if progress is shown.

        Args:
            text: The current step; empty removes the line.
        """
        self._draw(f"{printable(text)}..." if text else "")

    def _draw(self, text: str) -> None:
        # A terminal of the kind `dumb` has no control sequences (terminfo).
        if self.interactive and (text or self._drawn) and os.environ.get("TERM") != "dumb":
            # To the beginning of the line, and erase it to the end (ECMA-48: EL).
            self._stderr.write(f"\r\x1b[K{text}")
            self._stderr.flush()
            self._drawn = text

    def raw(self, line: str) -> None:
        """Print a complete line, such as JSON."""
        self._draw("")
        emit(self._stderr, f"{line}\n")
        self._draw(self._bar)  # lines are printed above the bar, if there is one

    def line(self, text: str, level: str = "INFO") -> None:
        """Print one line, even if messages of its level are not shown."""
        if not self._as_json:
            super().line(text, level)
            return
        from time import time

        self.raw(json_line(level, "omics", text, time()))

    def _print(self, level: str, text: str) -> None:
        for path, name in self.called.items():
            text = text.replace(path, name)
        if self._annotates and LEVELS[level] >= max(self._level, LEVELS["WARNING"]):
            self.raw(annotation(level, text))
        elif not self._as_json:
            super()._print(level, text)
        elif LEVELS[level] >= self._level:
            self.line(text, level)

    def logs(self, level: str) -> AbstractContextManager[None]:
        """Print log records for a while, with secrets masked."""
        if self._as_json:
            return logs_shown(level, self.raw, "", json_record)
        return logs_shown(level, self.raw, "", _annotated) if self._annotates else super().logs(level)


def _annotated(record: logging.LogRecord) -> str:
    """Return a log record as a line, of warnings and errors as an annotation of the workflow's run."""
    import logging

    from omicsdk.core.redaction import mask_text

    text = mask_text(logging.Formatter().format(record))
    if record.levelno >= LEVELS["WARNING"]:
        return annotation(record.levelname, text)
    return "\n".join(f"omics: {printable(line)}" for line in text.splitlines())


def json_record(record: logging.LogRecord) -> str:
    """Return a log record as a JSON object, with the fields given as `extra`."""
    import logging

    # The attributes of every record; others come from `extra`.
    ordinary = {*vars(logging.makeLogRecord({})), "message", "asctime"}
    fields = {name: value for name, value in vars(record).items() if name not in ordinary}
    if record.exc_info is not None and record.exc_info[1] is not None:
        fields["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
    return json_line(record.levelname, record.name, record.getMessage(), record.created, fields)
