"""TOML text: parsing with the place of an error, and changing one key at a time.

The standard library reads TOML and does not write it. A change edits the lines of one key, so that comments and the
order of the file survive; the edited text is parsed again, and if it does not state exactly the requested values (keys
with dots, inline tables, values of several lines), the file is rewritten from its values: no edit can lose or alter
another setting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from typing import Any, cast

from omicsdk.core.errors import ConfigError
from omicsdk.core.type_guards import is_array, is_object

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = re.compile(r"\s*\[([^\[].*)\]\s*(?:#.*)?")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def parsed(text: str, path: str) -> dict[str, Any]:
    """Parse TOML.

    Args:
        text: The text.
        path: Its file, for errors.

    Raises:
        ConfigError: It is malformed; with file, line and column.
    """
    import tomllib  # 5 ms, which no command without a settings file needs

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        position = _PLACE.search(what)
        # An error at the end of the document has no place; something is missing in the last line.
        line, column = (
            (int(position[1]), int(position[2])) if position and position[1] else (text.count("\n") + 1, None)
        )
        remedy = "Correct this line, or move the file away."
        raise ConfigError(
            _PLACE.sub("", what), remedy=remedy, file=path, line=line, column=column
        ) from None  # the parser's error may quote a secret


def changed(text: str, keys: Sequence[str], value: object) -> str:
    """Set or remove one key.

    Args:
        text: The file's text, valid TOML.
        keys: The names of the tables, then the key.
        value: The value; None removes the key, and the tables that it leaves empty.

    Returns:
        The text with this change and no other.
    """
    import tomllib

    expected = tomllib.loads(text)
    if value is None:
        _remove(expected, keys)
    else:
        _table(expected, keys[:-1])[keys[-1]] = value
    # By lines first: no parser of the standard library keeps comments and the order of tables.
    edited = _edited(text, keys, value)
    # Edited lines keep comments. Where they do not give the expected values, as with inline tables and long texts, all is written again.
    try:
        is_exact = tomllib.loads(edited) == expected
    except tomllib.TOMLDecodeError:
        is_exact = False
    return edited if is_exact else dumped(expected)


def dumped(values: Mapping[str, Any]) -> str:
    """Format values as TOML.

    Args:
        values: The result of a parser of TOML.
    """
    return "\n".join(_tables(values, ())).lstrip("\n") + "\n" if values else ""


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """Return the line of a key, or of the header of a table, from 1; None where it has no line to itself.

    Args:
        text: The text, valid TOML.
        keys: The names of the tables, and of the key.
    """
    lines = text.splitlines()
    line_number = _key_line(lines, keys)
    if line_number is None:
        line_number = next((number for number, names in _headers(lines) if names == tuple(keys)), None)
    return None if line_number is None else line_number + 1


def _table(values: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    for name in names:
        values = values.setdefault(name, {})
    return values


def _remove(values: dict[str, Any], keys: Sequence[str]) -> None:
    if len(keys) == 1:
        values.pop(keys[0], None)
    elif is_object(below := values.get(keys[0])):
        _remove(below, keys[1:])
        if not below:
            del values[keys[0]]


def _edited(text: str, keys: Sequence[str], value: object) -> str:
    """Return the text with the lines of one key changed; the caller checks the result."""
    lines = text.splitlines()
    at = _key_line(lines, keys)
    header = next((number for number, names in _headers(lines) if names == tuple(keys[:-1])), None)
    assignment = f"{_key(keys[-1])} = {_value(value)}"
    if value is None:
        if at is not None:
            del lines[at]
        # A header alone would define an empty table.
        if header is not None and not _has_keys(lines, header):
            del lines[header]
    elif at is not None:
        lines[at] = assignment + _comment(lines[at])
    elif header is not None:
        lines.insert(header + 1, assignment)
    elif len(keys) == 1:
        lines.insert(0, assignment)  # before every table, where top-level keys are
    else:
        gap = [""] if lines and lines[-1].strip() else []
        lines += [*gap, f"[{'.'.join(map(_key, keys[:-1]))}]", assignment]
    return "\n".join(lines) + "\n" if lines else ""


def _headers(lines: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Return the lines that are a table's header, with its names."""
    import tomllib

    for number, line in enumerate(lines):
        if _HEADER.fullmatch(line) is None:
            continue
        try:
            node: object = tomllib.loads(line)
        except tomllib.TOMLDecodeError:  # a line of a long text, or [[an array of tables]]
            continue
        names: list[str] = []
        while is_object(node) and node:
            names.append(next(iter(node)))
            node = node[names[-1]]
        yield number, tuple(names)


def _key_line(lines: Sequence[str], keys: Sequence[str]) -> int | None:
    headers = [(-1, ()), *_headers(lines)]
    for index, (number, names) in enumerate(headers):
        if names == tuple(keys[:-1]):
            end = headers[index + 1][0] if index + 1 < len(headers) else len(lines)
            quoted = re.escape(json.dumps(keys[-1], ensure_ascii=False))
            # Bare or quoted: both are the same key.
            key = re.compile(rf"\s*(?:{re.escape(keys[-1])}|{quoted})\s*=")
            return next((at for at in range(number + 1, end) if key.match(lines[at])), None)
    return None


def _has_keys(lines: Sequence[str], header: int) -> bool:
    for line in lines[header + 1 :]:
        if line.strip().startswith("["):
            return False
        if line.strip():  # a comment stays below its header
            return True
    return False


def _comment(line: str) -> str:
    """Return the comment at the end of a line, with the spaces before it."""
    import tomllib

    for match in re.finditer(r"\s*#", line):
        try:
            tomllib.loads(line[: match.start()])
        except tomllib.TOMLDecodeError:  # the mark is within a text
            continue
        return line[match.start() :]
    return ""


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    # JSON's escapes are valid in TOML, except for DEL, which JSON does not escape.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, date | time):  # a datetime is a date, too
        return value.isoformat()
    if is_array(value):
        return f"[{', '.join(map(_value, value))}]"
    if is_object(value):
        inner = ", ".join(f"{_key(name)} = {_value(below)}" for name, below in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return repr(value)  # whole numbers and floats, nan and inf among them, are written alike


def _tables(values: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    below = {name: value for name, value in values.items() if is_object(value)}
    plain_values = {name: value for name, value in values.items() if name not in below}
    if names and (plain_values or not below):
        yield f"\n[{'.'.join(map(_key, names))}]"
    for name, value in plain_values.items():
        yield f"{_key(name)} = {_value(value)}"
    for name, value in below.items():
        yield from _tables(cast("Mapping[str, Any]", value), (*names, name))
