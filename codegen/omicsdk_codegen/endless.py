"""Schemas that consist of themselves, which no value can match."""

from __future__ import annotations

from .values import Json, Object, list_in


def made_of_themselves(schemas: Object, references: dict[str, str]) -> list[str]:
    """Name the schemas that are themselves, or are put together by allOf from what contains them.

    Args:
        schemas: by name, their references in one spelling.
        references: the name that each spelling of a reference means.

    Returns:
        In the order of the schemas.
    """
    made_of = {
        name: {references[part] for part in _parts(schema) if part in references} for name, schema in schemas.items()
    }
    return [name for name in schemas if _reaches(name, made_of)]


def _parts(schema: Json) -> list[str]:
    """Return the references that a schema entirely consists of."""
    if not isinstance(schema, dict):
        return []
    reference = schema.get("$ref")
    references = [reference] if isinstance(reference, str) else []
    return references + [inner for part in list_in(schema, "allOf") for inner in _parts(part)]


def _reaches(name: str, made_of: dict[str, set[str]]) -> bool:
    """Whether a schema occurs among its own parts."""
    seen: set[str] = set()
    waiting = list(made_of[name])
    while waiting:
        part = waiting.pop()
        if part == name:
            return True
        if part not in seen:
            seen.add(part)
            waiting.extend(made_of.get(part, ()))
    return False
