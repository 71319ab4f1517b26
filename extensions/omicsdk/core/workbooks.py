"""Rows and cells of workbooks that openpyxl reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

# What openpyxl raises on a broken workbook, beside errors of archives. RuntimeError: encryption, or a compression that
# Python lacks; SyntaxError: XML; LookupError: a text that the workbook lacks; TypeError: a member of another type, such as
# a date of its properties that is none.
BROKEN_WORKBOOK = (RuntimeError, SyntaxError, LookupError, TypeError, AttributeError, ValueError)
_MOST_ROWS = 1 << 20  # Excel's limit


def sheet_rows(sheet: Any, **options: Any) -> Iterator[Any]:
    """Yield the rows of a sheet of openpyxl, with empty ones for those that it leaves out.

    Args:
        sheet: The sheet.
        **options: Those of its `iter_rows`.

    Raises:
        ValueError: It has more rows than Excel: a row may have any number, and all before it would be yielded.
    """
    sheet.reset_dimensions()  # some programs write a size that is not the sheet's
    for number, row in enumerate(sheet.iter_rows(**options)):
        if number == _MOST_ROWS:
            raise ValueError(f"the sheet {sheet.title!r} has more than {_MOST_ROWS:,} rows")
        yield row


def text_of(value: object) -> str:
    """Return a cell's value as a table of text would have it.

    Args:
        value: The value: of a workbook or a data frame. What is missing, or not a number, is empty.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(getattr(value, "text", value))  # a formula of an array is an object
