"""Requests: routed by the segments of their paths, and refused with what is wrong and where."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from omicsdk.sandbox.problems import Fault, Problem, Refused, complaint, not_found, whole_number
from omicsdk.sandbox.routing import Router, segments_of

SEGMENTS = st.sampled_from(["a", "b", "{x}", "a{x}", ""])
TEMPLATES = st.lists(
    st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda segments: "/" + "/".join(segments)), max_size=12, unique=True
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", ""]), min_size=1, max_size=5).map(
    lambda segments: "/" + "/".join(segments)
)


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(template.replace("{x}", "[^/]+"), path) is not None


@given(TEMPLATES, PATHS)
def test_all_templates_that_fit_are_found(templates: list[str], path: str):
    router = Router((template, template) for template in templates)
    matches = [template for entries, _ in router.matches(segments_of(path)) for template in entries]
    assert sorted(matches) == sorted(template for template in templates if _fits(template, path))


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/things/7", "/things/{id}", ["7"]),
        ("/things/7/", None, []),
        ("/things/me", "/things/me", []),
        ("/things/7.json", "/things/{id}.json", ["7"]),
        ("/things/7:close", "/things/{id}:close", ["7"]),
        ("/things/special", "/things/{id}", ["special"]),
        ("/other/special", "/{kind}/special", ["other"]),
        ("/raw/a/b/c", "/raw/{path:path}", ["a/b/c"]),
        ("/raw/a/b/parts", "/raw/{path:path}/parts", ["a/b"]),
        ("/raw/", "/raw/{path:path}", [""]),
        ("/pairs/x-y", "/pairs/{a}-{b}", ["x", "y"]),
        ("/none", None, []),
    ],
)
def test_fixed_segments_go_before_parameters(path: str, template: str | None, values: list[str]):
    templates = (
        "/things/{id}",
        "/things/me",
        "/things/{id}.json",
        "/things/{id}:close",
        "/{kind}/special",
        "/raw/{path:path}",
        "/raw/{path:path}/parts",
        "/pairs/{a}-{b}",
    )
    router = Router((text, text) for text in templates)
    assert next(router.matches(segments_of(path)), ([None], [])) == ([template], values)


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
