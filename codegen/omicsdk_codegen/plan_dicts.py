"""The plan of TypedDicts: types.py, or a package of that name if it would be too long."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from dataclasses import dataclass

from .annotations import Annotations, dict_name
from .code import Code, as_docstring, as_lines, as_literal
from .imports import Imports
from .model_names import Names
from .naming import ANNOTATION_WORDS, CLASS_WORDS, DATE_WORDS
from .parser import Parsed
from .progress import OnProgress, counted, silent
from .shapes import Model
from .texts import sentence

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
        return [_module("", listing, names, parsed)]
    # Unlike models, TypedDicts may refer to each other in circles from module to module.
    modules = {names.single_modules[model.key]: model for model in listing}
    return [
        _module(name, [modules[name]], names, parsed)
        for name in counted(sorted(modules), "planning TypedDicts", on_progress)
    ]


def _module(name: str, models: list[Model], names: Names, parsed: Parsed) -> DictModule:
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
