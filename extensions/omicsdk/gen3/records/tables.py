"""Tables of records, read row by row: JSON, JSON Lines, TSV, CSV, XLSX, data frames and dictionaries."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast, runtime_checkable

from omicsdk.core.archives import InflationLimit, UnpacksTooLarge
from omicsdk.core.batches import repeated, unique_object
from omicsdk.core.errors import shortened
from omicsdk.core.lazy import require
from omicsdk.core.logs import logger
from omicsdk.core.tables import file_rows, line_of
from omicsdk.core.type_guards import is_array, is_list, is_object
from omicsdk.core.workbooks import BROKEN_WORKBOOK, sheet_rows, text_of
from omicsdk.gen3.errors import Gen3UserError, choice

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook


class Place(NamedTuple):
    """The place of a row.

    Attributes:
        file: The file's name; empty for rows that are in no file.
        sheet: The sheet of a workbook; empty if there are none.
        row: The row's number from 1, its header counted; of JSON the object's number.
    """

    file: str = ""
    sheet: str = ""
    row: int | None = None

    @property
    def where(self) -> str:
        """The place in words, such as `cases.tsv, row 3`; empty if there is none."""
        parts = self.file, f"sheet {self.sheet}" if self.sheet else "", "" if self.row is None else f"row {self.row}"
        return ", ".join(part for part in parts if part)


#: Characters of a value that a finding shows.
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a value, a row or a table.

    Attributes:
        kind: The kind of fault: ours, such as unknown-property, or the commons' own, such as INVALID_LINK.
        message: What is wrong.
        remedy: What to do.
        file: The file; empty for rows that are in none.
        sheet: The sheet of a workbook; empty if there are none.
        row: The row's number from 1, its header counted; None if it is about all.
        column: The column, as it is called in the table; empty if it is about the row.
        value: The value.
    """

    kind: str
    message: str
    remedy: str = ""
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: Any = None

    @property
    def where(self) -> str:
        """Its place in words, such as `cases.tsv, row 3, column sex`; empty if it has none."""
        parts = Place(self.file, self.sheet, self.row).where, f"column {self.column}" if self.column else ""
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}. {self.remedy}" if self.remedy else text

    def as_dict(self) -> dict[str, Any]:
        """Its attributes by their names, the place first, for JSON and tables."""
        fields = ("file", "sheet", "row", "column", "value")
        return {name: getattr(self, name) for name in (*fields, "message", "kind", "remedy")}


def as_json(value: object) -> str:
    """A value as a message shows it: as it would be written in JSON, not long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return shortened(text, SHOWN)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, or an object of JSON.

    Attributes:
        values: Its cells by their columns: texts, and of data frames lists of them and objects; JSON values of JSON.
        place: Its place.
        separator: The text between the values of a list in a cell; None if values are those of JSON.
        findings: Faults of its cells, independent of their meaning.
    """

    values: Mapping[str, Any]
    place: Place
    separator: str | None = None
    findings: tuple[Finding, ...] = ()


# The text between the values of a list in one cell, by the kind of the table.
SEPARATORS: Mapping[str, str] = {"tsv": ",", "csv": "#", "xlsx": ","}


def columns_of(header: Sequence[str], where: Place) -> list[str]:
    """Return the names of columns.

    Args:
        header: The cells of the first row; stars before names (which templates have before what is required) go.
        where: Its place.

    Returns:
        The names; empty ones for columns without one.

    Raises:
        Gen3UserError: Two columns have the same name.
    """
    names = [name.strip().lstrip("*").strip() for name in header]
    if twice := repeated(filter(None, names)):
        raise Gen3UserError(f"{where.where}: two columns are called {twice[0]}", remedy="Rename or remove one of them.")
    return names


def list_cell(items: Sequence[str], separator: str) -> str:
    """Return the cell that has the values of a list; `list_in` reads it.

    Args:
        items: The values.
        separator: The text between them. Where one has it within, they are a JSON array.
    """
    if any(separator in item or item.startswith("[") for item in items):
        return json.dumps(items, ensure_ascii=False)
    return separator.join(items)


