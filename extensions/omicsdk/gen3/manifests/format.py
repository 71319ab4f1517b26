"""The format of manifests of files: what cells mean, entries, and what is wrong with a manifest."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from omicsdk.core.checksums import from_base64
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.manifests.faults import Fault, ManifestError, OnFault
from omicsdk.gen3.manifests.tables import (
    ACL,
    ALIASES,
    AUTHZ,
    FILE_NAME,
    GUID,
    MD5,
    PACKAGE_CONTENTS,
    PREV_GUID,
    RECORD_TYPE,
    SIZE,
    TABLES,
    URLS,
    Columns,
    Table,
    TableRow,
    opened,
    standard_names,
    too_many,
)

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


_MD5 = r"[0-9a-fA-F]{32}"
_MD5_OR_BASE64 = rf"(?:{_MD5}|[A-Za-z0-9+/]{{21}}[AQgw]==)"
_SIZE = r"[0-9]{1,18}"


def right_line(
    columns: Sequence[Columns | None],
    delimiter: str,
    protocols: Collection[str],
    *,
    base64: bool,
    empty: Collection[Columns] = (),
) -> re.Pattern[str]:
    """A pattern of lines that are right. A line that it doesn't match is looked at closely, and may be right.

    Args:
        columns: What each column is; None for one that isn't checked.
        delimiter: What separates cells, one character.
        protocols: The protocols that URLs may have.
        base64: Whether MD5 sums may be Base64.
        empty: Columns whose cells may be empty.
    """
    end = re.escape(delimiter)
    value = rf"[^\s\"'\[\],{end}]"
    scheme = "|".join(re.escape(protocol) for protocol in protocols) or r"(?!)"
    url = rf"(?:{scheme})://[^\s\"'\[\],/?#{end}]++/[^\s\"'\[\],?#{end}]{value}*+"
    authz = rf"(?:/[^\s\"'\[\],/{end}]++)++"
    cells = {
        Columns.MD5: _MD5_OR_BASE64 if base64 else _MD5,
        Columns.SIZE: _SIZE,
        Columns.URL: rf"{url}(?: {url})*+",
        Columns.AUTHZ: rf"{authz}(?: {authz})*+",
        None: rf"[^\"\r\n{end}]*+",
    }
    for column in empty:
        cells[column] = f"(?:{cells[column]})?+"
    return re.compile(end.join(cells[column] for column in columns) + r"\r?\n?")


def raw_cells(line: str, delimiter: str) -> list[str] | None:
    """The cells of a line as they stand there, with their quotes.

    Args:
        line: The line, without its end.
        delimiter: What separates cells, one character.

    Returns:
        The cells; None where a quote at the beginning of a cell isn't closed in this line.
    """
    if '"' not in line:
        return line.split(delimiter)
    cells, place = list[str](), 0
    quoted = re.compile(rf'"(?:[^"]++|"")*+"[^{re.escape(delimiter)}]*+')
    while True:
        if line.startswith('"', place):
            match = quoted.match(line, place)
            if match is None:
                return None
            end = match.end()
        else:
            end = line.find(delimiter, place)
            end = len(line) if end < 0 else end
        cells.append(line[place:end])
        if end >= len(line):
            return cells
        place = end + 1


#: Without these a file can't be indexed.
REQUIRED = (URLS, MD5, SIZE)
_UUID = re.compile(r".*[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}")


class Entry(NamedTuple):
    """What a row says of a file. Where the manifest hasn't the column, it is None: then the record's own value stays.

    Attributes:
        line: Where it stands.
        cells: The cells by the columns' own names, in order, without blanks around them.
        guid: The GUID; empty where the index is to make one.
        md5: The MD5 sum, in lower-case hexadecimal digits.
        size: The size in bytes.
        urls: Where the bytes are.
        acl: Who may read it.
        authz: The resources that say who may do what with it.
        file_name: Its name.
        prev_guid: The GUID of a version before it; empty where it is none's.
        package: Whether it is a package.
        contents: What is in the package, where that is told.
        more: The other columns, which the index has no place for.
    """

    line: int
    cells: dict[str, str]
    guid: str
    md5: str
    size: int
    urls: list[str]
    acl: list[str] | None
    authz: list[str] | None
    file_name: str | None
    prev_guid: str
    package: bool
    contents: list[dict[str, Any]] | None
    more: dict[str, str]


def columns_of(table: Table, required: Sequence[str] = REQUIRED) -> list[str]:
    """The columns of a table by their own names.

    Args:
        table: The table.
        required: Columns that must be there.

    Raises:
        ManifestError: One is missing.
    """
    names = standard_names(table.header)
    for name in required:
        if name not in names:
            raise ManifestError(
                table.path,
                f"line 1: no column is known as that of the {name}",
                remedy=f"It goes by the names {', '.join(ALIASES[name])}.",
            )
    return names


def entries_of(table: Table) -> Iterator[Entry | Fault]:
    """The rows of a table as entries; in the place of each that is wrong, what is wrong with it.

    Args:
        table: The table.

    Raises:
        ManifestError: A column is missing, or the table can't be read on.
    """
    names = columns_of(table)
    shown = {name: table.header[names.index(name)] for name in names}
    for row in table.rows:
        if row.given > len(names):
            yield too_many(row, len(names))
        else:
            yield entry_of(row, names, shown)


def cells_of(row: TableRow, names: Sequence[str]) -> dict[str, str]:
    """A row's cells by the columns' names; those of several columns of URLs are united."""
    cells = dict[str, str]()
    for name, cell in zip(names, row.cells, strict=False):
        text = cell.strip()
        cells[name] = f"{cells[name]} {text}".strip() if cells.get(name) and name == URLS else text
    return cells


def entry_of(row: TableRow, names: Sequence[str], shown: Mapping[str, str]) -> Entry | Fault:
    """A row as an entry, or what is wrong with it.

    Args:
        row: The row.
        names: The columns' own names.
        shown: What the manifest calls them.
    """
    cells = cells_of(row, names)

    def wrong(name: str, reason: str, remedy: str) -> Fault:
        return Fault(row.line, shown[name], cells[name], reason, remedy)

    md5, size = md5_of(cells[MD5]), size_of(cells[SIZE])
    if md5 is None:
        return wrong(MD5, "isn't an MD5 sum", "Give its 32 hexadecimal digits, or its 24 characters of Base64.")
    if size is None:
        return wrong(SIZE, "isn't a size", "Give a whole number of bytes from 0, without a unit.")
    urls = several(cells[URLS])
    if any("://" not in url for url in urls):
        return wrong(URLS, "isn't a list of URLs", "Separate URLs by blanks, and write %20 for a blank in one.")
    prev_guid = cells.get(PREV_GUID, "")
    if prev_guid and not _UUID.fullmatch(prev_guid):
        return wrong(
            PREV_GUID, "isn't a GUID", "A GUID ends in a UUID; leave the cell empty where there is no version."
        )
    record_type = cells.get(RECORD_TYPE, "").lower()
    if record_type not in ("", "object", "package"):
        return wrong(RECORD_TYPE, "isn't a type of record", "Types are object and package.")
    contents = None
    if cells.get(PACKAGE_CONTENTS):
        if record_type != "package":
            return wrong(PACKAGE_CONTENTS, "is told of what is no package", "Say package in the column record_type.")
        contents = contents_of(cells[PACKAGE_CONTENTS])
        if contents is None:
            return wrong(
                PACKAGE_CONTENTS,
                "isn't what packages hold",
                'Write a JSON list like [{"file_name": "a.txt", "size": 1, "hashes": {"md5": "..."}}].',
            )
    return Entry(
        row.line,
        cells,
        cells.get(GUID, ""),
        md5,
        size,
        urls,
        acl_of(cells[ACL]) if ACL in cells else None,
        several(cells[AUTHZ]) if AUTHZ in cells else None,
        cells.get(FILE_NAME),
        prev_guid,
        record_type == "package",
        contents,
        {name: cell for name, cell in cells.items() if name not in ALIASES},
    )


def contents_of(cell: str) -> list[dict[str, Any]] | None:
    """What is in a package, by its cell; None where it isn't told in the form that it has."""
    try:
        told = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    if not is_array(told):
        return None
    contents = [entry for entry in told if is_object(entry) and _is_content(entry)]
    return contents if len(contents) == len(told) else None


