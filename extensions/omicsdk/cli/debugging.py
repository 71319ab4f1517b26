"""`--debug` and `--log-level`: what the library tells, on stderr, with secrets masked."""

from __future__ import annotations

import logging
from contextlib import contextmanager

from omicsdk.cli.errors import json_line
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


class _Objects(_Lines):
    """Hands on records as JSON."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields = {name: value for name, value in vars(record).items() if name not in _ORDINARY}
            if record.exc_info is not None and record.exc_info[1] is not None:
                fields["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            self._write(json_line(record.levelname, record.name, record.getMessage(), record.created, fields))
        except Exception:
            self.handleError(record)


_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record has; the rest are fields that were given with `extra`."""


@contextmanager
def logs_shown(level: str, write: Callable[[str], None], *, as_json: bool = False) -> Generator[None]:
    """Shows our log records for a while.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        write: Is given each line.
        as_json: Whether a line is a JSON object.
    """
    handler = _Objects(write) if as_json else _Lines(write)
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
