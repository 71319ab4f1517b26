"""Manifests of metadata: rows stored as documents of the metadata service, and verified against them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.answer import json_of
from omicsdk.core.errors import APIError, Conflict, NotFound, OmicsError, TransportError, UsageError
from omicsdk.core.redaction import mask_text
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.index_records import IndexRecords
from omicsdk.gen3.manifests._runs import FAILED, FATAL, Outcome, Summary, attempted, outputs_of, run
from omicsdk.gen3.manifests.records import compared
from omicsdk.gen3.manifests.tables import NamedRow, rows_by_name, table_of

if TYPE_CHECKING:
    from omicsdk_api.gen3.indexd.models.urls_output_item import URLsOutputItem

    from omicsdk.gen3.client import Gen3

CREATED, UPDATED = "created", "updated"
PAGE = 2000
"""Documents of a page, the most that a commons gives."""
URLS_PAGE = 1000
"""Records of a page of a search by URL."""
GUID_COLUMN, SAMPLE_COLUMN = "guid", "submitted_sample_id"
INDEXED, OTHER = "indexed_file_object", "metadata_object"
"""The type of a document: of a file of the index, or of something else (gen3sdk 4.28.5)."""
_GUID_COLUMNS = (GUID_COLUMN, GUID_COLUMN.upper())

GuidOf = Callable[[dict[str, str]], str | None]
"""Returns the GUID that a row is about, by its cells; None without one."""
MetadataOf = Callable[[dict[str, str]], Mapping[str, Any]]
"""Returns what a row states of its document, by its cells."""
OnMore = Callable[[], None]
"""Is called where a limit has left something out."""
Document = dict[str, Any]


# -- documents


def documents_of(
    client: Gen3,
    guid_type: str,
    *,
    limit: int | None = None,
    aggregate: bool = False,
    on_more: OnMore | None = None,
) -> Iterator[tuple[str, Document]]:
    """Read the documents of a type with their GUIDs, a page at a time.

    Args:
        client: The commons.
        guid_type: Their type.
        limit: The number, at most; all by default.
        aggregate: Whether to read those of all commons that the commons gathers.
        on_more: Is called where there are more than `limit`.
    """
    service, offset = client.metadata, 0
    while True:
        length = PAGE if limit is None else min(limit - offset + 1, PAGE)  # one more shows whether there are more
        if aggregate:
            found = list(_gathered(service.get_aggregate_metadata(limit=length, offset=offset)))
        else:
            filters = {"_guid_type": guid_type}
            found = list(service.query_documents(data=True, limit=length, offset=offset, filters=filters).items())
        if limit is not None and offset + len(found) > limit:
            yield from found[: limit - offset]
            if on_more is not None:
                on_more()
            return
        yield from found
        if not found:  # a short page is no sign of the end: a commons may give fewer than were requested
            return
        offset += len(found)


def _gathered(page: Any) -> Iterator[tuple[str, Document]]:
    """The documents of all commons: each commons has a list of objects by GUID."""
    for listed in page.values():
        for each in cast("list[dict[str, Document]]", listed if is_array(listed) else [listed]):
            yield from each.items()


def store_documents(client: Gen3, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str | OmicsError]:
    """Store documents, in place of existing ones.

    Args:
        client: The commons.
        documents: The documents by their GUIDs.

    Returns:
        By GUID whether it was created or updated, or why it failed.

    Raises:
        OmicsError: One of `FATAL`.
    """
    states = _stored_at_once(client, documents) if len(documents) > 1 else {}
    return {guid: states.get(guid) or _stored(client, guid, document) for guid, document in documents.items()}


def _stored_at_once(client: Gen3, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The states of documents that were sent together; those without one are sent alone."""
    operation = client.metadata_admin.batch_create
    body = [{"guid": guid, "data": dict(document)} for guid, document in documents.items()]
    # With overwrite a second sending does no harm, which the document cannot say of the operation.
    request = replace(operation.build(body=cast("Any", body), overwrite=True), idempotent=True)
    try:
        answer: Any = json_of(next(operation.answers(request)))
    except FATAL:
        raise
    except (APIError, TransportError):  # one of them is refused, and perhaps for all
        return {}
    names = {state: answer.get(state) if is_object(answer) else None for state in (CREATED, UPDATED)}
    return {str(guid): state for state, guids in names.items() if is_array(guids) for guid in guids}


def _stored(client: Gen3, guid: str, document: Mapping[str, Any]) -> str | OmicsError:
    def store() -> str:
        try:
            client.metadata_admin.create(guid=guid, body=document)
        except Conflict:
            client.metadata_admin.update(guid=guid, body=document)
            return UPDATED
        return CREATED

    return tried(store)


