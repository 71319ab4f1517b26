"""Manifests of an index's records: read from it, verified against it, and deleted with it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from omicsdk_api.gen3.indexd.models.output_info import OutputInfo

from omicsdk.core.batches import batches
from omicsdk.core.errors import Interrupted, UsageError
from omicsdk.core.tables import line_of
from omicsdk.core.type_guards import is_list
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.index_records import PAGE, IndexRecords, md5_in
from omicsdk.gen3.manifests import tables
from omicsdk.gen3.manifests.rows import Entry, Row, entries_of, rows_of
from omicsdk.gen3.manifests.runs import BATCH, FAILED, Outcome, Outputs, Summary, attempted, outputs_of, run
from omicsdk.gen3.manifests.tables import Fault, NamedRow

# The columns of a manifest that is read from the index (gen3sdk 4.28.5).
COLUMNS = ("guid", "urls", "authz", "acl", "md5", "file_size", "file_name")
READ = "read"
RIGHT, WRONG, MISSING = "right", "wrong", "missing"
DELETED, GONE = "deleted", "gone"


def cells_of(record: OutputInfo) -> list[object]:
    """A record as the cells of a manifest; missing values are empty."""
    lists = (tables.cell_of(values or ()) for values in (record.urls, record.authz, record.acl))
    cells = [record.did, *lists, md5_in(record), record.size, record.file_name]
    return ["" if value is None else value for value in cells]


def read_index(
    client: Gen3,
    output: str | os.PathLike[str],
    *,
    manifest: str | os.PathLike[str] | None = None,
    threads: int = 8,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Write the records of the index as a manifest.

    Repeat the call to resume after an interruption.

    Args:
        output: File for the records; separated by tabs if its suffix is .tsv, else by commas.
        manifest: Manifest with the MD5 sums and sizes of the files whose records are read; by default all records.
        threads: Number of batches of rows of that manifest to request concurrently, 1 or more.
        delimiter: The separator of that manifest's cells; by default the one of its suffix.
        stop: Stops the run when set.

    Returns:
        How many records were read; rows without a record are in a file of failures beside the output.

    Raises:
        ManifestError: The manifest cannot be read.
        UsageError: `delimiter` is passed without a manifest.
        ConnectFailed: The commons cannot be reached.
    """
    target, index = Path(output), IndexRecords(client)
    separator = tables.delimiter_of(target)
    if manifest is None:
        if delimiter is not None:
            raise UsageError(
                "a delimiter is that of a manifest, and none is named", remedy="Name the manifest, or omit it."
            )
        return _all_records(client.base_url, index, target, separator, stop)

    def read(entry: Entry) -> Outcome:
        records = index.with_md5(entry.md5, entry.size)
        if not records:
            error = f"the index has no record with the MD5 sum {entry.md5} and {entry.size} bytes"
            return Outcome(entry.line, entry.guid, FAILED, error=error)
        text = "".join(line_of(cells_of(record), separator) for record in records)
        return Outcome(entry.line, entry.guid, READ, text)

    def work(entries: Sequence[Entry], _perhaps: bool) -> list[Outcome]:
        return [attempted(entry.line, entry.guid, lambda entry=entry: read(entry)) for entry in entries]

    outputs = outputs_of(manifest, target, index=client.base_url, to=separator)
    with tables.table_of(Path(manifest), delimiter) as table, outputs:
        header = line_of(COLUMNS, separator)
        return run(entries_of(table), work, outputs, threads=threads, batch=10, header=header, stop=stop)


