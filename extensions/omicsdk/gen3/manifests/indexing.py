"""Manifests that are indexed: each row's record is created, or changed where it says otherwise."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from itertools import tee
from pathlib import Path, PurePosixPath
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from omicsdk.core.answer import json_of
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, AuthError, Conflict, NotFound, OmicsError, UsageError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.omit import OMIT
from omicsdk.gen3.index import Gen3Index
from omicsdk.gen3.index.reading import Record
from omicsdk.gen3.index_records import PAGE, new_record, records_of, stated, unless_changed
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.format import Entry, cells_of, columns_of, entries_of
from omicsdk.gen3.manifests.runs import (
    FAILED,
    Outcome,
    Outputs,
    Summary,
    attempted,
    delimiter_for,
    failed_rows_beside,
    failures_beside,
    identity_of,
    line_of,
    made_once,
    run,
    scratch_database,
)
from omicsdk.gen3.manifests.tables import GUID, TABLES, Table, table_of
from omicsdk.gen3.metadata import Gen3Metadata

if TYPE_CHECKING:
    import sqlite3

    from omicsdk.gen3.service import Auth


_log = logging.getLogger(__name__)

#: How often a record is tried to be changed against others who change it.
ATTEMPTS = 4


class IndexRows(Gen3Index):
    """An index for runs over manifests; arguments as those of `Gen3Index`."""

    clock: Clock = SYSTEM_CLOCK
    _refuses_bulk = False

    @cached_property
    def prefix(self) -> str:
        """What the commons' GUIDs begin with; empty where there is nothing, or it doesn't say."""
        try:
            return self.get_guids_prefix() or ""
        except APIError:
            return ""

    def found(self, guids: Sequence[str]) -> dict[str, Record]:
        """The records of GUIDs, with or without the commons' prefix; those that there aren't are left out.

        Args:
            guids: The GUIDs.
        """
        wanted = dict.fromkeys(guid for guid in guids if guid)
        short = [guid for guid in wanted if "/" not in guid]
        prefix = self.prefix if short else ""
        whole = [*wanted, *(f"{prefix}{guid}" for guid in short if prefix)]
        if not whole:
            return {}
        records = self._one_by_one(list(wanted)) if self._refuses_bulk else self._at_once(whole, list(wanted))
        found = {guid: records.get(guid) or records.get(f"{prefix}{guid}") for guid in wanted}
        return {guid: record for guid, record in found.items() if record is not None}

    def _at_once(self, guids: Sequence[str], wanted: Sequence[str]) -> dict[str, Record]:
        """Records by one request; where the commons doesn't let people ask so, one by one from now on."""
        try:
            return {str(record["did"]): record for record in self.get_records(guids)}
        except AuthError:
            raise
        except APIError as error:
            _log.info("%s doesn't give several records at once: %s", self.endpoint, error.message)
            self._refuses_bulk = True
            return self._one_by_one(wanted)

    def _one_by_one(self, guids: Sequence[str]) -> dict[str, Record]:
        found = dict[str, Record]()
        for guid in guids:
            with suppress(NotFound):
                found[guid] = self.get_record(guid)
        return found

    def with_md5(self, md5: str, size: int | None = None, url: str | None = None) -> list[Record]:
        """The records that have an MD5 sum, and a size and a URL where they are given.

        Args:
            md5: The sum.
            size: The size in bytes.
            url: One of the URLs.
        """
        return list(self._found({"hash": f"md5:{md5}", **stated(size=size, url=url)}))

    def pages_after(self, did: str = "") -> Iterator[list[Record]]:
        """All records in the order of their GUIDs, a page at a time.

        Args:
            did: Where to begin: after this GUID, or with the first.
        """
        while records := records_of(json_of(self._client.list_records.raw(limit=PAGE, start=did or OMIT))):
            yield records
            did = str(records[-1]["did"])

    def made(self, fields: Mapping[str, Any], *, after: str = "") -> str:
        """Makes a record. Where the answer gets lost, it is looked up before it is tried again.

        Args:
            fields: The record.
            after: The GUID of a version before it; empty where it is none's.

        Returns:
            Its GUID.

        Raises:
            Conflict: There is another record of that GUID.
        """

        def make() -> str:
            if after:
                return str(json_of(self._client.create_new_version.raw(guid=after, **fields))["did"])
            return str(json_of(self._client.create_record.raw(**fields))["did"])

        return made_once(make, lambda: self.made_already(fields, after), clock=self.clock)

    def made_already(self, fields: Mapping[str, Any], after: str = "") -> str | None:
        """The GUID of a record that says the same: MD5 sum, size, URLs and name, and who may do what with it where stated.

        Args:
            fields: The record, as for `made`.
            after: The GUID of a version before it; empty where it is none's.

        Returns:
            The GUID; None where there is no such record.
        """
        if did := fields.get("did"):
            records = list(self.found([did]).values())
        else:
            url = next(iter(fields.get("urls") or ()), None)
            records = self.with_md5(fields["hashes"]["md5"], fields["size"], url)
        if after and records:
            versions = {version["baseid"] for version in self.get_versions(after)}
            records = [record for record in records if record.get("baseid") in versions and record["did"] != after]
        return next((str(record["did"]) for record in records if _says(record, fields)), None)

    def changed(self, guid: str, given: Mapping[str, Any], *, add_urls: bool = False) -> bool:
        """Changes a record, once more where somebody else changes it at the same time.

        Args:
            guid: The record.
            given: What its fields are to be.
            add_urls: Whether URLs are added to those that it has.

        Returns:
            Whether anything was to be changed.
        """
        for attempt in range(ATTEMPTS):
            record = self.get_record(guid)
            fields = differences(record, given, add_urls=add_urls)
            if not fields:
                return False
            try:
                with unless_changed(record["did"], record["rev"]):
                    sent = self._changes(record, fields)
                    self._client.update_record.raw(guid=record["did"], rev=record["rev"], **sent)
                return True
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        return False

    def deleted(self, guid: str) -> bool:
        """Deletes a record.

        Args:
            guid: The record.

        Returns:
            Whether there was one.
        """
        for attempt in range(ATTEMPTS):
            try:
                self.delete_record(guid)
                return True
            except NotFound:
                return False
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        return False


