"""Attributes: which values each kind takes, and how they are told and taken."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.crunch.tree import Attribute
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
    row_number,
    slug_reference,
    text,
    url,
)
from omicsdk.sandbox.service import Call
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


_LONGEST_KEY = 255


class AttributesOfKind:
    """Attributes of one kind.

    Args:
        crunch: The site.
        kind: The kind.
    """

    def __init__(self, crunch: Crunch, kind: Kind) -> None:
        self._crunch = crunch
        self._kind = kind
        self.model = kind.model
        self.one = f"{kind.name}_attribute"
        self.many = f"{kind.name}_attributes"

    def count(self) -> int:
        """How many there are."""
        return self._crunch.attributes.count(self._kind.path)

    def page(self, after: int, most: int) -> Sequence[Mapping[str, Any]]:
        """Some of them in the order of their making."""
        return [self.view(each) for each in self._crunch.attributes.listed(self._kind.path, after, most)]

    def find(self, call: Call) -> Attribute | None:
        """The one that a request names; None for none."""
        number = row_number(call.arguments["id"])
        return None if number is None else self._crunch.attributes.find(self._kind.path, number)

    def view(self, thing: Attribute) -> Mapping[str, Any]:
        """One as the site tells it: its number isn't told."""
        return {"item": thing.slug, "key": thing.key, **thing.values}

    def fields(self, thing: Attribute | None) -> Mapping[str, Field]:
        """What is written of one."""
        del thing
        item = slug_reference(self._crunch.tree.find)
        return {
            "item": Field(item, required=True, blank_is_null=True),
            "key": Field(text(_LONGEST_KEY), required=True),
            **self._kind.fields,
        }

    def add(self, values: Mapping[str, Any]) -> Attribute:
        """Keeps a new one."""
        return self._crunch.attributes.add(self._kind.path, values["item"].id, values["key"], self._values(values))

    def change(self, thing: Attribute, values: Mapping[str, Any]) -> Attribute:
        """Changes one."""
        item = values["item"].id if "item" in values else thing.item
        self._crunch.attributes.change(
            thing.id, item, values.get("key", thing.key), {**thing.values, **self._values(values)}
        )
        found = self._crunch.attributes.find(thing.kind, thing.id)
        assert found is not None
        return found

    def remove(self, thing: Attribute) -> None:
        """Removes one."""
        self._crunch.attributes.remove(thing.id)

    def _values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: values[name] for name in self._kind.fields if name in values}
