"""Manifests of metadata that are stored: each row becomes a document of the metadata service."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.redaction import mask_text
from omicsdk.gen3.manifests.format.table import NamedRow, rows_by_name, table_of
from omicsdk.gen3.manifests.index.records import IndexRows
from omicsdk.gen3.manifests.metadata.documents import DocumentRows, document_of
from omicsdk.gen3.manifests.outputs import Outputs, identity_of
from omicsdk.gen3.manifests.running import FAILED, Outcome, Summary, attempted, failures_beside, run

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth

GUID_COLUMN = "guid"
SAMPLE_COLUMN = "submitted_sample_id"
INDEXED, OTHER = "indexed_file_object", "metadata_object"
"""What a document is about: a file of the index, or something else (gen3sdk 4.28.5)."""

GuidOf = Callable[[dict[str, str]], str | None]
"""Gives the GUID that a row is about, by its cells; None where there is none."""


def guid_in_row(row: dict[str, str]) -> str | None:
    """The GUID that a row names."""
    return row.get(GUID_COLUMN) or row.get(GUID_COLUMN.upper())


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
