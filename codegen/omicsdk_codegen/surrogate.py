"""A document without paths and without any of the user's texts, whose components are our shapes.

It is what openapi-python-client's parser is given: it takes every document of this form, where it refuses or drops a
good part of what is published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .shapes import Array, Enum, Map, Ref, Scalar, Tuple, Type, Union, inner
from .values import Json, Object

_NATIVE = ("uuid", "decimal", "byte", "duration", "time", "int64")
# Components that stand for texts in a format, and their kinds.
NATIVE = {f"N{number}": kind for number, kind in enumerate(_NATIVE)}
_SCALARS: dict[str, Object] = {
    **{kind: {"$ref": f"#/components/schemas/{name}"} for name, kind in NATIVE.items()},
    "any": {},
    "null": {"type": "null"},
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "bytes": {"type": "string", "format": "binary"},
    "date": {"type": "string", "format": "date"},
    "date-time": {"type": "string", "format": "date-time"},
}


# Stands for the mapping that an object with an unknown tag remains.
UNTAGGED = "Untagged"


@dataclass
class Surrogate:
    """The document, and the meaning of its names.

    Attributes:
        data: OpenAPI 3.1.
        types: component with the one property v -> the type that it requests.
        models: component -> model's key.
        enums: component -> enum.
        tuples: component, whose required properties are the items, -> tuple.
    """

    data: Object
    types: dict[str, Type] = field(default_factory=dict[str, Type])
    models: dict[str, str] = field(default_factory=dict[str, str])
    enums: dict[str, Enum] = field(default_factory=dict[str, Enum])
    tuples: dict[str, Tuple] = field(default_factory=dict[str, Tuple])


def surrogate(types: Iterable[Type]) -> Surrogate:
    """Write types as a document for the parser.

    Args:
        types: the requested types; fields of the models in them are not needed.

    Returns:
        The document; T1 with the field v is a type, M1 a model without fields, E1 an enum, P1 with the fields i0 ... a tuple.
    """
    names: dict[str, str] = {}
    enums: dict[Enum, str] = {}
    tuples: dict[Tuple, str] = {}
    schemas: Object = {}
    result = Surrogate({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}})
    for number, type_ in enumerate(types, 1):
        schemas[f"T{number}"] = _object({"v": _schema(type_, names, enums, tuples)})
        result.types[f"T{number}"] = type_
    while len(result.tuples) < len(tuples):  # items of a tuple may be tuples, too
        tuple_type, name = list(tuples.items())[len(result.tuples)]
        result.tuples[name] = tuple_type
        parts = {f"i{number}": _schema(part, names, enums, tuples) for number, part in enumerate(inner(tuple_type))}
        schemas[name] = _object({**parts})
    for key, name in names.items():
        schemas[name] = _object({})
        result.models[name] = key
    for enum, name in enums.items():
        numeric = isinstance(enum.values[0], int)
        schemas[name] = {
            "type": "integer" if numeric else "string",
            "enum": list(range(len(enum.values))) if numeric else [f"v{n}" for n in range(len(enum.values))],
        }
        result.enums[name] = enum
    schemas |= {name: _object({}) for name in (UNTAGGED, *NATIVE)}
    result.data["components"] = {"schemas": schemas}
    return result


def _object(properties: Object) -> Object:
    required: list[Json] = list(properties)
    return {"type": "object", "properties": properties, "required": required}


def _schema(type_: Type, names: dict[str, str], enums: dict[Enum, str], tuples: dict[Tuple, str]) -> Object:
    if isinstance(type_, Scalar):
        return dict(_SCALARS[type_.kind])
    if isinstance(type_, Enum):
        return _reference(enums.setdefault(type_, f"E{len(enums) + 1}"))
    if isinstance(type_, Array):
        return {"type": "array", "items": _schema(type_.item, names, enums, tuples)}
    if isinstance(type_, Tuple):
        return _reference(tuples.setdefault(type_, f"P{len(tuples) + 1}"))
    if isinstance(type_, Map):
        return {"type": "object", "additionalProperties": _schema(type_.value, names, enums, tuples)}
    if isinstance(type_, Ref):
        return _reference(names.setdefault(type_.key, f"M{len(names) + 1}"))
    assert isinstance(type_, Union)
    members: list[Json] = [_schema(member, names, enums, tuples) for member in type_.members]
    open_ = type_.tags and None not in dict(type_.tags)
    return {"anyOf": [*members, _reference(UNTAGGED)] if open_ else members}


def _reference(name: str) -> Object:
    return {"$ref": f"#/components/schemas/{name}"}
