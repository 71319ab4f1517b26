"""The plan of errors.py: core's classes of errors, with the type of their bodies."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from .annotations import Annotations
from .code import Code, as_docstring, as_lines, as_literal
from .error_bodies import ERROR_CLASSES, PARENTS, ErrorTypes, error_keys
from .imports import Imports
from .model_names import Names
from .naming import NameRequest, settle, snake_case
from .parser import Parsed
from .plan_operations import decoded_code
from .shapes import Type, split_null

# Renamed in Python 3.13: a package is the same by every interpreter.
_PHRASES = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}
# Of the models' classes in errors.py: names of its own are those of core.
_MODELS = "models"


@dataclass(frozen=True)
class Reader:
    """A function that reads a body.

    Attributes:
        name: the function.
        type: what it returns.
        imports: of models, which it needs.
        value: the expression.
    """

    name: Code
    type: Code
    imports: list[Code]
    value: Code


@dataclass(frozen=True)
class ErrorClass:
    """A class of errors.

    Attributes:
        name: as core's class.
        bases: core's class as it is called in the module, and the module's own base.
        doc: its docstring.
        type: of `data`; empty if it is that of its base.
    """

    name: Code
    bases: Code
    doc: Code
    type: Code


@dataclass(frozen=True)
class ErrorModule:
    """errors.py.

    Attributes:
        imports: those that run.
        late: those under TYPE_CHECKING.
        readers: of the types that are read.
        classes: that of all errors, then the others.
        type: of `data` of all errors.
        read: (class, reader), for each class with a type.
        operations: (operation, its readers by status as the members of a dict), where operations differ.
    """

    imports: Code
    late: Code
    readers: list[Reader]
    classes: list[ErrorClass]
    type: Code
    read: list[tuple[Code, Code]]
    operations: list[tuple[Code, Code]]


def described(types: ErrorTypes | None, names: Names, parsed: Parsed) -> dict[Type, str]:
    """Return the types of errors' bodies as texts, for documentation."""
    annotations = Annotations(names.classes, dict.fromkeys(names.classes, ""), Imports())
    return {type_: annotations.write(parsed.types[key], "response") for type_, key in error_keys(types).items()}


def plan_errors(types: ErrorTypes | None, names: Names, parsed: Parsed) -> ErrorModule | None:
    """Plan the module; None if no error has a body of a known type.

    Args:
        types: of the errors' bodies.
        names: what models are called.
        parsed: what the types are in Python.
    """
    if types is None:
        return None
    imports = Imports()
    keys = error_keys(types)
    qualified = {key: f"{_MODELS}.{class_}" for key, class_ in names.classes.items()}
    annotations = Annotations(qualified, dict.fromkeys(names.classes, ""), imports)
    written = {type_: annotations.write(parsed.types[key], "response") for type_, key in keys.items()}
    functions = settle(
        NameRequest(keys[type_], (f"_read_{snake_case(_plain(written[type_]))}",)) for type_ in types.read()
    )
    if any(f"{_MODELS}." in text for text in written.values()):
        imports.late(".", _MODELS)
    imports.add("omicsdk.core.response", "Response")
    imports.add("omicsdk.core.error_data", "error_data")
    for name in ("Callable", "Mapping"):
        imports.late("collections.abc", name)
    for name in ("APIError", *PARENTS):
        imports.add("omicsdk.core.errors", f"{name} as _{name}")
    imports.typing("TYPE_CHECKING")

    def reader(type_: Type) -> Code:
        return Code(functions[keys[type_]])

    readers = [_reader(reader(type_), type_, written[type_], names, imports) for type_ in types.read()]
    return ErrorModule(
        imports=as_lines(imports.lines()),
        late=as_lines(imports.late_lines()),
        readers=sorted(readers, key=lambda reader: reader.name),
        classes=[
            _class(name, written[types.classes[name]] if name in types.classes else "")
            for name in ("ServerError", *ERROR_CLASSES.values())
        ],
        type=Code(written[types.classes["APIError"]]),
        read=[(as_literal(name), reader(type_)) for name, type_ in types.usual.items()],
        operations=[
            (
                as_literal(name),
                Code(", ".join(f"{as_literal(key)}: {reader(type_)}" for key, type_ in operation_types.items())),
            )
            for name, operation_types in sorted(types.operations.items())
        ],
    )


def _plain(annotation: str) -> str:
    return annotation.replace(f"{_MODELS}.", "")


def _reader(name: Code, type_: Type, annotation: str, names: Names, imports: Imports) -> Reader:
    used, value = decoded_code(*split_null(type_), annotation, names, imports)
    return Reader(name, Code(annotation), [Code(line.replace("from ..", "from .")) for line in used], Code(value))


def _class(name: str, annotation: str) -> ErrorClass:
    status = next((status for status, kind in ERROR_CLASSES.items() if kind == name), None)
    what = f"{status}: {_PHRASES.get(status) or HTTPStatus(status).phrase}." if status else "5xx: the service failed."
    return ErrorClass(Code(name), Code(f"_{name}, {PARENTS[name]}"), as_docstring(what, 4), Code(annotation))
