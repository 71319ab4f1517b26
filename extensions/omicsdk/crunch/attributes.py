"""Attributes of items: kinds, values, and adding them. Values are checked before they are sent: nothing can be taken back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from numbers import Integral, Real
from typing import NamedTuple
from urllib.parse import urlsplit

from omicsdk.core.errors import UsageError, shortened
from omicsdk.core.lazy import require
from omicsdk.crunch.client import Crunch


def add_attributes(client: Crunch, item: str, values: Mapping[str, object]) -> None:
    """Add several attributes to an item; the kind of each is that of its value, see `inferred`.

    All values are checked before the first is sent.

    Args:
        item: The slug of the item, dataset or project.
        values: Values by key: texts, numbers, truth values, datetimes, dates.

    Raises:
        UsageError: A value is of no kind, or the site cannot hold it; nothing was sent.
        APIError: The site refused one; those before it were added.
        TransportError: The site did not respond; those before the last were added.
    """
    for attribute in inferred(values):
        client.raw_request("POST", attribute.url, {"item": item, "key": attribute.key, "value": attribute.value})


# Whole numbers from here on, and below its negative, do not fit into the 64 bits of the site's database: it returns 500.
INTEGER_BOUND = 2**63
# Characters of a key at most.
KEY_LIMIT = 255
# Characters of a text or URL at most.
TEXT_LIMIT = 1023
# Decimal places of a latitude or longitude at most.
DECIMALS = 9
# Largest power of ten of a latitude or longitude, beyond those of floats: 1e99999999 would be written with as many digits.
_EXPONENT = 400

# Texts that mean true, in upper or lower case.
TRUE_WORDS = frozenset({"true", "t", "yes", "y", "on", "1"})
# Texts that mean false, in upper or lower case.
FALSE_WORDS = frozenset({"false", "f", "no", "n", "off", "0"})


class Attribute(NamedTuple):
    """An attribute as it is sent.

    Attributes:
        kind: Its part of the address: char, float, int, filesize, bool, url, datetime or date.
        key: Its key.
        value: Its value.
    """

    kind: str
    key: str
    value: str | float | int | bool | date

    @property
    def url(self) -> str:
        """Where it is posted to, relative to the site."""
        return attribute_url(self.kind)


def attribute_url(kind: str) -> str:
    """Where attributes of a kind are posted to, relative to the site."""
    return f"api/attributes/{kind}/"


def inferred(values: Mapping[str, object]) -> list[Attribute]:
    """The kind of each value, all of them before anything is sent.

    A text that is a URL is a `url`, any other text a `char`. A value of several kinds has the first of `bool`, `int`, `float`,
    `datetime` and `date`: in Python, True is also a whole number, and a datetime also a date.

    Args:
        values: Values by key.

    Returns:
        The attributes in the same order.

    Raises:
        UsageError: A value is of no kind, or one that the site refuses or cannot hold.
    """
    return [_fitting(_inferred(key, value)) for key, value in values.items()]


def _inferred(key: str, value: object) -> Attribute:
    match value:
        case str():
            return Attribute("url" if is_url(value) else "char", key, value)
        case bool():
            return Attribute("bool", key, value)
        case Integral():
            return Attribute("int", key, whole_number(value))
        case Real():
            return Attribute("float", key, number(value))
        case datetime():
            return Attribute("datetime", key, value)
        case date():
            return Attribute("date", key, value)
        case _:
            text = _short_text(str, value)
            raise UsageError(
                f"Cannot infer type of value '{text}' ({type(value).__name__}). (The key was '{key}')",
                remedy="Use a text, number, truth value, datetime or date. Nothing was added.",
            )


def _fitting(attribute: Attribute) -> Attribute:
    """Return an attribute if the site accepts its key and text, as far as can be checked here."""
    _check_text(f"The key {shortened(attribute.key, 60)!r}", attribute.key, KEY_LIMIT)
    if isinstance(attribute.value, str):
        _check_text(f"The text of {attribute.key!r}", attribute.value, TEXT_LIMIT)
    return attribute


def _check_text(what: str, text: str, limit: int) -> None:
    if not text.strip() or len(text.strip()) > limit:
        wrong = f"is blank or longer than {limit} characters"
    elif "\0" in text:
        wrong = "contains a NUL character"
    elif any("\ud800" <= letter <= "\udfff" for letter in text):
        wrong = "contains a lone surrogate"
    else:
        return
    raise UsageError(f"{what} {wrong}", remedy="Nothing was added.")


def _short_text(text_of: Callable[[object], str], value: object) -> str:
    try:
        return shortened(text_of(value), 120)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "A value with too many digits"


def number(value: object) -> float:
    """A number that a site can hold.

    Args:
        value: A number, or how it is written.

    Raises:
        UsageError: It is not a number, or is not finite: a site fails at NaN, and keeps an infinite one, after which
            the item and every list with it fail.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number_value = float(value)  # pyright: ignore[reportArgumentType] - what isn't a number is the error below
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{_short_text(repr, value)} is not a number", remedy="Use one such as 1.5.") from None
    if not math.isfinite(number_value):
        raise UsageError(
            f"{_short_text(str, value)} is not finite, and sites cannot store it",
            remedy="Leave it out, or add it as text.",
        )
    return number_value


