"""Cells of sheets as they are read, whatever kind of file they come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple


class Unreadable(NamedTuple):
    """A cell without a value of its own.

    Attributes:
        kind: formula, or excel-error.
        text: What stands there: the formula or the error's name.
    """

    kind: str
    text: str


Cell = str | int | float | bool | datetime | date | time | timedelta | Unreadable | None
"""What a cell holds; None where it is empty."""


class Line(NamedTuple):
    """A row of a sheet.

    Attributes:
        number: Its number from 1, as Excel shows it.
        cells: Its cells; those that are missing at the end are empty.
    """

    number: int
    cells: Sequence[Cell]


class Sheet(NamedTuple):
    """A sheet.

    Attributes:
        name: Its name; empty where the file has no sheets.
        lines: Its rows that aren't empty, to be gone through once.
    """

    name: str
    lines: Iterable[Line]


def is_blank(cell: Cell) -> bool:
    """Tells whether there is nothing in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Cell) -> str:
    """A cell as a text: numbers without superfluous zeros, dates as ISO 8601 has them, spans as hours, without blanks at its ends.

    Args:
        cell: The cell; one that can't be read gives what stands there.
    """
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Unreadable):
        return cell.text
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell)
