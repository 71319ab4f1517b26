"""What bodies of requests may be, as JSON Schema; the service says in a schema validator's words what is wrong."""

import json
from typing import Any, cast

from jsonschema import Draft7Validator
from jsonschema import exceptions as schema_errors
from jsonschema.exceptions import ValidationError

from omicsdk.sandbox.gen3.indexd.refusals import FrameworkPage, bad
from omicsdk.sandbox.service import Call
from omicsdk.sandbox.validation import LARGEST

JsonObject = dict[str, Any]

HASHES = {
    "md5": "^[0-9a-f]{32}$",
    "sha1": "^[0-9a-f]{40}$",
    "sha256": "^[0-9a-f]{64}$",
    "sha512": "^[0-9a-f]{128}$",
    "crc": "^[0-9a-f]{8}$",
    "etag": "^[0-9a-f]{32}(-\\d+)?$",
}
"""Kinds of checksums, and what they look like."""
_UUID = "[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$"

_TEXT: JsonObject = {"type": "string"}
_TEXT_OR_NULL: JsonObject = {"type": ["string", "null"]}
_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_SIZE: JsonObject = {"type": "integer", "minimum": 0, "maximum": LARGEST}
_OBJECT: JsonObject = {"type": "object"}
_HASHES: JsonObject = {
    "type": "object",
    "properties": {kind: {"type": "string", "pattern": pattern} for kind, pattern in HASHES.items()},
    "anyOf": [{"required": [kind]} for kind in HASHES],
    "additionalProperties": False,
}
_CHANGEABLE: JsonObject = {
    "file_name": _TEXT_OR_NULL,
    "version": _TEXT_OR_NULL,
    "uploader": _TEXT_OR_NULL,
    "description": _TEXT_OR_NULL,
    "content_created_date": _TEXT_OR_NULL,
    "content_updated_date": _TEXT_OR_NULL,
    "urls": _TEXTS,
    "acl": _TEXTS,
    "authz": _TEXTS,
    "metadata": _OBJECT,
    "urls_metadata": {"type": "object", "additionalProperties": _OBJECT},
}


def _body(properties: JsonObject, *required: str) -> Draft7Validator:
    schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    return Draft7Validator({**schema, "required": list(required)})


RECORD = _body(
    {
        "baseid": {"type": "string", "pattern": f"^{_UUID}"},
        "form": {"enum": ["object", "container", "multipart"]},
        "size": _SIZE,
        "did": {"type": "string", "pattern": f"^.*{_UUID}"},
        "hashes": _HASHES,
        **_CHANGEABLE,
    },
    "size",
    "hashes",
    "urls",
    "form",
)
"""A new record, or a new version of a file."""
CHANGES = _body(_CHANGEABLE)
"""An update of a record."""
BLANK = Draft7Validator(
    {
        "type": "object",
        "properties": {
            "did": _TEXT_OR_NULL,
            "uploader": _TEXT_OR_NULL,
            "file_name": _TEXT_OR_NULL,
            "authz": {"type": ["array", "null"], "items": _TEXT},
        },
    }
)
"""A blank record; the service doesn't mind other fields."""
FILLING = Draft7Validator(
    {
        "type": "object",
        "properties": {
            "size": {"type": ["integer", "null"], "minimum": 0, "maximum": LARGEST},
            "hashes": {"type": ["object", "null"], "additionalProperties": _TEXT},
            "urls": {"type": ["array", "null"], "items": _TEXT},
            "authz": {"type": ["array", "null"], "items": _TEXT},
        },
    }
)
"""What fills a blank record; neither checksums nor other fields are looked at, as in the service."""
ACCESS = _body({"acl": _TEXTS, "authz": _TEXTS})
"""Who may have all versions of a file."""
ALIASES = _body(
    {
        "aliases": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"value": _TEXT},
                "required": ["value"],
                "additionalProperties": False,
            },
        }
    },
    "aliases",
)
"""Aliases of a record."""
ALIAS_RECORD = _body(
    {
        "size": _SIZE,
        "hashes": _HASHES,
        "release": {"enum": ["public", "private", "controlled"]},
        "keeper_authority": _TEXT,
        "host_authorities": _TEXTS,
        "metastring": _TEXT,
    },
    "size",
    "hashes",
    "release",
)
"""An old alias record."""
BUNDLE = Draft7Validator(
    {
        "type": "object",
        "properties": {
            "bundle_id": _TEXT,
            "name": _TEXT,
            "bundles": _TEXTS,
            "size": _SIZE,
            "description": _TEXT,
            "version": _TEXT,
            "aliases": _TEXTS,
            "checksums": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"type": {"enum": list(HASHES)}, "checksum": _TEXT},
                    "required": ["type", "checksum"],
                    "allOf": [
                        {
                            "if": {"properties": {"type": {"const": kind}}},
                            "then": {"properties": {"checksum": {"pattern": pattern}}},
                        }
                        for kind, pattern in HASHES.items()
                    ],
                },
            },
        },
        "required": ["bundles"],
    }
)
"""A new bundle."""


def sent_json(call: Call, *, force: bool = False) -> Any:
    """The JSON of a request.

    Args:
        call: The request.
        force: Whether its Content-Type doesn't matter.

    Raises:
        FrameworkPage: 415 for another Content-Type, 400 for what isn't JSON.
    """
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not force and kind != "application/json" and not kind.endswith("+json"):
        raise FrameworkPage(415)
    try:
        return json.loads(call.content)
    except (ValueError, RecursionError) as error:
        raise FrameworkPage(400) from error


def sent(call: Call, schema: Draft7Validator) -> JsonObject:
    """The body of a request, held against a schema.

    Args:
        call: The request.
        schema: What it may be; it is an object.

    Raises:
        Problem: 400; it isn't that.
        FrameworkPage: It isn't JSON.
    """
    body = sent_json(call)
    error = cast("ValidationError | None", cast("Any", schema_errors).best_match(cast("Any", schema).iter_errors(body)))
    if error is not None:
        raise bad(str(error))
    return body
