"""What a command prints on stderr: messages, questions and log records."""

from __future__ import annotations

import sys

from omicsdk.cli.arguments import LEVELS
from omicsdk.cli.errors import SUCCEEDED, printable
from omicsdk.core.logs import when_needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from contextlib import AbstractContextManager, ExitStack
    from typing import TextIO


class Messages:
    """Messages and questions on stderr.

    Args:
        name: The program, which messages begin with.
        level: The level of messages: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        assume_yes: Answer every question with yes.
        stderr: The stream of messages; by default that of the process.
        stdin: The stream of responses; by default that of the process.
    """

    def __init__(
        self,
        name: str,
        level: str = "INFO",
        *,
        assume_yes: bool = False,
        stderr: TextIO | None = None,
        stdin: TextIO | None = None,
    ) -> None:
        self._name = name
        self._level = LEVELS[level]
        self._assume_yes = assume_yes
        self._stderr = sys.stderr if stderr is None else stderr
        self._stdin = sys.stdin if stdin is None else stdin
        self._exit_code: int | None = None

    @property
    def exit_code(self) -> int:
        """Exit code of the process if nothing is raised."""
        return self._exit_code or SUCCEEDED

    @exit_code.setter
    def exit_code(self, code: int) -> None:
        self._exit_code = code

    def message(self, text: str) -> None:
        """Print a message of level INFO."""
        self._print("INFO", text)

    def warning(self, text: str) -> None:
        """Print a warning."""
        self._print("WARNING", text)

    def error(self, text: str) -> None:
        """Print an error that does not end the command."""
        self._print("ERROR", text)

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question on a terminal.

        Args:
            question: The question, without "[y/N]".

        Returns:
            The response; True without asking if stdin or stderr is not a terminal, or with `--yes`.
        """
        return self._assume_yes or not self.is_attended or self.insists(question)

    @property
    def is_attended(self) -> bool:
        """Whether stdin and stderr are a terminal."""
        # stdout does not count: questions are on stderr, and the result may go to a file.
        return self._stdin.isatty() and self._stderr.isatty()

    @property
    def is_quiet(self) -> bool:
        """Whether only errors are printed."""
        return self._level >= LEVELS["ERROR"]

    def insists(self, question: str) -> bool:
        """Ask a yes-or-no question that `--yes` does not respond.

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

    def line(self, text: str, level: str = "INFO") -> None:
        """Print one line, even if messages of its level are not shown."""
        del level
        self.raw(printable(text))

    def raw(self, line: str) -> None:
        """Print a complete line, such as JSON."""
        self._stderr.write(f"{line}\n")
        self._stderr.flush()

    def _print(self, level: str, text: str) -> None:
        if LEVELS[level] < self._level:
            return
        for line in text.splitlines():
            self.line(f"{self._name}: {line}", level)

    def logs(self, level: str) -> AbstractContextManager[None]:
        """Print log records for a while, as lines; arguments and the result are those of `logs_shown`."""
        prefix = "%(name)s" if level == "DEBUG" else self._name
        return logs_shown(level, self.line, f"{prefix}: %(message)s")


def logs_shown(
    level: str, write: Callable[[str], None], form: str, whole: Callable[[logging.LogRecord], str] | None = None
) -> AbstractContextManager[None]:
    """Print log records of omicsdk for a while, with secrets masked.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        write: Called with each line.
        form: The form of a line, as for logging.Formatter.
        whole: Returns a record as one line, in place of that form.
    """

    def begin(ended: ExitStack) -> None:
        import logging

        from omicsdk.core.redaction import mask_text

        class Lines(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                try:
                    for line in mask_text(self.format(record)).splitlines() if whole is None else [whole(record)]:
                        write(line)
                # As logging's handlers do: a record that cannot be formatted does not end the command.
                except Exception:
                    self.handleError(record)

        handler = Lines()
        handler.setFormatter(logging.Formatter(form))
        logger = logging.getLogger("omicsdk")
        ended.callback(logger.setLevel, logger.level)
        ended.callback(logger.removeHandler, handler)
        logger.addHandler(handler)
        logger.setLevel(level)

    return when_needed(LEVELS[level], begin)
