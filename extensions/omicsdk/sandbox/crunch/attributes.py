"""Attributes: which values each kind takes, and how they are told."""

import math
from collections.abc import Mapping
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
            raise Wrong(f"Ensure this value is less than or equal to {LARGEST}.", crashes=True)
        if found < least:
            raise Wrong(f"Ensure this value is greater than or equal to {least}.", crashes=True)
        return found

    return read


def _finite(value: Any) -> float:
    found = number(value)
    # The site stores infinities, and can't show any list that has one from then on.
    if not math.isfinite(found):
        raise Wrong("A valid number is required.", crashes=True)
    return found


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of attributes.

    Attributes:
        path: What stands in the address, such as filesize.
        name: What stands in the names of operations, such as boolean for bool.
        fields: What an attribute has beside item and key.
        numbers: Whether an item tells the values as numbers, which are stored as texts.
    """

    path: str
    name: str
    fields: Mapping[str, Field]
    numbers: bool = False

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What an item says of the values, of what is stored."""
        return {name: float(value) if self.numbers else value for name, value in values.items()}


def _value(read: Reader, **more: Any) -> Mapping[str, Field]:
    return {"value": Field(read, required=True, **more)}


_DEGREES = Field(decimal(12, 9), required=True)

KINDS = (
    Kind("char", "char", _value(text(_LONGEST))),
    Kind("float", "float", _value(_finite)),
    Kind("int", "integer", _value(whole())),
    Kind("filesize", "filesize", _value(whole(0))),
    Kind("bool", "boolean", _value(boolean, absent_in_form=False)),
    Kind("url", "url", _value(url(_LONGEST))),
    Kind("lat-long", "lat_long", {"latitude": _DEGREES, "longitude": _DEGREES}, numbers=True),
    Kind("datetime", "datetime", _value(moment)),
    Kind("date", "date", _value(day)),
)
"""All kinds, in the order in which the site lists them."""

BY_PATH = {kind.path: kind for kind in KINDS}
