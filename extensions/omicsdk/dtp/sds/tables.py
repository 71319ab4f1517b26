"""Tables of a data set in files: Excel workbooks, CSV and TSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from omicsdk.core.long_cells import take_long_cells
from omicsdk.dtp.sds.cells import Cell, Line, Sheet
from omicsdk.dtp.sds.errors import SdsError
from omicsdk.dtp.sds.workbook import Workbook
from omicsdk.gen3.names import choice

SUFFIXES = (".xlsx", ".csv", ".tsv")
"""How files of tables end; of a table that is there in several forms the first is taken."""
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


@contextmanager
def sheet_of(path: Path, meant: Callable[[Line], bool], name: str | None = None) -> Generator[Sheet]:
    """Opens the sheet of a file that is meant.

    Args:
        path: The file: .xlsx, .xlsm, .csv or .tsv.
        meant: Tells of a sheet's first row whether the sheet is the one.
        name: The sheet's name; by default the first sheet that is meant, or the first one where none is.

    Yields:
        The sheet; its rows can be gone through within the block.

    Raises:
        SdsError: The file is no table, can't be read, or has no such sheet.
    """
    delimiter = _DELIMITERS.get(path.suffix.lower())
    if delimiter is not None:
        yield Sheet("", _separated(path, delimiter))
        return
    with Workbook(path) as book:
        if name is not None and name not in book.names:
            raise SdsError(f"{path} has no sheet {name!r}", remedy=choice(name, book.names))
        found = name if name is not None else _first(book, meant)
        yield book.sheet(found)


def _first(book: Workbook, meant: Callable[[Line], bool]) -> str:
    names = list(book.names)
    for name in names if len(names) > 1 else ():
        line = next(iter(book.sheet(name).lines), None)
        if line is not None and meant(line):
            return name
    return names[0]


def _separated(path: Path, delimiter: str) -> Iterator[Line]:
    take_long_cells()
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            for texts in reader:
                # A cell may have lines of its own: a row is where it begins.
                number, line = line + 1, reader.line_num
                cells: list[Cell] = [text or None for text in texts]
                if any(cells):
                    yield Line(number, cells)
    except UnicodeDecodeError as error:
        raise SdsError(f"{path} isn't UTF-8 after line {line}", remedy="Save it as UTF-8.") from error
    except csv.Error as error:
        raise SdsError(f"{path}, after line {line}: {error}", remedy="Check the quotes in it.") from error
    except OSError as error:
        raise SdsError(f"{path} can't be read: {error.strerror}", remedy="Check its permissions.") from error
