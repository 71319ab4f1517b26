"""A document's types in our own form, without references, dialect, or text that could become code; in words, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from .texts import literal
from .values import Object, reachable


@dataclass(frozen=True)
class Scalar:
    """A value without parts; `any` is any JSON value, `bytes` a body or a file, `date` and those after it are texts in a format.

    Attributes:
        kind: its kind.
        only: the values of an enum or const that no Literal can represent; empty for any value of the kind.
    """

    kind: Literal[
        "any",
        "null",
        "string",
        "integer",
        "number",
        "boolean",
        "bytes",
        "date",
        "date-time",
        "uuid",
        "decimal",
        "byte",
        "duration",
        "time",
        "int64",
    ]
    only: tuple[bool | float, ...] = ()


@dataclass(frozen=True)
class Enum:
    """One of some texts or whole numbers; all are of one type, in the document's order."""

    values: tuple[str | int, ...]


@dataclass(frozen=True)
class Array:
    """A list."""

    item: Type


@dataclass(frozen=True)
class Tuple:
    """A list whose items have types by their positions.

    Attributes:
        items: of the first ones.
        rest: of all others; None if there are no others.
        least: the number of items that there are at least.
    """

    items: tuple[Type, ...]
    rest: Type | None
    least: int


@dataclass(frozen=True)
class Map:
    """An object with arbitrary member names."""

    value: Type


@dataclass(frozen=True)
class Ref:
    """A model, by its key."""

    key: str


@dataclass(frozen=True)
class Union:
    """Any of at least two types, none of them a union.

    Attributes:
        members: in the document's order.
        tag: the member of an object that selects its model (the discriminator), or None.
        table: the tag's values, each with a model's key; that of None is for any other value, or none.
    """

    members: tuple[Type, ...]
    tag: str | None = None
    table: Tags = ()

    @property
    def tags(self) -> Tags:
        """Return the tag's values with keys of models among the members; nothing if no tag distinguishes them."""
        return tuple((value, key) for value, key in self.table if self.tag is not None and Ref(key) in self.members)


Tags: TypeAlias = tuple[tuple[str | None, str], ...]
Type: TypeAlias = Scalar | Enum | Array | Tuple | Map | Ref | Union

ANY = Scalar("any")
NULL = Scalar("null")
STRING = Scalar("string")
INTEGER = Scalar("integer")
NUMBER = Scalar("number")
BOOLEAN = Scalar("boolean")
BYTES = Scalar("bytes")
DATE = Scalar("date")
DATE_TIME = Scalar("date-time")

