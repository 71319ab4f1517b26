"""Crosswalks: names of the same subject in several commons, read, published, verified and deleted."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.batches import batches
from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import NotFound, OmicsError, UsageError
from omicsdk.core.model import ANY, STRING, array, check, mapping, members, optional
from omicsdk.core.page_items import found_at
from omicsdk.core.platform import deleting
from omicsdk.core.type_guards import is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import tried
from omicsdk.gen3.index_records import valid_guids
from omicsdk.gen3.manifests.runs import Published, digest_of, in_order
from omicsdk.gen3.manifests.tables import Fault, ManifestError, encoded_row, table_of, whole_rows, written_table
from omicsdk.gen3.metadata_documents import (
    CREATED,
    UPDATED,
    Document,
    OnMore,
    document_of,
    documents_of,
    store_documents,
)
from omicsdk.transfer.disk import output_file, scratch_database

# The type of a crosswalk's documents, their member, and that with how their names were matched (gen3sdk 4.28.5).
GUID_TYPE, BLOCK, METHODS = "subject", "crosswalk", "mapping_methodologies"
INFO_COLUMNS = ("commons_url", "identifier_name", "description")
BATCH, THREADS = 100, 8
# GUIDs that are requested at once.
GUIDS = 1000
DELETED, KNOWN, UNKNOWN = "deleted", "known", "unknown"
_HOW = "Name columns COMMONS|TYPE|NAME, such as https://a.example.org|guid|subject_id."

Descriptions = Mapping[tuple[str, str], str]


class Column(NamedTuple):
    """A column of a crosswalk.

    Attributes:
        commons: The commons that has the name.
        kind: The type of the name.
        name: The commons' word for it.
    """

    commons: str
    kind: str
    name: str

    def __str__(self) -> str:
        return "|".join(self)


class Subject(NamedTuple):
    """A row of a crosswalk: the names of a subject by their columns.

    Attributes:
        line: Its line.
        names: The names, without those that are empty.
    """

    line: int
    names: dict[Column, str]


def subjects_of(path: str | os.PathLike[str]) -> Iterator[Subject]:
    """Read a crosswalk row by row.

    Args:
        path: A table.

    Raises:
        ManifestError: It cannot be read, or its columns are not those of a crosswalk.
    """
    manifest = Path(path)
    with table_of(manifest) as table:
        if len(table.header) < 2:
            raise ManifestError(manifest, f"line 1: expected at least 2 columns, got {len(table.header)}", remedy=_HOW)
        columns = [_column(manifest, name) for name in table.header]
        for row in whole_rows(table):
            names = {column: cell.strip() for column, cell in zip(columns, row.cells, strict=False) if cell.strip()}
            yield Subject(row.line, names)


def _column(path: Path, header: str) -> Column:
    parts = [part.strip() for part in header.split("|")]
    if len(parts) != 3 or not all(parts):
        raise ManifestError(path, Fault(1, "", header, "is not the name of a column of a crosswalk", _HOW))
    return Column(*parts)


def descriptions_of(path: str | os.PathLike[str]) -> dict[tuple[str, str], str]:
    """Read the descriptions of the names of a crosswalk.

    Args:
        path: A table with the columns commons_url, identifier_name, description.

    Returns:
        The descriptions by the commons and the name.

    Raises:
        ManifestError: It cannot be read, or has other columns.
    """
    with table_of(Path(path)) as table:
        if tuple(table.header) != INFO_COLUMNS:
            problem = f"line 1: the columns are {', '.join(table.header)}"
            raise ManifestError(table.path, problem, remedy=f"Use the columns {', '.join(INFO_COLUMNS)}.")
        cells = ([cell.strip() for cell in row.cells[: len(INFO_COLUMNS)]] for row in whole_rows(table))
        return {(commons, name): description for commons, name, description in cells}


def identifiers_in(document: Mapping[str, Any], guid_type: str = GUID_TYPE) -> Iterator[tuple[Column, dict[str, Any]]]:
    """Yield the names in a document: each column with `value`, `type` and perhaps `description`."""
    by_commons = found_at(document.get(BLOCK), guid_type)
    for commons, names in by_commons.items() if is_object(by_commons) else ():
        for name, identifiers in names.items() if is_object(names) else ():
            if is_object(identifiers):
                yield Column(commons, str(identifiers.get("type") or ""), name), identifiers


class KnownSubjects:
    """The documents of each name: on disk, so that memory does not grow with them.

    Args:
        database: Where it is kept.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute("CREATE TABLE names (name BLOB, guid TEXT, PRIMARY KEY (name, guid)) WITHOUT ROWID")
        database.execute("CREATE TABLE published (place BLOB PRIMARY KEY, line INTEGER, value TEXT) WITHOUT ROWID")

    def add(self, guid: str, names: Iterable[tuple[Column, str]]) -> None:
        """Add the names of a document."""
        rows = ((_key(column, value), guid) for column, value in names)
        self._database.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", rows)

    def guid_of(self, column: Column, value: str) -> str | None:
        """A document that has a name; None if there is none."""
        return next(iter(self._guids(column, value)), None)

    def guids_of(self, subject: Subject) -> list[str]:
        """The documents that have any of a subject's names."""
        return list(dict.fromkeys(guid for name in subject.names.items() for guid in self._guids(*name)))

    def clash(self, guid: str, subject: Subject) -> str:
        """Why a row cannot be published to a document: it has another name where this row or an earlier one has one; or empty."""
        for column, value in subject.names.items():
            # A document has one name of a kind for each commons, whatever its type: a second one would replace it.
            place = digest_of((guid, column.commons, column.name))
            self._database.execute("INSERT OR IGNORE INTO published VALUES (?, ?, ?)", (place, subject.line, value))
            query = "SELECT line, value FROM published WHERE place = ?"
            line, other = self._database.execute(query, (place,)).fetchone()
            if other != value:
                return f"the same subject has two names in {column}: {other} (line {line}) and {value}"
        return ""

    def _guids(self, column: Column, value: str) -> list[str]:
        rows = self._database.execute("SELECT guid FROM names WHERE name = ?", (_key(column, value),))
        return [guid for (guid,) in rows]