def list_in(cell: Any, separator: str) -> Sequence[Any]:
    """Return the values of a list that a cell has: a JSON array of texts, or texts with separators between.

    Args:
        cell: The cell; that of a data frame may be a list already.
        separator: The text between the values.
    """
    if not isinstance(cell, str):
        return cell
    if cell.startswith("["):
        with suppress(ValueError, RecursionError):
            values: object = json.loads(cell)
            if is_array(values) and all(isinstance(value, str) for value in values):
                return values
    return [part.strip() for part in cell.split(separator)]


def row_of(columns: Sequence[str], cells: Sequence[str], where: Place, kind: str) -> Row | None:
    """Return a row.

    Args:
        columns: The names of the columns.
        cells: The texts of its cells; those that are missing at the end are empty.
        where: Its place.
        kind: What the table is.

    Returns:
        The row; None if it is empty.
    """
    texts = [cell.strip() for cell in cells]
    if not any(texts):
        return None
    values = {name: text for name, text in zip(columns, texts, strict=False) if name}
    for name in columns[len(texts) :]:
        if name:
            values[name] = ""
    return Row(values, where, SEPARATORS[kind], tuple(_beside(columns, texts, where)))


def _beside(columns: Sequence[str], texts: Sequence[str], where: Place) -> Iterator[Finding]:
    if len(texts) <= len(columns) and "" not in columns:
        return
    for number, text in enumerate(texts, 1):
        if text and (number > len(columns) or not columns[number - 1]):
            yield cell_without_column(text, number, where)


def cell_without_column(text: str, number: int, where: Place) -> Finding:
    """Return the finding about a cell below no header: it has no meaning, or the row has cells too many.

    Args:
        text: The cell.
        number: Its column's number, from 1.
        where: Its row.
    """
    problem = f"{as_json(text)} is in column {number}, which has no name"
    remedy = "Name the column, or empty the cell; a tab or comma within a cell needs quotes around it."
    return Finding("cell-without-column", problem, remedy, *where, str(number), text)


def json_rows(path: Path) -> Iterator[Row]:
    """Return the records of a JSON file.

    Args:
        path: The file.

    Raises:
        Gen3UserError: It is not JSON, or has something else than objects in it.
    """
    try:
        payload: Any = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=unique_object)
    except (OSError, ValueError, RecursionError) as error:
        raise Gen3UserError(f"{path} is not JSON: {error}", remedy="Use an object, or an array of objects.") from error
    if is_object(payload) and is_array(payload.get("data")) and "type" not in payload:
        payload = payload["data"]
    for number, record in enumerate(payload if is_array(payload) else [payload], 1):
        yield _row(path, number, record)


