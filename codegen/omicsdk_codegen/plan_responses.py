"""The plans of errors.py, core's classes of errors with their bodies, and of headers.py, one class for all responses with the same headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from .annotations import Annotations
from .decoding import Decoding
from .descriptions import describe
from .error_bodies import ERROR_CLASSES, PARENTS, ErrorTypes, error_keys
from .imports import Imports
from .model_names import Names
from .naming import DATE_WORDS, NameRequest, class_name, settle, snake_case
from .operations import DeclaredHeader, Draft, class_stem
from .parser import Parsed
from .plan_operations import decoded_code
from .shapes import Type, split_null
from .texts import Code, as_docstring, as_lines, as_literal, sentence
from .values import grouped

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
            _error_class(name, written[types.classes[name]] if name in types.classes else "")
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


def _error_class(name: str, annotation: str) -> ErrorClass:
    status = next((status for status, kind in ERROR_CLASSES.items() if kind == name), None)
    what = f"{status}: {_PHRASES.get(status) or HTTPStatus(status).phrase}." if status else "5xx: the service failed."
    return ErrorClass(Code(name), Code(f"_{name}, {PARENTS[name]}"), as_docstring(what, 4), Code(annotation))


# Up to this many headers, their names are the name of their class.
_MOST_NAMED = 2


@dataclass(frozen=True)
class HeaderClass:
    """One class: its name, and `name: Header[type] = Header(...)` with its docstring, one a header."""

    name: Code
    members: list[tuple[Code, Code]]


@dataclass(frozen=True)
class HeaderModule:
    """headers.py: imports that run, those under TYPE_CHECKING, and the classes by name."""

    imports: Code
    late: Code
    classes: list[HeaderClass]


def plan_headers(
    drafts: Iterable[Draft], names: Names, parsed: Parsed
) -> tuple[HeaderModule | None, Mapping[str, str]]:
    """Plan the classes of all responses' headers.

    Args:
        drafts: all operations.
        names: what models are called.
        parsed: what the headers are in Python.

    Returns:
        The module, and the classes by the operations' names; None if no operation declares a header.
    """
    groups = grouped(
        ("\0".join(f"{header.wire}\0{header.type}\0{describe(header.schema)}" for header in draft.headers), draft)
        for draft in drafts
        if draft.headers
    )
    if not groups:
        return None, {}
    candidates = (NameRequest(same, _candidates(drafts_of_class)) for same, drafts_of_class in groups.items())
    classes = settle(candidates, {"ResponseHeaders", *names.classes.values()})
    imports = Imports({draft.python for group in groups.values() for draft in group[0].headers} & DATE_WORDS)
    for name in ("ResponseHeaders", "Header"):
        imports.add("omicsdk.core.response", name)
    annotations = Annotations(names.classes, names.modules, imports)
    decoding = Decoding(names.classes, imports, lambda _: None)
    header_classes = [
        _header_class(classes[same], drafts_of_class[0].headers, parsed, annotations, decoding)
        for same, drafts_of_class in groups.items()
    ]
    module = HeaderModule(
        as_lines(imports.lines()),
        as_lines(imports.late_lines()),
        sorted(header_classes, key=lambda header_class: header_class.name),
    )
    return module, {draft.name: classes[same] for same, drafts_of_class in groups.items() for draft in drafts_of_class}


def _candidates(drafts: list[Draft]) -> tuple[str, ...]:
    """One or two headers name their class, unless another operation has them; more make no name."""
    together = class_name(f"{' '.join(header.wire for header in drafts[0].headers)} headers")
    least = min(drafts, key=lambda draft: draft.operation.key)
    by_operation = f"{class_stem(least.name)}Headers"
    return (together, by_operation) if len(drafts[0].headers) <= _MOST_NAMED else (by_operation, together)


def _header_class(
    name: str, headers: list[DeclaredHeader], parsed: Parsed, annotations: Annotations, decoding: Decoding
) -> HeaderClass:
    members: list[tuple[Code, Code]] = []
    for header in headers:
        type_ = annotations.write(parsed.types[header.key], "response")
        code = f"{header.python}: Header[{type_}] = Header({as_literal(header.wire)}, {decoding.shape(header.type)})"
        doc = f"{sentence(header.wire)} {describe(header.schema)}".strip()
        members.append((Code(code), as_docstring(doc, 4)))
    return HeaderClass(Code(name), members)
