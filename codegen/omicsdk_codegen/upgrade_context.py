"""What the parts of the upgrade share: origins, notes, faults, and the members that each kind of object may have."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .dialect import Dialect
from .faults import Fault, Kind, Note
from .resolve import Resolved
from .source import Place
from .values import Json, Node, Object

# Members that are taken over as they are (OpenAPI 3.1.0, section 4.8). What a step makes anew isn't among them.
PLAIN: dict[str, frozenset[str]] = {
    "document": frozenset({"tags", "externalDocs", "security", "jsonSchemaDialect"}),
    "info": frozenset({"description", "summary", "termsOfService", "contact", "license"}),
    "operation": frozenset({"tags", "summary", "description", "externalDocs", "operationId", "security"}),
    "parameter": frozenset(
        {"description", "deprecated", "allowEmptyValue", "style", "explode", "allowReserved", "example", "examples"}
    ),
    "header": frozenset({"description", "required", "deprecated", "style", "explode", "example", "examples"}),
    "requestBody": frozenset({"description"}),
    "response": frozenset({"summary", "links"}),
    "mediaType": frozenset({"example", "examples", "prefixEncoding", "itemEncoding"}),
    "encoding": frozenset({"contentType", "style", "explode", "allowReserved"}),
    "securityScheme": frozenset(
        {"description", "name", "in", "bearerFormat", "openIdConnectUrl", "deprecated", "oauth2MetadataUrl"}
    ),
}


class Context:
    """Carries what is noted on the way through one document.

    Attributes:
        dialect: what the document is written in.
        faults: what keeps it from being upgraded.
    """

    def __init__(self, resolved: Resolved) -> None:
        self.dialect: Dialect = resolved.dialect
        self.faults: list[Fault] = []
        self._resolved = resolved

    def made(self, new: Node, old: Node | None) -> None:
        """State what a container was made of."""
        if old is not None:
            self._resolved.places.link(new, old)

    def moved(self, new: Node, key: str, old: Node, old_key: str | None = None) -> None:
        """State which member of the published document a member was made of."""
        self._resolved.places.link_member(new, key, old, old_key or key)

    def place(self, node: Node, key: str | int | None = None) -> Place:
        """Where a container of the resolved document, or a member of it, stands as published."""
        return self._resolved.places.find(node, key) or self._resolved.source.place("")

    def fault(self, node: Node, key: str | int | None, message: str, remedy: str) -> None:
        """Note what keeps the document from being upgraded."""
        self.faults.append(self.place(node, key).fault(message, remedy))

    def note(
        self, node: Node, key: str | int | None, kind: Kind, before: str, after: str, *, certain: bool = True
    ) -> None:
        """Note what is read otherwise than it is written."""
        place = self.place(node, key)
        self._resolved.report.add(Note(place.pointer, place.file, place.line, kind, before, after, certain))

    def repair(self, node: Node, key: str | int | None, before: str, after: str, *, certain: bool = True) -> None:
        """Note what was put right."""
        self.note(node, key, "repair", before, after, certain=certain)

    def omit(self, node: Node, key: str, why: str) -> None:
        """Note a member that isn't taken over."""
        self.note(
            node,
            key,
            "omission",
            shown(node[key]) if isinstance(node, dict) else "",
            f"{key} is left out: {why}",
            certain=False,
        )

    def plain(self, kind: str, node: Object, handled: Collection[str]) -> Object:
        """Begin the new form of an object: its plain members and extensions; what is neither these nor handled is noted."""
        new: Object = {}
        self.made(new, node)
        for key, value in node.items():
            if key in PLAIN[kind] or key.startswith("x-"):
                new[key] = value
            elif key not in handled:
                self.omit(node, key, f"no member of a {kind}")
        return new

    def mapping(self, value: Json, around: Node, key: str) -> Object:
        """Read a member that has to be a mapping; one that is empty counts as that, another is noted."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.note(around, key, "omission", shown(value), f"{key} is left out: it isn't a mapping", certain=False)
        return {}

    def items(self, value: Json, around: Node, key: str) -> Sequence[Json]:
        """Read a member that has to be a list; one that is empty counts as that, another is noted."""
        if isinstance(value, list):
            return value
        if value is not None:
            self.note(around, key, "omission", shown(value), f"{key} is left out: it isn't a list", certain=False)
        return []


def shown(value: Json) -> str:
    """Tell a value in a few words."""
    if isinstance(value, dict):
        return "a mapping of " + ", ".join(list(value)[:5])
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value)[:60]
