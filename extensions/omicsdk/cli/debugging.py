"""`--debug` and `--log-level`: what the library tells, on stderr, with secrets masked."""

from __future__ import annotations

import logging
import sys

from omicsdk.core.redaction import mask_text


class _Masked(logging.Formatter):
    """Lines without secrets, whoever wrote them."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))


def show_logs(level: str) -> None:
    """Sends our log records to stderr.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked("%(name)s: %(message)s" if level == "DEBUG" else "omics: %(message)s"))
    logger = logging.getLogger("omicsdk")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def print_traceback(error: BaseException) -> None:
    """Prints where an error came from, with secrets masked."""
    import traceback

    sys.stderr.write(mask_text("".join(traceback.format_exception(error))))
