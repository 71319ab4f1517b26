"""The only adapter to openapi-python-client, whose parser is not a documented interface: 0.29.1 exactly.

It is imported inside a function, because it takes 0.2 s and imports pydantic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from .progress import Count, OnProgress, silent
from .shapes import ANY, Array, Enum, Map, Model, Ref, Scalar, Tuple, Type, Union, inner, with_inner
from .values import Json, Object

# The parser copies all components with each new one, so its time grows with the square of their number.
_ASKED_AT_ONCE = 100


@dataclass(frozen=True)
class Word:
    """A type that Python has a word for: str, int, float, bool, bytes, date, datetime, Any or None; or another format."""

    python: str


@dataclass(frozen=True)
class ListOf:
    """A list."""

    item: PythonType


@dataclass(frozen=True)
class TupleOf:
    """A tuple; all items after the first ones are of one type, or there are none."""

    items: tuple[PythonType, ...]
    rest: PythonType | None


@dataclass(frozen=True)
class DictOf:
    """A mapping from text."""

    value: PythonType


@dataclass(frozen=True)
class Choice:
    """A Literal."""

    enum: Enum


@dataclass(frozen=True)
class ModelOf:
    """A model's class, by the model's key."""

    key: str


@dataclass(frozen=True)
class AnyOf:
    """A union."""

    members: tuple[PythonType, ...]


@dataclass(frozen=True)
class Untagged:
    """The mapping that an object stays whose discriminator has an unknown value."""


PythonType: TypeAlias = Untagged | Word | ListOf | TupleOf | DictOf | Choice | ModelOf | AnyOf


@dataclass(frozen=True)
class Parsed:
    """The parser's responses.

    Attributes:
        fields: by (model's key, field's name in the document).
        extras: of members without a name, by model's key.
        types: by key.
    """

    fields: Mapping[tuple[str, str], PythonType]
    extras: Mapping[str, PythonType]
    types: Mapping[str, PythonType]


class LostType(Exception):
    """The parser returned nothing for a type. The argument is the pointer of the type."""


def parse(models: Iterable[Model], types_by_key: Mapping[str, Type], on_progress: OnProgress = silent) -> Parsed:
    """Ask the parser for the Python type of each field and each wanted type; each type is requested once.

    Args:
        models: all models of the document.
        types_by_key: further types by key.
        on_progress: called with the progress.

    Raises:
        LostType: one of them did not come back.
    """
    listing = list(models)
    fields = {(model.key, field.wire): field.type for model in listing for field in model.fields}
    extras = {model.key: model.extra for model in listing if model.extra != ANY}
    places: dict[Type, str] = {}
    patterns: dict[Type, tuple[Type, _References]] = {}
    field_types = [(type_, f"{key}/properties/{wire}") for (key, wire), type_ in fields.items()]
    for type_, first_key in (*field_types, *((type_, key) for key, type_ in (*extras.items(), *types_by_key.items()))):
        if type_ not in patterns:
            references = _References({}, {})
            patterns[type_] = _pattern(type_, references), references
            places.setdefault(patterns[type_][0], first_key)
    parsed_keys = list(places)
    of_patterns: dict[Type, PythonType] = {}
    count = Count("determining the Python types", len(parsed_keys), on_progress)
    for start in range(0, len(parsed_keys), _ASKED_AT_ONCE):
        count.reached(start)
        of_patterns |= _responses(parsed_keys[start : start + _ASKED_AT_ONCE], places)
    responses = {
        type_: _restored(of_patterns[pattern], references) for type_, (pattern, references) in patterns.items()
    }
    return Parsed(
        {key: responses[type_] for key, type_ in fields.items()},
        {model.key: responses[model.extra] if model.key in extras else Word("Any") for model in listing},
        {key: responses[type_] for key, type_ in types_by_key.items()},
    )


@dataclass(frozen=True)
class _References:
    """The models and enums of a type, each with what stands for it in its pattern."""

    models: dict[str, str]
    enums: dict[Enum, Enum]


def _pattern(type_: Type, references: _References) -> Type:
    """Return a type with numbers in place of its models and its enums' values: types that differ only in these are requested
    once.
    """
    if isinstance(type_, Ref):
        return Ref(references.models.setdefault(type_.key, str(len(references.models))))
    if isinstance(type_, Enum):
        number = len(references.enums)
        # An enum of numbers stays one of numbers: its property in the parser's result is of another kind.
        return references.enums.setdefault(type_, Enum((number if isinstance(type_.values[0], int) else str(number),)))
    pattern = with_inner(type_, lambda part: _pattern(part, references))
    if isinstance(pattern, Union) and pattern.table:
        return replace(pattern, table=tuple((value, references.models.get(key, "")) for value, key in pattern.table))
    return pattern


def _restored(type_: PythonType, references: _References) -> PythonType:
    """Return the Python type of a pattern with models and enums in place of their numbers."""
    match type_:
        case ModelOf(number):
            return ModelOf(list(references.models)[int(number)])
        case Choice(enum):
            return Choice(list(references.enums)[int(enum.values[0])])
        case ListOf(item):
            return ListOf(_restored(item, references))
        case DictOf(value):
            return DictOf(_restored(value, references))
        case TupleOf(items, rest):
            return TupleOf(
                tuple(_restored(item, references) for item in items),
                None if rest is None else _restored(rest, references),
            )
        case AnyOf(members):
            return AnyOf(tuple(_restored(member, references) for member in members))
        case _:
            return type_


def _responses(types: Sequence[Type], places: Mapping[Type, str]) -> dict[Type, PythonType]:
    from openapi_python_client.config import Config, ConfigFile, MetaType
    from openapi_python_client.parser import GeneratorData

    request = surrogate(types)
    config = Config.from_sources(
        # Enums are Literals, which accept plain texts, as the package's own annotations do.
        ConfigFile(post_hooks=[], literal_enums=True),
        MetaType.NONE,
        Path(),
        "utf-8",
        False,
        None,
    )
    data = GeneratorData.from_dict(request.data, config=config)
    parsed_models: list[Any] = list(getattr(data, "models", ()))
    properties = {_text(model.class_info.name): list[Any](model.required_properties or ()) for model in parsed_models}
    return {
        type_: _response(next(iter(properties.get(component, ())), None), request, places[type_], properties)
        for component, type_ in request.types.items()
    }


def _text(value: object) -> str:
    # Texts of the document are wrapped in 0.29, so that they are not written as code by mistake.
    unwrap = getattr(value, "get_untrusted_value", None)
    return str(unwrap() if unwrap is not None else value)


def _response(property_: Any, request: Surrogate, pointer: str, properties: Mapping[str, list[Any]]) -> PythonType:
    if property_ is None:
        raise LostType(pointer)
    return _python(property_, request, pointer, properties)


def _python(property_: Any, request: Surrogate, pointer: str, properties: Mapping[str, list[Any]]) -> PythonType:
    from openapi_python_client.parser import properties as kinds
    from openapi_python_client.parser.properties.file import FileProperty
    from openapi_python_client.parser.properties.list_property import ListProperty
    from openapi_python_client.parser.properties.union import UnionProperty

    if isinstance(property_, ListProperty):
        return ListOf(_python(property_.inner_property, request, pointer, properties))
    if isinstance(property_, UnionProperty):
        return AnyOf(tuple(_python(member, request, pointer, properties) for member in property_.inner_properties))
    if isinstance(property_, kinds.LiteralEnumProperty):
        enum = request.enums.get(_text(property_.class_info.name))
        if enum is None:
            raise LostType(pointer)
        return Choice(enum)
    if isinstance(property_, kinds.ModelProperty):
        # These classes stand for types that the parser does not know: untagged objects, formats and tuples.
        if _text(property_.class_info.name) == UNTAGGED:
            return Untagged()
        if (kind := NATIVE.get(_text(property_.class_info.name))) is not None:
            return Word(kind)
        if tuple_ := request.tuples.get(_text(property_.class_info.name)):
            by_name = {
                _text(property_.name): property_ for property_ in properties.get(_text(property_.class_info.name), ())
            }
            names = [f"i{number}" for number in range(len(inner(tuple_)))]
            parts = [_response(by_name.get(name), request, pointer, properties) for name in names]
            return TupleOf(tuple(parts[: len(tuple_.items)]), None if tuple_.rest is None else parts[-1])
        key = request.models.get(_text(property_.class_info.name))
        if key is not None:
            return ModelOf(key)
        extra: Any = property_.additional_properties
        return DictOf(
            Word("Any") if extra is None or isinstance(extra, bool) else _python(extra, request, pointer, properties)
        )
    if isinstance(property_, FileProperty):
        return Word("bytes")
    python = property_.get_type_string(no_optional=True).as_unembedded_code()
    python = python.removeprefix("datetime.")
    if python not in ("date", "datetime", "str", "int", "float", "bool", "None", "Any"):
        raise LostType(pointer)
    return Word(python)


# What the parser is given: a document without paths and without any of the user's texts, whose components are our
# shapes. The parser takes every document of this form, where it refuses or drops a good part of what is published.

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