def _key(column: Column, value: str) -> bytes:
    return digest_of((column.commons, column.name, value))


@contextmanager
def _known_subjects(client: Gen3, guid_type: str) -> Generator[KnownSubjects]:
    """Read all subjects that a commons knows, for a block."""
    with scratch_database() as database:
        subjects = KnownSubjects(database)
        for guid, document in documents_of(client, GUID_TYPE):
            subjects.add(
                guid,
                ((column, str(identifier.get("value"))) for column, identifier in identifiers_in(document, guid_type)),
            )
        yield subjects


def read_crosswalk(
    client: Gen3, output: str | os.PathLike[str], *, limit: int | None = None, on_more: OnMore | None = None
) -> int:
    """Write the crosswalk of the commons to a file.

    NAME_info.csv, in the same folder, has the descriptions of its names.

    Args:
        output: File for the crosswalk, separated by commas.
        limit: The number of subjects, at most; all by default.
        on_more: Called where there are more than `limit`.

    Returns:
        The number of subjects.
    """
    target = Path(output)
    columns, descriptions = set[Column](), dict[tuple[str, str], str]()
    # All documents have to be read before the columns are known.
    with TemporaryFile() as spool, output_file(target) as file:
        count = 0
        for _, document in documents_of(client, GUID_TYPE, limit=limit, on_more=on_more):
            identifiers = list(identifiers_in(document))
            columns.update(column for column, _ in identifiers)
            for column, identifier in identifiers:
                name = (column.commons, column.name)
                descriptions[name] = identifier.get("description") or descriptions.get(name, "")
            spool.write(
                json.dumps([[*column, identifier.get("value", "")] for column, identifier in identifiers]).encode()
                + b"\n"
            )
            count += 1
        header = sorted(columns)
        file.write(encoded_row([str(column) for column in header], ","))
        spool.seek(0)
        for line in spool:
            values = {Column(*names): value for *names, value in json.loads(line)}
            file.write(encoded_row([values.get(column, "") for column in header], ","))
    with written_table(target.with_name(f"{target.stem}_info.csv"), INFO_COLUMNS) as write:
        for (commons, name), description in sorted(descriptions.items()):
            write((commons, name, description))
    return count