def whole_number(value: object) -> int:
    """A whole number that a site can hold.

    Args:
        value: A whole number, or how it is written.

    Raises:
        UsageError: It is invalid, or has more than 64 bits.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number_value = int(value)  # pyright: ignore[reportArgumentType, reportCallIssue] - an invalid value is the error below
        if not isinstance(value, str) and number_value != value:
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{_short_text(repr, value)} is not a whole number", remedy="Use one such as 42.") from None
    if not -INTEGER_BOUND <= number_value < INTEGER_BOUND:
        raise UsageError(
            f"{_short_text(str, number_value)} has more than 64 bits, and sites cannot store it",
            remedy="Add it as text.",
        )
    return number_value


def file_size(value: object) -> int:
    """A size in bytes that a site can hold.

    Args:
        value: A whole number from 0, or how it is written.

    Raises:
        UsageError: It is invalid, or has more than 63 bits.
    """
    size = whole_number(value)
    if size < 0:
        raise UsageError(f"{size} is not a file's size", remedy="Use a number of bytes, 0 or more.")
    return size


def truth(value: object) -> bool:
    """A truth value.

    Args:
        value: One, 0, 1, or a word for it (true, yes, on, false, no, off ... in any case).

    Raises:
        UsageError: It is invalid.
    """
    if isinstance(value, bool):
        return value
    word = _short_text(str, value).strip().lower()
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise UsageError(f"{_short_text(repr, value)} is neither true nor false", remedy="Use true or false.")


def coordinate(name: str, value: object) -> str:
    """A latitude or longitude in degrees.

    Args:
        name: Which, for the error.
        value: A number, or how it is written. A float is rounded to nine decimal places, a tenth of a millimetre: the site
            refuses more.

    Raises:
        UsageError: It is not a number.
    """
    try:
        if isinstance(value, bool):
            raise ValueError
        decimal = Decimal(str(value).strip())
        if not decimal.is_finite() or abs(decimal.adjusted()) > _EXPONENT:
            raise ValueError
        if isinstance(value, float):
            decimal = decimal.quantize(Decimal(1).scaleb(-DECIMALS)).normalize()
    except (ValueError, InvalidOperation):
        raise UsageError(
            f"The {name} {_short_text(repr, value)} is not a number", remedy="Use degrees, such as -37.8136."
        ) from None
    return f"{decimal:f}"


# -- URLs

_LABEL = r"[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?"
_DOMAIN = re.compile(
    rf"{_LABEL}(?:\.{_LABEL})*\.(?!-)[a-z\u00a1-\uffff][a-z\u00a1-\uffff-]{{0,61}}[a-z\u00a1-\uffff]\.?"
)
_ADDRESS = re.compile(r"(?:https?|ftps?)://\S+", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether a site takes a text as the value of a URL attribute; what is doubtful is treated as text, which it always takes.

    Args:
        text: Any text.

    Returns:
        True for http, https, ftp and ftps with a host that is a domain, an address or localhost.
    """
    if not _ADDRESS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or len(host) > 253 or port == 0 or parts.netloc.endswith(":") or "@" in parts.netloc or "%" in host:
        return False
    return host == "localhost" or _is_address(host, "[" in parts.netloc) or bool(_DOMAIN.fullmatch(host))


def _is_address(host: str, bracketed: bool) -> bool:
    try:
        IPv6Address(host) if bracketed else IPv4Address(host)
    except AddressValueError:
        return False
    return True


# -- dates and times


def as_datetime(value: datetime | str, format: str = "") -> datetime:
    """Return a moment that may be given as text.

    Args:
        value: A moment, or its text.
        format: The text's format, as for `datetime.strptime`; by default ISO 8601 (`2020-01-02T03:04:05Z`), and with
            python-dateutil (extra `crunch`) any format that it supports. Year, month and day must not be left out.

    Raises:
        UsageError: The text is not a date, or python-dateutil is missing.
    """
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
        raise _not_a_date(f"{value!r} ({type(value).__name__}) is not a date and time")
    return _read(value, format)


def as_date(value: date | str, format: str = "") -> date:
    """A day that may have been given as text, or as a moment, which is cut to its day.

    Args:
        value: A date, a datetime, or the text of one.
        format: As for `as_datetime`.

    Raises:
        UsageError: The text is not a date, or python-dateutil is missing.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return as_datetime(value, format).date()


# Directives of strptime that give a year.
_YEAR = re.compile(r"(?<!%)(?:%%)*%[YyGcx]")


def _read(text: str, format: str) -> datetime:
    if format and not _YEAR.search(format):  # 1900 would be taken
        raise _not_a_date(f"{text!r} is not a date of the format {format!r} (the format has no year)")
    if format:
        try:
            return datetime.strptime(text, format)
        except ValueError as error:
            raise _not_a_date(f"{text!r} is not a date of the format {format!r} ({error})") from error
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return _read_freely(text)


def _read_freely(text: str) -> datetime:
    require("dateutil", "crunch", f"the date {text!r}, which is not ISO 8601")
    from dateutil import parser

    try:
        # What a text leaves out, dateutil takes from a default, which is today's date: the year of "10:30".
        moment, other = (parser.parse(text, default=datetime(*default)) for default in ((2000, 1, 1), (2001, 2, 2)))
    except (ValueError, OverflowError) as error:
        raise _not_a_date(f"{text!r} is not a date") from error
    if moment != other:
        raise _not_a_date(f"{text!r} is not a date with year, month and day")
    return moment


def _not_a_date(message: str) -> UsageError:
    return UsageError(message, remedy="Write it as 2020-01-02T03:04:05, or state its format with format.")
