"""JSON text as people edit it: where each value stands, and changes that leave everything else as it was. Pure."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CONSTANT = re.compile(r"true|false|null|NaN|-?Infinity")
_DECODER = json.JSONDecoder()

#: Spaces that a level of new objects is indented by where the text shows no custom of its own.
INDENT = 4


class JsonFault(ValueError):
    """Something in a text that JSON's grammar may allow but that can't be meant.

    Args:
        message: What is wrong.
        offset: Where, in characters from the beginning.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class NoObject(ValueError):
    """A member shall be changed of something that has none.

    Args:
        keys: The names that lead to it.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(".".join(keys))
        self.keys = tuple(keys)


class Span(NamedTuple):
    """Where a value stands.

    Attributes:
        start: Its first character.
        end: The one behind its last.
        members: An object's members; None for any other value.
    """

    start: int
    end: int
    members: Mapping[str, Member] | None


class Member(NamedTuple):
    """A member of an object.

    Attributes:
        start: Where its name begins.
        value: Where its value stands.
    """

    start: int
    value: Span


def scan(text: str) -> Span:
    """Finds every value of a text that `json.loads` accepts.

    Args:
        text: The text, without a byte order mark.

    Returns:
        The place of the outermost value.

    Raises:
        JsonFault: A name stands twice in one object, or a number is none that JSON knows (NaN, Infinity, 1e999).
        RecursionError: It is nested too deeply.
    """
    return _value(text, _space(text, 0))


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character, both from 1.

    Args:
        text: The text.
        offset: The character.
    """
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def lines_of_members(text: str) -> dict[tuple[str, ...], int]:
    """The line of each member of each object that isn't in an array, by the names that lead to it.

    Args:
        text: A text that `scan` accepts.
    """
    breaks = [match.start() for match in re.finditer("\n", text)]
    return {keys: bisect_right(breaks, start) + 1 for keys, start in _starts(scan(text), ())}


def with_value(text: str, keys: Sequence[str], value: Any) -> str:
    """Sets one value.

    Args:
        text: A text that `scan` accepts and whose value is an object.
        keys: The names that lead to the value; objects that are missing on the way are made.
        value: The new value.

    Returns:
        The text, changed there and nowhere else. What is new is laid out as its surroundings are.

    Raises:
        NoObject: Something on the way is there and isn't an object.
    """
    span = scan(text)
    for depth, key in enumerate(keys):
        if span.members is None:
            raise NoObject(keys[:depth])
        if key not in span.members:
            for inner in reversed(keys[depth + 1 :]):
                value = {inner: value}
            return _with_member(text, span, key, value)
        span = span.members[key].value
    return text[: span.start] + _dumped(text, value, _line_indent(text, span.start)) + text[span.end :]


def without_value(text: str, keys: Sequence[str]) -> str | None:
    """Takes one member out.

    Args:
        text: A text that `scan` accepts and whose value is an object.
        keys: The names that lead to it, at least one.

    Returns:
        The text without it; None when it isn't there.
    """
    span = scan(text)
    for key in keys[:-1]:
        if span.members is None or key not in span.members:
            return None
        span = span.members[key].value
    members = span.members or {}
    if keys[-1] not in members:
        return None
    names = list(members)
    at = names.index(keys[-1])
    member = members[keys[-1]]
    if at + 1 < len(names):
        return text[: member.start] + text[members[names[at + 1]].start :]
    if at > 0:
        return text[: members[names[at - 1]].value.end] + text[member.value.end :]
    return text[: span.start + 1] + text[span.end - 1 :]


def _value(text: str, at: int) -> Span:
    mark = text[at]
    if mark == "{":
        return _object(text, at)
    if mark == "[":
        return _array(text, at)
    if mark == '"':
        return Span(at, _DECODER.raw_decode(text, at)[1], None)
    number = _NUMBER.match(text, at)
    if number is not None:
        if set(number.group()) & set(".eE") and abs(float(number.group())) == float("inf"):
            raise JsonFault(f"{number.group()} is too large a number", at)
        return Span(at, number.end(), None)
    constant = _CONSTANT.match(text, at)
    if constant is None:
        raise JsonFault("Expecting value", at)
    if constant.group() not in ("true", "false", "null"):
        raise JsonFault(f"{constant.group()} isn't JSON", at)
    return Span(at, constant.end(), None)


def _object(text: str, start: int) -> Span:
    members: dict[str, Member] = {}
    at = _space(text, start + 1)
    while text[at] != "}":
        name, after = _DECODER.raw_decode(text, at)
        if name in members:
            line, _ = line_and_column(text, members[name].start)
            raise JsonFault(f"{json.dumps(name)} stands twice, first in line {line}", at)
        value = _value(text, _space(text, _space(text, after) + 1))
        members[name] = Member(at, value)
        at = _behind_comma(text, value.end)
    return Span(start, at + 1, members)


def _array(text: str, start: int) -> Span:
    at = _space(text, start + 1)
    while text[at] != "]":
        at = _behind_comma(text, _value(text, at).end)
    return Span(start, at + 1, None)


def _behind_comma(text: str, at: int) -> int:
    at = _space(text, at)
    return _space(text, at + 1) if text[at] == "," else at


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match is not None else at


def _starts(span: Span, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    for key, member in (span.members or {}).items():
        yield (*at, key), member.start
        yield from _starts(member.value, (*at, key))


def _with_member(text: str, span: Span, key: str, value: Any) -> str:
    """The text with one more member at the end of an object."""
    name = _dumped(text, key, None)
    if span.members:
        last = list(span.members.values())[-1]
        before = text[: last.start]
        gap = before[len(before.rstrip(" \t\r\n")) :]
        indent = gap.rpartition("\n")[2] if "\n" in gap else None
        separator = " " if indent is None else gap
        member = f"{name}: {_dumped(text, value, indent)}"
        return f"{text[: last.value.end]},{separator}{member}{text[last.value.end :]}"
    outer, unit = _line_indent(text, span.start), _unit(text)
    if outer is None or unit is None:
        return f"{text[: span.start]}{{{name}: {_dumped(text, value, None)}}}{text[span.end :]}"
    newline, inner = _newline(text), outer + unit
    member = f"{name}: {_dumped(text, value, inner)}"
    return f"{text[: span.start]}{{{newline}{inner}{member}{newline}{outer}}}{text[span.end :]}"


def _dumped(text: str, value: Any, indent: str | None) -> str:
    """A value as text: over several lines, indented like those around it, or in one where `indent` is None."""
    ascii_only = not _is_encodable(json.dumps(value, ensure_ascii=False))
    unit = _unit(text)
    if unit is None or indent is None:
        return json.dumps(value, ensure_ascii=ascii_only)
    return json.dumps(value, ensure_ascii=ascii_only, indent=unit).replace("\n", f"{_newline(text)}{indent}")


def _unit(text: str) -> str | None:
    """What a level is indented by; None in a text of one line that has members."""
    first = re.search(r"\n([ \t]+)\S", text)
    if first is not None:
        return first[1]
    return None if '"' in text and "\n" not in text.strip() else " " * INDENT


def _line_indent(text: str, at: int) -> str | None:
    """The indentation of a character's line; None where the value stands in a text of one line."""
    if _unit(text) is None:
        return None
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
