"""What is written for models: a module each, and their TypedDicts."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .annotations import Annotations, dict_name
from .code import Code, as_docstring, as_lines, as_literal
from .decoding import Decoding
from .imports import Imports
from .model_names import Names
from .naming import ANNOTATION_WORDS, module_name
from .parser import Parsed
from .shapes import ANY, Field, Model
from .texts import clean, facts_text, hanging, sentence

# Names of omicsdk.core and attrs that class bodies use, where a field of that name would hide them.
_HIDEABLE = frozenset({"field", "array", "literal", "mapping", "model", "union"})


@dataclass(frozen=True)
class ModelClass:
    """One attrs class.

    Attributes:
        name: the class.
        doc: its docstring.
        fields: `name: type = default`, one a field.
        table: `Field(...)`, one a field.
        known: literals of the fields' names in the document.
        known_name: the constant that holds them.
        decoded: the arguments of its constructor in `from_dict`.
        attrs_field: what attrs' `field` is called in the module.
    """

    name: Code
    doc: Code
    fields: list[Code]
    table: list[Code]
    known: Code
    known_name: Code
    decoded: list[Code]
    attrs_field: Code


@dataclass(frozen=True)
class ModelModule:
    """A module of one model, or of several that refer to each other in a circle."""

    name: Code
    imports: Code
    late: Code
    classes: list[ModelClass]


@dataclass(frozen=True)
class DictClass:
    """One TypedDict.

    Attributes:
        name: the class.
        doc: its docstring.
        members: (name or literal, type), one a field.
        by_class: whether all names can stand in a class body.
    """

    name: Code
    doc: Code
    members: list[tuple[Code, Code]]
    by_class: bool


def plan_models(models: Iterable[Model], names: Names, parsed: Parsed) -> list[ModelModule]:
    """Plan all model modules, by name."""
    groups: dict[str, list[Model]] = {}
    for model in models:
        groups.setdefault(names.modules[model.key], []).append(model)
    return [_module(module, groups[module], names, parsed) for module in sorted(groups)]


def _module(module: str, models: list[Model], names: Names, parsed: Parsed) -> ModelModule:
    shadowed = {held.python for model in models for held in model.fields} & _HIDEABLE
    imports = Imports(shadowed)
    here = {model.key for model in models}

    def use(key: str) -> None:
        if key not in here:
            imports.add(f".{names.modules[key]}", names.classes[key])

    annotations = Annotations(names.classes, names.modules, imports, models=".")
    decoding = Decoding(names.classes, imports, use)
    imports.add("attrs", "define")
    for name in ("JsonObject", "Model", "Field", "NO_NULLS", "nulls_of"):
        imports.add("omicsdk.core.model", name)
    for name in ("Any", "ClassVar"):
        imports.typing(name)
    classes = [_class(model, names, parsed, annotations, decoding, imports) for model in models]
    late = [line for line in imports.late_lines() if not line.startswith(f"from .{module} ")]
    return ModelModule(Code(module), as_lines(imports.lines()), as_lines(late), classes)


def _class(
    model: Model, names: Names, parsed: Parsed, annotations: Annotations, decoding: Decoding, imports: Imports
) -> ModelClass:
    name = names.classes[model.key]
    decoded: list[Code] = []
    fields: list[Code] = []
    table: list[Code] = []
    for held in model.fields:
        decoded.append(_decoded(held, decoding, f"{name}.{held.python}"))
        python = parsed.fields[(model.key, held.wire)]
        optional = held.nullable or not held.required
        default = "" if held.required else " = None"
        fields.append(Code(f"{held.python}: {annotations.write(python, 'answer', optional=optional)}{default}"))
        shape = decoding.shape(held.type)
        row = f"{as_literal(held.wire)}, {held.python!r}, {held.required}, {held.nullable}, {shape}"
        table.append(Code(f"Field({row})"))
    return ModelClass(
        Code(name),
        _doc(model, "Attributes"),
        fields,
        table,
        Code(", ".join(as_literal(held.wire) for held in model.fields)),
        Code(f"_{module_name(name).rstrip('_').upper()}_FIELDS"),
        decoded,
        Code(imports.add("attrs", "field")),
    )


def _decoded(held: Field, decoding: Decoding, place: str) -> Code:
    got = f"get({as_literal(held.wire)})"
    expression = decoding.expression(held.type, "v", place)
    if expression == "v":
        return Code(got)
    if not held.required:
        return Code(f"None if (v := {got}) is None else {expression}")
    # What is required is there: the first look at it takes it.
    looked, question, rest = expression.partition("v.__class__")
    return Code(f"{looked}(v := {got}).__class__{rest}") if question else Code(got)


def _doc(model: Model, section: str) -> Code:
    told = clean(model.schema.get("description")) or sentence(model.schema.get("title")) or "An object."
    entries = [hanging(f"{held.python}: ", _told(held), 4) for held in model.fields]
    return as_docstring(f"{told}\n\n{section}:\n" + "\n".join(entries), 4)


def _told(held: Field) -> str:
    texts = [sentence(held.schema.get("description")), facts_text(held.schema)]
    if held.python != held.wire:
        texts.append(f"In the document it is called {held.wire}.")
    return " ".join(text for text in texts if text) or ("Any value." if held.type == ANY else "Not described.")


def plan_dicts(models: Iterable[Model], names: Names, parsed: Parsed, imports: Imports) -> list[DictClass]:
    """Plan the TypedDicts of all models, by name.

    Args:
        models: all models.
        names: what they are called.
        parsed: what their fields are in Python.
        imports: of the module that they will stand in.
    """
    annotations = Annotations(names.classes, names.modules, imports, types=None)
    planned = [_dict(model, names.classes, parsed, annotations, imports) for model in models]
    return sorted(planned, key=lambda held: held.name)


def _dict(
    model: Model, classes: Mapping[str, str], parsed: Parsed, annotations: Annotations, imports: Imports
) -> DictClass:
    by_class = all(_can_stand(held.wire) for held in model.fields)
    members: list[tuple[Code, Code]] = []
    for held in model.fields:
        written = annotations.write(parsed.fields[(model.key, held.wire)], "dict", optional=held.nullable)
        if not held.required:
            imports.typing("NotRequired")
            written = f"NotRequired[{written}]"
        name = Code(held.wire) if by_class else as_literal(held.wire)
        members.append((name, Code(written) if by_class else as_literal(written)))
    imports.typing("TypedDict")
    told = sentence(model.schema.get("description")) or sentence(model.schema.get("title"))
    class_ = classes[model.key]
    return DictClass(Code(dict_name(class_)), as_docstring(told or f"{class_} as plain JSON.", 4), members, by_class)


def _can_stand(wire: str) -> bool:
    """Whether a name can be one in a class body: as it is, without mangling, hiding no type that stands beside it."""
    return (
        wire.isascii()
        and wire.isidentifier()
        and not keyword.iskeyword(wire)
        and not wire.startswith("__")
        and wire not in ANNOTATION_WORDS
        and not wire[0].isupper()
    )
