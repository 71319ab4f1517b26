"""Merge a schema that is composed with allOf into one schema, with the constraints of all parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .values import Json, Object, grouped, join, list_in, object_in, reachable, schema_name, schema_pointer

# Parts that a schema may be composed of; published ones have some hundred at most.
MAX_PARTS = 10_000
# Keys that describe a value without affecting its type.
ANNOTATIONS = frozenset(
    {
        "title", "description", "summary", "default", "example", "examples", "deprecated", "readOnly", "writeOnly",
        "externalDocs", "xml", "$comment", "discriminator", "$schema", "$id", "$anchor", "$defs",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Flat:
    """A schema without allOf.

    Attributes:
        schema: its own keys; `properties` is whole, `oneOf` and `anyOf` are left unchanged.
        pointers: JSON pointer of each property's schema.
        unions: each oneOf or anyOf with its pointer, in order.
        conflict: the contradiction, as text; None if there is none.
    """

    schema: Object
    pointers: Mapping[str, str]
    unions: tuple[tuple[list[Json], str], ...]
    conflict: str | None = None

    @property
    def members(self) -> list[tuple[Json, str]]:
        """The members of all unions, each with its pointer."""
        return [(member, join(pointer, at)) for union, pointer in self.unions for at, member in enumerate(union)]


def says_something(schema: Json) -> bool:
    """Whether a schema restricts the type of a value: `{description: ...}` and `{type: object}` do not."""
    if not isinstance(schema, dict):
        return False
    keys = {key for key in schema if key not in ANNOTATIONS and not key.startswith("x-")}
    return bool(keys) and not (keys == {"type"} and schema["type"] in ("object", ["object"]))


def parts_of(schema: Object, pointer: str) -> list[tuple[Object, str]]:
    """Return the parts of a schema's type, each with its pointer: a reference, members of allOf, its own keys."""
    parts: list[tuple[Object, str]] = []
    reference = schema.get("$ref")
    if isinstance(reference, str):
        parts.append(({"$ref": reference}, pointer))
    for index, member in enumerate(list_in(schema, "allOf")):
        if isinstance(member, dict) and says_something(member):
            parts.append((member, join(pointer, "allOf", index)))
    rest = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    if says_something(rest) and not (parts and set(rest) <= ANNOTATIONS | {"type"} and rest.get("type") in _OBJECT):
        parts.append((rest, pointer))
    return parts


_NOTHING = Flat({}, {}, ())
_TEXTS = ("description", "default", "readOnly", "deprecated")
_OBJECT = ("object", ["object"], ["object", "null"], ["null", "object"])


class TooComposed(Exception):
    """A schema is composed of more parts than `MAX_PARTS`. Its argument is the schema's JSON pointer."""


