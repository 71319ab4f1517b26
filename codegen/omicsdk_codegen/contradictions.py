"""What a document states of its operations that contradicts itself: the client is complete, but its author should know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from .declarations import DeclaredOperation
from .document import Document
from .faults import Note, Report
from .security import declared_schemes
from .texts import one_line
from .values import Json, join


def note_contradictions(
    document: Document, operations: Sequence[DeclaredOperation], names: Mapping[str, str], report: Report
) -> None:
    """Note operations with the same operationId, and security schemes that do not exist.

    Args:
        document: the upgraded document.
        operations: its operations.
        names: their names in Python, by key.
        report: receives the notes.
    """

    def note(pointer: str, before: str, after: str, remedy: str) -> None:
        origin = document.origin(pointer)
        report.add(Note(origin.pointer, origin.file, origin.line, "repair", before, after, False, remedy))

    first: dict[str, DeclaredOperation] = {}
    for operation in operations:
        keyword = "x-omics-name" if operation.data.get("x-omics-name") else "operationId"
        declared_name = operation.data.get(keyword)
        other = first.setdefault(str(declared_name or ""), operation)
        if declared_name and other is not operation:
            before = f"the {keyword} {one_line(declared_name)} is that of {other.method} {one_line(other.path)} too"
            after = f"they are called {names[other.key]} and {names[operation.key]}"
            remedy = "Use unique operationIds." if keyword == "operationId" else "Use unique names."
            note(join(operation.key, keyword), before, after, remedy)
    schemes = list(declared_schemes(document.data))
    seen: set[int] = set()
    for pointer, security in [
        ("", document.data.get("security")),
        *((operation.key, operation.data.get("security")) for operation in operations),
    ]:
        if id(security) in seen:
            continue
        seen.add(id(security))
        for use_pointer, name in _schemes_of(security, join(pointer, "security")):
            if name not in schemes:
                close = get_close_matches(name, schemes, 1)
                meant = f"Did you mean {one_line(close[0])}? " if close else ""
                before = f"the security scheme {one_line(name)} is not defined"
                note(use_pointer, before, "how it is sent is unknown", f"{meant}Define it, or drop it.")


def _schemes_of(security: Json, pointer: str) -> Iterator[tuple[str, str]]:
    """Pointer and name of each scheme of a list of requirements."""
    for index, requirement in enumerate(security if isinstance(security, list) else ()):
        for name in requirement if isinstance(requirement, dict) else ():
            yield join(pointer, index, name), name
