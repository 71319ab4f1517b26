"""Attributes of one kind as the site tells and takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.crunch.attribute_store import Attribute
from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.crunch.values import Kind
from omicsdk.sandbox.rest_framework.fields import Field, row_number, slug_reference, text
from omicsdk.sandbox.service import Call

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
