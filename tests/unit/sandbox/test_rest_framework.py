"""Fields of the REST framework: the values that each accepts, and its words for others."""

import json
import math
from typing import Any

import pytest
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.rest_framework import fields as kinds
from omicsdk.sandbox.rest_framework.fields import Field, Form, fields_of, read_as, stated_fields, validated
from omicsdk.sandbox.rest_framework.service import Invalid, Refused
from omicsdk.sandbox.service import Call

LARGEST = 2**63 - 1
UUID = "00000000-0000-4000-8000-00000000000a"


def read(reader: kinds.Reader, value: Any) -> Any:
    return read_as("f", reader, value)


def complaint(reader: kinds.Reader, value: Any) -> str:
    with pytest.raises(Invalid) as caught:
        read(reader, value)
    [text] = caught.value.complaints["f"]
    return text


def sent(content: bytes | str, content_type: str = "") -> Call:
    operation: Any = None
    content = content.encode() if isinstance(content, str) else content
    headers = {"content-type": content_type} if content_type else {}
    return Call(operation, {}, None, None, "", "", "", [], headers, content)


# -- bodies

MULTIPART = "multipart/form-data; boundary=limit"
PARTS = (
    '--limit\r\nContent-Disposition: form-data; name="{}"\r\n\r\n1\r\n'
    '--limit\r\nContent-Disposition: form-data; name="{}"\r\n\r\n2\r\n'
    '--limit\r\nContent-Disposition: form-data; name="g"; filename="f"\r\n\r\n3\r\n--limit--\r\n'
)


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        ('{"a": [1]}', "application/json; charset=utf-8", {"a": [1]}),
        ("a=1&b=&a=%C3%BC", "application/x-www-form-urlencoded", Form({"a": "ü", "b": ""})),
        (PARTS.format("a", "b"), MULTIPART, Form({"a": "1", "b": "2", "g": "3"})),
        (PARTS.format("a", "a"), MULTIPART, Form({"a": "2", "g": "3"})),
        ("", "multipart/form-data", Form()),
        ("", "application/json", {}),
        ("", "text/plain", {}),
    ],
)
def test_the_fields_of_a_body_are_read(content: str, content_type: str, expected: Any):
    fields = fields_of(sent(content, content_type))
    assert fields == expected
    assert isinstance(fields, Form) == isinstance(expected, Form)


def test_a_body_may_be_nested_as_deep_as_answers():
    def nested(depth: int) -> bytes:
        return b'{"a":' * depth + b"1" + b"}" * depth

    assert fields_of(sent(nested(500), "application/json"))
    wide = {"a": [[] for _ in range(600)]}
    assert fields_of(sent(json.dumps(wide), "application/json")) == wide
    lists_within = b'{"a":' * 300 + b"[" * 250 + b"]" * 250 + b"}" * 300
    for content in (nested(501), lists_within):
        with pytest.raises(Refused, match="nested more than 500 deep"):
            fields_of(sent(content, "application/json"))


@pytest.mark.parametrize(
    ("content", "content_type", "status", "message"),
    [
        ("a", "text/plain", 415, 'Unsupported media type "text/plain" in request.'),
        ("{", "application/json", 400, "JSON parse error - Expecting property name"),
        ('{"a": NaN}', "application/json", 400, "Out of range float values are not JSON compliant: 'NaN'"),
        ("a", "multipart/form-data", 400, "Multipart form parse error - Invalid boundary in multipart: None"),
        ("[1]", "application/json", 400, "Expected a dictionary, but got list."),
        ("null", "application/json", 400, "No data provided"),
    ],
)
def test_another_body_is_refused(content: str, content_type: str, status: int, message: str):
    with pytest.raises(Problem) as caught:
        fields_of(sent(content, content_type))
    assert caught.value.status == status
    assert message in caught.value.title


# -- values

