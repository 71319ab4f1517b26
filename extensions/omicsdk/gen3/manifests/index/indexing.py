"""Manifests that are indexed: each row's record is made, or changed where it says otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omicsdk.core.errors import Conflict, OmicsError, UsageError
from omicsdk.core.narrowing import is_object
from omicsdk.gen3.index.requests import new_record
from omicsdk.gen3.manifests.format.columns import GUID
from omicsdk.gen3.manifests.format.entries import Entry, columns_of, entries_of
from omicsdk.gen3.manifests.format.table import table_of
from omicsdk.gen3.manifests.index.records import IndexRows, differences
from omicsdk.gen3.manifests.outputs import Outputs, delimiter_for, identity_of, line_of
from omicsdk.gen3.manifests.running import Outcome, Summary, attempted, failures_beside, run
from omicsdk.gen3.metadata import Gen3Metadata

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth

CREATED, UPDATED, SAME = "created", "updated", "same"
#: Rows that a thread indexes one after the other; few, so that short manifests are for all threads.
BATCH = 10


def index_manifest(
    endpoint: str,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    auth: Auth | None = None,
    threads: int = 8,
    replace_urls: bool = True,
    metadata: bool = False,
    empty_metadata: bool = True,
    delimiter: str | None = None,
    output_delimiter: str | None = None,
    stop: Event | None = None,
    index: IndexRows | None = None,
) -> Summary:
    """Indexes the files of a manifest. The same call goes on where an earlier one was interrupted.

    A row with the GUID of a record must have its size and MD5 sum, and changes its URLs, ACL, resources and name, as far as the
    manifest has those columns. Other rows make records; one with a previous GUID makes a new version of that.

    Args:
        endpoint: The commons.
        manifest: A table with the columns urls, md5 and size, and of guid, authz, acl, file_name, prev_guid, record_type and
            package_contents what is known.
        output: The table that is written: the manifest with the GUIDs of all records.
        auth: Who asks.
        threads: How many batches of rows are under way at once, from 1.
        replace_urls: Whether the URLs of a record become those of its row, or these are added to them.
        metadata: Whether the other columns become a document of the metadata service, by the GUID.
        empty_metadata: Whether their empty cells do, too.
        delimiter: What separates the manifest's cells; by default what its name's ending says.
        output_delimiter: What separates the output's cells; by default what its name's ending says.
        stop: Ends the run when it is set.
        index: The index that is asked; by default that of the commons.

    Returns:
        How many records were created, updated, and the same already; the rows that failed are in a file beside the output.

    Raises:
        ManifestError: The manifest can't be read, or lacks a column.
        AuthError: The commons doesn't know who asks.
        ConnectFailed: The commons can't be reached.
        UsageError: Documents of metadata are wanted with a name and a password, which that service doesn't take.
    """
    if metadata and isinstance(auth, tuple):
        raise UsageError(
            "The metadata service doesn't take the name and password of an index", remedy="Give a Gen3Auth."
        )
    path, target = Path(manifest), Path(output)
    paths = target, failures_beside(target)
    asked = index or IndexRows(endpoint, auth)
    documents = Gen3Metadata(endpoint.removesuffix("/index"), auth) if metadata else None
    separator = delimiter_for(target, output_delimiter)
    try:
        with table_of(path, delimiter) as table:
            names = columns_of(table)
            header = list(dict.fromkeys(names if GUID in names else [GUID, *names]))
            work = _Indexing(asked, documents, header, separator, replace_urls, empty_metadata)
            identity = identity_of(path, endpoint=asked.endpoint, replace=replace_urls, metadata=metadata, to=separator)
            with Outputs(paths, identity) as outputs:
                return run(
                    entries_of(table),
                    work.outcomes,
                    outputs,
                    paths,
                    threads=threads,
                    batch=BATCH,
                    header=line_of(header, separator),
                    stop=stop,
                )
    finally:
        if index is None:
            asked.close()
        if documents is not None:
            documents.close()


class _Indexing:
    """What is done with rows."""

    def __init__(
        self,
        index: IndexRows,
        documents: Gen3Metadata | None,
        header: Sequence[str],
        delimiter: str,
        replace_urls: bool,
        empty_metadata: bool,
    ) -> None:
        self._index = index
        self._documents = documents
        self._header = header
        self._delimiter = delimiter
        self._replace_urls = replace_urls
        self._empty_metadata = empty_metadata

    def outcomes(self, entries: Sequence[Entry], perhaps: bool) -> list[Outcome]:
        """What becomes of rows."""
        known = self._index.found([entry.guid for entry in entries])
        found = list[Outcome]()
        for entry in entries:

            def indexed(entry: Entry = entry) -> Outcome:
                return self._indexed(entry, known, perhaps)

            outcome = attempted(entry.line, entry.guid, indexed)
            found.append(outcome._replace(text=self._line(entry, outcome.guid)))
        return found

    def _line(self, entry: Entry, guid: str) -> str:
        cells = {**entry.cells, GUID: guid}
        return line_of([cells.get(name, "") for name in self._header], self._delimiter)

    def _indexed(self, entry: Entry, known: dict[str, dict[str, Any]], perhaps: bool) -> Outcome:
        record = known.get(entry.guid) if entry.guid else None
        given, guid, state = given_of(entry), "", CREATED
        if record is None:
            fields = new_record(did=entry.guid or None, hashes={"md5": entry.md5}, size=entry.size, **given)
            try:
                guid = self._index.made(fields, after=entry.prev_guid, perhaps=perhaps)
            except Conflict:  # another row of that GUID has been quicker
                known |= self._index.found([entry.guid])
                record = known.get(entry.guid)
                if record is None:
                    raise
        if record is not None:
            guid, state = self._kept(entry, record, given)
        if self._documents is not None and (document := document_of(entry, empty=self._empty_metadata)):
            self._documented(self._documents, guid, document, is_new=state == CREATED)
        return Outcome(entry.line, guid, state)

    def _kept(self, entry: Entry, record: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[str, str]:
        """Changes the record that there is, where the row says otherwise."""
        guid, hashes = str(record["did"]), record.get("hashes")
        md5 = hashes.get("md5") if is_object(hashes) else None
        if record.get("size") != entry.size or md5 != entry.md5:
            raise UsageError(
                f"{guid} is the record of another file, of {record.get('size')} bytes with the MD5 sum {md5}",
                remedy="Leave the GUID empty, or name it as prev_guid of a new version.",
            )
        add = not self._replace_urls
        if differences(record, given, add_urls=add) and self._index.changed(guid, given, add_urls=add):
            return guid, UPDATED
        return guid, SAME

    def _documented(self, documents: Gen3Metadata, guid: str, document: Mapping[str, Any], *, is_new: bool) -> None:
        """Stores a row's document; a record that was made for the row goes when that fails."""
        try:
            documents.create(guid, document, overwrite=True)
        except OmicsError:
            if is_new:
                self._index.deleted(guid)
            raise


def given_of(entry: Entry) -> dict[str, Any]:
    """What a row says of its record's fields that may change."""
    told = {"urls": entry.urls, "acl": entry.acl, "authz": entry.authz, "file_name": entry.file_name}
    return {name: value for name, value in told.items() if value is not None}


def document_of(entry: Entry, *, empty: bool = True, now: datetime | None = None) -> dict[str, Any]:
    """A row's document of the metadata service: what the index has no place for, and what a package holds.

    Args:
        entry: The row.
        empty: Whether empty cells are in it.
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
    return PurePosixPath(urlsplit(urls[0]).path).name if urls else ""
