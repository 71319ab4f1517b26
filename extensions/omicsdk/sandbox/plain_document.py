"""A service's document for clients of its time: what OpenAPI 3.1 has beyond 3.0 in the words that 3.0 has for it.

Published clients look at the type of each field of a body, and at nothing that stands behind an allOf.
"""

from collections.abc import Mapping
from typing import Any, cast

_HOME = "#/components/schemas/"


def plain_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document, with every schema that an allOf of one adds text to written out, and null as `nullable`.

    Args:
        document: An OpenAPI 3.1 document whose references lead to its own schemas only.

    Returns:
        A new document; the old one is left as it is.
    """
    schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    return {**cast("dict[str, Any]", _plain(document, schemas)), "openapi": "3.0.3"}


def _plain(value: Any, schemas: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_plain(each, schemas) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    stated = cast("dict[str, Any]", value)
    alone = stated.get("allOf")
    if isinstance(alone, list) and len(cast("list[Any]", alone)) == 1 and "properties" not in stated:
        rest = {key: each for key, each in stated.items() if key != "allOf"}
        return _plain({**_whole(alone[0], schemas), **rest}, schemas)
    kinds = stated.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        real = [kind for kind in cast("list[Any]", kinds) if kind != "null"]
        stated = {**stated, "type": real[0] if len(real) == 1 else real, "nullable": True}
    return {key: _plain(each, schemas) for key, each in stated.items()}


def _whole(schema: Any, schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with what it refers to in its place."""
    while "$ref" in schema:
        schema = {**schemas[schema["$ref"].removeprefix(_HOME)], **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema
