"""Manifests of metadata: rows stored as documents of the metadata service, and verified against them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from threading import Event
from typing import Any, cast

from omicsdk.core.errors import NotFound, OmicsError, UsageError
from omicsdk.core.json_text import strict_value
from omicsdk.core.redaction import mask_text
from omicsdk.core.type_guards import is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.index_records import IndexRecords, records_by_url
from omicsdk.gen3.manifests.records import compared
from omicsdk.gen3.manifests.runs import FAILED, Outcome, Summary, attempted, in_order, outputs_of, run
from omicsdk.gen3.manifests.tables import Fault, NamedRow, rows_by_name, table_of
from omicsdk.gen3.metadata_documents import Document, document_of, store_documents

GUID_COLUMN, SAMPLE_COLUMN = "guid", "submitted_sample_id"
# The type of a document: of a file of the index, or of something else (gen3sdk 4.28.5).
INDEXED, OTHER = "indexed_file_object", "metadata_object"
_GUID_COLUMNS = (GUID_COLUMN, GUID_COLUMN.upper())

# Returns the GUID that a row is about, by its cells; None without one.
GuidOf = Callable[[dict[str, str]], str | None]
# Returns what a row states of its document, by its cells.
MetadataOf = Callable[[dict[str, str]], Mapping[str, Any]]


# -- cells


def value_of(cell: Any) -> Any:
    """The value of a cell: the JSON that it holds, or its text. Quotes around it and spaces do not count.

    Args:
        cell: The cell; what is not text is a value already.
    """
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    for quote in "'\"":
        # Only around it: 5' and 3' are ends of a strand.
        while len(text) > 1 and text[0] == text[-1] == quote:
            text = text[1:-1]
    text = text.replace("''", "'")
    try:
        return strict_value(text)
    except (ValueError, RecursionError):
        return text


def guid_in_row(row: dict[str, str]) -> str | None:
    """The GUID that a row names."""
    return row.get(GUID_COLUMN) or row.get(GUID_COLUMN.upper())


def metadata_in_row(row: dict[str, str]) -> dict[str, str]:
    """The cells of a row but its GUID."""
    return {name: cell for name, cell in row.items() if name not in _GUID_COLUMNS}


def guid_by_url(client: Gen3, row: dict[str, str]) -> str | None:
    """The GUID of the one record that has a row's sample in one of its URLs; None without one.

    Args:
        client: The commons.
        row: The row's cells.

    Raises:
        UsageError: The row has no sample, or several records have it.
    """
    pattern = row.get(SAMPLE_COLUMN, "").strip()
    if not pattern:
        raise UsageError(f"the column {SAMPLE_COLUMN} is empty", remedy="Fill it in, or remove the row.")
    records = records_by_url(client.indexd, pattern)
    if len(records) > 1:
        guids = ", ".join(str(record["did"]) for record in records[:3])
        raise UsageError(
            f"{len(records)} records have {pattern!r} in a URL ({guids} ...)", remedy="Use more of the name, or GUIDs."
        )
    return records[0]["did"] if records else None


# -- runs


def ingest_metadata(
    client: Gen3,
    manifest: str | os.PathLike[str],
    source: str,
    output: str | os.PathLike[str],
    *,
    threads: int = 8,
    guid_of: GuidOf | None = None,
    by_url: bool = False,
    guid_type: str | None = None,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Store the rows of a manifest as documents, in place of existing ones. The same call resumes after an interrupt.

    Args:
        manifest: A table with a column of GUIDs; a cell that is JSON becomes its value.
        source: The member of a document that takes a row's cells, such as dbgap.
        output: The output file, a line for each row with its result.
        threads: Batches of rows in progress at once, from 1.
        guid_of: Returns a row's GUID; by default its column guid.
        by_url: Whether the GUID is that of the record with the row's submitted_sample_id in a URL, in place of
            `guid_of`.
        guid_type: The type of the documents; by default it depends on whether the index has the GUID.
        delimiter: The separator of the cells; by default the one of the suffix.
        stop: Stops the run when set.

    Returns:
        How many documents were created and updated.

    Raises:
        ManifestError: The manifest cannot be read.
        AuthError: The commons does not accept the login.
        ConnectFailed: The commons cannot be reached.
    """
    index = IndexRecords(client)

    def named(row: NamedRow) -> Outcome:
        guid = guid_by_url(client, row.cells) if by_url else (guid_of or guid_in_row)(row.cells)
        if not guid:
            raise UsageError("the row names no known file", remedy="Fill in its GUID, or remove the row.")
        return Outcome(row.line, guid, "named")

    def with_outcome(row: NamedRow | Fault) -> tuple[NamedRow, Outcome] | Fault:
        return row if isinstance(row, Fault) else (row, attempted(row.line, "", lambda: named(row)))

    def document(row: NamedRow, *, indexed: bool) -> Document:
        cells = {name: value_of(cell) for name, cell in metadata_in_row(row.cells).items()}
        return {source: cells, "_guid_type": guid_type or (INDEXED if indexed else OTHER)}

    def stored(outcome: Outcome, result: str | OmicsError) -> Outcome:
        if isinstance(result, str):
            return outcome._replace(state=result, text=f"Successfully {result} {outcome.guid}\n")
        return outcome._replace(state=FAILED, error=mask_text(str(result)))

    def work(rows: Sequence[tuple[NamedRow, Outcome]], _perhaps: bool) -> list[Outcome]:
        last_rows = {outcome.guid: row for row, outcome in rows if outcome.guid}
        records = index.find(list(last_rows)) if guid_type is None else {}
        documents = {guid: document(row, indexed=guid in records) for guid, row in last_rows.items()}
        results = store_documents(client, documents)
        return [stored(outcome, results[outcome.guid]) if outcome.guid else outcome for _, outcome in rows]

    outputs = outputs_of(manifest, output, mds=client.base_url, source=source, by_url=by_url, type=guid_type)
    with table_of(Path(manifest), delimiter) as table, outputs:
        rows = rows_by_name(table)
        done = cast("Iterator[Fault]", islice(rows, outputs.rows))  # skipped by the run
        requests = by_url or guid_of is not None
        named_rows = in_order(rows, with_outcome, threads, stop) if requests else map(with_outcome, rows)
        return run(
            chain(done, named_rows), work, outputs, threads=threads, stop=stop, guid_of=lambda item: item[1].guid
        )


