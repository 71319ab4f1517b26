"""From the words of a command line to values. Pure but for `@file`, which reads what it names."""

from __future__ import annotations

import json
import math
from pathlib import Path

from omicsdk.cli.options import flag, kind_of
from omicsdk.core.errors import UsageError
from omicsdk.core.type_guards import is_array, is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from omicsdk.cli.shapes import Argument

TRUTHS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


def value_of(argument: Argument, words: list[str]) -> Any:
    """The value that words stand for.

    Args:
        argument: Which, with its type and choices.
        words: What was typed for it, in order; none for a boolean that stands alone.

    Raises:
        UsageError: They aren't such a value; names the option and says what was expected.
    """
    kind = kind_of(argument)
    if kind == "array":
        value: Any = _array(argument, words)
    elif kind == "boolean" and not words:
        value = not argument.get("negates")
    else:
        value = _single(argument, kind, words[-1])
    _check_choices(argument, value)
    return _converted(argument, value)


def _converted(argument: Argument, value: Any) -> Any:
    target = argument.get("convert")
    if target is None:
        return value
    from omicsdk.cli.connecting import loaded

    try:
        return loaded(target)(value)
    except UsageError as error:
        raise UsageError(f"{spelled(argument)}: {error.message}", remedy=error.remedy) from error


def spelled(argument: Argument) -> str:
    """An argument's name in messages."""
    return argument["name"].upper() if argument.get("positional") else flag(argument)


def _single(argument: Argument, kind: str, word: str) -> Any:
    if kind == "integer":
        return _number(argument, word, int, "a whole number")
    if kind == "number":
        return _number(argument, word, float, "a number")
    if kind == "boolean":
        truth = TRUTHS.get(word.lower())
        if truth is None:
            raise _wrong(argument, "true or false", word)
        return truth
    if kind == "object":
        value = _json(argument, _content(argument, word), "a JSON object, or @ and the name of a file that holds one")
        if not is_object(value):
            raise _wrong(argument, "a JSON object, or @ and the name of a file that holds one", word)
        return value
    if kind == "file":
        return Path(word.removeprefix("@"))
    return _loose(argument, word) if kind == "any" else word


def _array(argument: Argument, words: list[str]) -> list[Any]:
    items = argument.get("items")
    if len(words) == 1:
        only = words[0]
        if only.startswith("@") and items != "string":
            value = _json(argument, _content(argument, only), "a JSON array")
            return value if is_array(value) else [value]
        if only.lstrip().startswith("["):
            try:
                value = json.loads(only)
            except (ValueError, RecursionError):
                value = None  # a shell pattern such as [ab]*.json
            if is_array(value):
                return value
    if items is None or items in ("any", "array"):
        return [_loose(argument, word) for word in words]
    if items == "string" and argument.get("in"):
        return [_unquoted(word) for word in words]
    return [_single(argument, items, word) for word in words]


def _unquoted(word: str) -> str:
    """A text as itself or as JSON, which is how documented clients want the items of an operation's list."""
    if word.startswith('"'):
        try:
            value = _parsed(word)
        except ValueError:
            return word
        if isinstance(value, str):
            return value
    return word


def _loose(argument: Argument, word: str) -> Any:
    """JSON where a word is that, else the word itself."""
    if word.startswith("@"):
        return _json(argument, _content(argument, word), "JSON")
    try:
        return _parsed(word)
    except ValueError:
        return word


def _content(argument: Argument, word: str) -> str:
    if word == "-":  # no JSON, so nothing else can be meant
        word = "@-"
    if not word.startswith("@"):
        return word
    name = word[1:]
    try:
        if name == "-":
            import sys

            return sys.stdin.read()
        return Path(name).read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{spelled(argument)}: can't read {name}: {error.strerror or error}",
            remedy="Give the name of a file that you can read, or - for stdin.",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{spelled(argument)}: {name} isn't UTF-8 text", remedy="Save it as UTF-8.") from error


def _json(argument: Argument, text: str, expected: str) -> Any:
    try:
        return _parsed(text)
    except ValueError as error:
        raise _wrong(argument, expected, text, f" ({_where(error)})") from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} isn't JSON")


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return str(error)


def _number(argument: Argument, word: str, kind: type[int] | type[float], expected: str) -> int | float:
    try:
        value = kind(word)
    except ValueError:
        raise _wrong(argument, expected, word) from None
    if "_" in word or (kind is float and not math.isfinite(value)):
        raise _wrong(argument, expected, word)
    return value


def _check_choices(argument: Argument, value: Any) -> None:
    choices = argument.get("choices")
    if not choices:
        return
    given: list[Any] = value if kind_of(argument) == "array" else [value]
    for one in given:
        if one not in choices and str(one) not in map(str, choices):
            from omicsdk.cli.mistakes import did_you_mean

            wrong = _wrong(argument, f"one of {', '.join(map(str, choices))}", str(one))
            wrong.remedy = did_you_mean(str(one), map(str, choices))
            raise wrong


def _wrong(argument: Argument, expected: str, word: str, detail: str = "") -> UsageError:
    shown = word if len(word) <= 60 else f"{word[:57]}..."
    return UsageError(f"{spelled(argument)}: expected {expected}, got {shown!r}{detail}")
