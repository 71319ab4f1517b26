"""Rows of results, messages, and tables of Pangea."""

import csv
import io
import json
import logging
from datetime import datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.arguments import options_of, own_arguments
from omicsdk.cli.catalog import COLUMNS, Catalog, ServiceGroup
from omicsdk.cli.failures import json_line, wants_json
from omicsdk.cli.output import Console, Output, in_order
from omicsdk.cli.program import CommandNode
from omicsdk.cli.rows import FIRST, brief, cells_of, columns_of, fitting, items_of, parts_of, picked, ranked, text_of
from omicsdk.core import UsageError
from omicsdk.pangea.samples import metadata_csv, rows_of


def test_columns_come_in_the_order_in_which_they_are_first_seen():
    assert columns_of([{"b": 1}, {"a": 2, "b": 3}, "x"]) == ["b", "a"]
    assert cells_of({"a": None}, ["b", "a"]) == ["", ""]
    assert cells_of("x", ["b", "a"]) == ["x"]
    assert cells_of(["x", None, {"a": 1}], []) == ["x", "", '{"a":1}']


@pytest.mark.parametrize(
    ("value", "expected", "items"),
    [
        ([1, 2], None, [1, 2]),
        ({"a": {"b": [1]}}, [1], [1]),
        ({"a": []}, [], []),
        ({"a": 1}, None, [{"a": 1}]),
        (None, None, []),
        (5, None, [5]),
    ],
)
def test_items_of_a_response(value, expected, items):
    assert items_of(value, expected) == items


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
    facts = {"a.b": 1, "a.b 2": 2, "c": 3}
    assert parts_of({"a.b": 1, "a": {"b": 2}, "c": 3}) == [("", facts, [])], "a name with a dot hides none"
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


@pytest.mark.parametrize("by", ["size", "size:desc"])
def test_a_size_that_is_no_number_is_last_and_leaves_the_order_of_the_others(by: str):
    rows = [{"size": size} for size in (3, float("nan"), 1, 2, float("nan"), 0)]
    sizes = [row["size"] for row in in_order(rows, by)]
    assert sizes[:4] == sorted([0, 1, 2, 3], reverse=by == "size:desc")


CANARY = "canary-0123456789"


def objects(err):
    return [json.loads(line) for line in err.splitlines()]


@pytest.mark.parametrize("option", ["--quiet", "-q"])
def test_quiet_leaves_errors_only(omics, widgets, option):
    widgets.response = lambda _: httpx.Response(304)
    assert "nothing changed" in omics("widgets", "get-widget", "--uuid", "u", "--replica", "aws").err
    assert omics("widgets", "get-widget", "--uuid", "u", "--replica", "aws", option).err == ""
    assert omics(option, "widgets", "get-widget", "--uuid", "u", "--replica", "aws").err == ""
    widgets.response = lambda _: httpx.Response(403, json={"message": "not you"})
    refused = omics(option, "widgets", "get-widget", "--uuid", "u", "--replica", "aws")
    assert (refused.code, "not you" in refused.err) == (4, True)


def test_quiet_means_the_same_for_every_command():
    def commands(group: ServiceGroup) -> list[CommandNode]:
        return [*group.visible_commands(), *(node for below in group.below() for node in commands(below))]

    options = [words for node in commands(Catalog().root()) for _, words, _ in options_of(own_arguments(node.command))]
    assert len(options) > 1000
    assert [words for words in options if not {"-q", "--quiet"}.isdisjoint(words)] == []


def test_json_logs_are_an_object_a_line(omics, widgets):
    widgets.response = lambda _: httpx.Response(304)
    ran = omics("--log-format", "json", "widgets", "get-widget", "--uuid", "u", "--replica", "aws")
    (record,) = objects(ran.err)
    assert list(record) == ["time", "level", "logger", "message"]
    assert (record["level"], record["logger"]) == ("INFO", "omics")
    assert record["message"].startswith("nothing changed")
    assert datetime.fromisoformat(record["time"]).tzinfo is not None