def line_rows(path: Path) -> Iterator[Row]:
    """Return the records of a file with one JSON object on each line; empty lines are passed over.

    Args:
        path: The file.

    Raises:
        Gen3UserError: A line is not JSON, or no object.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _row(path, number, json.loads(line, object_pairs_hook=unique_object))
    except (OSError, ValueError, RecursionError) as error:
        raise Gen3UserError(f"{path} is not JSON Lines: {error}", remedy="Use a JSON object on each line.") from error


def _row(path: Path, number: int, value: object) -> Row:
    if not is_object(value):
        raise Gen3UserError(
            f"{path}, record {number}: {json.dumps(value)[:80]} is not an object",
            remedy='Write each record as an object, such as {"type": "case", "submitter_id": "c1"}.',
        )
    return Row(value, Place(str(path), row=number))


_DELIMITERS = {"tsv": "\t", "csv": ","}


def separated_rows(path: Path, kind: str) -> Iterator[Row]:
    """Return the rows of a table as they are read.

    Args:
        path: The file, UTF-8 with or without a byte order mark.
        kind: What it is: tsv or csv.

    Raises:
        Gen3UserError: It is not UTF-8 or no such table, has no line with columns, or two columns have the same name.
    """
    columns: list[str] = []
    for number, cells in file_rows(path, _DELIMITERS[kind], Gen3UserError):
        where = Place(str(path), row=number)
        if not columns:
            columns = columns_of(cells, where) if any(cells) else []
        elif (row := row_of(columns, cells, where, kind)) is not None:
            yield row
    if not columns:
        raise Gen3UserError(f"{path}: the file is empty", remedy="Name the columns in the first line.")


_log = logger("omicsdk.gen3")


def workbook_rows(path: Path, sheet: str | None = None) -> Iterator[Row]:
    """Return the rows of a workbook as they are read.

    Args:
        path: The file.
        sheet: The sheet; by default all sheets that have a column `type`, or the first where none has.

    Raises:
        MissingExtra: openpyxl is not installed.
        Gen3UserError: It is no workbook, has no such sheet, or two columns have the same name.
    """
    require("openpyxl", "gen3", f"{path}, which is a workbook")
    import zlib
    from zipfile import BadZipFile

    from openpyxl.utils.exceptions import InvalidFileException

    try:
        yield from _sheets_rows(path, sheet)
    except UnpacksTooLarge as error:
        raise Gen3UserError(error.message, remedy="Save its sheets as .tsv.") from error
    # Damage shows where it is read.
    except (
        InvalidFileException,
        BadZipFile,
        zlib.error,
        EOFError,
        *BROKEN_WORKBOOK,
    ) as error:
        raise Gen3UserError(f"{path} is not an Excel workbook: {error}", remedy="Save it as .xlsx.") from error
    except OSError as error:
        why = error.strerror or error
        raise Gen3UserError(f"{path} cannot be read: {why}", remedy="Check its permissions.") from error


def _sheets_rows(path: Path, sheet: str | None) -> Iterator[Row]:
    from zipfile import ZipFile

    from openpyxl import load_workbook

    with ZipFile(path) as archive:
        InflationLimit(path).spend(sum(entry.file_size for entry in archive.infolist()))
    with closing(load_workbook(path, read_only=True)) as book:
        names = [worksheet.title for worksheet in book.worksheets]
        if sheet is not None and sheet not in names:
            raise Gen3UserError(f"{path} has no sheet {sheet!r}", remedy=choice(sheet, names))
        for name in [sheet] if sheet is not None else _meant(book, names):
            yield from _sheet_rows(book[name], str(path), name)


def _meant(book: Workbook, names: Sequence[str]) -> Sequence[str]:
    meant = [name for name in names if "type" in _header(book[name])]
    if meant and len(meant) < len(names):
        passed = ", ".join(name for name in names if name not in meant)
        _log.warning("sheets without a column type are skipped: %s", passed)
    return meant or names[:1]


def _header(sheet: Any) -> list[str]:
    first = next(sheet_rows(sheet, max_row=1), ())
    return [str(cell.value).strip().lstrip("*").strip() for cell in first if cell.value is not None]


def _sheet_rows(sheet: Any, file: str, name: str) -> Iterator[Row]:
    columns: list[str] = []
    for number, cells in enumerate(sheet_rows(sheet), 1):
        where = Place(file, name, number)
        texts = [text_of(cell.value) for cell in cells]
        if not columns:
            columns = columns_of(texts, where) if any(texts) else []
            while columns and not columns[-1]:
                columns.pop()
            continue
        row = row_of(columns, texts, where, "xlsx")
        if row is not None:
            yield Row(row.values, where, row.separator, (*row.findings, *_unreadable(columns, cells, where)))


def _unreadable(columns: Sequence[str], cells: Sequence[Any], where: Place) -> Iterator[Finding]:
    """Cells without a value: formulas, and errors of Excel."""
    for number, cell in enumerate(cells):
        kind = getattr(cell, "data_type", "")
        if kind not in ("f", "e") or cell.value is None:
            continue
        if kind == "f":
            what, problem = "formula", f"{as_json(text_of(cell.value))} is a formula"
        else:
            what, problem = "excel-error", f"{cell.value} is an error of Excel"
        column = columns[number] if number < len(columns) else str(number + 1)
        remedy = "Put its value there: copy it, and paste it as a value."
        yield Finding(what, f"{problem} in cell {cell.coordinate}", remedy, *where, column, text_of(cell.value))


def tsv_of(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Write cells as a table of tabs, without a byte order mark, which a commons does not take.

    Args:
        columns: The names of the columns.
        rows: The cells of each row by their columns; those that are missing are empty.
    """
    every = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    return "".join(line_of(cells, "\t") for cells in every)


#: Texts that pandas writes for missing values.
_MISSING = ("nan", "NaT", "<NA>")


@runtime_checkable
class Frame(Protocol):
    """The part of a pandas.DataFrame that is used."""

    @property
    def columns(self) -> Iterable[Any]:
        """The names of its columns."""
        ...

    def itertuples(self, index: bool = ..., name: str | None = ...) -> Iterable[tuple[Any, ...]]:
        """Its rows."""
        ...


