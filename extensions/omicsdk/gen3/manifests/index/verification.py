"""Manifests held against the index: what each row says of its file, and what the record says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from omicsdk.core.narrowing import is_array, is_list, is_object
from omicsdk.gen3.manifests.format.columns import ACL, ALIASES, AUTHZ, FILE_NAME, GUID, MD5, URLS
from omicsdk.gen3.manifests.format.columns import SIZE as SIZE_COLUMN
from omicsdk.gen3.manifests.format.table import NamedRow, rows_by_name, table_of
from omicsdk.gen3.manifests.format.values import acl_of, md5_of, several, size_of
from omicsdk.gen3.manifests.index.records import IndexRows
from omicsdk.gen3.manifests.outputs import Outputs, identity_of
from omicsdk.gen3.manifests.running import FAILED, Outcome, Summary, attempted, failures_beside, run

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth

Parser = Callable[[dict[str, str]], Any]
"""Gives what a row says of a field, by its cells under the columns' names; None where it says nothing."""

RIGHT, WRONG, MISSING = "right", "wrong", "missing"
FIELDS = ("authz", "acl", "file_size", "md5", "urls", "file_name")
"""The fields that are compared, in the order in which they are told."""


def cell_of(row: Mapping[str, str], name: str, further: Sequence[str] = ()) -> str | None:
    """The cell of a column, by any of the names that it goes by; None where there is no such column."""
    names = (*ALIASES[name], *further)
    found = [cell for column, cell in row.items() if column.lower() in names]
    return " ".join(found).strip() if found else None


def _guid(row: dict[str, str]) -> str | None:
    return cell_of(row, GUID, ("did",))


def _md5(row: dict[str, str]) -> str | None:
    cell = cell_of(row, MD5)
    return (md5_of(cell) or cell) if cell else cell


def _size(row: dict[str, str]) -> int | str | None:
    cell = cell_of(row, SIZE_COLUMN)
    size = size_of(cell) if cell else None
    return cell if size is None else size


def _listed(name: str, read: Callable[[str], list[str]]) -> Parser:
    def parser(row: dict[str, str]) -> list[str] | None:
        cell = cell_of(row, name)
        return None if cell is None else read(cell)

    return parser


def _file_name(row: dict[str, str]) -> str | None:
    return cell_of(row, FILE_NAME, ("name",))


PARSERS: Mapping[str, Parser] = {
    "guid": _guid,
    "md5": _md5,
    "file_size": _size,
    "acl": _listed(ACL, acl_of),
    "authz": _listed(AUTHZ, several),
    "urls": _listed(URLS, several),
    "file_name": _file_name,
}
"""How each field is read from a row."""


def verify_manifest(
    endpoint: str,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    auth: Auth | None = None,
    threads: int = 8,
    parsers: Mapping[str, Parser] | None = None,
    delimiter: str | None = None,
    stop: Event | None = None,
    index: IndexRows | None = None,
) -> Summary:
    """Holds a manifest against the index. The same call goes on where an earlier one was interrupted.

    Args:
        endpoint: The commons.
        manifest: A table with the files' GUIDs, and columns of what is to be compared.
        output: The file that is written: a line GUID|FIELD|expected X|actual Y for all that differs.
        auth: Who asks; reading needs nobody.
        threads: How many batches of rows are under way at once, from 1.
        parsers: How fields are read from a row, where otherwise than in `PARSERS`.
        delimiter: What separates the manifest's cells; by default what its name's ending says.
        stop: Ends the run when it is set.
        index: The index that is asked; by default that of the commons.

    Returns:
        How many rows were right, wrong, and missing in the index.

    Raises:
        ManifestError: The manifest can't be read.
        ConnectFailed: The commons can't be reached.
    """
    path, target = Path(manifest), Path(output)
    paths = target, failures_beside(target)
    asked = index or IndexRows(endpoint, auth)
    reading = {**PARSERS, **(parsers or {})}

    def work(rows: Sequence[NamedRow], _perhaps: bool) -> list[Outcome]:
        guids = [str(reading["guid"](row.cells) or "") for row in rows]
        records = asked.found(guids)
        return [
            attempted(row.line, guid, lambda row=row, guid=guid: _verified(row, guid, records.get(guid), reading))
            for row, guid in zip(rows, guids, strict=True)
        ]

    try:
        identity = identity_of(path, endpoint=asked.endpoint)
        with table_of(path, delimiter) as table, Outputs(paths, identity) as outputs:
            return run(rows_by_name(table), work, outputs, paths, threads=threads, stop=stop)
    finally:
        if index is None:
            asked.close()


def _verified(row: NamedRow, guid: str, record: Mapping[str, Any] | None, parsers: Mapping[str, Parser]) -> Outcome:
    if not guid:
        return Outcome(row.line, "", FAILED, error="the row names no file. Fill in its GUID, or take it out.")
    if record is None:
        return Outcome(row.line, guid, MISSING, f"{guid}|no_record|expected {row.cells}|actual None\n")
    found = differing(record, {field: parsers[field](row.cells) for field in FIELDS if field in parsers})
    text = "".join(f"{guid}|{field}|expected {wanted}|actual {actual}\n" for field, wanted, actual in found)
    return Outcome(row.line, guid, WRONG if found else RIGHT, text)


def differing(record: Mapping[str, Any], expected: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """What of a record isn't as expected; the order of lists doesn't matter, nor does None against an empty text.

    Args:
        record: The record.
        expected: Its fields as they should be; None for those that nothing is said of. A name is only missed where there is none.

    Returns:
        Each field with what was expected and what there is.
    """
    hashes = record.get("hashes")
    held = {**record, "file_size": record.get("size"), "md5": hashes.get("md5") if is_object(hashes) else None}
    found = list[tuple[str, Any, Any]]()
    for field, wanted in expected.items():
        actual = held.get(field)
        if wanted is None:
            continue
        if field == "file_name":
            differs = bool(wanted) and not actual
        elif is_list(wanted):
            differs = sorted(map(str, wanted)) != sorted(map(str, actual if is_array(actual) else []))
        else:
            differs = wanted != actual and not (wanted == "" and actual in (None, ""))
        if differs:
            found.append((field, wanted, actual))
    return found
