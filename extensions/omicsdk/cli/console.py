"""Everything on stderr: messages, questions and progress; stdout is for results."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

from omicsdk.cli.errors import DONE, SOME_FAILED, json_line, printable
from omicsdk.cli.options import LEVELS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from typing import Protocol, TextIO, TypeVar

    T = TypeVar("T")

    class TransferProgress(Protocol):
        """How far a transfer is; what `omicsdk.transfer.Progress` has."""

        @property
        def files(self) -> int | None: ...
        @property
        def files_done(self) -> int: ...
        @property
        def files_failed(self) -> int: ...
        @property
        def bytes(self) -> int: ...
        @property
        def bytes_done(self) -> int: ...
        @property
        def unsized(self) -> int: ...
        @property
        def retries(self) -> int: ...
        @property
        def phase(self) -> str: ...

    from collections.abc import Mapping


# Columns of a progress line: bytes, rate, time and files, and the same without the time.
_NUMBERS, _FEW_NUMBERS = 54, 38
_LEAST_BAR, _LONGEST_BAR = 10, 40
_LEAST_TITLE = 8


class Console:
    """The way to the person (or log file) behind stderr.

    Args:
        level: What is told: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        assume_yes: Answer every question with yes.
        stderr: Where to; by default the process' stderr.
        stdin: Where answers come from; by default the process' stdin.
        as_json: Tell everything as JSON, an object a line.

    Attributes:
        exit_code: What the process ends with when nothing is raised: 0, or 3 after `some_failed`.
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
        self._print: Callable[[str], None] = self._write
        #: Files that messages call something else.
        self.called = dict[str, str]()
        self.exit_code = DONE
        self._has_step = False

    @property
    def interactive(self) -> bool:
        """Whether a person watches: stderr is a terminal and the level is INFO or lower."""
        return self._level <= LEVELS["INFO"] and not self._as_json and self._stderr.isatty()

    def message(self, text: str) -> None:
        """Tells what happens; shown up to level INFO."""
        self._say("INFO", text)

    def warning(self, text: str) -> None:
        """Tells what may surprise; shown up to level WARNING."""
        self._say("WARNING", text)

    def error(self, text: str) -> None:
        """Tells what went wrong without ending the command; shown up to level ERROR."""
        self._say("ERROR", text)

    def some_failed(self, text: str) -> None:
        """Tells that a part of a batch failed, in one line whatever names it holds: the process will end with 3."""
        self.error(printable(text))
        self.exit_code = SOME_FAILED

    def more_left(self, limit: int, what: str = "") -> None:
        """Tells that a limit has left something out: the process will end with 3.

        Args:
            limit: The limit.
            what: What was limited, in the plural.
        """
        self.some_failed(f"there are more than {limit}{what and f' {what}'}; --limit says how many are wanted")

    def limited(self, found: Iterable[T], limit: int | None, what: str = "") -> Iterator[T]:
        """The first of what is found; tells where there is more, as `more_left` does.

        Args:
            found: Everything; one more than the limit is taken of it.
            limit: How many at most, 1 or more; None for all.
            what: What they are, in the plural.
        """
        for number, each in enumerate(found):
            if number == limit:
                self.more_left(number, what)
                return
            yield each

    def confirm(self, question: str) -> bool:
        """Asks a yes-or-no question when somebody is there to answer it.

        Args:
            question: Without the question mark's "[y/N]".

        Returns:
            The answer; True without asking when stdin or stderr is no terminal, or with `--yes`.
        """
        return not self.asks or self.insists(question)

    @property
    def is_attended(self) -> bool:
        """Whether stdin and stderr are a terminal."""
        return self._stdin.isatty() and self._stderr.isatty()

    def insists(self, question: str) -> bool:
        """Asks a yes-or-no question that `--yes` doesn't answer.

        Args:
            question: Without the question mark's "[y/N]".

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
        """Whether questions are asked: somebody is there, and `--yes` doesn't answer for them."""
        return not self._assume_yes and self.is_attended

    def agrees(self, question: str) -> bool:
        """Asks whether something shall be done that nobody asked for.

        Args:
            question: Without the question mark's "[y/N]".

        Returns:
            The answer; True with `--yes`, and False without asking when nobody is there.
        """
        return self._assume_yes or (self.asks and self.confirm(question))

    @contextmanager
    def progress(self, title: str = "") -> Generator[Callable[[TransferProgress], None] | None]:
        """A bar for one transfer, gone at its end.

        Args:
            title: What is transferred.

        Yields:
            What a transfer calls with its Progress; None when nobody watches.
        """
        if not self.interactive:
            yield None
            return
        from rich.console import Console as RichConsole
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            ProgressColumn,
            Task,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.table import Column
        from rich.text import Text

        from omicsdk.transfer.reports.words import size_words

        class Rate(ProgressColumn):
            """Bytes a second, in the units of sizes."""

            def render(self, task: Task) -> Text:
                speed = task.finished_speed or task.speed
                return Text("?" if speed is None else f"{size_words(speed)}/s", style="progress.data.speed")

        terminal = RichConsole(file=self._stderr, force_terminal=is_forced(os.environ))
        name, bar_width, everything = _fitted(printable(title), terminal.width)
        line = Column(no_wrap=True)
        columns: list[ProgressColumn] = [
            TextColumn("{task.description}", markup=False, table_column=line),
            DownloadColumn(binary_units=True, table_column=line),
            Rate(table_column=line),
            TextColumn("{task.fields[files]}", markup=False, table_column=line),
        ]
        if everything:
            columns.insert(1, BarColumn(bar_width=bar_width, table_column=line))
            columns.insert(4, TimeRemainingColumn(table_column=line))
        with Progress(*columns, console=terminal, transient=True) as bars:
            bar = bars.add_task(name, total=None, files="")

            def show(state: TransferProgress) -> None:
                known = state.files is not None and not state.unsized
                bars.update(
                    bar,
                    total=(state.bytes or None) if known else None,
                    completed=state.bytes_done,
                    files=_files_words(state),
                )

            # Lines go above the bar as long as there is one.
            self._print = lambda line: bars.console.print(Text(line), soft_wrap=True)
            try:
                yield show
            finally:
                self._print = self._write

    def step(self, text: str) -> None:
        """Show a step of work in the terminal's last line, in place of the one before; nothing when nobody watches.

        Args:
            text: What is done now; empty removes the line.
        """
        if self.interactive and (text or self._has_step):
            self._stderr.write(f"\r\x1b[K{printable(text)}{'...' if text else ''}")
            self._stderr.flush()
        self._has_step = bool(text)

    def line(self, text: str) -> None:
        """Writes one line as it is, whatever the level."""
        if self._as_json:
            self._object("INFO", text)
        else:
            self._print(printable(text))

    def raw(self, line: str) -> None:
        """Writes a line that was made for stderr, such as JSON."""
        self._print(line)

    def _say(self, level: str, text: str) -> None:
        if LEVELS[level] < self._level:
            return
        for path, name in self.called.items():
            text = text.replace(path, name)
        if self._as_json:
            self._object(level, text)
            return
        for line in text.splitlines():
            self.line(f"omics: {line}")

    def _object(self, level: str, text: str) -> None:
        from time import time

        self._print(json_line(level, "omics", text, time()))

    def _write(self, line: str) -> None:
        self.step("")
        self._stderr.write(f"{line}\n")
        self._stderr.flush()


