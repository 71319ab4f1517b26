"""Metadata of samples as CSV: what cells become, what cannot be read, and the way back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.pangea.tables import csv_of, rows_of

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
    found = [("c1", {"n": 1, "city": "Paris"}), ("c3", {}), ("new", {"n": 3, "tags": ["a", {"b": 1}], "ok": True})]
    assert csv_of(found).splitlines() == [
        ",n,city,tags,ok",
        "c1,1,Paris,,",
        "c3,,,,",
        'new,3,,"[""a"", {""b"": 1}]",True',
    ]
    assert csv_of([]) == '""\n'


@given(st.dictionaries(NAMES, st.fixed_dictionaries({"x": VALUES, "y": st.integers(0, 9)}), min_size=1, max_size=5))
def test_what_was_written_is_read_again(samples):
    kinds = {type(values["x"]) for values in samples.values()}
    read = metadata(csv_of(samples.items()))
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