def _is_content(entry: Mapping[str, Any]) -> bool:
    name, size, hashes = entry.get("file_name"), entry.get("size"), entry.get("hashes")
    return (
        isinstance(name, str)
        and bool(name)
        and (size is None or (type(size) is int and size >= 0))
        and (hashes is None or (is_object(hashes) and all(isinstance(value, str) for value in hashes.values())))
    )


#: The protocols of URLs that are allowed when nothing is said (gen3sdk 4.28.5).
PROTOCOLS = ("s3", "gs")
#: What a check calls the columns, and under which names it finds them.
CHECKED: Mapping[Columns, str] = {Columns.MD5: MD5, Columns.SIZE: SIZE, Columns.URL: URLS, Columns.AUTHZ: AUTHZ}
#: Lines that a quoted cell may have, so that a quote that is never closed doesn't take in the whole file.
LINES_OF_A_CELL = 10_000

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^/?#]+/[^?#].*")
_HEX = "isn't an MD5 sum"
_BLANKS = "Write %20 for a blank in a URL."


class FormatCheck(NamedTuple):
    """What a check of the format has found.

    Attributes:
        rows: Rows that were looked at.
        faults: How much is wrong.
        warnings: How much is worth a look.
    """

    rows: int
    faults: int
    warnings: int

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def check_format(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str, Columns] | None = None,
    protocols: Collection[str] = PROTOCOLS,
    base64_md5: bool = False,
    urls_required: bool = False,
    line_limit: int | None = None,
    delimiter: str | None = None,
    on_fault: OnFault | None = None,
) -> FormatCheck:
    """Checks the MD5 sums, sizes, URLs and authorization resources of a manifest.

    Args:
        path: A table separated by tabs, commas, semicolons or bars.
        columns: What the columns are, by their names; by default it is told by the names that gen3sdk knows.
        protocols: The protocols that URLs may have.
        base64_md5: Whether MD5 sums may be in Base64, too.
        urls_required: Whether an empty URL is wrong, and not just worth a look.
        line_limit: Lines that are looked at, with that of the columns; all by default.
        delimiter: What separates cells; by default what the first line has.
        on_fault: Takes each thing that is wrong, and with `warns` what is worth a look.

    Returns:
        How many rows there are, and how much is wrong.

    Raises:
        ManifestError: The file isn't there, can't be read, or isn't text.
    """
    check = _Check(tuple(protocols), base64_md5, urls_required, on_fault)
    manifest = Path(path)
    with opened(manifest) as text:
        first = text.readline()
        header = check.header(manifest, first, delimiter, columns)
        if header is not None and (line_limit is None or line_limit > 1):
            check.lines(text, header, line_limit)
    return FormatCheck(check.rows, check.faults, check.warnings)


