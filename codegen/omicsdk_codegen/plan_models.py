"""The plan of models: one module each, or one for those that refer to each other in a cycle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .annotations import Annotations
from .code import Code, as_docstring, as_lines, as_literal
from .decoding import Decoding
from .facts import describe
from .imports import Imports
from .model_names import Names
from .naming import DATE_WORDS
from .parser import Parsed
from .progress import OnProgress, counted, silent
from .shapes import ANY, Field, Model
from .texts import clean, hanging, sentence

# Names of omicsdk.core and attrs in class bodies, where a field of that name would hide them.
_HIDEABLE = frozenset({"field", "array", "literal", "mapping", "model", "tagged_union", "union"})


@dataclass(frozen=True)
class ModelClass:
    """One attrs class.

    Attributes:
        name: the class.
        doc: its docstring.
        fields: `name: type = default`, one a field.
        table: `Field(...)`, one a field.
        known: literals of the fields' names in the document.
        known_name: the constant that has them.
        decoded: the assignments to its attributes in `from_dict`.
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


def plan_models(
    models: Iterable[Model], names: Names, parsed: Parsed, on_progress: OnProgress = silent
) -> list[ModelModule]:
    """Plan all model modules, by name, reporting progress."""
    groups: dict[str, list[Model]] = {}
    for model in models:
        groups.setdefault(names.modules[model.key], []).append(model)
    return [
        _module(module, groups[module], names, parsed)
        for module in counted(sorted(groups), "planning models", on_progress)
    ]


def _module(module: str, models: list[Model], names: Names, parsed: Parsed) -> ModelModule:
    shadowed = {held.python for model in models for held in model.fields} & (_HIDEABLE | DATE_WORDS)
    imports = Imports(shadowed)
    here = {model.key for model in models}

    def use(key: str) -> None:
        if key not in here:
            imports.add(f".{names.modules[key]}", names.classes[key])

    annotations = Annotations(names.classes, names.modules, imports, models=".")
    decoding = Decoding(names.classes, imports, use)
    imports.add("attrs", "define")
    for name in ("JsonObject", "Model", "Field", "NO_NULLS", "blank", "rest_of"):
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
        decoded.append(Code(f"{held.python} = {_decoded(held, decoding, f'{name}.{held.python}')}"))
        python = parsed.fields[(model.key, held.wire)]
        optional = held.nullable or not held.required
        default = "" if held.required else " = None"
        fields.append(Code(f"{held.python}: {annotations.write(python, 'response', optional=optional)}{default}"))
        shape = decoding.shape(held.type)
        row = f"{as_literal(held.wire)}, {held.python!r}, {held.required}, {held.nullable}, {shape}"
        table.append(Code(f"Field({row})"))
    return ModelClass(
        Code(name),
        _doc(model, "Attributes"),
        fields,
        table,
        Code(", ".join(as_literal(held.wire) for held in model.fields)),
        Code(f"_{names.own[model.key].rstrip('_').upper()}_FIELDS"),
        decoded,
        Code(imports.add("attrs", "field")),
    )


def _decoded(held: Field, decoding: Decoding, place: str) -> Code:
    got = f"get({as_literal(held.wire)})"
    expression = decoding.expression(held.type, "v", place)
    if expression == "v":
        return Code(got)
    if "v.__class__" not in expression:
        return Code(decoding.expression(held.type, got, place))
    if not held.required:
        return Code(f"None if (v := {got}) is None else {expression}")
    # A required member is usually present: the first lookup finds it.
    looked, question, rest = expression.partition("v.__class__")
    return Code(f"{looked}(v := {got}).__class__{rest}") if question else Code(got)


def _doc(model: Model, section: str) -> Code:
    description = clean(model.schema.get("description")) or sentence(model.schema.get("title")) or "An object."
    entries = [hanging(f"{held.python}: ", _field_text(held), 4) for held in model.fields]
    return as_docstring(f"{description}\n\n{section}:\n" + "\n".join(entries), 4)


def _field_text(held: Field) -> str:
    texts = [describe(held.schema)]
    if held.python != held.wire:
        texts.append(f"Its name in the document is {held.wire}.")
    return " ".join(text for text in texts if text) or ("Any value." if held.type == ANY else "Not described.")
