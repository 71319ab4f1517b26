"""Manifests as tables: delimiter and columns detected, rows read one by one, cells decoded, and the place of each fault."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from omicsdk.core.batches import repeated
from omicsdk.core.checksums import from_base64
from omicsdk.core.errors import shortened
from omicsdk.core.tables import RowError, is_header, line_of, lines_of, rows_of
from omicsdk.core.type_guards import number_in
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.transfer.disk import output_file

#: Characters of a value that a fault shows.
SHOWN = 120


class Fault(NamedTuple):
    """A fault of a manifest.

    Attributes:
        line: Its line, from 1; the header is line 1. Of a JSON list the number of the entry, from 1.
        column: The column's name as the manifest has it; empty for a fault of the whole line.
        value: The value.
        reason: What is wrong, as it reads after the value.
        remedy: What to do.
        warns: Whether the manifest can be used anyway.
        unit: The unit of `line`: "line" or "entry".
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
        """The place, the value and the reason, in one line without the remedy."""
        where = f"{self.unit} {self.line}" + (f", column {self.column!r}" if self.column else "")
        return f"{where}: {self._complaint}"

    @property
    def summary(self) -> str:
        """The same without the line and with the remedy, for lists by line."""
        text = f"column {self.column!r}: {self._complaint}" if self.column else self._complaint
        return f"{text}. {self.remedy}" if self.remedy else text

    @property
    def _complaint(self) -> str:
        value = f"{shortened(self.value, SHOWN)!r} " if self.value or self.column else ""
        return f"{value}{self.reason}"

    def __str__(self) -> str:
        return f"{self.text}. {self.remedy}" if self.remedy else self.text


class ManifestError(Gen3UserError):
    """A manifest that cannot be used.

    Args:
        path: The manifest.
        fault: The fault; or what is wrong with the whole file.
        remedy: What to do; by default the fault's own remedy.

    Attributes:
        fault: The fault; None for one of the whole file.
    """

    def __init__(self, path: object, fault: Fault | str, *, remedy: str | None = None) -> None:
        problem = fault if isinstance(fault, str) else fault.text
        own_remedy = "" if isinstance(fault, str) else fault.remedy
        super().__init__(f"{path}: {problem}", remedy=own_remedy if remedy is None else remedy)
        self.fault = None if isinstance(fault, str) else fault


# Takes the fault of a row that is left out.
OnFault = Callable[[Fault], None]


GUID, FILE_NAME, SIZE, MD5, URLS = "guid", "file_name", "size", "md5", "urls"
ACL, AUTHZ, PREV_GUID, RECORD_TYPE, PACKAGE_CONTENTS = "acl", "authz", "prev_guid", "record_type", "package_contents"

# The names that manifests have for each column, in lower case (gen3sdk 4.28.5).
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

COMMONS_URL = "commons_url"
# Checksums beside md5 that an index has and a manifest may have.
HASHES = ("sha1", "sha256", "sha512", "crc", "etag")

# The columns that matter to a download, with the names of drs-pull manifests among them.
OF_DOWNLOADS: Mapping[str, tuple[str, ...]] = {
    GUID: ("object_id", "guid", "did", "drs_uri"),
    FILE_NAME: ALIASES[FILE_NAME],
    SIZE: ALIASES[SIZE],
    MD5: ALIASES[MD5],
    COMMONS_URL: ("commons_url",),
    **{kind: (kind,) for kind in HASHES},
}

# Columns of discovery exports, whose GUIDs are those of studies, not of files.
STUDIES = frozenset(["__manifest", "gen3_discovery", "_tag_0"])

OF_BUNDLES: Mapping[str, tuple[str, ...]] = {
    GUID: ALIASES[GUID],
    "name": ("bundle_name", "name"),
    "ids": ("ids", "bundle_ids"),
    "description": ("description",),
    "checksums": ("checksums", "checksum"),
    "type": ("type", "types"),
    "aliases": ("alias", "aliases"),
}


