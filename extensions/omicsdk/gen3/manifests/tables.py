"""Manifests as tables: delimiter and columns detected, rows read one by one, cells decoded, and the place of each fault."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from omicsdk.core.checksums import from_base64
from omicsdk.core.errors import OmicsError, UsageError, shortened
from omicsdk.core.long_cells import take_long_cells
from omicsdk.core.row_lines import RowLines
from omicsdk.gen3.errors import Gen3Error

#: Characters of a value that a fault shows.
SHOWN = 120


class Fault(NamedTuple):
    """Something that is wrong in a manifest.

    Attributes:
        line: Where it stands, from 1; the header is line 1. Of a JSON list the number of the entry, from 1.
        column: The column's name as the manifest has it; empty where it is about the whole line.
        value: What stands there.
        reason: What is wrong with it, as it reads after the value.
        remedy: What to do.
        warns: Whether the manifest can be worked from all the same.
        unit: What `line` counts: "line" or "entry".
    """

    line: int
    column: str
    value: str
    reason: str
    remedy: str = ""
    warns: bool = False
    unit: str = "line"

    @property
    def text(self) -> str:
        """The place, the value and what is wrong with it, in one line without the remedy."""
        place = f"{self.unit} {self.line}" + (f", column {self.column!r}" if self.column else "")
        return f"{place}: {self._complaint}"

    @property
    def words(self) -> str:
        """The same without the line, and with the remedy, for what is listed by its line."""
        text = f"column {self.column!r}: {self._complaint}" if self.column else self._complaint
        return f"{text}. {self.remedy}" if self.remedy else text

    @property
    def _complaint(self) -> str:
        value = f"{shortened(self.value, SHOWN)!r} " if self.value or self.column else ""
        return f"{value}{self.reason}"

    def __str__(self) -> str:
        return f"{self.text}. {self.remedy}" if self.remedy else self.text


class ManifestError(Gen3Error, UsageError, ValueError):
    """A manifest that can't be worked from.

    Args:
        path: The manifest.
        fault: What is wrong with it, and where; or what is wrong with the whole file.
        remedy: What to do; by default the fault's own remedy.

    Attributes:
        fault: What is wrong; None where it is about the whole file.
    """

    def __init__(self, path: object, fault: Fault | str, *, remedy: str | None = None) -> None:
        told = fault if isinstance(fault, str) else fault.text
        own = "" if isinstance(fault, str) else fault.remedy
        super().__init__(f"{path}: {told}", remedy=own if remedy is None else remedy)
        self.fault = None if isinstance(fault, str) else fault


OnFault = Callable[[Fault], None]
"""Takes what is wrong with a row that is left out."""


GUID, FILE_NAME, SIZE, MD5, URLS = "guid", "file_name", "size", "md5", "urls"
ACL, AUTHZ, PREV_GUID, RECORD_TYPE, PACKAGE_CONTENTS = "acl", "authz", "prev_guid", "record_type", "package_contents"

ALIASES: Mapping[str, tuple[str, ...]] = {
    GUID: ("guid",),
    FILE_NAME: ("filename", "file_name"),
    SIZE: ("size", "filesize", "file_size", "s3_file_size", "gs_file_size"),
    MD5: ("md5", "md5_hash", "md5hash", "hash", "md5sum", "file_md5sum"),
    ACL: ("acl", "acls"),
    URLS: ("url", "urls", "s3_path", "gs_path", "aws_uri", "gcp_uri"),
    AUTHZ: ("authz",),
    PREV_GUID: ("previous_guid", "prev_guid", "prev_id"),
    RECORD_TYPE: ("record_type",),
    PACKAGE_CONTENTS: ("package_contents",),
}
"""By each column's own name the names that manifests have for it, in lower case (gen3sdk 4.28.5)."""

COMMONS_URL = "commons_url"
HASHES = ("sha1", "sha256", "sha512", "crc", "etag")
"""Checksums beside md5 that an index has and a manifest may."""

OF_DOWNLOADS: Mapping[str, tuple[str, ...]] = {
    GUID: ("object_id", "guid", "did", "drs_uri"),
    FILE_NAME: ALIASES[FILE_NAME],
    SIZE: ALIASES[SIZE],
    MD5: ALIASES[MD5],
    COMMONS_URL: ("commons_url",),
    **{kind: (kind,) for kind in HASHES},
}
"""The columns that matter to a download, with the names of drs-pull manifests among them."""

OF_BUNDLES: Mapping[str, tuple[str, ...]] = {
    GUID: ALIASES[GUID],
    "name": ("bundle_name", "name"),
    "ids": ("ids", "bundle_ids"),
    "description": ("description",),
    "checksums": ("checksums", "checksum"),
    "type": ("type", "types"),
    "aliases": ("alias", "aliases"),
}
"""The columns of a manifest of bundles."""


