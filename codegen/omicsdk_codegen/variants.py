"""Schemas that others are made of by allOf, and whose discriminator says which of them an object is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .values import Json, Object, schema_name


def variants_of(schemas: Object) -> dict[str, tuple[str, ...]]:
    """Find the bases among a document's schemas.

    Args:
        schemas: by name, upgraded.

    Returns:
        Each base, which states a discriminator or is made of one that does, with the names of all schemas that are
        made of it, directly or not, in the document's order.
    """
    children: dict[str, list[str]] = {}
    for name, schema in schemas.items():
        for parent in _parents(schema):
            children.setdefault(parent, []).append(name)
    order = {name: number for number, name in enumerate(schemas)}
    roots = [name for name, schema in schemas.items() if name in children and _discriminates(schema)]
    bases = {name for root in roots for name in (root, *_below(root, children)) if name in children}
    return {name: tuple(sorted(_below(name, children), key=order.__getitem__)) for name in schemas if name in bases}


def _below(name: str, children: Mapping[str, list[str]]) -> list[str]:
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found and child != name:
                found[child] = None
                waiting.append(child)
    return list(found)


def _parts(schema: Json) -> Iterator[Object]:
    members = schema.get("allOf") if isinstance(schema, dict) else None
    for part in (schema, *(members if isinstance(members, list) else ())):
        if isinstance(part, dict):
            yield part


def _parents(schema: Json) -> Iterator[str]:
    for part in _parts(schema):
        reference = part.get("$ref")
        if isinstance(reference, str):
            yield schema_name(reference)


def _discriminates(schema: Json) -> bool:
    """A discriminator beside oneOf or anyOf belongs to those."""
    parts = list(_parts(schema))
    stated = [part.get("discriminator") for part in parts if not {"oneOf", "anyOf"} & part.keys()]
    return any(isinstance(rule, dict) and isinstance(rule.get("propertyName"), str) for rule in stated)
