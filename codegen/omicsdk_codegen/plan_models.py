"""The plans of choices.py, a class for each enum, and of models: one module each, or one for a cycle of them; and of their TypedDicts."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .annotations import Annotations, dict_name
from .decoding import Decoding
from .descriptions import describe
from .directions import place_of
from .imports import Imports
from .model_names import Names
from .naming import (
    ANNOTATION_WORDS,
    CLASS_WORDS,
    DATE_WORDS,
    NameRequest,
    class_name,
    field_name_request,
    pascal_case,
    settle,
    snake_case,
)
from .operations import Draft, class_stem
from .parser import Parsed
from .progress import OnProgress, counted, silent
from .shapes import ANY, Enum, Field, Model, Type, inner, is_decoded, is_text_in_json
from .texts import Code, as_docstring, as_lines, as_literal, clean, literals, one_line, sentence
from .values import Object, grouped


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
    uses_by_enum = grouped(pair for pair in _uses(named, models, drafts, names) if len(pair[0].values) > 1)
    first = {enum: min(uses, key=lambda use: (use.word != "", use.pointer)) for enum, uses in uses_by_enum.items()}
    candidates = {
        enum: NameRequest(f"{first[enum].pointer}#{literals(enum.values)}", _candidates(first[enum], uses))
        for enum, uses in uses_by_enum.items()
    }
    reserved = {*CLASS_WORDS, *names.classes.values(), "Choices", "Final"}
    classes = settle(candidates.values(), reserved)
    classes_made = [
        _choice_class(classes[candidates[enum].key], enum, first[enum], len(uses_by_enum[enum]) == 1)
        for enum in uses_by_enum
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


def _choice_class(name: str, enum: Enum, use: _EnumUse, only: bool) -> ChoiceClass:
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


# Names of omicsdk.core and attrs in class bodies, where a field of that name would hide them.
_HIDEABLE = frozenset(
    {"array", "as_text", "text_in", "tuple_of", "literal", "mapping", "model", "tagged_union", "union"}
)


@dataclass(frozen=True)
class ModelClass:
    """One attrs class.

    Attributes:
        name: the class.
        doc: its docstring; empty if the document describes nothing.
        fields: `name: type` and its docstring, one a field.
        arguments: `name: type = default` of the constructor, one a field.
        table: `Field(...)`, one a field.
        extra: the type of members without a name in the document.
        extra_shape: its shape; empty for any value.
        extra_decoded: the function that decodes one; empty if JSON represents it.
        decoded: the fields' names in the document, as literals, with the assignments to attributes in `from_dict`.
    """

    name: Code
    doc: Code
    fields: list[tuple[Code, Code]]
    arguments: list[Code]
    table: list[Code]
    extra: Code
    extra_shape: Code
    extra_decoded: Code
    decoded: list[tuple[Code, Code]]


@dataclass(frozen=True)
class ModelModule:
    """A module of one model, or of several that refer to each other in a circle."""

    name: Code
    imports: Code
    late: Code
    classes: list[ModelClass]


def plan_models(
    models: Iterable[Model], names: Names, parsed: Parsed, on_progress: OnProgress = silent
) -> list[ModelModule]:
    """Plan all model modules, by name, reporting progress."""
    groups = grouped((names.modules[model.key], model) for model in models)
    return [
        _module(module, groups[module], names, parsed)
        for module in counted(sorted(groups), "planning models", on_progress)
    ]


def _module(module: str, models: list[Model], names: Names, parsed: Parsed) -> ModelModule:
    shadowed = {field.python for model in models for field in model.fields} & (_HIDEABLE | DATE_WORDS)
    imports = Imports(shadowed)
    # Models in a circle are in one module, so that none imports another before that is defined.
    here = {model.key for model in models}

    def use(key: str) -> None:
        if key not in here:
            imports.add(f".{names.modules[key]}", names.classes[key])

    annotations = Annotations(names.classes, names.modules, imports, models=".", module=module)
    decoding = Decoding(names.classes, imports, use)
    imports.add("attrs", "define")
    for name in ("JsonObject", "Model", "Field", "blank", "rest_of"):
        imports.add("omicsdk.core.model", name)
    imports.typing("ClassVar")
    if any(model.extra != ANY for model in models):
        imports.add("omicsdk.core.model", "Shape")
    if any(not field.required for model in models for field in model.fields):
        imports.add("omicsdk.core.omit", "OMIT")
        imports.add("omicsdk.core.omit", "Omit")
    classes = [_class(model, names, parsed, annotations, decoding) for model in models]
    return ModelModule(Code(module), as_lines(imports.lines()), as_lines(imports.late_lines()), classes)


def _class(model: Model, names: Names, parsed: Parsed, annotations: Annotations, decoding: Decoding) -> ModelClass:
    name = names.classes[model.key]
    decoded: list[tuple[Code, Code]] = []
    fields: list[tuple[Code, Code]] = []
    arguments: list[Code] = []
    table: list[Code] = []
    for field in model.fields:
        decoded.append((as_literal(field.wire), _decoded(field, decoding, f"{name}.{field.python}")))
        python = parsed.fields[(model.key, field.wire)]
        read, default = (
            f"{field.python}: {annotations.write(python, 'response', optional=optional)}"
            for optional in (field.nullable or not field.required, field.nullable)
        )
        fields.append((Code(read), as_docstring(_field_text(field), 4)))
        # The only value, which is also the default, is sent: services choose a variant by it.
        values = list(field.type.values) if isinstance(field.type, Enum) else []
        omitted = as_literal(values[0]) if values == [field.schema.get("default")] else "OMIT"
        arguments.append(Code(default if field.required else f"{default} | Omit = {omitted}"))
        shape = decoding.shape(field.type)
        row = f"{as_literal(field.wire)}, {field.python!r}, {field.required}, {field.nullable}, {shape}"
        row += ", read_only=True" if field.wire in model.read_only else ""
        row += f", text={decoding.as_text()}" if is_text_in_json(field.type) else ""
        table.append(Code(f"Field({row})"))
    return ModelClass(
        Code(name),
        as_docstring(clean(model.schema.get("description")) or sentence(model.schema.get("title")), 4),
        fields,
        arguments,
        table,
        Code(annotations.write(parsed.extras[model.key], "response")),
        Code("" if model.extra == ANY else decoding.shape(model.extra)),
        Code(f"lambda v: {decoding.expression(model.extra, 'v', name)}" if is_decoded(model.extra) else ""),
        decoded,
    )


def _decoded(field: Field, decoding: Decoding, path: str) -> Code:
    member = f"data[{as_literal(field.wire)}]"
    expression = decoding.expression(field.type, "v", path)
    # The member is looked up once: the first use assigns it to `v`, for those after it.
    if "v.__class__" in expression:
        before, _, after = expression.partition("v.__class__")
        return Code(f"{field.python} = {before}(v := {member}).__class__{after}")
    return Code(f"{field.python} = {decoding.expression(field.type, member, path)}")


def _field_text(field: Field) -> str:
    texts = [describe(field.schema)]
    if field.python != field.wire:
        texts.append(f"Its name in the document is {one_line(field.wire)}.")
    return " ".join(text for text in texts if text)


# -- TypedDicts: types.py, or a package of that name if it would be too long

# A file that is longer is hard to open in an editor.
MOST_LINES = 3_000
# Lines of a class besides its members: empty lines, head and docstring.
_LINES_OF_A_CLASS = 5


@dataclass(frozen=True)
class DictClass:
    """One TypedDict.

    Attributes:
        name: the class.
        doc: its docstring.
        members: (name or literal, type), one a field.
        by_class: whether all names are valid in a class body.
    """

    name: Code
    doc: Code
    members: list[tuple[Code, Code]]
    by_class: bool


@dataclass(frozen=True)
class DictModule:
    """A module of TypedDicts.

    Attributes:
        name: the module in the package `types`; empty if it is types.py itself.
        imports: those that run.
        late: those under TYPE_CHECKING.
        dicts: the classes, by name.
    """

    name: Code
    imports: Code
    late: Code
    dicts: list[DictClass]


def plan_dicts(
    models: Iterable[Model],
    names: Names,
    parsed: Parsed,
    on_progress: OnProgress = silent,
) -> list[DictModule]:
    """Plan the TypedDicts of all models: in types.py, or in a module for each model if that would be too long.

    Args:
        models: all models.
        names: their names.
        parsed: what their fields are in Python.
        on_progress: called with the progress.
    """
    listing = list(models)
    lines = sum(_LINES_OF_A_CLASS + len(model.fields) for model in listing)
    if lines <= MOST_LINES:
        return [_dict_module("", listing, names, parsed)]
    # Unlike models, TypedDicts may refer to each other in circles from module to module.
    modules = {names.single_modules[model.key]: model for model in listing}
    return [
        _dict_module(name, [modules[name]], names, parsed)
        for name in counted(sorted(modules), "planning TypedDicts", on_progress)
    ]


def _dict_module(name: str, models: list[Model], names: Names, parsed: Parsed) -> DictModule:
    shadowed = {field.wire for model in models for field in model.fields} & DATE_WORDS
    imports = Imports(shadowed)
    here = {model.key for model in models}
    annotations = Annotations(
        names.classes,
        names.modules,
        imports,
        types_of=lambda key: None if key in here else f".{names.single_modules[key]}",
    )
    dicts = sorted(
        (_dict(model, names, parsed, annotations, imports) for model in models), key=lambda typed_dict: typed_dict.name
    )
    return DictModule(Code(name), as_lines(imports.lines()), as_lines(imports.late_lines()), dicts)


def _dict(model: Model, names: Names, parsed: Parsed, annotations: Annotations, imports: Imports) -> DictClass:
    by_class = all(_is_member_name(field.wire) for field in model.fields)
    members: list[tuple[Code, Code]] = []
    for member in model.fields:
        if not member.wire:
            continue  # type checkers refuse a member without a name; at run time it exists
        written = annotations.write(parsed.fields[(model.key, member.wire)], "dict", optional=member.nullable)
        if not member.required:
            imports.typing("NotRequired")
            written = f"NotRequired[{written}]"
        name = Code(member.wire) if by_class else as_literal(member.wire)
        members.append((name, Code(written) if by_class else as_literal(written)))
    imports.typing("TypedDict")
    description = sentence(model.schema.get("description")) or sentence(model.schema.get("title"))
    class_ = names.classes[model.key]
    return DictClass(
        Code(dict_name(class_)), as_docstring(description or f"{class_} as plain JSON.", 4), members, by_class
    )


def _is_member_name(wire: str) -> bool:
    """Whether a name is valid in a class body: without mangling, and hiding no type next to it."""
    return (
        wire.isascii()
        and wire.isidentifier()
        and not keyword.iskeyword(wire)
        and not wire.startswith("__")
        and wire not in ANNOTATION_WORDS
        and wire not in CLASS_WORDS
        and not wire.endswith("Dict")
    )
