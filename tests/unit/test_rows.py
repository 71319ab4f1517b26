"""A test of many rows names all that are wrong."""

import pytest
from rows import check_each


def _odd(row: int) -> None:
    assert row % 2
    if row == 3:
        pytest.fail("it is three")


def test_every_wrong_row_is_named_with_what_is_wrong():
    with pytest.raises(pytest.fail.Exception) as caught:
        check_each([1, 2, 3, 4, 5], "row {}".format, _odd)
    message = str(caught.value)
    assert message.startswith("3 of 5 rows are wrong\n")
    assert "row 2: AssertionError: assert (2 % 2)" in message
    assert "row 3: Failed: it is three" in message
    assert "row 4: " in message
    assert "row 1" not in message
    assert "row 5" not in message


def test_right_rows_pass():
    check_each([1, 5], str, _odd)


def test_a_table_without_rows_fails():
    with pytest.raises(pytest.fail.Exception, match="0 of 0"):
        check_each([], str, _odd)