def _all_records(commons: str, index: IndexRecords, target: Path, separator: str, stop: Event | None) -> Summary:
    identity = {"index": commons, "columns": COLUMNS, "to": separator}
    with Outputs([target], identity, 20 * PAGE) as outputs:
        if outputs.fresh:
            outputs.write(0, line_of(COLUMNS, separator))
        for records in index.pages_after(outputs.resume_after):
            if stop is not None and stop.is_set():
                raise Interrupted("Reading the index was stopped", remedy="Repeat the call to resume.")
            for record in records:
                outputs.write(0, line_of(cells_of(record), separator))
            outputs.counts[READ] += len(records)
            outputs.resume_after = records[-1].did or ""
            outputs.count_done(len(records))
        outputs.finish()
        return Summary(outputs.rows, dict(outputs.counts), target, None, ())


# Reads a field of a row, by its cells under the columns' names; None where the row does not state it.
Parser = Callable[[dict[str, str]], Any]

# The fields that are compared, in the order in which they are reported.
FIELDS = ("authz", "acl", "file_size", "md5", "urls", "file_name")


def _parser(name: str, read: Callable[[str], Any], further: Sequence[str] = ()) -> Parser:
    """A parser of the column that has any of the names of `name`; several of them are united."""
    names = (*tables.ALIASES[name], *further)

    def parser(row: dict[str, str]) -> Any:
        cells = [cell for column, cell in row.items() if column.lower() in names]
        return read(" ".join(cells).strip()) if cells else None

    return parser


def _size(cell: str) -> int | str:
    size = tables.size_of(cell)
    return cell if size is None else size


PARSERS: Mapping[str, Parser] = {
    "guid": _parser(tables.GUID, str, ("did",)),
    "md5": _parser(tables.MD5, lambda cell: tables.md5_of(cell) or cell),
    "file_size": _parser(tables.SIZE, _size),
    "acl": _parser(tables.ACL, tables.acl_of),
    "authz": _parser(tables.AUTHZ, tables.several),
    "urls": _parser(tables.URLS, tables.several),
    "file_name": _parser(tables.FILE_NAME, str, ("name",)),
}


