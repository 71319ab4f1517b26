"""Indexing of manifests: each row's record is created, or changed if it differs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import tee
from pathlib import Path, PurePosixPath
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.credentials import Basic
from omicsdk.core.errors import Conflict, OmicsError, UsageError
from omicsdk.core.logs import logger
from omicsdk.core.redaction import url_parts
from omicsdk.core.tables import line_of
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.index_records import IndexRecords, differences, md5_in, new_record
from omicsdk.gen3.manifests.rows import Entry, cells_of, columns_of, entries_of
from omicsdk.gen3.manifests.runs import FAILED, Outcome, Summary, attempted, digest_of, outputs_of, run
from omicsdk.gen3.manifests.tables import GUID, TABLES, Fault, ManifestError, Table, delimiter_of, table_of
from omicsdk.transfer.disk import scratch_database

if TYPE_CHECKING:
    import sqlite3

    from omicsdk_api.gen3.indexd.models.output_info import OutputInfo
    from omicsdk_api.gen3.metadata import MetadataApi


_log = logger(__name__)

CREATED, UPDATED, SAME = "created", "updated", "same"
# Rows that a thread indexes one after the other; few, so that short manifests occupy all threads.
BATCH = 10
# Rows that may look for their records at the same time; two of the same file never do.
LOCKS = 64
ROWS_DELIMITER = TABLES[".tsv"]


def index_manifest(
    client: Gen3,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    threads: int = 8,
    replace_urls: bool = True,
    metadata: bool = False,
    empty_metadata: bool = True,
    delimiter: str | None = None,
    output_delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Index the files of a manifest: create or update a record for each row.

    A row with the GUID of an existing record must have its size and MD5 sum; the row updates URLs, ACL, resources and
    name, if the manifest has those columns. Other rows create records; a row with prev_guid creates a new version of
    that record.

    Run the same command again to resume, or, with a corrected manifest, to retry failed rows. A record that a row
    without a GUID has created already is not created again. It is identified by the output of an earlier run, or by MD5
    sum, size, URLs and name, and by ACL and resources where the manifest has them. Failed rows are also written to
    OUTPUT.failed-rows.tsv, a manifest that can be indexed separately, with another output file.

    Args:
        manifest: Table with the columns urls, md5 and size, and optionally guid, authz, acl, file_name, prev_guid,
            record_type and package_contents.
        output: File for the manifest with the GUIDs of all records.
        threads: Number of concurrent requests, each for several rows.
        replace_urls: Replace the URLs of existing records; otherwise those of the manifest are added.
        metadata: Store the other columns as metadata of the file.
        empty_metadata: Store empty cells of these columns, too.
        delimiter: Separator of the manifest's cells; by default that of its suffix.
        output_delimiter: Separator of the output's cells; by default that of its suffix.
        stop: Stops the run when set.

    Returns:
        How many records were created, updated, and the same already. Beside the output OUTPUT.failures.tsv has why rows
        failed, and OUTPUT.failed-rows.tsv these rows, as a manifest that can be indexed separately.

    Raises:
        ManifestError: The manifest cannot be read, or lacks a column.
        AuthError: The commons does not accept the login.
        ConnectFailed: The commons cannot be reached.
        UsageError: The metadata service does not take the name and password of an index; or the manifest is the list of
            failed rows of `output`, whose GUIDs would be lost.
    """
    if metadata and isinstance(client.credentials, Basic):
        raise UsageError(
            "The metadata service does not accept the name and password of an index", remedy="Use a login."
        )
    target = Path(output)
    separator = delimiter_of(target, output_delimiter)
    # A run with other settings would leave two kinds of rows in one output.
    settings = {"index": client.base_url, "replace": replace_urls, "metadata": metadata, "to": separator}
    outputs = outputs_of(manifest, target, failed_rows=True, **settings)
    with table_of(Path(manifest), delimiter) as table, scratch_database() as database:
        names = columns_of(table)
        header = list(dict.fromkeys(names if GUID in names else [GUID, *names]))
        documents = client.metadata_admin if metadata else None
        work = _Indexing(IndexRecords(client), documents, header, separator, replace_urls, empty_metadata)
        with outputs:
            return run(
                _rows_of(table, _Earlier(database, target, separator)),
                work.outcomes,
                outputs,
                threads=threads,
                batch=BATCH,
                header=line_of(header, separator),
                columns=line_of(table.header, ROWS_DELIMITER),
                stop=stop,
                guid_of=lambda row: row.guid,
            )


