"""Representations of results: a short repr, and a table in notebooks. Secrets are masked, long values are shortened.

A class states its fields by `__fields__`, and its base `Displayed` renders them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Sized
from itertools import islice
from typing import Any, cast

from omicsdk.core.redaction import mask_json
from omicsdk.core.type_guards import is_array, is_object

#: Most characters of a repr, without its last brackets.
LONGEST = 300
#: Most characters of a value in a repr, of which a UUID with a version has 62, and of one in a table.
LONGEST_VALUE, LONGEST_CELL = 80, 120
#: Most rows and columns of a table of items in a notebook; the rest is counted.
MOST_ROWS, MOST_COLUMNS = 10, 6
_LEFT = '"text-align: left"'
_FEW = 5
#: Important names: their fields come first.
FIRST = (
    *("id", "uuid", "guid", "did", "object_id", "bundle_uuid", "name", "title", "username"),
    *("status", "state", "version", "size"),
)


#: Last words of the members by which an object in a list is shown, the most informative first: `projectTitle`,
#: `genus_species`.
LABELS = ("title", "name", "shortname", "label", "species", "organ", "format", "text", "id", "uuid")
_LAST_WORD = re.compile(r"[A-Z]?[a-z0-9]+$|[A-Z]+$")


class _Null:
    def __str__(self) -> str:
        return "None"


#: JSON's null, which is displayed, unlike None for a field without a value.
NULL_VALUE = _Null()


class Displayed:
    """Base of results that are represented by their fields: those of a dataclass, or of `__fields__`."""

    __slots__ = ()

    def __fields__(self) -> Iterable[tuple[str, object]]:
        """The fields with their values."""
        names: Mapping[str, Any] = getattr(self, "__dataclass_fields__", {})
        return [(name, getattr(self, name)) for name, field in names.items() if field.repr]

    def __repr__(self) -> str:
        return short_repr(type(self).__name__, self.__fields__())

    def _repr_html_(self) -> str:
        fields = ordered(self.__fields__())
        if len(fields) == 1 and isinstance(fields[0][1], Displayed):  # a page with one object
            return html_table(type(self).__name__, [(fields[0][0], fields[0][1]._repr_html_())])
        return html_table(type(self).__name__, [(name, _cell(name, value)) for name, value in fields])


def short_repr(name: str, fields: Iterable[tuple[str, object]]) -> str:
    """Return a repr of at most LONGEST characters, with the most important fields first.

    Args:
        name: The name of the class.
        fields: Names and values.
    """
    parts: list[str] = []
    left = LONGEST - len(name)
    for field, value in ordered(fields):
        text = _text(field, value, LONGEST_VALUE)
        # A service chooses the names of members that its document lacks.
        part = f"{_shortened(field, LONGEST_VALUE)}={repr(text) if isinstance(value, str) else text}"
        if len(part) + 2 > left:
            parts.append("...")
            break
        parts.append(part)
        left -= len(part) + 2
    return f"{name}({', '.join(parts)})"


def ordered(fields: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """Return the fields that have a value, the most important ones first.

    Args:
        fields: Names and values.
    """
    values = ((name, value) for name, value in fields if value is not None)
    present = (field for field in values if not isinstance(field[1], Sized) or len(field[1]))
    return sorted(present, key=lambda field: _rank(*field))


def _rank(name: str, value: object) -> int:
    """Important names first, then other identifiers; objects of which only the number is shown last."""
    if name in FIRST:
        return FIRST.index(name)
    if name.endswith(("_id", "_uuid")):
        return len(FIRST)
    is_counted = is_array(value) and bool(value) and is_object(value[0]) and not _label(name, value[0])
    return len(FIRST) + (2 if is_counted else 1)


def html_table(title: str, rows: Iterable[Sequence[str]], heads: Sequence[str] = ()) -> str:
    """Return a table for a notebook.

    Args:
        title: Its title.
        rows: Cells, as HTML; the first of a row without `heads` is its name.
        heads: Names of the columns.
    """
    head = f"<tr>{''.join(f'<th>{escape(title)}</th>' for title in heads)}</tr>" if heads else ""
    left = "td" if heads else "th"
    cells = (([left, first], *(["td", cell] for cell in others)) for first, *others in rows)
    body = "".join(f"<tr>{''.join(f'<{tag} style={_LEFT}>{cell}</{tag}>' for tag, cell in row)}</tr>" for row in cells)
    return f"<table><caption>{escape(title)}</caption>{head}{body}</table>"


def escape(text: str) -> str:
    """Return a text as HTML."""
    import html  # 2 ms, for notebooks alone

    return html.escape(text)


def _cell(name: str, value: object) -> str:
    """A value as HTML: a table where it is a list of results."""
    if is_array(value) and value and all(_fields(item) for item in value[:MOST_ROWS]):
        return _items(value)
    return escape(_text(name, value, LONGEST_CELL))


def _fields(item: object) -> Iterable[tuple[str, object]]:
    """The fields of a result or a named tuple; empty of other values."""
    return item.__fields__() if isinstance(item, Displayed) else getattr(item, "_asdict", dict[str, object])().items()


def _items(items: Sequence[object]) -> str:
    first_items = [dict(ordered(_fields(item))) for item in items[:MOST_ROWS]]
    names = [name for name, _ in ordered((name, True) for row in first_items for name in row)]
    columns = list(islice(dict.fromkeys(names), MOST_COLUMNS))
    rows = [
        [escape(_text(name, row[name], LONGEST_VALUE)) if name in row else "" for name in columns]
        for row in first_items
    ]
    more = f"<p>{len(items) - len(first_items):,} more</p>" if len(items) > len(first_items) else ""
    return html_table(f"{len(items):,} × {type(items[0]).__name__}", rows, columns) + more


def _text(name: str, value: object, longest: int) -> str:
    """Shorten a value to one line."""
    if isinstance(value, Displayed):
        text = "".join(f"{key}={_text(key, item, longest)}" for key, item in ordered(value.__fields__())[:1])
        return f"{type(value).__name__}({_shortened(text, longest)})"
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        if len(members) > _FEW or not all(isinstance(member, int | float | None) for member in members.values()):
            return f"{{{len(members):,} member{'' if len(members) == 1 else 's'}}}"
        text = ", ".join(f"{key}: {_masked(str(key), item)}" for key, item in members.items())
        return f"{{{_shortened(text, longest - 2)}}}"
    if is_array(value) or isinstance(value, tuple):
        items = cast("Sequence[object]", value)
        labels = [_label(name, item) for item in items[:_FEW]]
        if not all(labels):
            return f"[{len(items):,} × {type(items[0]).__name__}]" if items else "[]"
        more = [f"{len(items) - _FEW:,} more"] if len(items) > _FEW else []
        return f"[{_shortened(', '.join([*labels, *more]), longest - 2)}]"
    return _shortened(_masked(name, value), longest)


def _label(name: str, item: object) -> str:
    """An item of a list in a few words; empty if it has no member that tells it from others."""
    if isinstance(item, str | int | float):
        return _masked(name, item)
    item = getattr(item, "_asdict", lambda: item)()
    if not is_object(item):
        return ""
    last_words = {key: match[0].lower() for key in item if (match := _LAST_WORD.search(key)) is not None}
    for label in LABELS:
        for key, value in item.items():
            if last_words.get(key) == label:
                values: list[object] = value if is_array(value) else [value]
                if texts := [text for text in values if isinstance(text, str) and text]:
                    return ", ".join(_masked(key, text) for text in texts)
    return ""


def _masked(name: str, value: object) -> str:
    # With its name, which may be all that shows that a value is secret.
    return str(cast("dict[str, object]", mask_json({name: str(value)}))[name])


def _shortened(text: str, longest: int) -> str:
    text = text if len(text) <= longest else f"{text[: longest - 3]}..."
    # Control characters would act on the terminal that shows the repr, and break its one line.
    return "".join(c if c.isprintable() else " " for c in text)
