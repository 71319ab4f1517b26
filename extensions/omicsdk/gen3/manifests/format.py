"""The format of manifests: MD5 sums, sizes, URLs and authorization resources checked line by line."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum, unique
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.tables import lines_of
from omicsdk.gen3.manifests import tables
from omicsdk.gen3.manifests.tables import Fault, OnFault


@unique
class Columns(Enum):
    """Columns that a check of the format knows."""

    MD5 = 1
    URL = 2
    SIZE = 3
    AUTHZ = 4


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
    """Compile a pattern of correct lines. Other lines are parsed cell by cell, and may be correct too.

    Args:
        columns: The kind of each column; None for one that is not checked.
        delimiter: The separator of cells, one character.
        protocols: The protocols that URLs may have.
        base64: Whether MD5 sums may be Base64.
        empty: Columns whose cells may be empty.
    """
    end = re.escape(delimiter)
    value = rf"[^\s\"'\[\],{end}]"
    scheme = "|".join(re.escape(protocol) for protocol in protocols) or r"(?!)"
    url = rf"(?:{scheme})://[^\s\"'\[\],/?#{end}]++/[^\s\"'\[\],?#{end}]{value}*+"
    authz = rf"(?:/[^\s\"'\[\],/{end}]++)+"
    # Atomic groups, not possessive ones: before Python 3.11.5, these keep the text of a last turn that fails.
    cells = {
        Columns.MD5: _MD5_OR_BASE64 if base64 else _MD5,
        Columns.SIZE: _SIZE,
        Columns.URL: rf"(?>{url}(?: {url})*)",
        Columns.AUTHZ: rf"(?>{authz}(?: {authz})*)",
        None: rf"[^\"\r\n{end}]*+",
    }
    for column in empty:
        cells[column] = f"(?>(?:{cells[column]})?)"
    return re.compile(end.join(cells[column] for column in columns) + r"\r?\n?")


def raw_cells(line: str, delimiter: str) -> tuple[list[str], str]:
    """Split a line into its cells, with their quotes.

    Args:
        line: The line, without its end.
        delimiter: The separator of cells, one character.

    Returns:
        The cells, and the beginning of one whose quote is not closed in this line; empty if there is none.
    """
    if '"' not in line:
        return line.split(delimiter), ""
    cells, offset = list[str](), 0
    quoted = re.compile(rf'"(?:[^"]++|"")*+"[^{re.escape(delimiter)}]*+')
    while True:
        if line.startswith('"', offset):
            match = quoted.match(line, offset)
            if match is None:
                return cells, line[offset:]
            end = match.end()
        else:
            end = line.find(delimiter, offset)
            end = len(line) if end < 0 else end
        cells.append(line[offset:end])
        if end >= len(line):
            return cells, ""
        offset = end + 1


# The protocols of URLs that are allowed by default (gen3sdk 4.28.5).
PROTOCOLS = ("s3", "gs")
#: Names of the columns in a check, and their names in manifests.
CHECKED: Mapping[Columns, str] = {
    Columns.MD5: tables.MD5,
    Columns.SIZE: tables.SIZE,
    Columns.URL: tables.URLS,
    Columns.AUTHZ: tables.AUTHZ,
}
#: Maximum number of lines of a quoted cell, so that an unclosed quote does not include the whole file.
LINES_OF_A_CELL = 10_000

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^/?#]+/[^?#].*")
_HEX = "is not an MD5 sum"
_BLANKS = "Write %20 for a space in a URL."


class FormatCheck(NamedTuple):
    """The result of a check of the format.

    Attributes:
        rows: Rows that were checked.
        faults: The number of errors.
        warnings: The number of warnings.
    """

    rows: int
    faults: int
    warnings: int

    @property
    def valid(self) -> bool:
        """Whether there are no errors."""
        return not self.faults


@text_is_one_item
def check_format(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str, Columns] | None = None,
    protocols: str | Collection[str] = PROTOCOLS,
    base64_md5: bool = False,
    urls_required: bool = False,
    line_limit: int | None = None,
    delimiter: str | None = None,
    on_fault: OnFault | None = None,
) -> FormatCheck:
    """Check the MD5 sums, sizes, URLs and authorization resources of a manifest.

    Args:
        path: A table separated by tabs, commas, semicolons or bars.
        columns: The kinds of columns by their names; by default those of the names that gen3sdk knows.
        protocols: The protocols that URLs may have, in any case.
        base64_md5: Whether MD5 sums may be Base64, too.
        urls_required: Whether an empty URL is an error, not a warning.
        line_limit: Lines that are checked, the header included; all by default.
        delimiter: The separator of cells; by default it is detected in the first line.
        on_fault: Takes each error, and each warning with `warns`.

    Returns:
        How many rows, errors and warnings there are.

    Raises:
        ManifestError: The file does not exist, cannot be read, or is not text.
    """
    check = _Check(tuple(map(str.lower, protocols)), base64_md5, urls_required, on_fault)
    manifest = Path(path)
    with tables.opened(manifest) as text:
        lines = lines_of(text)
        first = next(lines, "")
        header = check.header(manifest, first, delimiter, columns)
        if header is not None and (line_limit is None or line_limit > 1):
            check.lines(lines, header, line_limit)
    return FormatCheck(check.rows, check.faults, check.warnings)


class _Header(NamedTuple):
    names: list[str]
    kinds: list[Columns | None]
    delimiter: str


class _Check:
    """One check of a manifest, with its counters."""

    def __init__(self, protocols: tuple[str, ...], base64: bool, urls_required: bool, on_fault: OnFault | None) -> None:
        self.rows = self.faults = self.warnings = 0
        self._protocols = protocols
        self._base64 = base64
        self._urls_required = urls_required
        self._on_fault = on_fault

    def _wrong(self, line: int, column: str, value: str, reason: str, remedy: str = "", *, warns: bool = False) -> None:
        self.warnings += warns
        self.faults += not warns
        if self._on_fault is not None:
            self._on_fault(Fault(line, column, value, reason, remedy, warns=warns))

    def header(
        self, path: Path, first: str, delimiter: str | None, columns: Mapping[str, Columns] | None
    ) -> _Header | None:
        """Parse the header; None if the file is empty."""
        if not first.strip():
            self._wrong(1, "", "", "the file is empty", "Name the columns in the first line.")
            return None
        separator = delimiter or self._delimiter(path, first)
        cells, opened = raw_cells(first.rstrip("\r\n"), separator)
        names = [name.strip().strip('"').strip() for name in ([first] if opened else cells)]
        if columns is None:
            kinds_by_alias = {alias: kind for kind, name in CHECKED.items() for alias in tables.ALIASES[name]}
            kinds = [kinds_by_alias.get(name.lower()) for name in names]
        else:
            kinds = [columns.get(name) for name in names]
        for kind in (Columns.MD5, Columns.SIZE, Columns.URL):
            if kind not in kinds:
                reason = f"no column with the {CHECKED[kind]} was found"
                remedy = f"Its column must be named one of: {', '.join(tables.ALIASES[CHECKED[kind]])}."
                self._wrong(1, "", "", reason, remedy, warns=kind is Columns.URL and not self._urls_required)
        return _Header(names, kinds, separator)

    def _delimiter(self, path: Path, first: str) -> str:
        named = tables.TABLES.get(path.suffix.lower(), ",")
        if named in first:
            return named
        separator = next((mark for mark in "\t,;|" if mark in first), named)
        if separator != named and path.suffix.lower() in tables.TABLES:
            reason = f"the name ends in {path.suffix}, and {separator!r} separates the columns"
            self._wrong(1, "", "", reason, "Rename the file.", warns=True)
        return separator

    def lines(self, lines: Iterable[str], header: _Header, limit: int | None) -> None:
        """Check the lines below the header."""
        pattern = partial(right_line, header.kinds, header.delimiter, self._protocols, base64=self._base64)
        optional = [Columns.AUTHZ] if self._urls_required else [Columns.AUTHZ, Columns.URL]
        right, but_empty = pattern().fullmatch, pattern(empty=optional).fullmatch
        numbered = enumerate(lines, 2)
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
        """Warn of the empty cells of a row that is correct otherwise."""
        for name, kind, cell in zip(header.names, header.kinds, cells, strict=True):
            if kind is not None and not cell:
                self._wrong(number, name, cell, "is empty", warns=True)

    def _row(self, number: int, line: str, header: _Header, following: Iterator[tuple[int, str]]) -> bool:
        """Check a row cell by cell; False if it is blank."""
        if not line.strip(f" {header.delimiter}"):
            return False
        cells, opened = raw_cells(line, header.delimiter)
        if opened:
            more = self._longer(number, opened, header.delimiter, following)
            cells = line.split(header.delimiter) if more is None else cells + more
        if len(cells) != len(header.names):
            reason = f"the row has {len(cells)} cells, and there are {len(header.names)} columns"
            self._wrong(number, "", "", reason, warns=True)
        for index, kind in enumerate(header.kinds):
            if kind is not None:
                self._cell(number, header.names[index], kind, cells[index] if index < len(cells) else "")
        return True

    def _longer(
        self, number: int, opened: str, delimiter: str, following: Iterator[tuple[int, str]]
    ) -> list[str] | None:
        """The other cells of a row from one whose quote is not closed in its first line; None if it is never closed."""
        cells, lines = list[str](), [opened]
        for _, more in islice(following, LINES_OF_A_CELL - 1):
            lines.append(more.rstrip("\r\n"))
            if '"' in more.replace('""', ""):  # the open cell ends here: each cell is parsed once
                closed, opened = raw_cells("\n".join(lines), delimiter)
                cells += closed
                if not opened:
                    return cells
                lines = [opened]
        self._wrong(number, "", "", "a quote is opened and never closed", "Close it, or remove it.")
        return None

    def _cell(self, line: int, column: str, kind: Columns, cell: str) -> None:
        if kind is Columns.MD5:
            if tables.md5_of(cell, base64=self._base64) is None or cell != cell.strip():
                self._wrong(line, column, cell, _HEX, _md5_remedy(cell, base64=self._base64))
        elif kind is Columns.SIZE:
            if tables.size_of(cell) is None:
                self._wrong(line, column, cell, "is not a size", "Use a whole number of bytes from 0, without a unit.")
        elif not cell and not (kind is Columns.URL and self._urls_required):
            self._wrong(line, column, cell, "is empty", warns=True)
        elif not (values := tables.written(cell)):
            self._wrong(line, column, cell, "is empty", "Use at least one value.")
        elif kind is Columns.URL:
            wrong = [url for url in values if not self._is_url(url)]
            remedy = f"Write URLs as PROTOCOL://BUCKET/KEY; allowed protocols are {', '.join(self._protocols)}."
            self._check_values(line, column, wrong, len(values), remedy)
        else:
            wrong = [path for path in values if not (path.startswith("/") and all(path.strip("/").split("/")))]
            self._check_values(line, column, wrong, len(values), "Write resources as /programs/a/projects/b.")

    def _check_values(self, line: int, column: str, wrong: Sequence[str], count: int, remedy: str) -> None:
        what = "is not an allowed URL" if "://" in remedy else "is not a resource"
        for value in wrong:
            further = f" {_BLANKS}" if count > 1 and "://" in remedy and "://" not in value else ""
            self._wrong(line, column, value, what, remedy + further)

    def _is_url(self, url: str) -> bool:
        match = _URL.fullmatch(url)
        return match is not None and match[1].lower() in self._protocols


def _md5_remedy(cell: str, *, base64: bool) -> str:
    if cell != cell.strip():
        return "Remove the spaces around it."
    if not base64 and tables.md5_of(cell) is not None:
        return "It is Base64: allow that, or write it as 32 hexadecimal digits."
    return "An MD5 sum has 32 hexadecimal digits" + (", or 24 characters of Base64." if base64 else ".")