def frame_rows(frame: Frame) -> Iterator[Row]:
    """Return the rows of a data frame, numbered from 1.

    Args:
        frame: The frame; its columns are called as those of a table, such as `experiments.submitter_id`. What is missing in
            it is an empty cell.

    Raises:
        Gen3UserError: Two columns have the same name.
    """
    columns = columns_of([str(name) for name in frame.columns], Place())
    for number, cells in enumerate(frame.itertuples(index=False, name=None), 1):
        values = {name: _cell(cell) for name, cell in zip(columns, cells, strict=True) if name}
        yield Row(values, Place(row=number), SEPARATORS["tsv"])


def _cell(value: Any) -> Any:
    """The text of a value; those of a list, whose items may have the separator in them; an object as it is."""
    if is_list(value) or getattr(value, "ndim", 0):  # frames that are read from Parquet have arrays of numpy
        return [_cell(item) for item in value] or ""
    if is_object(value):
        return value
    if str(value) in _MISSING and not isinstance(value, str):
        return ""
    return text_of(value).strip()


#: Formats of files by their suffix.
KINDS = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "tsv",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}


class Table:
    """A file with records, which is read again for each iteration, never kept as a whole (but for JSON).

    Args:
        path: The file.
        kind: Its format: json, jsonl, tsv, csv or xlsx; by default that of its name's suffix (txt is tsv).
        sheet: The sheet of a workbook; by default all sheets that have a column `type`, or the first.

    Raises:
        Gen3UserError: There is no such file, or its format is unknown.
    """

    def __init__(self, path: str | os.PathLike[str], *, kind: str = "", sheet: str | None = None) -> None:
        self.path = Path(path)
        self.kind = kind or KINDS.get(self.path.suffix.lower(), "")
        self.sheet = sheet
        if self.kind not in KINDS.values():
            raise Gen3UserError(
                f"{self.path} is not a readable table",
                remedy="Use JSON, JSON Lines, TSV, CSV or XLSX; save Excel's older .xls as .xlsx.",
            )
        if not self.path.is_file():
            raise Gen3UserError(f"{self.path} not found", remedy="Check its name.")

    def __iter__(self) -> Iterator[Row]:
        """Return its rows.

        Raises:
            Gen3UserError: It is not what its name states.
            MissingExtra: It is a workbook, and openpyxl is not installed.
        """
        match self.kind:
            case "json":
                return json_rows(self.path)
            case "jsonl":
                return line_rows(self.path)
            case "xlsx":
                return workbook_rows(self.path, self.sheet)
            case _:
                return separated_rows(self.path, self.kind)

    def __repr__(self) -> str:
        return f"<Table {self.path}>"


# What records may be given as: the path of a file, a Table, a pandas.DataFrame, a row, a record as it is submitted.
Given = str | os.PathLike[str] | Table | Frame | Row | Mapping[str, Any]


class Source:
    """Records that can be iterated repeatedly.

    Args:
        parts: Files (paths, or a Table for more settings), data frames, rows, records as dictionaries; one of
            them or many. Files are read again each time, and never kept as a whole; an iterator is kept as a list.

    Raises:
        Gen3UserError: There is no such file, or its format is unknown.
    """

    def __init__(self, parts: Given | Iterable[Given]) -> None:
        self._parts: Iterable[Given]
        if isinstance(parts, str | os.PathLike | Table | Row | Mapping | Frame):
            self._parts = [_opened(cast("Given", parts))]
        elif isinstance(parts, list | tuple):
            self._parts = [_opened(part) for part in cast("Sequence[Given]", parts)]
        else:
            # Iterables that can be iterated again are not copied: they may be long.
            self._parts = list(parts) if iter(parts) is parts else parts

    def __iter__(self) -> Iterator[Row]:
        """Return the rows; dictionaries are numbered from 1 as they arrive."""
        number = 0
        for part in map(_opened, self._parts):
            if isinstance(part, Table):
                yield from part
            elif isinstance(part, Row):
                yield part
            elif isinstance(part, Mapping):
                number += 1
                yield Row(part, Place(row=number))
            elif isinstance(part, Frame):
                yield from frame_rows(part)
            else:
                raise Gen3UserError(
                    f"{part!r} is not a record", remedy="Pass dictionaries, rows, tables or paths of files."
                )


def _opened(part: Given) -> Given:
    return Table(part) if isinstance(part, str | os.PathLike) else part
