"""The structure of documents: the kinds of objects of Swagger 2.0 and OpenAPI 3.0 to 3.2, and their members."""

from __future__ import annotations

import re
from typing import Literal

from .faults import DocumentError
from .source import Source

Dialect = Literal["2.0", "3.0", "3.1"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

# The members of each kind that contain objects of a kind: `{x}` a mapping of them, `[x]` a list, `*` any member's name.
# All dialects together, so that a member of another dialect is walked too before it is moved to its place.
SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SCHEMA_ONES = (
    *("items", "additionalItems", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "contains"),
    *("propertyNames", "not", "if", "then", "else", "contentSchema"),
    "schema",  # no dialect's, but seen
)
TREE: dict[str, dict[str, str]] = {
    "document": {
        "info": "info",
        "tags": "[tag]",
        "paths": "paths",
        "webhooks": "{pathItem}",
        "x-webhooks": "{pathItem}",
        "components": "components",
        "definitions": "{schema}",
        "parameters": "{parameter}",
        "responses": "{response}",
        "securityDefinitions": "{securityScheme}",
    },
    "components": {
        "schemas": "{schema}",
        "parameters": "{parameter}",
        "headers": "{header}",
        "responses": "{response}",
        "requestBodies": "{requestBody}",
        "examples": "{example}",
        "links": "{link}",
        "callbacks": "{callback}",
        "pathItems": "{pathItem}",
        "securitySchemes": "{securityScheme}",
        "mediaTypes": "{mediaType}",
    },
    "info": {},
    "tag": {},
    "paths": {"*": "pathItem"},
    "pathItem": dict.fromkeys(METHODS, "operation")
    | {"parameters": "[parameter]", "additionalOperations": "{operation}"},
    "operation": {
        "parameters": "[parameter]",
        "requestBody": "requestBody",
        "responses": "responses",
        "callbacks": "{callback}",
    },
    "responses": {"*": "response"},
    "response": {
        "schema": "schema",
        "items": "schema",
        "headers": "{header}",
        "content": "{mediaType}",
        "links": "{link}",
    },
    "requestBody": {"schema": "schema", "content": "{mediaType}"},
    "parameter": {"schema": "schema", "items": "schema", "content": "{mediaType}", "examples": "{example}"},
    "header": {"schema": "schema", "items": "schema", "content": "{mediaType}", "examples": "{example}"},
    "mediaType": {"schema": "schema", "itemSchema": "schema", "examples": "{example}", "encoding": "{encoding}"},
    "encoding": {"headers": "{header}"},
    "callback": {"*": "pathItem"},
    "example": {},
    "link": {},
    "securityScheme": {},
    "schema": dict.fromkeys(SCHEMA_MAPS, "{schema}")
    | dict.fromkeys(SCHEMA_LISTS, "[schema]")
    | dict.fromkeys(_SCHEMA_ONES, "schema"),
}

# Kinds of components: every dialect with the kind allows `$ref`, for media types only 3.2; elsewhere it is accepted too, and reported.
REFERABLE = frozenset(kind.strip("{}") for kind in TREE["components"].values()) - {"mediaType"}
# Members of schemas that change no value.
ANNOTATIONS = ("title", "description", "deprecated", "readOnly", "writeOnly", "examples", "externalDocs", "xml")


def member_kind(kind: str, member: str) -> str | None:
    """Return the kind of a member: a kind, `{kind}`, `[kind]`, or None for a plain value."""
    table = TREE[kind]
    if member in table:
        return table[member]
    return None if member.startswith("x-") else table.get("*")


def home_of(dialect: Dialect) -> tuple[str, ...]:
    """Where a document of a dialect keeps its schemas."""
    return ("definitions",) if dialect == "2.0" else ("components", "schemas")


def dialect_of(source: Source) -> Dialect:
    """Return what a document is written in; 3.2 is read as 3.1, which it extends.

    Raises:
        DocumentError: it is neither Swagger 2.0 nor OpenAPI 3.
    """
    data = source.data
    assert isinstance(data, dict)
    if str(data.get("swagger")) in ("2", "2.0"):
        return "2.0"
    version = data.get("openapi", data.get("swagger"))
    match = re.fullmatch(r"3\.([012])(\.[\w.-]+)?", str(version))
    if match:
        return "3.0" if match.group(1) == "0" else "3.1"
    if version is not None:
        fault = source.location("/openapi" if "openapi" in data else "/swagger").fault(
            f"it is written in version {str(version)[:20]}", "Versions 2.0, 3.0, 3.1 and 3.2 are read."
        )
    elif "overlay" in data:
        fault = source.location("/overlay").fault(
            "it is an overlay", "Name the document that it corrects, and this file as its overlay."
        )
    else:
        fault = source.location("").fault(
            "not an OpenAPI document: neither openapi nor swagger is stated", "Begin it with `openapi: 3.1.0`."
        )
    raise DocumentError([fault])
