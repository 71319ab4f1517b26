"""Documents of services as the sandbox reads and serves them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

T = TypeVar("T")

METHODS = ("get", "head", "put", "post", "patch", "delete", "options")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument outside the body.

    Attributes:
        name: Its name on the wire.
        place: Its place: path, query, header or cookie.
        required: Whether a request without it is refused.
        schema: Its schema.
        raw: Whether it is the part of a path in which slashes stay.
        joined: Whether its items are in one text, with commas between (`explode: false`).
    """

    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]
    raw: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        name: The operation's name in Python, which is also its handler's.
        method: The HTTP method in capitals.
        path: The path template, such as /files/{uuid}.
        parameters: Its arguments outside the body.
        body: The schema of its JSON body, or None when it has none.
        body_required: Whether a request without a body is refused.
        secured: Whether it needs a token.
        responses: Its responses as they are in the document.
        other_bodies: Media types beside JSON that its body may have; the handler reads such a body itself.
    """

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any] | None
    body_required: bool
    secured: bool
    responses: Mapping[str, Any]
    other_bodies: frozenset[str] = frozenset()

    @property
    def route(self) -> str:
        """The path template as the router takes it: in raw parameters slashes stay."""
        path = self.path
        for parameter in self.parameters:
            if parameter.raw:
                path = path.replace(f"{{{parameter.name}}}", f"{{{parameter.name}:path}}")
        return path


def once_a_document(function: Callable[[Mapping[str, Any]], T]) -> Callable[[Mapping[str, Any]], T]:
    """Make a function of a document remember what it gave: each sandbox of a process starts with the same documents."""
    known: dict[int, tuple[Mapping[str, Any], T]] = {}

    def remembered(document: Mapping[str, Any]) -> T:
        found = known.get(id(document))
        if found is None or found[0] is not document:
            # A reference to the document is kept, so that its id is not reused.
            found = known[id(document)] = (document, function(document))
        return found[1]

    return remembered


@cache
def read_document(service: str) -> Mapping[str, Any]:
    """Read the document that was generated for a service, once: each sandbox of a process starts with it.

    Args:
        service: The service's name, such as dss.

    Returns:
        The OpenAPI 3.1 document.

    Raises:
        FileNotFoundError: The generated package has none.
    """
    import omicsdk_api

    path = Path(omicsdk_api.__file__).parent / service / "openapi.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} isn't there: `make codegen` writes it")
    return json.loads(path.read_bytes())


@once_a_document
def operations(document: Mapping[str, Any]) -> Sequence[Operation]:
    """All operations of a document, fixed paths before templates so that a router meets them in that order."""
    found: list[Operation] = []
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method in item:
                found.append(_operation(document, path, method, item[method], shared))
    # A template that ends in a raw parameter matches any path, so it comes last among its equals.
    return sorted(found, key=lambda each: (each.path.count("{"), each.route.endswith(":path}"), each.path))


def secured_everywhere(document: Mapping[str, Any]) -> dict[str, Any]:
    """Restrict a document: every operation needs what the secured ones need."""
    stated = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    none: list[Any] = []
    security: list[Any] = next((operation["security"] for operation in stated if operation.get("security")), none)

    def secured(item: Mapping[str, Any]) -> dict[str, Any]:
        return {key: {**value, "security": security} if key in METHODS else value for key, value in item.items()}

    return {**document, "paths": {path: secured(item) for path, item in document["paths"].items()}}


def _operation(
    document: Mapping[str, Any], path: str, method: str, stated: Mapping[str, Any], shared: list[Any]
) -> Operation:
    own: list[Any] = stated.get("parameters", [])
    merged = {(each["in"], each["name"]): each for each in [*shared, *own]}
    body = stated.get("requestBody", {})
    content: Mapping[str, Any] = body.get("content", {})
    security: list[Any] = stated.get("security", document.get("security", []))
    return Operation(
        name=stated["x-omics-name"],
        method=method.upper(),
        path=path,
        parameters=tuple(_parameter(each) for each in merged.values()),
        body=content["application/json"].get("schema", {}) if "application/json" in content else None,
        body_required=bool(body.get("required")),
        # An empty requirement among the alternatives means that a token is optional.
        secured=bool(security) and {} not in security,
        responses=stated["responses"],
        other_bodies=frozenset(content) - {"application/json"},
    )


def _parameter(stated: Mapping[str, Any]) -> Parameter:
    required, raw = bool(stated.get("required")), bool(stated.get("x-omics-raw-path"))
    joined = stated.get("explode") is False
    return Parameter(stated["name"], stated["in"], required, stated.get("schema", {}), raw, joined)


def plain_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document, with every schema that an allOf of one adds text to written out, and null as `nullable`.

    Args:
        document: An OpenAPI 3.1 document whose references point to its own schemas only.

    Returns:
        A new document; the old one is unchanged.
    """
    return {**cast("dict[str, Any]", _plain(document, document)), "openapi": "3.0.3"}


def _plain(value: Any, document: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_plain(each, document) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    stated = cast("dict[str, Any]", value)
    alone = stated.get("allOf")
    if isinstance(alone, list) and len(cast("list[Any]", alone)) == 1 and "properties" not in stated:
        rest = {key: each for key, each in stated.items() if key != "allOf"}
        return _plain({**resolved(cast("list[Any]", alone)[0], document), **rest}, document)
    kinds = stated.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        real = [kind for kind in cast("list[Any]", kinds) if kind != "null"]
        stated = {**stated, "type": real[0] if len(real) == 1 else real, "nullable": True}
    return {key: _plain(each, document) for key, each in stated.items()}


def resolved(stated: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace a reference into the document by what it refers to, keeping the keys beside it.

    Args:
        stated: A schema, response or other object of the document.
        document: The document.
    """
    while "$ref" in stated:
        found: Any = document
        for step in stated["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        stated = {**found, **{key: value for key, value in stated.items() if key != "$ref"}}
    return stated
