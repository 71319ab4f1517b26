"""Parts that all kinds of objects share: their operations, lists in pages, filters of lists, representations."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeVar, cast

from omicsdk.sandbox.pangea.people import Person
from omicsdk.sandbox.pangea.state import NEW_GROUP, Pangea
from omicsdk.sandbox.pangea.store import Store, Thing, Where, below, named, with_field, with_uuid
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.refusals import Invalid, Refused, forbidden, invalid, not_found, page
from omicsdk.sandbox.service import Call, Reply

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

PAGE = 100
"""Number of objects on a page of a list."""

View = Callable[[Thing], Mapping[str, Any]]
"""Makes the JSON of an object."""
T = TypeVar("T")


class NoPage(Exception):
    """There is nothing at a path: the response is a page, as where no route is."""


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID as paths have them: in small letters, with dashes."""
    return _UUID.fullmatch(text) is not None


def found(store: Store, kind: str, uuid: str) -> Thing:
    """The object of a path.

    Raises:
        Refused: 404; it does not exist.
    """
    thing = store.find(kind, uuid)
    if thing is None:
        raise not_found()
    return thing


def newest(things: Sequence[Thing]) -> Thing:
    """The one that was changed last; of those that were in the same microsecond, the one that was made last.

    Args:
        things: At least one, in the order in which they were made.
    """
    return max(reversed(things), key=lambda each: str(each["updated_at"]))


def listed(call: Call, store: Store, kind: str, where: Sequence[Where], view: View) -> Reply:
    """The page of a list that is requested."""

    def read(start: int, size: int) -> list[Mapping[str, Any]]:
        return [view(thing) for thing in store.all(kind, *where, start=start, size=size)]

    return page(call, store.count(kind, *where), read, PAGE)


def paged(call: Call, things: Sequence[Thing], view: View) -> Reply:
    """The page that is requested of objects that are known already."""
    return page(call, len(things), lambda start, size: [view(each) for each in things[start : start + size]], PAGE)


def asked(call: Call, **fields: str) -> list[Where]:
    """Filters of a list by texts in the query; blanks around them are ignored, and so are empty ones.

    Args:
        call: The request.
        fields: Parameters, each with its field.
    """
    query = dict(call.query)
    texts = {field: query.get(name, "").strip() for name, field in fields.items()}
    return [named(text) if field == "name" else with_field(field, text) for field, text in texts.items() if text]


def asked_uuid(call: Call, name: str = "uuid") -> list[Where]:
    """A filter of a list by a UUID in the query.

    Raises:
        Invalid: It is none.
    """
    text = dict(call.query).get(name, "").strip()
    try:
        return [with_uuid(drf.canonical_uuid(text))] if text else []
    except drf.Wrong as error:
        raise invalid(name, "Enter a valid UUID.") from error


def asked_reference(call: Call, store: Store, name: str, kind: str) -> list[Where]:
    """A filter of a list by the UUID of the parent.

    Args:
        call: The request.
        store: The platform's data.
        name: The parameter.
        kind: The kind of what they belong to.

    Raises:
        Invalid: It is none, or nothing has it.
    """
    text = dict(call.query).get(name, "").strip()
    if not text:
        return []
    uuid = drf.read_as(name, drf.canonical_uuid, text)
    if store.find(kind, uuid) is None:
        raise invalid(name, "Select a valid choice. That choice is not one of the available choices.")
    return [below(uuid)]


def items(value: Any) -> list[Any]:
    """The members of a list in a body.

    Raises:
        Wrong: It is no list.
    """
    if not isinstance(value, list):
        raise drf.Wrong(f'Expected a list of items but got type "{type(value).__name__}".')
    return cast("list[Any]", value)


_DATED = ("uuid", "name", "created_at", "updated_at")
_GROUP = (*_DATED, "organization", *(name for name in NEW_GROUP if name != "has_library"))


class Views:
    """Views of objects for one response; what several objects belong to is read once.

    Args:
        store: The platform's data.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Any] = {}

    def organization(self, organization: Thing) -> dict[str, Any]:
        """An organization."""
        # Written out: `shown` takes three times as long, for each row of each page.
        return {
            "uuid": organization["uuid"],
            "name": organization["name"],
            "created_at": organization["created_at"],
            "updated_at": organization["updated_at"],
            "core_sample_group_uuid": None,
        }

    def group(self, group: Thing) -> dict[str, Any]:
        """A group, with its organization."""
        return {**shown(group, _GROUP), "organization_obj": self.of("organization", group["organization"])}

    def sample(self, sample: Thing) -> dict[str, Any]:
        """A sample, with its library."""
        return {**self.sample_alone(sample), "library_obj": self.of("sample_group", sample["library"])}

    def sample_alone(self, sample: Thing) -> dict[str, Any]:
        """A sample without its library, as in manifests."""
        return shown(sample, (*_DATED, "library", "metadata", "description"))

    def of(self, kind: str, uuid: str) -> Mapping[str, Any]:
        """The parent of an object: the organization, group or sample of a UUID."""
        views = {"organization": self.organization, "sample_group": self.group, "sample": self.sample}
        return self.once(kind, uuid, lambda: views[kind](found(self._store, kind, uuid)))

    def once(self, what: str, uuid: str, read: Callable[[], T]) -> T:
        """A function's value for a UUID, read at the first call of this response only."""
        if (what, uuid) not in self._known:
            self._known[what, uuid] = read()
        return self._known[what, uuid]