def standard_names(header: Sequence[str], aliases: Mapping[str, Collection[str]] = ALIASES) -> list[str]:
    """A header with the columns' own names in place of those that the manifest has for them.

    Args:
        header: The names of the columns as they stand there.
        aliases: The names that each may have, in lower case.

    Returns:
        As many names; those that aren't known stay as they are.
    """
    known = {alias: name for name, others in aliases.items() for alias in others}
    return [known.get(name.strip().lower(), name.strip()) for name in header]


#: What separates cells, by the ending of a manifest's name.
TABLES = {".tsv": "\t", ".csv": ","}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class TableRow(NamedTuple):
    """A row of a table.

    Attributes:
        line: The line that it begins in, from 1.
        cells: As many as the header has; those that the row lacks are empty.
        given: How many cells the row has.
    """

    line: int
    cells: list[str]
    given: int


class Table(NamedTuple):
    """A table that is being read.

    Attributes:
        path: The file.
        delimiter: What separates its cells.
        header: The names of its columns, as they stand there.
        rows: Its rows, without those that are blank.
    """

    path: Path
    delimiter: str
    header: list[str]
    rows: Iterator[TableRow]


class NamedRow(NamedTuple):
    """A row of a table: the line that it begins in, from 1, and its cells by the columns' names."""

    line: int
    cells: dict[str, str]


def delimiter_of(path: Path, header: str, given: str | None = None) -> str:
    """What separates the cells of a manifest.

    Args:
        path: Its name: .tsv is separated by tabs, .csv by commas.
        header: Its first line, which decides for other names.
        given: What the user says.
    """
    if given:
        return given
    return TABLES.get(path.suffix.lower()) or ("\t" if "\t" in header else ",")


@contextmanager
def opened(path: Path) -> Generator[IO[str]]:
    """A manifest's text: UTF-8 with or without a byte order mark.

    Raises:
        ManifestError: It isn't there, can't be read, or isn't UTF-8.
    """
    try:
        with path.open("rb") as file:
            start = file.read(2)
        if start in _UTF16:
            raise ManifestError(path, "the file is UTF-16, not UTF-8", remedy="Save it as UTF-8.")
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield text
    except OmicsError:  # one of a service may be an OSError too: requests' errors are
        raise
    except UnicodeDecodeError:
        raise ManifestError(path, f"line {_not_utf8(path)} isn't UTF-8", remedy="Save the file as UTF-8.") from None
    except OSError as error:
        raise ManifestError(path, error.strerror or str(error), remedy="Give the path of a manifest.") from error


@contextmanager
def table_of(path: Path, delimiter: str | None = None) -> Generator[Table]:
    """A manifest as a table, open for a block.

    Args:
        path: The manifest.
        delimiter: What separates its cells; by default what its name's ending and its first line say.

    Raises:
        ManifestError: It isn't a table of text, or its header has a name twice.
    """
    with opened(path) as text:
        first = text.readline()
        if not first.strip():
            raise ManifestError(path, "the file is empty", remedy="Its first line names the columns.")
        if "\0" in first:
            raise ManifestError(path, "it isn't a text file", remedy="Give a table of tab- or comma-separated values.")
        separator = delimiter_of(path, first, delimiter)
        take_long_cells()
        header = [name.strip() for name in next(csv.reader([first], delimiter=separator))]
        _check(path, header, separator)
        yield Table(path, separator, header, _rows(path, text, separator, len(header)))


def overlong(row: TableRow, columns: int) -> Fault | None:
    """Find the fault of a row that has values beside its columns; None without one.

    Args:
        row: The row.
        columns: The number of columns.
    """
    if not any(cell.strip() for cell in row.cells[columns:]):
        return None
    reason = f"has {row.given} cells, and there are {columns} columns"
    return Fault(row.line, "", "", reason, "Quote cells that have the separator in them.")


def whole_rows(table: Table) -> Iterator[TableRow]:
    """A table's rows, none of which says more than there are columns for.

    Raises:
        ManifestError: One does.
    """
    for row in table.rows:
        if (fault := overlong(row, len(table.header))) is not None:
            raise ManifestError(table.path, fault)
        yield row


def rows_by_name(table: Table) -> Iterator[NamedRow | Fault]:
    """A table's rows with their cells by the columns' names as they stand in the header, without blanks around them.

    In the place of a row that says more than there are columns for stands what is wrong with it.
    """
    for row in table.rows:
        yield overlong(row, len(table.header)) or NamedRow(
            row.line, dict(zip(table.header, (cell.strip() for cell in row.cells), strict=False))
        )