def standard_names(header: Sequence[str], aliases: Mapping[str, Collection[str]] = ALIASES) -> list[str]:
    """Translate the names of a header to the columns' own.

    Args:
        header: The names of the columns in the manifest.
        aliases: The names that each may have, in lower case.

    Returns:
        As many names; unknown ones unchanged.
    """
    standard = {alias: name for name, others in aliases.items() for alias in others}
    return [standard.get(name.strip().lower(), name.strip()) for name in header]


def require_columns(path: object, header: Collection[str], names: Iterable[str]) -> None:
    """Check that a table has columns.

    Args:
        path: The table.
        header: The names of its columns.
        names: The columns that it must have.

    Raises:
        ManifestError: One is missing.
    """
    for name in names:
        if name not in header:
            columns = ", ".join(list(header)[:20])
            raise ManifestError(path, f"line 1: missing column {name!r}", remedy=f"Choose from: {columns}.")


def manifests_in(directory: str | os.PathLike[str], output: str | os.PathLike[str]) -> list[Path]:
    """The manifests of a folder, in the order of their names.

    Args:
        directory: The folder; hidden files are ignored.
        output: The output, which is excluded.

    Raises:
        Gen3UserError: The folder does not exist, or has no manifest.
    """
    folder, target = Path(directory), Path(output)
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise Gen3UserError(f"{folder}: {error.strerror}", remedy="Use the folder of the manifests.") from error
    # By whatever path it is named: an earlier output is no input.
    is_inside = target.parent.is_dir() and target.parent.samefile(folder)
    manifests = [path for path in paths if not (is_inside and path.name == target.name)]
    if not manifests:
        raise Gen3UserError(f"No manifest found in {folder}", remedy="Use the folder of the manifests.")
    return manifests


# Remedy for a file that is none.
A_TABLE = "Use a table of tab- or comma-separated values."
# The separator of cells, by the suffix of a manifest.
TABLES = {".tsv": "\t", ".csv": ","}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class TableRow(NamedTuple):
    """A row of a table.

    Attributes:
        line: The line that it begins in, from 1.
        cells: As many as the header has; those that the row lacks are empty.
        cell_count: How many cells the row has.
    """

    line: int
    cells: list[str]
    cell_count: int


