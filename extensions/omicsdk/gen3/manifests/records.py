"""Manifests of an index's records: read from it, verified against it, and deleted with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import Interrupted
from omicsdk.core.narrowing import is_array, is_list, is_object
from omicsdk.gen3.index_records import PAGE
from omicsdk.gen3.manifests.faults import Fault
from omicsdk.gen3.manifests.format import Entry, acl_of, cell_of, entries_of, md5_of, several, size_of
from omicsdk.gen3.manifests.indexing import IndexRows
from omicsdk.gen3.manifests.rows import Row, rows_of
from omicsdk.gen3.manifests.runs import (
    FAILED,
    Outcome,
    Outputs,
    Summary,
    attempted,
    delimiter_for,
    failures_beside,
    identity_of,
    line_of,
    run,
)
from omicsdk.gen3.manifests.tables import (
    ACL,
    ALIASES,
    AUTHZ,
    FILE_NAME,
    GUID,
    MD5,
    URLS,
    NamedRow,
    rows_by_name,
    table_of,
)
from omicsdk.gen3.manifests.tables import SIZE as SIZE_COLUMN

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth


COLUMNS = ("guid", "urls", "authz", "acl", "md5", "file_size", "file_name")
"""The columns of a manifest that is made of the index (gen3sdk 4.28.5)."""
READ = "read"


def cells_of(record: Mapping[str, Any]) -> list[object]:
    """A record as the cells of a manifest; values that aren't there are empty."""
    hashes = record.get("hashes")
    told = [
        record.get("did"),
        *(_several(record.get(name)) for name in ("urls", "authz", "acl")),
        hashes.get("md5") if is_object(hashes) else None,
        record.get("size"),
        record.get("file_name"),
    ]
    return ["" if value is None else value for value in told]


def _several(values: object) -> str:
    return cell_of(str(value) for value in values) if is_array(values) else ""


def download_manifest(
    endpoint: str,
    output: str | os.PathLike[str],
    *,
    manifest: str | os.PathLike[str] | None = None,
    auth: Auth | None = None,
    threads: int = 8,
    delimiter: str | None = None,
    stop: Event | None = None,
    index: IndexRows | None = None,
) -> Summary:
    """Writes the records of an index as a manifest. The same call goes on where an earlier one was interrupted.

    Args:
        endpoint: The commons.
        output: The table that is written, with the columns of `COLUMNS`; separated by tabs where its name ends in .tsv.
        manifest: A manifest with the MD5 sums and sizes of the files whose records are wanted; all records by default.
        auth: Who asks; reading needs nobody.
        threads: How many batches of rows of that manifest are under way at once, from 1.
        delimiter: What separates that manifest's cells; by default what its name's ending says.
        stop: Ends the run when it is set.
        index: The index that is asked; by default that of the commons.

    Returns:
        How many records were read; rows without a record are in a file of failures beside the output.

    Raises:
        ManifestError: The manifest can't be read.
        ConnectFailed: The commons can't be reached.
    """
    target = Path(output)
    asked = index or IndexRows(endpoint, auth)
    try:
        if manifest is not None:
            return _of_manifest(asked, Path(manifest), target, threads, delimiter, stop)
        return _of_all(asked, target, stop)
    finally:
        if index is None:
            asked.close()


def _of_all(index: IndexRows, target: Path, stop: Event | None) -> Summary:
    separator = delimiter_for(target)
    with Outputs(
        [target], {"endpoint": index.endpoint, "columns": COLUMNS, "delimiter": separator}, 20 * PAGE
    ) as outputs:
        if outputs.fresh:
            outputs.write(0, line_of(COLUMNS, separator))
        rows = outputs.rows
        for records in index.pages_after(outputs.place):
            if stop is not None and stop.is_set():
                raise Interrupted("The reading of the index was stopped", remedy="The same call goes on where it was.")
            for record in records:
                outputs.write(0, line_of(cells_of(record), separator))
            outputs.counts[READ] += len(records)
            outputs.place = str(records[-1]["did"])
            rows += len(records)
            outputs.done(len(records))
        outputs.finish()
        return Summary(rows, dict(outputs.counts), target, None, ())


