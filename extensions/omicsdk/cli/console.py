"""Everything on stderr: messages, questions, progress and log records; stdout is for results."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

from omicsdk.cli.errors import DONE, SOME_FAILED, json_line, printable
from omicsdk.cli.options import LEVELS

_REDRAWN = 0.1
"""Seconds between two drawings of a progress line."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Generator, Iterable, Iterator
    from typing import TextIO, TypeVar

    from omicsdk.transfer import Progress

    T = TypeVar("T")


class Console:
    """Messages and questions on stderr.

    Args:
        level: The level of messages: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        assume_yes: Answer every question with yes.
        stderr: The stream of messages; by default that of the process.
        stdin: The stream of answers; by default that of the process.
        as_json: Print every message as a JSON object on one line.

    Attributes:
        called: Files that messages name otherwise, such as a temporary file that stands in for stdout.
        exit_code: Exit code of the process where nothing is raised: 0, or 3 after `some_failed`.
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
        self.exit_code = DONE
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

    def some_failed(self, text: str) -> None:
        """Print on one line that a part of a batch failed; the process ends with exit code 3."""
        self.error(printable(text))
        self.exit_code = SOME_FAILED

    def more_left(self, limit: int, what: str = "", option: str = "--limit") -> None:
        """Print that a limit left something out; the process ends with exit code 3.

        Args:
            limit: The limit.
            what: What is listed, in the plural.
            option: The option of the limit.
        """
        self.some_failed(f"there are more than {limit}{what and f' {what}'}; {option} sets how many are listed")

    def limited(self, found: Iterable[T], limit: int | None, what: str = "") -> Iterator[T]:
        """Yield the first items; `more_left` reports where there are more.

        Args:
            found: All items; one more than the limit is taken.
            limit: Most items, from 1; None for all.
            what: What they are, in the plural.
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
            The answer; True without asking when stdin or stderr is no terminal, or with `--yes`.
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
            The answer; False without asking when stdin or stderr is no terminal.
        """
        if not self.is_attended:
            return False
        self._stderr.write(f"{printable(question)} [y/N] ")
        self._stderr.flush()
        return self._stdin.readline().strip().lower() in ("y", "yes")

    def answer(self, question: str) -> str:
        """Ask for a line of text, on a terminal.

        Args:
            question: With what separates it from the answer.
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
            The answer; True with `--yes`, and False without asking when stdin or stderr is no terminal.
        """
        return self._assume_yes or (self.asks and self.confirm(question))

    @contextmanager
    def progress(self, title: str = "") -> Generator[Callable[[Progress], None] | None]:
        """Show the progress of one transfer until it ends.

        Args:
            title: What is transferred.

        Yields:
            What a transfer calls with its Progress; None where progress is not shown.
        """
        if not self.interactive:
            yield None
            return
        from time import monotonic

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

    def step(self, text: str) -> None:
        """Show a step of work in the terminal's last line, in place of the previous one, where progress is shown.

        Args:
            text: What is done now; empty removes the line.
        """
        self._draw(f"{printable(text)}..." if text else "")

    def _draw(self, text: str) -> None:
        if self.interactive and (text or self._drawn) and os.environ.get("TERM") != "dumb":
            self._stderr.write(f"\r\x1b[K{text}")
            self._stderr.flush()
            self._drawn = text

    def line(self, text: str, level: str = "INFO") -> None:
        """Print one line, even where messages of its level are not shown."""
        if not self._as_json:
            self.raw(printable(text))
            return
        from time import time

        self.raw(json_line(level, "omics", text, time()))

    def raw(self, line: str) -> None:
        """Print a line that is complete, such as JSON."""
        self._draw("")
        self._stderr.write(f"{line}\n")
        self._stderr.flush()
        self._draw(self._bar)  # lines go above the bar as long as there is one

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
    import logging  # help and quick commands do without

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
    """A log record as a JSON object, with the fields that were given as `extra`."""
    import logging

    ordinary = {*vars(logging.makeLogRecord({})), "message", "asctime"}
    fields = {name: value for name, value in vars(record).items() if name not in ordinary}
    if record.exc_info is not None and record.exc_info[1] is not None:
        fields["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
    return json_line(record.levelname, record.name, record.getMessage(), record.created, fields)