class Table(NamedTuple):
    """A table that is being read.

    Attributes:
        path: The file.
        delimiter: The separator of its cells.
        header: The names of its columns.
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


def delimiter_of(path: Path, delimiter: str | None = None, header: str = "") -> str:
    """Detect the separator of a table's cells.

    Args:
        path: Its name: .tsv is separated by tabs, .csv by commas.
        delimiter: The separator that the user gave.
        header: Its first line, if it exists, which decides for other names; by default they are separated by commas.
    """
    return delimiter or TABLES.get(path.suffix.lower()) or ("\t" if "\t" in header else ",")


@contextmanager
def opened(path: Path) -> Generator[IO[str]]:
    """A manifest's text: UTF-8 with or without a byte order mark.

    Raises:
        ManifestError: It does not exist, cannot be read, is not UTF-8, or has a line that `lines_of` refuses.
    """
    with _reading(path):
        raw = _Manifest(path)
    with io.BufferedReader(raw) as file:
        if file.peek(2)[:2] in _UTF16:
            raise ManifestError(path, "the file is UTF-16, not UTF-8", remedy="Save it as UTF-8.")
        try:
            yield io.TextIOWrapper(file, "utf-8-sig", newline="")
        except RowError as error:
            raise ManifestError(path, Fault(error.line, "", "", str(error), A_TABLE)) from error
        except UnicodeDecodeError:
            raise ManifestError(
                path, f"line {_not_utf8(path)} is not UTF-8", remedy="Save the file as UTF-8."
            ) from None


class _Manifest(io.FileIO):
    """A manifest's bytes. Only their errors are the manifest's, not those of what is done with its rows."""

    def readinto(self, buffer: Any, /) -> int | None:
        with _reading(self.name):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with _reading(self.name):
            return super().readall()


@contextmanager
def _reading(path: object) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise ManifestError(path, error.strerror or str(error), remedy="Use the path of a manifest.") from error


@contextmanager
def table_of(path: Path, delimiter: str | None = None, **dialect: Any) -> Generator[Table]:
    """A manifest as a table, open for a block.

    Args:
        path: The manifest.
        delimiter: The separator of its cells; by default it is detected by suffix and first line.
        **dialect: How csv.reader reads cells; by default they may be quoted.

    Raises:
        ManifestError: It is not a table of text, or its header has a name twice.
    """
    with opened(path) as text:
        lines = lines_of(text)
        first = next(lines, "")
        if not first.strip():
            raise ManifestError(path, "the file is empty", remedy="Name the columns in the first line.")
        if "\0" in first:
            raise ManifestError(path, "it is not a text file", remedy=A_TABLE)
        separator = delimiter_of(path, delimiter, first)
        header = [name.strip() for _, cells in rows_of([first], separator, **dialect) for name in cells]
        _check(path, header, separator)
        rows = rows_of(lines, separator, 2, width=len(header), **dialect)
        yield Table(path, separator, header, _rows(path, rows, header))


def miscounted(row: TableRow, columns: int) -> Fault | None:
    """Return the fault of a row that has more values than columns, or fewer cells; None without one.

    Args:
        row: The row.
        columns: The number of columns.
    """
    if row.cell_count >= columns and not any(cell.strip() for cell in row.cells[columns:]):
        return None
    reason = f"has {row.cell_count} cells, and there are {columns} columns"
    remedy = (
        "Quote cells that have the separator in them."
        if row.cell_count > columns
        else "Complete the row, or remove it."
    )
    return Fault(row.line, "", "", reason, remedy)


def whole_rows(table: Table) -> Iterator[TableRow]:
    """Yield a table's rows.

    Raises:
        ManifestError: A row has another number of cells than there are columns.
    """
    for row in table.rows:
        if (fault := miscounted(row, len(table.header))) is not None:
            raise ManifestError(table.path, fault)
        yield row


def rows_by_name(table: Table) -> Iterator[NamedRow | Fault]:
    """Yield a table's rows with their stripped cells by the header's names, or the fault of a row with a wrong number of cells."""
    for row in table.rows:
        yield miscounted(row, len(table.header)) or NamedRow(
            row.line, dict(zip(table.header, (cell.strip() for cell in row.cells), strict=False))
        )


def _check(path: Path, header: Sequence[str], delimiter: str) -> None:
    if twice := repeated(filter(None, header)):
        raise ManifestError(path, Fault(1, "", twice[0], "is in the header twice", "Remove one of them."))
    other = "\t" if delimiter != "\t" else ","
    if len(header) == 1 and other in header[0]:
        separators = {"\t": "tabs", ",": "commas"}
        raise ManifestError(
            path,
            f"line 1: only one column, {header[0][:80]!r}, if {separators.get(delimiter, delimiter)} separate the columns",
            remedy=f"Name the file *.{'tsv' if other == chr(9) else 'csv'}, or state that {separators[other]} separate its cells.",
        )


def _rows(path: Path, rows: Iterator[tuple[int, list[str]]], header: list[str]) -> Iterator[TableRow]:
    columns = len(header)
    try:
        for line, cells in rows:
            count = len(cells)
            if any(cells) and not is_header(cells, header):
                yield TableRow(line, cells if count >= columns else cells + [""] * (columns - count), count)
    except RowError as error:
        raise ManifestError(
            path, Fault(error.line, "", "", str(error), "Close the quotes that were opened there.")
        ) from error


def _not_utf8(path: Path) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


# Of texts that UTF-8 cannot encode: names of files that are not UTF-8, and lone surrogates of JSON.
ESCAPES = "backslashreplace"


def encoded_row(cells: Iterable[object], delimiter: str, **dialect: Any) -> bytes:
    """Format cells as a line of a table's file; `dialect` is passed to csv.writer."""
    return line_of(cells, delimiter, **dialect).encode("utf-8", ESCAPES)


@contextmanager
def written_table(
    path: str | os.PathLike[str], header: Sequence[object], delimiter: str | None = None
) -> Generator[Callable[[Sequence[object]], object]]:
    """Write a table atomically.

    Args:
        path: The table.
        header: Its first line.
        delimiter: The separator of its cells; by default the one of its suffix.

    Yields:
        A function that writes a row.
    """
    target = Path(path)
    separator = delimiter_of(target, delimiter)
    with output_file(target) as file:
        file.write(encoded_row(header, separator))
        yield lambda cells: file.write(encoded_row(cells, separator))