def differences(record: Mapping[str, Any], given: Mapping[str, Any], *, add_urls: bool = False) -> dict[str, Any]:
    """What of a record is to be changed; the order of lists doesn't matter.

    Args:
        record: The record as it is.
        given: What its fields are to be.
        add_urls: Whether URLs are added to those that it has.
    """
    found = dict[str, Any]()
    for name, value in given.items():
        held = record.get(name)
        if is_array(value):
            has: list[Any] = held if is_array(held) else []
            wanted = [*has, *(each for each in value if each not in has)] if add_urls and name == "urls" else value
            if set(wanted) != set(has):
                found[name] = wanted
        elif value != held and (value or held):
            found[name] = value
    return found


def _says(record: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Whether a record says what was to be made; it may have further URLs, which others have added, but not instead of none."""
    hashes = record.get("hashes")
    given = {name: fields[name] for name in ("urls", "acl", "authz") if name in fields}
    return (
        is_object(hashes)
        and hashes.get("md5") == fields["hashes"]["md5"]
        and record.get("size") == fields["size"]
        and bool(fields.get("urls")) == bool(record.get("urls"))
        and not differences(record, given, add_urls=True)
        and (record.get("file_name") or "") == (fields.get("file_name") or "")
    )


CREATED, UPDATED, SAME = "created", "updated", "same"
#: Rows that a thread indexes one after the other; few, so that short manifests are for all threads.
BATCH = 10
#: Rows that may look for their records at the same time; two of the same file never do.
LOCKS = 64
ROWS_DELIMITER = TABLES[".tsv"]


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
    """Indexes the files of a manifest. The same call goes on where an earlier one was interrupted, or rows failed.

    A row with the GUID of a record must have its size and MD5 sum, and changes its URLs, ACL, resources and name, as far as the
    manifest has those columns. Other rows make records; one with a previous GUID makes a new version of that.

    A record that a row without a GUID has made already isn't made again. It is known by the output of an earlier call, or by
    MD5 sum, size, URLs and name, and by ACL and resources where the manifest has them.

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
        How many records were created, updated, and the same already. Beside the output OUTPUT.failures.tsv has why rows
        failed, and OUTPUT.failed-rows.tsv these rows, as a manifest that can be indexed by itself.

    Raises:
        ManifestError: The manifest can't be read, or lacks a column.
        AuthError: The commons doesn't know who asks.
        ConnectFailed: The commons can't be reached.
        UsageError: Documents of metadata are wanted with a name and a password, which that service doesn't take; or the
            manifest is the list of failed rows of `output`, whose GUIDs would be lost.
    """
    if metadata and isinstance(auth, tuple):
        raise UsageError(
            "The metadata service doesn't take the name and password of an index", remedy="Give a Gen3Auth."
        )
    path, target = Path(manifest), Path(output)
    paths = target, failures_beside(target), failed_rows_beside(target)
    if path.resolve() == paths[2].resolve():
        raise UsageError(
            f"{path} has the rows that failed when {target} was written, and {target} would lose the GUIDs of the others",
            remedy="Name another output.",
        )
    asked = index or IndexRows(endpoint, auth)
    documents = Gen3Metadata(endpoint.removesuffix("/index"), auth) if metadata else None
    separator = delimiter_for(target, output_delimiter)
    try:
        with table_of(path, delimiter) as table, scratch_database() as database:
            names = columns_of(table)
            header = list(dict.fromkeys(names if GUID in names else [GUID, *names]))
            work = _Indexing(asked, documents, header, separator, replace_urls, empty_metadata)
            identity = identity_of(
                path, endpoint=asked.endpoint, replace=replace_urls, metadata=metadata, to=separator, files=len(paths)
            )
            with Outputs(paths, identity) as outputs:
                return run(
                    _rows_of(table, _Earlier(database, target, separator)),
                    work.outcomes,
                    outputs,
                    paths,
                    threads=threads,
                    batch=BATCH,
                    header=line_of(header, separator),
                    columns=line_of(table.header, ROWS_DELIMITER),
                    stop=stop,
                )
    finally:
        if index is None:
            asked.close()
        if documents is not None:
            documents.close()


class _Row(NamedTuple):
    """A row of the manifest.

    Attributes:
        entry: What it says, or what is wrong with it.
        text: The row as it stands there.
        earlier: The GUID that an earlier output has for it; empty where there is none.
    """

    entry: Entry | Fault
    text: str
    earlier: str

    @property
    def guid(self) -> str:
        """The GUID that is known of it; empty where none is."""
        return "" if isinstance(self.entry, Fault) else self.entry.guid or self.earlier


def _rows_of(table: Table, earlier: _Earlier) -> Iterator[_Row]:
    """The rows of a manifest; for those without a GUID with that of an earlier output."""
    rows, read = tee(table.rows)  # one entry a row: never more than one is held
    for row, entry in zip(rows, entries_of(table._replace(rows=read)), strict=True):
        known = "" if isinstance(entry, Fault) or entry.guid else earlier.guid_of(entry.cells)
        yield _Row(entry, line_of(row.cells, ROWS_DELIMITER), known)


class _Earlier:
    """The GUIDs that the output of an earlier run has, by all other cells of the rows: on disk, as there may be many.

    Args:
        database: Where they are kept.
        output: The output; nothing is known where it isn't there, or no such table.
        delimiter: What separates its cells.
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
            _log.debug("no GUIDs are known of an earlier run: %s", error)

    def guid_of(self, cells: Mapping[str, str]) -> str:
        """The GUID of a row, of equal ones the first that wasn't given yet; empty where none is known."""
        row = _key(cells)
        found = self._database.execute("SELECT place, guid FROM earlier WHERE row = ? LIMIT 1", (row,)).fetchone()
        if found is None:
            return ""
        self._database.execute("DELETE FROM earlier WHERE row = ? AND place = ?", (row, found[0]))
        return str(found[1])


def _guids_in(table: Table) -> Iterator[tuple[bytes, int, str]]:
    names = columns_of(table)
    for row in table.rows:
        cells = cells_of(row, names)
        if guid := cells.get(GUID):
            yield _key(cells), row.line, guid


def _key(cells: Mapping[str, str]) -> bytes:
    """A row without its GUID as a key; empty cells make no difference."""
    told = sorted((name, cell) for name, cell in cells.items() if cell and name != GUID)
    return blake2b(json.dumps(told).encode(), digest_size=16).digest()


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
        # Equal rows in two batches would both find no record. A lock a file would be too many for a long manifest.
        self._locks = [Lock() for _ in range(LOCKS)]

    def outcomes(self, rows: Sequence[_Row], perhaps: bool) -> list[Outcome]:
        """What becomes of rows."""
        known = self._index.found([row.guid for row in rows])
        return [self._outcome(row, known, perhaps) for row in rows]

    def _outcome(self, row: _Row, known: dict[str, Record], perhaps: bool) -> Outcome:
        entry = row.entry
        if isinstance(entry, Fault):
            return Outcome(entry.line, "", FAILED, error=entry.words, row=row.text)
        outcome = attempted(entry.line, entry.guid, lambda: self._indexed(entry, row.earlier, known, perhaps))
        return outcome._replace(text=self._line(entry, outcome.guid), row=row.text)

    def _line(self, entry: Entry, guid: str) -> str:
        cells = {**entry.cells, GUID: guid}
        return line_of([cells.get(name, "") for name in self._header], self._delimiter)

    def _indexed(self, entry: Entry, earlier: str, known: dict[str, Record], perhaps: bool) -> Outcome:
        record = known.get(entry.guid or earlier)
        if record is not None and not entry.guid and not _is_of(record, entry):
            record = None  # the output is of another commons, or of another file
        given = given_of(entry)
        if record is None:
            guid, state, record = self._made(entry, given, known, perhaps)
        else:
            guid, state = "", SAME
        if record is not None:
            guid, state = self._kept(entry, record, given)
        if self._documents is not None and (document := document_of(entry, empty=self._empty_metadata)):
            self._documented(self._documents, guid, document, is_new=state == CREATED)
        return Outcome(entry.line, guid, state)

    def _made(
        self, entry: Entry, given: Mapping[str, Any], known: dict[str, Record], perhaps: bool
    ) -> tuple[str, str, Record | None]:
        """Makes a row's record, unless it is there: its GUID and what became of it, or the record that another row has made."""
        fields = new_record(did=entry.guid or None, hashes={"md5": entry.md5}, size=entry.size, **given)
        with self._locks[hash((entry.md5, entry.size)) % LOCKS]:
            if not entry.guid and (guid := self._index.made_already(fields, entry.prev_guid)):
                return guid, CREATED if perhaps else SAME, None
            try:
                return self._index.made(fields, after=entry.prev_guid), CREATED, None
            except Conflict:  # another row of that GUID has been quicker
                known |= self._index.found([entry.guid])
                if (record := known.get(entry.guid)) is None:
                    raise
                return "", SAME, record

    def _kept(self, entry: Entry, record: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[str, str]:
        """Changes the record that there is, where the row says otherwise."""
        guid = str(record["did"])
        if not _is_of(record, entry):
            raise UsageError(
                f"{guid} is the record of another file, of {record.get('size')} bytes with the MD5 sum {_md5(record)}",
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


def _md5(record: Mapping[str, Any]) -> Any:
    hashes = record.get("hashes")
    return hashes.get("md5") if is_object(hashes) else None


def _is_of(record: Mapping[str, Any], entry: Entry) -> bool:
    """Whether a record is that of a row's file."""
    return record.get("size") == entry.size and _md5(record) == entry.md5


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
