"""Projects, datasets and items as the site tells and takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.crunch.tree import DATASET, ITEM, PROJECT, CircularMove, Thing
from omicsdk.sandbox.crunch.values import BY_PATH
from omicsdk.sandbox.rest_framework.fields import Field, Reader, Wrong, slug_reference, text
from omicsdk.sandbox.rest_framework.refusals import invalid
from omicsdk.sandbox.service import Call

_LONGEST = 1023
_LONGEST_PATH = 4096
_TAKEN = "item with this name already exists."
_CIRCULAR = "A node may not be made a child of itself or of one of its descendants."
_READ_ONLY = "This field can't be written here."


class Projects:
    """Projects.

    Args:
        crunch: The site.
    """

    model, one, many = PROJECT, "project", "projects"

    def __init__(self, crunch: Crunch) -> None:
        self._crunch = crunch

    def count(self) -> int:
        """How many there are."""
        return self._crunch.tree.count(PROJECT)

    def page(self, after: int, most: int) -> Sequence[Mapping[str, Any]]:
        """Some of them in the order of the tree."""
        return [self.view(each) for each in self._crunch.tree.listed(PROJECT, after, most)]

    def find(self, call: Call) -> Thing | None:
        """The one that a request names."""
        return self._crunch.tree.find(call.arguments["slug"], PROJECT)

    def view(self, thing: Thing) -> Mapping[str, Any]:
        """One as the site tells it."""
        names = ("id", "name", "slug", "description", "details", "workflow")
        return {name: getattr(thing, name) for name in names}

    def fields(self, thing: Thing | None) -> Mapping[str, Field]:
        """What is written of one."""
        return {**_own_fields(self._crunch, thing), "workflow": Field(text(blank=True))}

    def add(self, values: Mapping[str, Any]) -> Thing:
        """Keeps a new one."""
        return self._crunch.tree.add(PROJECT, None, values)

    def change(self, thing: Thing, values: Mapping[str, Any]) -> Thing:
        """Changes one."""
        return self._crunch.tree.change(thing, values)

    def remove(self, thing: Thing) -> None:
        """Removes one; its datasets stay, and belong to nothing."""
        self._crunch.remove(thing)


class Items:
    """Items; projects and datasets are items, too.

    Args:
        crunch: The site.
    """

    model, one, many = ITEM, "item", "items"
    kind = ""
    parents = ""
    """Which kind of thing they may belong to; any where this is empty."""

    def __init__(self, crunch: Crunch) -> None:
        self._crunch = crunch

    def count(self) -> int:
        """How many there are."""
        return self._crunch.tree.count(self.kind)

    def page(self, after: int, most: int) -> Sequence[Mapping[str, Any]]:
        """Some of them in the order of the tree."""
        return self.views(self._crunch.tree.listed(self.kind, after, most))

    def find(self, call: Call) -> Thing | None:
        """The one that a request names."""
        return self._crunch.tree.find(call.arguments["slug"], self.kind)

    def view(self, thing: Thing) -> Mapping[str, Any]:
        """One as the site tells it."""
        return self.views([thing])[0]

    def views(self, things: Sequence[Thing]) -> Sequence[Mapping[str, Any]]:
        """Several as the site tells them."""
        return item_views(self._crunch, things)

    def fields(self, thing: Thing | None) -> Mapping[str, Field]:
        """What is written of one."""
        tree = self._crunch.tree
        parent = slug_reference(lambda slug: tree.find(slug, self.parents))
        # The site fails with 500 when it is sent what only answers have.
        return {
            **_own_fields(self._crunch, thing),
            "parent": Field(parent, required=True, blank_is_null=True),
            "attributes": Field(_not_written),
        }

    def add(self, values: Mapping[str, Any]) -> Thing:
        """Keeps a new one."""
        return self._crunch.tree.add(self.kind or ITEM, values["parent"], values)

    def change(self, thing: Thing, values: Mapping[str, Any]) -> Thing:
        """Changes one."""
        try:
            return self._crunch.tree.change(thing, values)
        except CircularMove as error:
            raise invalid("parent", _CIRCULAR) from error

    def remove(self, thing: Thing) -> None:
        """Removes one; what belongs to it stays, and belongs to nothing."""
        self._crunch.remove(thing)


class Datasets(Items):
    """Datasets."""

    model, one, many = DATASET, "dataset", "datasets"
    kind = DATASET
    parents = PROJECT

    def views(self, things: Sequence[Thing]) -> Sequence[Mapping[str, Any]]:
        """Several as the site tells them, each with its items."""
        parts = self._crunch.tree.parts([each.id for each in things])
        items: dict[int | None, list[Mapping[str, Any]]] = {}
        for part, view in zip(parts, item_views(self._crunch, parts), strict=True):
            items.setdefault(part.parent, []).append(view)
        return [
            {**view, "items": items.get(thing.id, []), "base_file_path": thing.base_file_path}
            for thing, view in zip(things, item_views(self._crunch, things), strict=True)
        ]

    def fields(self, thing: Thing | None) -> Mapping[str, Field]:
        """What is written of one."""
        path = Field(text(_LONGEST_PATH, blank=True))
        return {**super().fields(thing), "items": Field(_not_written), "base_file_path": path}


def item_views(crunch: Crunch, things: Sequence[Thing]) -> list[Mapping[str, Any]]:
    """Things as items: what all kinds of them have, with their attributes."""
    attributes = crunch.attributes.of_items([each.id for each in things])
    return [
        {
            "id": thing.id,
            "name": thing.name,
            "slug": thing.slug,
            "parent": thing.parent_slug,
            "description": thing.description,
            "details": thing.details,
            "attributes": [
                {"key": each.key, **BY_PATH[each.kind].told(each.values)} for each in attributes.get(thing.id, [])
            ],
        }
        for thing in things
    ]


def _own_fields(crunch: Crunch, thing: Thing | None) -> dict[str, Field]:
    return {
        "name": Field(_name(crunch, thing), required=True),
        "description": Field(text(_LONGEST, blank=True)),
        "details": Field(text(blank=True)),
    }


def _name(crunch: Crunch, thing: Thing | None) -> Reader:
    plain = text(_LONGEST)

    def read(value: Any) -> str:
        found = plain(value)
        owner = crunch.tree.named(found)
        if owner is not None and (thing is None or owner != thing.id):
            raise Wrong(_TAKEN)
        return found

    return read


def _not_written(_value: Any) -> Any:
    raise Wrong(_READ_ONLY)
