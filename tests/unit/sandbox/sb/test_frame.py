"""Common features of all responses of the platform: errors, headers, limits, maintenance, fields, slashes; and feedback."""

import pytest
from omicsdk.sandbox.sb.responses import selected


@pytest.mark.parametrize(
    ("asked", "found"),
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
def test_a_selector_names_fields(asked: str, found: dict[str, object]):
    assert selected({"id": 1, "a": {"b": 1, "c": {"d": 2}}, "e": None}, asked) == found
