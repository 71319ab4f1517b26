"""Which rows come first."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from omicsdk.sandbox.gen3.guppy.fields import NESTED, Field, Row, values
from omicsdk.sandbox.gen3.guppy.filters import WrongFilter

LONGEST = 10_000
"""How far into the rows a query reaches; whoever wants more downloads them."""


def in_order(rows: Sequence[Row], sort: Any, fields: Mapping[str, Field]) -> list[Row]:
    """Rows in an order; those without a value come last.

    Args:
        rows: The rows.
        sort: Objects of a field and `asc` or `desc`, the most important first, or one object of them; None leaves them.
        fields: The fields that there are.

    Raises:
        WrongFilter: It can't be understood.
    """
    found = list(rows)
    for name, way in reversed(_keys(sort, fields)):
        numeric = fields[name].numeric
        pick = min if way == "asc" else max
        keyed: list[tuple[Any, Row]] = []
        without: list[Row] = []
        for row in found:
            stated = [each if numeric else str(each) for each in values(row, name)]
            if stated:
                keyed.append((pick(stated), row))
            else:
                without.append(row)
        keyed.sort(key=lambda pair: pair[0], reverse=way == "desc")
        found = [*(row for _, row in keyed), *without]
    return found


def _keys(sort: Any, fields: Mapping[str, Field]) -> list[tuple[str, str]]:
    if sort is None:
        return []
    units = cast("list[Any]", sort) if isinstance(sort, list) else [sort]
    keys: list[tuple[str, str]] = []
    for unit in units:
        if not isinstance(unit, dict) or (isinstance(sort, list) and len(cast("dict[str, Any]", unit)) != 1):
            raise WrongFilter("Invalid sort argument")
        keys += cast("dict[str, str]", unit).items()
    for name, way in keys:
        if name not in fields or fields[name].kind == NESTED or way not in ("asc", "desc"):
            raise WrongFilter("Invalid sort argument")
    return keys
