"""Manifests compared and merged, their rows matched by checksum."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, cast

from omicsdk.core.batches import batches
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.manifests import tables
from omicsdk.gen3.manifests.rows import REQUIRED, cells_of, columns_of
from omicsdk.gen3.manifests.runs import digest_of
from omicsdk.gen3.manifests.tables import Fault, ManifestError, OnFault, Table
from omicsdk.transfer.disk import scratch_database

# Rows that are looked up at once; a statement of SQLite takes at least 999 variables.
_AT_ONCE = 500


class Difference(NamedTuple):
    """The result of a comparison.

    Attributes:
        rows: Rows of the second manifest.
        added: Those whose key the first lacks.
        changed: Those whose key the first has, in other rows alone.
    """

    rows: int
    added: int
    changed: int


def compare_manifests(
    first: str | os.PathLike[str],
    second: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    key: str = "guid",
    further_columns: bool = False,
    delimiter: str | None = None,
) -> Difference:
    """Write the rows of a manifest that are new or changed since another one.

    Memory use does not grow with the number of rows.

    Args:
        first: The older table.
        second: The newer table, of the same kind.
        output: File for these rows, with the columns that both have; written atomically.
        key: The column that identifies a row.
        further_columns: Allow columns that only one table has; these are not compared.
        delimiter: The separator of the output's cells; by default the one of its suffix.

    Returns:
        How many rows were added and changed.

    Raises:
        ManifestError: A manifest cannot be read, lacks the key, or has other columns.
        Gen3UserError: Their suffixes differ.
    """
    before, after = Path(first), Path(second)
    if before.suffix.lower() != after.suffix.lower():
        raise Gen3UserError(
            f"{before.name} and {after.name} have different extensions", remedy="Use two .tsv or two .csv manifests."
        )
    with ExitStack() as stack:
        old, new = stack.enter_context(tables.table_of(before)), stack.enter_context(tables.table_of(after))
        header = _common(old, new, key, further_columns)
        database = stack.enter_context(scratch_database())
        # Digests of the rows, so that the database stays small whatever they hold.
        database.execute("CREATE TABLE rows (key BLOB, row BLOB, PRIMARY KEY (key, row)) WITHOUT ROWID")
        database.execute("BEGIN")
        database.executemany("INSERT OR IGNORE INTO rows VALUES (?, ?)", _digested(old, header, key))
        database.execute("COMMIT")
        write = stack.enter_context(tables.written_table(output, header, delimiter))
        counts = {"rows": 0, "added": 0, "changed": 0}
        for cells, state in _differing(database, new, header, key):
            counts["rows"] += 1
            if state:
                counts[state] += 1
                write(cells)
    return Difference(**counts)


def _common(old: Table, new: Table, key: str, further_columns: bool) -> list[str]:
    """The columns that both have, in the first one's order."""
    for table in (old, new):
        tables.require_columns(table.path, table.header, [key])
    if old.header != new.header and not further_columns:
        other = sorted(set(old.header) ^ set(new.header))
        problem = (
            f"the columns {', '.join(other)} are in one of them only" if other else "the columns are in another order"
        )
        raise ManifestError(new.path, f"line 1: {problem}", remedy="Allow further columns, or give both the same.")
    return [name for name in old.header if name in new.header]


def _digested(table: Table, header: Sequence[str], key: str) -> Iterator[tuple[bytes, bytes]]:
    for cells in _cells(table, header):
        yield digest_of([cells[header.index(key)]]), digest_of(_plain(cells, header))


def _differing(
    database: sqlite3.Connection, table: Table, header: Sequence[str], key: str
) -> Iterator[tuple[list[str], str]]:
    """The rows of the second manifest, each with "added", "changed", or nothing."""
    index = header.index(key)
    for batch in batches(_cells(table, header), _AT_ONCE):
        keys = [digest_of([cells[index]]) for cells in batch]
        marks = ", ".join("?" * len(keys))
        rows_before = defaultdict[bytes, set[bytes]](set)  # several rows may have one key
        for digest, row in database.execute(f"SELECT key, row FROM rows WHERE key IN ({marks})", keys):  # noqa: S608 - marks alone
            rows_before[digest].add(row)
        for cells, digest in zip(batch, keys, strict=True):
            if digest not in rows_before:
                yield cells, "added"
            else:
                yield cells, "" if digest_of(_plain(cells, header)) in rows_before[digest] else "changed"


def _cells(table: Table, header: Sequence[str]) -> Iterator[list[str]]:
    places = [table.header.index(name) for name in header]
    for row in tables.whole_rows(table):
        yield [row.cells[index] for index in places]


def _plain(cells: Sequence[str], header: Sequence[str]) -> list[str]:
    """Cells as they are compared: the order of an ACL does not matter."""
    if tables.ACL not in header:
        return list(cells)
    return [
        " ".join(sorted(tables.several(cell))) if name == tables.ACL else cell
        for name, cell in zip(header, cells, strict=True)
    ]


