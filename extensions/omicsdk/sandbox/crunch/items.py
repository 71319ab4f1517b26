"""The django-crunch site: its operations on projects, datasets, items, attributes and statuses, and the service."""

import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Generic, TypeVar

from omicsdk.sandbox.crunch.state import DATASET, ITEM, PROJECT, Attribute, CircularMove, Crunch, Node
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.service import Invalid, Paths, Refused, framework_service, not_found, page
from omicsdk.sandbox.service import Call, Handler, Reply, Service, handlers_in, is_reading
from omicsdk.sandbox.state.database import Table

# -- operations

PAGE = 20

T = TypeVar("T")


class Resource(ABC, Generic[T]):
    """Records of one kind, and the six operations that the site has for each kind.

    Args:
        crunch: The site.
        table: Table of the items.

    Attributes:
        one: What names of operations have for one, such as dataset; their lists have an s after it.
        schema: The document's schema of one, whose fields are written.
        model: Subject of permissions, such as dataset.
        kind: Which kind of the table's rows they are; empty for all.
        order: The field that they are listed by.
        optional: Fields that need not be sent; texts may be empty then.
    """

    one = schema = model = kind = ""
    order = "place"
    optional: Sequence[str] = ()

    def __init__(self, crunch: Crunch, table: Table[T]) -> None:
        self.crunch = crunch
        self.table = table
        self.properties: Mapping[str, Any] = crunch.schemas[self.schema]["properties"]

    # -- specific to each kind

    @abstractmethod
    def find(self, call: Call) -> T | None:
        """The one that a request names; None for none."""

    @abstractmethod
    def views(self, records: Sequence[T]) -> Sequence[Mapping[str, Any]]:
        """Several as the site returns them."""

    @abstractmethod
    def readers(self, record: T | None) -> Mapping[str, drf.Reader]:
        """The readers of fields that the schema alone does not determine."""

    @abstractmethod
    def add(self, values: Mapping[str, Any]) -> T:
        """Keep a new one."""

    @abstractmethod
    def change(self, record: T, values: Mapping[str, Any]) -> T:
        """Change one."""

    @abstractmethod
    def remove(self, record: T) -> None:
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

    def fields(self, record: T | None) -> Mapping[str, drf.Field]:
        """The fields that a request may write; the site fails with 500 when it is sent what only answers have."""
        declared = drf.stated_fields(self.properties, self.optional, self.optional, self.readers(record))
        others = {name: drf.Field(_not_written) for name in ("attributes", "items") if name in self.properties}
        return {**declared, **others}

    def _list(self, call: Call) -> Reply:
        self.crunch.people.need(call)
        kind = self.kind or None

        def some(after: int, most: int) -> Sequence[Mapping[str, Any]]:
            return self.views(self.table.all(kind=kind, order=self.order, limit=most, offset=after))

        return page(call, self.table.count(kind=kind), some, PAGE)

    def _get(self, call: Call) -> Reply:
        self.crunch.people.need(call)
        return Reply(self.views([self._existing(call)])[0])

    def _write(self, call: Call, *, new: bool = False, partial: bool = False) -> Reply:
        self.crunch.people.need(call, self.model)
        # No other request may write between the check whether a name is free and its use.
        with self.crunch.context.database.transaction():
            before = None if new else self._existing(call)
            values = drf.validated(self.fields(before), drf.fields_of(call), partial=partial)
            record = self.add(values) if before is None else self.change(before, values)
            return Reply(self.views([record])[0], 201 if new else 200)

    def _delete(self, call: Call) -> Reply:
        self.crunch.people.need(call, self.model)
        with self.crunch.context.database.transaction():
            self.remove(self._existing(call))
        return Reply(status=204)

    def _existing(self, call: Call) -> T:
        return or_raise(self.find(call), not_found())


def _not_written(_value: Any) -> Any:
    raise drf.Wrong("This field can't be written here.", crashes=True)


# -- projects, datasets and items