def _fitted(title: str, width: int) -> tuple[str, int, bool]:
    """Fits a progress line into the terminal: the bar gives way first, then the title, then the bar and the time."""
    room = width - _NUMBERS - _LEAST_BAR
    if room >= _LEAST_TITLE:
        shown = title if len(title) <= room else f"{title[: room - 1]}…"
        return shown, min(_LONGEST_BAR, width - _NUMBERS - len(shown)), True
    room = max(1, width - _FEW_NUMBERS)
    return (title if len(title) <= room else f"{title[: room - 1]}…"), 0, False


def _files_words(state: TransferProgress) -> str:
    """What stands beside the bar: files, and whatever isn't as usual."""
    count = f"{state.files_done}" if state.files is None else f"{state.files_done}/{state.files}"
    told = [f"{count} files"]
    if state.files_failed:
        told.append(f"{state.files_failed} failed")
    if state.retries:
        told.append(f"{state.retries} retries")
    if state.phase not in ("moving", "over"):
        told.append(state.phase)
    return ", ".join(told)


def is_forced(environ: Mapping[str, str]) -> bool | None:
    """What rich is told of a stream: True is a terminal whatever it is, None leaves it to look.

    NO_COLOR, TERM=dumb and FORCE_COLOR are rich's own; CLICOLOR_FORCE means the same as the last (bixense.com/clicolors).

    Args:
        environ: The environment's variables.
    """
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return None
    return True if environ.get("CLICOLOR_FORCE", "0") not in ("", "0") else None