@text_is_one_item
def publish_crosswalk(
    client: Gen3,
    path: str | os.PathLike[str],
    *,
    info: str | os.PathLike[str] | None = None,
    guid_type: str = GUID_TYPE,
    methods: str | Sequence[str] = (),
) -> Published:
    """Publish a crosswalk of subject names.

    Names are added to an existing subject that has one of them; otherwise the subject is created.

    Args:
        path: Crosswalk: a table (.csv, .tsv) whose columns are named COMMONS|TYPE|NAME, with a subject in each row.
        info: Table with the descriptions of its names.
        guid_type: The member of a crosswalk that is written.
        methods: How the names were matched, as text.

    Returns:
        How many subjects were created and updated, and the failures.

    Raises:
        ManifestError: A table cannot be read, or has other columns.
        AuthError: The commons does not accept the login.
        ConnectFailed: The commons cannot be reached.
    """
    report = Published({}, {})
    descriptions = descriptions_of(info) if info is not None else {}
    fresh = _fresh_guids(client)
    metadata = client.metadata_admin

    def document(document: Document, subjects: Sequence[Subject]) -> Document:
        return _with_names(document, subjects, guid_type, descriptions, methods)

    def published(item: tuple[str, Sequence[Subject], str | OmicsError | None]) -> str | OmicsError:
        guid, subjects, stored = item
        if isinstance(stored, OmicsError):
            return stored

        def publish() -> str:
            if stored is None:
                metadata.update(guid=guid, body=document(document_of(client, guid), subjects), merge=True)
            names = dict.fromkeys(value for subject in subjects for value in subject.names.values())
            # Merged by a PUT: a POST of aliases is a 409 where the GUID has any (recorded).
            metadata.update_aliases(guid=guid, aliases=list(names), merge=True)
            return CREATED if stored else UPDATED

        return tried(publish)

    with _known_subjects(client, guid_type) as subjects_known:
        for batch in batches(subjects_of(path), BATCH):
            by_guid, new = dict[str, list[Subject]](), set[str]()
            for subject in batch:
                guids = subjects_known.guids_of(subject)
                if len(guids) > 1:
                    problem = f"its names are those of {len(guids)} subjects, {', '.join(guids[:3])}"
                    report.failures[subject.line] = f"{problem}. Determine which is right"
                    continue
                if not subject.names:
                    continue
                guid = guids[0] if guids else next(fresh)
                if problem := subjects_known.clash(guid, subject):
                    report.failures[subject.line] = f"{problem}. Keep one of them"
                    continue
                if not guids:
                    new.add(guid)
                # At once: a later row, also of this batch, may have one of these names.
                subjects_known.add(guid, subject.names.items())
                by_guid.setdefault(guid, []).append(subject)
            # New documents are stored by one request; existing ones are read first, as names are added to those that
            # they have.
            stored = store_documents(client, {guid: document({}, by_guid[guid]) for guid in by_guid if guid in new})
            items = [(guid, subjects, stored.get(guid)) for guid, subjects in by_guid.items()]
            for (_, subjects, _), state in zip(items, in_order(items, published, THREADS), strict=True):
                for subject in subjects:
                    report.add(subject.line, state)
    return report


def _fresh_guids(client: Gen3) -> Iterator[str]:
    while True:
        yield from valid_guids(client.indexd, GUIDS)


def _with_names(
    document: Document, subjects: Sequence[Subject], guid_type: str, descriptions: Descriptions, methods: Sequence[str]
) -> Document:
    """A crosswalk with the names of subjects; its other members are kept."""
    by_commons, matched = _block_of(document, guid_type)
    for subject in subjects:
        for column, value in subject.names.items():
            names = dict(by_commons.get(column.commons) or {})
            description = descriptions.get((column.commons, column.name))
            names[column.name] = {
                **(names.get(column.name) or {}),
                "value": value,
                "type": column.kind,
                **({"description": description} if description else {}),
            }
            by_commons[column.commons] = names
    present: Document = document.get(BLOCK) or {}
    block = {**present, guid_type: {**by_commons, METHODS: sorted({*matched, *methods})}}
    return {"_guid_type": document.get("_guid_type") or GUID_TYPE, BLOCK: block}


_NAMES = optional(mapping(optional(mapping(ANY))))


def _block_of(document: Mapping[str, Any], guid_type: str) -> tuple[Document, list[str]]:
    """The names in a document that is written anew, by their commons, and how they were matched.

    Raises:
        DecodeError: There is something else among them, which would be lost.
    """
    check("get", BLOCK, document.get(BLOCK), optional(members(**{guid_type: optional(mapping(ANY))})))
    block: Document = document.get(BLOCK) or {}
    identifiers: Document = block.get(guid_type) or {}
    by_commons = {name: value for name, value in identifiers.items() if name != METHODS}
    check("get", f"{BLOCK}.{guid_type}", identifiers, members(**{METHODS: optional(array(STRING))}))
    check("get", f"{BLOCK}.{guid_type}", by_commons, mapping(_NAMES))
    return by_commons, identifiers.get(METHODS) or []


class Missing(NamedTuple):
    """A name of a crosswalk that a commons does not know, or knows of another subject.

    Attributes:
        line: Its line.
        column: Its column.
        value: The name.
        reason: What is wrong.
    """

    line: int
    column: str
    value: str
    reason: str


def verify_crosswalk(client: Gen3, path: str | os.PathLike[str], *, guid_type: str = GUID_TYPE) -> list[Missing]:
    """Verify a crosswalk against the commons.

    Args:
        path: The crosswalk.
        guid_type: The member of a crosswalk that is read.

    Returns:
        The names that the commons does not know, or knows of another subject than their row's first.

    Raises:
        ManifestError: The table cannot be read, or has other columns.
    """
    missing = list[Missing]()
    with _known_subjects(client, guid_type) as subjects_known:
        for subject in subjects_of(path):
            first: str | None = None
            for column, value in subject.names.items():
                guid = subjects_known.guid_of(column, value)
                first = first or guid
                if guid is None:
                    missing.append(Missing(subject.line, str(column), value, "is not known"))
                elif guid != first:
                    reason = f"is {guid}, and others of the row are {first}"
                    missing.append(Missing(subject.line, str(column), value, reason))
    return missing


def delete_crosswalk(
    client: Gen3, path: str | os.PathLike[str], *, guid_type: str = GUID_TYPE, dry_run: bool = False
) -> Published:
    """Delete the names of a crosswalk from the commons; this cannot be undone. A document with nothing else in it is deleted, too.

    Args:
        path: The crosswalk.
        guid_type: The member of a crosswalk that is read.
        dry_run: Only count the rows whose subjects are known, and unknown.

    Returns:
        How many documents were deleted and updated, and how many rows have unknown names; the failures.

    Raises:
        ManifestError: The table cannot be read, or has other columns.
    """
    published = Published({}, {})
    with _known_subjects(client, guid_type) as subjects_known:
        for subject in subjects_of(path):
            guids = subjects_known.guids_of(subject)
            if dry_run or not guids:
                published.add(subject.line, KNOWN if guids else UNKNOWN)
                continue
            for guid in guids:
                published.add(
                    subject.line, tried(lambda guid=guid, subject=subject: _without(client, guid, subject, guid_type))
                )
    return published


def _without(client: Gen3, guid: str, subject: Subject, guid_type: str) -> str:
    """Delete a subject's names from a document, and return the state of that."""
    try:
        document = document_of(client, guid)
    except NotFound:  # an earlier row has deleted it
        return UNKNOWN
    _, methods = _block_of(document, guid_type)
    removed = {(column.commons, column.name, value) for column, value in subject.names.items()}
    remaining, values = Document(), set[str]()
    for column, identifier in identifiers_in(document, guid_type):
        value = str(identifier.get("value"))
        if (column.commons, column.name, value) not in removed:
            remaining.setdefault(column.commons, {})[column.name] = identifier
            values.add(value)
    present: Document = document.get(BLOCK) or {}
    block: Document = {name: value for name, value in present.items() if name != guid_type}
    if remaining:
        block[guid_type] = {**remaining, METHODS: methods}
    rest = {name: value for name, value in document.items() if name not in (BLOCK, "_guid_type")}
    if not block and not rest:
        with deleting():
            client.metadata_admin.delete(guid=guid)
        return DELETED
    body = {**rest, "_guid_type": document.get("_guid_type"), **({BLOCK: block} if block else {})}
    # Not merged: what was removed has to go. The document was read just before.
    client.metadata_admin.update(guid=guid, body=body)
    no_more = {*subject.names.values()} - values
    response = client.metadata.get_aliases.raw(guid=guid)
    aliases = checked_json(response, "get_aliases", members(aliases=optional(array(STRING)))).get("aliases") or ()
    # All others are sent anew: the service's DELETE of an alias changes nothing (recorded).
    client.metadata_admin.update_aliases(guid=guid, aliases=[alias for alias in aliases if alias not in no_more])
    return UPDATED


def delete_subject(client: Gen3, guid: str) -> None:
    """Delete a subject's document; this cannot be undone.

    Args:
        guid: The document.

    Raises:
        NotFound: It does not exist.
        UsageError: The document is something else.
    """
    if not is_object(document_of(client, guid).get(BLOCK)):
        raise UsageError(f"{guid} is not a document of a crosswalk; it was not deleted", remedy="Check the GUID.")
    with deleting():
        client.metadata_admin.delete(guid=guid)