HEX_MD5 = re.compile(r"[0-9a-fA-F]{32}")
# 128 bits are 22 characters, of which the last has its lower four bits unset.
BASE64_MD5 = re.compile(r"[A-Za-z0-9+/]{21}[AQgw]==")
_GUID = re.compile(r".*[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}")
_QUOTES = str.maketrans("\"'", "  ")
# Programs in Python 2 wrote lists as [u'a', u'b'].
_OLD_TEXTS = re.compile(r"\bu(?=['\"])")
_HEX_LENGTH = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128, "crc": 8}
# URLs may have commas in them: one separates after a quote, and before a blank, a quote, the end or another URL.
_COMMA = re.compile(r",(?=[\s'\"]|$)|(?<=['\"]),|,(?=[A-Za-z][A-Za-z0-9+.-]*://)")
# Resources of authz are paths, which have no scheme to know them by: /a,/b.
_COMMA_OF_PATHS = re.compile(r",(?=/)")


def several(cell: str) -> list[str]:
    """Split a cell that may have several values, separated by spaces, perhaps in brackets and quotes.

    Args:
        cell: `a b`, `[a, b]`, `['a', 'b']`, `["a", "b"]`; `%20` is a space within a value.

    Returns:
        The values in order, without empty ones.
    """
    return [value.replace("%20", " ") for value in written(cell)]


def written(cell: str) -> list[str]:
    """Split a cell that may have several values, with `%20` unchanged."""
    if not any(mark in cell for mark in "[]\"',"):
        return cell.split()
    between = cell.strip(" \t\r\n\"'")
    # Those around a list: keys of objects may have brackets, too.
    if between.startswith("[") or "[" not in between:
        between = between.removeprefix("[").removesuffix("]")
    between = _OLD_TEXTS.sub("", between) if "u'" in between or 'u"' in between else between
    between = _COMMA.sub(" ", between).translate(_QUOTES).strip()
    if between.startswith("/"):
        between = _COMMA_OF_PATHS.sub(" ", between)
    return [value for part in between.split() if (value := part.strip(","))]


def acl_of(cell: str) -> list[str]:
    """The access list of a cell: `['open']` alone means public, which the index writes as `*`."""
    values = several(cell)
    return ["*"] if cell.lstrip().startswith("[") and [value.lower() for value in values] == ["open"] else values


def cell_of(values: Iterable[str]) -> str:
    """Several values as a cell that `several` reads."""
    return " ".join(value.replace(" ", "%20") for value in values)


def md5_of(cell: str, *, base64: bool = True) -> str | None:
    """Decode an MD5 sum to 32 hexadecimal digits.

    Args:
        cell: The digits, in quotes or not, or their 16 bytes in Base64.
        base64: Whether Base64 is accepted.

    Returns:
        The digits in lower case; None for another value.
    """
    text = cell.strip().strip('"')
    if HEX_MD5.fullmatch(text):
        return text.lower()
    return from_base64("md5", text) if base64 and BASE64_MD5.fullmatch(text) else None


def checksum_of(kind: str, cell: str) -> str | None:
    """Convert a checksum to the form of an index.

    Args:
        kind: Its kind: md5, sha1, sha256, sha512, crc or etag.
        cell: The value.

    Returns:
        The checksum in lower case; None for another value.
    """
    text = cell.strip().strip('"').lower()
    if kind == "md5":
        return md5_of(cell)
    if kind == "etag":
        return text if re.fullmatch(r"[0-9a-f]{32}(-[0-9]+)?", text) else None
    return text if re.fullmatch(r"[0-9a-f]+", text) and len(text) == _HEX_LENGTH.get(kind) else None


def is_guid(text: str) -> bool:
    """Whether a text ends in a UUID, as GUIDs do."""
    return _GUID.fullmatch(text) is not None


def size_of(cell: str) -> int | None:
    """Decode a size in bytes; None for anything but a whole number from 0 to 2**63 - 1."""
    return number_in(cell.strip().strip('"'))