def _check(path: Path, header: Sequence[str], delimiter: str) -> None:
    twice = [name for place, name in enumerate(header) if name and name in header[:place]]
    if twice:
        raise ManifestError(path, Fault(1, twice[0], "", "stands in the header twice", "Take out one of them."))
    other = "\t" if delimiter != "\t" else ","
    if len(header) == 1 and other in header[0]:
        told = {"\t": "tabs", ",": "commas"}
        raise ManifestError(
            path,
            f"line 1: there is one column, {header[0][:80]!r}, if {told.get(delimiter, delimiter)} separate them",
            remedy=f"Name the file *.{'tsv' if other == chr(9) else 'csv'}, or say that {told[other]} separate its cells.",
        )


def _rows(path: Path, text: IO[str], delimiter: str, columns: int) -> Iterator[TableRow]:
    lines = RowLines(text, delimiter)
    reader = csv.reader(lines, delimiter=delimiter)
    line = 2
    try:
        for cells in reader:
            lines.check()
            given = len(cells)
            if given < columns:
                cells = cells + [""] * (columns - given)
            begin, line = line, reader.line_num + 2
            if given and any(cells):
                yield TableRow(begin, cells, given)
    except csv.Error as error:
        raise ManifestError(
            path, Fault(line, "", "", str(error), "Close the quotes that were opened there.")
        ) from error


def _not_utf8(path: Path) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def line_of(cells: Sequence[object], delimiter: str) -> str:
    """Cells as a line of a table."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue()


def delimiter_for(path: Path, given: str | None = None) -> str:
    """What separates the cells of a table that is written: tabs where its name ends in .tsv, else commas."""
    return given or ("\t" if path.suffix.lower() == ".tsv" else ",")


HEX_MD5 = re.compile(r"[0-9a-fA-F]{32}")
BASE64_MD5 = re.compile(r"[A-Za-z0-9+/]{21}[AQgw]==")
"""128 bits are 22 characters, of which the last has its lower four bits unset."""
_SIZE_CELL = re.compile(r"[0-9]{1,19}")
_MARKS = str.maketrans("[]\"'", "    ")
_OLD_TEXTS = re.compile(r"\bu(?=['\"])")
_HEX_LENGTH = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128, "crc": 8}
_COMMA = re.compile(r",(?=[\s'\"\]]|$)|(?<=['\"]),|,(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_COMMA_OF_PATHS = re.compile(r",(?=/)")


def several(cell: str) -> list[str]:
    """The values of a cell that may have several: separated by blanks, in brackets and quotes if need be.

    Args:
        cell: `a b`, `[a, b]`, `['a', 'b']`, `["a", "b"]`; `%20` is a blank within a value.

    Returns:
        The values, in order, without those that are empty.
    """
    return [value.replace("%20", " ") for value in written(cell)]


def written(cell: str) -> list[str]:
    """The values of a cell that may have several, with `%20` as it stands there."""
    if not any(mark in cell for mark in "[]\"',"):
        return cell.split()
    between = _COMMA.sub(" ", _OLD_TEXTS.sub("", cell) if "u'" in cell or 'u"' in cell else cell)
    between = between.translate(_MARKS).strip()
    if between.startswith("/"):
        between = _COMMA_OF_PATHS.sub(" ", between)
    return [value for part in between.split() if (value := part.strip(","))]


def acl_of(cell: str) -> list[str]:
    """Who may read a file, of a cell: `['open']` alone means everybody, which the index writes as `*`."""
    values = several(cell)
    return ["*"] if cell.lstrip().startswith("[") and [value.lower() for value in values] == ["open"] else values


def cell_of(values: Iterable[str]) -> str:
    """Several values as a cell that `several` reads."""
    return " ".join(value.replace(" ", "%20") for value in values)


def md5_of(cell: str, *, base64: bool = True) -> str | None:
    """An MD5 sum as 32 hexadecimal digits.

    Args:
        cell: The digits, in quotes or not, or their 16 bytes in Base64.
        base64: Whether the latter is read, too.

    Returns:
        The digits in lower case; None where it isn't one.
    """
    text = cell.strip().strip('"')
    if HEX_MD5.fullmatch(text):
        return text.lower()
    return from_base64("md5", text) if base64 and BASE64_MD5.fullmatch(text) else None


def checksum_of(kind: str, cell: str) -> str | None:
    """A checksum as an index has it.

    Args:
        kind: Its kind: md5, sha1, sha256, sha512, crc or etag.
        cell: The value.

    Returns:
        It in lower case; None where it isn't one of that kind.
    """
    text = cell.strip().strip('"').lower()
    if kind == "md5":
        return md5_of(cell)
    if kind == "etag":
        return text if re.fullmatch(r"[0-9a-f]{32}(-[0-9]+)?", text) else None
    return text if re.fullmatch(r"[0-9a-f]+", text) and len(text) == _HEX_LENGTH.get(kind) else None


def size_of(cell: str) -> int | None:
    """A size in bytes; None where it isn't a whole number from 0 to 2**63 - 1."""
    text = cell.strip().strip('"')
    if not _SIZE_CELL.fullmatch(text):
        return None
    number = int(text)
    return number if number < 1 << 63 else None