#: Columns of which each cell may have several values, which are united.
SEVERAL = (tables.URLS, tables.ACL, tables.AUTHZ)
#: The columns that a merged manifest begins with; the others follow by their names.
FIRST = (tables.GUID, tables.SIZE, tables.MD5, tables.ACL, tables.AUTHZ, tables.URLS)


class MergeConflict(ManifestError, csv.Error):
    """Two rows of one MD5 sum contradict each other; arguments as those of ManifestError."""


class Position(NamedTuple):
    """The manifest and line of a row."""

    path: str
    line: int


class Merged(NamedTuple):
    """The result of a merge.

    Attributes:
        rows: Rows that were read.
        written: Rows of the merged manifest.
        conflicts: Conflicts that were ignored.
    """

    rows: int
    written: int
    conflicts: int


class Rules(NamedTuple):
    """How rows are merged.

    Attributes:
        several: Columns whose values are united.
        many_guids: Whether one MD5 sum may have several GUIDs.
        duplicates: MD5 sums whose rows are not merged.
        go_on: Whether conflicts are ignored: the first value is kept, and GUIDs keep their own rows.
    """

    several: Collection[str] = SEVERAL
    many_guids: bool = False
    duplicates: Collection[str] = ()
    go_on: bool = False


Cells = dict[str, str]


def merge_manifests(
    manifests: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    rules: Rules | None = None,
    delimiter: str | None = None,
    on_fault: OnFault | None = None,
) -> Merged:
    """Merge manifests; memory does not grow with their rows.

    Args:
        manifests: Tables with the columns md5, size and urls, in order: the first value of a field is kept.
        output: The output table, in the order in which MD5 sums come first; written atomically.
        rules: How rows are merged; by default each MD5 sum has one GUID, and a conflict is an error.
        delimiter: The separator of the output's cells; by default the one of its suffix.
        on_fault: Takes conflicts that are ignored.

    Returns:
        How many rows were read and written.

    Raises:
        ManifestError: A manifest cannot be read, lacks a column, or a row is wrong.
        MergeConflict: Rows contradict each other.
    """
    how, conflicts = rules or Rules(), 0
    # Rows are compared by the digits in lower case, whatever a manifest or its user writes.
    how = how._replace(duplicates=frozenset(tables.md5_of(md5) or md5 for md5 in how.duplicates))

    def passed_over(fault: Fault) -> None:
        nonlocal conflicts
        conflicts += 1
        if on_fault is not None:
            on_fault(fault)

    with scratch_database() as database:
        read = _read(database, [Path(manifest) for manifest in manifests])
        header = [*FIRST, *sorted({name for columns in read.columns for name in columns} - set(FIRST))]
        written = 0
        with tables.written_table(output, header, delimiter) as write:
            for group in _groups(database, read):
                for cells in merged(group, how, passed_over):
                    write([cells.get(name, "") for name in header])
                    written += 1
    return Merged(read.rows, written, conflicts)


class _Read(NamedTuple):
    """The manifests in the database, the columns of each by their own names, and the number of rows."""

    manifests: Sequence[Path]
    columns: list[list[str]]
    rows: int


def _read(database: sqlite3.Connection, manifests: Sequence[Path]) -> _Read:
    """Put all rows into the database."""
    columns = list[list[str]]()
    database.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, md5 BLOB, path INTEGER, line INTEGER, cells TEXT)")
    database.execute("BEGIN")
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for number, path in enumerate(manifests):
        with tables.table_of(path) as table:
            names = columns_of(table, REQUIRED)
            columns.append(list(dict.fromkeys(names)))
            database.executemany(
                "INSERT INTO rows (md5, path, line, cells) VALUES (?, ?, ?, ?)",
                (
                    (bytes.fromhex(cells[tables.MD5]), number, line, encode(list(cells.values())))
                    for line, cells in _checked(
                        path,
                        ((row.line, cells_of(zip(names, row.cells, strict=False))) for row in tables.whole_rows(table)),
                    )
                ),
            )
    database.execute("COMMIT")
    # After the rows: an index that is kept up to date with each of them costs more.
    database.execute("CREATE INDEX by_md5 ON rows (md5)")
    (count,) = database.execute("SELECT COUNT(*) FROM rows").fetchone()
    return _Read(manifests, columns, count)