def tried(work: Callable[[], str]) -> str | OmicsError:
    """The state that work ends in, or its failure.

    Args:
        work: The work.

    Raises:
        OmicsError: One of `FATAL`.
    """
    try:
        return work()
    except FATAL:
        raise
    except OmicsError as error:
        return error


# -- cells


def _not_a_number(text: str) -> Any:
    raise ValueError(f"{text} isn't JSON")


def value_of(cell: Any) -> Any:
    """The value of a cell: the JSON that it holds, or its text. Quotes around it and blanks don't count.

    Args:
        cell: The cell; what is no text is a value already.
    """
    if not isinstance(cell, str):
        return cell
    text = cell.strip().strip("'").strip('"').replace("''", "'")
    try:
        return json.loads(text, parse_constant=_not_a_number)
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
        raise UsageError(f"the column {SAMPLE_COLUMN} is empty", remedy="Fill it in, or take out the row.")
    records: list[URLsOutputItem] = []
    for page in client.indexd.query_urls.pages(include=pattern, limit=URLS_PAGE):
        records += page
        if len(page) < URLS_PAGE:  # an index refuses longer pages than it gives
            break
    if len(records) > 1:
        guids = ", ".join(str(record.did) for record in records[:3])
        raise UsageError(
            f"{len(records)} records have {pattern!r} in a URL ({guids} ...)",
            remedy="Say more of the name, or give GUIDs.",
        )
    return records[0].did if records else None


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
        output: The file that is written, a line for each row with its result.
        threads: Batches of rows under way at once, from 1.
        guid_of: Returns a row's GUID; by default its column guid.
        by_url: Whether the GUID is that of the record with the row's submitted_sample_id in a URL, in place of `guid_of`.
        guid_type: The type of the documents; by default it depends on whether the index has the GUID.
        delimiter: The separator of the cells; by default the one of the suffix.
        stop: Ends the run when it is set.

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
            raise UsageError("the row names no file that is known", remedy="Fill in its GUID, or take it out.")
        return Outcome(row.line, guid, "named")

    def document(row: NamedRow, *, indexed: bool) -> Document:
        cells = {name: value_of(cell) for name, cell in metadata_in_row(row.cells).items()}
        return {source: cells, "_guid_type": guid_type or (INDEXED if indexed else OTHER)}

    def stored(outcome: Outcome, result: str | OmicsError) -> Outcome:
        if isinstance(result, str):
            return outcome._replace(state=result, text=f"Successfully {result} {outcome.guid}\n")
        return outcome._replace(state=FAILED, error=mask_text(str(result)))

    def work(rows: Sequence[NamedRow], _perhaps: bool) -> list[Outcome]:
        outcomes = [attempted(row.line, "", lambda row=row: named(row)) for row in rows]
        found = [(outcome.guid, row) for outcome, row in zip(outcomes, rows, strict=True) if outcome.guid]
        known = index.found([guid for guid, _ in found]) if guid_type is None else {}
        # Of rows with one GUID the last is stored.
        results = store_documents(client, {guid: document(row, indexed=guid in known) for guid, row in found})
        return [stored(each, results[each.guid]) if each.guid else each for each in outcomes]

    outputs = outputs_of(manifest, output, mds=client.base_url, source=source, by_url=by_url, type=guid_type)
    with table_of(Path(manifest), delimiter) as table, outputs:
        return run(rows_by_name(table), work, outputs, threads=threads, stop=stop)


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
        output: The file that is written: a line GUID|SOURCE.COLUMN|expected X|actual Y for each difference.
        threads: Rows under way at once, from 1.
        guid_of: Returns a row's GUID; by default its column guid.
        metadata_of: Returns what a row states; by default its other columns.
        delimiter: The separator of the cells; by default the one of the suffix.
        stop: Ends the run when it is set.

    Returns:
        How many rows are right, wrong, and without a document.

    Raises:
        ManifestError: The manifest cannot be read.
        ConnectFailed: The commons cannot be reached.
    """

    def verified(row: NamedRow) -> Outcome:
        guid = guid_of(row.cells)
        try:
            document = client.metadata.get(guid=guid) if guid else {}
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
    held = document.get(source)
    actual = held if is_object(held) else {}
    pairs = [(key, value_of(value), value_of(actual.get(key))) for key, value in expected.items()]
    return [(f"{source}.{key}", wanted, found) for key, wanted, found in pairs if wanted != found]
