"""Manifests as tables: opened, their delimiter and columns found, their rows read one by one."""

from __future__ import annotations

import csv
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum, unique
from pathlib import Path
from typing import IO, NamedTuple

from omicsdk.core.errors import OmicsError
from omicsdk.core.long_cells import take_long_cells
from omicsdk.core.row_lines import RowLines
from omicsdk.gen3.manifests.faults import Fault, ManifestError

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


@unique
class Columns(Enum):
    """Columns that a check of the format knows."""

    MD5 = 1
    URL = 2
    SIZE = 3
    AUTHZ = 4


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


def beside(row: TableRow, columns: int) -> Fault | None:
    """What is wrong with a row that says more than there are columns for; None where nothing is.

    Args:
        row: The row.
        columns: How many there are.
    """
    return too_many(row, columns) if any(cell.strip() for cell in row.cells[columns:]) else None


def too_many(row: TableRow, columns: int) -> Fault:
    """What is wrong with a row of more cells than there are columns.

    Args:
        row: The row.
        columns: How many there are.
    """
    reason = f"has {row.given} cells, and there are {columns} columns"
    return Fault(row.line, "", "", reason, "Quote cells that have the separator in them.")


def whole_rows(table: Table) -> Iterator[TableRow]:
    """A table's rows, none of which says more than there are columns for.

    Raises:
        ManifestError: One does.
    """
    for row in table.rows:
        if (fault := beside(row, len(table.header))) is not None:
            raise ManifestError(table.path, fault)
        yield row


def rows_by_name(table: Table) -> Iterator[NamedRow | Fault]:
    """A table's rows with their cells by the columns' names as they stand in the header, without blanks around them.

    In the place of a row that says more than there are columns for stands what is wrong with it.
    """
    for row in table.rows:
        yield beside(row, len(table.header)) or NamedRow(
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
