"""From a JSON answer to rows and columns, for tables and TSV. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.core.json_encoding import written
from omicsdk.core.type_guards import is_array, is_object

BRIEF = 60
"""Characters that a list or object may take in a cell for people."""


def items_of(value: Any, key: str | None) -> list[Any]:
    """The items that an answer is made of.

    Args:
        value: A JSON value.
        key: Dotted key of its list, when the document names one.

    Returns:
        The list under the key, a list's own items, or the value as the only one; nothing for null.
    """
    if is_array(value):
        return value
    if key and is_object(value):
        from omicsdk.core.paging import list_at  # what has no pages needs none of it

        found = list_at(value, key)
        return [value] if found is None else found
    return [] if value is None else [value]


def columns_of(rows: list[Any]) -> list[str]:
    """Names of all members of the rows that are objects, in the order in which they first come."""
    return list(dict.fromkeys(name for row in rows if is_object(row) for name in row))


def cells_of(row: Any, columns: list[str], text: Callable[[Any], str] | None = None) -> list[str]:
    """A row's texts: of the columns where it is an object, of its members where it is a list, else one.

    Args:
        row: A JSON value.
        columns: Names of members.
        text: Makes a cell of a value; by default `text_of`.
    """
    make = text or text_of
    if is_object(row):
        return [make(row.get(name)) for name in columns]
    return [make(member) for member in row] if is_array(row) else [make(row)]


def fitting(widths: list[int], room: int, gap: int) -> list[int]:
    """Which columns fit beside each other: each that still does, from the left; the first always.

    Args:
        widths: Characters that each column takes.
        room: Characters that there are.
        gap: Characters between two columns.

    Returns:
        The columns' numbers, in order.
    """
    chosen: list[int] = []
    taken = -gap
    for number, width in enumerate(widths):
        if not chosen or taken + gap + width <= room:
            chosen.append(number)
            taken += gap + width
    return chosen


def brief(value: Any) -> str:
    """A value as a cell's text for people: what has members is counted when it is long."""
    text = text_of(value)
    if is_array(value):
        plain = _joined(value)
        short = len(plain) <= BRIEF and not any(isinstance(item, dict | list) for item in value)
        return plain if short else f"{len(value)} items"
    return f"{len(value)} fields" if is_object(value) and len(text) > BRIEF else text


def _joined(value: list[Any]) -> str:
    return ", ".join(map(text_of, value)) if value else "none"


def text_of(value: Any) -> str:
    """A value as a cell's text: strings as they are, null as nothing, what has members as compact JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else written(value, ensure_ascii=False, separators=(",", ":"), default=str)


Part = tuple[str, Mapping[str, Any] | None, list[Any]]
"""A title, and facts by name or else rows."""


def parts_of(value: Any) -> list[Part]:
    """An answer cut into what a person can read: facts by name, and lists of objects, or long ones, as tables of their own.

    Args:
        value: A JSON value.

    Returns:
        Facts first, then the lists in the answer's order.
    """
    if not is_object(value):
        return [("", None, items_of(value, None))]
    facts: dict[str, Any] = {}
    tables: list[Part] = []
    _cut(value, "", facts, tables)
    return [("", facts, []), *tables] if facts else tables


def _cut(value: Mapping[str, Any], prefix: str, facts: dict[str, Any], tables: list[Part]) -> None:
    for name, member in value.items():
        path = f"{prefix}{name}"
        if is_object(member) and member:
            _cut(member, f"{path}.", facts, tables)
        elif is_array(member) and (any(is_object(item) for item in member) or brief(member) != _joined(member)):
            tables.append((path, None, member))
        else:
            facts[path] = member