DATE_TIME = stated_fields({"f": {"type": "string", "format": "date-time"}})["f"].read
DATE = stated_fields({"f": {"type": "string", "format": "date"}})["f"].read


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (kinds.text(3), " abc ", "abc"),
        (kinds.text(trim=False), " a ", " a "),
        (kinds.text(blank=True), " ", ""),
        (kinds.text(), 1.5, "1.5"),
        (kinds.integer, "1.00 ", 1),
        (kinds.integer, -3, -3),
        (kinds.bounded(), LARGEST, LARGEST),
        (kinds.bounded(), str(-LARGEST - 1), -LARGEST - 1),
        (kinds.bounded(0), 0, 0),
        (kinds.number, "1.5", 1.5),
        (kinds.degrees, " 12.5 ", "12.500000000"),
        (kinds.degrees, "-123.123456789", "-123.123456789"),
        (kinds.degrees, "1e2", "100.000000000"),
        (kinds.degrees, "1e-9", "0.000000001"),
        *((kinds.boolean, word, True) for word in (True, 1, 1.0, "TRUE", "1", "y", "on")),
        *((kinds.boolean, word, False) for word in (False, 0, "FALSE", "0", "n", "no", "Off")),
        (kinds.choice("a", 1), "1", 1),
        (kinds.url(), "https://example.org/a?b", "https://example.org/a?b"),
        (kinds.url(), "ftp://localhost:21", "ftp://localhost:21"),
        (kinds.url(blank=True), "", ""),
        (kinds.email(), "a.b@example.org", "a.b@example.org"),
        (DATE_TIME, "2026-01-02 03:04", "2026-01-02T03:04:00Z"),
        (DATE_TIME, "2026-01-02T03:04:05.5+02:00 ", "2026-01-02T01:04:05.500000Z"),
        (DATE, " 2026-1-2 ", "2026-01-02"),
        (kinds.json_value, {"a": [1.5, None, {"b": "ü"}], "c": math.pi}, {"a": [1.5, None, {"b": "ü"}], "c": math.pi}),
        (kinds.slug_reference({"a": "found"}.get), "a", "found"),
        (kinds.number_reference({7: "found"}.get), "07", "found"),
        (kinds.number_reference({7: "found"}.get), 7, "found"),
        (kinds.uuid_reference({UUID: "found"}.get), UUID.upper(), "found"),
    ],
)  # fmt: skip
def test_a_field_reads_its_values(reader: kinds.Reader, value: Any, expected: Any):
    result = read(reader, value)
    assert (result, type(result)) == (expected, type(expected))


NO_NUMBER = "A valid number is required."
NO_ROW = 'Invalid pk "{}" - object does not exist.'


@pytest.mark.parametrize(
    ("reader", "value", "message"),
    [
        (kinds.text(), True, "Not a valid string."),
        (kinds.text(), ["a"], "Not a valid string."),
        (kinds.text(), " ", kinds.BLANK),
        (kinds.text(3), "abcd", "Ensure this field has no more than 3 characters."),
        (kinds.text(), "a\0b", "Null characters are not allowed."),
        (kinds.integer, "1.2", "A valid integer is required."),
        (kinds.integer, "x", "A valid integer is required."),
        (kinds.integer, "1" * 1001, "String value too large."),
        (kinds.bounded(), LARGEST + 1, f"Ensure this value is less than or equal to {LARGEST}."),
        (kinds.bounded(0), -1, "Ensure this value is greater than or equal to 0."),
        (kinds.number, "x", NO_NUMBER),
        (kinds.number, "inf", NO_NUMBER),
        (kinds.degrees, "x", NO_NUMBER),
        (kinds.degrees, "NaN", NO_NUMBER),
        (kinds.degrees, "1234.123456789", "Ensure that there are no more than 12 digits in total."),
        (kinds.degrees, "1.1234567890", "Ensure that there are no more than 9 decimal places."),
        (kinds.degrees, "1234.5", "Ensure that there are no more than 3 digits before the decimal point."),
        (kinds.boolean, "maybe", "Must be a valid boolean."),
        (kinds.boolean, [], "Must be a valid boolean."),
        (kinds.choice("a", 1), "b", '"b" is not a valid choice.'),
        (kinds.url(), "example.org", "Enter a valid URL."),
        (kinds.url(5), "http://localhost", "Ensure this field has no more than 5 characters."),
        (kinds.email(), "a@b", "Enter a valid email address."),
        *((DATE_TIME, value, "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].") for value in ("2026-01-02", "2026-13-02T03:04", 5)),
        *((DATE, value, "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.") for value in ("2026-01-02T03:04", "2026-13-02", "20260102", 5)),
        (kinds.json_value, {"a": [math.inf]}, "Value must be valid JSON."),
        (kinds.json_value, {"a\0": 1}, "Null characters are not allowed."),
        (kinds.slug_reference({"a": "found"}.get), "b", "Object with slug=b does not exist."),
        (kinds.slug_reference({"a": "found"}.get), 5, "Object with slug=5 does not exist."),
        (kinds.number_reference({7: "found"}.get), 8, NO_ROW.format(8)),
        (kinds.number_reference({7: "found"}.get), -7, NO_ROW.format(-7)),
        (kinds.number_reference({7: "found"}.get), "a", "Incorrect type. Expected pk value, received str."),
        (kinds.number_reference({1: "found"}.get), True, "Incorrect type. Expected pk value, received bool."),
        (kinds.uuid_reference({UUID: "found"}.get), "00000000-0000-4000-8000-00000000000b", NO_ROW.format("00000000-0000-4000-8000-00000000000b")),
        (kinds.uuid_reference({UUID: "found"}.get), "a", "“a” is not a valid UUID."),
    ],
)  # fmt: skip
def test_a_field_states_what_is_wrong(reader: kinds.Reader, value: Any, message: str):
    assert complaint(reader, value) == message