def verify_manifest(
    client: Gen3,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    threads: int = 8,
    parsers: Mapping[str, Parser] | None = None,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Verify a manifest against the index.

    Repeat the call to resume after an interruption.

    Args:
        manifest: Table with the files' GUIDs and the columns that are compared.
        output: File for a line GUID|FIELD|expected X|actual Y for each difference; by default the manifest's name with
            .verified.log.
        threads: Number of batches of rows to request concurrently, 1 or more.
        parsers: Parsers of fields, in place of those of `PARSERS`.
        delimiter: The separator of the manifest's cells; by default the one of its suffix.
        stop: Stops the run when set.

    Returns:
        How many rows are right, wrong, and missing in the index.

    Raises:
        ManifestError: The manifest cannot be read.
        ConnectFailed: The commons cannot be reached.
    """
    index, reading = IndexRecords(client), {**PARSERS, **(parsers or {})}
    output = output or Path(manifest).with_name(f"{Path(manifest).stem}.verified.log")

    def verified(row: NamedRow, guid: str, record: OutputInfo | None) -> Outcome:
        expected = {field: reading[field](row.cells) for field in FIELDS} if record else {}
        return compared(row, guid, differing(record, expected) if record else None)

    def work(rows: Sequence[NamedRow], _perhaps: bool) -> list[Outcome]:
        guids = [str(reading["guid"](row.cells) or "") for row in rows]
        records = index.find(guids)
        return [
            attempted(row.line, guid, lambda row=row, guid=guid: verified(row, guid, records.get(guid)))
            for row, guid in zip(rows, guids, strict=True)
        ]

    with (
        tables.table_of(Path(manifest), delimiter) as table,
        outputs_of(manifest, output, index=client.base_url) as outputs,
    ):
        return run(tables.rows_by_name(table), work, outputs, threads=threads, stop=stop)


def compared(row: NamedRow, guid: str | None, differences: Sequence[tuple[str, Any, Any]] | None) -> Outcome:
    """Return the outcome of a row that was verified.

    Args:
        row: The row.
        guid: Its GUID; None or empty if it names none.
        differences: Each field that differs, with the expected and the actual value; None if the GUID is unknown.
    """
    if not guid:
        return Outcome(row.line, "", FAILED, error="the row names no file. Fill in its GUID, or remove the row.")
    if differences is None:
        return Outcome(row.line, guid, MISSING, f"{guid}|no_record|expected {row.cells}|actual None\n")
    text = "".join(f"{guid}|{field}|expected {expected}|actual {actual}\n" for field, expected, actual in differences)
    return Outcome(row.line, guid, WRONG if differences else RIGHT, text)


def differing(record: OutputInfo, expected: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Compare a record with expected values; the order of lists does not matter, nor does None against an empty text.

    Args:
        record: The record.
        expected: The values of its fields; None for those that are not compared. A name is only missed if there is
            none.

    Returns:
        Each field that differs, with the expected and the actual value.
    """
    values: dict[str, Any] = {**record.to_dict(), "file_size": record.size, "md5": md5_in(record)}
    differences = list[tuple[str, Any, Any]]()
    for field, value in expected.items():
        actual = values.get(field)
        if value is None:
            continue
        if field == "file_name":
            differs = bool(value) and not actual
        elif is_list(value):
            differs = sorted(map(str, value)) != sorted(map(str, actual or []))
        else:
            differs = value != actual and not (value == "" and actual is None)
        if differs:
            differences.append((field, value, actual))
    return differences


def delete_index_records(
    client: Gen3,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    threads: int = 8,
    delimiter: str | None = None,
    dry_run: bool = False,
    stop: Event | None = None,
) -> Summary:
    """Delete the index records of all files that a manifest names; this cannot be undone. The files' bytes are kept.

    Args:
        manifest: A manifest as `rows_of` reads it.
        output: The output file, a line for each GUID with its result; by default the manifest's name with
            .deleted.tsv.
        threads: Batches of rows in progress at once, from 1.
        delimiter: The separator of the cells; by default the one of the suffix.
        dry_run: Only count what would be deleted; nothing is written.
        stop: Stops the run when set.

    Returns:
        How many were deleted, and how many did not exist.

    Raises:
        ManifestError: The manifest cannot be read, or no column names the files.
    """
    path, index = Path(manifest), IndexRecords(client)
    target = Path(output) if output is not None else path.with_name(f"{path.stem}.deleted.tsv")
    rows = _rows(path, delimiter)
    if dry_run:
        return _counted(rows, index, target)

    def delete(row: Row) -> Outcome:
        state = DELETED if index.deleted(row.guid) else GONE
        return Outcome(row.line, row.guid, state, f"{row.guid}\t{state}\n")

    def work(rows: Sequence[Row], _perhaps: bool) -> list[Outcome]:
        return [attempted(row.line, row.guid, lambda row=row: delete(row)) for row in rows]

    with outputs_of(path, target, index=client.base_url, deletes=True) as outputs:
        return run(rows, work, outputs, threads=threads, batch=10, header="guid\tstate\n", stop=stop)


def _counted(rows: Iterator[Row | Fault], index: IndexRecords, target: Path) -> Summary:
    counts, errors, counted = Counter[str](), list[str](), set[str]()
    for batch in batches(rows, BATCH):
        errors += [str(row) for row in batch if isinstance(row, Fault)]
        guids = [row.guid for row in batch if not isinstance(row, Fault)]
        records = index.find(guids)
        for guid in guids:
            counts[DELETED if guid in records and guid not in counted else GONE] += 1
            counted.add(guid)
    if errors:
        counts[FAILED] = len(errors)
    return Summary(counts.total(), dict(counts), target, None, tuple(errors))


def _rows(path: Path, delimiter: str | None) -> Iterator[Row | Fault]:
    """The rows, or the fault of each that is wrong."""
    faults = list[Fault]()
    for row in rows_of(path, delimiter=delimiter, on_fault=faults.append, complete=False):
        yield from faults
        faults.clear()
        yield row
    yield from faults
