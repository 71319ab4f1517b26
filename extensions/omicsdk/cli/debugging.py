"""`--debug` and `--log-level`: what the library tells, on stderr, with secrets masked."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager

from omicsdk.core.redaction import mask_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class _Lines(logging.Handler):
    """Hands on records as lines without secrets, whoever wrote them."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        try:
            for line in mask_text(self.format(record)).splitlines():
                self._write(line)
        except Exception:
            self.handleError(record)


@contextmanager
def logs_shown(level: str, write: Callable[[str], None]) -> Generator[None]:
    """Shows our log records for a while.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        write: Is given each line.
    """
    handler = _Lines(write)
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


def print_traceback(error: BaseException) -> None:
    """Prints where an error came from, with secrets masked."""
    import traceback

    sys.stderr.write(mask_text("".join(traceback.format_exception(error))))
