"""Crosswalks: names of the same subject in several commons, read, published, verified and deleted."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.errors import AuthError, ConfigError, ConnectFailed, NotFound, OmicsError, UsageError
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.narrowing import is_object
from omicsdk.core.redaction import mask_text
from omicsdk.gen3.index import Gen3Index
from omicsdk.gen3.manifests.discovery import OnMore, Published, documents_of
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.metadata import CREATED, UPDATED, DocumentRows
from omicsdk.gen3.manifests.runs import batches, in_order, line_of, scratch_database
from omicsdk.gen3.manifests.tables import table_of, whole_rows

if TYPE_CHECKING:
    from omicsdk.gen3.auth import Gen3Auth


GUID_TYPE, BLOCK, METHODS = "subject", "crosswalk", "mapping_methodologies"
"""What such a document is about, its member, and that with how its names were matched (gen3sdk 4.28.5)."""
INFO_COLUMNS = ("commons_url", "identifier_name", "description")
_HOW = "Columns are called COMMONS|TYPE|NAME, such as https://a.example.org|guid|subject_id."


class Column(NamedTuple):
    """A column of a crosswalk.

    Attributes:
        commons: The commons whose name it has.
        kind: The type of the name.
        name: What the commons calls it.
    """

    commons: str
    kind: str
    name: str

    def __str__(self) -> str:
        return "|".join(self)


class Subject(NamedTuple):
    """A row of a crosswalk: the names of a subject by their columns.

    Attributes:
        line: Where it stands.
        names: The names, without those that are empty.
    """

    line: int
    names: dict[Column, str]


def subjects_of(path: str | os.PathLike[str]) -> Iterator[Subject]:
    """Reads a crosswalk row by row.

    Args:
        path: A table.

    Raises:
        ManifestError: It can't be read, or its columns aren't those of a crosswalk.
    """
    manifest = Path(path)
    with table_of(manifest) as table:
        if len(table.header) < 2:
            raise ManifestError(manifest, f"line 1: {len(table.header)} columns match nothing", remedy=_HOW)
        columns = [_column(manifest, name) for name in table.header]
        for row in whole_rows(table):
            names = {column: cell.strip() for column, cell in zip(columns, row.cells, strict=False) if cell.strip()}
            yield Subject(row.line, names)


def _column(path: Path, header: str) -> Column:
    parts = [part.strip() for part in header.split("|")]
    if len(parts) != 3 or not all(parts):
        raise ManifestError(path, Fault(1, header, "", "isn't the name of a column of a crosswalk", _HOW))
    return Column(*parts)


def descriptions_of(path: str | os.PathLike[str]) -> dict[tuple[str, str], str]:
    """Reads what is said of the names of a crosswalk.

    Args:
        path: A table with the columns commons_url, identifier_name, description.

    Returns:
        What is said, by the commons and the name.

    Raises:
        ManifestError: It can't be read, or has other columns.
    """
    with table_of(Path(path)) as table:
        if tuple(table.header) != INFO_COLUMNS:
            told = f"line 1: the columns are {', '.join(table.header)}"
            raise ManifestError(table.path, told, remedy=f"They must be {', '.join(INFO_COLUMNS)}.")
        cells = ([cell.strip() for cell in row.cells[: len(INFO_COLUMNS)]] for row in whole_rows(table))
        return {(commons, name): description for commons, name, description in cells}


def identifiers_in(document: Mapping[str, Any], guid_type: str = GUID_TYPE) -> Iterator[tuple[Column, dict[str, Any]]]:
    """What a document says of a subject's names: each column with `value`, `type` and perhaps `description`."""
    block = document.get(BLOCK)
    by_commons = block.get(guid_type) if is_object(block) else None
    for commons, names in by_commons.items() if is_object(by_commons) else ():
        for name, told in names.items() if is_object(names) else ():
            if is_object(told):
                yield Column(commons, str(told.get("type") or ""), name), told


