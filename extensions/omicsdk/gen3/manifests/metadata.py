"""Manifests of metadata: rows stored as documents of the metadata service, and verified against them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import (
    APIError,
    AuthError,
    Conflict,
    ConnectFailed,
    NotFound,
    OmicsError,
    TransportError,
    UsageError,
)
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.redaction import mask_text
from omicsdk.gen3.manifests.indexing import IndexRows
from omicsdk.gen3.manifests.records import MISSING, RIGHT, WRONG
from omicsdk.gen3.manifests.runs import (
    FAILED,
    Outcome,
    Outputs,
    Summary,
    attempted,
    failures_beside,
    identity_of,
    pause,
    run,
)
from omicsdk.gen3.manifests.tables import NamedRow, rows_by_name, table_of
from omicsdk.gen3.metadata import Gen3Metadata

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth


CREATED, UPDATED = "created", "updated"
#: How often several documents are sent at once; a second time does no harm, since they replace what is there.
ATTEMPTS = 3


def _not_a_number(text: str) -> Any:
    raise ValueError(f"{text} isn't JSON")


def value_of(cell: str) -> Any:
    """What a cell means: the JSON that it holds, or its text. Quotes around it and blanks don't count.

    Args:
        cell: The cell.
    """
    text = cell.strip().strip("'").strip('"').replace("''", "'")
    try:
        return json.loads(text, parse_constant=_not_a_number)
    except (ValueError, RecursionError):
        return text


def document_of(cells: Mapping[str, str], source: str, guid_type: str, guid_columns: Sequence[str]) -> dict[str, Any]:
    """A row as a document of the metadata service.

    Args:
        cells: The cells by the columns' names.
        source: The member that they are put in.
        guid_type: What kind of thing the document is about.
        guid_columns: Columns that aren't put in it.
    """
    told = {name: value_of(cell) for name, cell in cells.items() if name not in guid_columns}
    return {source: told, "_guid_type": guid_type}


class DocumentRows(Gen3Metadata):
    """The metadata service for runs over manifests; arguments as those of `Gen3Metadata`."""

    clock: Clock = SYSTEM_CLOCK

    def stored(self, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str | OmicsError]:
        """Stores documents, in place of those that are there.

        Args:
            documents: The documents by their GUIDs.

        Returns:
            By GUID whether it was created or updated, or why it wasn't.

        Raises:
            AuthError: The commons doesn't know who asks.
            ConnectFailed: The commons can't be reached.
        """
        told = self._at_once(documents) if len(documents) > 1 else {}
        found = dict[str, str | OmicsError]()
        for guid in documents:
            found[guid] = told.get(guid) or self._alone(guid, documents[guid])
        return found

    def _at_once(self, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """What became of documents that were sent together; those that it isn't told of are sent alone."""
        body = [{"guid": guid, "data": document} for guid, document in documents.items()]
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(attempt, self.clock)
            try:
                answer: Any = self.batch_create(body, overwrite=True)
            except (AuthError, ConnectFailed):
                raise
            except TransportError:
                continue
            except APIError:  # one of them is refused, and perhaps for all
                return {}
            names = {state: answer.get(state) if is_object(answer) else None for state in (CREATED, UPDATED)}
            return {str(guid): state for state, guids in names.items() if is_array(guids) for guid in guids}
        return {}

    def _alone(self, guid: str, document: Mapping[str, Any]) -> str | OmicsError:
        try:
            try:
                self.create(guid, document)
                return CREATED
            except Conflict:
                self.update(guid, document)
                return UPDATED
        except (AuthError, ConnectFailed):
            raise
        except OmicsError as error:
            return error


MetadataOf = Callable[[dict[str, str]], Mapping[str, Any]]
"""Gives what a row says of its document, by its cells."""


def guid_in_row(row: dict[str, str]) -> str | None:
    """The GUID that a row names."""
    return row.get(GUID_COLUMN) or row.get(GUID_COLUMN.upper())