class _Row(NamedTuple):
    """A row of the manifest.

    Attributes:
        entry: Its entry, or its fault.
        text: The row as it is in the manifest.
        earlier: The GUID that an earlier output has for it; empty if there is none.
    """

    entry: Entry | Fault
    text: str
    earlier: str

    @property
    def guid(self) -> str:
        """Its GUID; empty if none is known."""
        return "" if isinstance(self.entry, Fault) else self.entry.guid or self.earlier


def _rows_of(table: Table, earlier: _Earlier) -> Iterator[_Row]:
    """The rows of a manifest; for those without a GUID with that of an earlier output."""
    rows, read = tee(table.rows)  # one entry per row: only one is kept at a time
    for row, entry in zip(rows, entries_of(table._replace(rows=read)), strict=True):
        known_guid = "" if isinstance(entry, Fault) or entry.guid else earlier.guid_of(entry.cells)
        yield _Row(entry, line_of(row.cells, ROWS_DELIMITER), known_guid)


class _Earlier:
    """The GUIDs in the output of an earlier run, by all other cells of the rows: on disk, as there may be many.

    Args:
        database: Where they are stored.
        output: The output; nothing is known where it does not exist, or is no such table.
        delimiter: The separator of its cells.
    """

    def __init__(self, database: sqlite3.Connection, output: Path, delimiter: str) -> None:
        self._database = database
        database.execute(
            "CREATE TABLE earlier (row BLOB, place INTEGER, guid TEXT, PRIMARY KEY (row, place)) WITHOUT ROWID"
        )
        try:
            with table_of(output, delimiter) as table:
                database.executemany("INSERT INTO earlier VALUES (?, ?, ?)", _guids_in(table))
        except ManifestError as error:
            _log.debug("the GUIDs of an earlier run are unknown: %s", error)

    def guid_of(self, cells: Mapping[str, str]) -> str:
        """Return the GUID of a row, for equal rows the first unused one; empty if unknown."""
        row = _key(cells)
        row_found = self._database.execute("SELECT place, guid FROM earlier WHERE row = ? LIMIT 1", (row,)).fetchone()
        if row_found is None:
            return ""
        self._database.execute("DELETE FROM earlier WHERE row = ? AND place = ?", (row, row_found[0]))
        return str(row_found[1])


def _guids_in(table: Table) -> Iterator[tuple[bytes, int, str]]:
    names = columns_of(table)
    for row in table.rows:
        cells = cells_of(zip(names, row.cells, strict=False))
        if guid := cells.get(GUID):
            yield _key(cells), row.line, guid


def _key(cells: Mapping[str, str]) -> bytes:
    """A row without its GUID as a key; empty cells make no difference."""
    return digest_of(text for cell in sorted(cells.items()) if cell[1] and cell[0] != GUID for text in cell)


