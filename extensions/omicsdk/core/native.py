"""Texts in formats that are types of Python, for clients that are generated with `--types native`.

A value that was read keeps its text, so that it is sent back unchanged: a service may write a UUID in capitals, and a
duration in several ways.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

from omicsdk.core.dates import Date, DateTime
from omicsdk.core.model import Shape, otherwise_typed
from omicsdk.core.type_guards import is_list, is_mapping

Format = Literal["date", "date-time", "uuid", "decimal", "byte", "duration", "time", "int64"]


class _Read:
    """A value with the text that it was read from; a computed one of the same class, as by `time.replace`, has none."""

    _text: str
    _format: Format

    @property
    def text(self) -> str:
        """The original text."""
        return self._text if hasattr(self, "_text") else super().__str__()

    def __str__(self) -> str:
        return self.text

    def __reduce_ex__(self, protocol: Any, /) -> Any:
        return (read, (self._text, self._format)) if hasattr(self, "_text") else super().__reduce_ex__(protocol)


class _Uuid(_Read, UUID): ...


class _Decimal(_Read, Decimal): ...


class _Bytes(_Read, bytes):
    def __str__(self) -> str:
        return bytes.__str__(self)


class _Duration(_Read, timedelta): ...


class _Time(_Read, time):
    def isoformat(self, *options: Any, **named: Any) -> str:
        """The original text."""
        return self._text if hasattr(self, "_text") else super().isoformat(*options, **named)


class _Integer(_Read, int): ...


# `(?!$)`: a P or T without a number after it states no duration.
_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d{1,6})?)S)?)?",
    re.ASCII,
)
# Stricter than `Decimal`, which also reads `1_0`, ` 1 `, `NaN` and digits of other scripts.
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([Ee][+-]?\d+)?", re.ASCII)
# Stricter than `time.fromisoformat`, which also reads `10` and `T1000`.
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?")


def _uuid(text: str) -> Any:
    # `UUID` also reads braces, `urn:uuid:` and texts without hyphens, which the format excludes.
    return _Uuid(text) if re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text) else None


def _decimal(text: str) -> Any:
    try:
        return _Decimal(text) if _DECIMAL.fullmatch(text) else None
    except InvalidOperation:
        return None


def _bytes(text: str) -> Any:
    try:
        # Without `validate` foreign characters are skipped, so that nearly any text would be base64.
        return _Bytes(base64.b64decode(text, validate=True))
    except ValueError:  # of characters beyond ASCII none of binascii's
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
