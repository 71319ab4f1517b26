"""Rows of manifests: the files of downloads, from indexd's tables and drs-pull's JSON, and the entries of an index."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from omicsdk.core.errors import DecodeError
from omicsdk.core.json_coding import decoded
from omicsdk.core.type_guards import is_array, is_number, is_object
from omicsdk.gen3.manifests import tables
from omicsdk.gen3.manifests.tables import Fault, ManifestError, OnFault, Table, TableRow
from omicsdk.gen3.records.exports import rows_of as objects_of
from omicsdk.transfer.names import wrong_with

_NAMES_FILES = f"Name the column with the files' GUIDs one of: {', '.join(tables.OF_DOWNLOADS[tables.GUID])}."


def _check_no_studies(path: Path, columns: Collection[str]) -> None:
    if not tables.STUDIES.isdisjoint(columns):
        remedy = "Use `omics get`, which takes the files of __manifest, or export the manifest of the selected studies."
        raise ManifestError(path, "it is a discovery export, which lists studies", remedy=remedy)


class Row(NamedTuple):
    """A file that a manifest names.

    Attributes:
        guid: Its GUID or DRS URI.
        file_name: Its name; empty if the manifest does not state it.
        size: Its size in bytes; None if the manifest does not state it.
        checksums: Its checksums by kind (md5, sha1, sha256, sha512, crc, etag), in lower-case hexadecimal digits.
        commons_url: The commons that has it; empty if the manifest does not state it.
        line: The line of a table, the number of an entry of a JSON list, from 1.
    """

    guid: str
    file_name: str
    size: int | None
    checksums: dict[str, str]
    commons_url: str
    line: int

    @property
    def object_id(self) -> str:
        """The GUID, by the name that drs-pull manifests have for it."""
        return self.guid


def rows_of(
    path: str | os.PathLike[str],
    *,
    delimiter: str | None = None,
    on_fault: OnFault | None = None,
    complete: bool = True,
) -> Iterator[Row]:
    """Read the files that a manifest names, one by one: it may be long.

    Args:
        path: A table as those of an index (separated by tabs where its name ends in .tsv, else by commas, names of columns
            as gen3sdk knows them), or a JSON list as drs-pull reads it (object_id, file_name, file_size, md5sum, commons_url).
        delimiter: The separator of a table's cells; by default the one of its suffix.
        on_fault: Takes the fault of a row, which is left out; by default it is raised.
        complete: Whether a row with fewer cells than there are columns is a fault; otherwise those that it lacks are empty.

    Raises:
        ManifestError: It is not a manifest, no column names the files, or a row is wrong.
    """
    manifest = Path(path)
    report = on_fault or _raised(manifest)
    if delimiter is None and _is_json(manifest):
        yield from _of_json(manifest, report)
    else:
        yield from _of_table(manifest, delimiter, report, complete)


def _raised(path: Path) -> OnFault:
    def raised(fault: Fault) -> None:
        raise ManifestError(path, fault)

    return raised


def _is_json(path: Path) -> bool:
    if path.suffix.lower() in (".tsv", ".csv"):
        return False
    with tables.opened(path) as text:
        return path.suffix.lower() == ".json" or text.read(1024).lstrip()[:1] in ("[", "{")


def _of_table(path: Path, delimiter: str | None, on_fault: OnFault, complete: bool) -> Iterator[Row]:
    with tables.table_of(path, delimiter) as table:
        _check_no_studies(path, table.header)
        names = tables.standard_names(table.header, tables.OF_DOWNLOADS)
        if tables.GUID not in names:
            raise ManifestError(path, "line 1: no column names the files", remedy=_NAMES_FILES)
        places = [(name, index) for index, name in enumerate(names) if name in tables.OF_DOWNLOADS]
        headings = {name: table.header[index] for name, index in reversed(places)}
        for row in table.rows:
            columns = len(table.header) if complete else min(row.cell_count, len(table.header))
            if (fault := tables.miscounted(row, columns)) is not None:
                on_fault(fault)
                continue
            read = _row(cells_of((name, row.cells[index]) for name, index in places), row.line, headings, on_fault)
            if read is not None:
                yield read


def _of_json(path: Path, on_fault: OnFault) -> Iterator[Row]:
    aliases = {alias: name for name, others in tables.OF_DOWNLOADS.items() for alias in others}
    number = 0
    try:
        with tables.opened(path) as text:
            for number, entry in enumerate(
                objects_of(lambda size: text.read(size).encode(), str(path), joined=True), 1
            ):
                _check_no_studies(path, entry)
                cells, headings = _cells(entry, aliases)
                if (fault := _not_text(entry, headings, number)) is not None:
                    on_fault(fault)
                    continue
                read = _row(cells, number, headings, on_fault, "entry")
                if read is not None:
                    yield read
    except DecodeError as error:
        where = f"entry {number + 1}" if error.field == "a row" else error.field
        raise ManifestError(
            path,
            f"it is not a JSON list of objects: {where} is {str(error.value)[:80]!r}",
            remedy='Write a list such as [{"object_id": "dg.1234/...", "file_name": "a.bam"}].',
        ) from error


def _not_text(entry: Mapping[str, Any], headings: Mapping[str, str], number: int) -> Fault | None:
    """The fault of an entry whose GUID or name is another value: its text would be one that was not given."""
    remedies = {tables.GUID: "Write the GUID as text.", tables.FILE_NAME: "Correct the name, or leave it out."}
    for name, remedy in remedies.items():
        if name in headings and not isinstance(value := entry[headings[name]], str):
            return Fault(number, headings[name], str(value), wrong_with(value), remedy, unit="entry")
    return None


def _cells(entry: Mapping[str, Any], aliases: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """An entry's values as texts by the columns' own names, and the entry's names for them."""
    cells, headings = dict[str, str](), dict[str, str]()
    for key, value in entry.items():
        if key in ("hashes", "checksums") and is_object(value):
            # Objects of an index and of DRS are entries, too: their checksums are one member.
            cells |= {kind: str(checksum) for kind, checksum in value.items() if kind in (tables.MD5, *tables.HASHES)}
        elif (name := aliases.get(key.lower())) is not None and value is not None and not cells.get(name):
            cells[name], headings[name] = _text(value), key
    return cells, headings


