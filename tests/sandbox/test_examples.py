"""Answers made from documents: they keep to their schemas, and replace refusals of operations without state."""

import re
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import operations, read_document
from omicsdk.sandbox.examples import ANSWERED, HEADER, example, reply_of, resolved
from omicsdk.sandbox.gen3.access import ADMINISTRATOR

SERVICES = (
    *("crunch", "drs", "dss", "fusillade", "pangea", "sb", "upload", "gen3/arborist", "gen3/fence", "gen3/indexd"),
    *("gen3/manifest", "gen3/metadata", "gen3/peregrine", "gen3/sheepdog", "gen3/wts"),
)


def successful(operation: Any) -> str:
    """The first successful status of an operation; empty for none."""
    return min((status for status in operation.responses if status.startswith("2")), default="")


@pytest.mark.parametrize("service", SERVICES)
def test_the_example_of_each_operation_keeps_to_the_document(service: str):
    document = read_document(service)
    checked = 0
    for operation in operations(document):
        if not (status := successful(operation)):
            continue
        reply = reply_of(operation, document)
        assert (reply.status, reply) == (int(status), reply_of(operation, document)), operation.name
        content = resolved(operation.responses[status], document).get("content", {})
        if schema := content.get("application/json", {}).get("schema"):
            whole = {**schema, "components": document.get("components", {})}
            wrong = Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(reply.body)
            assert [f"{each.json_path}: {each.message}" for each in wrong] == [], operation.name
            checked += 1
        else:
            assert reply.body is None, operation.name
    assert checked


def test_an_object_leaves_out_what_would_contain_itself():
    node = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "parent": {"$ref": "#/n"},
            "parts": {"type": "array", "items": {"$ref": "#/n"}},
        },
    }
    assert example({"$ref": "#/n"}, {"n": node}) == {"name": "string", "parts": []}
    with pytest.raises(ValueError, match="requires itself"):
        example({"$ref": "#/n"}, {"n": {**node, "required": ["parent"]}})


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "example": "e", "default": "d"}, "e"),
        ({"type": "string", "default": "d", "enum": ["a", "d"]}, "d"),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 0}, 0),
        ({"type": ["string", "null"], "format": "date"}, "2024-01-01"),
        ({"type": "string", "minLength": 8, "maxLength": 10}, "stringxx"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, [False, False]),
        ({"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"enum": ["x"]}}}]}, {"a": "x"}),
        ({}, None),
    ],
)
def test_an_example_is_the_first_value_that_the_schema_names(schema: dict[str, Any], value: Any):
    assert example(schema, {}) == value


def test_a_pattern_without_an_example_is_reported():
    with pytest.raises(ValueError, match="no example for the pattern"):
        example({"type": "string", "pattern": "^z{7}$"}, {})


@pytest.mark.parametrize(
    ("service", "name"), [(service, name) for service, names in ANSWERED.items() for name in names]
)
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
