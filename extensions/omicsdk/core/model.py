"""What all generated models share: they keep unknown fields, and return exactly what was received.

A generated model is an attrs class whose constructor and `from_dict` are plain code; its `FIELDS` table drives all
other code: `to_dict`, equality, copies and strict checking. A field that is absent is a slot without a value.
"""

import json
from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from dataclasses import dataclass
from functools import partial
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from omicsdk.core.bodies import plain
from omicsdk.core.display import NULL_VALUE, Displayed
from omicsdk.core.errors import DecodeError
from omicsdk.core.logs import logger
from omicsdk.core.omit import OMIT
from omicsdk.core.type_guards import is_array, is_number, is_object


@dataclass(frozen=True, slots=True)
class Shape:
    """The expected form of a value, for strict decoding.

    Attributes:
        kind: `any`, `null`, `string`, `integer`, `size` (as `is_number`), `number`, `boolean`, `literal`, `array`, `tuple`, `map`,
            `model`, `members`, `union` or `tagged`; of a text in a format that is a type of Python, its name.
        of: The literal's values, the array's or map's element, or the union's members.
        model: Returns the model's class (late, since models may refer to each other).
        tag: The member of an object that selects one of a tagged union's shapes.
        table: These shapes by the tag's values, or the checked members by their names.
        rest: Of a tuple, the shape of the items after those of `of`; None if there are none.
        least: Of a tuple, its fewest items.
        fits: Of a format, whether a JSON value is a text in it.
        read: Of a format, converts such a text of a header; None if it stays a text there.
    """

    kind: str
    of: tuple[Any, ...] = ()
    model: "Callable[[], type[Model]] | None" = None
    tag: str = ""
    table: "Mapping[str | None, Shape] | None" = None
    rest: "Shape | None" = None
    least: int = 0
    fits: Callable[[Any], bool] | None = None
    read: Callable[[str], Any] | None = None


ANY = Shape("any")
NULL = Shape("null")
STRING = Shape("string")
INTEGER = Shape("integer")
SIZE = Shape("size")
NUMBER = Shape("number")
BOOLEAN = Shape("boolean")


def literal(*values: object) -> Shape:
    """One of a document's enum, or its const."""
    return Shape("literal", values)


def array(element: Shape) -> Shape:
    """A list of one shape."""
    return Shape("array", (element,))


def tuple_of(*items: Shape, rest: Shape | None = None, least: int = 0) -> Shape:
    """A list with shapes by position.

    Args:
        items: Those of the first items.
        rest: That of all others; None if there are none.
        least: The fewest items.
    """
    return Shape("tuple", items, rest=rest, least=least)


def mapping(element: Shape) -> Shape:
    """An object with arbitrary names, with values of one shape."""
    return Shape("map", (element,))


def model(name: "Callable[[], type[Model]]") -> Shape:
    """A model, named by a function so that cycles work."""
    return Shape("model", model=name)


def union(*members: Shape) -> Shape:
    """Any of several shapes."""
    return Shape("union", members)


def members(**shapes: Shape) -> Shape:
    """An object of which some members are checked: those that a workflow reads. A missing one is treated as null."""
    table: dict[str | None, Shape] = {**shapes}
    return Shape("members", table=table)


def optional(shape: Shape) -> Shape:
    """A value, or null."""
    return union(shape, NULL)


def tagged_union(tag: str, table: "Mapping[str | None, Shape]", *members: Shape) -> Shape:
    """Any of several shapes, selected by a member of the object (OpenAPI's discriminator).

    Args:
        tag: The member that selects the shape.
        table: Shapes by the tag's values; that of None (OpenAPI's defaultMapping) is for any other, and for a missing
            tag.
        members: All shapes; those that no value of the tag selects are tried if the tag is missing or unknown.
    """
    return Shape("tagged", members, tag=tag, table=table)


def tag_of(data: Any, tag: str) -> str | None:
    """Return the value of an object's tag as in a discriminator's mapping; None if there is none."""
    value = data.get(tag)
    # The names in a discriminator's mapping are text: a tag of 1 or true is compared as JSON writes it.
    return value if isinstance(value, str) or value is None else json.dumps(value)


