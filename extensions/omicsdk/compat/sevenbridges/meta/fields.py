"""Fields of resources: descriptors that read a value out of the platform's JSON and write it back into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeGuard, TypeVar, cast, overload
from uuid import UUID

from omicsdk.compat.sevenbridges.errors import ReadOnlyPropertyError, ValidationError, as_sbg
from omicsdk.core.type_guards import is_array, is_object

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api
    from omicsdk.compat.sevenbridges.meta.resource import Resource

T = TypeVar("T")


class Field(Generic[T]):
    """Field of a resource. Reading a missing one requests the resource once; see `Resource`.

    Args:
        name: Its name in the platform's JSON; the attribute's by default.
        read_only: Whether it can only be read.
        decode: Converts the JSON value, which is not None, when it is read.
        check: Called with the field's name and a value that is set; raises ValidationError.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        read_only: bool = True,
        decode: Callable[[Any], T] | None = None,
        check: Callable[[str, Any], None] | None = None,
    ) -> None:
        self.name, self.read_only = name or "", read_only
        self._decode, self._check = decode, check

    def __set_name__(self, owner: type, name: str) -> None:
        # A second name would else read the member of the first.
        if self.name != name and vars(owner).get(self.name) is self:  # `a = b = text()` is a field for each name
            field = copy(self)
            field.name = name
            setattr(owner, name, field)
        self.name = self.name or name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Resource, owner: type) -> T: ...
    def __get__(self, instance: Resource | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value = instance.look_up(self.name)
        return cast("T", value) if value is None else self.decoded(instance, value)

    def decoded(self, instance: Resource, value: Any) -> T:
        """Decode an existing JSON value of a resource."""
        del instance
        return cast("T", value) if self._decode is None else self._decode(value)

    def __set__(self, instance: Resource, value: T) -> None:
        if self.read_only:
            raise ReadOnlyPropertyError(f"{type(instance).__name__}.{self.name} can only be read")
        if value is not None and self._check is not None:
            self._check(self.name, value)
        instance.edit(self.name, value)


def typed(instance: Resource, name: str, value: object, is_right: Callable[[object], TypeGuard[T]]) -> T | None:
    """Return a JSON value that this package itself uses, or None; an SbgError if it is not what `is_right` accepts."""
    if value is None or is_right(value):
        return value
    from omicsdk.core.errors import DecodeError  # no valid response needs it

    expected = "a list" if is_right is is_array else "an object"
    raise as_sbg(DecodeError(type(instance).__name__, name, value, expected=expected))


def moment(text: Any) -> datetime:
    """Read a time of the platform, such as 2024-01-31T12:00:00Z, as a time in UTC without zone."""
    try:
        read = text if isinstance(text, datetime) else datetime.fromisoformat(text)  # the new value is one already
        # Without zone, as the published client, which reads the "Z" as a plain letter.
        return read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        raise ValidationError(f"{text!r} is not a time in the platform's format") from None


def _only(kind: type | tuple[type, ...], takes: str) -> Callable[[str, Any], None]:
    """Return a check that rejects values of other types; booleans are not integers."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValidationError(f"{name} is {takes}, not {value!r}")

    return check


is_text = _only(str, "text")
is_whole = _only(int, "a whole number")
is_switch = _only(bool, "True or False")
is_mapping = _only(Mapping, "a dictionary")
is_listing = _only(list, "a list")


def is_uuid(name: str, value: Any) -> None:
    """Reject values that are not UUIDs."""
    try:
        UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise ValidationError(f"{name} is a UUID, not {value!r}") from None


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValidationError(f"{value!r} is not a number") from None


# Kinds of fields; `listing` and `mapping` return JSON values, whose changes are edits.
text = partial(Field[str], check=is_text)
whole = partial(Field[int], check=is_whole)
number = partial(Field[float], decode=_float)
switch = partial(Field[bool], check=is_switch)
uuid = partial(Field[str], check=is_uuid)
time = partial(Field[datetime], decode=moment)
listing = partial(Field[list[Any]], check=is_listing)
mapping = partial(Field[dict[str, Any]], check=is_mapping)


D = TypeVar("D", bound="DictView")


class DictView(dict[str, Any]):
    """Dictionary of a resource, whose changes and deletions are edits of the resource. A missing key is None."""

    def __init__(self, values: Mapping[str, Any] | None = None, api: Api | None = None, **members: Any) -> None:
        super().__init__(values or {}, **members)
        self._api = api

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)  # without its Api, which has a token

    def __copy__(self) -> Self:
        return type(self)(self, self._api)

    def __missing__(self, key: str) -> None:
        return None

    def equals(self, other: object) -> bool:
        """Return whether another value has the same members."""
        return self == other

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        from copy import deepcopy

        values = super().items()
        return {key: deepcopy(value, memo) for key, value in values}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {super().__repr__()}>"


class View(Field[D]):
    """Field with a dictionary of a separate class."""

    def __init__(self, kind: type[D], name: str | None = None, *, read_only: bool = False) -> None:
        super().__init__(name, read_only=read_only, check=is_mapping)
        self._kind = kind

    def decoded(self, instance: Resource, value: Any) -> D:
        """The dictionary itself, in place of the plain one that came."""
        if not isinstance(value, self._kind):
            value = self._kind(typed(instance, self.name, value, is_object), instance.api_or_none)
            instance.adopt(self.name, value)
        return value

    def __set__(self, instance: Resource, value: dict[str, Any]) -> None:
        super().__set__(instance, cast("D", value))


C = TypeVar("C", bound="Resource")


class Part(Field[C]):
    """Field with a nested, read-only resource; `kind` returns its class when it is first read, as modules name each other's."""

    def __init__(self, kind: Callable[[], type[C]], name: str | None = None) -> None:
        super().__init__(name)
        self._kind = kind

    def decoded(self, instance: Resource, value: Any) -> C:
        """The smaller resource, with the same Api."""
        return instance.part(self.name, value, lambda: self._kind().of(value, instance.api_or_none))


class Parts(Field[list[C]]):
    """Field with a list of nested resources; `kind` as of `Part`."""

    def __init__(self, kind: Callable[[], type[C]], name: str | None = None) -> None:
        super().__init__(name)
        self._kind = kind

    def decoded(self, instance: Resource, value: Any) -> list[C]:
        """The smaller resources, with the same Api."""
        kind, value = self._kind(), typed(instance, self.name, value, is_array) or []
        return instance.part(self.name, value, lambda: [kind.of(item, instance.api_or_none) for item in value])
