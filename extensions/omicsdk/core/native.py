"""Types of Python for formats of the document: dates and times, UUIDs, durations and others."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, Self
from uuid import UUID

from omicsdk.core.date_texts import written
from omicsdk.core.model import Shape, otherwise_typed
from omicsdk.core.type_guards import is_list, is_mapping


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


Format = Literal["date", "date-time", "uuid", "decimal", "byte", "duration", "time", "int64"]


class _Read:
    """A value with the text that it was read from."""

    _text: str
    _format: Format

    @property
    def text(self) -> str:
        """The original text."""
        return self._text

    def __str__(self) -> str:
        return self._text

    def __reduce_ex__(self, protocol: Any, /) -> Any:
        return (read, (self._text, self._format))


class _Uuid(_Read, UUID): ...


class _Decimal(_Read, Decimal): ...


class _Bytes(_Read, bytes):
    def __str__(self) -> str:
        return bytes.__str__(self)


class _Duration(_Read, timedelta): ...


class _Time(_Read, time):
    def isoformat(self, *_: Any, **__: Any) -> str:
        """The original text."""
        return self._text


class _Integer(_Read, int): ...


# `(?!$)`: a P or T without a number after it states no duration.
_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d{1,6})?)S)?)?"
)
# Stricter than `time.fromisoformat`, which also reads `10` and `T1000`.
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?")


def _uuid(text: str) -> Any:
    # `UUID` also reads braces, `urn:uuid:` and texts without hyphens, which the format excludes.
    return _Uuid(text) if re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text) else None


def _decimal(text: str) -> Any:
    try:
        # NaN and infinities are decimals of Python, and none of the format.
        number = _Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _bytes(text: str) -> Any:
    try:
        # Without `validate` foreign characters are skipped, so that nearly any text would be base64.
        return _Bytes(base64.b64decode(text, validate=True))
    except binascii.Error:
        return None


def _duration(text: str) -> Any:
    """Years and months have no fixed length, so a duration in these stays a text."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    parts = {
        name: float((value or "0").replace(",", ".")) for name, value in match.groupdict().items() if name != "sign"
    }
    sign = -1 if match["sign"] == "-" else 1
    try:
        return _Duration(**{name: sign * value for name, value in parts.items()})
    except OverflowError:
        return None


def _time(text: str) -> Any:
    try:
        return _Time.fromisoformat(text.upper()) if _TIME.fullmatch(text) else None
    except ValueError:
        return None


def _integer(text: str) -> Any:
    # Bounded, because `int` raises an error for thousands of digits.
    return _Integer(text) if re.fullmatch(r"-?\d{1,30}", text, re.ASCII) else None


_READERS: Mapping[Format, Callable[[str], Any]] = {
    "date": Date.read,
    "date-time": DateTime.read,
    "uuid": _uuid,
    "decimal": _decimal,
    "byte": _bytes,
    "duration": _duration,
    "time": _time,
    "int64": _integer,
}


def read(text: str, form: Format) -> Any:
    """Return the value of a text; None if it is not of the format."""
    value = _READERS[form](text)
    if isinstance(value, _Read):
        # UUID refuses `setattr`.
        object.__setattr__(value, "_text", text)
        object.__setattr__(value, "_format", form)
    return value


def as_text(value: Any) -> Any:
    """Return what JSON has for bytes (base64) and whole numbers that are texts, also in lists and maps.

    Args:
        value: An argument or a field; text, None and OMIT are unchanged.
    """
    if isinstance(value, _Read):
        return value.text
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if is_mapping(value):
        return {key: as_text(item) for key, item in value.items()}
    return [as_text(item) for item in value] if is_list(value) else value


def native(field: str, value: Any, *forms: Format) -> Any:
    """Convert a value of a response to the first matching format.

    Args:
        field: Owner and field, for the log; empty if a value of another kind is expected.
        value: Decoded JSON; a value of another kind is returned unchanged.
        forms: The formats.
    """
    if value.__class__ is str:
        for form in forms:
            if (parsed := read(value, form)) is not None:
                return parsed
    return otherwise_typed(field, value) if field else value


def text_in(form: Format) -> Shape:
    """A text in a format, such as `uuid`."""
    return Shape(form, fits=lambda value: isinstance(value, str) and read(value, form) is not None)
