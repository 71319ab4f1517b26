"""Base of all resources of the platform: lazy fields, edits, ids, equality, and their Api."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast
from uuid import UUID

from omicsdk.compat.sevenbridges._arguments import value_text
from omicsdk.compat.sevenbridges.errors import ResourceNotModified, SbgError, SettingsError, ValidationError, as_ours
from omicsdk.compat.sevenbridges.meta._argument_docs import complete
from omicsdk.compat.sevenbridges.meta.changes import changes, copied, rebased, same
from omicsdk.compat.sevenbridges.meta.fields import Field, text, typed
from omicsdk.core.type_guards import is_mapping

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api
    from omicsdk.core.request import Request


T = TypeVar("T")


class Resource:
    """A resource of the platform: its JSON object, with a field for each known member.

    A missing field is requested when it is read, once per object; edits are kept. Setting one sends nothing. `field()` reads
    without a request. `Resource(api=..., **members)` creates one.

    Methods that send requests raise SbgError, such as NotFound, if the platform responds with an error.
    """

    _path: ClassVar[str] = ""  # what operations on one call its id; owner and name by a slash between them
    _calls: ClassVar[Mapping[str, str]] = {}  # the operations that get, list, update and delete one, by that verb

    _API: ClassVar[Api | None] = None  # of the class that an Api creates
    _key: ClassVar[str] = "id"  # the member that distinguishes objects
    _members: ClassVar[dict[str, Field[Any]]] = {}  # the fields by the platform's names

    def __init_subclass__(cls, path: str = "", calls: str = "", key: str = "") -> None:
        super().__init_subclass__()
        cls._path, cls._key = path or cls._path, key or cls._key
        verbs = {call.replace("remove", "delete").partition("_")[0]: call for call in calls.split()}
        cls._calls = {**cls._calls, **verbs}
        members = (member for base in reversed(cls.__mro__) for member in vars(base).values())
        cls._members = {member.name: member for member in members if isinstance(member, Field)}
        if cls.__module__.startswith("omicsdk."):  # not a program's own subclass
            complete(vars(cls).values())

    def __init__(self, **kwargs: Any) -> None:
        api = kwargs.pop("api", None)
        self._api: Api | None = api if api is not None else type(self)._API
        self._start(kwargs)

    @classmethod
    def of(cls, data: Mapping[str, Any] | None, api: Api | None) -> Self:
        """Create an object from what the platform returned."""
        instance = cls.__new__(cls)
        instance._api = api
        instance._start(dict(typed(instance, "", data, is_mapping) or {}))
        return instance

    def _start(self, data: dict[str, Any]) -> None:
        # Lists are long, and most objects are only read: the two share a dictionary until something is written.
        self._old = data  # never changed: `field` returns copies of mutable values
        self._data = data
        self._assigned: frozenset[str] = frozenset()
        self._parts: dict[str, tuple[Any, Any]] | None = None
        self._fetched = False

    # -- which Api

    @classmethod
    def _from_operation(cls, api: Api | None, operation: str, **arguments: Any) -> Self:
        """Return the resource that an operation returns; arguments as for `request_of`, the Api as for `_client`."""
        api = cls._client(api)
        return cls.of(api.call_object(request_of(api, operation, **arguments)), api)

    @classmethod
    def _client(cls, api: Api | None = None) -> Api:
        """The Api of a call: the one that is given, else the one whose attribute this class is."""
        bound_api = api if api is not None else cls._API
        if bound_api is None:
            name = cls.__name__
            remedy = f"Use the Api's own attribute, or pass api=, as in {name}.get(..., api=api)."
            raise SettingsError(f"{name} is not bound to an Api", remedy=remedy)
        return bound_api

    @property
    def api(self) -> Api:
        """The Api that it came from; a SettingsError if it was created without one."""
        return self._api if self._api is not None else self._client()

    @property
    def api_or_none(self) -> Api | None:
        """The Api that it came from, None if it was made without one."""
        return self._api

    # -- fields

    def field(self, name: str) -> Any:
        """Return a member's JSON value without a request, None if missing. Changes of a dictionary or list are edits."""
        value: Any = self._data.get(name)
        # The caller may change it, which is found by comparison with `_old`: that keeps a value of its own.
        if isinstance(value, dict | list) and value is self._old.get(name):
            value = copied(value)
            self.adopt(name, value)
        return cast("Any", value)

    def look_up(self, name: str) -> Any:
        """Return a member's JSON value, with a request if it is missing and none was sent before."""
        value: Any = self._data.get(name)
        if value is not None and not isinstance(value, dict | list):  # most reads, of long lists
            return value
        # As the published client does: one request has all fields, and a field that it lacks is None from then on.
        if name not in self._data and not self._fetched:
            request = self._request()
            if request is not None:
                self._take_over(self.api.call_object(request))
        return self.field(name)

    def edit(self, name: str, value: Any) -> None:
        """Put a value in a member's place; later changes of the caller's own dictionary or list are not edits."""
        self.adopt(name, copied(value))
        self._assigned |= {name}

    def adopt(self, name: str, value: Any) -> None:
        """Put another object of the same value in a member's place; no edit."""
        if self._data is self._old:
            self._data = dict(self._old)
        self._data[name] = value

    def part(self, name: str, value: Any, make: Callable[[], T]) -> T:
        """Return what `make` makes of a member's JSON value: the same object as long as the value is the same."""
        parts = self._parts = self._parts or {}
        cached = parts.get(name)
        if cached is None or not same(cached[0], value):
            cached = parts[name] = (copied(value), make())
        return cached[1]

    @classmethod
    def _path_arguments(cls, reference: object) -> dict[str, str]:
        """Return the path arguments of operations on a resource, or on an id."""
        owner, _, name = cls._path.partition("/")
        if name:
            return dict(zip((owner, name), _owned(reference, cls._path), strict=True))
        return {owner: identifier(reference, cls._key)} if owner else {}

    def _request(self) -> Request | None:
        """Return the request that reloads it; None without such an operation."""
        href, api = self._data.get("href"), self._api
        if api is None:
            return None
        if "get" in self._calls and (self._data.get(self._key) or not self._path):
            return request_of(api, self._calls["get"], **self._path_arguments(self))
        return linked_request(href, f"get {type(self).__name__}") if href and isinstance(href, str) else None

    def _take_over(self, payload: dict[str, Any]) -> None:
        """Update with what the platform returned, and keep edits and returned values that can still be edited."""
        edited, data = self.changes(), dict(self._data)
        for name, value in payload.items():
            current, old = self._data.get(name), self._old.get(name)
            if name in self._assigned:
                continue
            if isinstance(current, dict) and current is not old and isinstance(value, dict):
                rebased(cast("dict[str, Any]", old or {}), cast("dict[str, Any]", current), copied(value))
            elif name not in edited:
                data[name] = _placed(current, old, value)
        self._old, self._data = {**self._old, **payload}, data
        self._fetched = True

    # -- edits

    def changes(self) -> dict[str, Any]:
        """Return the unsaved edits as they are sent; see `meta.changes`."""
        names = [name for name, field in self._members.items() if not field.read_only]
        return changes(self._old, self._data, names, self._assigned)

    def update_old(self) -> None:
        """Take what is here for what the platform has."""
        # A copy: edits within dictionaries and lists are found by comparing with it.
        self._old = copied(self._data)
        self._assigned = frozenset[str]()

    def _settled(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Merge a response into the dictionaries and lists that were handed out, which remain part of this object."""
        return {name: _placed(self._data.get(name), self._old.get(name), value) for name, value in payload.items()}

    def _saved(self, payload: dict[str, Any], inplace: bool) -> Self:
        """Return the result of `save`: this object, updated from the response, or a new object."""
        if not inplace:
            return type(self).of({**copied(self._data), **payload}, self._api)
        self._data = {**self._data, **self._settled(payload)}
        self.update_old()
        return self

    def _acted(self, payload: dict[str, Any], inplace: bool) -> Self:
        """Return the result of an action such as `run`: this object, updated with edits kept, or a new object."""
        if not inplace:
            return type(self).of(payload, self._api)
        self._take_over(payload)
        return self

    def _changed(self) -> dict[str, Any]:
        """Return the body of `save`; a ResourceNotModified if nothing was edited."""
        changed = self.changes()
        if not changed:
            raise ResourceNotModified
        return changed

    def reload(self) -> Self:
        """Get all of it from the platform; what was edited and not saved is lost."""
        payload = self._fetch()
        self._data, self._old = self._settled(payload), payload
        self._assigned, self._fetched = frozenset[str](), True
        return self

    def _refresh(self) -> None:
        """Get all of it from the platform; what was edited stays edited."""
        self._take_over(self._fetch())

    def _fetch(self) -> dict[str, Any]:
        request = self._request()
        if request is None:
            name = f"{type(self).__name__} {self._data.get(self._key)!r}"
            remedy = "Get it again, by its id or from a list."
            raise SbgError(f"{name} cannot be reloaded: its URL is unknown", remedy=remedy)
        return self.api.call_object(request)

    def delete(self) -> None:
        """Delete it; an SbgError if the platform has no operation for it."""
        if "delete" not in self._calls:
            remedy = "Contact the platform's support."
            raise SbgError(f"{self!r} cannot be deleted: the platform has no operation for it", remedy=remedy)
        self.api.send(request_of(self.api, self._calls["delete"], **self._path_arguments(self)))

    # -- as objects

    @classmethod
    def _resource(cls) -> builtins.type:
        """The class that all Apis' classes of this kind come from."""
        # Each Api has subclasses with its `_API`; the published client has one class, so objects of two Apis
        # can be equal.
        return next(base for base in cls.__mro__ if "_API" not in vars(base) or base is Resource)

    def deepcopy(self) -> Self:
        """An independent copy, edits included."""
        duplicate = type(self).__new__(type(self))
        vars(duplicate).update(vars(self), _data=deepcopy(self._data), _parts=None)
        return duplicate

    def __copy__(self) -> Self:
        return self.deepcopy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.deepcopy()

    def __reduce__(self) -> tuple[Any, ...]:
        # Without its Api, which has a token.
        return object.__new__, (self._resource(),), {**vars(self), "_api": None, "_parts": None}

    def equals(self, other: object) -> bool:
        """Return whether another resource has the same class and members."""
        return isinstance(other, Resource) and self._resource() is other._resource() and self._data == other._data

    def _identity(self) -> object:
        """Return its identity within its class; None without one."""
        return self._data.get(self._key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Resource) or self._resource() is not other._resource():
            return NotImplemented
        mine = self._identity()
        return mine == other._identity() if mine is not None else self is other

    def __hash__(self) -> int:
        mine = self._identity()
        return hash((self._resource(), mine)) if mine is not None else object.__hash__(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._key}={self._data.get(self._key)}>"


class Gettable(Resource):
    """A resource that is requested by its id."""

    href = text()
    id = text()

    @classmethod
    def get(cls, id: Any, api: Api | None = None) -> Self:
        """Get one by its id, or again by the resource itself."""
        path_ids = cls._path_arguments(id)
        resource = cls._from_operation(api, cls._calls["get"], **path_ids)
        if path_ids.get("owner") == "" and not resource.field("id"):
            # The platform took it for an owner, and has listed what is the owner's.
            raise _not_owned(identifier(id), cls._path)
        return resource


class Savable(Resource):
    """A resource whose edits can be saved."""

    def save(self, inplace: bool = True) -> Self:
        """Save the edits; a ResourceNotModified if there are none."""
        # Not by `request_of`: a value set to None is sent.
        request = request_with(self.api, self._calls["update"], {**self._path_arguments(self), **self._changed()})
        return self._saved(self.api.call_object(request), inplace)


def request_of(api: Api, operation: str, **arguments: Any) -> Request:
    """The request of one of the platform's operations; arguments that are None are left out."""
    return request_with(api, operation, {name: value for name, value in arguments.items() if value is not None})


#: Stands for the owner in the path of an id without one, where it is the first part that is not the operation's.
_NO_OWNER = "~"


def request_with(api: Api, operation: str, arguments: Mapping[str, Any]) -> Request:
    """The request of one of the platform's operations, None included; an empty owner is left out of the path."""
    is_owned = arguments.get("owner") != ""
    with as_ours():
        request = getattr(api.client, operation).build(**arguments if is_owned else {**arguments, "owner": _NO_OWNER})
    return request if is_owned else request.at(request.url.replace(f"/{_NO_OWNER}/", "/", 1))


def linked_request(href: str, name: str) -> Request:
    """The request for what the platform has linked to; `name` is what is requested, for errors."""
    from omicsdk.core.plain_client import plain_request

    return plain_request(name, "GET", "/").at(href)


def _placed(current: Any, old: Any, value: Any) -> Any:
    """Return a value from the platform: in place of the one in a dictionary or list that was returned to the program, else itself."""
    if current is not old:
        if isinstance(current, dict) and isinstance(value, dict):
            dictionary = cast("dict[str, Any]", current)
            dictionary.clear()
            dictionary.update(copied(value))
            return dictionary
        if isinstance(current, list) and isinstance(value, list):
            cast("list[Any]", current)[:] = copied(value)
            return cast("list[Any]", current)
    return value


#: Path segments that refer to the present place or its parent.
_DOT_SEGMENTS = frozenset({".", ".."})


def identifier(reference: object, key: str = "id") -> str:
    """Return the id of a resource; an id, a text or a UUID, is returned unchanged.

    Nothing else is treated as an id: the text of a function, a number or a list would be sent as one.

    Raises:
        ValidationError: There is none, or it would refer to another place of the platform: `.` or `..`.
    """
    value = cast("object", reference.field(key)) if isinstance(reference, Resource) else reference
    # A resource's own id is what the platform has sent, which may be a number.
    takes = str | UUID | int if isinstance(reference, Resource) else str | UUID
    if not value or isinstance(value, bool) or not isinstance(value, takes):
        description = repr(reference) if isinstance(reference, Resource) else value_text(reference)
        raise ValidationError(f"{description} has no {key}", remedy=f"Pass a resource of the platform, or its {key}.")
    name = str(value)
    if name in _DOT_SEGMENTS:
        remedy = f"Pass a resource of the platform, or its {key}."
        raise ValidationError(f"{name!r} is not a valid {key}: it would change the path of the request", remedy=remedy)
    return name


def identifiers(references: object) -> list[str]:
    """Return the ids of several resources or ids; a single one is accepted."""
    return [identifier(reference) for reference in several(references)]


def several(references: object) -> list[Any]:
    """Return a list of resources, texts or dictionaries; a single one is accepted."""
    if isinstance(references, str | Resource | UUID) or is_mapping(references):
        return [references]
    if not isinstance(references, Iterable) or isinstance(references, bytes):
        remedy = "Pass resources of the platform, or their ids."
        raise ValidationError(f"{value_text(references)} is neither a resource nor a list of them", remedy=remedy)
    return list(cast("Iterable[object]", references))


def _owned(reference: object, path: str) -> tuple[str, str]:
    """Split the id of an owned resource into its owner, empty for an id without one, and its name."""
    full_id = identifier(reference)
    owner, separator, name = full_id.rpartition("/")
    if bool(separator) != bool(owner) or not name or "/" in owner or {owner, name} & _DOT_SEGMENTS:
        raise _not_owned(full_id, path)
    return owner, name


def _not_owned(id: str, path: str) -> ValidationError:
    what = path.rpartition("/")[2]
    return ValidationError(f"{id!r} is not the id of a {what}", remedy=f"Pass it as {path}, as in the field id.")


class Value(Resource):
    """A part of a resource: equal to another one when all their members are, and never requested separately."""

    def _request(self) -> Request | None:
        return None

    def __eq__(self, other: object) -> bool:
        return self.equals(other) if isinstance(other, Resource) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._resource(), json.dumps(self._data, sort_keys=True, default=str)))

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={self.field(name)!r}" for name in self._members if self.field(name) is not None)
        return f"<{type(self).__name__}: {members}>"
