"""Shared state of the upgrade: origins, notes, faults, and the members that each kind of object may have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .dialect import Dialect
from .faults import Kind
from .resolve import Resolved
from .source import Notes, brief
from .values import Json, Node, Object

# Members that are copied unchanged (OpenAPI 3.1.0, section 4.8), without those that a step creates.
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
    "encoding": frozenset(
        {"contentType", "style", "explode", "allowReserved", "encoding", "prefixEncoding", "itemEncoding"}
    ),
    "securityScheme": frozenset(
        {"description", "name", "in", "bearerFormat", "openIdConnectUrl", "deprecated", "oauth2MetadataUrl"}
    ),
}


class Context(Notes):
    """The notes on one document.

    Attributes:
        dialect: what the document is written in.
    """

    def __init__(self, resolved: Resolved) -> None:
        super().__init__(resolved.source, resolved.places, resolved.report)
        self.dialect: Dialect = resolved.dialect

    def plain(self, kind: str, node: Object, handled: Collection[str]) -> Object:
        """Begin the new form of an object: its plain members and extensions; other unhandled members are noted."""
        new: Object = self.record_origin({}, node)
        for key, value in node.items():
            if key in PLAIN[kind] or (key.startswith("x-") and key not in handled):
                new[key] = value
            elif key not in handled:
                self.omit(node, key, "it doesn't belong here")
        return new

    def lose(self, node: Node, key: str | None, before: str, after: str) -> None:
        """Note a part of an operation that is left out."""
        self.note(node, key, "loss", before, after, certain=False)

    def mapping(self, value: Json, around: Node, key: str, kind: Kind = "omission") -> Object:
        """Read a member that has to be a mapping; an empty one is accepted, another type is noted as of the kind."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.note(around, key, kind, brief(value), f"{key} is left out: it isn't a mapping", certain=False)
        return {}

    def mappings(self, value: Json, around: Node, key: str, kind: Kind = "omission") -> Iterator[tuple[str, Object]]:
        """Yield the members of a mapping that all have to be mappings, see `mapping`; the kind is that of notes on members."""
        source = self.mapping(value, around, key)
        for name, member in source.items():
            yield name, self.mapping(member, source, name, kind)

    def items(self, value: Json, around: Node, key: str) -> Sequence[Json]:
        """Read a member that has to be a list; an empty one is accepted, another type is noted."""
        if isinstance(value, list):
            return value
        if value is not None:
            self.note(around, key, "omission", brief(value), f"{key} is left out: it isn't a list", certain=False)
        return []

    def servers(self, around: Object) -> list[Json]:
        """Read the servers of a document, a path or an operation; one without a list, and a bare URL, are read as meant."""
        declared: Json = around.get("servers")
        if isinstance(declared, dict):
            self.repair(around, "servers", brief(declared), "a list of it")
            declared = [declared]
        servers: list[Json] = []
        for server in self.items(declared, around, "servers"):
            if isinstance(server, str):
                self.repair(around, "servers", brief(server), "a server with this URL")
            servers.append({"url": server} if isinstance(server, str) else server)
        return [server for server in servers if isinstance(server, dict)]
