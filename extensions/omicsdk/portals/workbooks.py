"""Sheets of workbooks of Excel as text, so that lists in them are read as other tables are."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from contextlib import closing
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from warnings import catch_warnings

from omicsdk.core.archives import InflationLimit
from omicsdk.core.workbooks import BROKEN_WORKBOOK, sheet_rows, text_of

# What a sheet of files has, beside sheets of notes.
_ADDRESS = re.compile(rb"://|\b[SED]RR\d{5}|\bdg\.\w+[/:]")
_BREAK = re.compile(r"[\t\r\n\v\f]+")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")


class Sheet(NamedTuple):
    """A sheet of a workbook.

    Attributes:
        name: Its name.
        text: Its rows in UTF-8, with tabs between cells.
        others: The names of the other sheets that have cells.
    """

    name: str
    text: bytes
    others: tuple[str, ...]


def sheet_of(path: Path, most: int | str | None = None) -> Sheet | None:
    """The first visible sheet that has addresses, else the first one with cells; None of what is no workbook that can be read.

    Args:
        path: The workbook.
        most: Most bytes that it may inflate to, as for `InflationLimit`.

    Raises:
        UnpacksTooLarge: It inflates to more.
    """
    state = path.stat()
    return _sheet_of(path, most, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)  # a list is opened several times
def _sheet_of(path: Path, most: int | str | None, *_: int) -> Sheet | None:
    try:
        with zipfile.ZipFile(path) as archive:
            if "xl/workbook.xml" not in archive.namelist() or find_spec("openpyxl") is None:
                return None
            limit = InflationLimit(path, most)
            limit.spend(sum(member.file_size for member in archive.infolist()))
            sheets = (archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/"))
            has_formulas = any(map(_FORMULA.search, sheets))
        texts = _texts_in(path, limit, has_formulas=has_formulas)
    except (zipfile.BadZipFile, *BROKEN_WORKBOOK):
        return None
    name = next((name for name, text in texts.items() if _ADDRESS.search(text)), next(iter(texts), ""))
    return Sheet(name, texts[name], tuple(other for other in texts if other != name)) if texts else None


def _texts_in(path: Path, limit: InflationLimit, *, has_formulas: bool) -> dict[str, bytes]:
    from openpyxl import load_workbook

    texts = dict[str, bytes]()
    with (
        catch_warnings(action="ignore"),
        closing(load_workbook(path, read_only=True, data_only=True)) as book,
        closing(load_workbook(path, read_only=True) if has_formulas else book) as formulas,
    ):
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            rows = list[list[str]]()
            for row in _rows_of(sheet, formulas[sheet.title] if has_formulas else None):
                cells = [_BREAK.sub(" ", text_of(cell)).strip() for cell in row]
                # Many cells may share one long text, and a row with a far column has all cells before it.
                limit.spend(len(cells) + sum(map(len, cells)))
                rows += [cells] if any(cells) else []
            width = max((at for row in rows for at, cell in enumerate(row, 1) if cell), default=0)
            limit.spend(width * len(rows))  # one cell in a far column fills up all rows
            if rows:
                lines = ("\t".join((row + [""] * width)[:width]) for row in rows)
                texts[sheet.title] = "".join(f"{line}\n" for line in lines).encode()
    return texts


def _rows_of(sheet: Any, formulas: Any) -> Iterable[Iterable[object]]:
    """The values of a sheet's cells by row; a formula itself where no program has stored its value.

    Such a cell, which programs without a calculator write, would be empty: the file that it names would be left out, or not verified.
    """
    if formulas is None:
        return sheet_rows(sheet, values_only=True)
    rows = zip(sheet_rows(sheet), sheet_rows(formulas), strict=True)
    # The value of another type is an empty text.
    return (
        [
            formula.value if formula.data_type == "f" and (cell.value, cell.data_type) == (None, "n") else cell.value
            for cell, formula in zip(*pair, strict=True)
        ]
        for pair in rows
    )
