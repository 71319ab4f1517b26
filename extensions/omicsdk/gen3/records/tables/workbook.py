"""Tables in Excel workbooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import MissingExtra
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.names import choice
from omicsdk.gen3.records.finding import Finding, shown
from omicsdk.gen3.records.row import Place, Row
from omicsdk.gen3.records.tables.cells import columns_of, row_of, text_of

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_log = getLogger("omicsdk.gen3")


def workbook_rows(path: Path, sheet: str | None = None) -> Iterator[Row]:
    """Gives the rows of a workbook as they are read.

    Args:
        path: The file.
        sheet: The sheet; by default all sheets that have a column `type`, or the first where none has.

    Raises:
        MissingExtra: openpyxl isn't installed.
        Gen3UserError: It is no workbook, has no such sheet, or two columns have the same name.
    """
    book = _opened(path)
    try:
        names = [each.title for each in book.worksheets]
        if sheet is not None and sheet not in names:
            raise Gen3UserError(f"{path} has no sheet {sheet!r}", remedy=choice(sheet, names))
        for each in book.worksheets:
            each.reset_dimensions()  # some programs write a size that isn't the sheet's
        for name in [sheet] if sheet is not None else _meant(book, names):
            yield from _sheet_rows(book[name], str(path), name)
    finally:
        book.close()


def _opened(path: Path) -> Workbook:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise MissingExtra("gen3", f"{path}, which is a workbook", module="openpyxl") from error
    from zipfile import BadZipFile

    try:
        return load_workbook(path, read_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
        raise Gen3UserError(f"{path} is no Excel workbook: {error}", remedy="Save it as .xlsx.") from error
    except OSError as error:
        raise Gen3UserError(f"{path} can't be read: {error.strerror}", remedy="Check its permissions.") from error


def _meant(book: Workbook, names: Sequence[str]) -> Sequence[str]:
    found = [name for name in names if "type" in _header(book[name])]
    if found and len(found) < len(names):
        passed = ", ".join(name for name in names if name not in found)
        _log.warning("sheets without a column type are passed over: %s", passed)
    return found or names[:1]


def _header(sheet: Any) -> list[str]:
    first = next(iter(sheet.iter_rows(max_row=1)), ())
    return [str(cell.value).strip().lstrip("*").strip() for cell in first if cell.value is not None]


def _sheet_rows(sheet: Any, file: str, name: str) -> Iterator[Row]:
    columns: list[str] = []
    for number, cells in enumerate(sheet.iter_rows(), 1):
        place = Place(file, name, number)
        texts = [text_of(cell.value) for cell in cells]
        if not columns:
            columns = columns_of(texts, place) if any(texts) else []
            while columns and not columns[-1]:
                columns.pop()
            continue
        row = row_of(columns, texts, place, "xlsx")
        if row is not None:
            yield Row(row.values, place, row.separator, (*row.findings, *_unreadable(columns, cells, place)))


def _unreadable(columns: Sequence[str], cells: Sequence[Any], place: Place) -> Iterator[Finding]:
    """Cells that have no value of their own: formulas, and errors of Excel."""
    for number, cell in enumerate(cells):
        kind = getattr(cell, "data_type", "")
        if kind not in ("f", "e") or cell.value is None:
            continue
        told, what = (f"{shown(text_of(cell.value))} is a formula", "formula") if kind == "f" else _error(cell.value)
        yield Finding(
            what,
            f"{told} in cell {cell.coordinate}",
            "Put its value there: copy it, and paste it as a value.",
            file=place.file,
            sheet=place.sheet,
            row=place.row,
            column=columns[number] if number < len(columns) else str(number + 1),
            value=text_of(cell.value),
        )


def _error(value: object) -> tuple[str, str]:
    return f"{value} is an error of Excel", "excel-error"
