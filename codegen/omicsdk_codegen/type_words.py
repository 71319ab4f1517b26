"""Types in words, and whether values of one are values of another: for comparisons and explanations."""

from __future__ import annotations

from collections.abc import Mapping

from .shapes import ANY, INTEGER, NUMBER, STRING, Array, Enum, Map, Ref, Scalar, Tuple, Type, Union, with_inner
from .shapes import inner as parts
from .texts import literal

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


def within(inner: Type, outer: Type, inner_classes: Mapping[str, str], outer_classes: Mapping[str, str]) -> bool:
    """Whether each value of a type is one of another; models of one name are treated as one.

    Args:
        inner: the type whose values are compared with the other.
        outer: the other.
        inner_classes: models' classes by key, in the document of `inner`.
        outer_classes: the same for `outer`.
    """
    if ANY in (inner, outer):
        return outer == ANY
    if isinstance(inner, Union):
        return all(within(member, outer, inner_classes, outer_classes) for member in inner.members)
    if isinstance(outer, Union):
        return any(within(inner, member, inner_classes, outer_classes) for member in outer.members)
    if isinstance(inner, Enum):
        base = STRING if isinstance(inner.values[0], str) else INTEGER
        if isinstance(outer, Enum):
            return set(inner.values) <= set(outer.values)
        return within(base, outer, inner_classes, outer_classes)
    if isinstance(inner, Array) and isinstance(outer, Array):
        return within(inner.item, outer.item, inner_classes, outer_classes)
    if isinstance(inner, Tuple) and isinstance(outer, Array):
        return all(within(part, outer.item, inner_classes, outer_classes) for part in parts(inner))
    if isinstance(inner, Tuple) and isinstance(outer, Tuple):
        pairs = list(zip(parts(inner), parts(outer), strict=False))
        alike = len(parts(inner)) == len(parts(outer)) and (inner.rest is None) == (outer.rest is None)
        return alike and all(within(*pair, inner_classes, outer_classes) for pair in pairs)
    if isinstance(inner, Map) and isinstance(outer, Map):
        return within(inner.value, outer.value, inner_classes, outer_classes)
    if isinstance(inner, Ref) and isinstance(outer, Ref):
        return inner_classes[inner.key] == outer_classes[outer.key]
    return inner == outer or (inner == INTEGER and outer == NUMBER)


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
    return [value for part in parts(type_) for value in choices(part)]
