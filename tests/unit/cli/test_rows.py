"""Rows and cells: what is where in tables and TSV."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.catalog import COLUMNS
from omicsdk.cli.output import in_order
from omicsdk.cli.rows import FIRST, brief, cells_of, columns_of, fitting, items_of, parts_of, picked, ranked, text_of
from omicsdk.core import UsageError


def test_columns_come_in_the_order_in_which_they_are_first_seen():
    assert columns_of([{"b": 1}, {"a": 2, "b": 3}, "x"]) == ["b", "a"]
    assert cells_of({"a": None}, ["b", "a"]) == ["", ""]
    assert cells_of("x", ["b", "a"]) == ["x"]
    assert cells_of(["x", None, {"a": 1}], []) == ["x", "", '{"a":1}']


@pytest.mark.parametrize(
    ("value", "known", "items"),
    [
        ([1, 2], None, [1, 2]),
        ({"a": {"b": [1]}}, [1], [1]),
        ({"a": []}, [], []),
        ({"a": 1}, None, [{"a": 1}]),
        (None, None, []),
        (5, None, [5]),
    ],
)
def test_items_of_a_response(value, known, items):
    assert items_of(value, known) == items


def test_a_response_is_cut_into_facts_and_tables():
    response = {"bundle": {"uuid": "u", "files": [{"n": 1}], "none": {}}, "tags": ["a", "b"]}
    assert parts_of(response) == [
        ("", {"bundle.uuid": "u", "bundle.none": {}, "tags": ["a", "b"]}, []),
        ("bundle.files", None, [{"n": 1}]),
    ]
    names = [f"user{number}@example.org" for number in range(9)]
    assert parts_of({"users": names, "n": 9}) == [("", {"n": 9}, []), ("users", None, names)], (
        "what counting would hide"
    )
    assert parts_of([1]) == [("", None, [1])]
    assert parts_of(None) == [("", None, [])]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\tb", "a\tb"),
        (True, "true"),
        ({"a": 1}, '{"a":1}'),
        ({str(n): n for n in range(50)}, "50 fields"),
        (["a", 1, None], "a, 1, "),
        ([], "none"),
        ([{"a": 1}], "1 items"),
        (list(range(100)), "100 items"),
    ],
)
def test_a_cell_for_people_is_short(value, text):
    assert brief(value) == text


def test_a_cell_for_programs_is_whole():
    assert text_of(list(range(100))).count(",") == 99


@given(st.lists(st.integers(0, 60), min_size=1), st.integers(20, 120), st.integers(1, 4))
def test_columns_that_fit(widths, room, gap):
    shown = fitting(widths, room, gap)
    taken = sum(widths[number] for number in shown) + gap * (len(shown) - 1)
    assert shown[0] == 0
    assert shown == sorted(set(shown))
    assert taken <= room or shown == [0]
    if sum(widths) + gap * (len(widths) - 1) <= room:
        assert len(shown) == len(widths)


def test_the_columns_that_matter_most_come_first_and_empty_ones_last():
    rows = [{"href": "h", "note": "n", "name": "a", "id": 1, "tags": []}, {"href": "h", "id": 2, "tags": []}]
    columns = columns_of(rows)
    assert ranked(columns, rows, FIRST) == ["id", "name", "note", "href", "tags"]
    assert ranked(columns, rows) == ["note", "name", "id", "href", "tags"]
    assert ranked(columns, rows, COLUMNS["Member"]) == ["note", "name", "id", "href", "tags"]
    assert ranked(columns, rows, ["note", "id"])[:2] == ["note", "id"]


def test_chosen_columns_may_be_members_of_members():
    rows = [{"id": 1, "project": {"name": "p"}}, {"id": 2}]
    assert picked(rows, ["project.name", "id"]) == [{"project.name": "p", "id": 1}, {"project.name": None, "id": 2}]
    assert picked([{"projects.code": "p"}], ["projects.code"]) == [{"projects.code": "p"}]


def test_a_column_that_no_item_has_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError) as caught:
        picked([{"id": 1, "name": "a"}], ["nam"])
    assert caught.value.message == "--columns: no item has 'nam'"
    assert "id, name" in str(caught.value.remedy)
    assert picked([], ["nam"]) == []
    with pytest.raises(UsageError, match=r"no item has 'nam'\. The items are not objects: leave it out\."):
        picked(["a"], ["nam"])


def test_items_are_sorted_as_numbers_where_they_are_and_what_lacks_the_member_is_last():
    rows = [{"size": 10}, {"name": "x"}, {"size": 9}, {"size": "n/a"}]
    assert in_order(rows, "size") == [{"size": 9}, {"size": 10}, {"size": "n/a"}, {"name": "x"}]
    assert in_order(rows, "size:desc") == [{"size": "n/a"}, {"size": 10}, {"size": 9}, {"name": "x"}]
    with pytest.raises(UsageError, match="--sort: no item has 'sise'"):
        in_order(rows, "sise")
    assert in_order([], "sise") == []
