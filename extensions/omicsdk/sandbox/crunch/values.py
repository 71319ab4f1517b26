"""Kinds of attributes: which values each takes, and how they are told with an item."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.rest_framework.fields import (
    Field,
    Reader,
    Wrong,
    boolean,
    day,
    decimal,
    integer,
    moment,
    number,
    text,
    url,
)
from omicsdk.sandbox.validation import LARGEST

_SMALLEST = -LARGEST - 1

_LONGEST = 1023


def whole(least: int = _SMALLEST) -> Reader:
    """A whole number that the database takes: outside of that the site fails with 500, the sandbox says what is wrong."""

    def read(value: Any) -> int:
        found = integer(value)
        if found > LARGEST:
            raise Wrong(f"Ensure this value is less than or equal to {LARGEST}.")
        if found < least:
            raise Wrong(f"Ensure this value is greater than or equal to {least}.")
        return found

    return read


def _finite(value: Any) -> float:
    found = number(value)
    # The site stores infinities, and can't show any list that has one from then on.
    if not math.isfinite(found):
        raise Wrong("A valid number is required.")
    return found


def _same(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(values)


def _as_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: float(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of attributes.

    Attributes:
        path: What stands in the address, such as filesize.
        name: What stands in the names of operations, such as boolean for bool.
        model: What permissions are about.
        fields: What an attribute has beside item and key.
        told: Makes what an item says of the values, of what is stored.
    """

    path: str
    name: str
    model: str
    fields: Mapping[str, Field]
    told: Callable[[Mapping[str, Any]], dict[str, Any]] = _same


def _kind(path: str, read: Reader, name: str = "", *, absent_in_form: Any = None) -> Kind:
    name = name or path
    value = Field(read, required=True)
    if absent_in_form is not None:
        value = Field(read, required=True, absent_in_form=absent_in_form)
    return Kind(path, name, f"{name}attribute", {"value": value})


_DEGREES = Field(decimal(12, 9), required=True)

KINDS = (
    _kind("char", text(_LONGEST)),
    _kind("float", _finite),
    _kind("int", whole(), "integer"),
    _kind("filesize", whole(0)),
    _kind("bool", boolean, "boolean", absent_in_form=False),
    _kind("url", url(_LONGEST)),
    Kind("lat-long", "lat_long", "latlongattribute", {"latitude": _DEGREES, "longitude": _DEGREES}, told=_as_numbers),
    _kind("datetime", moment),
    _kind("date", day),
)
"""All kinds, in the order in which the site lists them."""

BY_PATH = {kind.path: kind for kind in KINDS}
