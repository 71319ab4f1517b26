"""Dates and times that were given as text."""

from __future__ import annotations

import re
from datetime import date, datetime

from omicsdk.core.errors import MissingExtra, OmicsError, UsageError
from omicsdk.crunch.errors import crunch_error


def as_datetime(value: datetime | str, format: str = "") -> datetime:
    """A moment that may have been given as text.

    Args:
        value: It, or how it is written.
        format: How it is written, as `datetime.strptime` has it; by default ISO 8601 (`2020-01-02T03:04:05Z`), and with
            python-dateutil (extra `crunch`) whatever that understands.

    Raises:
        CrunchAPIException: The text isn't a date, or python-dateutil is missing (a UsageError).
    """
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
        raise _unusable(f"{value!r} ({type(value).__name__}) isn't a date and time")
    return _read(value, format)


def as_date(value: date | str, format: str = "") -> date:
    """A day that may have been given as text, or as a moment, which is cut to its day.

    Args: as those of `as_datetime`.

    Raises:
        CrunchAPIException: The text isn't a date, or python-dateutil is missing (a UsageError).
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
        raise _unusable(f"{value!r} ({type(value).__name__}) isn't a date")
    return _read(value, format).date()


# Directives of strptime that give a day of a month, and those that give a year.
_DAY = re.compile(r"(?<!%)(?:%%)*%[dj]")
_YEAR = re.compile(r"(?<!%)(?:%%)*%[YyGcx]")


def _read(text: str, format: str) -> datetime:
    if _DAY.search(format) and not _YEAR.search(format):  # 1900 would be taken, and Python deprecates that from 3.14 on
        raise _unusable(f"{text!r} isn't a date of the format {format!r} (the format has no year)")
    if format:
        try:
            return datetime.strptime(text, format)
        except ValueError as error:
            raise _unusable(f"{text!r} isn't a date of the format {format!r} ({error})") from error
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return _read_freely(text)


def _read_freely(text: str) -> datetime:
    try:
        from dateutil import parser
    except ImportError as error:
        raise crunch_error(
            MissingExtra("crunch", f"the date {text!r}, which isn't ISO 8601", module="dateutil")
        ) from error
    try:
        return parser.parse(text)
    except (ValueError, OverflowError) as error:
        raise _unusable(f"{text!r} isn't a date") from error


def _unusable(message: str) -> OmicsError:
    return crunch_error(
        UsageError(message, remedy="Write it as 2020-01-02T03:04:05, or say how it is written with format.")
    )