def _text(value: Any) -> str:
    # pandas writes sizes as 3.0 where a row of the column has none.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _row(
    cells: Mapping[str, str], line: int, headings: Mapping[str, str], on_fault: OnFault, unit: str = "line"
) -> Row | None:
    """A row; None if it is wrong, after its fault was passed on."""

    def wrong(name: str, reason: str, remedy: str) -> None:
        on_fault(Fault(line, headings.get(name, name), cells.get(name, ""), reason, remedy, unit=unit))

    guid = cells.get(tables.GUID, "").strip()
    if not guid:
        return wrong(tables.GUID, "names no file", "Fill in the file's GUID, or remove the row.")
    name = cells.get(tables.FILE_NAME, "").strip()
    if name and (reason := wrong_with(name)):
        return wrong(tables.FILE_NAME, reason, "Correct the name, or leave it empty.")
    size = None
    if text := cells.get(tables.SIZE, "").strip():
        size = tables.size_of(text)
        if size is None:
            return wrong(tables.SIZE, "is not a size in bytes", "Use a whole number from 0, without a unit.")
    checksums = dict[str, str]()
    for kind in (tables.MD5, *tables.HASHES):
        if text := cells.get(kind, "").strip():
            checksum = tables.checksum_of(kind, text)
            if checksum is None:
                return wrong(kind, f"is not {_an(kind)} checksum", "Correct it, or leave it empty.")
            checksums[kind] = checksum
    return Row(guid, name, size, checksums, cells.get(tables.COMMONS_URL, "").strip().rstrip("/"), line)


def _an(kind: str) -> str:
    return f"{'an' if kind[0] in 'aemos' and kind != 'crc' else 'a'} {kind}"


# Columns without which a file cannot be indexed.
REQUIRED = (tables.URLS, tables.MD5, tables.SIZE)