def _checked(path: Path, rows: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """Rows with their MD5 sums in hexadecimal digits and their sizes as numbers."""
    for line, cells in rows:
        md5, size = tables.md5_of(cells[tables.MD5]), tables.size_of(cells[tables.SIZE])
        if md5 is None:
            raise ManifestError(
                path, Fault(line, tables.MD5, cells[tables.MD5], "is not an MD5 sum", "Correct it, or remove the row.")
            )
        if size is None:
            raise ManifestError(
                path, Fault(line, tables.SIZE, cells[tables.SIZE], "is not a size", "Use a whole number of bytes.")
            )
        cells[tables.MD5], cells[tables.SIZE] = md5, str(size)
        yield line, cells


def _groups(database: sqlite3.Connection, read: _Read) -> Iterator[list[tuple[Position, Cells]]]:
    """The rows of each MD5 sum, in the order in which the sums come first."""
    group, current = list[tuple[Position, Cells]](), None
    paths, decode = [str(path) for path in read.manifests], json.JSONDecoder().decode
    query = (
        "SELECT rows.md5, rows.path, rows.line, rows.cells FROM rows "
        "JOIN (SELECT md5, MIN(number) AS first FROM rows GROUP BY md5) AS firsts ON firsts.md5 = rows.md5 "
        "ORDER BY firsts.first, rows.number"
    )
    md5_groups = cast("Iterator[tuple[bytes, int, int, str]]", database.execute(query))
    for md5, number, line, cells in md5_groups:
        if md5 != current and group:
            yield group
            group = []
        current = md5
        names, values = read.columns[number], cast("list[str]", decode(cells))
        group.append((Position(paths[number], line), dict(zip(names, values, strict=True))))
    if group:
        yield group


class _MergedRow(NamedTuple):
    """A row with those that were merged into it.

    Attributes:
        where: Its place.
        cells: Its cells.
        united: The values of the columns that are united, by column; joined at the end, since there may be many.
    """

    where: Position
    cells: Cells
    united: dict[str, set[str]]

    def result(self) -> Cells:
        """Its cells with the united values."""
        return self.cells | {name: " ".join(sorted(values)) for name, values in self.united.items()}


def merged(group: Sequence[tuple[Position, Cells]], rules: Rules, on_fault: OnFault) -> list[Cells]:
    """Merge the rows of one MD5 sum. A row without a GUID is merged into all that have one.

    Args:
        group: The rows, in order, each with its place.
        rules: How they are merged.
        on_fault: Takes conflicts that are ignored.

    Raises:
        MergeConflict: They contradict each other, and conflicts are not ignored.
    """
    if len(group) == 1:
        return [group[0][1]]
    merged_rows = list[_MergedRow]()
    # Many files may have one MD5 sum, such as empty ones: a row is compared with the first of each size, not with all.
    by_guid, by_size = dict[str, list[_MergedRow]](), dict[str, _MergedRow]()
    apart = group[0][1][tables.MD5] in rules.duplicates
    # Rows with a GUID first, so that one without can be merged into all of them.
    for row in sorted(
        group, key=lambda row: not row[1].get(tables.GUID)
    ):  # stable: otherwise the order of the manifests decides
        where, cells = row
        guid = cells.get(tables.GUID) or ""
        same = list[_MergedRow]()
        if merged_rows and not (apart and guid):
            for earlier in by_size.values():
                _same_size(earlier, row, rules, on_fault)
            same = by_guid.get(guid, []) if guid else merged_rows
            if not same and not rules.many_guids:
                first, remedy = merged_rows[0], "Allow several GUIDs, or correct one."
                reason = f"is the GUID of {first.where.path}, line {first.where.line} for the same MD5 sum"
                _conflict(where, tables.GUID, first.cells[tables.GUID], reason, remedy, rules, on_fault)
        for earlier in same:
            _merge(earlier, row, rules, on_fault)
        if not same:
            merged_rows.append(_MergedRow(where, dict(cells), {}))
            by_guid.setdefault(guid, []).append(merged_rows[-1])
            by_size.setdefault(cells[tables.SIZE], merged_rows[-1])
    return [merged_row.result() for merged_row in merged_rows]


def _same_size(earlier: _MergedRow, row: tuple[Position, Cells], rules: Rules, on_fault: OnFault) -> None:
    if earlier.cells[tables.SIZE] != row[1][tables.SIZE]:
        reason = f"is not {earlier.cells[tables.SIZE]}, as {earlier.where.path}, line {earlier.where.line} has for the same MD5 sum"
        _conflict(row[0], tables.SIZE, row[1][tables.SIZE], reason, "Determine which is right.", rules, on_fault)


def _merge(earlier: _MergedRow, row: tuple[Position, Cells], rules: Rules, on_fault: OnFault) -> None:
    """Merge a row into another one of the same file."""
    into = earlier.cells
    for name, cell in row[1].items():
        has = into.get(name, "")
        if name in (tables.GUID, tables.SIZE, tables.MD5):
            continue
        if name in rules.several:
            if name not in earlier.united:
                earlier.united[name] = {*has.split()}
            earlier.united[name].update(cell.split())
        elif not has:
            into[name] = cell
        elif cell and cell != has:
            reason = f"is not {has!r}, as {earlier.where.path}, line {earlier.where.line} has for the same file"
            _conflict(row[0], name, cell, reason, "Correct one of them.", rules, on_fault)


def _conflict(
    where: Position, column: str, value: str, reason: str, remedy: str, rules: Rules, on_fault: OnFault
) -> None:
    fault = Fault(where.line, column, value, reason, remedy, warns=rules.go_on)
    if not rules.go_on:
        raise MergeConflict(where.path, fault)
    on_fault(fault)
