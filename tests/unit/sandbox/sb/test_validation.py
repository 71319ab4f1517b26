"""Parsing of requests: lists and objects in a query, null in place of a body, bodies that are not JSON."""

from typing import Any

import pytest
from jsonschema import FormatChecker
from omicsdk.sandbox.document import Operation, operations
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.validation import RequestValidator

LIST = {"type": "array", "items": {"type": "string", "maxLength": 3}}
MEMBERS = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
YAML = {"application/json": {"schema": {"type": "object"}}, "application/yaml": {"schema": {"type": "string"}}}


def validator(*parameters: dict[str, Any], **stated: Any) -> tuple[Operation, RequestValidator]:
    operation = {"x-omics-name": "op", "parameters": list(parameters), "responses": {}, **stated}
    document: dict[str, Any] = {"paths": {"/x": {"post": operation}}}
    found = operations(document)[0]
    return found, RequestValidator(found, document, FormatChecker(formats=()), {"op.name": "9014"})


def query(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


def test_a_list_has_all_its_values_and_an_object_its_members():
    _, checks = validator(query("tag", LIST), query("metadata", MEMBERS), query("one", {"type": "string"}))
    asked = [
        ("tag", "a"),
        ("one", "1"),
        ("tag", "b"),
        ("one", "2"),
        ("metadata.k", "v"),
        ("metadata.k", "w"),
        ("metadata", "x"),
    ]
    assert checks.arguments({}, asked, {}) == {"tag": ["a", "b"], "one": "1", "metadata": {"k": ["v", "w"]}}
    assert checks.arguments({}, [], {}) == {}


def test_each_value_of_a_list_is_checked():
    _, checks = validator(query("tag", LIST))
    with pytest.raises(Problem, match="tag"):
        checks.arguments({}, [("tag", "a"), ("tag", "long")], {})


@pytest.mark.parametrize("schema", [LIST, MEMBERS, {"type": "string"}])
def test_what_is_required_has_to_be_there(schema: dict[str, Any]):
    _, checks = validator(query("tag", schema, required=True))
    with pytest.raises(Problem, match="Missing query parameter 'tag'"):
        checks.arguments({}, [], {})


def test_null_is_no_body_where_none_is_required():
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    _, optional = validator(requestBody=body)
    assert optional.body(None, present=True) == optional.body(None, present=False) == {}
    _, required = validator(requestBody={**body, "required": True})
    for present in (True, False):
        with pytest.raises(Problem):
            required.body(None, present=present)


def test_a_field_may_have_a_separate_code():
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}
    _, checks = validator(requestBody={"content": {"application/json": {"schema": schema}}})
    with pytest.raises(Problem) as caught:
        checks.body({"name": 1}, present=True)
    assert caught.value.code == "9014"
    with pytest.raises(Problem) as caught:
        checks.body({"size": "x"}, present=True)
    assert caught.value.code == "illegal_arguments"


def test_other_kinds_of_bodies_are_known():
    assert validator(requestBody={"content": YAML})[0].other_bodies == {"application/yaml"}
    assert validator()[0].other_bodies == frozenset()
