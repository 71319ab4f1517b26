"""Tables in files: Excel workbooks, CSV and TSV, row by row, as their cells are."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from omicsdk.core.closing import Closing
from omicsdk.core.errors import UsageError
from omicsdk.core.lazy import require
from omicsdk.core.tables import file_rows
from omicsdk.core.workbooks import text_of as plain_text
from omicsdk.gen3.errors import choice
from omicsdk.gen3.records.tables import Finding, Place, as_json


class SdsError(UsageError):
    """A folder is no SDS data set, or its content cannot become records.

    Args:
        message: What is wrong.
        remedy: What to do.
        findings: Each fault with its place, where there are several.
    """

    def __init__(self, message: str = "", *, remedy: str | None = None, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.findings = tuple(findings)


class Unreadable(NamedTuple):
    """A cell without a value.

    Attributes:
        kind: formula, or excel-error.
        text: Its content: the formula or the error's name.
    """

    kind: str
    text: str

    def finding(self, where: Place, column: str) -> Finding:
        """Return the finding about it.

        Args:
            where: Its row.
            column: Its column.
        """
        if self.kind == "formula":
            message = f"{as_json(self.text)} is a formula whose value is not in the file"
            remedy = "Open it in Excel and save it, or write the value."
        else:
            message, remedy = f"{self.text} is an error of Excel", "Correct the formula, or write the value."
        return Finding(self.kind, message, remedy, where.file, where.sheet, where.row, column, self.text)


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
        name: Its name; empty if the file has no sheets.
        lines: Its rows that are not empty; they can be read once.
    """

    name: str
    lines: Iterable[Line]


def is_blank(cell: Cell) -> bool:
    """Whether a cell is empty."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Cell) -> str:
    """A cell as a text: numbers without superfluous zeros, dates in ISO 8601, spans of time in hours, without outer
    spaces.

    Args:
        cell: The cell; one that cannot be read is its content.
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, timedelta):
        whole = round(cell.total_seconds())
        minutes, seconds = divmod(abs(whole), 60)
        return f"{'-' if whole < 0 else ''}{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return plain_text(cell)


#: Bytes that the parts of a workbook may unpack to, and cells between the first and the last that have a value.
MOST_BYTES, MOST_CELLS = 1 << 30, 1 << 25
#: Columns that a sheet may have.
MOST_COLUMNS = 16_384
#: Parts of formats that python-calamine reads too, unlimited.
_OTHER_KINDS = frozenset({"content.xml", "xl/workbook.bin"})
# Patterns searched in each workbook begin with fixed letters: that is several times as fast.
_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\w+);)")
#: Other parts than XML are not examined.
_XML = re.compile(rb"\s*(?:\xef\xbb\xbf)?<")
#: How parts in UTF-16 begin, and the parts among them that are needed: python-calamine reads these as empty. Others are common,
#: such as those of queries.
_UTF_16 = re.compile(rb"\xff\xfe|\xfe\xff|<\0|\0<")
_NEEDED = re.compile(rb"[^<]*(?:<[?!][^<]*)*<(?:\w+:)?(?:worksheet|sst|styleSheet|workbook|Relationships)\b")
#: The references of rows and cells, as they are usually written, and how rows and cells begin.
_REFERENCE = re.compile(rb' r="([A-Z]*)(\d+)"')
_TAGS = tuple(before + name + after for before in (b"<", b":") for name in (b"c", b"row") for after in (b" ", b">"))
# No pattern seeks the end of a tag beyond the next `<`, and content without an end is that up to the end of the part: a malformed
# part would be searched to its end from each of its tags.
#: Rows and cells with attributes, however they are written, and the reference in these.
_PLACED = re.compile(rb"<(?:\w+:)?(?:row|c)(\s[^<>]*)(>?)")
_POSITION = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_ROW, _BEGIN = re.compile(rb"<(?:\w+:)?row[\s>]"), re.compile(rb"<(?:\w+:)?c[\s>]")
#: Cells with a formula or, where `"e"` is in it, an error.
_FORMULAS = (re.compile(rb"<f[\s/>]"), re.compile(rb":f[\s/>]"))
_CELL = re.compile(rb"(<(?:\w+:)?c)((?:\s[^<>]*)?)(?<!/)>(.*?)(</(?:\w+:)?c>|\Z)", re.DOTALL)
_KIND = re.compile(rb"""\st\s*=\s*["'](\w*)["']""")
_FORMULA, _VALUE = (
    re.compile(rb"<((?:\w+:)?)%s(?:\s[^<>]*)?(?:/>|(?<!/)>(.*?)(?:</(?:\w+:)?%s>|\Z))" % (name, name), re.DOTALL)
    for name in (b"f", b"v")
)