def named_by_tag(model: "type[Model]", tag: str, value: str | None) -> bool:
    """Whether a model without a mapping may have a tag's value: it states that one, or has no such field."""
    shapes = [field.shape for field in model.FIELDS if field.wire == tag]
    return not shapes or value in (literal for shape in shapes if shape.kind == "literal" for literal in shape.of)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model.

    Attributes:
        wire: Its name in the document.
        python: Its attribute.
        required: Whether the document requires it.
        nullable: Whether the document allows null.
        shape: The form of its value.
        read_only: Whether it is left out where the model is sent: the document marks it so.
        text: Converts values that are bytes or whole numbers to the texts that JSON has for them.
    """

    wire: str
    python: str
    required: bool
    nullable: bool
    shape: Shape
    read_only: bool = False
    text: Callable[[Any], Any] | None = None


class JsonObject(Protocol):
    """What `from_dict` accepts: any mapping from text. Its own `__getitem__` states that a member may be anything."""

    def __getitem__(self, key: str, /) -> Any:
        """The member."""
        ...

    def __contains__(self, key: object, /) -> bool:
        """Whether there is such a member."""
        ...

    def __iter__(self) -> Iterator[str]:
        """The members' names."""
        ...

    def values(self) -> ValuesView[Any]:
        """The members."""
        ...

    def items(self) -> ItemsView[str, Any]:
        """Names and members."""
        ...


class ReadByAttrs(str):
    """A field's name by which attrs reads it: an absent field is then OMIT, not None.

    `attrs.evolve` reads each field of the original and passes it to the constructor, where None would make it null.
    """

    __slots__ = ()