class Items(Resource[Node]):
    """Items; projects and datasets are items, too.

    Attributes:
        parents: Which kind of record they may belong to; any where this is empty.
    """

    one = model = ITEM
    schema = "Item"
    optional = ("description", "details", "workflow", "base_file_path")
    parents = ""

    def __init__(self, crunch: Crunch) -> None:
        super().__init__(crunch, crunch.tree.nodes)
        self._plain = [name for name in self.properties if name not in ("parent", "attributes", "items")]
        self._values = attrgetter(*self._plain)

    def find(self, call: Call) -> Node | None:
        """By its slug."""
        return self.crunch.tree.find(call.arguments["slug"], self.kind)

    def views(self, records: Sequence[Node]) -> Sequence[dict[str, Any]]:
        """The fields that the schema has, of items and datasets with their attributes."""
        # At once in the interpreter: a loop over names takes twice the time, for each row of each page.
        views = [dict(zip(self._plain, self._values(record), strict=True)) for record in records]
        if "attributes" in self.properties:
            attributes = self.crunch.attributes.of_items([record.id for record in records])
            parents = {number: self.crunch.tree.slug(number) for number in {record.parent for record in records}}
            for record, view in zip(records, views, strict=True):
                view["parent"] = parents[record.parent]
                view["attributes"] = [_in_item(attribute) for attribute in attributes.get(record.id, [])]
        return views

    def readers(self, record: Node | None) -> Mapping[str, drf.Reader]:
        """A name that nothing else has, and the parent of items and datasets."""
        parent = drf.slug_reference(lambda slug: self.crunch.tree.find(slug, self.parents))
        plain = drf.text(self.properties["name"]["maxLength"])

        def name(value: Any) -> str:
            text: str = plain(value)
            if self.crunch.tree.named(text) not in (None, record and record.id):
                raise drf.Wrong("item with this name already exists.")
            return text

        return {"name": name, "parent": parent}

    def fields(self, record: Node | None) -> Mapping[str, drf.Field]:
        """Only what lost its parent has none: nothing is written so."""
        fields = {**super().fields(record)}
        fields["name"] = replace(fields["name"], blank_is_null=False)
        if "parent" in fields:
            fields["parent"] = replace(fields["parent"], required=True, null=False)
        return fields

    def add(self, values: Mapping[str, Any]) -> Node:
        """Projects belong to nothing."""
        return self.crunch.tree.add(self.kind or ITEM, values.get("parent"), values)

    def change(self, record: Node, values: Mapping[str, Any]) -> Node:
        """Another parent moves it."""
        try:
            return self.crunch.tree.change(record, values)
        except CircularMove as error:
            complaint = "A node may not be made a child of itself or of one of its descendants."
            raise Invalid({"parent": [complaint]}, crashes=True) from error

    def remove(self, record: Node) -> None:
        """With its attributes and statuses."""
        self.crunch.remove(record)


def _in_item(attribute: Attribute) -> dict[str, Any]:
    # Places are kept as texts, and items state them as numbers.
    read: Callable[[Any], Any] = float if attribute.kind == "lat-long" else lambda value: value
    return {"key": attribute.key, **{name: read(value) for name, value in attribute.content.items()}}


class Projects(Items):
    """Projects."""

    one = model = kind = PROJECT
    schema = "Project"


class Datasets(Items):
    """Datasets."""

    one = model = kind = DATASET
    schema = "Dataset"
    parents = PROJECT

    def __init__(self, crunch: Crunch) -> None:
        super().__init__(crunch)
        self._items = Items(crunch)

    def views(self, records: Sequence[Node]) -> Sequence[dict[str, Any]]:
        """Each with its items."""
        parts = self.crunch.tree.parts([record.id for record in records])
        views = super().views(records)
        part_views = list(zip(parts, self._items.views(parts), strict=True))
        return [
            {**view, "items": [part_view for part, part_view in part_views if part.parent == record.id]}
            for record, view in zip(records, views, strict=True)
        ]


