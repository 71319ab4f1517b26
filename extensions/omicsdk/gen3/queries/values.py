"""Values as the dictionary has them, where the service that answers queries gives others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.dictionary import Property
from omicsdk.gen3.queries.query import Query


def restored(row: Mapping[str, Any], query: Query) -> dict[str, Any]:
    """Gives a record with whole numbers where the dictionary has them: the service gives 3.0, and lists of texts.

    Args:
        row: The record, as a query found it.
        query: The query; without a dictionary the record stays as it is.
    """
    if query.dictionary is None:
        return dict(row)
    properties = query.dictionary.node(query.node).properties
    linked = dict(query.linked)
    return {
        name: _linked(value, linked[name]) if name in linked else _value(value, properties.get(name))
        for name, value in row.items()
    }


def _linked(value: Any, query: Query) -> Any:
    if is_array(value):
        return [restored(each, query) if is_object(each) else each for each in value]
    return restored(value, query) if is_object(value) else value


def _value(value: Any, stated: Property | None) -> Any:
    if stated is None:
        return value
    if stated.kinds == ("array",) and is_array(value):
        return [_item(each, stated.read_items_as) for each in value]
    return _item(value, "integer") if stated.kinds == ("integer",) else value


def _item(value: Any, kind: str) -> Any:
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind in ("integer", "number") and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        if math.isfinite(number):
            return int(number) if number.is_integer() else number
    return value