def test_json_logs_have_the_wire_without_secrets(omics, widgets):
    words = ["--access-token", CANARY, "widgets", "get-widget", "--uuid", "u", "--replica", "aws", "--debug"]
    ran = omics(*words, "--log-format=json")
    records = objects(ran.err)
    assert {record["level"] for record in records} == {"DEBUG"}
    assert all(record["logger"].startswith("omicsdk.") for record in records)
    assert "/widgets/u" in ran.err
    assert CANARY not in ran.err


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["--log-format", "json", "widgets", "get-widgit"], 2, "UsageError"),
        (["widgets", "get-widget", "--log-format=json"], 2, "UsageError"),
        (["widgets", "get-widgets", "--log-format", "json"], 1, "NotFound"),
    ],
)
def test_the_error_that_ends_a_command_is_an_object_too(omics, widgets, words, code, error):
    widgets.response = lambda _: httpx.Response(404, json={"message": "gone"})
    ran = omics(*words)
    (record,) = objects(ran.err)
    assert ran.code == code
    assert record["level"] == "ERROR"
    assert record["fields"] == {"error": error, "exit_code": code}


def test_a_traceback_is_a_field(omics, widgets):
    widgets.response = lambda _: httpx.Response(404, json={"message": "gone"})
    record = objects(omics("widgets", "get-widgets", "--log-format", "json", "--debug").err)[-1]
    assert "Traceback" in record["fields"]["traceback"]


def test_fields_of_a_record_come_along_and_secrets_are_masked():
    with Console(stderr=(err := io.StringIO()), as_json=True).logs("INFO"):
        log = logging.getLogger("omicsdk.http")
        log.warning("GET https://h/x?token=%s", CANARY, extra={"attempt": 2, "access_token": CANARY})
        try:
            raise ValueError("broken")
        except ValueError:
            log.exception("odd")
    first, second = map(json.loads, err.getvalue().splitlines())
    assert (first["level"], first["logger"]) == ("WARNING", "omicsdk.http")
    assert first["fields"] == {"attempt": 2, "access_token": "***"}
    assert second["fields"] == {"error": "ValueError: broken"}
    assert CANARY not in err.getvalue()


def test_a_line_is_one_line_whatever_it_states():
    line = json_line("INFO", "omics", 'two\nlines and "quotes" \x1b[31m', 0.5, {"path": object})
    assert "\n" not in line
    assert "\x1b" not in line
    assert json.loads(line)["time"] == "1970-01-01T00:00:00.500Z"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--log-format", "json"], True),
        (["x", "--log-format=json"], True),
        (["--log-format", "json", "--log-format", "text"], False),
        (["--log-format"], False),
        (["x", "--", "--log-format", "json"], False),
        ([], False),
    ],
)
def test_json_is_reported_from_the_words(words, expected):
    assert wants_json(words) is expected


