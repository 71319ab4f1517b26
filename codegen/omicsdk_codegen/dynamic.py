"""`$dynamicRef`: a schema that is completed by the one that refers to it, as templates of pages are (JSON Schema 2020-12).

The outermost schema that has the anchor decides. A copy of the template is therefore put where a schema refers to one
that needs anchors of it; after that all references are plain ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .source import Notes, Source
from .values import Json, Object, at, grouped, join, list_in, nodes_in, object_in, placed, tokens, value_at

_HOME = "#/components/schemas/"
# Values that are data, whatever their keys are.
_DATA = frozenset({"example", "examples", "default", "const", "enum"})


def bind_dynamic(root: Source, notes: Notes) -> Source:
    """Replace the dynamic references of a document by plain ones; without any the document is unchanged.

    Those to another file, and those for which the document has no anchor, stay, and are reported later.

    Args:
        root: the document.
        notes: receives the origins of the copies.
    """
    assert isinstance(root.data, dict)
    if not any("$dynamicRef" in node for node in nodes_in(root.data) if isinstance(node, dict)):
        return root
    binder = _Binder(root.data, notes)
    data = binder.rewrite(root.data, "", {}, frozenset())
    assert isinstance(data, dict)
    return dataclasses.replace(root, data=data)


def _having(key: str, node: Json, pointer: str) -> Iterator[tuple[Object, str]]:
    """Objects with a key, and their pointers."""
    for place, value in placed(node, pointer, _DATA):
        if isinstance(value, dict) and isinstance(value.get(key), str):
            yield value, place


@dataclass
class _Binder:
    data: Object
    notes: Notes
    needs: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def __post_init__(self) -> None:
        anchors = _having("$dynamicAnchor", self.data, "")
        self.anchors = grouped((str(schema["$dynamicAnchor"]), f"#{pointer}") for schema, pointer in anchors)

    def rewrite(self, node: Json, pointer: str, bound: Mapping[str, str], inside: frozenset[str]) -> Json:
        """Return a value with its dynamic references bound; the same one if it has none.

        Args:
            node: the value.
            pointer: its place in the document.
            bound: references by anchor, those of the outermost schemas.
            inside: the templates that contain it.
        """
        if isinstance(node, list):
            items = [self.rewrite(item, join(pointer, at_), bound, inside) for at_, item in enumerate(node)]
            return (
                self.notes.record_origin(items, node)
                if any(new is not old for new, old in zip(items, node, strict=True))
                else node
            )
        if not isinstance(node, dict):
            return node
        # The outermost schema with an anchor binds it: those around take precedence (JSON Schema 2020-12, Core, 8.2.3.2).
        bound = {**self._declared(node, pointer), **bound}
        new: Object = {}
        for key, value in node.items():
            changed = value if key in _DATA else self.rewrite(value, join(pointer, key), bound, inside)
            anchor = value.removeprefix("#") if isinstance(value, str) else ""
            if key == "$dynamicRef" and (target := self._target(anchor, bound)):
                new["$ref"] = target
            # `inside` ends a template that refers to itself.
            elif key == "$ref" and isinstance(value, str) and self._is_template(value, bound, inside):
                template = self.rewrite(at(self.data, value[1:]), value[1:], bound, inside | {value})
                new["allOf"] = [template, *list_in(node, "allOf")]
            elif key != "allOf" or "allOf" not in new:
                new[key] = changed
        return (
            node
            if len(new) == len(node) and all(new.get(key) is node[key] for key in node)
            else self.notes.record_origin(new, node)
        )

    def _declared(self, node: Object, pointer: str) -> dict[str, str]:
        """The anchors of a schema itself, and of its definitions."""
        declared: dict[str, str] = {}
        for name, schema in object_in(node, "$defs").items():
            anchor = schema.get("$dynamicAnchor") if isinstance(schema, dict) else None
            if isinstance(schema, dict) and isinstance(anchor, str):
                plain = schema.keys() == {"$dynamicAnchor", "$ref"}
                declared[anchor] = str(schema["$ref"]) if plain else f"#{join(pointer, '$defs', name)}"
        anchor = node.get("$dynamicAnchor")
        return {**declared, anchor: f"#{pointer}"} if isinstance(anchor, str) else declared

    def _target(self, anchor: str, bound: Mapping[str, str]) -> str | None:
        others = self.anchors.get(anchor, [])
        return bound.get(anchor) or (others[0] if len(others) == 1 else None)

    def _is_template(self, reference: str, bound: Mapping[str, str], inside: frozenset[str]) -> bool:
        """Whether a schema that is referred to needs an anchor of those around it."""
        return reference not in inside and not bound.keys().isdisjoint(self._needed(reference))

    def _needed(self, reference: str) -> set[str]:
        """The anchors that a named schema, or one that it refers to, leaves to others."""
        if not reference.startswith(_HOME) or len(tokens(reference[1:])) != 3:
            return set()
        if reference not in self.needs:
            self.needs[reference] = set()  # a schema may refer to itself
            schema = value_at(self.data, reference[1:])
            anchors = {str(schema["$dynamicRef"]).removeprefix("#") for schema, _ in _having("$dynamicRef", schema, "")}
            for referring, _ in _having("$ref", schema, ""):
                anchors |= self._needed(str(referring["$ref"]))
            self.needs[reference] = anchors
        return self.needs[reference]