class Model(Displayed):
    """Base of generated models, which are attrs classes.

    A field may be absent: reading it gives None, and `to_dict` leaves it out. A field that is set to None is null. `del`
    makes a field absent again. `additional_properties` contains the fields that are not in the document (None until
    there is one).

    A model is also a mapping with the members of `to_dict`: `model["name"]`, `dict(model)` and data frames of models work.
    """

    __slots__ = ()

    FIELDS: ClassVar[tuple[Field, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()  # names of the fields in the document
    EXTRA: ClassVar[Shape] = ANY

    additional_properties: dict[str, Any] | None

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        attributes: Any = cls.__dict__["__attrs_attrs__"]
        by_name = (attribute.evolve(name=ReadByAttrs(attribute.name)) for attribute in attributes)
        cls.__attrs_attrs__ = type(attributes)(by_name)
        cls._known = frozenset(field.wire for field in cls.FIELDS)

    if not TYPE_CHECKING:  # checkers would accept any attribute

        def __getattr__(self, name):
            # Python calls this only for attributes that are not set, so fields that are set cost nothing more.
            if isinstance(getattr(type(self), name, None), MemberDescriptorType):
                return OMIT if name.__class__ is ReadByAttrs else None
            if name in _OF_MAPPINGS:  # unless a field has the name, such as the items of a page
                return partial(getattr(Mapping, name), self)
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            if name in (self.additional_properties or ()):  # representations show these beside the attributes
                message += f"; the service sent one that its document lacks: read it as [{name!r}]"
            raise AttributeError(message, name=name, obj=self)

    @property
    def null_fields(self) -> frozenset[str]:
        """The names, in the document, of the fields that are null; those that are absent are not among them."""
        return frozenset(field.wire for field, value in self._present() if value is None)

    def __fields__(self) -> Iterator[tuple[str, object]]:
        """The fields by their attributes' names, then those that the document does not name, then those that are null."""
        present = {field.python: value for field, value in self._present()} | (self.additional_properties or {})
        yield from ((name, value) for name, value in present.items() if value is not None)
        yield from ((name, NULL_VALUE) for name, value in present.items() if value is None)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__getstate__() == other.__getstate__()

    __hash__ = None  # pyright: ignore[reportAssignmentType] - models change

    def __getitem__(self, name: str) -> Any:
        for field, value in self._present():
            if field.wire == name:
                return plain(value if field.text is None else field.text(value))
        return plain((self.additional_properties or {})[name])

    def __iter__(self) -> Iterator[str]:
        yield from (field.wire for field, _ in self._present())
        yield from self.additional_properties or ()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True  # as other objects: `if bundle:` asks whether there is one

    def __getstate__(self) -> dict[str, Any]:
        # Slots have no `__dict__` to pickle or to compare, and absent fields have to stay absent.
        state = {field.python: value for field, value in self._present()}
        return state | {"additional_properties": self.additional_properties}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._assign(state)

    @classmethod
    def from_dict(cls, data: JsonObject) -> Self:
        """Make a model from a decoded JSON object; generated classes implement it."""
        raise NotImplementedError(f"{cls.__name__} is not a generated model")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object: exactly what was received, or what was set. A field that is None is null."""
        return self._to_json(sent=False)

    def _to_json(self, *, sent: bool) -> dict[str, Any]:
        """Return the JSON object as it was received, or as it is sent."""
        result: dict[str, Any] = {}
        for field, value in self._present():
            if not (sent and field.read_only):
                result[field.wire] = plain(value if field.text is None else field.text(value), sent=sent)
        if self.additional_properties:
            result.update(plain(self.additional_properties, sent=sent))
        return result

    def _assign(self, values: dict[str, Any]) -> None:
        """Set the fields that have a value; of a constructor, whose local variables these are."""
        for name, value in values.items():
            if value is not OMIT and name != "self":
                setattr(self, name, value)

    def _present(self) -> Iterator[tuple[Field, Any]]:
        """The fields that are not absent, with their values."""
        read = object.__getattribute__  # without the None of `__getattr__`
        for field in self.FIELDS:
            try:
                value = read(self, field.python)
            except AttributeError:
                continue
            if value is not OMIT:
                yield field, value


_OF_MAPPINGS = frozenset({"get", "items", "keys", "values"})
# Not a base: abc's metaclass would make each class of a model slower to create. pandas and polars ask isinstance.
Mapping.register(Model)  # pyright: ignore

#: Creates a model without its constructor: `from_dict` sets every attribute, which saves a call per object.
blank = object.__new__


def rest_of(
    data: JsonObject, names: frozenset[str], decode: Callable[[Any], Any] | None = None
) -> dict[str, Any] | None:
    """Return the members of a decoded JSON object that are not in the document; None if there are none.

    Args:
        data: The object.
        names: The names of the document's fields.
        decode: Decodes each member; None if JSON represents them.
    """
    others = {key: value for key, value in data.items() if key not in names}
    return (others if decode is None else {key: decode(value) for key, value in others.items()}) or None


def otherwise_typed(owner: str, value: Any) -> Any:
    """Return a value that does not conform to the document unchanged, and log that once per place at DEBUG."""
    # Once for each place: a page of a thousand records would log each of them.
    if value is not None and owner not in _logged:
        _logged.add(owner)
        _log.debug("%s: %s does not match the document; kept", owner, type(value).__name__)
    return value


def as_tuple(items: list[Any], *decoders: Callable[[Any], Any] | None) -> Any:
    """Return a list of a response as a tuple.

    Args:
        items: Decoded JSON.
        decoders: Of the first items, and at last of all others; None for those that JSON represents.
    """
    if not decoders:
        return tuple(items)
    *first, rest = decoders
    every = [*first, *[rest] * (len(items) - len(first))]
    return tuple(item if decode is None else decode(item) for item, decode in zip(items, every, strict=False))


_log = logger("omicsdk.decode")
_logged: set[str] = set()


def check(operation: str, path: str, value: Any, shape: Shape, *, what: str = "the response") -> None:
    """Check a decoded JSON value against its shape, for clients with strict=True.

    Args:
        operation: The operation, for the error.
        path: The place in the response, such as `bundle.files[3].size`.
        value: Decoded JSON.
        shape: The document's shape.
        what: What the value is, for the error.

    Raises:
        DecodeError: It does not conform; names operation, place and value.
    """
    problem = problem_of(path, value, shape)
    if problem is not None:
        where, actual, expected = problem
        raise DecodeError(operation, where, actual, expected=expected, what=what)


def problem_of(path: str, value: Any, shape: Shape) -> tuple[str, Any, str] | None:
    """Return the first (place, value, expectation) of a decoded JSON value that does not conform to its shape, or None."""
    if shape.kind == "any":
        return None
    if shape.kind == "union":
        # Of several alternatives, one that fits down to a member says more than the list of all kinds.
        problems = [problem_of(path, value, member) for member in shape.of]
        if any(problem is None for problem in problems):
            return None
        deeper = [problem for problem in problems if problem is not None and problem[0] != path]
        return deeper[0] if len(deeper) == 1 else (path, value, " or ".join(member.kind for member in shape.of))
    if shape.kind == "tagged":
        return _tagged_problem(path, value, shape)
    if shape.kind == "array":
        if not is_array(value):
            return path, value, "an array"
        problems = (problem_of(f"{path}[{number}]", item, shape.of[0]) for number, item in enumerate(value))
        return next((problem for problem in problems if problem is not None), None)
    if shape.kind == "tuple":
        return _tuple_problem(path, value, shape)
    if shape.kind in ("map", "model", "members"):
        if not is_object(value):
            return path, value, "an object"
        return _object_problem(path, value, shape)
    if shape.fits(value) if shape.fits is not None else _SCALARS[shape.kind](value, shape):
        return None
    return path, value, f"one of {', '.join(map(repr, shape.of))}" if shape.kind == "literal" else shape.kind


def _tuple_problem(path: str, value: Any, shape: Shape) -> tuple[str, Any, str] | None:
    if not is_array(value):
        return path, value, "an array"
    if len(value) < shape.least:
        return path, value, f"an array of at least {shape.least} items"
    if len(value) > len(shape.of) and shape.rest is None:
        return path, value, f"an array of at most {len(shape.of)} items"
    shapes = [*shape.of, *[shape.rest or ANY] * (len(value) - len(shape.of))]
    problems = (problem_of(f"{path}[{at}]", *pair) for at, pair in enumerate(zip(value, shapes, strict=False)))
    return next((problem for problem in problems if problem is not None), None)


def _tagged_problem(path: str, value: Any, shape: Shape) -> tuple[str, Any, str] | None:
    table = shape.table or {}
    if is_object(value) and None in table:
        tag = tag_of(value, shape.tag)
        return problem_of(path, value, table[tag if tag in table else None])
    if not is_object(value) or value.get(shape.tag) is None:
        return problem_of(path, value, union(*shape.of))
    tag = tag_of(value, shape.tag)
    if tag is not None and tag in table:
        return problem_of(path, value, table[tag])
    # Variants that the mapping leaves out are selected by what their own models state about the tag.
    named = {variant.model() for variant in table.values() if variant.model is not None}
    others = [
        alternative
        for alternative in shape.of
        if alternative.model is None
        or (alternative.model() not in named and named_by_tag(alternative.model(), shape.tag, tag))
    ]
    if any(problem_of(path, value, other) is None for other in others):
        return None
    return f"{path}.{shape.tag}".lstrip("."), value[shape.tag], f"one of {', '.join(map(repr, table))}"


def _object_problem(path: str, value: dict[str, Any], shape: Shape) -> tuple[str, Any, str] | None:
    prefix = f"{path}." if path else ""
    if shape.kind == "members":
        read = ((f"{prefix}{name}", value.get(name), member) for name, member in (shape.table or {}).items() if name)
        return next((problem for item in read if (problem := problem_of(*item)) is not None), None)
    if shape.model is None:
        problems = (problem_of(f"{prefix}{key}", item, shape.of[0]) for key, item in value.items())
        return next((problem for problem in problems if problem is not None), None)
    cls = shape.model()
    for field in cls.FIELDS:
        here = f"{prefix}{field.wire}"
        if field.wire not in value:
            if field.required:
                return here, None, "a required field"
            continue
        item = value[field.wire]
        if item is None and field.nullable:
            continue
        problem = problem_of(here, item, field.shape)
        if problem is not None:
            return problem
    if cls.EXTRA is ANY:
        return None
    named = {field.wire for field in cls.FIELDS}
    problems = (problem_of(f"{prefix}{key}", item, cls.EXTRA) for key, item in value.items() if key not in named)
    return next((problem for problem in problems if problem is not None), None)


def _is_number(value: Any, _: Shape) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(value: Any, literal: object) -> bool:
    """Equality of JSON values, where 1 equals 1.0 and true does not equal 1."""
    return value == literal and isinstance(value, bool) == isinstance(literal, bool)


_SCALARS: dict[str, Callable[[Any, Shape], bool]] = {
    "null": lambda value, _: value is None,
    "string": lambda value, _: isinstance(value, str),
    "integer": lambda value, _: isinstance(value, int) and not isinstance(value, bool),
    "size": lambda value, _: is_number(value),
    "number": _is_number,
    "boolean": lambda value, _: isinstance(value, bool),
    "literal": lambda value, shape: any(_equal(value, literal) for literal in shape.of),
}
