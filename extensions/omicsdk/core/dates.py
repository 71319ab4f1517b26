"""Dates and times of RFC 3339 as Python objects that keep the text they were read from.

Python's datetime has microseconds and no leap second, and treats an offset of `Z` as `+00:00`. A value that was read
from a service is sent back as its original text, so that nothing is lost.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Any, Literal, Self

from omicsdk.core.date_texts import written
from omicsdk.core.model import Shape, otherwise_typed


class Date(date):
    """A date that may keep the text that it was read from."""

    __slots__ = ("_text",)

    _text: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a date such as `2024-01-02`; return None if the text is not a date.

        Args:
            text: The text, which is kept.
        """
        if not _pattern("date").fullmatch(text):
            return None
        try:
            parsed = cls.fromisoformat(text)
        except ValueError:
            return None
        parsed._text = text
        return parsed

    @property
    def text(self) -> str:
        """The original text; for a computed date, ISO 8601."""
        return getattr(self, "_text", "") or self.isoformat()

    def __reduce_ex__(self, protocol: Any, /) -> Any:
        return _again(self) or super().__reduce_ex__(protocol)


class DateTime(datetime):
    """A moment that may keep the text that it was read from.

    The moment is exact to the microsecond, and a leap second (`23:59:60`) becomes the second after it; `text` has the
    full precision. Results of computations (`replace`, `astimezone`, `+`) have no such text.
    """

    __slots__ = ("_text",)

    _text: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a date and time of RFC 3339, such as `2024-01-02T03:04:05.123456789Z`; return None if the text is
        neither.

        A space in place of the `T`, and a missing offset, are accepted, though not by strict clients: such a datetime
        is naive.

        Args:
            text: The text, which is kept.
        """
        match = _pattern("date-time").fullmatch(text)
        if match is None:
            return None
        *numbers, fraction, zone = match.groups()
        year, month, day, hour, minute, second = map(int, numbers)
        # Digits beyond microseconds are in the text alone.
        microsecond = int((fraction or "")[:6].ljust(6, "0"))
        try:
            # datetime has no second 60: a leap second becomes the first second of the next minute.
            parsed = cls(year, month, day, hour, minute, min(second, 59), microsecond, _zone(zone))
            if second == 60:
                moment = parsed - (parsed.utcoffset() or timedelta())
                if (moment.hour, moment.minute) != (23, 59):
                    return None  # leap seconds are those before midnight of UTC
                parsed += timedelta(seconds=1)
        except (ValueError, OverflowError):
            return None
        parsed._text = text
        return parsed

    @property
    def text(self) -> str:
        """The original text; for a computed moment, RFC 3339.

        Raises:
            UsageError: It was computed, and has no time zone.
        """
        return getattr(self, "_text", "") or written(self)

    def __reduce_ex__(self, protocol: Any, /) -> Any:
        return _again(self) or super().__reduce_ex__(protocol)


def is_date(value: Any) -> bool:
    """Whether a JSON value is a `full-date` of RFC 3339."""
    return isinstance(value, str) and Date.read(value) is not None


def is_date_time(value: Any) -> bool:
    """Whether a JSON value is a `date-time` of RFC 3339, with its `T` and its offset."""
    return (
        isinstance(value, str)
        and value[10:11] in ("T", "t")
        and (moment := DateTime.read(value)) is not None
        and moment.tzinfo is not None
    )


@cache
def _pattern(form: str) -> re.Pattern[str]:
    # [0-9] and not \d, which matches the digits of all scripts.
    day = "([0-9]{4})-([0-9]{2})-([0-9]{2})"
    if form == "date":
        return re.compile(day)
    return re.compile(
        f"{day}[Tt ]([0-9]{{2}}):([0-9]{{2}}):([0-5][0-9]|60)(?:\\.([0-9]+))?([Zz]|[+-][0-9]{{2}}:[0-5][0-9])?"
    )


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:]))
    return timezone(-offset if text[0] == "-" else offset)


def _again(value: Date | DateTime) -> tuple[Any, ...] | None:
    """Arguments for copy and pickle, which restore the text too; None without one."""
    text = getattr(value, "_text", "")
    return (type(value).read, (text,)) if text else None


def seconds_of(text: object) -> float | None:
    """A time that a platform states, in seconds since 1970; None if it states none, or something else.

    Args:
        text: The time as the platform writes it. Without a time zone it is in UTC, as servers keep it.
    """
    moment = DateTime.read(text) if isinstance(text, str) else None
    if moment is None:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


DATE = Shape("date", fits=is_date, read=Date.read)
DATE_TIME = Shape("date-time", fits=is_date_time, read=DateTime.read)


def dated(field: str, value: Any, *kinds: Literal["date", "date-time"]) -> Any:
    """Convert a value of a response to the first matching kind.

    Args:
        field: Owner and field, for the log; empty if a value of another kind is expected.
        value: Decoded JSON; a value of another kind is returned unchanged.
        kinds: The formats, as in OpenAPI.
    """
    if value.__class__ is str:
        for kind in kinds:
            if (parsed := (Date if kind == "date" else DateTime).read(value)) is not None:
                return parsed
    if field:
        return otherwise_typed(field, value)
    return value