# -- attributes


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of attributes.

    Attributes:
        path: What is in the address, such as filesize.
        name: What is in the names of operations, such as boolean for bool.
        schema: The document's schema of one.
        readers: The readers of values that the schema alone does not determine.
    """

    path: str
    name: str
    schema: str
    readers: Mapping[str, drf.Reader] = field(default_factory=dict[str, drf.Reader])


# All kinds, in the order in which the site lists them.
KINDS = (
    Kind("char", "char", "CharAttribute"),
    Kind("float", "float", "FloatAttribute", {"value": drf.number}),
    Kind("int", "integer", "IntegerAttribute", {"value": drf.bounded()}),
    Kind("filesize", "filesize", "FilesizeAttribute", {"value": drf.bounded(0)}),
    Kind("bool", "boolean", "BooleanAttribute"),
    Kind("url", "url", "URLAttribute"),
    Kind("lat-long", "lat_long", "LatLongAttribute", dict.fromkeys(("latitude", "longitude"), drf.degrees)),
    Kind("datetime", "datetime", "DateTimeAttribute"),
    Kind("date", "date", "DateAttribute"),
)

BY_PATH = {kind.path: kind for kind in KINDS}


class AttributesOfKind(Resource[Attribute]):
    """Attributes of one kind.

    Args:
        crunch: The site.
        kind: The kind.
    """

    order = "id"

    def __init__(self, crunch: Crunch, kind: Kind) -> None:
        self.schema = kind.schema
        super().__init__(crunch, crunch.attributes.table)
        self.kind = kind.path
        self.one = f"{kind.name}_attribute"
        self.model = self.one.replace("_", "")
        self._readers = kind.readers

    def find(self, call: Call) -> Attribute | None:
        """By its number."""
        number = drf.row_number(call.arguments["id"])
        return None if number is None else self.table.first(id=number, kind=self.kind)

    def views(self, records: Sequence[Attribute]) -> Sequence[Mapping[str, Any]]:
        """Their numbers are left out."""
        return [{"item": self.crunch.tree.slug(record.item), "key": record.key, **record.content} for record in records]

    def readers(self, record: Attribute | None) -> Mapping[str, drf.Reader]:
        """Its owner, and its value."""
        del record
        return {"item": drf.slug_reference(self.crunch.tree.find), **self._readers}

    def fields(self, record: Attribute | None) -> Mapping[str, drf.Field]:
        """Blank numbers are no numbers."""
        fields = super().fields(record)
        return {name: replace(field, blank_is_null=name == "item") for name, field in fields.items()}

    def add(self, values: Mapping[str, Any]) -> Attribute:
        """Whether all of its values are complete."""
        content = {name: value for name, value in values.items() if name not in ("item", "key")}
        return self.crunch.attributes.add(self.kind, values["item"].id, values["key"], content)

    def change(self, record: Attribute, values: Mapping[str, Any]) -> Attribute:
        """Missing fields are unchanged."""
        content = {name: values.get(name, value) for name, value in record.content.items()}
        item = values["item"].id if "item" in values else record.item
        changed = replace(record, item=item, key=values.get("key", record.key), content=content)
        self.table.put(changed)
        return changed

    def remove(self, record: Attribute) -> None:
        """Its item stays."""
        self.table.remove(id=record.id)


# -- processing


def get_next_dataset(crunch: Crunch, call: Call) -> Reply:
    """The first dataset of the site, or of a project, whose processing has not begun."""
    crunch.people.need(call)
    project = crunch.tree.find(call.arguments["slug"], PROJECT) if "slug" in call.arguments else None
    if project is None and "slug" in call.arguments:
        raise not_found()
    dataset = crunch.tree.next_dataset(project and project.id)
    if dataset is None:
        return Reply({"project": "", "dataset": ""})
    above = crunch.tree.slug(dataset.parent)
    if above is None:
        # As on the site, which fails until a user deletes or locks the dataset.
        raise Refused(500, f"The next dataset is {dataset.slug}, and its project was deleted.")
    return Reply({"project": above, "dataset": dataset.slug})


get_next_dataset_of_project = get_next_dataset


def list_statuses(crunch: Crunch, call: Call) -> Reply:
    """Pages of statuses, the oldest first."""
    crunch.people.need(call)
    return page(call, crunch.statuses.table.count(), crunch.statuses.listed, PAGE)


def send_status(crunch: Crunch, call: Call) -> Reply:
    """Keep a status; its dataset is locked from then on."""
    person = crunch.people.need(call, "status")
    sent = drf.fields_of(call)
    with crunch.context.database.transaction():
        values = drf.validated(_status_fields(crunch), sent)
        dataset = values.pop("dataset").id
        status = crunch.statuses.add(dataset, {**values, "site_user": person.id})
        crunch.tree.lock(dataset)
    return Reply(status, 201)


# A worker's descriptions of itself and of its machine, as texts.
TEXTS = ("agent_user", "version", "revision", "system", "system_release", "system_version", "machine", "hostname")
# Its addresses, as texts.
ADDRESSES = ("ip_address", "mac_address")
# A worker's measures in bytes.
AMOUNTS = ("memory_total", "memory_free", "disk_total", "disk_free")


def _status_fields(crunch: Crunch) -> dict[str, drf.Field]:
    dataset = drf.number_reference(lambda number: crunch.tree.nodes.first(id=number, kind=DATASET))
    number = drf.Field(drf.choice(1, 2, 3), required=True)
    text = drf.Field(drf.text(255, blank=True), default="")
    amount = drf.Field(drf.bounded(), null=True, default=None, blank_is_null=True)
    return {
        "dataset": drf.Field(dataset, required=True, blank_is_null=True),
        # Accepted and validated, but the caller's identity is used.
        "site_user": drf.Field(drf.number_reference(crunch.people.by_id), null=True, blank_is_null=True),
        "stage": number,
        "state": number,
        "note": drf.Field(drf.text(blank=True), default=""),
        **dict.fromkeys((*TEXTS, *ADDRESSES), text),
        **dict.fromkeys(AMOUNTS, amount),
    }


# Paths that take the suffix, too.
_LIST_PATHS = ("projects", "datasets", "items", *(f"attributes/{kind.path}" for kind in KINDS))
# The site manages its own pages below all paths of these characters that nothing else has.
_PAGES = re.compile(r"/[0-9A-Za-z_./-]*/")


def crunch_service(crunch: Crunch, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        crunch: Its state.
        document: Its OpenAPI 3.1 document.
    """
    handlers: dict[str, Handler] = handlers_in(document, crunch, sys.modules[__name__])
    kinds = [kind(crunch) for kind in (Projects, Items, Datasets)]
    for resource in (*kinds, *(AttributesOfKind(crunch, kind) for kind in KINDS)):
        handlers |= resource.handlers()
    return framework_service(
        "crunch",
        document,
        handlers,
        Paths(
            roots={"/api/": {name: name for name in _LIST_PATHS}},
            suffixed=("/api/.json", *(f"/api/{path}" for path in _LIST_PATHS)),
            pages=_PAGES,
            check_access=lambda headers: crunch.people.authentication.need(headers.get("authorization")),
        ),
        at_once=is_reading,
    )
