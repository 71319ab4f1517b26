"""Checks of callers' arguments whose wrong type would otherwise surface late or without the argument's name, and errors
raised by callers' functions.
"""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Iterable, Iterator
from typing import SupportsIndex, TypeVar, cast

from omicsdk.core.errors import UsageError
from omicsdk.core.logs import DEBUG, logger
from omicsdk.core.redaction import mask_text

T = TypeVar("T")

_log = logger("omicsdk.transfer")

#: Permissions that a file's owner needs for resuming its transfer.
_OWNER_ACCESS = 0o600
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


class InvalidOption(UsageError, ValueError):
    """An option of a transfer has an invalid value.

    Args:
        option: Its name, with which the message begins.
        problem: The rest of the message.
        remedy: What to do.

    Attributes:
        option: Its name.
    """

    def __init__(self, option: str, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"{option} {problem}", remedy=remedy)
        self.option = option


def a(value: object) -> str:
    """Name a value's type for a message, never the value: it may be a URL that is a secret."""
    return "None" if value is None else _with_article(type(value))


def _with_article(kind: type) -> str:
    return f"{'an' if kind.__name__[:1].lower() in 'aeiou' else 'a'} {kind.__name__}"


def whole_number(name: str, value: object, least: int = 1, of: str = "") -> int:
    """Return a value as an integer.

    Args:
        name: The argument's name.
        value: The value.
        least: The smallest allowed value.
        of: The unit, as it reads after "a whole number of".

    Raises:
        TypeError: It is not a whole number.
        ValueError: It is too small.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number{f' of {of}' if of else ''}, not {value!r}")
    number = operator.index(cast("SupportsIndex", value))
    if number < least:
        raise ValueError(f"{name} is {number}, but must be at least {least}")
    return number


def number(name: str, value: object, of: str) -> None:
    """Check that a value is a number of any kind.

    Args:
        name: The argument's name.
        value: The value.
        of: Its unit, as it reads after "a number of".

    Raises:
        TypeError: It is not a number.
    """
    if type(value) in (int, float):
        return
    from numbers import Real

    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number of {of}, not {value!r}")


def path(name: str, value: object, kinds: str = "a path") -> str:
    """Return a path as text.

    Args:
        name: The argument's name.
        value: The value.
        kinds: What is accepted, as text.

    Raises:
        TypeError: It is not a path, or a path of bytes.
        InvalidOption: It is empty, or begins with ~, which would be a folder of this name.
    """
    text = os.fspath(cast("str", value)) if hasattr(value, "__fspath__") else value
    if not isinstance(text, str):
        raise TypeError(f"{name} must be {kinds}, not {a(value)}")
    if not text:
        raise InvalidOption(name, "is empty", remedy="Name a folder, or . for the current one.")
    # Expanding it in some of the places that a path passes would make others look into another folder.
    if text == "~" or text.startswith("~/"):
        problem = f"is {text!r}, and a shell replaces ~ only at the beginning of a word and outside quotes"
        raise InvalidOption(name, problem, remedy=f"Write the path in full, in Python Path({text!r}).expanduser().")
    return text


def permissions(name: str, value: object) -> int:
    """Return the permissions of new files.

    Args:
        name: The argument's name.
        value: The value.

    Raises:
        TypeError: It is not a whole number.
        ValueError: It has bits other than permissions, or denies the owner reading or writing.
    """
    mode = whole_number(name, value, 0)
    if mode & ~0o777 or mode & _OWNER_ACCESS != _OWNER_ACCESS:
        raise ValueError(f"{name} is {mode:#o}, but must let the owner read and write, as 0o600 (octal) and 0o644 do")
    return mode


def run_name(run: str) -> str:
    """Return the name of a run, which its journal has in its own.

    Args:
        run: The name.

    Raises:
        ValueError: It is empty, too long, or has characters that not every file's name may have.
    """
    if not _RUN.match(run):
        raise ValueError(f"run is part of a file's name and must be letters, digits, '.', '_' and '-': {run!r}")
    return run


def kind(name: str, value: object, class_: type, remedy: str = "") -> None:
    """Check that an argument is omitted or an instance of a class.

    Args:
        name: The argument's name.
        value: The value.
        class_: The class.
        remedy: How to make an instance.

    Raises:
        TypeError: It is of another type.
    """
    if value is not None and not isinstance(value, class_):
        raise TypeError(f"{name} must be {_with_article(class_)}, not {a(value)}{f': {remedy}' if remedy else ''}")


def function(name: str, value: object, remedy: str = "") -> None:
    """Check that an argument is omitted or callable.

    Args:
        name: The argument's name.
        value: The value.
        remedy: What to pass instead.

    Raises:
        TypeError: It is not callable.
    """
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be a function, not {a(value)}{f': {remedy}' if remedy else ''}")


def many(name: str, value: object, class_: type) -> None:
    """Check that an argument is iterable.

    Args:
        name: The argument's name.
        value: The value.
        class_: The class of its entries.

    Raises:
        TypeError: It is a single entry, or not iterable.
    """
    if not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a list or iterator of {class_.__name__}s, not {a(value)}")


def instances(entries: Iterable[T], class_: type[T]) -> Iterator[T]:
    """Yield entries, checking the class of each.

    Args:
        entries: The entries.
        class_: The class.

    Raises:
        TypeError: An entry is of another type.
    """
    for count, entry in enumerate(entries, 1):
        if not isinstance(entry, class_):
            raise TypeError(f"{class_.__name__.lower()} {count} is {a(entry)}, not {_with_article(class_)}")
        yield entry


def foreign_words(name: str, error: BaseException) -> str:
    """Describe an error that a caller's function raised, and log its traceback at DEBUG; URLs in both lose their query.

    Args:
        name: The file that it concerns.
        error: The error.
    """
    if _log.isEnabledFor(DEBUG):
        from traceback import format_exception

        _log.debug("%s: %s", name, mask_text("".join(format_exception(error))))
    return mask_text(repr(error))
