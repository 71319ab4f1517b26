"""Projects, datasets, items and attributes: their representation, and the operations that all of them have."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.crunch.tree import AMOUNTS, DATASET, ITEM, PROJECT, TEXTS, Attribute, CircularMove, Thing
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.refusals import Invalid, Refused, not_found, page
from omicsdk.sandbox.service import Call, Handler, Reply
from omicsdk.sandbox.state.database import Table
from omicsdk.sandbox.validation import LARGEST

# -- kinds of attributes

_SMALLEST = -LARGEST - 1

_LONGEST = 1023


def integer(least: int = _SMALLEST) -> drf.Reader:
    """A integer that the database takes: outside of that the site fails with 500, the sandbox states what is wrong."""

    def read(value: Any) -> int:
        found = drf.integer(value)
        if found > LARGEST:
            raise drf.Wrong(f"Ensure this value is less than or equal to {LARGEST}.", crashes=True)
        if found < least:
            raise drf.Wrong(f"Ensure this value is greater than or equal to {least}.", crashes=True)
        return found

    return read


def _finite(value: Any) -> float:
    found = drf.number(value)
    # The site stores infinities, and cannot show any list that has one from then on.
    if not math.isfinite(found):
        raise drf.Wrong("A valid number is required.", crashes=True)
    return found


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of attributes.

    Attributes:
        path: What is in the address, such as filesize.
        name: What is in the names of operations, such as boolean for bool.
        fields: What an attribute has beside item and key.
        numbers: Whether an item states the values as numbers, which are stored as texts.
    """

    path: str
    name: str
    fields: Mapping[str, drf.Field]
    numbers: bool = False

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of an item, read from storage."""
        return {name: float(value) if self.numbers else value for name, value in values.items()}


def _value(read: drf.Reader, **more: Any) -> Mapping[str, drf.Field]:
    return {"value": drf.Field(read, required=True, **more)}


_DEGREES = drf.Field(drf.decimal(12, 9), required=True)

KINDS = (
    Kind("char", "char", _value(drf.text(_LONGEST))),
    Kind("float", "float", _value(_finite)),
    Kind("int", "integer", _value(integer())),
    Kind("filesize", "filesize", _value(integer(0))),
    Kind("bool", "boolean", _value(drf.boolean, absent_in_form=False)),
    Kind("url", "url", _value(drf.url(_LONGEST))),
    Kind("lat-long", "lat_long", {"latitude": _DEGREES, "longitude": _DEGREES}, numbers=True),
    Kind("datetime", "datetime", _value(drf.datetime_)),
    Kind("date", "date", _value(drf.day)),
)
"""All kinds, in the order in which the site lists them."""

BY_PATH = {kind.path: kind for kind in KINDS}


# -- operations

PAGE = 20
"""Number of items on a page."""

T = TypeVar("T")


class Resource(ABC, Generic[T]):
    """Things of one kind, and the six operations that the site has for each kind.

    Args:
        crunch: The site.
        table: Table of the items.

    Attributes:
        one: What names of operations have for one, such as dataset; their lists have an s after it.
        model: Subject of permissions, such as dataset.
        kind: Which kind of the table's rows they are; empty for all.
        order: The field that they are listed by.
    """

    one = model = kind = ""
    order = "place"

    def __init__(self, crunch: Crunch, table: Table[T]) -> None:
        self.crunch = crunch
        self.table = table

    # -- specific to each kind

    @abstractmethod
    def find(self, call: Call) -> T | None:
        """The one that a request names; None for none."""

    @abstractmethod
    def views(self, things: Sequence[T]) -> Sequence[Mapping[str, Any]]:
        """Several as the site returns them."""

    @abstractmethod
    def fields(self, thing: T | None) -> Mapping[str, drf.Field]:
        """The fields that a request may write."""

    @abstractmethod
    def add(self, values: Mapping[str, Any]) -> T:
        """Keep a new one."""

    @abstractmethod
    def change(self, thing: T, values: Mapping[str, Any]) -> T:
        """Change one."""

    @abstractmethod
    def remove(self, thing: T) -> None:
        """Remove one; what belongs to it stays, and belongs to nothing."""

    # -- the operations

    def handlers(self) -> dict[str, Handler]:
        """Handlers of the six operations by their names."""
        return {
            f"list_{self.one}s": self._list,
            f"add_{self.one}": lambda call: self._write(call, new=True),
            f"get_{self.one}": self._get,
            f"put_{self.one}": self._write,
            f"update_{self.one}": lambda call: self._write(call, partial=True),
            f"delete_{self.one}": self._delete,
        }

    def _list(self, call: Call) -> Reply:
        self.crunch.people.need(call)
        kind = self.kind or None

        def some(after: int, most: int) -> Sequence[Mapping[str, Any]]:
            return self.views(self.table.all(kind=kind, order=self.order, limit=most, offset=after))

        return page(call, self.table.count(kind=kind), some, PAGE)

    def _get(self, call: Call) -> Reply:
        self.crunch.people.need(call)
        return Reply(self.views([self._found(call)])[0])

    def _write(self, call: Call, *, new: bool = False, partial: bool = False) -> Reply:
        self.crunch.people.need(call, self.model)
        # No other request may write between the check whether a name is free and its use.
        with self.crunch.context.database.transaction():
            there = None if new else self._found(call)
            values = drf.validated(self.fields(there), drf.fields_of(call), partial=partial)
            thing = self.add(values) if there is None else self.change(there, values)
            return Reply(self.views([thing])[0], 201 if new else 200)

    def _delete(self, call: Call) -> Reply:
        self.crunch.people.need(call, self.model)
        with self.crunch.context.database.transaction():
            self.remove(self._found(call))
        return Reply(status=204)

    def _found(self, call: Call) -> T:
        found = self.find(call)
        if found is None:
            raise not_found()
        return found


# -- projects, datasets and items

_LONGEST_PATH = 4096
_TAKEN = "item with this name already exists."
_CIRCULAR = "A node may not be made a child of itself or of one of its descendants."
_READ_ONLY = "This field can't be written here."


class Items(Resource[Thing]):
    """Items; projects and datasets are items, too.

    Attributes:
        parents: Which kind of thing they may belong to; any where this is empty.
    """

    one = model = ITEM
    parents = ""

    def find(self, call: Call) -> Thing | None:
        """By its slug."""
        return self.crunch.tree.find(call.arguments["slug"], self.kind)

    def views(self, things: Sequence[Thing]) -> Sequence[Mapping[str, Any]]:
        """The fields that all kinds have, with their attributes."""
        attributes = self.crunch.attributes.of_items([each.id for each in things])
        parents = {number: self.crunch.tree.slug(number) for number in {each.parent for each in things}}
        return [
            {
                "id": thing.id,
                "name": thing.name,
                "slug": thing.slug,
                "parent": parents[thing.parent],
                "description": thing.description,
                "details": thing.details,
                "attributes": [
                    {"key": each.key, **BY_PATH[each.kind].to_json(each.content)}
                    for each in attributes.get(thing.id, [])
                ],
            }
            for thing in things
        ]

    def fields(self, thing: Thing | None) -> Mapping[str, drf.Field]:
        """The field for the parent of items and datasets, which is required."""
        parent = drf.slug_reference(lambda slug: self.crunch.tree.find(slug, self.parents))
        # The site fails with 500 when it is sent what only answers have.
        return {
            **self.own_fields(thing),
            "parent": drf.Field(parent, required=True, blank_is_null=True),
            "attributes": drf.Field(_not_written),
        }

    def own_fields(self, thing: Thing | None) -> dict[str, drf.Field]:
        """The writable fields of all kinds."""
        return {
            "name": drf.Field(self._name(thing), required=True),
            "description": drf.Field(drf.text(_LONGEST, blank=True)),
            "details": drf.Field(drf.text(blank=True)),
        }

    def _name(self, thing: Thing | None) -> drf.Reader:
        plain = drf.text(_LONGEST)

        def read(value: Any) -> str:
            found = plain(value)
            if self.crunch.tree.named(found) not in (None, thing and thing.id):
                raise drf.Wrong(_TAKEN)
            return found

        return read

    def add(self, values: Mapping[str, Any]) -> Thing:
        """Projects belong to nothing."""
        return self.crunch.tree.add(self.kind or ITEM, values.get("parent"), values)

    def change(self, thing: Thing, values: Mapping[str, Any]) -> Thing:
        """Another parent moves it."""
        try:
            return self.crunch.tree.change(thing, values)
        except CircularMove as error:
            raise Invalid({"parent": [_CIRCULAR]}, crashes=True) from error

    def remove(self, thing: Thing) -> None:
        """With its attributes and statuses."""
        self.crunch.remove(thing)


def _project(thing: Thing) -> dict[str, Any]:
    """The JSON of a project."""
    # Written out: a loop over a list of names takes twice the time, for each row of each page.
    return {
        "id": thing.id,
        "name": thing.name,
        "slug": thing.slug,
        "description": thing.description,
        "details": thing.details,
        "workflow": thing.workflow,
    }


def _not_written(_value: Any) -> Any:
    raise drf.Wrong(_READ_ONLY, crashes=True)


class Projects(Items):
    """Projects."""

    one = model = kind = PROJECT

    def views(self, things: Sequence[Thing]) -> Sequence[Mapping[str, Any]]:
        """Without their attributes, with their workflow."""
        return [_project(each) for each in things]

    def fields(self, thing: Thing | None) -> Mapping[str, drf.Field]:
        """Also a workflow."""
        return {**self.own_fields(thing), "workflow": drf.Field(drf.text(blank=True))}


class Datasets(Items):
    """Datasets."""

    one = model = kind = DATASET
    parents = PROJECT

    def views(self, things: Sequence[Thing]) -> Sequence[Mapping[str, Any]]:
        """Each with its items."""
        parts = self.crunch.tree.parts([each.id for each in things])
        items: dict[int | None, list[Mapping[str, Any]]] = {}
        for part, view in zip(parts, super().views(parts), strict=True):
            items.setdefault(part.parent, []).append(view)
        return [
            {**view, "items": items.get(thing.id, []), "base_file_path": thing.base_file_path}
            for thing, view in zip(things, super().views(things), strict=True)
        ]

    def fields(self, thing: Thing | None) -> Mapping[str, drf.Field]:
        """Also where its files are."""
        path = drf.Field(drf.text(_LONGEST_PATH, blank=True))
        return {**super().fields(thing), "items": drf.Field(_not_written), "base_file_path": path}


# -- attributes

_LONGEST_KEY = 255


class AttributesOfKind(Resource[Attribute]):
    """Attributes of one kind.

    Args:
        crunch: The site.
        kind: The kind.
    """

    order = "id"

    def __init__(self, crunch: Crunch, kind: Kind) -> None:
        super().__init__(crunch, crunch.attributes.table)
        self.kind = kind.path
        self.one = f"{kind.name}_attribute"
        self.model = self.one.replace("_", "")
        self._values = kind.fields

    def find(self, call: Call) -> Attribute | None:
        """By its number."""
        number = drf.row_number(call.arguments["id"])
        return None if number is None else self.table.first(id=number, kind=self.kind)

    def views(self, things: Sequence[Attribute]) -> Sequence[Mapping[str, Any]]:
        """Their numbers are left out."""
        return [{"item": self.crunch.tree.slug(each.item), "key": each.key, **each.content} for each in things]

    def fields(self, thing: Attribute | None) -> Mapping[str, drf.Field]:
        """Its owner, its key, and its value."""
        del thing
        item = drf.slug_reference(self.crunch.tree.find)
        return {
            "item": drf.Field(item, required=True, blank_is_null=True),
            "key": drf.Field(drf.text(_LONGEST_KEY), required=True),
            **self._values,
        }

    def add(self, values: Mapping[str, Any]) -> Attribute:
        """Whether all of its values are complete."""
        content = {name: values[name] for name in self._values}
        return self.crunch.attributes.add(self.kind, values["item"].id, values["key"], content)

    def change(self, thing: Attribute, values: Mapping[str, Any]) -> Attribute:
        """Missing fields are unchanged."""
        content = {name: values.get(name, value) for name, value in thing.content.items()}
        item = values["item"].id if "item" in values else thing.item
        changed = Attribute(thing.id, thing.kind, item, values.get("key", thing.key), content)
        self.table.put(changed)
        return changed

    def remove(self, thing: Attribute) -> None:
        """Its item stays."""
        self.table.remove(id=thing.id)


# -- processing

_LONGEST_TEXT = 255
_CHOICES = {"1": 1, "2": 2, "3": 3}


def get_next_dataset(crunch: Crunch, call: Call) -> Reply:
    """The first dataset of the site whose processing has not begun."""
    crunch.people.need(call)
    return _next(crunch, None)


def get_next_dataset_of_project(crunch: Crunch, call: Call) -> Reply:
    """The first dataset of a project whose processing has not begun."""
    crunch.people.need(call)
    project = crunch.tree.find(call.arguments["slug"], PROJECT)
    if project is None:
        raise not_found()
    return _next(crunch, project.id)


def _next(crunch: Crunch, of: int | None) -> Reply:
    found = crunch.tree.next_dataset(of)
    if found is None:
        return Reply({"project": "", "dataset": ""})
    project = crunch.tree.slug(found.parent)
    if project is None:
        # As on the site, which fails until a user deletes or locks the dataset.
        raise Refused(500, f"The next dataset is {found.slug}, and its project was deleted.")
    return Reply({"project": project, "dataset": found.slug})


def list_statuses(crunch: Crunch, call: Call) -> Reply:
    """Pages of statuses, the oldest first."""
    crunch.people.need(call)
    return page(call, crunch.statuses.table.count(), crunch.statuses.listed, PAGE)


def send_status(crunch: Crunch, call: Call) -> Reply:
    """Keep a status; its dataset is locked from then on."""
    person = crunch.people.need(call, "status")
    sent = drf.fields_of(call)
    with crunch.context.database.transaction():
        values = drf.validated(_fields(crunch), sent)
        dataset = values["dataset"].id
        status = crunch.statuses.add(dataset, person.id, values["stage"], values["state"], values)
        crunch.tree.lock(dataset)
    return Reply(status, 201)


def _fields(crunch: Crunch) -> dict[str, drf.Field]:
    amount = drf.Field(integer(), null=True, blank_is_null=True)
    user = drf.number_reference(crunch.people.by_id)
    return {
        "dataset": drf.Field(
            drf.number_reference(lambda number: crunch.tree.things.first(id=number, kind=DATASET)),
            required=True,
            blank_is_null=True,
        ),
        # Accepted and validated, but the caller's identity is used.
        "site_user": drf.Field(user, null=True, blank_is_null=True),
        "stage": drf.Field(drf.choice(_CHOICES), required=True),
        "state": drf.Field(drf.choice(_CHOICES), required=True),
        "note": drf.Field(drf.text(blank=True)),
        **dict.fromkeys(TEXTS, drf.Field(drf.text(_LONGEST_TEXT, blank=True))),
        **dict.fromkeys(AMOUNTS, amount),
    }
