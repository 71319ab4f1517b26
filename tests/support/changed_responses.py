"""Recorded JSON with one place changed, drawn: what servers, gateways and old versions of services send in place of it."""

import itertools
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

#: Digits of a number that Python refuses to read or write as text (its limit is 4,300).
DIGITS = 5_000
_MANY_DIGITS = "\uf8ff many digits \uf8ff"
#: Lists within each other: more than Python can read, and as many as it can.
_BEYOND_DEEP, _DEEP = "\uf8ff beyond deep \uf8ff", "\uf8ff deep \uf8ff"
_LITERALS = {_MANY_DIGITS: "7" * DIGITS, _BEYOND_DEEP: "[" * 100_000, _DEEP: "[" * 700 + "]" * 700}
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 0.5, 1e308, -0.0),
    *("", " ", "0", "-1", "abc", "null", "..", "../x", "/", "a/b", "\x00", "\ud800", "\u202e", "x" * 5_000, "9" * 400),
    *(10**400, 2**80, -1.5, -(10**30), math.nan, math.inf),
    *("http://", "https://[", "drs://", "s3://", "2026-13-45T99:99:99Z", *_LITERALS),
    *([], {}, [None], [[]], [{}], {"": None}, [0, "a", None]),
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to all values in JSON, the whole first."""
    paths = [path]
    if isinstance(data, dict):
        for key, value in data.items():
            paths += places(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data[:3]):
            paths += places(value, (*path, number))
    return paths


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def _replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = _replaced(data[path[0]], path[1:], value)
    return copy


def _dropped(data: Any, path: tuple[Any, ...]) -> Any:
    holder = _at(data, path[:-1])
    kept: Any
    if isinstance(holder, dict):
        kept = {key: value for key, value in holder.items() if key != path[-1]}
    else:
        kept = [value for number, value in enumerate(holder) if number != path[-1]]
    return _replaced(data, path[:-1], kept)


def _deep(value: Any) -> Any:
    for _ in range(200):
        value = [value]
    return value


@st.composite
def changed(draw: st.DrawFn, data: Any) -> bytes:
    """Draw JSON with one value dropped, replaced by one of another type, enlarged, repeated or nested.

    Args:
        draw: Draws.
        data: The recorded JSON.

    Returns:
        The text, which may have numbers of DIGITS digits, and lists that nest deeper than Python reads.
    """
    path = draw(st.sampled_from(places(data)))
    value = _at(data, path)
    how = draw(st.sampled_from(["drop", "retype", "retype", "retype", "enlarge", "nest", "deep", "repeat"]))
    if how == "drop" and path:
        data = _dropped(data, path)
    elif how == "enlarge":
        larger = value * 1_000 if isinstance(value, str | list) else _MANY_DIGITS
        data = _replaced(data, path, larger[:20_000] if isinstance(larger, list) else larger)
    elif how == "nest":
        data = _replaced(data, path, draw(st.sampled_from([[value], {"value": value}, [value, value]])))
    elif how == "deep":
        data = _replaced(data, path, _deep(value))
    elif how == "repeat" and isinstance(value, list):
        data = _replaced(data, path, [*value, *value])
    else:
        data = _replaced(data, path, draw(st.sampled_from(_VALUES)))
    text = json.dumps(data)
    for name, literal in _LITERALS.items():
        text = text.replace(json.dumps(name), literal)
    return text.encode()


_TAG = re.compile(rb"<([A-Za-z]+)(?:\s[^<>]*)?>[^<>]*</\1>|<(Contents|CommonPrefixes|Owner|Bucket)>.*?</\2>", re.DOTALL)
_TEXTS = tuple(
    str(value).encode("utf-8", "ignore")
    for value in _VALUES
    if isinstance(value, str | int | float) and value not in _LITERALS
)


@st.composite
def changed_xml(draw: st.DrawFn, text: bytes) -> bytes:
    """Draw XML with one element dropped, repeated, nested, or of other content.

    Args:
        draw: Draws.
        text: The recorded XML.
    """
    elements = list(_TAG.finditer(text))
    if not elements:
        return draw(st.sampled_from([b"", text[: len(text) // 2], b"<x>", text * 2]))
    element = draw(st.sampled_from(elements))
    name = element[1] or element[2]
    how = draw(st.sampled_from(["drop", "repeat", "nest", "content", "content", "content", "digits"]))
    new = {
        "drop": b"",
        "repeat": element[0] * 2,
        "nest": b"<%s>%s</%s>" % (name, element[0], name),
        "digits": b"<%s>%s</%s>" % (name, b"7" * DIGITS, name),
    }.get(how)
    if new is None:
        content = draw(st.sampled_from(_TEXTS)).replace(b"<", b"&lt;").replace(b"\x00", b"\x01")
        new = b"<%s>%s</%s>" % (name, content, name)
    return text[: element.start()] + new + text[element.end() :]


@st.composite
def changed_cells(draw: st.DrawFn, text: str) -> bytes:
    """Draw a text of rows with one cell or one line dropped, repeated, swapped, or of other content.

    Args:
        draw: Draws.
        text: The text: a table, or a list of words.
    """
    lines = text.splitlines()
    at = draw(st.integers(0, len(lines) - 1))
    cells = re.split(r"([\t, =]+)", lines[at])
    cell = 2 * draw(st.integers(0, len(cells) // 2))
    how = draw(st.sampled_from(["cell", "cell", "cell", "digits", "drop", "line dropped", "line repeated", "quote"]))
    if how == "line dropped":
        del lines[at]
    elif how == "line repeated":
        lines.insert(at, lines[at])
    else:
        other = (
            "" if how == "drop" else "7" * DIGITS if how == "digits" else f'"{cells[cell]}' if how == "quote" else None
        )
        cells[cell] = draw(st.sampled_from(_TEXTS)).decode() if other is None else other
        lines[at] = "".join(cells)
    return "\n".join(lines).encode("utf-8", "surrogatepass") + b"\n"


#: Of the changes at each place, some twelve, every fifth is tried where tests repeat: others at each place. A search tries all.
STEP = 5


def each_replaced(data: Any) -> Iterator[Any]:
    """Return JSON with its values in turn dropped, and replaced by one of each other type, alone and in lists and objects."""
    is_search = settings.default is not None and not settings.default.derandomize
    return itertools.islice(_replacements(data), 0, None, 1 if is_search else STEP)


def _replacements(data: Any) -> Iterator[Any]:
    for path in places(data):
        if path:
            yield _dropped(data, path)
        value = _at(data, path)
        for other in (None, True, 5, -1, "x", [], {}, [value], [None], [[]], {"x": value}):
            if type(other) is not type(value) or other != value:
                yield _replaced(data, path, other)