class KnownSubjects:
    """Which document has a name: on disk, so that memory doesn't grow with them. Made by `known_subjects`.

    Args:
        database: Where it is kept.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute("CREATE TABLE names (name BLOB PRIMARY KEY, guid TEXT) WITHOUT ROWID")

    def add(self, guid: str, names: Iterable[tuple[Column, str]]) -> None:
        """Notes the names of a document."""
        rows = ((_key(column, value), guid) for column, value in names)
        self._database.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", rows)

    def guid_of(self, column: Column, value: str) -> str | None:
        """The document that has a name; None where there is none."""
        found = self._database.execute("SELECT guid FROM names WHERE name = ?", (_key(column, value),)).fetchone()
        return found[0] if found else None

    def guids_of(self, subject: Subject) -> list[str]:
        """The documents that have any of a subject's names."""
        found = (self.guid_of(column, value) for column, value in subject.names.items())
        return list(dict.fromkeys(guid for guid in found if guid is not None))


def _key(column: Column, value: str) -> bytes:
    return blake2b("\0".join((column.commons, column.name, value)).encode(), digest_size=16).digest()


@contextmanager
def known_subjects(
    auth: Gen3Auth, *, endpoint: str | None = None, guid_type: str = GUID_TYPE
) -> Generator[KnownSubjects]:
    """Asks a commons for all subjects that it knows, for a block.

    Args:
        auth: Who asks, and of which commons.
        endpoint: Another commons.
        guid_type: The member of a crosswalk that is looked at.
    """
    with scratch_database() as database:
        known = KnownSubjects(database)
        for guid, document in documents_of(auth, endpoint=endpoint, guid_type=GUID_TYPE):
            known.add(guid, ((column, str(told.get("value"))) for column, told in identifiers_in(document, guid_type)))
        yield known


def read_crosswalk(
    auth: Gen3Auth,
    output: str | os.PathLike[str],
    *,
    endpoint: str | None = None,
    limit: int | None = None,
    on_more: OnMore | None = None,
) -> int:
    """Writes the crosswalk of a commons, and beside it NAME_info.csv with what is said of its names.

    Args:
        auth: Who asks, and of which commons.
        output: The table that is written, separated by commas.
        endpoint: Another commons.
        limit: How many subjects at most; all by default.
        on_more: Is called where there are more than `limit`.

    Returns:
        How many subjects there were.
    """
    target = Path(output)
    columns, descriptions = set[Column](), dict[tuple[str, str], str]()
    with TemporaryFile() as spool, in_place_of(target) as file:
        count = 0
        for _, document in documents_of(auth, endpoint=endpoint, guid_type=GUID_TYPE, limit=limit, on_more=on_more):
            told = list(identifiers_in(document))
            columns.update(column for column, _ in told)
            descriptions |= {(column.commons, column.name): each.get("description") or "" for column, each in told}
            spool.write(json.dumps([[*column, each.get("value", "")] for column, each in told]).encode() + b"\n")
            count += 1
        header = sorted(columns)
        file.write(line_of([str(column) for column in header], ",").encode())
        spool.seek(0)
        for line in spool:
            values = {Column(*names): value for *names, value in json.loads(line)}
            file.write(line_of([values.get(column, "") for column in header], ",").encode())
    with in_place_of(target.with_name(f"{target.stem}_info.csv")) as file:
        file.write(line_of(INFO_COLUMNS, ",").encode())
        for (commons, name), description in sorted(descriptions.items()):
            file.write(line_of((commons, name, description), ",").encode())
    return count


BATCH, THREADS = 100, 8
#: GUIDs that are asked for at once.
GUIDS = 1000

Descriptions = Mapping[tuple[str, str], str]


class Missing(NamedTuple):
    """A name of a crosswalk that a commons doesn't know, or of another subject.

    Attributes:
        line: Where it stands.
        column: Its column.
        value: The name.
        reason: What is wrong.
    """

    line: int
    column: str
    value: str
    reason: str


