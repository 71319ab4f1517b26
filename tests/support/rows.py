"""One test of pytest for many rows of a table: it fails with every row that does not pass."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


def check_each(rows: Iterable[T], name: Callable[[T], str], check: Callable[[T], object]) -> None:
    """Checks each row; fails with the names of those that do not pass, and with what was raised for each.

    Args:
        rows: The rows; a table without rows fails, too.
        name: Gives a row's name.
        check: Raises what is wrong with a row.
    """
    checked, wrong = 0, list[str]()
    for row in rows:
        checked += 1
        try:
            check(row)
        except (Exception, pytest.fail.Exception) as error:
            wrong.append(f"{name(row)}: {type(error).__name__}: {error}")
    if wrong or not checked:
        pytest.fail(f"{len(wrong)} of {checked} rows are wrong\n\n" + "\n\n".join(wrong), pytrace=False)