# -- fields


@pytest.fixture
def fields() -> dict[str, Field]:
    return stated_fields(
        {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string", "maxLength": 3},
            "note": {"type": ["string", "null"]},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "home": {"type": "string", "format": "uri"},
            "open": {"type": "boolean"},
            "more": {"type": "object"},
            "any": {},
            "owner": {"type": "string"},
            "tags": {"type": "array"},
        },
        optional={"kind", "home", "open", "more", "any", "owner", "tags"},
        blank={"home"},
        readers={"owner": kinds.slug_reference({"me": 1}.get), "tags": kinds.json_value},
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": "abc", "id": 5, "else": 1}, {"name": "abc"}),
        ({"name": "abc", "note": None, "kind": "a", "open": "1"}, {"name": "abc", "note": None, "kind": "a", "open": True}),
        ({"name": "a", "home": "", "more": {"a": 1}, "any": "{}"}, {"name": "a", "home": "", "more": {"a": 1}, "any": "{}"}),
        (Form({"name": "a"}), {"name": "a", "open": False}),
        (Form({"name": "a", "open": "on", "more": '{"a": 1}', "any": "[2]", "owner": "me"}), {"name": "a", "open": True, "more": {"a": 1}, "any": [2], "owner": 1}),
        (Form({"name": "a", "tags": ""}), {"name": "a", "open": False, "tags": ""}),
    ],
)  # fmt: skip
def test_the_fields_of_a_schema_are_read(fields: dict[str, Field], values: Any, expected: dict[str, Any]):
    assert validated(fields, values) == expected


def test_all_that_is_wrong_is_stated_at_once(fields: dict[str, Field]):
    with pytest.raises(Invalid) as caught:
        validated(fields, Form({"name": "abcd", "note": "", "kind": "c", "home": "x", "more": "{", "owner": ""}))
    assert caught.value.body() == {
        "name": ["Ensure this field has no more than 3 characters."],
        "note": [kinds.BLANK],
        "kind": ['"c" is not a valid choice.'],
        "home": ["Enter a valid URL."],
        "more": ["Value must be valid JSON."],
        "owner": ["This field may not be null."],
    }
    with pytest.raises(Invalid, match="name: This field is required"):
        validated(fields, {})
    with pytest.raises(Invalid, match="name: This field may not be null"):
        validated(fields, {"name": None})
    deep = "[" * 502 + "]" * 502
    with pytest.raises(Invalid, match="any: Value must be valid JSON"):
        validated(fields, Form({"name": "a", "any": deep}))


def test_a_part_leaves_the_other_fields_as_they_are(fields: dict[str, Field]):
    assert validated(fields, Form({"note": "b"}), partial=True) == {"note": "b"}
    assert validated({"a": Field(kinds.integer, default=5)}, {}) == {"a": 5}
    assert validated({"a": Field(kinds.integer, default=5)}, {}, partial=True) == {}
    assert validated({"a": Field(kinds.json_value)}, Form({"a": "[1]"})) == {"a": "[1]"}


def test_servers_fail_on_what_only_the_database_refuses():
    fields = {"a": Field(kinds.bounded()), "b": Field(kinds.number)}
    for values, crashes in (({"a": LARGEST + 1, "b": math.nan}, True), ({"a": LARGEST + 1, "b": "x"}, False)):
        with pytest.raises(Invalid) as caught:
            validated(fields, values)
        assert caught.value.crashes is crashes