def publish_crosswalk(
    auth: Gen3Auth,
    path: str | os.PathLike[str],
    *,
    info: str | os.PathLike[str] | None = None,
    endpoint: str | None = None,
    guid_type: str = GUID_TYPE,
    methods: Sequence[str] = (),
) -> Published:
    """Publishes a crosswalk: a subject of which the commons knows a name gets the others, too; others are made.

    Args:
        auth: Who asks, and of which commons.
        path: The crosswalk.
        info: A table with what is said of its names.
        endpoint: Another commons.
        guid_type: The member of a crosswalk that is written.
        methods: How the names were matched, in words.

    Returns:
        How many subjects were created and updated, and what failed.

    Raises:
        ManifestError: A table can't be read, or has other columns.
        AuthError: The commons doesn't know who asks.
        ConnectFailed: The commons can't be reached.
    """
    made = Published({}, {})
    descriptions = descriptions_of(info) if info is not None else {}
    commons = endpoint or auth.endpoint
    with ExitStack() as stack:
        documents = stack.enter_context(DocumentRows(commons, auth))
        fresh = _fresh_guids(stack.enter_context(Gen3Index(commons, auth)))
        known = stack.enter_context(known_subjects(auth, endpoint=endpoint, guid_type=guid_type))
        for batch in batches(subjects_of(path), BATCH):
            wanted, new = dict[str, list[Subject]](), set[str]()
            for subject in batch:
                guids = known.guids_of(subject)
                if len(guids) > 1:
                    told = f"its names are those of {len(guids)} subjects, {', '.join(guids[:3])}"
                    made.failures[subject.line] = f"{told}. Find out which is right"
                    continue
                if not subject.names:
                    continue
                guid = guids[0] if guids else next(fresh)
                if not guids:
                    new.add(guid)
                known.add(guid, subject.names.items())
                wanted.setdefault(guid, []).append(subject)
            shared = _Publishing(documents, descriptions, guid_type, methods)
            made_first = shared.made({guid: wanted[guid] for guid in wanted if guid in new})
            changed = in_order(
                ((guid, subjects) for guid, subjects in wanted.items() if guid not in new), shared.changed, THREADS
            )
            for guid, state in [*made_first, *changed]:
                for subject in wanted[guid]:
                    if isinstance(state, str):
                        made.counts[state] = made.counts.get(state, 0) + 1
                    else:
                        made.failures[subject.line] = mask_text(str(state))
    return made


def _fresh_guids(index: Gen3Index) -> Iterator[str]:
    while True:
        yield from index.get_valid_guids(GUIDS)


def _tried(work: Callable[[], str]) -> str | OmicsError:
    try:
        return work()
    except (AuthError, ConfigError, ConnectFailed):
        raise
    except OmicsError as error:
        return error


class _Publishing:
    """What is done with the subjects of a batch."""

    def __init__(
        self, documents: DocumentRows, descriptions: Descriptions, guid_type: str, methods: Sequence[str]
    ) -> None:
        self._documents = documents
        self._descriptions = descriptions
        self._guid_type = guid_type
        self._methods = methods

    def made(self, wanted: Mapping[str, Sequence[Subject]]) -> list[tuple[str, str | OmicsError]]:
        """Makes the documents of subjects that are new."""
        told = {guid: self._document({}, subjects) for guid, subjects in wanted.items()}
        stored = self._documents.stored(told) if told else {}
        with_aliases = in_order(((guid, wanted[guid], state) for guid, state in stored.items()), self._aliased, THREADS)
        return list(with_aliases)

    def _aliased(self, item: tuple[str, Sequence[Subject], str | OmicsError]) -> tuple[str, str | OmicsError]:
        guid, subjects, state = item
        if not isinstance(state, str):
            return guid, state

        def aliased() -> str:
            self._documents.update_aliases(guid, _aliases(subjects), merge=True)
            return CREATED

        return guid, _tried(aliased)

    def changed(self, item: tuple[str, Sequence[Subject]]) -> tuple[str, str | OmicsError]:
        """Adds the names of subjects to the document that has some of them."""
        guid, subjects = item

        def changed() -> str:
            document = self._document(self._documents.get(guid), subjects)
            self._documents.update(guid, document, aliases=_aliases(subjects), merge=True)
            return UPDATED

        return guid, _tried(changed)

    def _document(self, held: Mapping[str, Any], subjects: Sequence[Subject]) -> dict[str, Any]:
        """A crosswalk with the names of subjects; what it has else stays."""
        block = held.get(BLOCK)
        whole = dict(block) if is_object(block) else {}
        told = whole.get(self._guid_type)
        by_commons: dict[str, Any] = dict(told) if is_object(told) else {}
        methods = set(by_commons.pop(METHODS, ()) or ()) | set(self._methods)
        for subject in subjects:
            for column, value in subject.names.items():
                names = dict(by_commons.get(column.commons) or {})
                description = self._descriptions.get((column.commons, column.name))
                names[column.name] = {
                    **(names.get(column.name) or {}),
                    "value": value,
                    "type": column.kind,
                    **({"description": description} if description else {}),
                }
                by_commons[column.commons] = names
        whole[self._guid_type] = {**by_commons, METHODS: sorted(methods)}
        return {"_guid_type": held.get("_guid_type") or GUID_TYPE, BLOCK: whole}


