"""Answers made from documents: they keep to their schemas, and replace refusals of operations without state."""

import re
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import operations, read_document, resolved
from omicsdk.sandbox.examples import ANSWERED, HEADER, example, reply_of
from omicsdk.sandbox.gen3.access import ADMINISTRATOR

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


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_an_operation_without_state_is_answered_from_the_document(sandbox: Sandbox, service: str, name: str):
    document = read_document(service)
    operation = next(each for each in operations(document) if each.name == name)
    path = f"/gen3/{service.removeprefix('gen3/')}" + re.sub(r"\{.*?\}", "x", operation.path)
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    with httpx.Client(base_url=sandbox.url, trust_env=False) as web:
        answer = web.request(operation.method, path, headers={"Authorization": f"Bearer {token}"})
        unknown = web.request(operation.method, path)
    expected = reply_of(operation, document)
    told = answer.json() if answer.headers.get("content-type") == "application/json" else answer.text
    assert (answer.status_code, answer.headers[HEADER]) == (expected.status, "example")
    assert told == (expected.body or expected.text or "")
    assert unknown.status_code == (401 if operation.secured else answer.status_code)
