"""Fields of stored objects: those of requests, those that a server sets, and patches."""

from typing import Any

import pytest
from omicsdk.sandbox.engine.fields import at, merged, patched, sent_fields, slug, stamped, with_value, wrapped
from omicsdk.sandbox.engine.schemas import Schemas
from omicsdk.sandbox.problems import Problem

SCHEMAS = Schemas({})
NOW = 1767323045.5  # 2026-01-02T03:04:05.5Z


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_nested_fields_are_read_and_written():
    fields = {"a": {"b": 1, "c": 2}, "d": "text"}
    assert [at(fields, path) for path in ((), ("a", "b"), ("a", "x"), ("d", "e"), ("x", "y"))] == [
        fields,
        1,
        None,
        None,
        None,
    ]
    assert wrapped(1, ("a", "b")) == {"a": {"b": 1}}
    assert with_value(fields, ("a", "b"), 3) == {"a": {"b": 3, "c": 2}, "d": "text"}
    assert with_value(fields, ("d", "e"), 3) == {"a": {"b": 1, "c": 2}, "d": {"e": 3}}
    assert fields["a"] == {"b": 1, "c": 2}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"state": "new", "full_name": "none"}),
        ({"number": 5, "title": "t"}, {"title": "t", "state": "new", "full_name": "none"}),
        ({"state": "old", "fullName": "f"}, {"state": "old", "full_name": "f"}),
        ({"full_name": "f", "else": 1}, {"full_name": "f", "else": 1, "state": "new"}),
    ],
)
def test_fields_of_a_request_are_stored_in_the_responses_spelling(body: dict[str, Any], expected: dict[str, Any]):
    sent = schema(
        number={"type": "integer", "readOnly": True, "default": 1},
        title={"type": "string"},
        state={"type": "string", "default": "new"},
        fullName={"type": "string", "default": "none"},
        secret={"type": "string", "default": "of the request only"},
    )
    stored = schema(number={}, title={}, state={}, full_name={})
    assert sent_fields(SCHEMAS, sent, stored, body) == expected


def test_a_default_is_each_objects_own():
    described = schema(tags={"type": "array", "default": []})
    first, second = (sent_fields(SCHEMAS, described, described, {}) for _ in range(2))
    first["tags"].append("a")
    assert second == {"tags": []}


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({"type": "string", "format": "date-time"}, "2026-01-02T03:04:05Z"),
        ({"type": ["string", "null"]}, "2026-01-02T03:04:05Z"),
        ({"type": "string", "format": "date"}, "2026-01-02"),
        ({"type": "string", "format": "uuid"}, None),
        ({"type": "integer"}, 1767323045),
        ({"type": "number"}, 1767323045),
        ({"type": ["integer", "string"], "format": "uuid"}, None),
        ({"type": "integer", "example": 1700000000}, 1767323045),
        ({"type": "integer", "example": 1_000_000_000_000}, 1767323045),
        ({"type": "integer", "example": 1_000_000_000_001}, 1767323045500),
        ({"type": "number", "example": 2e12}, 1767323045),
        ({"type": "boolean"}, None),
    ],
)
def test_times_are_written_as_their_schema_has_them(described: dict[str, Any], expected: Any):
    written = stamped(SCHEMAS, schema(created_at=described), {}, NOW, 1)
    assert written == ({} if expected is None else {"created_at": expected})


def test_a_server_sets_times_and_numbers():
    moment, number = {"type": "string"}, {"type": ["integer", "null"]}
    described = schema(
        createdAt=moment, updated_at=moment, id=number, number={"type": "integer"}, pk=moment, size=number
    )
    now = "2026-01-02T03:04:05Z"
    assert stamped(SCHEMAS, described, {}, NOW, 7) == {"createdAt": now, "updated_at": now, "id": 7, "number": 7}
    sent = {"createdAt": "c", "updated_at": "u", "id": 1, "size": 2}
    assert stamped(SCHEMAS, described, sent, NOW, 7) == {**sent, "number": 7}
    assert stamped(SCHEMAS, described, sent, NOW, 0) == {**sent, "updated_at": now}
    assert stamped(SCHEMAS, described, {}, NOW, 0) == {"updated_at": now}


def test_a_slug_has_small_letters_and_single_dashes():
    assert slug("  A Text: (with) 2 signs! ") == "a-text-with-2-signs"


def test_a_json_patch_is_applied_to_a_copy():
    fields = {"a": {"b": [1]}}
    assert patched(fields, [{"op": "add", "path": "/a/b/-", "value": 2}]) == {"a": {"b": [1, 2]}}
    assert fields == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("operation", "status", "message"),
    [
        ({"op": "none", "path": "/a"}, 400, "The body is no JSON patch: "),
        ({"op": "test", "path": "/a", "value": 2}, 409, "The patch cannot be applied: "),
        ({"op": "remove", "path": "/b"}, 409, "The patch cannot be applied: "),
        ({"op": "replace", "path": "", "value": [1]}, 409, "After the patch the object is none"),
    ],
)
def test_a_json_patch_that_cannot_be_applied_is_refused(operation: dict[str, Any], status: int, message: str):
    with pytest.raises(Problem, match=message) as caught:
        patched({"a": 1}, [operation])
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("fields", "changes", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({"a": "b"}, {"a": {"c": None, "d": 1}}, {"a": {"d": 1}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_is_applied_as_rfc_7396_has_it(
    fields: dict[str, Any], changes: dict[str, Any], expected: dict[str, Any]
):
    assert merged(fields, changes, null_removes=True) == expected
    assert merged({}, changes, null_removes=False) == changes
