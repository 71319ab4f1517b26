"""What a published OpenAPI or Swagger document says of its operations, read from its text alone.

Nothing of the generator is used, so that a mistake of the generator's reader is not made here too.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_LISTS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_DEEPEST = 6
PLACEHOLDER = "placeholder"
"""What stands for `{{NAME}}` of a document that is a template."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without the booleans, dates and numbers in base 60 of YAML 1.1."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith((":timestamp", ":bool", ":int", ":float"))]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))


class Unresolved(Exception):
    """A reference without a target that can be opened."""


class Node(NamedTuple):
    """A value, and the file that contains it."""

    value: Any
    file: Path


@dataclass(frozen=True)
class Parameter:
    """A parameter, with its style in the words of OpenAPI 3; `separator` only of lists of Swagger 2.0."""

    name: str
    place: str
    required: bool
    schema: Node
    style: str
    explode: bool
    separator: str = ""
    is_json: bool = False


@dataclass(frozen=True)
class Body:
    """A request body: schemas and encodings by media type."""

    required: bool
    content: Mapping[str, tuple[Node, Mapping[str, Any]]]


@dataclass(frozen=True)
class Operation:
    """An operation, with everything that a client has to know of it.

    Attributes:
        own_server: The URL of its first server as it is written, if the operation or its path states any.
    """

    method: str
    path: str
    servers: tuple[str, ...]
    own_server: str
    security: tuple[frozenset[str], ...]
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: Mapping[str, Mapping[str, Node]]
    unresolved: tuple[str, ...] = field(default=())


