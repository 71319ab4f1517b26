"""Filters: objects that say which rows are meant, compiled to a test of rows."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from omicsdk.sandbox.gen3.guppy.fields import NESTED, TEXT, Field, Row, values

Test = Callable[[Row], bool]
Fields = Mapping[str, Field]

DEEPEST = 30
"""How deep filters may nest."""
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys((">", "gt"), operator.gt),
    **dict.fromkeys((">=", "gte"), operator.ge),
    **dict.fromkeys(("<", "lt"), operator.lt),
    **dict.fromkeys(("<=", "lte"), operator.le),
}
_EQUAL = ("=", "eq")


class WrongFilter(Exception):
    """A filter, or another argument of a query, that makes no sense."""


def compiled(wanted: Any, fields: Fields, without: str = "") -> Test:
    """A filter as a test.

    Args:
        wanted: The filter; None or an empty object is met by all rows.
        fields: The fields that there are.
        without: A field whose conditions don't count; by default all do.

    Raises:
        WrongFilter: It can't be understood.
    """
    return _unit(wanted, fields, without, 0)


def _unit(wanted: Any, fields: Fields, without: str, depth: int) -> Test:
    if depth > DEEPEST:
        raise WrongFilter(f"Filters nest deeper than {DEEPEST}")
    if wanted is None or wanted == {}:
        return lambda _row: True
    # As in the real service only an object's first key counts.
    word, content = _first(wanted)
    match word.lower():
        case "and" | "or":
            if not isinstance(content, list):
                raise _not_understood(word)
            tests = [_unit(each, fields, without, depth + 1) for each in cast("list[Any]", content)]
            together = all if word.lower() == "and" else any
            return lambda row: not tests or together(test(row) for test in tests)
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
    sought = [_comparable(each, field) for each in (cast("list[Any]", value) if isinstance(value, list) else [value])]

    def among(row: Row) -> bool:
        return any(_comparable(each, field) in sought for each in values(row, name))

    lower = word.lower()
    if lower in (*_EQUAL, "in"):
        return among
    if lower == "!=":
        return lambda row: not among(row)
    compare = _COMPARISONS.get(lower)
    if compare is None:
        raise WrongFilter(f'Invalid operation "{word}" in filter argument.')
    if not field.numeric or len(sought) != 1 or not isinstance(sought[0], int | float):
        raise WrongFilter(f'Invalid operation "{word}" for field "{name}" in filter argument')
    limit = sought[0]
    return lambda row: any(compare(each, limit) for each in values(row, name))


def _nested(content: Any, fields: Fields, without: str, depth: int) -> Test:
    if not isinstance(content, dict) or not isinstance(cast("dict[str, Any]", content).get("path"), str):
        raise _not_understood("nested")
    inner = dict(cast("dict[str, Any]", content))
    steps: list[str] = inner.pop("path").split(".")
    for step in steps:
        found = fields.get(step)
        if found is None or found.kind != NESTED:
            raise WrongFilter(f'Please check your syntax for input "filter" argument: "{step}" isn\'t nested')
        fields = found.members
    test = _unit(inner, fields, without, depth + 1)
    return lambda row: any(test(each) for each in members(row, steps))


def members(row: Row, path: Sequence[str]) -> list[Row]:
    """The objects that a row has at a path of nested fields; at no path the row itself."""
    found = [row]
    for step in path:
        found = [each for one in found for each in values(one, step)]
    return found


def searched(content: Any, fields: Fields) -> tuple[str, list[str]]:
    """What a search looks for, in lower case, and in which fields.

    Raises:
        WrongFilter: It has no keyword, or a field can't be searched.
    """
    stated = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    keyword = stated.get("keyword")
    if not isinstance(keyword, str) or not keyword:
        raise _not_understood("search")
    text = [name for name, each in fields.items() if each.kind == TEXT]
    asked = stated.get("fields") or text
    names = [asked] if isinstance(asked, str) else cast("list[str]", asked)
    for name in names:
        if name not in text:
            raise WrongFilter(f'Please check your syntax for input "filter" argument: "{name}" can\'t be searched')
    return keyword.lower(), names


def searches(wanted: Any) -> list[Any]:
    """What the searches within a filter say."""
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
    """A value as it is compared: numbers as numbers, all else as text."""
    if not field.numeric:
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise WrongFilter(f"{value!r} isn't a number, as its field is") from None
    return value


def _not_understood(word: str) -> WrongFilter:
    return WrongFilter(f'Please check your syntax for "{word}" in the filter argument')
