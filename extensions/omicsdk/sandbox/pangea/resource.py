"""Kinds of objects as declarations, and the operations that the platform has for each kind alike."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, cast

from omicsdk.sandbox.pangea.state import FROM_GROUP, Pangea
from omicsdk.sandbox.pangea.store import Record, Store, Where, below, named, with_field, with_uuid
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.service import NO_FIELD, Refused, forbidden, invalid, not_found, page
from omicsdk.sandbox.service import Call, Reply

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

PAGE = 100


class NoPage(Exception):
    """There is nothing at a path: the response is a page, as where no route is."""


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID as paths have them: in small letters, with dashes."""
    return _UUID.fullmatch(text) is not None


def existing(store: Store, kind: str, uuid: str) -> Record:
    """The object of a path.

    Raises:
        Refused: 404; it does not exist.
    """
    return or_raise(store.find(kind, uuid), not_found())


def newest(records: Sequence[Record]) -> Record:
    """The one that was changed last; of those that were in the same microsecond, the one that was made last.

    Args:
        records: At least one, in the order in which they were made.
    """
    return max(reversed(records), key=lambda record: str(record["updated_at"]))


def paged(call: Call, records: Sequence[Record], view: Callable[[Record], Mapping[str, Any]]) -> Reply:
    """The page that is requested of objects that are known already."""
    return page(
        call, len(records), lambda start, size: [view(record) for record in records[start : start + size]], PAGE
    )


def items(value: Any) -> list[Any]:
    """The members of a list in a body.

    Raises:
        Wrong: It is no list.
    """
    if not isinstance(value, list):
        raise drf.Wrong(f'Expected a list of items but got type "{type(value).__name__}".')
    return cast("list[Any]", value)


def shown(record: Record, names: Sequence[str]) -> dict[str, Any]:
    """Some fields of an object, in the order of their names."""
    return {name: record[name] for name in names}


# The resources by what the store calls their records.
KINDS: dict[str, type["Resource"]] = {}


