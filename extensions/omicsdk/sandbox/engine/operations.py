"""The operations of a document as the engine reads them: their paths, parameters, bodies and responses."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from urllib.parse import unquote

from omicsdk.sandbox.engine.schemas import EMPTY, Schema, as_mapping

METHODS = ("get", "head", "put", "post", "patch", "delete", "options", "query")
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_SUFFIX = re.compile(r"\.(json|xml)$")


@dataclass(frozen=True, slots=True)
class Content:
    """A body of one media type.

    Attributes:
        media_type: In small letters, without parameters; empty for no body.
        schema: Its schema.
        stated: Its media type object.
    """

    media_type: str
    schema: Schema
    stated: Mapping[str, Any]

    @property
    def is_json(self) -> bool:
        """Whether it is JSON."""
        return is_json(self.media_type)

    @property
    def is_stream(self) -> bool:
        """Whether it is a stream of events or of lines of JSON."""
        return self.media_type in STREAMS


STREAMS = frozenset(
    {"text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq",
     "application/x-jsonlines", "application/jsonlines"}
)  # fmt: skip

NO_CONTENT = Content("", {}, {})


def is_json(media_type: str) -> bool:
    """Whether a media type is one of JSON, or of anything."""
    return media_type in ("application/json", "*/*", "text/json") or media_type.endswith("+json")


def media_type_of(header: str) -> str:
    """A Content-Type in small letters, without its parameters."""
    return header.partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        name: Its name: x-omics-name, operationId, or method and path.
        method: The method in capitals.
        path: The path template as it is sent.
        data: The operation object.
        shared: Parameters of its path item.
    """

    name: str
    method: str
    path: str
    data: Mapping[str, Any]
    shared: Sequence[Mapping[str, Any]] = field(default=())

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's segments, `{}` for each parameter, without a suffix such as `.json` and a slash at the end."""
        return tuple(_PARAMETER.sub("{}", _SUFFIX.sub("", each)) for each in self.path.strip("/").split("/"))

    @cached_property
    def path_parameters(self) -> tuple[str, ...]:
        """Names of the path's parameters, in their order."""
        return tuple(_PARAMETER.findall(self.path))

    @cached_property
    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Its parameters, those of the path item included."""
        listed = [*self.shared, *self.data.get("parameters", ())]
        return list({(each.get("in"), each.get("name")): each for each in listed if "name" in each}.values())

    def sent(self, place: str) -> Iterator[Mapping[str, Any]]:
        """Its parameters of one place: path, query, header or cookie."""
        return (each for each in self.parameters if each.get("in") == place)

    @cached_property
    def bodies(self) -> Sequence[Content]:
        """The bodies that its requests may have, JSON first."""
        return _contents(self.data.get("requestBody"))

    @property
    def body(self) -> Content:
        """The first of the bodies that state fields: JSON, else a form."""
        return next((each for each in self.bodies if each.is_json or each.media_type in (FORM, MULTIPART)), NO_CONTENT)

    @cached_property
    def success(self) -> tuple[int, Mapping[str, Any]]:
        """The status of its successful response, and the response as stated."""
        responses: Mapping[str, Any] = self.data.get("responses", {})
        found = sorted(status for status in responses if re.fullmatch(r"2(\d\d|XX)", status, re.IGNORECASE))
        wanted = {"POST": ("201", "200"), "DELETE": ("204", "200"), "PUT": ("200", "201")}.get(self.method, ("200",))
        status = next((each for each in wanted if each in found), found[0] if found else "")
        if status:
            return int(status) if status.isdigit() else 200, responses[status]
        redirect = next((status for status in sorted(responses) if re.fullmatch(r"3\d\d", status)), "")
        if redirect and "default" not in responses:
            return int(redirect), responses[redirect]
        default: Mapping[str, Any] = responses.get("default", {})
        return 200 if default.get("content") else 204, default

    @cached_property
    def responses(self) -> Sequence[Content]:
        """The bodies of its successful response, JSON first."""
        return _contents(self.success[1])

    @property
    def response(self) -> Content:
        """The first body of its successful response."""
        return next(iter(self.responses), NO_CONTENT)

    def error(self, status: int) -> Content | None:
        """The JSON of its response of a status that is an error; None where the document states none."""
        responses: Mapping[str, Any] = self.data.get("responses", {})
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in responses:
                return next((each for each in _contents(responses[key]) if each.is_json and each.schema), None)
        return None

    def states(self, status: int) -> bool:
        """Whether the document states a response of a status."""
        return str(status) in self.data.get("responses", {})


def _contents(holder: object) -> Sequence[Content]:
    stated = as_mapping(as_mapping(holder).get("content"))
    found = [
        Content(media_type_of(kind), as_mapping(as_mapping(each).get("schema")), as_mapping(each))
        for kind, each in stated.items()
    ]
    return sorted(found, key=lambda each: (not each.is_json, each.media_type not in (FORM, MULTIPART)))


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """All operations of a document, in its order.

    Args:
        document: A resolved OpenAPI 3.1 document; one without paths has none.
    """
    found: list[Operation] = []
    paths: Mapping[str, Any] = document.get("paths") or EMPTY
    for template, item in paths.items():
        path = template.partition("#")[0].partition("?")[0]
        shared = item.get("parameters", ())
        for method in METHODS:
            data = item.get(method)
            if isinstance(data, Mapping):
                stated = cast("Mapping[str, Any]", data)
                name = stated.get("x-omics-name") or stated.get("operationId") or f"{method.upper()} {path}"
                found.append(Operation(str(name), method.upper(), path, stated, shared))
    return found


# -- routing


@dataclass(slots=True)
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    mixed: list[tuple[re.Pattern[str], "_Node"]] = field(default_factory=list[tuple[re.Pattern[str], "_Node"]])
    any: "_Node | None" = None
    rest: "_Node | None" = None
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])


class Router:
    """Finds the operation of a request by the segments of its path; fixed segments go before parameters.

    Args:
        operations: The operations. Of several that have the same URL and method the first is found.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            raw = {each["name"] for each in operation.parameters if each.get("x-omics-raw-path")}
            node = self._root
            for segment in operation.path.strip("/").split("/"):
                node = self._child(node, segment, raw)
            node.operations.setdefault(operation.method, operation)

    def _child(self, node: _Node, segment: str, raw: set[str]) -> _Node:
        whole = re.fullmatch(r"\{([^{}]*)\}", segment)
        if whole and whole[1] in raw:
            node.rest = node.rest or _Node()
            return node.rest
        if whole:
            node.any = node.any or _Node()
            return node.any
        if "{" not in segment:
            return node.literal.setdefault(segment, _Node())
        parts = _PARAMETER.split(segment)
        expression = re.compile(
            "".join("(.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
        )
        known = next((child for pattern, child in node.mixed if pattern.pattern == expression.pattern), None)
        if known is None:
            known = _Node()
            node.mixed.append((expression, known))
        return known

    def find(self, method: str, path: str) -> tuple[Operation | None, list[str], list[str]]:
        """Find an operation.

        Args:
            method: The request's method.
            path: Its path as it was sent, percent-encoded.

        Returns:
            The operation, or None; the values of its path's parameters; the methods of operations that have the path.
        """
        allowed: list[str] = []
        for node, values in self._matches(self._root, path.strip("/").split("/"), []):
            if method in node.operations:
                return node.operations[method], values, []
            allowed += node.operations
        return None, [], allowed

    def _matches(self, node: _Node, segments: list[str], values: list[str]) -> Iterator[tuple[_Node, list[str]]]:
        if not segments:
            if node.operations:
                yield node, values
            return
        segment, rest = unquote(segments[0]), segments[1:]
        if segment in node.literal:
            yield from self._matches(node.literal[segment], rest, values)
        for pattern, child in node.mixed:
            if match := pattern.fullmatch(segment):
                yield from self._matches(child, rest, [*values, *match.groups()])
        if node.any is not None and segment:
            yield from self._matches(node.any, rest, [*values, segment])
        if node.rest is not None and node.rest.operations:
            yield node.rest, [*values, unquote("/".join(segments))]
