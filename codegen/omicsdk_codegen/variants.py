"""Schemas that others extend by allOf, and whose discriminator states which of them an object is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .values import Json, Object, list_in, schema_name


class Variants:
    """The bases among a document's schemas, and their extensions.

    Args:
        schemas: by name, upgraded.
    """

    def __init__(self, schemas: Object) -> None:
        self._children: dict[str, list[str]] = {}
        for name, schema in schemas.items():
            for parent in _parents(schema):
                self._children.setdefault(parent, []).append(name)
        self._order = {name: number for number, name in enumerate(schemas)}
        roots = [name for name, schema in schemas.items() if name in self._children and _discriminates(schema)]
        # An extension of a base is a base of its own extensions, without stating the discriminator again.
        self._bases = self._below(roots)
        self._names_below: dict[str, tuple[str, ...]] = {}

    def of(self, name: str) -> tuple[str, ...]:
        """Return the names of all schemas that extend a base, directly or not, in the document's order.

        A base states a discriminator, or is made of a schema that does; of any other schema the response is empty.
        """
        if name not in self._bases:
            return ()
        if name not in self._names_below:
            below = [name_below for name_below in self._below([name]) if name_below != name]
            self._names_below[name] = tuple(sorted(below, key=self._order.__getitem__))
        return self._names_below[name]

    def _below(self, names: Iterable[str]) -> dict[str, None]:
        """Return some schemas and all that extend them."""
        reached = dict.fromkeys(names)
        waiting = list(reached)
        while waiting:
            for child in self._children.get(waiting.pop(), ()):
                if child not in reached:
                    reached[child] = None
                    waiting.append(child)
        return reached


def _parts(schema: Json) -> Iterator[Object]:
    for part in (schema, *list_in(schema, "allOf")):
        if isinstance(part, dict):
            yield part


def _parents(schema: Json) -> Iterator[str]:
    for part in _parts(schema):
        reference = part.get("$ref")
        if isinstance(reference, str):
            yield schema_name(reference)


def _discriminates(schema: Json) -> bool:
    """A discriminator beside oneOf or anyOf applies to these."""
    parts = list(_parts(schema))
    discriminator = [part.get("discriminator") for part in parts if not {"oneOf", "anyOf"} & part.keys()]
    return any(isinstance(rule, dict) and isinstance(rule.get("propertyName"), str) for rule in discriminator)
