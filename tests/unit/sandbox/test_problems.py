"""Refusals: what they state of a value, where it is, and the numbers that a database takes."""

import pytest
from jsonschema import Draft202012Validator
from omicsdk.sandbox.problems import Fault, Problem, Refused, complaint, not_found, whole_number


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"enum": ["a", "b"]}, "c", "is one of a, b, not 'c'"),
        ({"type": "integer"}, "x", "is of type integer, not 'x'"),
        ({"pattern": "^a$"}, "b", "doesn't match ^a$: 'b'"),
        ({"maximum": 3}, 4, "has the maximum 3, not 4"),
        ({"maxLength": 2}, "abc", "has at most 2 characters, not 3"),
        ({"maxItems": 1}, [1, 2], "has at most 1 items"),
        ({"type": "null"}, "x" * 78, f"is of type null, not '{'x' * 78}'"),
        ({"type": "null"}, "x" * 79, f"is of type null, not '{'x' * 76}..."),
        ({"const": 1}, 2, "is wrong: 1 was expected"),
    ],
)
def test_a_complaint_has_the_limit_and_the_value(schema: dict[str, object], value: object, message: str):
    [error] = Draft202012Validator(schema).iter_errors(value)
    assert complaint(error) == message


def test_a_refusal_names_the_first_place_that_is_wrong():
    size = Fault("body", ("parts", 0, "size"), "has to be there", "required")
    tag = Fault("query", ("tag", 1), "is long", "maxLength")
    first, second = Refused([size, tag]), Refused([tag])
    assert first.body() == {
        "status": 400,
        "code": "illegal_arguments",
        "title": "The body.parts[0].size has to be there",
    }
    assert first.against == "body.parts[0].size is missing"
    assert str(second) == "400 illegal_arguments: The query parameter 'tag'[1] is long"
    assert second.against == "query parameter 'tag'[1] breaks maxLength"
    assert not_found("No bundle").code == "not_found"
    assert Problem(429, "slow_down", "Wait", {"Retry-After": "1"}).headers == {"Retry-After": "1"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("+007", 7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("-9223372036854775808", -(2**63)),
        ("1.0", None),
        ("", None),
    ],
)
def test_a_whole_number_has_64_bits(text: str, number: int | None):
    assert whole_number(text) == number