class Workbook(Closing):
    """An Excel workbook that is read: values as Excel last calculated them. Close it, or use it in a `with` block.

    python-calamine reads it, after checks. It returns nothing for cells that have an error or a formula without a value, and
    refuses sheets with an error that it does not know, such as #SPILL!: in a copy of the workbook these cells get a marked text.
    And it lays sheets out in memory as rectangles, and ends the process where memory is exhausted: the extent of each sheet is
    checked before.

    Args:
        path: The file.

    Raises:
        SdsError: It is no workbook, or cannot be read.
        MissingExtra: python-calamine is not installed.
    """

    def __init__(self, path: Path) -> None:
        require("python_calamine", "dtp", f"{path}, which is a workbook")
        from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

        self._path = path
        self._broken = CalamineError
        self._mark = token_hex()  # no text of the workbook begins with it
        try:
            with ZipFile(path) as archive:
                source = self._prepared(archive)
            self._is_marked = isinstance(source, BytesIO)
            self._book = CalamineWorkbook.from_object(source)  # pyright: ignore[reportUnknownMemberType] - os.PathLike of no kind
        except (BadZipFile, RuntimeError, ValueError, EOFError, zlib.error, CalamineError) as error:
            raise self._refused(str(error)) from error
        except OSError as error:
            raise SdsError(f"{path} cannot be read: {error.strerror}", remedy="Check its permissions.") from error
        self.names = tuple(sheet.name for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet)
        """The names of its sheets, in order."""
        if not self.names:
            raise self._refused("it has no sheet")

    def _refused(self, why: str) -> SdsError:
        return SdsError(f"{self._path} is not an Excel workbook: {why}", remedy="Save it again as .xlsx.")

    def _prepared(self, archive: ZipFile) -> Path | BytesIO:
        """Return the file itself, or a copy with marked cells."""
        parts = archive.infolist()
        if _OTHER_KINDS & set(archive.NameToInfo):
            raise self._refused("it is of another kind")
        if sum(part.file_size for part in parts) > MOST_BYTES:
            raise self._refused(f"it unpacks to more than {MOST_BYTES >> 20} MiB")
        changed: dict[str, bytes] = {}
        for member in parts:
            content = archive.read(member)  # checks its size and CRC, too: python-calamine unpacks without limits
            if _UTF_16.match(content) and _NEEDED.match(content.replace(b"\0", b"")):
                raise self._refused(f"{member.filename} is in UTF-16")
            if _XML.match(content):
                self._check(member.filename, content)
                if b'"e"' in content or b"'e'" in content or any(pattern.search(content) for pattern in _FORMULAS):
                    changed[member.filename] = _CELL.sub(self._marked, content)
        if not changed:
            return self._path
        copy = BytesIO()
        with ZipFile(copy, "w") as target:
            for member in parts:
                target.writestr(member.filename, changed.get(member.filename) or archive.read(member))
        copy.seek(0)
        return copy

    def _check(self, part: str, content: bytes) -> None:
        if b"<!DOCTYPE" in content or _ENTITY.search(content):  # a document declares entities there only
            raise self._refused(f"{part} has entities")
        places = set(_REFERENCE.findall(content))
        if len(places) < sum(map(content.count, _TAGS)) or not _fits(places, 0, 0):
            # Written otherwise, without places, or far apart but empty: counted with care.
            rows = _ROW.split(content)
            placed = [self._placed(part, *tag) for tag in _PLACED.findall(content)]
            references = [place for place in placed if place is not None]
            if not _fits(references, max(len(_BEGIN.findall(row)) for row in rows), len(rows)):
                raise self._refused(f"the cells of {part} are too far apart")

    def _placed(self, part: str, attributes: bytes, end: bytes) -> tuple[bytes, bytes] | None:
        """Return the reference of a row or cell that has something in it, without a name where none is stated."""
        # A bracket in an attribute, which python-calamine reads and no program writes, would hide the attributes after it.
        if not end or attributes.count(b'"') % 2 or attributes.count(b"'") % 2:
            raise self._refused(f"{part} has a row or cell with an invalid attribute")
        match = None if attributes.endswith(b"/") else _POSITION.search(attributes)
        return None if match is None else (match[1], match[2])

    def _marked(self, match: re.Match[bytes]) -> bytes:
        begin, attributes, content, end = match.groups()
        if not end:
            return match[0]
        kind = _KIND.search(attributes)
        formula, value = _FORMULA.search(content), _VALUE.search(content)
        if kind is not None and kind[1] == b"e":
            text = b"excel-error:" + ((value and value[2]) or b"")
        elif formula is None or (value is not None and (value[2] or (kind is not None and kind[1] == b"str"))):
            return match[0]
        else:
            text = b"formula:" + (b"=" + formula[2] if formula[2] else b"a formula")
        others = attributes if kind is None else attributes.replace(kind[0], b"")
        prefix = begin[1:-1]
        return b'%s%s t="str"><%sv>%s%s</%sv>%s' % (begin, others, prefix, self._mark.encode(), text, prefix, end)

    def sheet(self, name: str) -> Sheet:
        """Return a sheet, whose rows are read when they are needed.

        Args:
            name: Its name, one of `names`.
        """
        return Sheet(name, self._lines(name))

    def _lines(self, name: str) -> Iterator[Line]:
        try:
            sheet = self._book.get_sheet_by_name(name)
            marked = self._is_marked
            before: list[Cell] = [None] * (sheet.start or (0, 0))[1]
            for number, row in enumerate(sheet.iter_rows(), 1):
                cells = [
                    *before,
                    *(value or None if type(value) is str and not marked else self._cell(value) for value in row),
                ]
                while cells and cells[-1] is None:
                    cells.pop()
                if cells:
                    yield Line(number, cells)
        except (self._broken, OverflowError) as error:  # spans of time may be longer than Python has them
            raise self._refused(f"the sheet {name!r} is broken: {error}") from error

    def _cell(self, value: Cell) -> Cell:
        match value:
            case str():
                if value.startswith(self._mark):
                    kind, _, text = value.removeprefix(self._mark).partition(":")
                    return Unreadable(kind, text)
                return value or None
            case float():  # Excel has no integers; beyond these, floats do not have each
                return int(value) if value.is_integer() and abs(value) <= 1 << 53 else value
            case date() if not isinstance(value, datetime):
                return datetime.combine(value, time())
            case _:
                return value

    def close(self) -> None:
        """Close the file."""
        self._book.close()


