"""Rows of a manifest of files that is indexed: what each says of its file, read and checked. Pure but for reading."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.format.columns import (
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
    URLS,
    standard_names,
)
from omicsdk.gen3.manifests.format.table import Table, TableRow, too_many
from omicsdk.gen3.manifests.format.values import acl_of, md5_of, several, size_of

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
