"""TOML text: parsing with the place of an error, and changing one key at a time.

The standard library reads TOML and does not write it; tomlkit keeps comments and the order of the file. What it has edited
is parsed again, and if it does not state exactly the requested values (tomlkit 0.15 breaks dotted keys in inline tables),
the file is rewritten from its values: no edit can lose or alter another setting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import CORRECT_OR_MOVE, read_small
from omicsdk.core.type_guards import is_mapping, is_object

_HEADER = re.compile(r"\s*\[([^\[].*)\]\s*(?:#.*)?")
_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def parsed(text: str, path: str) -> dict[str, Any]:
    """Parse TOML.

    Args:
        text: The text.
        path: Its file, for errors.

    Raises:
        ConfigError: It is malformed; with file, line and column. Or it is nested too deeply, or has a whole number of
            thousands of digits; with the file.
    """
    import tomllib  # 5 ms, which no command without a settings file needs

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        position = _POSITION.search(what)
        # An error at the end of the document has no place; something is missing in the last line.
        line, column = (
            (int(position[1]), int(position[2])) if position and position[1] else (text.count("\n") + 1, None)
        )
        remedy = "Correct this line, or move the file away."
        raise ConfigError(
            _POSITION.sub("", what), remedy=remedy, file=path, line=line, column=column
        ) from None  # the parser's error may quote a secret
    except (ValueError, RecursionError) as error:  # of a number that Python does not convert
        what = "nested too deeply" if isinstance(error, RecursionError) else f"not usable: {error}"
        raise ConfigError(what, remedy=CORRECT_OR_MOVE, file=path) from error


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

    import tomlkit  # 20 ms, which only what writes settings or sources needs

    expected, document = tomllib.loads(text), tomlkit.parse(text)
    for values in (expected, document):
        _set(values, keys, value)
    edited = tomlkit.dumps(document)
    try:
        # As text, in which nan equals itself.
        is_exact = _as_text(tomllib.loads(edited)) == _as_text(expected)
    except tomllib.TOMLDecodeError:
        is_exact = False
    return edited if is_exact else dumped(expected)


def _as_text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, default=repr)


def in_line_ends_of(path: Path, text: str) -> str:
    """Return the new text of a file with the line ends that it has: those of Windows if it has any.

    Args:
        path: The file.
        text: Its new text, with LF line ends.
    """
    return text.replace("\n", "\r\n") if path.exists() and b"\r\n" in read_small(path) else text


def dumped(values: Mapping[str, Any]) -> str:
    """Format values as TOML.

    Args:
        values: The result of a parser of TOML.
    """
    import tomlkit

    return tomlkit.dumps(values)


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """Return the line of a key, or of the header of a table, from 1; None where it has no line to itself.

    Args:
        text: The text, valid TOML.
        keys: The names of the tables, and of the key.
    """
    lines = text.split("\n")
    line_number = _key_line(lines, keys)
    if line_number is None:
        line_number = next((number for number, names in _headers(lines) if names == tuple(keys)), None)
    return None if line_number is None else line_number + 1


def _set(values: MutableMapping[str, Any], keys: Sequence[str], value: object) -> None:
    """Set a key below some tables, which are made; None removes it, and the tables that it leaves empty."""
    name, *rest = keys
    if not rest and value is not None:
        values[name] = value
    elif not rest:
        values.pop(name, None)
    elif is_mapping(below := values.get(name)):
        _set(cast("MutableMapping[str, Any]", below), rest, value)
        if value is None and not below:
            del values[name]
    elif value is not None:
        for table in reversed(rest):
            value = {table: value}
        values[name] = value


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
