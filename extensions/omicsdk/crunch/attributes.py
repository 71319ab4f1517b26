"""Attributes of items: which kind a value is of, and what is sent for it. Nothing here asks a site."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from numbers import Integral, Real
from typing import NamedTuple

from omicsdk.core.errors import OmicsError, UsageError, shortened
from omicsdk.crunch.errors import crunch_error
from omicsdk.crunch.urls import is_url

INTEGER_BOUND = 2**63
"""Whole numbers from here on, and below its negative, fail on the site with 500 (64 bits of its database)."""
KEY_LIMIT = 255
"""Characters of a key at most."""
TEXT_LIMIT = 1023
"""Characters of a text or URL at most."""
DECIMALS = 9
"""Decimal places of a latitude or longitude at most."""

TRUE_WORDS = frozenset({"true", "t", "yes", "y", "on", "1"})
"""What stands for true, in any case."""
FALSE_WORDS = frozenset({"false", "f", "no", "n", "off", "0"})
"""What stands for false, in any case."""


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

    A text that is a URL is a `url`, any other text a `char`; then come `bool` (before whole numbers, which it is of), `int`,
    `float`, `datetime` (before days, which it is of) and `date`.

    Args:
        values: Values by key.

    Returns:
        The attributes in the same order.

    Raises:
        CrunchAPIException: A value is of no kind, or one that the site refuses or can't hold (a UsageError).
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
            shown = shortened(str(value), 120)
            raise _unusable(
                f"Cannot infer type of value '{shown}' ({type(value).__name__}). (The key was '{key}')",
                "Give a text, number, truth value, datetime or date. Nothing was added.",
            )


def _fitting(attribute: Attribute) -> Attribute:
    """An attribute whose key and text the site takes, as far as that can be told here: what was added can't be taken back."""
    _check_text(f"The key {shortened(attribute.key, 60)!r}", attribute.key, KEY_LIMIT)
    if isinstance(attribute.value, str):
        _check_text(f"The text of {attribute.key!r}", attribute.value, TEXT_LIMIT)
    return attribute


def _check_text(what: str, text: str, limit: int) -> None:
    if not text.strip() or len(text.strip()) > limit:
        wrong = f"is blank or longer than {limit} characters"
    elif "\0" in text:
        wrong = "has a NUL character in it"
    elif any("\ud800" <= letter <= "\udfff" for letter in text):
        wrong = "has half a character (a lone surrogate) in it"
    else:
        return
    raise _unusable(f"{what} {wrong}", "Nothing was added.")


def number(value: object) -> float:
    """A number that a site can hold.

    Args:
        value: A number, or how it is written.

    Raises:
        CrunchAPIException: It isn't a number, or isn't finite: a site fails at NaN, and keeps an infinite one, after which
            the item and every list with it fail (a UsageError).
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        made = float(value)  # pyright: ignore[reportArgumentType] - what isn't a number is the error below
    except (TypeError, ValueError, OverflowError):
        raise _unusable(f"{shortened(repr(value), 120)} isn't a number", "Give one such as 1.5.") from None
    if not math.isfinite(made):
        raise _unusable(f"{value} isn't finite, and a site can't hold it", "Leave it out, or add it as text.")
    return made


def whole_number(value: object) -> int:
    """A whole number that a site can hold.

    Args:
        value: A whole number, or how it is written.

    Raises:
        CrunchAPIException: It isn't one, or has more than 64 bits (a UsageError).
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        made = int(value)  # pyright: ignore[reportArgumentType, reportCallIssue] - what isn't one is the error below
        if not isinstance(value, str) and made != value:
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise _unusable(f"{shortened(repr(value), 120)} isn't a whole number", "Give one such as 42.") from None
    if not -INTEGER_BOUND <= made < INTEGER_BOUND:
        raise _unusable(
            f"{shortened(str(made), 60)} has more than 64 bits, and a site can't hold it", "Add it as text."
        )
    return made


def file_size(value: object) -> int:
    """A size in bytes that a site can hold.

    Args:
        value: A whole number from 0, or how it is written.

    Raises:
        CrunchAPIException: It isn't one, or has more than 63 bits (a UsageError).
    """
    made = whole_number(value)
    if made < 0:
        raise _unusable(f"{made} isn't a file's size", "Give the bytes, from 0.")
    return made


def truth(value: object) -> bool:
    """A truth value.

    Args:
        value: One, 0, 1, or a word for it (true, yes, on, false, no, off ... in any case).

    Raises:
        CrunchAPIException: It isn't one (a UsageError).
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise _unusable(f"{shortened(repr(value), 120)} is neither true nor false", "Give true or false.")


def coordinate(name: str, value: object) -> str:
    """A latitude or longitude in degrees.

    Args:
        name: Which, for the error.
        value: It, or how it is written. A float is rounded to nine decimal places, a tenth of a millimetre: what it has
            beyond them the site would refuse.

    Raises:
        CrunchAPIException: It isn't a number (a UsageError).
    """
    try:
        if isinstance(value, bool):
            raise ValueError
        made = Decimal(str(value).strip())
        if not made.is_finite():
            raise ValueError
        if isinstance(value, float):
            made = made.quantize(Decimal(1).scaleb(-DECIMALS)).normalize()
    except (ValueError, InvalidOperation):
        raise _unusable(
            f"The {name} {shortened(repr(value), 120)} isn't a number", "Give degrees, such as -37.8136."
        ) from None
    return f"{made:f}"


def _unusable(message: str, remedy: str) -> OmicsError:
    return crunch_error(UsageError(message, remedy=remedy))
