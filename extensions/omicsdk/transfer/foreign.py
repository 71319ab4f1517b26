"""Errors of functions and libraries that aren't ours, told without the secrets that their texts may hold."""

from __future__ import annotations

from logging import DEBUG, getLogger
from traceback import format_exception

from omicsdk.core.redaction import mask_text

_log = getLogger("omicsdk.transfer")


def foreign_words(name: str, error: BaseException) -> str:
    """Gives an error in words, and logs where it comes from at DEBUG; URLs in both have no query.

    Args:
        name: The file that it is about.
        error: What was raised.
    """
    if _log.isEnabledFor(DEBUG):
        _log.debug("%s: %s", name, mask_text("".join(format_exception(error))))
    return mask_text(repr(error))
