"""Crosswalks: what a subject of one commons is called in others. Their tables, and the subjects that a commons knows.

The columns of a table are called COMMONS|TYPE|NAME, such as https://a.example.org|guid|subject_id; a row is a subject.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.narrowing import is_object
from omicsdk.gen3.manifests.discovery.reading import OnMore, documents_of
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.format.table import table_of, whole_rows
from omicsdk.gen3.manifests.outputs import line_of
from omicsdk.gen3.manifests.scratch import scratch_database

if TYPE_CHECKING:
    from omicsdk.gen3.auth.provider import Gen3Auth

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
