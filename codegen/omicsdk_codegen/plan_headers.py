"""The plan of headers of responses: headers.py, with one class for all responses that declare the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .annotations import Annotations
from .code import Code, as_docstring, as_lines, as_literal
from .decoding import Decoding
from .descriptions import describe
from .imports import Imports
from .model_names import Names
from .naming import DATE_WORDS, NameRequest, class_name, settle
from .operations import DeclaredHeader, Draft, class_stem
from .parser import Parsed
from .texts import sentence

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
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.headers:
            same = "\0".join(f"{header.wire}\0{header.type}\0{describe(header.schema)}" for header in draft.headers)
            groups.setdefault(same, []).append(draft)
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
        _class(classes[same], drafts_of_class[0].headers, parsed, annotations, decoding)
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


def _class(
    name: str, headers: list[DeclaredHeader], parsed: Parsed, annotations: Annotations, decoding: Decoding
) -> HeaderClass:
    members: list[tuple[Code, Code]] = []
    for header in headers:
        type_ = annotations.write(parsed.types[header.key], "response")
        code = f"{header.python}: Header[{type_}] = Header({as_literal(header.wire)}, {decoding.shape(header.type)})"
        doc = f"{sentence(header.wire)} {describe(header.schema)}".strip()
        members.append((Code(code), as_docstring(doc, 4)))
    return HeaderClass(Code(name), members)
