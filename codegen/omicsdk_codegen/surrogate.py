"""A document without paths and without a single text of the user's, whose components are our shapes.

It is what openapi-python-client's parser is given: it takes every document of this form, where it refuses or drops a
good part of what is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .shapes import Array, Enum, Map, Model, Ref, Scalar, Type, Union
from .values import Json, Object

_SCALARS: dict[str, Object] = {
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


# What stands for the mapping that an object with an unknown tag stays.
UNTAGGED = "Untagged"


@dataclass
class Surrogate:
    """The document, and what its names stand for.

    Attributes:
        data: OpenAPI 3.1.
        fields: component -> property -> (model's key, field's name in the document).
        wanted: component with the one property v -> key of a wanted type.
        models: component -> model's key.
        enums: component -> enum.
    """

    data: Object
    fields: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict[str, dict[str, tuple[str, str]]])
    wanted: dict[str, str] = field(default_factory=dict[str, str])
    models: dict[str, str] = field(default_factory=dict[str, str])
    enums: dict[str, Enum] = field(default_factory=dict[str, Enum])


def surrogate(models: Iterable[Model], wanted: Mapping[str, Type]) -> Surrogate:
    """Write models and types as a document for the parser.

    Args:
        models: all models of the document.
        wanted: further types by key: of arguments and answers.

    Returns:
        The document; M1 with the fields f1, f2 is a model, T1 with the field v a wanted type, E1 an enum.
    """
    known = list(models)
    names = {model.key: f"M{number}" for number, model in enumerate(known, 1)}
    enums: dict[Enum, str] = {}
    schemas: Object = {}
    result = Surrogate({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}})
    for model in known:
        name = names[model.key]
        places = {f"f{number}": (model.key, held.wire) for number, held in enumerate(model.fields, 1)}
        properties: Object = {f"f{n}": _schema(held.type, names, enums) for n, held in enumerate(model.fields, 1)}
        schemas[name] = _object(properties)
        result.fields[name] = places
        result.models[name] = model.key
    for number, (key, type_) in enumerate(wanted.items(), 1):
        schemas[f"T{number}"] = _object({"v": _schema(type_, names, enums)})
        result.wanted[f"T{number}"] = key
    for enum, name in enums.items():
        numeric = isinstance(enum.values[0], int)
        schemas[name] = {
            "type": "integer" if numeric else "string",
            "enum": list(range(len(enum.values))) if numeric else [f"v{n}" for n in range(len(enum.values))],
        }
        result.enums[name] = enum
    schemas[UNTAGGED] = _object({})
    result.data["components"] = {"schemas": schemas}
    return result


def _object(properties: Object) -> Object:
    required: list[Json] = list(properties)
    return {"type": "object", "properties": properties, "required": required}


def _schema(type_: Type, names: Mapping[str, str], enums: dict[Enum, str]) -> Object:
    if isinstance(type_, Scalar):
        return dict(_SCALARS[type_.kind])
    if isinstance(type_, Enum):
        return _reference(enums.setdefault(type_, f"E{len(enums) + 1}"))
    if isinstance(type_, Array):
        return {"type": "array", "items": _schema(type_.item, names, enums)}
    if isinstance(type_, Map):
        return {"type": "object", "additionalProperties": _schema(type_.value, names, enums)}
    if isinstance(type_, Ref):
        return _reference(names[type_.key])
    assert isinstance(type_, Union)
    members: list[Json] = [_schema(member, names, enums) for member in type_.members]
    open_ = type_.tags and None not in dict(type_.tags)
    return {"anyOf": [*members, _reference(UNTAGGED)] if open_ else members}


def _reference(name: str) -> Object:
    return {"$ref": f"#/components/schemas/{name}"}