class _Header(NamedTuple):
    names: list[str]
    kinds: list[Columns | None]
    delimiter: str


class _Check:
    """One run over a manifest, and what it has counted."""

    def __init__(self, protocols: tuple[str, ...], base64: bool, urls_required: bool, on_fault: OnFault | None) -> None:
        self.rows = self.faults = self.warnings = 0
        self._protocols = protocols
        self._base64 = base64
        self._urls_required = urls_required
        self._on_fault = on_fault

    def _wrong(self, line: int, column: str, value: str, reason: str, remedy: str = "") -> None:
        self.faults += 1
        self._tell(Fault(line, column, value, reason, remedy))

    def _odd(self, line: int, column: str, value: str, reason: str, remedy: str = "") -> None:
        self.warnings += 1
        self._tell(Fault(line, column, value, reason, remedy, warns=True))

    def _tell(self, fault: Fault) -> None:
        if self._on_fault is not None:
            self._on_fault(fault)

    def header(
        self, path: Path, first: str, delimiter: str | None, given: Mapping[str, Columns] | None
    ) -> _Header | None:
        """What the first line says; None where there is nothing to check the others by."""
        if not first.strip():
            self._wrong(1, "", "", "the file is empty", "Its first line names the columns.")
            return None
        separator = delimiter or self._delimiter(path, first)
        names = [name.strip().strip('"').strip() for name in (raw_cells(first.rstrip("\r\n"), separator) or [first])]
        if given is None:
            known = {alias: kind for kind, name in CHECKED.items() for alias in ALIASES[name]}
            kinds = [known.get(name.lower()) for name in names]
        else:
            kinds = [given.get(name) for name in names]
        for kind in (Columns.MD5, Columns.SIZE, Columns.URL):
            if kind not in kinds:
                reason = f"no column is known as that of the {CHECKED[kind]}"
                remedy = f"It goes by the names {', '.join(ALIASES[CHECKED[kind]])}."
                told = self._odd if kind is Columns.URL and not self._urls_required else self._wrong
                told(1, "", "", reason, remedy)
        return _Header(names, kinds, separator)

    def _delimiter(self, path: Path, first: str) -> str:
        named = TABLES.get(path.suffix.lower(), ",")
        if named in first:
            return named
        found = next((mark for mark in "\t,;|" if mark in first), named)
        if found != named and path.suffix.lower() in TABLES:
            self._odd(
                1, "", "", f"the name ends in {path.suffix}, and {found!r} separates the columns", "Rename the file."
            )
        return found

    def lines(self, text: IO[str], header: _Header, limit: int | None) -> None:
        """Checks the lines below the header."""
        pattern = partial(right_line, header.kinds, header.delimiter, self._protocols, base64=self._base64)
        optional = [Columns.AUTHZ] if self._urls_required else [Columns.AUTHZ, Columns.URL]
        right, but_empty = pattern().fullmatch, pattern(empty=optional).fullmatch
        numbered = enumerate(text, 2)
        rows = 0
        for number, line in numbered:
            if limit is not None and number > limit:
                break
            rows += 1
            if right(line) is not None:
                continue
            if but_empty(line) is not None:
                self._empty(number, line.rstrip("\r\n").split(header.delimiter), header)
            elif not self._row(number, line.rstrip("\r\n"), header, numbered):
                rows -= 1
        self.rows = rows

    def _empty(self, number: int, cells: Sequence[str], header: _Header) -> None:
        """Tells which cells of a row are empty that is right otherwise."""
        for name, kind, cell in zip(header.names, header.kinds, cells, strict=True):
            if kind is not None and not cell:
                self._odd(number, name, cell, "is empty")

    def _row(self, number: int, line: str, header: _Header, following: Iterator[tuple[int, str]]) -> bool:
        """Looks closely at a row; False where it is blank."""
        if not line.strip(f" {header.delimiter}"):
            return False
        cells = raw_cells(line, header.delimiter)
        if cells is None:
            cells = self._longer(number, line, header.delimiter, following)
        if len(cells) != len(header.names):
            self._odd(number, "", "", f"the row has {len(cells)} cells, and there are {len(header.names)} columns")
        for place, kind in enumerate(header.kinds):
            if kind is not None:
                self._cell(number, header.names[place], kind, cells[place] if place < len(cells) else "")
        return True

    def _longer(self, number: int, line: str, delimiter: str, following: Iterator[tuple[int, str]]) -> list[str]:
        """The cells of a row of which one has several lines."""
        lines = [line]
        for _, more in following:
            lines.append(more.rstrip("\r\n"))
            if '"' in more and (cells := raw_cells("\n".join(lines), delimiter)) is not None:
                return cells
            if len(lines) == LINES_OF_A_CELL:
                break
        self._wrong(number, "", "", "a quote is opened and never closed", "Close it, or take it out.")
        return line.split(delimiter)

    def _cell(self, line: int, column: str, kind: Columns, cell: str) -> None:
        if kind is Columns.MD5:
            if md5_of(cell, base64=self._base64) is None or cell != cell.strip():
                self._wrong(line, column, cell, _HEX, _md5_remedy(cell, base64=self._base64))
        elif kind is Columns.SIZE:
            if size_of(cell) is None:
                self._wrong(line, column, cell, "isn't a size", "Give a whole number of bytes from 0, without a unit.")
        elif not cell and not (kind is Columns.URL and self._urls_required):
            self._odd(line, column, cell, "is empty")
        elif not (values := written(cell)):
            self._wrong(line, column, cell, "is empty", "Give at least one value.")
        elif kind is Columns.URL:
            self._told(line, column, [url for url in values if not self._is_url(url)], len(values), self._url_remedy())
        else:
            wrong = [path for path in values if not _is_resource(path)]
            self._told(line, column, wrong, len(values), "Resources are written as /programs/a/projects/b.")

    def _told(self, line: int, column: str, wrong: Sequence[str], count: int, remedy: str) -> None:
        what = "isn't a URL that is allowed" if "://" in remedy else "isn't a resource"
        for value in wrong:
            further = f" {_BLANKS}" if count > 1 and "://" in remedy and "://" not in value else ""
            self._wrong(line, column, value, what, remedy + further)

    def _is_url(self, url: str) -> bool:
        match = _URL.fullmatch(url)
        return match is not None and match[1].lower() in self._protocols

    def _url_remedy(self) -> str:
        return f"URLs are written as PROTOCOL://BUCKET/KEY, and allowed are {', '.join(self._protocols)}."


def _is_resource(path: str) -> bool:
    return path.startswith("/") and all(path.strip("/").split("/"))


def _md5_remedy(cell: str, *, base64: bool) -> str:
    if cell != cell.strip():
        return "Take out the blanks around it."
    if not base64 and md5_of(cell) is not None:
        return "It is Base64: allow that, or write it as 32 hexadecimal digits."
    return "An MD5 sum has 32 hexadecimal digits" + (", or 24 characters of Base64." if base64 else ".")
