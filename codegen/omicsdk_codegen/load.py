"""Step 1: a file of YAML or JSON becomes plain values."""

from __future__ import annotations

import codecs
import json
import math
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .addresses import uri_of
from .faults import DocumentError, Fault
from .limits import MAX_BYTES, MAX_DEPTH, nested_fault, too_deep, twice_fault
from .load_yaml import read_yaml, yaml_lines
from .progress import OnProgress, silent
from .source import Source
from .values import Json, Object, escape, placed, step, tokens

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def load(path: Path, on_progress: OnProgress = silent) -> Source:
    """Load a document, an overlay, or a file that one of them refers to.

    YAML is read with the scalars of YAML 1.2 (only true and false are booleans; `no`, dates and 12:30 stay text) and
    with keys as text. An unquoted placeholder (`host: {{NAME}}`) is text. The version numbers of a document
    (`swagger: 2.0`, `info: {version: 1.10}`) are text as written.

    Args:
        path: the file; `.json` is read as JSON only, any other as JSON when it is that, else as YAML.
        on_progress: called with the progress.

    Returns:
        The file with its value, a mapping, and the lines of its parts.

    Raises:
        DocumentError: it cannot be opened, is not text, is not YAML or JSON, is not a mapping, has a key twice, has more
            than `limits.MAX_BYTES`, nests deeper than `limits.MAX_DEPTH`, or is made very large by its aliases.
    """
    return load_bytes(
        read_file(path, str(path)), path=path, label=str(path), uri=uri_of(path.resolve()), on_progress=on_progress
    )


