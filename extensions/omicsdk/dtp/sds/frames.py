"""Sheets as they are, for those who look at their cells themselves."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any

from omicsdk.dtp.sds.cells import Cell, Unreadable, is_blank, text_of
from omicsdk.dtp.sds.errors import SdsError
from omicsdk.dtp.sds.tables import sheet_of
from omicsdk.gen3.records.tables import Finding


def table_of(path: Path, name: str | None = None) -> tuple[list[str], list[list[Any]]]:
    """Reads a sheet.

    Args:
        path: The file.
        name: The sheet's name; the first one by default.

    Returns:
        Its header, and the rows below it that have a value, each as long as the header; None stands in empty cells.

    Raises:
        SdsError: The file isn't there or is no table, it has no such sheet, or a cell has no value of its own.
    """
    if not path.is_file():
        raise SdsError(f"There is no file {path}", remedy="Check its name.")
    with sheet_of(path, lambda _: True, name) as sheet:
        lines = iter(sheet.lines)
        header = next(lines, None)
        if header is None:
            return [], []
        titles = [text_of(cell) for cell in header.cells]
        rows: list[list[Any]] = []
        for line in lines:
            for number, cell in enumerate(line.cells):
                if isinstance(cell, Unreadable):
                    title = titles[number] if number < len(titles) else ""
                    raise _unreadable(path, sheet.name, line.number, title or str(number + 1), cell)
            if not all(is_blank(cell) for cell in line.cells):
                rows.append(list(line.cells))
    width = max([len(titles), *(len(row) for row in rows)])
    columns = [
        title or str(number) for number, (title, _) in enumerate(zip_longest(titles, range(width), fillvalue=""), 1)
    ]
    return columns, [[*row, *no_cells(width - len(row))] for row in rows]


def no_cells(many: int) -> list[Cell]:
    """Empty cells.

    Args:
        many: How many.
    """
    return [None] * many


def _unreadable(path: Path, sheet: str, row: int, column: str, cell: Unreadable) -> SdsError:
    what = "a formula whose value isn't in the file" if cell.kind == "formula" else "an error of Excel"
    remedy = "Open it in Excel and save it, or write the value."
    found = Finding(cell.kind, f"{cell.text} is {what}", remedy, str(path), sheet, row, column, cell.text)
    return SdsError(f"{found.where}: {found.message}", remedy=remedy, findings=[found])
