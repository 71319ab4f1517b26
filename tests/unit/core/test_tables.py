"""Rows of tables with the line that each begins in, lines that are written, and items in batches."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ManualClock
from omicsdk.core.batches import batches
from omicsdk.core.clock import sleep_unless
from omicsdk.core.tables import RowError, line_of, lines_of, rows_of


def test_a_row_is_where_it_begins() -> None:
    text = io.StringIO('a,b\n"1\n2",x\n\n3,4\n', newline="")
    assert list(rows_of(text, ",")) == [(1, ["a", "b"]), (2, ["1\n2", "x"]), (4, []), (5, ["3", "4"])]


def test_the_first_line_may_have_another_number() -> None:
    assert [line for line, _ in rows_of(["1,2\n", "3,4\n"], ",", 2)] == [2, 3]


def test_a_quote_that_is_never_closed_is_at_the_beginning_of_its_row() -> None:
    rows = rows_of(io.StringIO('a,b\n1,"2\n3,4\n', newline=""), ",")
    assert next(rows) == (1, ["a", "b"])
    with pytest.raises(RowError, match="never closed") as failed:
        next(rows)
    assert failed.value.line == 2


def cells(text: str, delimiter: str = "\t", **how: object) -> list[list[str]]:
    return [row for _, row in rows_of(io.StringIO(text, newline=""), delimiter, **how)]


def test_a_quote_that_is_never_closed_is_text_in_a_table_with_tabs() -> None:
    assert cells('a\tb\n1\t"2\n3\t4\n') == [["a", "b"], ["1", '"2'], ["3", "4"]]


def test_lines_that_are_rows_by_themselves_are_not_swallowed_by_a_quote_that_a_later_cell_closes() -> None:
    text = 'id\tname\tsize\n1\t"odd\t5\n2\tb\t6\n3\tend"\t7\n'
    assert cells(text) == [["id", "name", "size"], ["1", '"odd', "5"], ["2", "b", "6"], ["3", 'end"', "7"]]


def test_quotes_count_only_where_the_cell_is_closed_properly() -> None:
    assert cells('a\tb\n"5 inch" nail\tx\n"5 ""inch"" nail"\ty\n""\t"z"\n') == [
        ["a", "b"],
        ['"5 inch" nail', "x"],
        ['5 "inch" nail', "y"],
        ["", "z"],
    ]


def test_a_table_without_quoting_keeps_every_quote() -> None:
    assert cells('a\tb\n"x"\t"\n"y\tz"\n', quoted=False) == [["a", "b"], ['"x"', '"'], ['"y', 'z"']]


def test_an_unclosed_quote_in_a_row_of_another_width_is_reported() -> None:
    with pytest.raises(RowError, match="never closed") as failed:
        cells('a\tb\tc\n1\t"2\n3\t4\t5\n')
    assert failed.value.line == 2


_TEXT = st.text(st.sampled_from(['"', "a", "b", ",", "\n", " "]), max_size=6)


@given(
    table=st.lists(st.lists(_TEXT, min_size=3, max_size=3), min_size=1, max_size=5), delimiter=st.sampled_from("\t,")
)
def test_what_csv_writes_is_what_is_read(table: list[list[str]], delimiter: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([["x", "y", "z"], *table])
    assert cells(text.getvalue(), delimiter) == [["x", "y", "z"], *table]


@given(st.text(st.sampled_from(['"', "a", "\t", ",", "\n"]), max_size=40), st.sampled_from("\t,"))
def test_no_text_of_a_table_is_lost(text: str, delimiter: str) -> None:
    """Whatever the quotes: every letter of the lines is in a cell, and no line is in two rows."""
    try:
        rows = list(rows_of(io.StringIO(f"a{delimiter}b\n{text}", newline=""), delimiter))
    except RowError:
        return
    assert "".join(cell for _, row in rows for cell in row).count("a") == text.count("a") + 1
    assert [line for line, _ in rows] == sorted({line for line, _ in rows})


def test_no_line_is_read_beyond_its_bound() -> None:
    text = io.StringIO("a\n" + "b" * 99 + "\nc\n", newline="")
    lines = lines_of(text, longest=10)
    assert next(lines) == "a\n"
    with pytest.raises(RowError, match="longer than") as failed:
        next(lines)
    assert failed.value.line == 2
    assert text.tell() == 2 + 11


def test_a_hundred_thousand_lines_of_open_quotes_are_read() -> None:
    """Were each quote looked for to the end of the table, this would take an hour."""
    lines = [f'{number}\t"x\n' for number in range(50_000)]
    assert sum(1 for _ in rows_of(["a\tb\n", *lines, *["c\td\n"] * 50_000], "\t")) == 100_001


@pytest.mark.parametrize("dialect", [{}, {"quoting": 3, "quotechar": "|", "escapechar": "\\"}])
def test_what_is_written_is_what_is_read(dialect: dict[str, object]) -> None:
    row = ['a "b"', "c\td", "e\nf", "", "g\rh", "i\r\nj", "k\r"]
    ((_, cells),) = rows_of(io.StringIO(line_of(row, "\t", **dialect), newline=""), "\t", **dialect)
    assert cells == row


def test_batches_take_items_as_they_are_needed() -> None:
    source = iter(range(5))
    assert next(batches(source, 2)) == [0, 1]
    assert list(batches(source, 2)) == [[2, 3], [4]]
    assert list(batches([], 2)) == []


def test_a_wait_ends_when_a_stop_is_requested() -> None:
    clock = ManualClock()
    sleep_unless(lambda: False, 2.5, 1.0, clock)
    assert clock.slept == [1.0, 1.0, 0.5]
    sleep_unless(lambda: len(clock.slept) == 4, 2.5, 1.0, clock)
    assert len(clock.slept) == 4
