"""Words become values, and what is not one is reported with the option's name."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.parser import value_of
from omicsdk.core import UsageError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def argument(kind: Any, **more: Any) -> Any:
    return {"name": "es_query", "type": kind, **more}


@given(st.lists(JSON, min_size=1, max_size=4))
def test_an_array_is_the_same_as_words_and_as_one_json_array(values):
    one = value_of(argument("array"), [json.dumps(values)])
    assert one == values
    if not (len(values) == 1 and isinstance(values[0], list)):
        assert value_of(argument("array"), [json.dumps(value) for value in values]) == values


@given(st.lists(st.text().filter(lambda word: not word.lstrip().startswith("[")), min_size=1))
def test_texts_of_an_array_of_strings_stay_as_they_are(words):
    assert value_of(argument("array", items="string"), words) == words


@given(st.lists(st.text(), min_size=1))
def test_texts_of_an_operations_list_may_be_json(words):
    tags = {**argument("array", items="string"), "in": "body"}
    assert value_of(tags, [json.dumps(word) for word in words]) == words


@pytest.mark.parametrize("word", ['"open', '"a" b', 'a "b"', "5", "null", '"'])
def test_a_value_that_is_not_json_is_used_as_text(word):
    assert value_of({**argument("array", items="string"), "in": "query"}, [word]) == [word]


@pytest.mark.parametrize(
    ("word", "value"), [("3.5", 3.5), ("-12345678901234567890", -12345678901234567890), ("12345678901234567.120", "12345678901234567.120")]
)  # fmt: skip
def test_a_decimal_that_no_float_has_keeps_its_digits(word, value):
    assert value_of(argument("any"), [word]) == value


@given(st.text())
def test_a_string_is_its_word(word):
    assert value_of(argument("string"), [word]) == word


@given(st.integers())
def test_integers_round_trip(number):
    assert value_of(argument("integer"), [str(number)]) == number


@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_an_object_is_json(value):
    assert value_of(argument("object"), [json.dumps(value)]) == value


@given(
    st.text(max_size=20), st.sampled_from(["integer", "number", "boolean", "object", "array", "any", "string", None])
)
def test_any_word_gives_a_value_or_an_error_that_names_the_option(word, kind):
    try:
        value_of(argument(kind), [f" {word}" if word.startswith("@") else word])
    except UsageError as error:
        said = str(error)
    else:
        said = ""
    assert not said or said.startswith("--es-query: expected ")


@pytest.mark.parametrize("words", [["[ab]*.json"], ["[x]"], ["*", "[ab]"]])
def test_a_shell_pattern_with_brackets_is_no_broken_json(words):
    assert value_of(argument("array", items="string"), words) == words


@pytest.mark.parametrize(
    ("kind", "word", "expected"),
    [
        ("integer", "12.5", "a whole number, got '12.5'"),
        ("integer", "1_000", "a whole number"),
        ("number", "nan", "a number"),
        ("number", "inf", "a number"),
        ("boolean", "maybe", "true or false, got 'maybe'"),
        ("object", "[1]", "a JSON object"),
        ("object", '{"a": }', "line 1, column 7"),
        ("object", '{"a": NaN}', "NaN is not JSON"),
        ("object", "x" * 500, "..."),
    ],
)
def test_what_is_not_a_value_is_reported(kind, word, expected):
    with pytest.raises(UsageError) as caught:
        value_of(argument(kind), [word])
    assert str(caught.value).startswith("--es-query: expected ")
    assert expected in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_choice_that_is_not_one_lists_them():
    with pytest.raises(UsageError, match="expected one of aws, gcp, '', got 'azure'"):
        value_of(argument("string", choices=["aws", "gcp", ""]), ["azure"])


def test_choices_hold_for_each_member_of_an_array():
    with pytest.raises(UsageError, match="got 'c'"):
        value_of(argument("array", items="string", choices=["a", "b"]), ["a", "c"])


def test_a_type_that_may_be_null_is_the_other_one():
    assert value_of(argument(["null", "integer"]), ["5"]) == 5
    assert value_of(argument(["string", "integer"]), ["5"]) == 5
    assert value_of(argument(["string", "integer"]), ["x"]) == "x"


def test_a_file_with_a_bom_is_read(tmp_path):
    (tmp_path / "q.json").write_bytes(b'\xef\xbb\xbf{"query": {}}')
    assert value_of(argument("object"), [f"@{tmp_path / 'q.json'}"]) == {"query": {}}


def test_a_file_of_an_array_is_the_array(tmp_path):
    (tmp_path / "a.json").write_text("[1, 2]")
    assert value_of(argument("array"), [f"@{tmp_path / 'a.json'}"]) == [1, 2]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "q.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"--es-query: .*q\.json"):
        value_of(argument("object"), [f"@{tmp_path / 'q.json'}"])


def test_a_file_is_a_path(tmp_path):
    assert value_of(argument("file"), [f"@{tmp_path}/x"]) == Path(tmp_path, "x")