def metadata_in_row(row: dict[str, str]) -> dict[str, str]:
    """The cells of a row but its GUID."""
    return {name: cell for name, cell in row.items() if name not in (GUID_COLUMN, GUID_COLUMN.upper())}


def verify_metadata(
    endpoint: str,
    manifest: str | os.PathLike[str],
    source: str,
    output: str | os.PathLike[str],
    *,
    auth: Auth | None = None,
    threads: int = 8,
    guid_of: GuidOf = guid_in_row,
    metadata_of: MetadataOf = metadata_in_row,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Holds a manifest of metadata against the metadata service. The same call goes on after an interrupt.

    Args:
        endpoint: The commons.
        manifest: A table with a column of GUIDs.
        source: The member of a document that the cells are compared with.
        output: The file that is written: a line GUID|SOURCE.COLUMN|expected X|actual Y for all that differs.
        auth: Who asks; reading needs nobody.
        threads: How many rows are under way at once, from 1.
        guid_of: Gives a row's GUID; by default its column guid.
        metadata_of: Gives what a row says; by default its other columns.
        delimiter: What separates the cells; by default what the name's ending says.
        stop: Ends the run when it is set.

    Returns:
        How many rows were right, wrong, and without a document.

    Raises:
        ManifestError: The manifest can't be read.
        ConnectFailed: The commons can't be reached.
    """
    path, target = Path(manifest), Path(output)
    paths = target, failures_beside(target)
    with Gen3Metadata(endpoint.rstrip("/"), auth) as documents:

        def verified(row: NamedRow) -> Outcome:
            guid = guid_of(row.cells)
            if not guid:
                return Outcome(row.line, "", FAILED, error="the row names no file. Fill in its GUID, or take it out.")
            try:
                document = documents.get(guid)
            except NotFound:
                return Outcome(row.line, guid, MISSING, f"{guid}|no_record|expected {row.cells}|actual None\n")
            found = differing(document, source, metadata_of(row.cells))
            lines = (f"{guid}|{source}.{key}|expected {wanted}|actual {actual}\n" for key, wanted, actual in found)
            return Outcome(row.line, guid, WRONG if found else RIGHT, "".join(lines))

        def work(rows: Sequence[NamedRow], _perhaps: bool) -> list[Outcome]:
            return [attempted(row.line, "", lambda row=row: verified(row)) for row in rows]

        identity = identity_of(path, endpoint=documents.endpoint, source=source)
        with table_of(path, delimiter) as table, Outputs(paths, identity) as outputs:
            return run(rows_by_name(table), work, outputs, paths, threads=threads, batch=10, stop=stop)


def differing(document: Mapping[str, Any], source: str, expected: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """What of a document isn't as expected; a text that is JSON is as good as what it says.

    Args:
        document: The document.
        source: The member that is compared.
        expected: Its members as they should be.

    Returns:
        Each member with what was expected and what there is.
    """
    held = document.get(source)
    told = held if is_object(held) else {}
    pairs = [(key, _read(value), _read(told.get(key))) for key, value in expected.items()]
    return [(key, wanted, actual) for key, wanted, actual in pairs if wanted != actual]


def _read(value: Any) -> Any:
    return value_of(value) if isinstance(value, str) else value


GUID_COLUMN = "guid"
SAMPLE_COLUMN = "submitted_sample_id"
INDEXED, OTHER = "indexed_file_object", "metadata_object"
"""What a document is about: a file of the index, or something else (gen3sdk 4.28.5)."""

GuidOf = Callable[[dict[str, str]], str | None]
"""Gives the GUID that a row is about, by its cells; None where there is none."""


def guid_by_url(index: IndexRows, column: str = SAMPLE_COLUMN) -> GuidOf:
    """Gives a function that finds the one record which has a row's sample in one of its URLs.

    Args:
        index: The index that is asked.
        column: The column with the sample's name.
    """

    def found(row: dict[str, str]) -> str | None:
        pattern = row.get(column, "").strip()
        if not pattern:
            raise UsageError(f"the column {column} is empty", remedy="Fill it in, or take out the row.")
        records = index.query_urls(pattern)
        if len(records) > 1:
            guids = ", ".join(str(record.get("did")) for record in records[:3])
            raise UsageError(
                f"{len(records)} records have {pattern!r} in a URL ({guids} ...)",
                remedy="Say more of the name, or give GUIDs.",
            )
        return str(records[0]["did"]) if records else None

    return found


def ingest_metadata(
    endpoint: str,
    manifest: str | os.PathLike[str],
    source: str,
    output: str | os.PathLike[str],
    *,
    auth: Auth | None = None,
    threads: int = 8,
    guid_of: GuidOf | None = None,
    by_url: bool = False,
    guid_type: str | None = None,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Stores the rows of a manifest as documents, in place of those that are there. The same call goes on after an interrupt.

    Args:
        endpoint: The commons.
        manifest: A table with a column of GUIDs; a cell that is JSON becomes what it says.
        source: The member of a document that a row's cells are put in, such as dbgap.
        output: The file that is written, a line for each row with what became of it.
        auth: Who asks.
        threads: How many batches of rows are under way at once, from 1.
        guid_of: Gives a row's GUID; by default its column guid.
        by_url: Whether the GUID is that of the record with the row's submitted_sample_id in a URL, in place of `guid_of`.
        guid_type: What documents are about; by default whether the index has the GUID decides.
        delimiter: What separates the cells; by default what the name's ending says.
        stop: Ends the run when it is set.

    Returns:
        How many documents were created and updated.

    Raises:
        ManifestError: The manifest can't be read.
        AuthError: The commons doesn't know who asks.
        ConnectFailed: The commons can't be reached.
    """
    path, target = Path(manifest), Path(output)
    paths = target, failures_beside(target)
    commons = endpoint.rstrip("/")
    with IndexRows(commons, auth) as index, DocumentRows(commons, auth) as documents:
        work = _Ingesting(index, documents, source, guid_by_url(index) if by_url else guid_of or guid_in_row, guid_type)
        identity = identity_of(path, endpoint=commons, source=source, by_url=by_url, type=guid_type)
        with table_of(path, delimiter) as table, Outputs(paths, identity) as outputs:
            return run(rows_by_name(table), work.outcomes, outputs, paths, threads=threads, stop=stop)


class _Ingesting:
    """What is done with rows."""

    def __init__(
        self, index: IndexRows, documents: DocumentRows, source: str, guid_of: GuidOf, guid_type: str | None
    ) -> None:
        self._index = index
        self._documents = documents
        self._source = source
        self._guid_of = guid_of
        self._type = guid_type

    def outcomes(self, rows: Sequence[NamedRow], _perhaps: bool) -> list[Outcome]:
        """What becomes of rows; of those with one GUID the last is stored."""
        named = [attempted(row.line, "", lambda row=row: self._named(row)) for row in rows]
        known = self._index.found([each.guid for each in named if each.state != FAILED]) if self._type is None else {}
        wanted = {
            each.guid: self._document(row.cells, each.guid in known)
            for each, row in zip(named, rows, strict=True)
            if each.state != FAILED
        }
        stored = self._documents.stored(wanted)
        return [each if each.state == FAILED else _outcome(each, stored[each.guid]) for each in named]

    def _named(self, row: NamedRow) -> Outcome:
        guid = self._guid_of(row.cells)
        if not guid:
            raise UsageError("the row names no file that is known", remedy="Fill in its GUID, or take it out.")
        return Outcome(row.line, guid, "named")

    def _document(self, cells: Mapping[str, str], indexed: bool) -> dict[str, object]:
        guid_type = self._type or (INDEXED if indexed else OTHER)
        return document_of(cells, self._source, guid_type, (GUID_COLUMN, GUID_COLUMN.upper()))


def _outcome(named: Outcome, became: str | OmicsError) -> Outcome:
    if isinstance(became, str):
        return named._replace(state=became, text=f"Successfully {became} {named.guid}\n")
    return named._replace(state=FAILED, error=mask_text(str(became)))
