"""Paths are routed by their segments: fixed ones go before parameters, and the templates that fit are those of a plain search."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.routing import Router, segments_of

SEGMENTS = st.sampled_from(["a", "b", "{x}", "a{x}", ""])
TEMPLATES = st.lists(
    st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda each: "/" + "/".join(each)), max_size=12, unique=True
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", ""]), min_size=1, max_size=5).map(lambda each: "/" + "/".join(each))


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(template.replace("{x}", "[^/]+"), path) is not None


@given(TEMPLATES, PATHS)
def test_all_templates_that_fit_are_found(templates: list[str], path: str):
    router = Router((each, each) for each in templates)
    matches = [each for entries, _ in router.matches(segments_of(path)) for each in entries]
    assert sorted(matches) == sorted(each for each in templates if _fits(each, path))


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
    router = Router((each, each) for each in templates)
    assert next(router.matches(segments_of(path)), ([None], [])) == ([template], values)