def _aliases(subjects: Sequence[Subject]) -> list[str]:
    return list(dict.fromkeys(value for subject in subjects for value in subject.names.values()))


def verify_crosswalk(
    auth: Gen3Auth, path: str | os.PathLike[str], *, endpoint: str | None = None, guid_type: str = GUID_TYPE
) -> Iterator[Missing]:
    """Gives the names of a crosswalk that a commons doesn't know, or knows of another subject than their row's first.

    Args:
        auth: Who asks, and of which commons.
        path: The crosswalk.
        endpoint: Another commons.
        guid_type: The member of a crosswalk that is looked at.

    Raises:
        ManifestError: The table can't be read, or has other columns.
    """
    with known_subjects(auth, endpoint=endpoint, guid_type=guid_type) as known:
        for subject in subjects_of(path):
            first: str | None = None
            for column, value in subject.names.items():
                guid = known.guid_of(column, value)
                first = first or guid
                if guid is None:
                    yield Missing(subject.line, str(column), value, "isn't known")
                elif guid != first:
                    yield Missing(subject.line, str(column), value, f"is {guid}, and others of the row are {first}")


def delete_crosswalk(
    auth: Gen3Auth, path: str | os.PathLike[str], *, endpoint: str | None = None, guid_type: str = GUID_TYPE
) -> Published:
    """Takes the names of a crosswalk from a commons. A document with nothing else in it goes, too.

    Args:
        auth: Who asks, and of which commons.
        path: The crosswalk.
        endpoint: Another commons.
        guid_type: The member of a crosswalk that is looked at.

    Returns:
        How many documents were deleted and changed, and how many rows had names that aren't known; what failed.

    Raises:
        ManifestError: The table can't be read, or has other columns.
    """
    made = Published({}, {})
    with ExitStack() as stack:
        documents = stack.enter_context(DocumentRows(endpoint or auth.endpoint, auth))
        with known_subjects(auth, endpoint=endpoint, guid_type=guid_type) as known:
            for subject in subjects_of(path):
                for guid in known.guids_of(subject) or [""]:
                    state = _tried(lambda guid=guid, subject=subject: _without(documents, guid, subject, guid_type))
                    if isinstance(state, str):
                        made.counts[state] = made.counts.get(state, 0) + 1
                    else:
                        made.failures[subject.line] = mask_text(str(state))
    return made


def _without(documents: DocumentRows, guid: str, subject: Subject, guid_type: str) -> str:
    """Takes a subject's names from a document, and tells what became of it."""
    try:
        document = documents.get(guid) if guid else None
    except NotFound:
        document = None
    if document is None:
        return "unknown"
    gone = {(column.commons, column.name, value) for column, value in subject.names.items()}
    kept, values = dict[str, Any](), set[str]()
    for column, told in identifiers_in(document, guid_type):
        value = str(told.get("value"))
        if (column.commons, column.name, value) not in gone:
            kept.setdefault(column.commons, {})[column.name] = told
            values.add(value)
    block: dict[str, Any] = {name: value for name, value in document[BLOCK].items() if name != guid_type}
    if kept:
        block[guid_type] = {**kept, METHODS: document[BLOCK][guid_type].get(METHODS, [])}
    rest = {name: value for name, value in document.items() if name not in (BLOCK, "_guid_type")}
    if not block and not rest:
        documents.delete(guid)
        return "deleted"
    documents.update(guid, {**rest, "_guid_type": document.get("_guid_type"), **({BLOCK: block} if block else {})})
    no_more = {*subject.names.values()} - values
    aliases = documents.get_aliases(guid)["aliases"]
    documents.update_aliases(guid, [alias for alias in aliases if alias not in no_more])
    return UPDATED


def deleted_subject(auth: Gen3Auth, guid: str) -> bool:
    """Deletes a subject's document.

    Args:
        auth: Who asks, and of which commons.
        guid: The document.

    Returns:
        Whether it was deleted; one that isn't there stays so.

    Raises:
        UsageError: It is something else.
    """
    with DocumentRows(auth.endpoint, auth) as documents:
        try:
            document = documents.get(guid)
        except NotFound:
            return False
        if not is_object(document.get(BLOCK)):
            raise UsageError(f"{guid} is no document of a crosswalk; it stays", remedy="Check the GUID.")
        documents.delete(guid)
    return True
