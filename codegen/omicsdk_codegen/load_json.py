"""Reading JSON: keys that are there twice, numbers that JSON has no room for, and the lines of values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .faults import DocumentError, Fault
from .limits import MAX_DEPTH, nested_fault, too_deep, twice_fault
from .values import Json, Object, escape

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n')


def read_json(text: str, label: str) -> Json:
    """Parse JSON.

    Raises:
        DocumentError: a key twice in one object, or nesting without end.
        ValueError: it isn't JSON.
    """
    twice = False

    def collect(pairs: list[tuple[str, Json]]) -> Object:
        nonlocal twice
        members = dict(pairs)
        twice = twice or len(members) != len(pairs)
        return members

    def number(literal: str) -> float:
        value = float(literal)
        if not math.isfinite(value):
            raise ValueError(f"{literal[:40]} is no number that JSON has room for")
        return value

    try:
        data: Json = json.loads(text, object_pairs_hook=collect, parse_float=number, parse_constant=number)
        deep = too_deep(data)
    except RecursionError:
        deep, data = True, None
    if deep or twice:
        found = list(_problems(text, label))
        if found:
            raise DocumentError(found)
    return data


def json_lines(text: str) -> dict[str, int]:
    """Say on which line each value of a JSON text begins; a member's is that of its key."""
    return {value.pointer: value.line for value in _scan(text) if not value.again}


class _Value(NamedTuple):
    pointer: str
    line: int
    depth: int
    again: bool


@dataclass
class _Open:
    """An object (with the keys met so far) or list (without) whose end wasn't met yet."""

    pointer: str
    keys: set[str] | None
    index: int = 0
    key: str = ""
    line: int = 1
    again: bool = False


def _problems(text: str, label: str) -> Iterator[Fault]:
    for value in _scan(text):
        if value.depth > MAX_DEPTH:
            yield nested_fault(label, value.line)
            return
        if value.again:
            yield twice_fault(value.pointer, label, value.line)


def _scan(text: str) -> Iterator[_Value]:
    """Walk the tokens of a text that is known to be JSON, giving each value where it begins."""
    line, key_next = 1, False
    stack: list[_Open] = []
    for match in _TOKEN.finditer(text):
        piece = match.group()
        around = stack[-1] if stack else None
        if piece == "\n":
            line += 1
        elif piece in "}]":
            stack.pop()
        elif around is not None and piece == ",":
            around.index += 1
            key_next = around.keys is not None
        elif around is not None and around.keys is not None and key_next:
            around.key, around.line, key_next = json.loads(piece), line, False
            around.again = around.key in around.keys
            around.keys.add(around.key)
        elif piece != ":":
            if around is None:
                value = _Value("", line, 0, False)
            elif around.keys is None:
                value = _Value(f"{around.pointer}/{around.index}", line, len(stack), False)
            else:
                value = _Value(f"{around.pointer}/{escape(around.key)}", around.line, len(stack), around.again)
            yield value
            if piece in "{[":
                stack.append(_Open(value.pointer, set() if piece == "{" else None))
                key_next = piece == "{"
