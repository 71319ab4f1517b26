"""Rows that were flattened out of records: their fields, which of them a filter means, their order, and counts of them.

Everything here is plain data.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from omicsdk.sandbox.gen3.service import as_list, as_object, as_text
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.search import COMPARISONS, DEEPEST, Order, every, none, some

TEXT = "text"
INTEGER = "integer"
NUMBER = "number"
NESTED = "nested"
MISSING = "no data"
"""The key under which rows without a value are counted."""
HIDDEN = -1
"""Replaces a number that would reveal too much about rows that the caller may not read."""
MOST_BUCKETS = 10_000

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
Bucket = dict[str, Any]
Inner = Mapping[str, Sequence[str]]
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


def compiled(wanted: Any, fields: Fields, without: str = "") -> Test:
    """A filter as a test.

    Args:
        wanted: The filter; None or an empty object matches all rows.
        fields: The known fields.
        without: A field whose conditions do not count; by default all do.

    Raises:
        WrongFilter: It cannot be understood.
    """
    return _compiled(wanted, fields, without, 0)


def _compiled(wanted: Any, fields: Fields, without: str, depth: int) -> Test:
    if depth > DEEPEST:
        raise WrongFilter(f"Filters nest deeper than {DEEPEST}")
    if wanted is None or wanted == {}:
        return lambda _row: True
    # As in the real service only an object's first key is used.
    word, content = _first(wanted)
    match word.lower():
        case "and" | "or":
            if not isinstance(content, list):
                raise _not_understood(word)
            tests = [_compiled(each, fields, without, depth + 1) for each in cast("list[Any]", content)]
            return some(tests) if tests and word.lower() == "or" else every(tests)
        case "nested":
            return _nested(content, fields, without, depth)
        case "search":
            keyword, names = searched(content, fields)
            return lambda row: any(keyword in str(each).lower() for name in names for each in values(row, name))
        case _:
            name, value = _first(content)
            if name == without:
                return lambda _row: True
            return _condition(word, name, value, fields)


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


def _nested(content: Any, fields: Fields, without: str, depth: int) -> Test:
    inner = dict(as_object(content))
    path = inner.pop("path", None)
    if not isinstance(path, str):
        raise _not_understood("nested")
    steps = path.split(".")
    for step in steps:
        found = fields.get(step)
        if found is None or found.kind != NESTED:
            raise WrongFilter(f'Please check your syntax for input "filter" argument: "{step}" isn\'t nested')
        fields = found.members
    test = _compiled(inner, fields, without, depth + 1)
    return lambda row: any(test(each) for each in members(row, steps))


def members(row: Row, path: Sequence[str]) -> list[Row]:
    """The objects that a row has at a path of nested fields; at no path the row itself."""
    found = [row]
    for step in path:
        found = [each for one in found for each in values(one, step)]
    return found


def searched(content: Any, fields: Fields) -> tuple[str, list[str]]:
    """The text of a search, in lower case, and its fields.

    Raises:
        WrongFilter: It has no keyword, or a field cannot be searched.
    """
    stated = as_object(content)
    keyword = stated.get("keyword")
    if not isinstance(keyword, str) or not keyword:
        raise _not_understood("search")
    text = [name for name, each in fields.items() if each.kind == TEXT]
    asked = stated.get("fields") or text
    names: list[str] = as_list(asked)
    for name in names:
        if name not in text:
            raise WrongFilter(f'Please check your syntax for input "filter" argument: "{name}" can\'t be searched')
    return keyword.lower(), names


def searches(wanted: Any) -> list[Any]:
    """The filters of the searches within a filter."""
    if not isinstance(wanted, dict) or not wanted:
        return []
    word, content = _first(wanted)
    if word.lower() in ("and", "or") and isinstance(content, list):
        return [found for each in cast("list[Any]", content) for found in searches(each)]
    return [content] if word.lower() == "search" else []


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


def _not_understood(word: str) -> WrongFilter:
    return WrongFilter(f'Please check your syntax for "{word}" in the filter argument')


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


# -- counts of rows by value, and statistics of numbers


def by_value(rows: Iterable[Row], name: str, inner: Inner | None = None, *, missing: bool = True) -> list[Bucket]:
    """Rows by their value of a field, the most frequent first.

    Args:
        rows: The rows.
        name: The field.
        inner: `termsFields`, fields whose values are counted within each value, and `missingFields`, fields of which it
            is counted how many rows of each value have none. With them rows without a value do not count.
        missing: Whether rows without a value count.
    """
    groups: dict[str, list[Row]] = {}
    without = 0
    for row in rows:
        found = {as_text(each) for each in values(row, name)}
        without += not found
        for each in found:
            groups.setdefault(each, []).append(row)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    counts = [{"key": key, "count": len(group), **_inside(group, inner or {})} for key, group in ordered]
    return [*counts, {"key": MISSING, "count": without}] if without and missing and not inner else counts


def _inside(rows: Sequence[Row], inner: Inner) -> Bucket:
    none = [{"key": None, "count": 0}]
    within: Mapping[str, Callable[[str], Bucket]] = {
        "termsFields": lambda name: {"terms": by_value(rows, name, missing=False) or none},
        "missingFields": lambda name: {"count": sum(not values(row, name) for row in rows)},
    }
    return {kind: [{"field": name, **within[kind](name)} for name in names] for kind, names in inner.items()}


def hidden(counts: list[Bucket], unseen: Iterable[Bucket], fewest: int) -> list[Bucket]:
    """Counts by value, without those of a few rows that the caller may not read.

    Args:
        counts: The counts.
        unseen: The counts of rows that one may not read.
        fewest: Smallest number of such rows that is counted.
    """
    few = {bucket["key"] for bucket in unseen if bucket["count"] < fewest}
    return [{"key": each["key"], "count": HIDDEN} if each["key"] in few else each for each in counts]


def of_numbers(
    rows: Iterable[Row], name: str, start: float | None, end: float | None, step: float | None, bins: int | None
) -> list[Bucket]:
    """Statistics of a field's numbers: of all, or of each of some ranges of the same width.

    Args:
        rows: The rows.
        name: The field.
        start: The least number that counts; None for all.
        end: The number from which on none counts; None for all.
        step: How wide the ranges are; None for one range, or `bins` of them.
        bins: Number of ranges; None, or not together with `step`.

    Raises:
        WrongFilter: The arguments make no sense.
    """
    for argument, value in (("rangeStep", step), ("binCount", bins)):
        if value is not None and value <= 0:
            raise WrongFilter(f"Invalid {argument} {value}")
    if start is not None and end is not None and start > end:
        raise WrongFilter(f"Invalid rangeStart ({start}) > rangeEnd ({end})")
    if step is not None and bins is not None:
        raise WrongFilter('Invalid to set "rangeStep" and "binCount" at same time')
    numbers = sorted(each for row in rows for each in values(row, name))
    numbers = [each for each in numbers if (start is None or each >= start) and (end is None or each < end)]
    if step is None and bins is None:
        least, most = (numbers[0], numbers[-1]) if numbers else (None, None)
        return [_statistics(numbers, [least if start is None else start, most if end is None else end])]
    if not numbers:
        return []
    first = start if start is not None else numbers[0] if bins is not None else 0
    last = end if end is not None else numbers[-1] + 1
    return _ranges(numbers, first, (last - first) / bins if bins is not None else step or 1)


def _ranges(numbers: Sequence[float], first: float, step: float) -> list[Bucket]:
    lowest, highest = (math.floor((each - first) / step) for each in (numbers[0], numbers[-1]))
    if highest - lowest >= MOST_BUCKETS:
        raise WrongFilter(f"Trying to create more than {MOST_BUCKETS} buckets: give a larger rangeStep")
    groups: dict[int, list[float]] = {}
    for each in numbers:
        groups.setdefault(math.floor((each - first) / step), []).append(each)
    return [
        _statistics(groups.get(place, []), [first + place * step, first + (place + 1) * step])
        for place in range(lowest, highest + 1)
    ]


def _statistics(numbers: Sequence[float], key: list[float | None]) -> Bucket:
    total, count = sum(numbers), len(numbers)
    return {
        "key": key,
        "min": min(numbers, default=None),
        "max": max(numbers, default=None),
        "avg": total / count if count else None,
        "sum": total,
        "count": count,
    }
