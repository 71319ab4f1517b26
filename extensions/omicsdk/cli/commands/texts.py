"""Texts that a command line gives."""

from __future__ import annotations

from omicsdk.core.errors import UsageError


def not_empty(text: str) -> str:
    """Takes what names something.

    Args:
        text: What was typed, or stands in the configuration.

    Returns:
        The text.

    Raises:
        UsageError: It is empty.
    """
    if not text.strip():
        raise UsageError("it is empty", remedy="Give one; a variable of the shell that isn't set leaves nothing.")
    return text
