"""Routes that are found by how their paths begin are those that one look after the other finds."""

import re

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.routing import PathIndex

SEGMENTS = st.sampled_from(["a", "b", "{x}", "a{x}", ""])
TEMPLATES = st.lists(st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda each: "/" + "/".join(each)), max_size=12)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", ""]), min_size=1, max_size=5).map(lambda each: "/" + "/".join(each))


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(template.replace("{x}", "[^/]+"), path) is not None


@given(TEMPLATES, PATHS)
def test_the_first_that_fits_is_the_same(templates: list[str], path: str):
    index = PathIndex((each, each) for each in templates)
    candidates = list(index.candidates(path))
    assert [each for each in candidates if _fits(each, path)] == [each for each in templates if _fits(each, path)]


def test_others_are_not_examined():
    index = PathIndex((f"/v1/{name}/{{id}}", name) for name in ("files", "bundles", "collections"))
    assert list(index.candidates("/v1/files/1")) == ["files"]
    assert list(index.candidates("/v1")) == []
