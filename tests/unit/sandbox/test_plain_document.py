"""Documents served by the sandbox: published clients can read them, and they are equivalent to the originals."""

import copy
from typing import Any

import pytest
from omicsdk.sandbox.document import plain_document, read_document

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/role": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "policy": {"description": "Of the role.", "allOf": [{"$ref": "#/components/schemas/policy"}]},
                                    "name": {"allOf": [{"$ref": "#/components/schemas/alias"}]},
                                    "kind": {"type": ["string", "null"], "enum": ["a", None]},
                                    "owner": {"anyOf": [{"$ref": "#/components/schemas/name"}, {"type": "null"}]},
                                },
                            }
                        }
                    }
                }
            }
        }
    },
    "components": {
        "schemas": {
            "policy": {"description": "A policy.", "type": ["object", "null"], "properties": {"x": {"$ref": "#/components/schemas/alias"}}},
            "alias": {"$ref": "#/components/schemas/name"},
            "name": {"type": "string"},
            "both": {"allOf": [{"$ref": "#/components/schemas/name"}, {"minLength": 1}]},
        }
    },
}  # fmt: skip


def test_each_field_of_a_body_has_a_type():
    before = copy.deepcopy(DOCUMENT)
    plain = plain_document(DOCUMENT)
    schema = plain["paths"]["/role"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"] == {
        "policy": {
            "description": "Of the role.",
            "type": "object",
            "nullable": True,
            "properties": {"x": {"$ref": "#/components/schemas/alias"}},
        },
        "name": {"type": "string"},
        "kind": {"type": "string", "nullable": True, "enum": ["a", None]},
        "owner": {
            "anyOf": [
                {"$ref": "#/components/schemas/name"},
                {"type": "string", "nullable": True, "enum": [None]},
            ]
        },
    }
    assert plain["components"]["schemas"]["both"] == DOCUMENT["components"]["schemas"]["both"]
    assert before == DOCUMENT


def test_a_member_named_like_a_word_of_schemas_is_left_alone():
    properties = {"allOf": {"type": "string"}, "type": {"type": "array", "items": {}}}
    schema = {"components": {"schemas": {"odd": {"type": "object", "properties": properties}}}}
    assert plain_document(schema)["components"] == schema["components"]


@pytest.mark.parametrize("service", ["dss", "fusillade", "upload"])
def test_the_operations_stay_as_they_are(service: str):
    document = read_document(service)
    plain = plain_document(document)
    assert list(plain["paths"]) == list(document["paths"])
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "delete", "patch", "head"):
                kept = plain["paths"][path][method]
                assert list(kept["responses"]) == list(operation["responses"])
                assert kept.get("security") == operation.get("security")
