"""Responses made from documents: they keep to their schemas, and replace refusals of operations without state."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from omicsdk.sandbox.document import operations, read_document, resolved
from omicsdk.sandbox.examples import ANSWERED, example, reply_of

OPERATIONS = [(service, name) for service, names in ANSWERED.items() for name in names]


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_the_example_of_an_operation_conforms_to_the_document(service: str, name: str):
    document = read_document(service)
    operation = next(each for each in operations(document) if each.name == name)
    reply = reply_of(operation, document)
    content = resolved(operation.responses[str(reply.status)], document).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None:
        assert reply.body is None
        return
    whole = {**schema, "components": document.get("components", {})}
    wrong = Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(reply.body)
    assert [f"{each.json_path}: {each.message}" for each in wrong] == []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "example": "e", "default": "d"}, "e"),
        ({"type": "string", "default": "d", "enum": ["a", "d"]}, "d"),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 0}, 0),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "array", "items": {"type": "boolean"}}, [False]),
        ({"properties": {"a": {"allOf": [{"$ref": "#/n"}]}}}, {"a": "2024-01-01T00:00:00Z"}),
        ({}, None),
    ],
)
def test_an_example_is_the_first_value_that_the_schema_names(schema: dict[str, Any], value: Any):
    assert example(schema, {"n": {"type": ["string", "null"], "format": "date-time"}}) == value