class Resource:
    """Records of one kind, and the operations that the platform has for each kind alike; an object answers one request.

    A subclass states what its kind has, and overrides what is particular to it. Its fields are those of its schema in the
    platform's document.

    Args:
        pangea: The platform.
        call: The request.
        views: The JSON of objects that others belong to, which is made once for a response.

    Attributes:
        person: The caller; None for an anonymous one.
        kind: What the store calls them.
        one: What names of operations call one, as in `create_tag`; several have an s after it.
        schema: The document's schema of one.
        key: The argument that has an object's UUID.
        by_name: Whether there are operations whose paths have an object's name where those of others have its UUID.
        filters: Parameters that narrow a list, each with its field.
        of: Parameters that narrow a list to what belongs to an object, each with that record's kind.
        parent: The field that names what an object belongs to; empty for none.
        unique: Fields that no two records have alike; of those that have a parent, below one.
        new: Fields of a new object that requests need not send; texts that are empty at first may be sent as such.
        filled: Texts that are empty at first, and may not be sent as such.
        references: Fields that name another record by its UUID, each with that record's kind; they are null when it was removed.
        links: Fields that are links to other objects, each with the kind of link and that of the objects.
        renamed: Fields that are kept under another name.
        asks: Whether the reader matters: without authentication, any caller, or logged-in users only.
        login_first: Whether an anonymous user gets 401 before a missing object gives 404.
    """

    kind = one = schema = ""
    key = "uuid"
    by_name = False
    filters: ClassVar[Mapping[str, str]] = {"uuid": "uuid", "name": "name"}
    of: ClassVar[Mapping[str, str]] = {}
    parent = ""
    unique: Sequence[str] = ()
    new: ClassVar[Mapping[str, Any]] = {}
    filled: Sequence[str] = ()
    references: ClassVar[Mapping[str, str]] = {}
    links: ClassVar[Mapping[str, tuple[str, str]]] = {}
    renamed: ClassVar[Mapping[str, str]] = {}
    asks: Literal["nobody", "anybody", "known"] = "anybody"
    login_first = True

    def __init__(self, pangea: Pangea, call: Call, views: dict[tuple[str, ...], Any] | None = None) -> None:
        self.pangea = pangea
        self.call = call
        self.store = pangea.store
        self.access = pangea.access
        self.person: Record | None = None
        self.views = {} if views is None else views
        self._properties: Mapping[str, Any] = pangea.schemas[self.schema]["properties"]
        self._plain = [
            (name, self.renamed.get(name, name))
            for name, property_schema in self._properties.items()
            if not name.endswith("_obj") and not property_schema.get("writeOnly")
        ]
        named = [(f"{name}_obj", name, kind) for name, kind in self.references.items()]
        self._objects = [entry for entry in named if entry[0] in self._properties]
        self._nullable = [
            (name, kind)
            for view_name, name, kind in named
            if view_name not in self._properties and "null" in self._properties[name]["type"]
        ]

    def __init_subclass__(cls) -> None:
        """Note what the store calls these records."""
        KINDS[cls.kind] = cls

    # -- specific to each kind

    def computed(self, record: Record) -> Mapping[str, Any]:
        """Members of an object's JSON that are not kept with it."""
        del record
        return {}

    def visible(self) -> Sequence[Where]:
        """Conditions of a list beside those of the query: of what is in groups, those that the caller may see."""
        return [self.access.visible(self.person, self.kind)] if self.kind in FROM_GROUP else []

    def may_see(self, record: Record) -> bool:
        """Whether the caller may see an object: of what is in groups, also who may change it."""
        is_visible = self.kind not in FROM_GROUP or self.access.may_see(self.person, self.kind, record["uuid"])
        return is_visible or self.may_write(record)

    def may_write(self, record: Mapping[str, Any]) -> bool:
        """Whether the caller may change or remove an object, or make one of these fields: of what has a parent, members may."""
        return not self.parent or self.access.may_write(
            self.call, self.person, record.get("uuid") or record[self.parent]
        )

    def refusal(self) -> Refused:
        """Return the error for a caller who may not see or write an object."""
        return self.access.refusal(self.person)

    def cleaned(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Fields that were sent as they are kept."""
        return fields

    def add(self, fields: dict[str, Any]) -> Record:
        """Keep a new record."""
        linked = self._without_links(fields)
        values = {**self.new, **fields}
        parent = fields[self.parent] if self.parent else ""
        record = self.store.add(self.kind, values.pop("name", ""), values, parent=parent)
        self._link(record, linked)
        return record

    def change(self, record: Record, fields: dict[str, Any]) -> Record:
        """Change fields of an object."""
        linked = self._without_links(fields)
        changed = self.store.change(self.kind, record["uuid"], fields, parent=fields.get(self.parent))
        self._link(changed, linked)
        return changed

    def remove(self, record: Record) -> None:
        """Remove an object with what belongs to it."""
        self.store.remove_tree(record["uuid"])

    # -- what the declarations state

    def fields(self) -> Mapping[str, drf.Field]:
        """The writable fields."""
        readers = {name: self.reference(kind) for name, kind in self.references.items()}
        readers |= {name: _each(self.reference(kind)) for name, (_, kind) in self.links.items()}
        optional = {*self.new, *self.links}
        blank = {name for name in self.new if self.new[name] in ("", None) and name not in self.filled}
        return drf.stated_fields(self._properties, optional, blank, readers)

    def reference(self, kind: str) -> drf.Reader:
        """The reader of a field that names a record of a kind by its UUID."""
        read = drf.uuid_reference(lambda uuid: self.store.find(kind, uuid))
        return lambda value: read(value)["uuid"]

    def view(self, record: Record) -> dict[str, Any]:
        """The JSON of an object."""
        get = record.get
        view = {name: get(source) for name, source in self._plain}
        for name, (link, _) in self.links.items():
            view[name] = [*self.store.linked(link, record["uuid"])]
        for name, kind in self._nullable:
            view[name] = view[name] if self.store.find(kind, view[name] or "") else None
        for name, field, kind in self._objects:
            view[name] = self.view_of(kind, record[field])
            if view[name] is None:
                view[field] = None
        return {**view, **self.computed(record)}

    def view_of(self, kind: str, uuid: str | None) -> Any:
        """The JSON of an object that others belong to; None where there is none of a UUID."""

        def view() -> Any:
            record = self.store.find(kind, uuid) if uuid else None
            return record and self.another(kind).view(record)

        return self.once((kind, uuid or ""), view)

    def once(self, key: tuple[str, ...], read: Callable[[], Any]) -> Any:
        """A function's value, read at the first call with a key of this response only."""
        if key not in self.views:
            self.views[key] = read()
        return self.views[key]

    def another(self, kind: str) -> "Resource":
        """The resource of another kind, for the same response."""
        return KINDS[kind](self.pangea, self.call, self.views)

    # -- the operations

    def pages(self) -> Reply:
        """Pages of those that one may see."""
        self._authenticate_reader()
        return self.listed(*self.requested(), *self.visible())

    def listed(self, *where: Where) -> Reply:
        """The page that is requested of those for which conditions hold."""

        def read(start: int, size: int) -> list[Mapping[str, Any]]:
            return [self.view(record) for record in self.store.all(self.kind, *where, start=start, size=size)]

        return page(self.call, self.store.count(self.kind, *where), read, PAGE)

    def create(self) -> Reply:
        """Make one."""
        self.person = self.access.need(self.call)
        with self.store.database.transaction():
            fields = self.sent()
            self._check_unique(fields)
            if not self.may_write(fields):
                what = self.one.replace("_", " ")
                article = "an" if what.startswith("s3") else "a"
                raise forbidden(f"Organization membership is required to create {article} {what}.")
            record = self.add(fields)
        return Reply(self.view(record), 201)

    def get(self) -> Reply:
        """One."""
        self._authenticate_reader()
        record = self.record()
        if not self.may_see(record):
            raise self.refusal()
        return Reply(self.view(record))

    def put(self, *, partial: bool = False) -> Reply:
        """Change one; what is required has to be sent."""
        with self.store.database.transaction():
            record = self.writable()
            fields = self.sent(partial=partial)
            self._check_unique({**record, **fields}, but=record["uuid"])
            return Reply(self.view(self.change(record, fields)))

    def patch(self) -> Reply:
        """Change what is sent of one."""
        return self.put(partial=True)

    def delete(self) -> Reply:
        """Remove one."""
        with self.store.database.transaction():
            self.remove(self.writable())
        return Reply(status=204)

    # -- in parts

    def requested(self) -> Sequence[Where]:
        """The filters of the query; blanks around values are ignored, and so are empty ones."""
        query = {name: value.strip() for name, value in self.call.query if value.strip()}
        where = [self._below(name, kind, query[name]) for name, kind in self.of.items() if name in query]
        for name, field in self.filters.items():
            if name in query and field == "uuid":
                try:
                    where.append(with_uuid(drf.canonical_uuid(query[name])))
                except drf.Wrong as error:
                    raise invalid(name, "Enter a valid UUID.") from error
            elif name in query:
                where.append(named(query[name]) if field == "name" else with_field(field, query[name]))
        return where

    def _below(self, name: str, kind: str, text: str) -> Where:
        uuid = drf.read_as(name, drf.canonical_uuid, text)
        if self.store.find(kind, uuid) is None:
            raise invalid(name, "Select a valid choice. That choice is not one of the available choices.")
        return below(uuid)

    def record(self) -> Record:
        """The object of the path, by its UUID or its name."""
        if "name" not in self.call.arguments:
            return existing(self.store, self.kind, self.call.arguments[self.key])
        records = self.store.all(self.kind, name=self.call.arguments["name"])
        if not records:
            raise not_found()
        return records[0]

    def writable(self) -> Record:
        """The object of the path, for who may change it."""
        self.person = self.access.need(self.call) if self.login_first else self.access.principal(self.call)
        record = self.record()
        if not self.may_write(record):
            raise self.refusal()
        return record

    def sent(self, *, partial: bool = False) -> dict[str, Any]:
        """The fields that are written, as they are kept."""
        fields = drf.validated(self.fields(), drf.fields_of(self.call), partial=partial)
        return self.cleaned({self.renamed.get(name, name): value for name, value in fields.items()})

    def _authenticate_reader(self) -> None:
        if self.asks == "known":
            self.person = self.access.need(self.call)
        elif self.asks == "anybody":
            self.person = self.access.principal(self.call)

    def _check_unique(self, fields: Mapping[str, Any], but: str = "") -> None:
        if not self.unique:
            return
        names = [self.renamed.get(name, name) for name in self.unique]
        where = [with_field(name, fields[name]) for name in names if name not in ("name", self.parent)]
        name = fields["name"] if "name" in names else None
        parent = fields[self.parent] if self.parent in names else None
        if all(record["uuid"] == but for record in self.store.all(self.kind, *where, parent=parent, name=name)):
            return
        if len(self.unique) > 1:
            raise invalid(NO_FIELD, f"The fields {', '.join(self.unique)} must make a unique set.")
        message = f"{self.kind.replace('_', ' ')} with this name already exists."
        raise invalid(self.unique[0], message if name is not None else "This field must be unique.")

    def _without_links(self, fields: dict[str, Any]) -> dict[str, list[str]]:
        return {link: fields.pop(name) for name, (link, _) in self.links.items() if name in fields}

    def _link(self, record: Record, linked: Mapping[str, list[str]]) -> None:
        for link, others in linked.items():
            for uuid in self.store.linked(link, record["uuid"]):
                self.store.unlink(link, record["uuid"], uuid)
            for uuid in others:
                self.store.link(link, record["uuid"], uuid)


def _each(read: drf.Reader) -> drf.Reader:
    """The reader of a list whose members are read by another one, each once."""
    return lambda value: list(dict.fromkeys(read(item) for item in items(value)))


Function = Callable[[Pangea, Call], Reply]


def operations_of(*resources: type[Resource]) -> dict[str, Function]:
    """The functions of the operations that kinds have alike, by the operations' names."""

    def responses(resource: type[Resource], verb: str) -> Function:
        return lambda pangea, call: getattr(resource(pangea, call), verb)()

    functions: dict[str, Function] = {}
    for resource_class in resources:
        functions[f"list_{resource_class.one}s"] = responses(resource_class, "pages")
        for verb in ("create", "get", "put", "patch", "delete"):
            functions[f"{verb}_{resource_class.one}"] = responses(resource_class, verb)
            if resource_class.by_name:
                functions[f"{verb}_{resource_class.one}_by_name"] = functions[f"{verb}_{resource_class.one}"]
    return functions