class Flattener:
    """Merges schemas with all that they are composed of.

    Named schemas are merged once: a chain of thirty in which each states the one before twice has 2^30 parts otherwise.

    Args:
        schemas: the document's schemas, for references.
    """

    def __init__(self, schemas: Object) -> None:
        self._schemas = schemas
        self._flattened: dict[str, Flat] = {}
        self._parts = 0

    def flat(self, schema: Object, pointer: str) -> Flat:
        """Merge a schema.

        Args:
            schema: the schema.
            pointer: its JSON pointer.

        Raises:
            TooComposed: it has more than `MAX_PARTS` parts.
        """
        self._parts = 0
        try:
            return self._flat(schema, pointer, frozenset())[0]
        except OverflowError as error:
            raise TooComposed(pointer) from error

    def _flat(self, schema: Object, pointer: str, seen: frozenset[str]) -> tuple[Flat, frozenset[str]]:
        """A merged schema, and those of the schemas being merged (`seen`) that it met again: circles end there."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise OverflowError
        # The reference first, then allOf, then the schema's own members: what follows overrides what it builds upon.
        merged, circles = Flat({}, {}, ()), frozenset[str]()
        reference = schema.get("$ref")
        if isinstance(reference, str):
            merged, circles = self._named(schema_name(reference), seen)
        for index, member in enumerate(list_in(schema, "allOf")):
            if isinstance(member, dict):
                part, met = self._flat(member, join(pointer, "allOf", index), seen)
                merged, circles = _merge(merged, part, pointer), circles | met
        if len(schema) == 1 and reference is not None:  # most references stand alone
            return merged, circles
        return _merge(merged, _unmerged(schema, pointer), pointer), circles

    def _named(self, name: str, seen: frozenset[str]) -> tuple[Flat, frozenset[str]]:
        if name in self._flattened:
            return self._flattened[name], frozenset()
        target = self._schemas.get(name)
        if name in seen or not isinstance(target, dict):
            return Flat({}, {}, ()), seen & {name}
        flat, met = self._flat(target, schema_pointer(name)[1:], seen | {name})
        if not met - {name}:  # otherwise a part is missing that an outer schema adds
            self._flattened[name] = flat
        return flat, met - {name}


def _unmerged(schema: Object, pointer: str) -> Flat:
    local = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "oneOf", "anyOf")}
    names = list(object_in(local, "properties"))
    unions: list[tuple[list[Json], str]] = []
    for key in ("oneOf", "anyOf"):
        members = schema.get(key)
        if isinstance(members, list):
            unions.append((members, join(pointer, key)))
    return Flat(local, {name: join(pointer, "properties", name) for name in names}, tuple(unions))


def _merge(first: Flat, second: Flat, pointer: str) -> Flat:
    if first == _NOTHING:
        return second
    schema: Object = dict(first.schema)
    pointers = dict(first.pointers)
    conflict = first.conflict or second.conflict
    for key, value in second.schema.items():
        before = schema.get(key)
        if key == "properties" and isinstance(value, dict):
            previous = before if isinstance(before, dict) else {}
            schema[key] = _properties(previous, value, pointers, second.pointers, pointer)
        elif key == "required" and isinstance(value, list) and isinstance(before, list):
            schema[key] = before + [name for name in value if name not in before]
        elif key == "type" and before is not None:
            schema[key], clash = _types(before, value)
            conflict = conflict or clash
        elif key == "enum" and isinstance(before, list) and isinstance(value, list):
            # Enums without a common value were hardly meant to exclude everything: the later part applies.
            schema[key] = [choice for choice in before if _is_among(choice, value)] or value
        elif key == "items" and isinstance(before, dict) and isinstance(value, dict) and before != value:
            # Merged when the type of the items is settled, as any other allOf.
            schema[key] = {"allOf": [before, value]}
        else:
            schema[key] = value
    # A constraint that two parts share applies once.
    members_before = {id(members) for members, _ in first.unions}
    added = tuple(union for union in second.unions if id(union[0]) not in members_before)
    return Flat(schema, pointers, first.unions + added, conflict)


def _is_among(choice: Json, choices: list[Json]) -> bool:
    """Whether a value is one of others. Python takes true for 1, which JSON does not."""
    is_flag = isinstance(choice, bool)
    return any(other == choice and isinstance(other, bool) == is_flag for other in choices)


def _properties(
    properties: Object, added: Object, pointers: dict[str, str], places: Mapping[str, str], pointer: str
) -> Object:
    # A copy: both sides may be remembered schemas, which others are merged with.
    result = dict(properties)
    for name, schema in added.items():
        before = result.get(name)
        if before == schema or not says_something(before):
            result[name] = _with_texts(schema, before)
            pointers[name] = places[name]
        elif not says_something(schema):
            result[name] = _with_texts(before, schema)
        else:
            members = _members(before)
            members += [member for member in _members(schema) if member not in members]
            result[name] = {"allOf": members, **_texts(before), **_texts(schema)}
            pointers[name] = join(pointer, "properties", name)
    return result


def _members(schema: Json) -> list[Json]:
    """Return the parts that a property consists of: nested lists of the same parts would double with each merge."""
    members = schema.get("allOf") if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or not isinstance(members, list) or schema.keys() - {"allOf", *_TEXTS}:
        return [schema]
    return list(members)


def _texts(schema: Json) -> Object:
    if not isinstance(schema, dict):
        return {}
    return {key: schema[key] for key in _TEXTS if key in schema}


def _with_texts(schema: Json, other: Json) -> Json:
    if not isinstance(schema, dict):
        return schema
    return {**_texts(other), **schema}


def _types(first: Json, second: Json) -> tuple[Json, str | None]:
    ours = [first] if isinstance(first, str) else first if isinstance(first, list) else []
    theirs = [second] if isinstance(second, str) else second if isinstance(second, list) else []
    both: list[Json] = [name for name in ours if name in theirs]
    met = ("integer" in ours and "number" in theirs) or ("number" in ours and "integer" in theirs)
    if met and "integer" not in both:
        # Each integer is a number, so that it meets both.
        both.append("integer")
    if not both:
        return first, f"allOf wants both {first} and {second}"
    return (both[0] if len(both) == 1 else both), None


# -- schemas that others extend by allOf, and whose discriminator states which of them an object is


class Variants:
    """The bases among a document's schemas, and their extensions.

    Args:
        schemas: by name, upgraded.
    """

    def __init__(self, schemas: Object) -> None:
        self._children = grouped((parent, name) for name, schema in schemas.items() for parent in _parents(schema))
        self._order = {name: number for number, name in enumerate(schemas)}
        roots = [name for name, schema in schemas.items() if name in self._children and _discriminates(schema)]
        # An extension of a base is a base of its own extensions, without stating the discriminator again.
        self._bases = {*self._below(roots)}
        self._names_below: dict[str, tuple[str, ...]] = {}

    def of(self, name: str) -> tuple[str, ...]:
        """Return the names of all schemas that extend a base, directly or not, in the document's order.

        A base states a discriminator, or is made of a schema that does; of any other schema the response is empty.
        """
        if name not in self._bases:
            return ()
        if name not in self._names_below:
            below = [name_below for name_below in self._below([name]) if name_below != name]
            self._names_below[name] = tuple(sorted(below, key=self._order.__getitem__))
        return self._names_below[name]

    def _below(self, names: Iterable[str]) -> list[str]:
        """Return some schemas and all that extend them."""
        return reachable(names, lambda name: self._children.get(name, ()))


def _parts(schema: Json) -> Iterator[Object]:
    for part in (schema, *list_in(schema, "allOf")):
        if isinstance(part, dict):
            yield part


def _parents(schema: Json) -> Iterator[str]:
    for part in _parts(schema):
        reference = part.get("$ref")
        if isinstance(reference, str):
            yield schema_name(reference)


def _discriminates(schema: Json) -> bool:
    """A discriminator beside oneOf or anyOf applies to these."""
    parts = list(_parts(schema))
    discriminator = [part.get("discriminator") for part in parts if not {"oneOf", "anyOf"} & part.keys()]
    return any(isinstance(rule, dict) and isinstance(rule.get("propertyName"), str) for rule in discriminator)