def _of_manifest(
    index: IndexRows, path: Path, target: Path, threads: int, delimiter: str | None, stop: Event | None
) -> Summary:
    paths, separator = (target, failures_beside(target)), delimiter_for(target)

    def record(entry: Entry) -> Outcome:
        records = index.with_md5(entry.md5, entry.size)
        if not records:
            error = f"the index has no record with the MD5 sum {entry.md5} and {entry.size} bytes"
            return Outcome(entry.line, entry.guid, FAILED, error=error)
        text = "".join(line_of(cells_of(each), separator) for each in records)
        return Outcome(entry.line, entry.guid, READ, text)

    def work(entries: Sequence[Entry], _perhaps: bool) -> list[Outcome]:
        return [attempted(entry.line, entry.guid, lambda entry=entry: record(entry)) for entry in entries]

    identity, header = identity_of(path, endpoint=index.endpoint, to=separator), line_of(COLUMNS, separator)
    with table_of(path, delimiter) as table, Outputs(paths, identity) as outputs:
        return run(entries_of(table), work, outputs, paths, threads=threads, batch=10, header=header, stop=stop)


Parser = Callable[[dict[str, str]], Any]
"""Gives what a row says of a field, by its cells under the columns' names; None where it says nothing."""

RIGHT, WRONG, MISSING = "right", "wrong", "missing"
FIELDS = ("authz", "acl", "file_size", "md5", "urls", "file_name")
"""The fields that are compared, in the order in which they are told."""


def named_cell(row: Mapping[str, str], name: str, further: Sequence[str] = ()) -> str | None:
    """The cell of a column, by any of the names that it goes by; None where there is no such column."""
    names = (*ALIASES[name], *further)
    found = [cell for column, cell in row.items() if column.lower() in names]
    return " ".join(found).strip() if found else None


def _guid(row: dict[str, str]) -> str | None:
    return named_cell(row, GUID, ("did",))


def _md5(row: dict[str, str]) -> str | None:
    cell = named_cell(row, MD5)
    return (md5_of(cell) or cell) if cell else cell


def _size(row: dict[str, str]) -> int | str | None:
    cell = named_cell(row, SIZE_COLUMN)
    size = size_of(cell) if cell else None
    return cell if size is None else size


def _listed(name: str, read: Callable[[str], list[str]]) -> Parser:
    def parser(row: dict[str, str]) -> list[str] | None:
        cell = named_cell(row, name)
        return None if cell is None else read(cell)

    return parser


def _file_name(row: dict[str, str]) -> str | None:
    return named_cell(row, FILE_NAME, ("name",))


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


DELETED, GONE = "deleted", "gone"


def delete_guids(
    auth: Auth,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    endpoint: str | None = None,
    threads: int = 8,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Deletes the index records of all files that a manifest names. The files' bytes stay where they are.

    Args:
        auth: Who asks.
        manifest: A manifest as `rows_of` reads it.
        output: The file that is written, a line for each GUID with what became of it; by default the manifest's name with
            .deleted.tsv.
        endpoint: The commons; by default that of `auth`.
        threads: How many batches of rows are under way at once, from 1.
        delimiter: What separates the cells; by default what its name's ending says.
        stop: Ends the run when it is set.

    Returns:
        How many were deleted, and how many weren't there.

    Raises:
        ManifestError: The manifest can't be read, or no column names the files.
    """
    path = Path(manifest)
    target = Path(output) if output is not None else path.with_name(f"{path.stem}.deleted.tsv")
    paths = target, failures_beside(target)

    with IndexRows(endpoint, auth) as index:

        def deleted(row: Row) -> Outcome:
            state = DELETED if index.deleted(row.guid) else GONE
            return Outcome(row.line, row.guid, state, f"{row.guid}\t{state}\n")

        def work(rows: Sequence[Row], _perhaps: bool) -> list[Outcome]:
            return [attempted(row.line, row.guid, lambda row=row: deleted(row)) for row in rows]

        with Outputs(paths, identity_of(path, endpoint=index.endpoint, deletes=True)) as outputs:
            rows = _rows(path, delimiter)
            return run(rows, work, outputs, paths, threads=threads, batch=10, header="guid\tstate\n", stop=stop)


def _rows(path: Path, delimiter: str | None) -> Iterator[Row | Fault]:
    """The rows, and in the place of each that is wrong what is wrong with it."""
    faults = list[Fault]()
    for row in rows_of(path, delimiter=delimiter, on_fault=faults.append):
        yield from faults
        faults.clear()
        yield row
    yield from faults
