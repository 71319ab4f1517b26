"""`$dynamicRef`: a schema that is completed by the one that refers to it, as templates of pages are (JSON Schema 2020-12).

The outermost schema that has the anchor decides. A copy of the template is therefore put where a schema refers to one
that needs anchors of it; after that all references are plain ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .dialect import SCHEMA_MAPS, TREE
from .faults import DocumentError
from .source import Notes, Source
from .values import Json, Object, at, grouped, join, list_in, nodes_in, object_at, object_in, reachable, schema_pointer

# Members whose values are data; in a mapping of names to objects they are names.
_DATA = frozenset({"example", "examples", "default", "const", "enum"})
_MAPS = frozenset(
    {name for kinds in TREE.values() for name, kind in kinds.items() if kind[0] == "{" and kind != "{example}"}
    | {*SCHEMA_MAPS, "paths", "responses"}
)
# Most values that copies of templates may have: chains of templates that refer twice to the next one double them.
_MAX_COPIED = 200_000


def bind_dynamic(root: Source, notes: Notes) -> Source:
    """Replace the dynamic references of a document by plain ones; without any the document is unchanged.

    Those to another file, and those for which the document has no anchor, stay, and are reported later.

    Args:
        root: the document.
        notes: receives the origins of the copies.

    Raises:
        DocumentError: the copies have too many values.
    """
    assert isinstance(root.data, dict)
    if not any("$dynamicRef" in node for node in nodes_in(root.data) if isinstance(node, dict)):
        return root
    binder = _Binder(root, root.data, notes)
    data = binder.rewrite(root.data, "", {}, frozenset())
    assert isinstance(data, dict)
    return dataclasses.replace(root, data=data)


def _having(key: str, node: Json, pointer: str) -> Iterator[tuple[Object, str]]:
    """Objects with a key, and their pointers, in no particular order."""
    waiting: list[tuple[str, Json, bool]] = [(pointer, node, False)]
    while waiting:
        place, value, is_map = waiting.pop()
        if isinstance(value, list):
            waiting += [(join(place, index), item, False) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            if isinstance(value.get(key), str):
                yield value, place
            waiting += [
                (join(place, name), member, not is_map and name in _MAPS)
                for name, member in value.items()
                if is_map or name not in _DATA
            ]


@dataclass
class _Binder:
    root: Source
    data: Object
    notes: Notes
    needs: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    copied: int = 0

    def __post_init__(self) -> None:
        anchors = _having("$dynamicAnchor", self.data, "")
        self.anchors = grouped((str(schema["$dynamicAnchor"]), f"#{pointer}") for schema, pointer in anchors)
        schemas = {schema_pointer(name): schema for name, schema in object_at(self.data, "/components/schemas").items()}
        self._collect_needs(schemas)

    def _collect_needs(self, schemas: Object) -> None:
        """Collect the anchors that each named schema, or one that it refers to, leaves to others."""
        referrers = grouped(
            (str(referring["$ref"]), reference)
            for reference, schema in schemas.items()
            for referring, _ in _having("$ref", schema, "")
        )
        with_anchor = grouped(
            (str(dynamic["$dynamicRef"]).removeprefix("#"), reference)
            for reference, schema in schemas.items()
            for dynamic, _ in _having("$dynamicRef", schema, "")
        )
        for anchor, references in with_anchor.items():
            for reference in reachable(references, lambda reference: referrers.get(reference, ())):
                self.needs.setdefault(reference, set()).add(anchor)

    def rewrite(
        self, node: Json, pointer: str, bound: Mapping[str, str], inside: frozenset[str], *, is_map: bool = False
    ) -> Json:
        """Return a value with its dynamic references bound; the same one if it has none.

        Args:
            node: the value.
            pointer: its place in the document.
            bound: references by anchor, those of the outermost schemas.
            inside: the templates that contain it.
            is_map: whether its keys are names, such as those of properties.
        """
        if inside:
            self.copied += 1
            if self.copied > _MAX_COPIED:
                message = f"copies of its templates have more than {_MAX_COPIED:,} values"
                raise DocumentError([self.root.location("").fault(message, "State the schemas without $dynamicRef.")])
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
        members: Object = {
            key: value
            if key in _DATA and not is_map
            else self.rewrite(value, join(pointer, key), bound, inside, is_map=not is_map and key in _MAPS)
            for key, value in node.items()
        }
        new: Object = {}
        for key, value in members.items():
            anchor = value.removeprefix("#") if isinstance(value, str) else ""
            if key == "$dynamicRef" and (target := self._target(anchor, bound)):
                new["$ref"] = target
            # `inside` ends a template that refers to itself.
            elif key == "$ref" and isinstance(value, str) and self._is_template(value, bound, inside):
                template = self.rewrite(at(self.data, value[1:]), value[1:], bound, inside | {value})
                new["allOf"] = [template, *list_in(members, "allOf")]
            elif key != "allOf" or "allOf" not in new:
                new[key] = value
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
        return reference not in inside and not bound.keys().isdisjoint(self.needs.get(reference, ()))