class RawDocument:
    """A document and the files that it refers to.

    Args:
        path: The document, YAML or JSON.
    """

    def __init__(self, path: Path) -> None:
        self._files: dict[Path, Any] = {}
        self.path = path.resolve()
        self.data = self._load(self.path)
        self.is_swagger = str(self.data.get("swagger", "")).startswith("2")

    def _load(self, path: Path) -> Any:
        if path not in self._files:
            if not path.is_file():
                raise Unresolved(str(path))
            text = re.sub(r"\{\{\s*\w+\s*\}\}", PLACEHOLDER, path.read_text(encoding="utf-8-sig"))
            try:
                data = json.loads(text)
            except ValueError:
                data = _text_keys(yaml.load(text, Loader=_Loader))
            self._files[path] = data
        return self._files[path]

    def node(self, value: Any, file: Path | None = None) -> Node:
        """Follow a value's references.

        Raises:
            Unresolved: One has no target.
        """
        file, seen = file or self.path, set[tuple[Path, str]]()
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            name, _, pointer = value["$ref"].partition("#")
            target = file if not name else (file.parent / unquote(name)).resolve()
            if "://" in name or (target, pointer) in seen:
                raise Unresolved(value["$ref"])
            seen.add((target, pointer))
            target_value = self._load(target)
            for token in unquote(pointer).split("/")[1:]:
                token = token.replace("~1", "/").replace("~0", "~")
                if isinstance(target_value, dict) and "$ref" in target_value and token not in target_value:
                    target_value, target = self.node(target_value, target)
                if isinstance(target_value, list) and token.isdigit() and int(token) < len(target_value):
                    target_value = target_value[int(token)]
                elif isinstance(target_value, dict) and token in target_value:
                    target_value = target_value[token]
                else:
                    raise Unresolved(value["$ref"])
            if not isinstance(target_value, (dict, bool)):
                raise Unresolved(value["$ref"])
            value, file = target_value, target
        return Node(value, file)

    @cached_property
    def schemes(self) -> dict[str, dict[str, Any]]:
        """Security schemes in the words of OpenAPI 3."""
        home = Node(self.data.get("securityDefinitions" if self.is_swagger else "components") or {}, self.path)
        if not self.is_swagger:
            home = self.node(*home)
            home = self.node(home.value.get("securitySchemes") or {}, home.file)
        by_name = {name: self.node(scheme, home.file).value for name, scheme in home.value.items()}
        return {
            name: {**entry, "type": "http", "scheme": "basic"} if entry.get("type") == "basic" else entry
            for name, entry in by_name.items()
        }

    def operations(self) -> Iterator[Operation]:
        """Read all operations."""
        paths = self.node(self.data.get("paths") or {})
        for path, item in paths.value.items():
            if not path.startswith("x-"):
                try:
                    path_item = self.node(item, paths.file)
                except Unresolved:
                    continue
                for method, operation in path_item.value.items() if isinstance(path_item.value, dict) else ():
                    if method in METHODS and isinstance(operation, dict):
                        yield self._operation(method, path, path_item, operation)

    def _operation(self, method: str, path: str, item: Node, data: dict[str, Any]) -> Operation:
        unresolved: list[str] = []
        parameters: dict[tuple[str, str], Node] = {}
        for listed in (item.value.get("parameters"), data.get("parameters")):
            for listed_parameter in listed or ():
                try:
                    node = self.node(listed_parameter, item.file)
                    parameters[(node.value["in"], node.value["name"])] = node
                except Unresolved as error:
                    unresolved.append(str(error))
        in_body = [node for (place, _), node in parameters.items() if place in ("body", "formData")]
        try:
            body = self._swagger_body(data, in_body) if self.is_swagger else self._body(data, item.file)
        except Unresolved as error:
            body, unresolved = None, [*unresolved, str(error)]
        responses: dict[str, Mapping[str, Node]] = {}
        for status, response in (data.get("responses") or {}).items():
            try:
                responses[str(status)] = self._content(self.node(response, item.file), data)
            except Unresolved as error:
                unresolved.append(str(error))
        read = [self._parameter(node) for (place, _), node in parameters.items() if place not in ("body", "formData")]
        security = data.get("security", self.data.get("security")) or []
        return Operation(
            method.upper(),
            path,
            self.servers(data, item.value),
            ""
            if self.is_swagger
            else next((server["url"] for server in data.get("servers") or item.value.get("servers") or ()), ""),
            tuple(frozenset(way) for way in security),
            tuple(read),
            body,
            responses,
            tuple(unresolved),
        )

    def servers(self, data: dict[str, Any], item: dict[str, Any]) -> tuple[str, ...]:
        if self.is_swagger:
            host, base = self.data.get("host"), "/" + str(self.data.get("basePath") or "").strip("/")
            schemes = self.data.get("schemes") or ["https"]
            return tuple(f"{scheme}://{host}{base}".rstrip("/") for scheme in schemes) if host else (base,)
        servers = data.get("servers") or item.get("servers") or self.data.get("servers") or [{"url": "/"}]
        urls: list[str] = []
        for server in servers:
            url = str(server.get("url", "/"))
            for name, variable in (server.get("variables") or {}).items():
                url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
            urls.append(url)
        return tuple(urls)

    def _parameter(self, node: Node) -> Parameter:
        data, place = node.value, node.value["in"]
        required = place == "path" or data.get("required") is True
        schema, content = Node(data.get("schema", data), node.file), data.get("content")
        style = data.get("style") or ("form" if place in ("query", "cookie") else "simple")
        explode, separator = data.get("explode", style in ("form", "cookie")), ""
        if self.is_swagger and "schema" not in data:
            form = data.get("collectionFormat", "csv")
            explode, separator = form == "multi", _LISTS.get(form, "")
        media = next(iter(content), "") if content else ""
        if content:
            schema = Node((content[media] or {}).get("schema", {}), node.file)
        return Parameter(data["name"], place, required, schema, style, explode is not False, separator, "json" in media)

    def _body(self, data: dict[str, Any], file: Path) -> Body | None:
        if "requestBody" not in data:
            return None
        node = self.node(data["requestBody"], file)
        content = {
            name: (Node((media or {}).get("schema", {}), node.file), (media or {}).get("encoding") or {})
            for name, media in (node.value.get("content") or {}).items()
        }
        return Body(node.value.get("required") is True, content) if content else None

    def _swagger_body(self, data: dict[str, Any], listed: list[Node]) -> Body | None:
        consumes = data.get("consumes") or self.data.get("consumes") or ["application/json"]
        whole = next((node for node in listed if node.value["in"] == "body"), None)
        if whole is not None:
            schema = Node(whole.value.get("schema", {}), whole.file)
            return Body(whole.value.get("required") is True, {name: (schema, {}) for name in consumes})
        if not listed:
            return None
        lists_of_files = [node for node in listed if (node.value.get("items") or {}).get("type") == "file"]
        files = lists_of_files or any(node.value.get("type") == "file" for node in listed)
        forms = [name for name in consumes if name in ("multipart/form-data", "application/x-www-form-urlencoded")]
        names = ["multipart/form-data"] if files else forms or ["application/x-www-form-urlencoded"]
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {node.value["name"]: node.value for node in listed},
            "required": [node.value["name"] for node in listed if node.value.get("required") is True],
        }
        encoding = {
            node.value["name"]: {
                "style": "form",
                "explode": node.value.get("collectionFormat") == "multi",
                "separator": _LISTS.get(node.value.get("collectionFormat", "csv"), ","),
            }
            for node in listed
            if node.value.get("type") == "array" and node not in lists_of_files
        }
        return Body(bool(schema["required"]), {name: (Node(schema, listed[0].file), encoding) for name in names})

    def _content(self, node: Node, data: dict[str, Any]) -> dict[str, Node]:
        if not self.is_swagger:
            content = node.value.get("content") or {}
            return {
                name: Node((media or {}).get("itemSchema") or (media or {}).get("schema", {}), node.file)
                for name, media in content.items()
            }
        produces = data.get("produces") or self.data.get("produces") or ["application/json"]
        return {name: Node(node.value["schema"], node.file) for name in produces} if "schema" in node.value else {}

    @cached_property
    def required_schemes(self) -> frozenset[str]:
        """The security schemes that operations require."""
        ways = [way for operation in self.operations() for way in operation.security]
        return frozenset(name for way in ways for name in way if name in self.schemes)

    # -- values

    def item(self, node: Node) -> Node:
        """Return the schema of an item of a sequence, from that of the sequence: that of an array's items, or the same."""
        facts = self.facts(node)
        return facts["items"] if facts.get("type") == "array" and "items" in facts else node

    def event_data(self, node: Node) -> Node:
        """Return the schema of an event's data: that of `data`, or of its content, if a schema is of the event's fields."""
        facts = self.facts(node)
        for choice in [*facts.get("oneOf", ()), *facts.get("anyOf", ())]:
            if self.facts(choice).get("type") != "null":
                return self.event_data(choice)
        if "data" not in facts["properties"] or not facts["properties"].keys() & {"event", "id", "retry"}:
            return node
        data = self.node(*facts["properties"]["data"])
        return Node(data.value["contentSchema"], data.file) if "contentSchema" in data.value else data

    def facts(self, node: Node, depth: int = 0) -> dict[str, Any]:
        """Return a schema's keywords with those of its parts; `properties` are nodes."""
        value, file = self.node(*node)
        if not isinstance(value, dict) or depth > _DEEPEST:
            return {}
        merged: dict[str, Any] = {"properties": {}, "required": []}
        for part in value.get("allOf") or ():
            inner = self.facts(Node(part, file), depth + 1)
            merged["properties"] |= inner.pop("properties", {})
            merged["required"] += inner.pop("required", [])
            merged |= inner
        for key, member in value.items():
            if key == "properties":
                merged["properties"] |= {name: Node(schema, file) for name, schema in (member or {}).items()}
            elif key == "required":
                merged["required"] += member if isinstance(member, list) else []
            elif key in ("items", "additionalProperties") and isinstance(member, dict):
                merged[key] = Node(member, file)
            elif key in ("oneOf", "anyOf"):
                merged[key] = [Node(choice, file) for choice in member]
            elif key != "allOf":
                merged[key] = member
        return merged

    def is_nullable(self, node: Node) -> bool:
        """Whether null is a value of a schema."""
        facts = self.facts(node)
        types = facts.get("type")
        choices = [*facts.get("oneOf", ()), *facts.get("anyOf", ())]
        return (
            facts.get("nullable") is True
            or facts.get("x-nullable") is True
            or (isinstance(types, list) and "null" in types)
            or any(self.facts(choice).get("type") == "null" for choice in choices)
        )

    def example(self, node: Node, *, sent: bool, every: bool, depth: int = 0) -> Any:
        """Make a value of a schema.

        Args:
            node: The schema.
            sent: Whether a client sends it, without fields that are `readOnly`; otherwise those that are `writeOnly`
                are left out.
            every: Whether optional fields are included.
            depth: How deep the value is nested.
        """
        facts = self.facts(node)
        if "const" in facts:
            return facts["const"]
        chosen = [value for value in facts.get("enum") or () if value is not None]
        if chosen:
            return chosen[0]
        for choice in [*facts.get("oneOf", ()), *facts.get("anyOf", ())]:
            if self.facts(choice).get("type") != "null":
                return self._variant(facts, choice, sent=sent, every=every, depth=depth)
        types = facts.get("type")
        kind = (
            next((type_name for type_name in types if type_name != "null"), None) if isinstance(types, list) else types
        )
        if kind == "object" or (kind is None and (facts.get("properties") or "additionalProperties" in facts)):
            return self._object(facts, sent=sent, every=every, depth=depth)
        if kind == "array" or (kind is None and "items" in facts):
            items = facts.get("items")
            if items is None or depth >= _DEEPEST:
                return []
            first = self.example(items, sent=sent, every=every, depth=depth + 1)
            further = [value for value in self.facts(items).get("enum") or () if value not in (None, first)][:1]
            return [
                first,
                *further,
                *(["word"] if first == "text" else [8] if first == 7 else []),
            ]  # two, if they can differ
        return _scalar(kind, facts)

    def _variant(self, facts: dict[str, Any], chosen: Node, *, sent: bool, every: bool, depth: int) -> Any:
        value = self.example(chosen, sent=sent, every=every, depth=depth + 1)
        if isinstance(value, dict) or facts.get("properties"):  # a choice may only state what is required
            around = {**facts, "required": [*facts.get("required", ()), *self.facts(chosen).get("required", ())]}
            fields = value if isinstance(value, dict) else {}
            value = self._object(around, sent=sent, every=every, depth=depth) | fields
            rule = facts.get("discriminator")
            name = rule.get("propertyName") if isinstance(rule, dict) else rule
            reference = chosen.value.get("$ref") if isinstance(chosen.value, dict) else None
            if name and reference:
                mapping = rule.get("mapping", {}) if isinstance(rule, dict) else {}
                tag = reference.rpartition("/")[2].partition(".")[0]  # of a file: its name
                value[name] = next(
                    (key for key, target in mapping.items() if target in (reference, tag)), value.get(name, tag)
                )
        return value

    def _object(self, facts: dict[str, Any], *, sent: bool, every: bool, depth: int) -> dict[str, Any]:
        example: dict[str, Any] = {}
        for name, schema in facts.get("properties", {}).items():
            if self.facts(schema).get("readOnly" if sent else "writeOnly") is True:
                continue
            if (name in facts.get("required", ()) or (every and depth < 3)) and depth < _DEEPEST:
                example[name] = self.example(schema, sent=sent, every=every, depth=depth + 1)
        further = facts.get("additionalProperties")
        if every and not facts.get("properties") and isinstance(further, Node) and depth < _DEEPEST:
            example["key"] = self.example(further, sent=sent, every=every, depth=depth + 1)
        return example


def _text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _text_keys(member) for key, member in value.items()}
    return [_text_keys(item) for item in value] if isinstance(value, list) else value


def _scalar(kind: Any, facts: dict[str, Any]) -> Any:
    match kind, facts.get("format"):
        case ("integer" | "number", _):
            return 7 if kind == "integer" else 1.5
        case ("boolean", _):
            return True
        case ("file", _) | (_, "binary"):
            return b"bytes \xff of a file"
        case (_, "date"):
            return "2024-02-29"
        case (_, "date-time"):
            return "2024-02-29T12:30:00Z"
        case (_, "uuid"):
            return "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"
        case (_, "byte"):
            return base64.b64encode(b"bytes").decode()
        case _:
            return "text"


def is_whole(url: str) -> bool:
    """Whether a server's URL states its host."""
    parts = urlsplit(url)
    is_host = bool(parts.netloc) and parts.netloc != PLACEHOLDER
    return parts.scheme in ("http", "https") and is_host and not set("{}<> ") & set(url)


def whole(url: str, base: str) -> str:
    """Return a server's URL, a relative one below a base."""
    return url.rstrip("/") if is_whole(url) else urljoin(base, url).rstrip("/")
