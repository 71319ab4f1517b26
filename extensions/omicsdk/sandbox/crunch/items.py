"""Projects, datasets and items as the site tells and takes them, and the operations that all kinds of things have."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from omicsdk.sandbox.crunch.attributes import BY_PATH
from omicsdk.sandbox.crunch.state import Crunch, People
from omicsdk.sandbox.crunch.tree import DATASET, ITEM, PROJECT, CircularMove, Thing
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, Reader, Wrong, slug_reference, text, validated
from omicsdk.sandbox.rest_framework.refusals import Invalid, not_found, page
from omicsdk.sandbox.service import Call, Handler, Reply
from omicsdk.sandbox.state.database import Database

PAGE = 20
"""How many things a page has."""

T = TypeVar("T")


class Things(Protocol[T]):
    """Things of one kind, as the operations need them.

    Attributes:
        model: What permissions are about, such as dataset.
        one: What names of operations have for one, such as dataset.
        many: The same for several.
    """

    model: str
    one: str
    many: str

    def count(self) -> int:
        """How many there are."""
        ...

    def page(self, after: int, most: int) -> Sequence[Mapping[str, Any]]:
        """Some of them as the site tells them, in order."""
        ...

    def find(self, call: Call) -> T | None:
        """The one that a request names; None for none."""
        ...

    def view(self, thing: T) -> Mapping[str, Any]:
        """One as the site tells it."""
        ...

    def fields(self, thing: T | None) -> Mapping[str, Field]:
        """What is written of a new one, or of one that is there."""
        ...

    def add(self, values: Mapping[str, Any]) -> T:
        """Keeps a new one."""
        ...

    def change(self, thing: T, values: Mapping[str, Any]) -> T:
        """Changes one."""
        ...

    def remove(self, thing: T) -> None:
        """Removes one."""
        ...


class _Operations(Generic[T]):
    def __init__(self, things: Things[T], people: People, database: Database) -> None:
        self._things = things
        self._people = people
        self._database = database

    def list(self, call: Call) -> Reply:
        self._people.need(call)
        return page(call, self._things.count(), self._things.page, PAGE)

    def add(self, call: Call) -> Reply:
        self._people.need(call, self._things.model)
        sent = fields_of(call)
        # Between the look whether a name is free and the taking of it nobody else may write.
        with self._database.transaction():
            thing = self._things.add(validated(self._things.fields(None), sent))
            return Reply(self._things.view(thing), 201)

    def get(self, call: Call) -> Reply:
        self._people.need(call)
        return Reply(self._things.view(self._found(call)))

    def put(self, call: Call) -> Reply:
        return self._change(call, partial=False)

    def update(self, call: Call) -> Reply:
        return self._change(call, partial=True)

    def _change(self, call: Call, *, partial: bool) -> Reply:
        self._people.need(call, self._things.model)
        with self._database.transaction():
            thing = self._found(call)
            values = validated(self._things.fields(thing), fields_of(call), partial=partial)
            return Reply(self._things.view(self._things.change(thing, values)))

    def delete(self, call: Call) -> Reply:
        self._people.need(call, self._things.model)
        with self._database.transaction():
            self._things.remove(self._found(call))
        return Reply(status=204)

    def _found(self, call: Call) -> T:
        found = self._things.find(call)
        if found is None:
            raise not_found()
        return found


def six_operations(things: Things[T], people: People, database: Database) -> dict[str, Handler]:
    """Handlers of the six operations by their names.

    Args:
        things: What they are about.
        people: Who may ask.
        database: Where the things are kept.
    """
    operations = _Operations(things, people, database)
    return {
        f"list_{things.many}": operations.list,
        f"add_{things.one}": operations.add,
        f"get_{things.one}": operations.get,
        f"put_{things.one}": operations.put,
        f"update_{things.one}": operations.update,
        f"delete_{things.one}": operations.delete,
    }


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
            raise Invalid({"parent": [_CIRCULAR]}, crashes=True) from error

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
    raise Wrong(_READ_ONLY, crashes=True)
