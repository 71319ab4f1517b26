"""Queries to the explorer's service as text: GraphQL made of the documented arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from omicsdk.gen3.errors import Gen3UserError

ACCESSIBILITY = ("all", "accessible", "unaccessible")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A selection that the caller has written out, such as "visits { id }".
_SELECTION = re.compile(r"[\s\w{},():\"\[\]$.-]+")


def filter_of(filters: Mapping[str, Any] | None, filter_object: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The filter that is meant.

    Args:
        filters: Values that fields must have, all of them.
        filter_object: A filter as the service has it.

    Raises:
        Gen3UserError: Both are given.
    """
    if filters and filter_object:
        raise Gen3UserError("filters and filter_object exclude each other", remedy="Give one of them.")
    if not filters:
        return filter_object
    return {"AND": [{"=": {name: value}} for name, value in filters.items()]}


def records_query(
    data_type: str,
    fields: Iterable[str],
    first: int | None,
    offset: int | None,
    accessibility: str | None,
    variables: Sequence[str],
) -> str:
    """A query for records.

    Args:
        data_type: What they are records of.
        fields: What is wanted of each; what is within others is written with dots.
        first: How many at most.
        offset: How many are passed over.
        accessibility: Whose: all, accessible or unaccessible ones.
        variables: Arguments that come as variables of their names: filter, sort.

    Raises:
        Gen3UserError: A name can't be one.
    """
    arguments = [f"{name}: {int(value)}" for name, value in (("first", first), ("offset", offset)) if value is not None]
    arguments += [f"{name}: ${name}" for name in variables]
    if accessibility:
        arguments.append(f"accessibility: {_accessibility(accessibility)}")
    bound = f" ({', '.join(arguments)})" if arguments else ""
    stated = ", ".join(f"${name}: JSON" for name in variables)
    head = f"query({stated}) " if stated else ""
    return f"{head}{{ {checked(data_type, 'data type')}{bound} {{ {selection(fields)} }} }}"


def checked(name: str, what: str) -> str:
    """A name that stands in a query as it is.

    Raises:
        Gen3UserError: It can't be one.
    """
    if not _NAME.fullmatch(name):
        raise Gen3UserError(f"{name!r} is no {what}", remedy="Give a name of letters, digits and underscores.")
    return name


def selection(fields: Iterable[str]) -> str:
    """The fields of a query; `a.b` becomes `a { b }`.

    Raises:
        Gen3UserError: There is none, or one can't be a field.
    """
    tree: dict[str, Any] = {}
    written: list[str] = []
    for field in fields:
        if "{" in field and _is_whole(field):
            written.append(field)
            continue
        level = tree
        for name in field.split("."):
            level = level.setdefault(checked(name, "field"), {})
    pieces = [*_written(tree), *written]
    if not pieces:
        raise Gen3UserError("There are no fields to ask for", remedy="Give fields=, such as ['submitter_id'].")
    return " ".join(pieces)


def _is_whole(written: str) -> bool:
    """Whether a selection that is written out ends what it begins, and nothing else."""
    depths = list(accumulate((mark == "{") - (mark == "}") for mark in written))
    return bool(_SELECTION.fullmatch(written)) and min(depths) >= 0 and depths[-1] == 0


def _written(tree: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in tree.items():
        yield f"{name} {{ {' '.join(_written(inner))} }}" if inner else name


def _accessibility(value: str) -> str:
    if value not in ACCESSIBILITY:
        raise Gen3UserError(f"{value!r} is no accessibility", remedy=f"Give one of {', '.join(ACCESSIBILITY)}.")
    return value


def sort_of(given: Mapping[str, str] | Sequence[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """What records are sorted by, as the service has it: a field and asc or desc each.

    Args:
        given: The same, or one object of all fields.

    Raises:
        Gen3UserError: There is another order than these.
    """
    entries = [given] if isinstance(given, Mapping) else (given or ())
    found = [{field: way.lower()} for entry in entries for field, way in entry.items()]
    wrong = next((way for entry in found for way in entry.values() if way not in ("asc", "desc")), None)
    if wrong is not None:
        raise Gen3UserError(f"{wrong!r} is no order", remedy="Give asc or desc.")
    return found
