"""What all resources of the platform share: lazy fields, edits, equality, and the Api that they came from."""

from __future__ import annotations

import builtins
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from omicsdk.compat.sevenbridges.errors import ResourceNotModified, SbgError, SettingsError
from omicsdk.compat.sevenbridges.meta.changes import changes, copied, rebased, same
from omicsdk.compat.sevenbridges.meta.fields import Field
from omicsdk.core.omit import OMIT, Omit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.core.request import Request


T = TypeVar("T")
R = TypeVar("R", bound="Resource")


class Resource:
    """A resource of the platform: its JSON object, with a field for each member that is known.

    A field that wasn't told yet is asked for when it is read, once for an object; what was edited stays edited. Setting one
    asks for nothing. `field()` reads without asking.

    Args:
        **kwargs: Members by the platform's names, and `api`.
    """

    _API: ClassVar[HttpClient | None] = None  # of the class that an Api hands out
    _KEY: ClassVar[str] = "id"  # the member that tells one from another
    _members: ClassVar[dict[str, Field[Any]]]

    def __init__(self, **kwargs: Any) -> None:
        api = kwargs.pop("api", None)
        self._api: HttpClient | None = api if api is not None else type(self)._API
        self._start(kwargs)

    @classmethod
    def of(cls, data: Mapping[str, Any] | None, api: HttpClient | None) -> Self:
        """Makes one of what the platform told.

        Args:
            data: The JSON object.
            api: Where it came from.
        """
        made = cls.__new__(cls)
        made._api = api
        made._start(dict(data or {}))
        return made

    def _start(self, data: dict[str, Any]) -> None:
        self._old = data  # never changed: `field` hands out copies of what can be
        self._data = dict(data)
        self._assigned = set[str]()
        self._parts: dict[str, tuple[Any, Any]] = {}
        self._fetched = False

    # -- which Api

    @classmethod
    def _client(cls, api: HttpClient | None = None) -> HttpClient:
        """The Api of a call: the one that is given, else the one whose attribute this class is."""
        found = api if api is not None else cls._API
        if found is None:
            name = cls.__name__
            raise SettingsError(
                f"{name} belongs to no Api here",
                remedy=f"Use the Api's own attribute, or give api=, as in {name}.get(..., api=api).",
            )
        return found

    @property
    def api(self) -> HttpClient:
        """The Api that it came from.

        Raises:
            SettingsError: It was made without one.
        """
        return self._api if self._api is not None else self._client()

    @property
    def api_or_none(self) -> HttpClient | None:
        """The Api that it came from, None when it was made without one."""
        return self._api

    # -- fields

    @classmethod
    def _known(cls) -> dict[str, Field[Any]]:
        """The fields by the platform's names."""
        found: dict[str, Field[Any]] | None = vars(cls).get("_members")
        if found is None:
            bases = (vars(base).values() for base in reversed(cls.__mro__))
            found = {each.name: each for members in bases for each in members if isinstance(each, Field)}
            cls._members = found
        return found

    def field(self, name: str) -> Any:
        """Reads a member without asking the platform.

        Args:
            name: By the platform's name.

        Returns:
            The JSON value, None when it isn't there. What is done to a dictionary or list is an edit.
        """
        value: Any = self._data.get(name)
        if isinstance(value, dict | list) and value is self._old.get(name):
            value = self._data[name] = copied(value)
        return cast("Any", value)

    def look_up(self, name: str) -> Any:
        """Reads a member, asking the platform once when it isn't there.

        Args:
            name: By the platform's name.

        Raises:
            SbgError: The platform answered with an error.
        """
        if name not in self._data and not self._fetched:
            request = self._request()
            if request is not None:
                self._take_over(self.api.call_object(request))
        return self.field(name)

    def edit(self, name: str, value: Any) -> None:
        """Puts a value in a member's place; later changes of the caller's own dictionary or list aren't edits."""
        self._data[name] = copied(value)
        self._assigned.add(name)

    def adopt(self, name: str, value: Any) -> None:
        """Puts another object of the same value in a member's place; no edit."""
        self._data[name] = value

    def part(self, name: str, value: Any, make: Callable[[], T]) -> T:
        """An object made of a member's JSON value: the same one as long as the value is the same.

        Args:
            name: What it is called here.
            value: What `field` gave.
            make: Makes it.
        """
        found = self._parts.get(name)
        if found is None or found[0] is not value:
            found = self._parts[name] = (value, make())
        return found[1]

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request | None:
        """What is sent to get the one that has an id; None where the platform has no such operation.

        Args:
            id: The id, or what has it.
            api: Where to.

        Raises:
            ValidationError: It is none.
        """
        del id, api
        return None

    @classmethod
    def _got(cls, id: object, api: HttpClient | None) -> Self:
        """Asks for the one that has an id, where the platform has an operation for that."""
        api = cls._client(api)
        request = cls._asking(id, api)
        assert request is not None, f"{cls.__name__} can't be asked for by id"
        return cls.of(api.call_object(request), api)

    def _request(self) -> Request | None:
        """What is sent to get it anew; None where there is no such operation."""
        href, api = self._data.get("href"), self._api
        if api is None:
            return None
        request = self._asking(self, api) if self._data.get(self._KEY) else None
        if request is not None or not href:
            return request
        from omicsdk.core.request import OperationFacts, request

        facts = OperationFacts(f"get {type(self).__name__}", "GET", href, secured=True)
        return request(facts, "/").at(href)

    def _take_over(self, told: dict[str, Any]) -> None:
        """Takes over what the platform told, keeping what was edited, and what can still be edited: what was handed out."""
        self._forget_parts(told)
        edited, data = self.changes(), dict(self._data)
        for name, value in told.items():
            held, old = self._data.get(name), self._old.get(name)
            if name in self._assigned:
                continue
            if isinstance(held, dict) and held is not old and isinstance(value, dict):
                rebased(cast("dict[str, Any]", old or {}), cast("dict[str, Any]", held), copied(value))
            elif name not in edited:
                data[name] = _placed(held, old, value)
        self._old, self._data = {**self._old, **told}, data
        self._fetched = True

    # -- edits

    def changes(self) -> dict[str, Any]:
        """What was edited and not saved, as it is sent; see `meta.changes`."""
        names = [name for name, field in self._known().items() if not field.read_only]
        return changes(self._old, self._data, names, self._assigned)

    def update_old(self) -> None:
        """Takes what is here for what the platform has."""
        self._old = copied(self._data)
        self._assigned = set[str]()

    def _settled(self, told: dict[str, Any]) -> dict[str, Any]:
        """What the platform told, in the dictionaries and lists that were handed out: they stay those of this object."""
        self._forget_parts(told)
        return {name: _placed(self._data.get(name), self._old.get(name), value) for name, value in told.items()}

    def _forget_parts(self, told: dict[str, Any]) -> None:
        """Has parts made anew whose values the platform tells otherwise now."""
        if self._parts:
            held = {name: self._data.get(name) for name in told}
            other = {id(value) for name, value in held.items() if not same(value, told[name])}
            self._parts = {name: part for name, part in self._parts.items() if id(part[0]) not in other}

    def _saved(self, told: dict[str, Any], inplace: bool) -> Self:
        """What `save` gives: itself with what the platform told, or a new object with that."""
        if not inplace:
            return type(self).of({**copied(self._data), **told}, self._api)
        self._data = {**self._data, **self._settled(told)}
        self.update_old()
        return self

    def _acted(self, told: dict[str, Any], inplace: bool) -> Self:
        """What an action such as `run` gives: itself with what the platform told, edits kept, or a new object with that."""
        if not inplace:
            return type(self).of(told, self._api)
        self._take_over(told)
        return self

    def _changed(self) -> dict[str, Any]:
        """What `save` sends.

        Raises:
            ResourceNotModified: Nothing was edited.
        """
        found = self.changes()
        if not found:
            raise ResourceNotModified
        return found

    def reload(self) -> Self:
        """Asks the platform for all of it; what was edited and not saved is lost.

        Returns:
            Itself.

        Raises:
            SbgError: The platform answered with an error, or there is no way to ask for it.
        """
        told = self._told_anew()
        self._data, self._old = self._settled(told), told
        self._assigned, self._fetched = set[str](), True
        return self

    def _look(self) -> None:
        """Asks the platform for all of it; what was edited stays edited.

        Raises:
            SbgError: The platform answered with an error, or there is no way to ask for it.
        """
        self._take_over(self._told_anew())

    def _told_anew(self) -> dict[str, Any]:
        request = self._request()
        if request is None:
            raise SbgError(
                f"{type(self).__name__} {self._data.get(self._KEY)!r} can't be asked for again: nothing says where",
                remedy="Get it anew, by its id or from where it is listed.",
            )
        return self.api.call_object(request)

    def delete(self) -> None:
        """Deletes it, where the platform has a way to.

        Raises:
            SbgError: There is none, or the platform answered with an error.
        """
        raise SbgError(
            f"{self!r} can't be deleted: the platform has no way to", remedy="Leave it, or ask the platform's support."
        )

    # -- as objects

    @classmethod
    def _resource(cls) -> builtins.type:
        """The class that all Apis' classes of this kind come from."""
        return next(base for base in cls.__mro__ if "_API" not in vars(base) or base is Resource)

    def deepcopy(self) -> Self:
        """An independent copy, edits included."""
        return _made(type(self), self._api, deepcopy(self._data), self._old, self._assigned, self._fetched)

    def __copy__(self) -> Self:
        return self.deepcopy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.deepcopy()

    def __reduce__(self) -> tuple[Any, ...]:
        # Without its Api, which has a token.
        return _made, (self._resource(), None, self._data, self._old, self._assigned, self._fetched)

    def equals(self, other: object) -> bool:
        """Whether another one is the same kind and has the same members.

        Args:
            other: Anything.
        """
        return isinstance(other, Resource) and self._resource() is other._resource() and self._data == other._data

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Resource) or self._resource() is not other._resource():
            return NotImplemented
        mine = self._data.get(self._KEY)
        return mine == other._data.get(self._KEY) if mine is not None else self is other

    def __hash__(self) -> int:
        mine = self._data.get(self._KEY)
        return hash((self._resource(), mine)) if mine is not None else id(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._KEY}={self._data.get(self._KEY)}>"


def _made(
    kind: type[R], api: HttpClient | None, data: dict[str, Any], old: dict[str, Any], assigned: set[str], fetched: bool
) -> R:
    """A resource in the state of another."""
    made = kind.of(old, api)
    made._data, made._assigned, made._fetched = data, set(assigned), fetched  # pyright: ignore[reportPrivateUsage]
    return made


def _placed(held: Any, old: Any, value: Any) -> Any:
    """A value that the platform told: in the place of the one in a dictionary or list that was handed out, else itself."""
    if held is not old:
        if isinstance(held, dict) and isinstance(value, dict):
            dictionary = cast("dict[str, Any]", held)
            dictionary.clear()
            dictionary.update(copied(value))
            return dictionary
        if isinstance(held, list) and isinstance(value, list):
            cast("list[Any]", held)[:] = copied(value)
            return cast("list[Any]", held)
    return value


def given(value: T | None) -> T | Omit:
    """An argument as generated operations take it: None leaves it out."""
    return OMIT if value is None else value
