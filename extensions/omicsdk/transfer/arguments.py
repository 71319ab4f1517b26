"""Checks of what callers hand over, where a wrong type would be found out late, or in words that name no argument; and what
a function of theirs raised."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Iterator
from typing import SupportsIndex, TypeVar, cast

from omicsdk.core.lazy import logger
from omicsdk.core.redaction import mask_text

T = TypeVar("T")

_log = logger("omicsdk.transfer")

#: What a file's owner needs for going on with it.
_OWN = 0o600


def a(value: object) -> str:
    """Names a value's type for people, never the value: it may be a URL that is a secret."""
    return "None" if value is None else _one(type(value))


def _one(kind: type) -> str:
    return f"{'an' if kind.__name__[:1].lower() in 'aeiou' else 'a'} {kind.__name__}"


def whole_number(name: str, value: object, least: int = 1, of: str = "") -> int:
    """Gives a whole number.

    Args:
        name: What the caller calls it.
        value: What was given.
        least: The smallest that makes sense.
        of: What it counts, as it reads after "a whole number of".

    Raises:
        TypeError: It is no whole number.
        ValueError: It is too small.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number{f' of {of}' if of else ''}, not {value!r}")
    number = operator.index(cast("SupportsIndex", value))
    if number < least:
        raise ValueError(f"{name} is {number}, but must be at least {least}")
    return number


def number(name: str, value: object, of: str) -> None:
    """Checks that something is a number, of any kind.

    Args:
        name: What the caller calls it.
        value: What was given.
        of: Its unit, as it reads after "a number of".

    Raises:
        TypeError: It is none.
    """
    if type(value) in (int, float):
        return
    from numbers import Real

    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number of {of}, not {value!r}")


def path(name: str, value: object, kinds: str = "a path") -> str:
    """Gives a path as text.

    Args:
        name: What the caller calls it.
        value: What was given.
        kinds: What it may be, in words.

    Raises:
        TypeError: It is no path, or one in bytes.
        ValueError: It is empty.
    """
    text = os.fspath(cast("str", value)) if hasattr(value, "__fspath__") else value
    if not isinstance(text, str):
        raise TypeError(f"{name} must be {kinds}, not {a(value)}")
    if not text:
        raise ValueError(f"{name} is empty; '.' is the current folder")
    return text


def permissions(name: str, value: object) -> int:
    """Gives the permissions of new files.

    Args:
        name: What the caller calls them.
        value: What was given.

    Raises:
        TypeError: They are no whole number.
        ValueError: They are more than permissions, or keep the files from their owner.
    """
    mode = whole_number(name, value, 0)
    if mode & ~0o777 or mode & _OWN != _OWN:
        raise ValueError(f"{name} is {mode:#o}, but must let the owner read and write, as 0o600 (octal) and 0o644 do")
    return mode


def kind(name: str, value: object, wanted: type, remedy: str = "") -> None:
    """Checks that something is left out or an object of a class.

    Args:
        name: What the caller calls it.
        value: What was given.
        wanted: The class.
        remedy: How to make one.

    Raises:
        TypeError: It is neither.
    """
    if value is not None and not isinstance(value, wanted):
        raise TypeError(f"{name} must be {_one(wanted)}, not {a(value)}{f': {remedy}' if remedy else ''}")


def function(name: str, value: object) -> None:
    """Checks that something is left out or can be called.

    Raises:
        TypeError: It can't.
    """
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be a function, not {a(value)}")


def many(name: str, value: object, wanted: type) -> None:
    """Checks that something can be gone through.

    Args:
        name: What the caller calls it.
        value: What was given.
        wanted: The class of its entries.

    Raises:
        TypeError: It is a single entry, or nothing of the kind.
    """
    if not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a list or iterator of {wanted.__name__}s, not {a(value)}")


def each(entries: Iterable[T], wanted: type[T]) -> Iterator[T]:
    """Gives entries one by one, those of their class.

    Args:
        entries: What should be such.
        wanted: The class.

    Raises:
        TypeError: One is something else.
    """
    for count, entry in enumerate(entries, 1):
        if not isinstance(entry, wanted):
            raise TypeError(f"{wanted.__name__.lower()} {count} is {a(entry)}, not {_one(wanted)}")
        yield entry


def foreign_words(name: str, error: BaseException) -> str:
    """Gives an error in words, and logs where it comes from at DEBUG; URLs in both have no query.

    Args:
        name: The file that it is about.
        error: What a function of the caller's raised.
    """
    from logging import DEBUG
    from traceback import format_exception

    if _log.isEnabledFor(DEBUG):
        _log.debug("%s: %s", name, mask_text("".join(format_exception(error))))
    return mask_text(repr(error))
