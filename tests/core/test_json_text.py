"""JSON as text: places, and changes that touch nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.json_text import (
    JsonFault,
    NoObject,
    line_and_column,
    lines_of_members,
    scan,
    with_value,
    without_value,
)

keys = st.text(max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)
objects = st.dictionaries(keys, values, max_size=4)
layouts = st.sampled_from([None, 0, 1, 2, 4, "\t"])


@given(objects, layouts, st.booleans())
def test_every_member_is_found_where_it_stands(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    members = scan(text).members
    assert members is not None
    assert list(members) == list(value)
    for key, member in members.items():
        assert json.loads(text[member.value.start : member.value.end]) == value[key]
        assert text[member.start : member.value.end].startswith(json.dumps(key, ensure_ascii=ascii_only))


def changed(value, path, new):
    key, *rest = path
    return {**value, key: changed(value.get(key, {}), rest, new) if rest else new}


@given(objects, layouts, st.lists(keys, min_size=1, max_size=3), values, st.sampled_from(["\n", "\r\n"]))
def test_a_value_is_set_and_nothing_else_changes(value, indent, path, new, newline):
    text = json.dumps(value, indent=indent).replace("\n", newline)
    found = value
    for key in path[:-1]:
        found = found.get(key, {}) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        with pytest.raises(NoObject):
            with_value(text, path, new)
        return
    made = with_value(text, path, new)
    assert json.loads(made) == changed(value, path, new)
    assert list(json.loads(made))[: len(value)] == list(value)
    if "\r\n" in text:
        assert "\n" not in made.replace("\r\n", "")


@given(objects, layouts, st.data())
def test_a_value_that_is_set_is_taken_out_again(value, indent, data):
    text = json.dumps(value, indent=indent)
    if value:
        key = data.draw(st.sampled_from(sorted(value)))
        left = without_value(text, [key])
        assert json.loads(left) == {name: one for name, one in value.items() if name != key}
    assert without_value(text, ["this name is too long to be drawn"]) is None


@pytest.mark.parametrize(
    ("text", "path", "new", "expected"),
    [
        ("{}", ["a"], 1, '{\n    "a": 1\n}'),
        ("{}\n", ["a", "b"], 1, '{\n    "a": {\n        "b": 1\n    }\n}\n'),
        ('{"a": 1}', ["b"], {"c": 2}, '{"a": 1, "b": {"c": 2}}'),
        ('{\n  "a":1,\n  "b" : [1,2]\n}\n', ["a"], "x", '{\n  "a":"x",\n  "b" : [1,2]\n}\n'),
        ('{\n  "a": {}\n}', ["a", "b"], 1, '{\n  "a": {\n    "b": 1\n  }\n}'),
        (
            '{\n\t"a": {\n\t\t"b": 1\n\t}\n}',
            ["a", "c"],
            [2],
            '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": [\n\t\t\t2\n\t\t]\n\t}\n}',
        ),
        ('{\r\n  "a": 1\r\n}', ["b"], {"c": 1}, '{\r\n  "a": 1,\r\n  "b": {\r\n    "c": 1\r\n  }\r\n}'),
        ('{"a": "é"}', ["b"], "ü", '{"a": "é", "b": "ü"}'),
        ("{}", ["b"], "\ud800", '{\n    "b": "\\ud800"\n}'),
    ],
)
def test_what_is_new_looks_like_its_surroundings(text, path, new, expected):
    assert with_value(text, path, new) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ('{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}', ["b"], '{\n  "a": 1,\n  "c": 3\n}'),
        ('{\n  "a": 1,\n  "b": 2\n}', ["b"], '{\n  "a": 1\n}'),
        ('{\n  "a": 1\n}\n', ["a"], "{}\n"),
        ('{"a": {"b": 1, "c": 2}}', ["a", "b"], '{"a": {"c": 2}}'),
        ('{"a": 1}', ["a", "b"], None),
        ('{"a": 1}', ["b", "a"], None),
    ],
)
def test_what_is_taken_out_leaves_no_gap(text, path, expected):
    assert without_value(text, path) == expected


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"a": 1,\n "a": 2}', (2, 2), '"a" stands twice, first in line 1'),
        ('{"l": [{"b": 1,\n"b": 2}]}', (2, 1), "stands twice"),
        ('{"a": NaN}', (1, 7), "NaN isn't JSON"),
        ('{"a": [1,\n -Infinity]}', (2, 2), "-Infinity isn't JSON"),
        ('{"a": 1e999}', (1, 7), "1e999 is too large"),
    ],
)
def test_what_no_one_can_mean_is_told_with_its_place(text, place, message):
    with pytest.raises(JsonFault, match=message) as caught:
        scan(text)
    assert line_and_column(text, caught.value.offset) == place


def test_lines_of_members():
    text = '{\n  "a": 1, "b": {\n    "c": [\n{"d": 1}],\n    "e": null}}'
    assert lines_of_members(text) == {("a",): 2, ("b",): 2, ("b", "c"): 3, ("b", "e"): 5}
