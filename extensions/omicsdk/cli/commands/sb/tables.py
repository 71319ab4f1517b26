"""Tables of tab-separated values that a command reads: a row is what it works on once."""

from __future__ import annotations

import csv
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.sb.manifest import WrongTable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

STANDARD = "-"
"""What stands for stdin or stdout where a file's name is expected."""


class Line(NamedTuple):
    """A row of a table.

    Attributes:
        number: Where it stands, from 1.
        cells: Its values, by column, without blanks around them.
    """

    number: int
    cells: dict[str, str]


@contextmanager
def opened(name: str) -> Generator[Iterable[str]]:
    """Opens a table; what is wrong with it is told with its name.

    Args:
        name: Its path, or - for stdin.

    Raises:
        WrongTable: It can't be read, or what reads it raises this.
    """
    shown = "stdin" if name == STANDARD else name
    try:
        if name == STANDARD:
            yield sys.stdin
            return
        with Path(name).open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except OSError as error:
        raise WrongTable(f"{shown} can't be read: {error.strerror or error}", remedy="Name a table.") from error
    except UnicodeDecodeError as error:
        raise WrongTable(f"{shown} isn't UTF-8 text", remedy="Save it as UTF-8.") from error
    except WrongTable as error:
        raise WrongTable(f"{shown}: {error.message}", remedy=error.remedy) from error


def read(lines: Iterable[str], columns: Sequence[str], filled: Sequence[str]) -> list[Line]:
    """Reads a table.

    Args:
        lines: Its lines, that of the columns first.
        columns: The columns that it may have.
        filled: Those of them that each row has a value for.

    Raises:
        WrongTable: It has other columns, or lacks one; or a row has more cells, or lacks a value.
    """
    reader = csv.reader(lines, "excel-tab", strict=True)
    names: list[str] | None = None
    found: list[Line] = []
    try:
        for values in reader:
            cells = [value.strip() for value in values]
            if names is None:
                names = cells
                _check_columns(names, columns, filled)
            elif any(cells):
                found.append(_line(names, cells, filled, reader.line_num))
    except csv.Error as error:
        raise WrongTable(f"line {reader.line_num}: {error}", remedy="Save it as tab-separated values.") from error
    if not found:
        raise WrongTable("the table has no rows", remedy=f"Its first line names the columns: {', '.join(columns)}.")
    return found


def _check_columns(names: Sequence[str], columns: Sequence[str], filled: Sequence[str]) -> None:
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise WrongTable(
            f"line 1: unknown column {unknown[0]!r}", remedy=f"There are {', '.join(columns)}, parted by tabs."
        )
    twice = [name for name in columns if list(names).count(name) > 1]
    if twice:
        raise WrongTable(f"line 1: the column {twice[0]!r} is listed twice", remedy="Remove one of them.")
    missing = [name for name in filled if name not in names]
    if missing:
        raise WrongTable(f"line 1: there is no column {missing[0]!r}", remedy="Add it.")


def _line(names: Sequence[str], cells: Sequence[str], filled: Sequence[str], number: int) -> Line:
    if len(cells) > len(names):
        raise WrongTable(
            f"line {number}: {len(cells)} cells for {len(names)} columns", remedy="Take out the tabs that are too many."
        )
    told = dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=True))
    empty = [name for name in filled if not told[name]]
    if empty:
        raise WrongTable(f"line {number} has no {empty[0]}", remedy="Fill it in.")
    return Line(number, told)
