"""Rows of tables with the line that each begins in, lines that are written, and items in batches."""

import io

import pytest
from omicsdk.core import ManualClock
from omicsdk.core.batches import batches
from omicsdk.core.clock import sleep_unless
from omicsdk.core.tables import RowError, line_of, rows_of


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


@pytest.mark.parametrize("dialect", [{}, {"quoting": 3, "quotechar": "|", "escapechar": "\\"}])
def test_what_is_written_is_what_is_read(dialect: dict[str, object]) -> None:
    cells = ['a "b"', "c\td", "e\nf", ""]
    ((_, found),) = rows_of(io.StringIO(line_of(cells, "\t", **dialect), newline=""), "\t", **dialect)
    assert found == cells


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