@dataclass(frozen=True)
class _Indexing:
    """The work on rows."""

    index: IndexRecords
    documents: MetadataApi | None
    header: Sequence[str]
    delimiter: str
    replace_urls: bool
    empty_metadata: bool
    # Equal rows in two batches would both find no record. A lock a file would be too many for a long manifest.
    locks: Sequence[Lock] = field(default_factory=lambda: [Lock() for _ in range(LOCKS)])

    def outcomes(self, rows: Sequence[_Row], perhaps: bool) -> list[Outcome]:
        """The outcomes of rows."""
        records = self.index.find([row.guid for row in rows])
        outcomes = list[Outcome]()
        for row in rows:
            outcomes.append(self._outcome(row, records, perhaps))
            # A later row of the batch with this GUID is compared with the record as it is now.
            if outcomes[-1].state == UPDATED and row.guid in [later.guid for later in rows[len(outcomes) :]]:
                records |= self.index.find([row.guid])
        return outcomes

    def _outcome(self, row: _Row, records: dict[str, OutputInfo], perhaps: bool) -> Outcome:
        entry = row.entry
        if isinstance(entry, Fault):
            return Outcome(entry.line, "", FAILED, error=entry.summary, row=row.text)
        outcome = attempted(entry.line, entry.guid, lambda: self._indexed(entry, row.earlier, records, perhaps))
        cells = {**entry.cells, GUID: outcome.guid}
        text = line_of([cells.get(name, "") for name in self.header], self.delimiter)
        return outcome._replace(text=text, row=row.text)

    def _indexed(self, entry: Entry, earlier: str, records: dict[str, OutputInfo], perhaps: bool) -> Outcome:
        record = records.get(entry.guid or earlier)
        if record is not None and not entry.guid and not _is_of(record, entry):
            record = None  # the output is of another commons, or of another file
        fields = given_of(entry)
        result = self._created(entry, fields, records, perhaps) if record is None else record
        guid, state, is_new = result if isinstance(result, tuple) else (*self._changed(entry, result, fields), False)
        if self.documents is not None and (document := document_of(entry, empty=self.empty_metadata)):
            try:
                self.documents.create(guid=guid, body=document, overwrite=True)
            except OmicsError:
                # Not by the state: one that an earlier run may have created may also be another client's.
                if is_new:
                    self.index.deleted(guid)
                raise
        return Outcome(entry.line, guid, state)

    def _created(
        self, entry: Entry, values: Mapping[str, Any], records: dict[str, OutputInfo], perhaps: bool
    ) -> tuple[str, str, bool] | OutputInfo:
        """Create a row's record unless it exists: its GUID, its state and whether it is new, or another row's record."""
        fields = new_record(did=entry.guid or None, hashes={"md5": entry.md5}, size=entry.size, **values)
        # Over the search and the creation: between them another row of the same file would find no record, too.
        with self.locks[hash((entry.md5, entry.size)) % LOCKS]:
            if not entry.guid and (guid := self.index.existing(fields, entry.prev_guid)):
                return guid, CREATED if perhaps else SAME, False
            try:
                return self.index.created(fields, after=entry.prev_guid), CREATED, True
            except Conflict:  # another row of that GUID was quicker
                # For the later rows of the batch, too.
                records |= self.index.find([entry.guid])
                if (record := records.get(entry.guid)) is None:
                    raise
                return record

    def _changed(self, entry: Entry, record: OutputInfo, values: Mapping[str, Any]) -> tuple[str, str]:
        """Change an existing record if the row differs; return its GUID and state."""
        guid = record.did or ""
        if not _is_of(record, entry):
            raise UsageError(
                f"{guid} is the record of another file, of {record.size} bytes with the MD5 sum {md5_in(record)}",
                remedy="Leave the GUID empty, or name it as prev_guid of a new version.",
            )
        add = not self.replace_urls
        differs = differences(record, values, add_urls=add) and self.index.changed(guid, values, add_urls=add)
        return guid, UPDATED if differs else SAME


def _is_of(record: OutputInfo, entry: Entry) -> bool:
    """Whether a record is that of a row's file."""
    return record.size == entry.size and md5_in(record) == entry.md5


def given_of(entry: Entry) -> dict[str, Any]:
    """The fields of a record that a row may change."""
    fields = {"urls": entry.urls, "acl": entry.acl, "authz": entry.authz, "file_name": entry.file_name}
    return {name: value for name, value in fields.items() if value is not None}


def document_of(entry: Entry, *, empty: bool = True, now: datetime | None = None) -> dict[str, Any]:
    """Make a row's document of the metadata service: the columns that the index has no field for, and a package's contents.

    Args:
        entry: The row.
        empty: Whether empty cells are included.
        now: The time; by default that of the machine.
    """
    document: dict[str, Any] = dict(entry.more)
    if entry.package:
        time = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S.%f")
        document |= {
            "type": "package",
            "package": {
                "version": "0.1",
                "file_name": entry.file_name or _name_in(entry.urls),
                "created_time": time,
                "updated_time": time,
                "size": entry.size,
                "hashes": {"md5": entry.md5},
                "contents": entry.contents or None,
            },
            "_upload_status": "uploaded",
        }
    return document if empty else {name: value for name, value in document.items() if value not in ("", None)}


def _name_in(urls: Sequence[str]) -> str:
    return PurePosixPath(url_parts(urls[0]).path).name if urls else ""