def shown(thing: Thing, names: Sequence[str]) -> dict[str, Any]:
    """Some fields of an object, in the order of their names."""
    return {name: thing[name] for name in names}


class Resource:
    """Things of one kind, and the operations that the platform has for each kind alike; an object answers one request.

    A subclass states what its kind has, and overrides what is particular to it.

    Args:
        pangea: The platform.
        call: The request.

    Attributes:
        kind: What the store calls them.
        one: What names of operations call one, as in `create_tag`; several have an s after it.
        key: The argument that has an object's UUID.
        by_name: Whether there are operations whose paths have an object's name where those of others have its UUID.
        filters: Parameters that narrow a list, each with its field.
        of: Parameters that narrow a list to what belongs to an object, each with that thing's kind.
        parent: The field that names what an object belongs to; empty for none.
        unique: Fields that no two things have alike; of those that have a parent, below one.
        new: Fields of a new object that requests do not send.
        renamed: Fields that are kept under another name.
        links: Fields that are links to other objects, each with the kind of link.
        asks: Whether the reader matters: without authentication, any caller, or logged-in users only.
        login_first: Whether an anonymous user gets 401 before a missing object gives 404.
    """

    kind = one = ""
    key = "uuid"
    by_name = False
    filters: ClassVar[Mapping[str, str]] = {"uuid": "uuid", "name": "name"}
    of: ClassVar[Mapping[str, str]] = {}
    parent = ""
    unique: Sequence[str] = ()
    new: ClassVar[Mapping[str, Any]] = {}
    renamed: ClassVar[Mapping[str, str]] = {}
    links: ClassVar[Mapping[str, str]] = {}
    asks: Literal["nobody", "anybody", "known"] = "anybody"
    login_first = True

    def __init__(self, pangea: Pangea, call: Call) -> None:
        self.pangea = pangea
        self.call = call
        self.store = pangea.store
        self.access = pangea.access

    # -- specific to each kind

    def fields(self) -> Mapping[str, drf.Field]:
        """The writable fields."""
        raise NotImplementedError

    def view(self) -> View:
        """Make the JSON of the objects of one response."""
        raise NotImplementedError

    def visible(self, person: Person | None) -> Sequence[Where]:
        """Conditions of a list beside those of the query."""
        del person
        return ()

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Whether a user may see an object."""
        del person, thing
        return True

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Whether a user may change or remove an object, or make one of these fields: of organizations, members may."""
        return self.parent != "organization" or self.access.is_member(person, thing["organization"])

    def may_create(self, person: Person, fields: Mapping[str, Any]) -> bool:
        """Whether a user may make an object of these fields."""
        return self.may_write(person, fields)

    def refusal(self, person: Person | None) -> Refused:
        """Return the error for a user who may not see or write an object."""
        return self.access.refusal(person)

    def add(self, person: Person, fields: dict[str, Any]) -> Thing:
        """Keep a new thing."""
        del person
        linked = self._without_links(fields)
        parent = fields[self.parent] if self.parent else ""
        kept = {**self.new, **fields}
        thing = self.store.add(self.kind, kept.pop("name", ""), kept, parent=parent)
        self._link(thing, linked)
        return thing

    def change(self, thing: Thing, fields: dict[str, Any]) -> Thing:
        """Change fields of an object."""
        linked = self._without_links(fields)
        changed = self.store.change(self.kind, thing["uuid"], fields, parent=fields.get(self.parent))
        self._link(changed, linked)
        return changed

    def remove(self, thing: Thing) -> None:
        """Remove an object with what belongs to it."""
        self.store.remove_tree(thing["uuid"])

    def reference(self, kind: str, *, required: bool = False, null: bool = False) -> drf.Field:
        """A field that names another thing by its UUID.

        Args:
            kind: The other thing's kind.
            required: Whether it has to be there.
            null: Whether there may be none.
        """
        read = drf.uuid_reference(lambda uuid: self.store.find(kind, uuid))
        return drf.Field(lambda value: read(value)["uuid"], required=required, null=null, blank_is_null=null)

    def references(self, kind: str) -> drf.Field:
        """A field that names other objects by a list of their UUIDs, each once."""
        read = self.reference(kind).read
        return drf.Field(lambda value: list(dict.fromkeys(read(each) for each in items(value))))

    # -- the operations

    def pages(self) -> Reply:
        """Pages of those that one may see."""
        person = self._reader()
        return listed(self.call, self.store, self.kind, [*self.asked(), *self.visible(person)], self.view())

    def create(self) -> Reply:
        """Make one."""
        person = self.access.need(self.call)
        with self.store.database.transaction():
            fields = self.sent()
            self._check_unique(fields)
            if not self.may_create(person, fields):
                what = self.one.replace("_", " ")
                article = "an" if what.startswith("s3") else "a"
                raise forbidden(f"Organization membership is required to create {article} {what}.")
            thing = self.add(person, fields)
        return Reply(self.view()(thing), 201)

    def get(self) -> Reply:
        """One."""
        person = self._reader()
        thing = self.found()
        if not self.may_see(person, thing):
            raise self.refusal(person)
        return Reply(self.view()(thing))

    def put(self) -> Reply:
        """Change one; what is required has to be sent."""
        return self._write(partial=False)

    def patch(self) -> Reply:
        """Change what is sent of one."""
        return self._write(partial=True)

    def delete(self) -> Reply:
        """Remove one."""
        with self.store.database.transaction():
            self.remove(self.writable())
        return Reply(status=204)

    # -- in parts

    def asked(self) -> Sequence[Where]:
        """The filters of the query."""
        plain = {name: field for name, field in self.filters.items() if field != "uuid"}
        references = [
            each for name, kind in self.of.items() for each in asked_reference(self.call, self.store, name, kind)
        ]
        return [*(asked_uuid(self.call) if "uuid" in self.filters else ()), *references, *asked(self.call, **plain)]

    def found(self) -> Thing:
        """The object of the path, by its UUID or its name."""
        if "name" in self.call.arguments:
            things = self.store.all(self.kind, name=self.call.arguments["name"])
            if not things:
                raise not_found()
            return things[0]
        return found(self.store, self.kind, self.call.arguments[self.key])

    def writable(self) -> Thing:
        """The object of the path, for who may change it."""
        person = self.access.need(self.call) if self.login_first else self.access.principal(self.call)
        thing = self.found()
        if not self.may_write(person, thing):
            raise self.refusal(person)
        return thing

    def sent(self, *, partial: bool = False) -> dict[str, Any]:
        """The fields that are written, as they are kept."""
        fields = drf.validated(self.fields(), drf.fields_of(self.call), partial=partial)
        return {self.renamed.get(name, name): value for name, value in fields.items()}

    def _reader(self) -> Person | None:
        if self.asks == "known":
            return self.access.need(self.call)
        return self.access.principal(self.call) if self.asks == "anybody" else None

    def _write(self, *, partial: bool) -> Reply:
        with self.store.database.transaction():
            thing = self.writable()
            fields = self.sent(partial=partial)
            self._check_unique({**thing, **fields}, but=thing["uuid"])
            changed = self.change(thing, fields)
        return Reply(self.view()(changed))

    def _check_unique(self, fields: Mapping[str, Any], but: str = "") -> None:
        if not self.unique:
            return
        names = [self.renamed.get(each, each) for each in self.unique]
        where = [with_field(each, fields[each]) for each in names if each not in ("name", self.parent)]
        name = fields["name"] if "name" in names else None
        parent = fields[self.parent] if self.parent in names else None
        if all(each["uuid"] == but for each in self.store.all(self.kind, *where, parent=parent, name=name)):
            return
        if len(self.unique) > 1:
            raise Invalid(drf.unique_together(self.unique))
        words = f"{self.kind.replace('_', ' ')} with this name already exists."
        raise invalid(self.unique[0], words if name is not None else "This field must be unique.")

    def _without_links(self, fields: dict[str, Any]) -> dict[str, list[str]]:
        return {kind: fields.pop(name) for name, kind in self.links.items() if name in fields}

    def _link(self, thing: Thing, linked: Mapping[str, list[str]]) -> None:
        for kind, others in linked.items():
            for each in self.store.linked(kind, thing["uuid"]):
                self.store.unlink(kind, thing["uuid"], each)
            for each in others:
                self.store.link(kind, thing["uuid"], each)


Function = Callable[[Pangea, Call], Reply]


def operations_of(*resources: type[Resource]) -> dict[str, Function]:
    """The functions of the operations that kinds have alike, by the operations' names."""

    def responses(resource: type[Resource], verb: str) -> Function:
        return lambda pangea, call: getattr(resource(pangea, call), verb)()

    found: dict[str, Function] = {}
    for each in resources:
        found[f"list_{each.one}s"] = responses(each, "pages")
        for verb in ("create", "get", "put", "patch", "delete"):
            found[f"{verb}_{each.one}"] = responses(each, verb)
            if each.by_name:
                found[f"{verb}_{each.one}_by_name"] = found[f"{verb}_{each.one}"]
    return found