@pytest.mark.parametrize(
    ("environ", "tty", "styled"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, False, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_tables_are_styled_on_terminals(omics, widgets, monkeypatch, environ, tty, styled):
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    widgets.response = lambda _: httpx.Response(200, json={"name": "a"})
    ran = omics("widgets", "get-widget", "--uuid", "u", "--replica", "aws", "--output", "table", tty=tty)
    assert ("\x1b[" in ran.out) is styled


@pytest.mark.parametrize(("encoding", "name"), [("ascii", "n\\xe4m\\xe9"), ("latin-1", "nämé"), ("utf-8", "nämé")])
def test_columns_stand_below_each_other_in_any_encoding(encoding, name):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace", newline="")
    Output("table", stdout=stream).result([{"name": "nämé", "size": 5}, {"name": "b", "size": 7}])
    stream.flush()
    lines = stream.buffer.getvalue().decode(encoding).splitlines()
    (first,) = [line for line in lines if name in line]
    (second,) = [line for line in lines if "7" in line]
    assert first.index("5") == second.index("7")


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(
    lambda name: name.strip() == name
)
VALUES = st.one_of(
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.sampled_from(["Paris", "a,b", 'say "so"', "line\nbreak", "é 🧬", "007", "1_000", "inf"]),
)


def metadata(text: str, index: str = "0"):
    return {row.name: row.metadata for row in rows_of(text, index)}


def test_columns_are_numbers_truths_or_text():
    text = "name,n,x,ok,zip,mixed\na,1,1.5,True,007,1\nb,-2,2,false,10115,x\n"
    assert metadata(text) == {
        "a": {"n": 1, "x": 1.5, "ok": True, "zip": "007", "mixed": "1"},
        "b": {"n": -2, "x": 2.0, "ok": False, "zip": "10115", "mixed": "x"},
    }


def test_cells_that_say_nothing_are_left_out_and_whole_numbers_stay_whole():
    assert metadata("name,n,city\na,1,NA\nb,,Rome\nc,NaN,null\n") == {"a": {"n": 1}, "b": {"city": "Rome"}, "c": {}}


@pytest.mark.parametrize("cell", ["1e999", "inf", "1_000", "0x10", "1" * 101, "--1"])
def test_invalid_number_of_json_stays_text(cell):
    assert metadata(f"name,n\na,{cell}\n") == {"a": {"n": cell}}


def test_whole_numbers_of_any_size_are_exact():
    assert metadata("name,n\na,9223372036854775808000\n") == {"a": {"n": 9223372036854775808000}}


@pytest.mark.parametrize("index", ["1", "-1", "sample"])
def test_the_names_may_are_in_another_column(index):
    assert metadata("city,sample\nRome,17\n", index) == {"17": {"city": "Rome"}}


def test_short_rows_end_with_empty_cells_and_blank_lines_do_not_count():
    assert metadata("name,n,city\n\na,1\n") == {"a": {"n": 1}}


@pytest.mark.parametrize(
    ("text", "index", "message"),
    [
        ("", "0", "the table is empty"),
        ("name,n\na,1,2\n", "0", "line 2 of the table has 3 cells, its header 2"),
        ("name,n,n\na,1,2\n", "0", "two columns 'n'"),
        ("name,n\na,1\n\nb,2\na,3\n", "0", "line 5 of the table has the name 'a' of line 2"),
        ('name,n\n"a\nb",1\n,2\n', "0", "line 4 of the table names no sample"),
        ("name,n\na,1\n", "7", "no column '7'"),
        ("name,n\na,1\n", "sample", "Its columns are: name, n"),
        ('name,n\na,"1\n', "0", "is not CSV from line 2 on"),
    ],
)
def test_what_cannot_be_read_is_reported_with_its_line(text, index, message):
    with pytest.raises(UsageError) as caught:
        rows_of(text, index)
    assert message in str(caught.value)


def test_a_table_has_a_row_a_sample_and_blanks_where_there_is_nothing():
    samples = [("c1", {"n": 1, "city": "Paris"}), ("c3", {}), ("new", {"n": 3, "tags": ["a", {"b": 1}], "ok": True})]
    assert metadata_csv(samples).splitlines() == [
        ",n,city,tags,ok",
        "c1,1,Paris,,",
        "c3,,,,",
        'new,3,,"[""a"", {""b"": 1}]",True',
    ]
    assert metadata_csv([]) == '""\n'


@given(st.dictionaries(NAMES, st.fixed_dictionaries({"x": VALUES, "y": st.integers(0, 9)}), min_size=1, max_size=5))
def test_what_was_written_is_read_again(samples):
    kinds = {type(values["x"]) for values in samples.values()}
    read = metadata(metadata_csv(samples.items()))
    assert list(read) == list(samples)
    if len(kinds) == 1:
        assert read == samples
    else:
        assert {name: values["x"] for name, values in read.items()} == {
            name: str(values["x"]) for name, values in samples.items()
        }


def test_cells_of_any_length_are_read():
    long = "x" * 200_000
    written = io.StringIO()
    csv.writer(written).writerows([["name", "notes"], ["a", long]])
    assert metadata(written.getvalue()) == {"a": {"notes": long}}
