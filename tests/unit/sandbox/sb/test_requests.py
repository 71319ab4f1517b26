"""Requests of the platform and the common features of its responses: lists and objects in a query, bodies, errors, headers, fields."""

from collections.abc import Mapping
from typing import Any

import pytest
from omicsdk.sandbox.document import operations
from omicsdk.sandbox.engine.requests import Reader, Received
from omicsdk.sandbox.engine.schemas import Schemas
from omicsdk.sandbox.problems import LARGEST, Problem
from omicsdk.sandbox.sb.responses import selected

LIST = {"type": "array", "items": {"type": "string", "maxLength": 3}}
MEMBERS = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
YAML = {"application/json": {"schema": {"type": "object"}}, "application/yaml": {"schema": {"type": "string"}}}


def reader(*parameters: dict[str, Any], **fields: Any) -> Reader:
    operation = {"x-omics-name": "op", "parameters": list(parameters), "responses": {}, **fields}
    document: dict[str, Any] = {"paths": {"/x": {"post": operation}}}
    return Reader(operations(document)[0], Schemas(document), {"op.name": "9014"})


def arguments(reader: Reader, query: list[tuple[str, str]]) -> Mapping[str, Any]:
    return reader.sent([], query, {}, Received()).query


def body(reader: Reader, text: bytes, content_type: str = "application/json") -> Any:
    headers = {"content-type": content_type}
    return reader.sent([], [], headers, Received(text), is_handled=True).body


def query(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


def test_a_list_has_all_its_values_and_an_object_its_members():
    reads = reader(query("tag", LIST), query("metadata", MEMBERS), query("one", {"type": "string"}))
    sent = [
        ("tag", "a"),
        ("one", "1"),
        ("tag", "b"),
        ("one", "2"),
        ("metadata.k", "v"),
        ("metadata.k", "w"),
    ]
    assert arguments(reads, sent) == {"tag": ["a", "b"], "one": "1", "metadata": {"k": ["v", "w"]}}
    assert arguments(reads, []) == {}
    assert reads.as_sent([], sent, {}) == {"tag": ["a", "b"], "one": "1", "metadata": {"k": ["v", "w"]}}


def test_each_value_of_a_list_is_checked():
    with pytest.raises(Problem, match="tag"):
        arguments(reader(query("tag", LIST)), [("tag", "a"), ("tag", "long")])


@pytest.mark.parametrize("schema", [LIST, MEMBERS, {"type": "string"}])
def test_what_is_required_has_to_be_there(schema: dict[str, Any]):
    with pytest.raises(Problem, match="The query parameter 'tag' is missing"):
        arguments(reader(query("tag", schema, required=True)), [])


def test_numbers_beyond_64_bits_are_refused():
    numbers = {"type": "array", "items": {"type": "integer"}}
    reads = reader(query("n", {"type": "integer"}), requestBody={"content": {"application/json": {"schema": numbers}}})
    assert arguments(reads, [("n", str(LARGEST))]) == {"n": LARGEST}
    assert body(reads, f"[{LARGEST}]".encode()) == [LARGEST]
    with pytest.raises(Problem, match="query parameter 'n'"):
        arguments(reads, [("n", str(LARGEST + 1))])
    with pytest.raises(Problem, match=r"body\[0\]"):
        body(reads, f"[{LARGEST + 1}]".encode())


def test_defaults_are_those_of_single_values():
    reads = reader(query("n", {"type": "integer", "default": 7}), query("tag", {**LIST, "default": ["a"]}))
    assert reads.defaults == {"n": 7}


def test_null_is_no_body_where_none_is_required():
    body_schema = {"content": {"application/json": {"schema": {"type": "object"}}}}
    optional = reader(requestBody=body_schema)
    assert body(optional, b"null") == body(optional, b"") == {}
    required = reader(requestBody={**body_schema, "required": True})
    for sent in (b"null", b""):
        with pytest.raises(Problem):
            body(required, sent)


def test_a_field_may_have_a_separate_code():
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}
    reads = reader(requestBody={"content": {"application/json": {"schema": schema}}})
    with pytest.raises(Problem) as caught:
        body(reads, b'{"name": 1}')
    assert caught.value.code == "9014"
    with pytest.raises(Problem) as caught:
        body(reads, b'{"size": "x"}')
    assert caught.value.code == "illegal_arguments"


def test_handlers_read_other_kinds_of_bodies():
    reads = reader(requestBody={"content": YAML})
    assert body(reads, b"a: 1", "application/yaml") is None
    with pytest.raises(Problem, match="text/csv"):
        body(reads, b"a,b", "text/csv")


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("_all", {"id": 1, "a": {"b": 1, "c": {"d": 2}}, "e": None}),
        ("", {"id": 1, "a": {"b": 1, "c": {"d": 2}}, "e": None}),
        ("a.b", {"id": 1, "a": {"b": 1}}),
        ("a.b, a.c.d", {"id": 1, "a": {"b": 1, "c": {"d": 2}}}),
        ("a.b,a.x,x.y,e.z", {"id": 1, "a": {"b": 1}}),
        ("!a,!x", {"id": 1, "e": None}),
        ("e", {"id": 1, "e": None}),
    ],
)
def test_a_selector_names_fields(selector: str, expected: dict[str, object]):
    assert selected({"id": 1, "a": {"b": 1, "c": {"d": 2}}, "e": None}, selector) == expected