# Texts that may be types of Python, by their formats.
FORMATS: Mapping[str, Scalar] = {
    "date-time": DATE_TIME, "date": DATE, "uuid": Scalar("uuid"), "duration": Scalar("duration"), "time": Scalar("time"),
    "decimal": Scalar("decimal"), "int64": Scalar("int64"), "byte": Scalar("byte"),
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A member of a model.

    Attributes:
        wire: its name in the document.
        python: its attribute.
        type: without null.
        required: whether the document demands it.
        nullable: whether the document allows null.
        schema: the document's schema: description, bounds, default.
    """

    wire: str
    python: str
    type: Type
    required: bool
    nullable: bool
    schema: Object


@dataclass
class Model:
    """An object with members that the document names.

    Attributes:
        key: pointer of its schema; see `directions` for models that are only sent.
        fields: required ones first, else in the document's order.
        schema: the document's schema of the whole.
        extra: the type of members that the document does not name; any value if it states none.
        read_only: names of the fields that are left out where a received object is sent.
    """

    key: str
    schema: Object
    fields: list[Field] = field(default_factory=list[Field])
    extra: Type = ANY
    read_only: set[str] = field(default_factory=set[str])

    def types(self) -> list[Type]:
        """Return the types of all members."""
        return [*(field.type for field in self.fields), self.extra]


def union_of(members: list[Type], tag: str | None = None, table: Tags = ()) -> Type:
    """Join types: unions in unions are opened, equal members are one, and anything with `any` is `any`."""
    flat: dict[Type, None] = {}
    for member in members:
        for part in member.members if isinstance(member, Union) else (member,):
            flat[part] = None
        if isinstance(member, Union) and member.tag and not tag:
            tag, table = member.tag, member.table
    if ANY in flat:
        return ANY
    # Of several lists, nothing tells which one an array is.
    if any(isinstance(part, Tuple) for part in flat) and sum(isinstance(part, (Array, Tuple)) for part in flat) > 1:
        flat = dict.fromkeys(map(without_positions, flat))
    return next(iter(flat)) if len(flat) == 1 else Union(tuple(flat), tag, table)


def split_null(type_: Type) -> tuple[Type, bool]:
    """Part a type from its null."""
    if type_ == NULL:
        return ANY, True
    if not isinstance(type_, Union) or NULL not in type_.members:
        return type_, type_ == ANY
    return union_of([member for member in type_.members if member != NULL], type_.tag, type_.table), True


def inner(type_: Type) -> tuple[Type, ...]:
    """Return the types that a type consists of."""
    if isinstance(type_, Array):
        return (type_.item,)
    if isinstance(type_, Map):
        return (type_.value,)
    if isinstance(type_, Tuple):
        return type_.items if type_.rest is None else (*type_.items, type_.rest)
    return type_.members if isinstance(type_, Union) else ()


def with_inner(type_: Type, change: Callable[[Type], Type]) -> Type:
    """Return a type with other types in it."""
    if isinstance(type_, Array):
        return Array(change(type_.item))
    if isinstance(type_, Map):
        return Map(change(type_.value))
    if isinstance(type_, Tuple):
        return Tuple(tuple(map(change, type_.items)), None if type_.rest is None else change(type_.rest), type_.least)
    return replace(type_, members=tuple(map(change, type_.members))) if isinstance(type_, Union) else type_


def without_positions(type_: Type) -> Type:
    """Return a list for a tuple: parameters and forms write all items in one way."""
    return Array(union_of(list(inner(type_)))) if isinstance(type_, Tuple) else type_


def is_larger(type_: Type, most: int) -> bool:
    """Whether a type is written with more than some parts."""
    waiting: list[Type] = [type_]
    parts = 0
    while waiting and parts <= most:
        part = waiting.pop()
        parts += 1
        waiting.extend(inner(part))
    return parts > most


def is_plain(type_: Type) -> bool:
    """Whether all values of a type are texts, numbers and the like, which every style writes alike."""
    return type_ != ANY and isinstance(type_, (Scalar, Enum))


def is_list_of_texts(type_: Type) -> bool:
    """Whether a value of a type is a list of texts, in place of which a call may pass one text."""
    if not isinstance(type_, Array):
        return False
    item, _ = split_null(type_.item)
    return item == STRING or (isinstance(item, Enum) and isinstance(item.values[0], str))


def is_decoded(type_: Type) -> bool:
    """Whether a value of a type is something else in Python than in JSON: a model, a tuple or a date is in it."""
    if isinstance(type_, Scalar):
        return type_ in FORMATS.values()
    return isinstance(type_, (Ref, Tuple)) or any(map(is_decoded, inner(type_)))


def is_text_in_json(type_: Type) -> bool:
    """Whether bytes or whole numbers are in a type that are texts in JSON, which nothing but the document states."""
    if isinstance(type_, Scalar):
        return type_.kind in ("byte", "int64")
    if isinstance(type_, Union) and not {INTEGER, NUMBER}.isdisjoint(type_.members):
        return False  # a number may be one in JSON, too
    return any(map(is_text_in_json, inner(type_)))


def models_in(type_: Type) -> Iterator[str]:
    """Return the keys of the models in a type, in order."""
    if isinstance(type_, Ref):
        yield type_.key
    for part in inner(type_):
        yield from models_in(part)


def reached(models: Mapping[str, Model], types: Iterable[Type]) -> list[str]:
    """Return the keys of all models in some types, and of those in these models, the nearest first."""

    def keys_in(inner_types: Iterable[Type]) -> list[str]:
        return [key for type_ in inner_types for key in models_in(type_)]

    return reachable(keys_in(types), lambda key: keys_in(models[key].types()))


_PYTHON_NAMES = {
    "any": "Any", "null": "None", "string": "str", "integer": "int", "number": "float", "boolean": "bool",
    "bytes": "bytes", "date": "date", "date-time": "datetime", "uuid": "UUID", "decimal": "Decimal", "byte": "bytes",
    "duration": "timedelta", "time": "time", "int64": "int",
}  # fmt: skip
# A choice of more values is counted, not listed.
MOST_VALUES = 6


def python_text(type_: Type | None, classes: Mapping[str, str], *, nullable: bool = False) -> str:
    """A type as Python writes it.

    Args:
        type_: the type; None is nothing.
        classes: models' classes by key.
        nullable: whether None is one of its values as well.
    """
    if type_ is None:
        return "None"
    if nullable and type_ != ANY:
        return f"{python_text(type_, classes)} | None"
    if isinstance(type_, Scalar):
        return _PYTHON_NAMES[type_.kind]
    if isinstance(type_, Enum):
        choices = [literal(value) for value in type_.values[:MOST_VALUES]]
        return f"Literal[{', '.join(choices)}{', ...' if len(type_.values) > MOST_VALUES else ''}]"
    if isinstance(type_, Array):
        return f"list[{python_text(type_.item, classes)}]"
    if isinstance(type_, Tuple):
        items = [python_text(item, classes) for item in type_.items]
        items += [] if type_.rest is None else [f"*tuple[{python_text(type_.rest, classes)}, ...]"]
        return f"tuple[{', '.join(items)}]"
    if isinstance(type_, Map):
        return f"dict[str, {python_text(type_.value, classes)}]"
    if isinstance(type_, Ref):
        return classes[type_.key]
    return " | ".join(python_text(member, classes) for member in type_.members)


def within(narrow: Type, wide: Type, narrow_classes: Mapping[str, str], wide_classes: Mapping[str, str]) -> bool:
    """Whether each value of a type is one of another; models of one name are treated as one.

    Args:
        narrow: the type whose values are compared with the other.
        wide: the other.
        narrow_classes: models' classes by key, in the document of `narrow`.
        wide_classes: the same for `wide`.
    """
    if ANY in (narrow, wide):
        return wide == ANY
    if isinstance(narrow, Union):
        return all(within(member, wide, narrow_classes, wide_classes) for member in narrow.members)
    if isinstance(wide, Union):
        return any(within(narrow, member, narrow_classes, wide_classes) for member in wide.members)
    if isinstance(narrow, Enum):
        base = STRING if isinstance(narrow.values[0], str) else INTEGER
        if isinstance(wide, Enum):
            return set(narrow.values) <= set(wide.values)
        return within(base, wide, narrow_classes, wide_classes)
    if isinstance(narrow, Array) and isinstance(wide, Array):
        return within(narrow.item, wide.item, narrow_classes, wide_classes)
    if isinstance(narrow, Tuple) and isinstance(wide, Array):
        return all(within(part, wide.item, narrow_classes, wide_classes) for part in inner(narrow))
    if isinstance(narrow, Tuple) and isinstance(wide, Tuple):
        pairs = list(zip(inner(narrow), inner(wide), strict=False))
        alike = len(inner(narrow)) == len(inner(wide)) and (narrow.rest is None) == (wide.rest is None)
        return alike and all(within(*pair, narrow_classes, wide_classes) for pair in pairs)
    if isinstance(narrow, Map) and isinstance(wide, Map):
        return within(narrow.value, wide.value, narrow_classes, wide_classes)
    if isinstance(narrow, Ref) and isinstance(wide, Ref):
        return narrow_classes[narrow.key] == wide_classes[wide.key]
    return narrow == wide or (narrow == INTEGER and wide == NUMBER)


def opened(type_: Type) -> Type:
    """Return a type as in responses: unlisted values are accepted, so a choice is any of its kind."""
    if isinstance(type_, Enum):
        return STRING if isinstance(type_.values[0], str) else INTEGER
    if isinstance(type_, Union):
        members = tuple(dict.fromkeys(opened(member) for member in type_.members))
        return members[0] if len(members) == 1 else Union(members, type_.tag, type_.table)
    return with_inner(type_, opened)


def choices(type_: Type) -> list[str | int]:
    """The values that a type lists, in arrays and unions too."""
    if isinstance(type_, Enum):
        return list(type_.values)
    return [value for part in inner(type_) for value in choices(part)]
