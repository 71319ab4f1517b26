"""Rows that were flattened out of records: their fields, the filters that select them, their order.

Everything here is plain data.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from omicsdk.sandbox.gen3.service import as_list, as_text
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.search import COMPARISONS, DEEPEST, Order, every, none, some

TEXT = "text"
INTEGER = "integer"
NUMBER = "number"
NESTED = "nested"
MISSING = "no data"
"""The key under which rows without a value are counted."""

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
_NAME = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
_INT32 = 2**31
_EQUAL = ("=", "eq", "in")
_SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


class WrongFilter(Problem):
    """A filter, or another argument of a query, that makes no sense; or, with 401, means rows that one may not read."""

    def __init__(self, title: str, status: int = 400) -> None:
        super().__init__(status, "illegal_arguments", title)

    def __str__(self) -> str:
        return self.title


@dataclass(frozen=True, slots=True)
class Field:
    """A field.

    Attributes:
        kind: text, integer, number, or nested for one that has fields itself.
        many: Whether rows may have several values of it.
        members: The fields of a nested one, by name.
    """

    kind: str
    many: bool = False
    members: "Mapping[str, Field]" = field(default_factory=dict[str, "Field"])

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in (INTEGER, NUMBER)


Fields = Mapping[str, Field]


def fields_of(rows: Iterable[Row]) -> dict[str, Field]:
    """The fields of rows, by name in alphabetical order.

    Args:
        rows: The rows.

    Raises:
        ValueError: A name cannot be one in GraphQL, or a field is nested in one row and a value in another.
    """
    found: dict[str, list[Any]] = {}
    many: set[str] = set()
    for row in rows:
        for name, value in row.items():
            found.setdefault(name, []).extend(values(row, name))
            if isinstance(value, list):
                many.add(name)
    return {name: _field(name, each, name in many) for name, each in sorted(found.items())}


def names_of(fields: Mapping[str, Field], above: str = "") -> list[str]:
    """The names of all fields, of nested ones those of their members after a dot."""
    found: list[str] = []
    for name, each in fields.items():
        found += names_of(each.members, f"{above}{name}.") if each.kind == NESTED else [f"{above}{name}"]
    return found


def values(row: Row, name: str) -> list[Any]:
    """The values that a row has of a field, without nulls."""
    return [each for each in as_list(row.get(name)) if each is not None]


def _field(name: str, found: list[Any], many: bool) -> Field:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} can't be the name of a field: letters, digits and _ only, no digit first")
    kinds = {_kind(value) for value in found}
    if NESTED in kinds:
        if len(kinds) > 1:
            raise ValueError(f"{name!r} has fields of its own in one row and is a value in another")
        return Field(NESTED, many, fields_of(found))
    if len(kinds) == 1:
        return Field(kinds.pop(), many)
    return Field(NUMBER if kinds == {INTEGER, NUMBER} else TEXT, many)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return NESTED
    if isinstance(value, bool) or not isinstance(value, int | float):
        return TEXT
    return INTEGER if isinstance(value, int) and -_INT32 <= value < _INT32 else NUMBER


# -- filters: objects that select rows, compiled to a test of rows


def compiled(wanted: Any, fields: Fields, depth: int = 0) -> Test:
    """A filter as a test.

    Args:
        wanted: The filter; None or an empty object matches all rows.
        fields: The known fields.
        depth: The number of filters around it.

    Raises:
        WrongFilter: It cannot be understood.
    """
    if depth > DEEPEST:
        raise WrongFilter(f"Filters nest deeper than {DEEPEST}")
    if wanted is None or wanted == {}:
        return lambda _row: True
    # As in the real service only an object's first key is used.
    word, content = _first(wanted)
    if word.lower() not in ("and", "or"):
        return _condition(word, *_first(content), fields)
    if not isinstance(content, list):
        raise WrongFilter(f'Please check your syntax for "{word}" in the filter argument')
    tests = [compiled(each, fields, depth + 1) for each in cast("list[Any]", content)]
    return some(tests) if tests and word.lower() == "or" else every(tests)


def _condition(word: str, name: str, value: Any, fields: Fields) -> Test:
    field = fields.get(name)
    if field is None or field.kind == NESTED:
        raise WrongFilter(f'Please check your syntax for input "filter" argument: there is no field "{name}"')
    sought = [_comparable(each, field) for each in as_list(value)]

    def among(row: Row) -> bool:
        return any(_comparable(each, field) in sought for each in values(row, name))

    lower = word.lower()
    if lower in _EQUAL:
        return among
    if lower == "!=":
        return none([among])
    compare = COMPARISONS.get(_SIGNS.get(lower, lower))
    if compare is None:
        raise WrongFilter(f'Invalid operation "{word}" in filter argument.')
    if not field.numeric or len(sought) != 1 or not isinstance(sought[0], int | float):
        raise WrongFilter(f'Invalid operation "{word}" for field "{name}" in filter argument')
    limit = sought[0]
    return lambda row: any(compare(each, limit) for each in values(row, name))


def _first(value: Any) -> tuple[str, Any]:
    if not isinstance(value, dict) or not value:
        raise WrongFilter('Please check your syntax for input "filter" argument')
    return next(iter(cast("dict[str, Any]", value).items()))


def _comparable(value: Any, field: Field) -> Any:
    """A value for comparison: numbers as numbers, everything else as text."""
    if not field.numeric:
        return as_text(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise WrongFilter(f"{value!r} isn't a number, as its field is") from None
    return value


# -- order


def orders(sort: Any, fields: Fields) -> list[Order[Row]]:
    """The sort key of rows; those without a value come last.

    Args:
        sort: Objects of a field and `asc` or `desc`, the most important first, or one object of them; None leaves them.
        fields: The known fields.

    Raises:
        WrongFilter: It cannot be understood.
    """

    def order(name: str, way: str) -> Order[Row]:
        pick = min if way == "asc" else max
        key = partial(_sort_key, name=name, numeric=fields[name].numeric, pick=pick)
        return Order(key, reverse=way == "desc")

    return [order(*each) for each in _keys(sort, fields)]


def _sort_key(row: Row, name: str, numeric: bool, pick: Callable[[list[Any]], Any]) -> Any:
    stated = [each if numeric else str(each) for each in values(row, name)]
    return pick(stated) if stated else None


def _keys(sort: Any, fields: Fields) -> list[tuple[str, str]]:
    if sort is None:
        return []
    keys: list[tuple[str, str]] = []
    for unit in as_list(sort):
        if not isinstance(unit, dict) or (isinstance(sort, list) and len(cast("dict[str, Any]", unit)) != 1):
            raise WrongFilter("Invalid sort argument")
        keys += cast("dict[str, str]", unit).items()
    for name, way in keys:
        if name not in fields or fields[name].kind == NESTED or way not in ("asc", "desc"):
            raise WrongFilter("Invalid sort argument")
    return keys


# -- counts


def by_value(rows: Iterable[Row], name: str) -> list[dict[str, Any]]:
    """Rows by their value of a field, as key and count, the most frequent first; those without a value come last."""
    counts = Counter(text for row in rows for text in {as_text(each) for each in values(row, name)} or {MISSING})
    ordered = sorted(counts.items(), key=lambda each: (each[0] == MISSING, -each[1], each[0]))
    return [{"key": key, "count": count} for key, count in ordered]