class Entry(NamedTuple):
    """A file of a manifest for the index. A field is None if its column is missing: the record's value is kept then.

    Attributes:
        line: Its line.
        cells: The cells by the columns' own names, in order, without spaces around them.
        guid: The GUID; empty if the index assigns one.
        md5: The MD5 sum, in lower-case hexadecimal digits.
        size: The size in bytes.
        urls: The URLs of its bytes.
        acl: Its access list.
        authz: The resources that control access to it.
        file_name: Its name.
        prev_guid: The GUID of an earlier version; empty for a new file.
        package: Whether it is a package.
        contents: The contents of the package, where they are stated.
        more: The other columns, which the index does not have.
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
    """Translate the columns of a table to their own names.

    Args:
        table: The table.
        required: Columns that the table must have.

    Raises:
        ManifestError: One is missing.
    """
    names = tables.standard_names(table.header)
    for name in required:
        if name not in names:
            raise ManifestError(
                table.path,
                f"line 1: no column with the {name} was found",
                remedy=f"Its column must be named one of: {', '.join(tables.ALIASES[name])}.",
            )
    return names


def entries_of(table: Table) -> Iterator[Entry | Fault]:
    """Yield the rows of a table as entries, or the fault of each that is wrong.

    Args:
        table: The table.

    Raises:
        ManifestError: A column is missing, or the table is malformed.
    """
    names = columns_of(table)
    headings = {name: table.header[names.index(name)] for name in names}
    for row in table.rows:
        yield tables.miscounted(row, len(names)) or entry_of(row, names, headings)


# What of several columns has to agree, and how it is decoded.
_AGREEING: Mapping[str, Callable[[str], object]] = {tables.MD5: tables.md5_of, tables.SIZE: tables.size_of}


def cells_of(named_cells: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a row's cells by the columns' own names.

    Manifests of buckets have a column for each cloud. Of several columns of one name the first with a value counts; URLs
    are united. So are MD5 sums or sizes that contradict each other, which are none together, and thus a fault.

    Args:
        named_cells: The cells in order, each with its column's own name.
    """
    cells = dict[str, str]()
    for name, cell in named_cells:
        text, earlier = cell.strip(), cells.get(name, "")
        decode = _AGREEING.get(name)
        is_more = name == tables.URLS or (decode is not None and decode(text) != decode(earlier))
        cells[name] = f"{earlier} {text}" if text and earlier and is_more else earlier or text
    return cells


def entry_of(row: TableRow, names: Sequence[str], headings: Mapping[str, str]) -> Entry | Fault:
    """Decode a row to an entry, or its fault.

    Args:
        row: The row.
        names: The columns' own names.
        headings: The names that the manifest has for them.
    """
    cells = cells_of(zip(names, row.cells, strict=False))

    def wrong(name: str, reason: str, remedy: str) -> Fault:
        return Fault(row.line, headings[name], cells[name], reason, remedy)

    md5, size = tables.md5_of(cells[tables.MD5]), tables.size_of(cells[tables.SIZE])
    if md5 is None:
        return wrong(tables.MD5, "is not an MD5 sum", "Use its 32 hexadecimal digits, or its 24 characters of Base64.")
    if size is None:
        return wrong(tables.SIZE, "is not a size", "Use a whole number of bytes from 0, without a unit.")
    urls = tables.several(cells[tables.URLS])
    if any("://" not in url for url in urls):
        return wrong(
            tables.URLS, "is not a list of URLs", "Separate URLs by spaces, and write %20 for a space in a URL."
        )
    prev_guid = cells.get(tables.PREV_GUID, "")
    if prev_guid and not tables.is_guid(prev_guid):
        return wrong(
            tables.PREV_GUID, "is not a GUID", "A GUID ends in a UUID; leave the cell empty where there is no version."
        )
    record_type = cells.get(tables.RECORD_TYPE, "").lower()
    if record_type not in ("", "object", "package"):
        return wrong(tables.RECORD_TYPE, "is not a type of record", "Types are object and package.")
    contents = None
    if cells.get(tables.PACKAGE_CONTENTS):
        if record_type != "package":
            return wrong(
                tables.PACKAGE_CONTENTS,
                "is given for a record that is not a package",
                "Write package in the column record_type.",
            )
        contents = contents_of(cells[tables.PACKAGE_CONTENTS])
        if contents is None:
            return wrong(
                tables.PACKAGE_CONTENTS,
                "is not the contents of a package",
                'Write a JSON list like [{"file_name": "a.txt", "size": 1, "hashes": {"md5": "..."}}].',
            )
    return Entry(
        row.line,
        cells,
        cells.get(tables.GUID, ""),
        md5,
        size,
        urls,
        tables.acl_of(cells[tables.ACL]) if tables.ACL in cells else None,
        tables.several(cells[tables.AUTHZ]) if tables.AUTHZ in cells else None,
        cells.get(tables.FILE_NAME),
        prev_guid,
        record_type == "package",
        contents,
        {name: cell for name, cell in cells.items() if name not in tables.ALIASES},
    )


def contents_of(cell: str) -> list[dict[str, Any]] | None:
    """Decode the contents of a package; None if the cell is malformed."""
    try:
        payload = decoded(cell)
    except ValueError:
        return None
    if not is_array(payload):
        return None
    contents = [entry for entry in payload if is_object(entry) and _is_content(entry)]
    return contents if len(contents) == len(payload) else None


def _is_content(entry: Mapping[str, Any]) -> bool:
    name, size, hashes = entry.get("file_name"), entry.get("size"), entry.get("hashes")
    return (
        isinstance(name, str)
        and bool(name)
        and (size is None or is_number(size))
        and (hashes is None or (is_object(hashes) and all(isinstance(value, str) for value in hashes.values())))
    )