def _fits(places: Collection[tuple[bytes, bytes]], width: int, height: int) -> bool:
    """Whether a sheet with these places, or at least of this size, is not too large."""
    width = max([width, *map(_column, {letters for letters, _ in places})])
    height = max([height, *map(int, {row for _, row in places})])
    return width <= MOST_COLUMNS and width * height <= MOST_CELLS


def _column(letters: bytes) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


#: Suffixes of tables; of a table that exists in several forms the first is read.
SUFFIXES = (".xlsx", ".csv", ".tsv")
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


@contextmanager
def sheet_of(path: Path, is_header: Callable[[Line], bool], name: str | None = None) -> Generator[Sheet]:
    """Open a sheet of a file.

    Args:
        path: The file: .xlsx, .xlsm, .csv or .tsv.
        is_header: Whether a first row is that of the wanted sheet.
        name: The sheet's name; by default the first sheet with such a row, or the first one where none has it.

    Yields:
        The sheet; its rows can be read within the block.

    Raises:
        SdsError: The file is no table, cannot be read, or has no such sheet.
    """
    delimiter = _DELIMITERS.get(path.suffix.lower())
    if delimiter is not None:
        yield Sheet("", _separated(path, delimiter))
        return
    with Workbook(path) as book:
        if name is not None and name not in book.names:
            raise SdsError(f"{path} has no sheet {name!r}", remedy=choice(name, book.names))
        sheet_name = name if name is not None else _first(book, is_header)
        yield book.sheet(sheet_name)


def _first(book: Workbook, is_header: Callable[[Line], bool]) -> str:
    first, *others = book.names
    for name in book.names if others else ():
        line = next(iter(book.sheet(name).lines), None)
        if line is not None and is_header(line):
            return name
    return first


def _separated(path: Path, delimiter: str) -> Iterator[Line]:
    for number, texts in file_rows(path, delimiter, SdsError):
        cells: list[Cell] = [text or None for text in texts]
        if any(cells):
            yield Line(number, cells)


def table_of(path: Path, name: str | None = None) -> tuple[list[str], list[list[Any]]]:
    """Read a sheet.

    Args:
        path: The file.
        name: The sheet's name; the first one by default.

    Returns:
        Its header, and the rows below it that have a value, each as long as the header, with None in empty cells.

    Raises:
        SdsError: The file does not exist or is no table, it has no such sheet, or a cell has no value.
    """
    if not path.is_file():
        raise SdsError(f"{path} not found", remedy="Check its name.")
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
                    finding = cell.finding(Place(str(path), sheet.name, line.number), title or str(number + 1))
                    raise SdsError(f"{finding.where}: {finding.message}", remedy=finding.remedy, findings=[finding])
            if not all(is_blank(cell) for cell in line.cells):
                rows.append(list(line.cells))
    width = max([len(titles), *(len(row) for row in rows)])
    titles += [""] * (width - len(titles))
    columns = [title or str(number) for number, title in enumerate(titles, 1)]
    return columns, [row + [None] * (width - len(row)) for row in rows]