def verify_metadata(
    client: Gen3,
    manifest: str | os.PathLike[str],
    source: str,
    output: str | os.PathLike[str],
    *,
    threads: int = 8,
    guid_of: GuidOf = guid_in_row,
    metadata_of: MetadataOf = metadata_in_row,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Verify a manifest of metadata against the metadata service. The same call resumes after an interrupt.

    Args:
        manifest: A table with a column of GUIDs.
        source: The member of a document that the cells are compared with.
        output: The output file: a line GUID|SOURCE.COLUMN|expected X|actual Y for each difference.
        threads: Rows in progress at once, from 1.
        guid_of: Returns a row's GUID; by default its column guid.
        metadata_of: Returns what a row states; by default its other columns.
        delimiter: The separator of the cells; by default the one of the suffix.
        stop: Stops the run when set.

    Returns:
        How many rows are right, wrong, and without a document.

    Raises:
        ManifestError: The manifest cannot be read.
        ConnectFailed: The commons cannot be reached.
    """

    def verified(row: NamedRow) -> Outcome:
        guid = guid_of(row.cells)
        try:
            document = document_of(client, guid) if guid else {}
        except NotFound:
            return compared(row, guid, None)
        return compared(row, guid, differing(document, source, metadata_of(row.cells)))

    def work(rows: Sequence[NamedRow], _perhaps: bool) -> list[Outcome]:
        return [attempted(row.line, "", lambda row=row: verified(row)) for row in rows]

    outputs = outputs_of(manifest, output, mds=client.base_url, source=source)
    with table_of(Path(manifest), delimiter) as table, outputs:
        return run(rows_by_name(table), work, outputs, threads=threads, batch=10, stop=stop)


def differing(document: Mapping[str, Any], source: str, expected: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Compare a member of a document with expected values; a text that is JSON equals its value.

    Args:
        document: The document.
        source: The member that is compared.
        expected: The values of its members.

    Returns:
        Each member that differs, as SOURCE.NAME, with the expected and the actual value.
    """
    source_value = document.get(source)
    actual = source_value if is_object(source_value) else {}
    pairs = [(key, value_of(value), value_of(actual.get(key))) for key, value in expected.items()]
    return [(f"{source}.{key}", expected, actual) for key, expected, actual in pairs if expected != actual]