def read_file(path: Path, label: str) -> bytes:
    """Read a file's bytes.

    Raises:
        DocumentError: it cannot be opened, or has more than `limits.MAX_BYTES`.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)  # a pipe or a device states no size, and may have no end
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DocumentError(
            [Fault(f"it cannot be opened: {reason}", "Name a file that can be read.", label)]
        ) from error
    if len(raw) > MAX_BYTES:
        raise DocumentError([Fault(f"it has more than {MAX_BYTES >> 20} MiB", "Split it into files.", label)])
    return raw


def load_bytes(raw: bytes, *, path: Path, label: str, uri: str, on_progress: OnProgress = silent) -> Source:
    """Load bytes that were fetched or read already.

    Args:
        raw: the file's bytes: UTF-8, or UTF-16 with a byte order mark.
        path: its source; the suffix decides whether it is JSON.
        label: how messages name it.
        uri: what its references are relative to.
        on_progress: called with the progress.

    Raises:
        DocumentError: as in `load`.
    """
    text = decode(raw, label)
    as_json = path.suffix.lower() == ".json"
    if not text.strip():
        raise DocumentError([Fault("it is empty", "Name an OpenAPI or Swagger document.", label)])
    data: Json = None
    # JSON has a reader of its own, which is much faster; what begins so may also be YAML in flow style.
    if as_json or text.lstrip()[0] in "{[":
        try:
            data = read_json(text, label)
        except ValueError as error:
            if as_json:
                raise DocumentError(
                    [Fault(f"invalid JSON: {error}", "Fix its syntax.", label, _line(error))]
                ) from error
            data = read_yaml(text, label, on_progress)
        else:
            as_json = True
    else:
        data = read_yaml(text, label, on_progress)
    if not isinstance(data, dict):
        raise DocumentError(
            [Fault(f"expected a mapping, found {_kind(data)}", "Name an OpenAPI or Swagger document.", label, 1)]
        )

    # Computed when a message or a report needs them.
    def lines_of() -> Mapping[str, int]:
        return JsonLines(text, data) if as_json else yaml_lines(text, label)

    return Source(path, label, uri, data, lines_of)


def decode(raw: bytes, label: str) -> str:
    """Turn a file's bytes into text.

    Raises:
        DocumentError: they are no text.
    """
    encoding = next((name for bom, name in _BOMS if raw.startswith(bom)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError([Fault("not UTF-8 text", "Name a YAML or JSON file.", label, line)]) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DocumentError([Fault("it is binary", "Name a YAML or JSON file.", label, line)])
    return text


def _line(error: ValueError) -> int | None:
    line = getattr(error, "lineno", None)
    return line if isinstance(line, int) else None


def _kind(value: Json) -> str:
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else f"the single value {str(value)[:40]!r}"


# -- JSON: keys that exist twice, numbers that it has no room for, and the lines of values

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n')
# What a line is recorded for: keys, values, and the ends of containers.
_PART = re.compile(
    r"""(?P<text>"[^"\\]*(?:\\.[^"\\]*)*")(?P<key>\s*:)?|(?P<begin>[{\[])|(?P<end>[}\]])|[^\s{}\[\],:"]+"""
)


def read_json(text: str, label: str) -> Json:
    """Parse JSON.

    Raises:
        DocumentError: a key twice in one object, or nesting without end.
        RecursionError: it is read at the end of a chain of files that is too deep.
        ValueError: it is not JSON.
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
            raise ValueError(f"{literal[:40]} is outside the range of JSON numbers")
        return value

    def integer(literal: str) -> int:
        try:
            return int(literal)
        except ValueError as error:  # its digits are more than Python reads
            raise ValueError(f"{literal[:40]} is outside the range of JSON numbers") from error

    try:
        # json states no place of a repeated key: texts with a problem are scanned again, by the slower _scan.
        data: Json = json.loads(
            text, object_pairs_hook=collect, parse_int=integer, parse_float=number, parse_constant=number
        )
        deep = too_deep(data)
    except RecursionError:
        if problems := list(_problems(text, label)):
            raise DocumentError(problems) from None
        raise  # not this file nests too deep, but those that it is put into
    if (deep or twice) and (problems := list(_problems(text, label))):
        raise DocumentError(problems)
    return data


class JsonLines(Mapping[str, int]):
    """On which line each value of a JSON text begins, by its pointer; a member's is that of its key.

    A large text has a million values, of which few are requested: two numbers a value are kept, in the text's order.

    Args:
        text: JSON without a key twice in one object.
        data: its value.
    """

    def __init__(self, text: str, data: Json) -> None:
        self._data = data
        self._lines = array("L")
        # How many values begin before the one after each.
        self._after = array("L")
        self._inner: dict[int, dict[str, int]] = {}
        self._read(text)

    def _read(self, text: str) -> None:
        line, at, keyed = 1, 0, False
        stack: list[int] = []
        for match in _PART.finditer(text):
            kind = match.lastgroup
            if kind == "end":
                self._after[stack.pop()] = len(self._lines)
                continue
            if not keyed:
                # The line of a member is that of its key, so the value after a key does not count lines.
                start = match.start()
                line += text.count("\n", at, start)
                at = start
            keyed = kind == "key"
            if not keyed:
                if kind == "begin":
                    stack.append(len(self._lines))
                self._lines.append(line)
                self._after.append(len(self._lines))

    def __getitem__(self, pointer: str) -> int:
        node, number = self._data, 0
        for token in tokens(pointer):
            number = self._members(node, number)[token]
            node = step(node, token)
        return self._lines[number]

    def _members(self, node: Json, number: int) -> Mapping[str, int]:
        if number not in self._inner:
            names = node if isinstance(node, dict) else map(str, range(len(node))) if isinstance(node, list) else ()
            members: dict[str, int] = {}
            # The first member is the value after its container; the next one begins where that ends.
            member = number + 1
            for name in names:
                members[name] = member
                member = self._after[member]
            self._inner[number] = members
        return self._inner[number]

    def __iter__(self) -> Iterator[str]:
        return (pointer for pointer, _ in placed(self._data))

    def __len__(self) -> int:
        return len(self._lines)


class _Value(NamedTuple):
    pointer: str
    line: int
    depth: int
    again: bool


@dataclass
class _Open:
    """An object (with the keys met so far) or list (without) whose end was not met yet."""

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
    """Walk the tokens of valid JSON, yielding each value with its beginning."""
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
