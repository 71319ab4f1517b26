"""The plan of choices.py: for each enum a class with its values as constants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .code import Code, as_docstring, as_literal
from .directions import place_of
from .model_names import Names
from .naming import CLASS_WORDS, NameRequest, class_name, field_name_request, pascal_case, settle, snake_case
from .operations import Draft, class_stem
from .shapes import Enum, Model, Type, inner
from .texts import literals, one_line, sentence
from .values import Object


@dataclass(frozen=True)
class ChoiceClass:
    """The values of one enum.

    Attributes:
        name: the class.
        doc: its docstring.
        type: the Literal of all values.
        members: (constant, literal), one a value.
    """

    name: Code
    doc: Code
    type: Code
    members: list[tuple[Code, Code]]


@dataclass(frozen=True)
class _EnumUse:
    """Where the document has an enum.

    Attributes:
        pointer: of the schema around it.
        word: the field or the parameter; empty for a named schema.
        owner: the class or the operation around it, or the named schema.
        schema: the document's schema.
    """

    pointer: str
    word: str
    owner: str
    schema: Object


def plan_choices(
    named: Mapping[str, tuple[Type, Object]], models: Iterable[Model], drafts: Iterable[Draft], names: Names
) -> list[ChoiceClass]:
    """Plan the classes of all enums of several values, by name; equal enums share one.

    Args:
        named: types and schemas of named schemas.
        models: all models.
        drafts: all operations.
        names: what models are called.
    """
    uses_by_enum: dict[Enum, list[_EnumUse]] = {}
    for enum, use in _uses(named, models, drafts, names):
        if len(enum.values) > 1:
            uses_by_enum.setdefault(enum, []).append(use)
    first = {enum: min(uses, key=lambda use: (use.word != "", use.pointer)) for enum, uses in uses_by_enum.items()}
    candidates = {
        enum: NameRequest(f"{first[enum].pointer}#{literals(enum.values)}", _candidates(first[enum], uses))
        for enum, uses in uses_by_enum.items()
    }
    reserved = {*CLASS_WORDS, *names.classes.values(), "Choices", "Final"}
    classes = settle(candidates.values(), reserved)
    classes_made = [
        _class(classes[candidates[enum].key], enum, first[enum], len(uses_by_enum[enum]) == 1) for enum in uses_by_enum
    ]
    return sorted(classes_made, key=lambda class_: class_.name)


def _uses(
    named: Mapping[str, tuple[Type, Object]], models: Iterable[Model], drafts: Iterable[Draft], names: Names
) -> Iterator[tuple[Enum, _EnumUse]]:
    for name, (type_, schema) in named.items():
        for enum in _enums(type_):
            yield enum, _EnumUse(f"/components/schemas/{name}", "", name, schema)
    for model in models:
        for field in model.fields:
            for enum in _enums(field.type):
                pointer = f"{place_of(model.key)}/properties/{field.wire}"
                yield enum, _EnumUse(pointer, field.wire, names.classes[place_of(model.key)], field.schema)
    for draft in drafts:
        for argument in draft.arguments:
            for enum in _enums(argument.type):
                yield enum, _EnumUse(argument.key, argument.wire, class_stem(draft.name), argument.schema)


def _enums(type_: Type) -> Iterator[Enum]:
    if isinstance(type_, Enum):
        yield type_
    for part in inner(type_):
        yield from _enums(part)


def _candidates(use: _EnumUse, uses: list[_EnumUse]) -> tuple[str, ...]:
    """Names, from the shortest: of a named schema its own; a field's or parameter's alone if all places have the same."""
    if not use.word:
        return (class_name(use.owner), class_name(f"{use.owner}Choices"))
    full = class_name(use.owner.rstrip("_") + pascal_case(use.word))
    common = len(uses) > 1 and len({use.word for use in uses}) == 1
    return (class_name(use.word), full) if common else (full,)


def _class(name: str, enum: Enum, use: _EnumUse, only: bool) -> ChoiceClass:
    constants = settle(_constant(value) for value in enum.values)
    members = [(Code(constants[str(value)]), as_literal(value)) for value in enum.values]
    # Of several places, what one states need not be true of the others.
    described = sentence(use.schema.get("description")) if only or not use.word else ""
    doc = described or f"Values of {one_line(use.word or use.owner)}."
    return ChoiceClass(Code(name), as_docstring(doc, 4), Code(f"Literal[{literals(enum.values)}]"), members)


def _constant(value: str | int) -> NameRequest:
    if isinstance(value, int):
        return NameRequest(str(value), (f"N{value}" if value >= 0 else f"MINUS_{-value}",))
    plain = snake_case(value).upper()
    longer = (name.upper() for name in field_name_request(value).candidates[1:])
    return NameRequest(value, (plain, *longer), exact=plain == value)
