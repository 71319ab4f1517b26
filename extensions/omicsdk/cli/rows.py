"""Convert JSON responses to rows and columns for tables and TSV. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, count

from omicsdk.core.json_text import written
from omicsdk.core.rows import check_columns, columns_of, member
from omicsdk.core.type_guards import is_array, is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Maximum width of a list or object in a table cell.
BRIEF = 60


def items_of(value: Any, items: list[Any] | None) -> list[Any]:
    """Return the items of a response.

    Args:
        value: A JSON value.
        items: Its items, if they are known.

    Returns:
        These, a list's own items, or the value as the only one; nothing for null.
    """
    if items is not None:
        return items
    return value if is_array(value) else [] if value is None else [value]


# Most important columns of a service's items without declared columns; the others follow in the response's order.
_FIRST = "id uuid did guid key name file_name email status state type size created_on"
FIRST = tuple(_FIRST.split())


def ranked(columns: list[str], rows: Sequence[Any], declared: Sequence[str] = ()) -> list[str]:
    """Return the columns of a table, the most important first, so that the least important are hidden if space is short.

    Args:
        columns: Names of members.
        rows: JSON values.
        declared: Those that matter most.
    """
    filled = {name for row in rows if is_object(row) for name, cell in row.items() if cell not in (None, "", [], {})}
    rank = {name: number for number, name in enumerate(declared)}
    return sorted(columns, key=lambda name: (name not in filled, name == "href", rank.get(name, len(rank))))


def picked(rows: list[Any], names: Sequence[str]) -> list[Any]:
    """Return rows with only the given members, in that order.

    Args:
        rows: JSON values.
        names: Names of members, or dotted paths.

    Raises:
        UsageError: No row has one of them.
    """
    if rows:
        check_columns(names, columns_of(rows))
    return [{name: member(row, name) for name in names} for row in rows]


def text_of(value: Any) -> str:
    """Return a value as a cell: strings unchanged, null as empty text, lists and objects as compact JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else written(value, ensure_ascii=False, separators=(",", ":"), default=str)


def cells_of(row: Any, columns: list[str], text: Callable[[Any], str] = text_of) -> list[str]:
    """Return the texts of a row: of the columns if it is an object, of its members if it is a list, else one.

    Args:
        row: A JSON value.
        columns: Names of members.
        text: Converts a value to a cell.
    """
    if is_object(row):
        return [text(row.get(name)) for name in columns]
    return [text(part) for part in row] if is_array(row) else [text(row)]


def fitting(widths: list[int], room: int, gap: int) -> list[int]:
    """Select the columns that fit beside each other, from the left; always the first.

    Args:
        widths: Characters of each column.
        room: Available characters.
        gap: Characters between two columns.

    Returns:
        The columns' numbers, in order.
    """
    chosen: list[int] = []
    used = -gap
    for number, width in enumerate(widths):
        if not chosen or used + gap + width <= room:
            chosen.append(number)
            used += gap + width
    return chosen


def brief(value: Any) -> str:
    """Return a value as a table cell: long lists and objects are counted."""
    text = text_of(value)
    if is_array(value):
        plain = _joined(value)
        short = len(plain) <= BRIEF and not any(isinstance(item, dict | list) for item in value)
        return plain if short else f"{len(value)} items"
    return f"{len(value)} fields" if is_object(value) and len(text) > BRIEF else text


def _joined(value: list[Any]) -> str:
    return ", ".join(map(text_of, value)) if value else "none"


# A title, and facts by name or else rows.
Part = tuple[str, "Mapping[str, Any] | None", "list[Any]"]


def parts_of(value: Any) -> list[Part]:
    """Split a response for display: facts by name, and lists of objects or long lists as separate tables.

    Args:
        value: A JSON value.

    Returns:
        Facts first, then the lists in the response's order.
    """
    if not is_object(value):
        return [("", None, items_of(value, None))]
    facts: dict[str, Any] = {}
    tables: list[Part] = []
    _cut(value, "", facts, tables)
    return [("", facts, []), *tables] if facts else tables


def _cut(value: Mapping[str, Any], prefix: str, facts: dict[str, Any], tables: list[Part]) -> None:
    for name, part in value.items():
        path = f"{prefix}{name}"
        if is_object(part) and part:
            _cut(part, f"{path}.", facts, tables)
        elif is_array(part) and (any(is_object(item) for item in part) or brief(part) != _joined(part)):
            tables.append((path, None, part))
        else:
            names = chain([path], (f"{path} {number}" for number in count(2)))  # a name with a dot may equal a path
            facts[next(name for name in names if name not in facts)] = part
