"""Two manifests compared: the rows of the second that the first hasn't, or has otherwise."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from omicsdk.core.errors import UsageError
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.gen3.manifests.faults import ManifestError
from omicsdk.gen3.manifests.format.columns import ACL
from omicsdk.gen3.manifests.format.table import Table, table_of, whole_rows
from omicsdk.gen3.manifests.format.values import several
from omicsdk.gen3.manifests.outputs import delimiter_for, line_of
from omicsdk.gen3.manifests.scratch import scratch_database

_AT_ONCE = 500
"""Rows that are looked up at once; a statement of SQLite takes at least 999 variables."""


class Difference(NamedTuple):
    """What a comparison came to.

    Attributes:
        rows: Rows of the second manifest.
        added: Those whose key the first hasn't.
        changed: Those that the first has otherwise.
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
    """Writes the rows of the second manifest that the first hasn't, or has otherwise; memory doesn't grow with their rows.

    Args:
        first: A table.
        second: A table of the same kind.
        output: The table that is written, with the columns that both have; whole or not at all.
        key: The column that tells which rows belong together.
        further_columns: Whether one may have columns that the other hasn't; these aren't compared.
        delimiter: What separates the output's cells; by default what its name's ending says.

    Returns:
        How many rows were added and changed.

    Raises:
        ManifestError: A manifest can't be read, hasn't the key, or has other columns.
        UsageError: Their names end in different ways.
    """
    before, after, target = Path(first), Path(second), Path(output)
    if before.suffix.lower() != after.suffix.lower():
        raise UsageError(
            f"{before.name} and {after.name} end in different ways", remedy="Give two .tsv or two .csv manifests."
        )
    separator = delimiter_for(target, delimiter)
    with ExitStack() as stack:
        old, new = stack.enter_context(table_of(before)), stack.enter_context(table_of(after))
        header = _common(old, new, key, further_columns)
        known = stack.enter_context(scratch_database())
        known.execute("CREATE TABLE rows (key BLOB PRIMARY KEY, row BLOB) WITHOUT ROWID")
        known.execute("BEGIN")
        known.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", _digested(old, header, key))
        known.execute("COMMIT")
        file = stack.enter_context(in_place_of(target))
        file.write(line_of(header, separator).encode())
        counts = {"rows": 0, "added": 0, "changed": 0}
        for cells, state in _differing(known, new, header, key):
            counts["rows"] += 1
            if state:
                counts[state] += 1
                file.write(line_of(cells, separator).encode())
    return Difference(**counts)


def _common(old: Table, new: Table, key: str, further_columns: bool) -> list[str]:
    """The columns that both have, in the first one's order."""
    for table in (old, new):
        if key not in table.header:
            raise ManifestError(
                table.path,
                f"line 1: there is no column {key!r}",
                remedy=f"Name the column of keys; there are {', '.join(table.header[:20])}.",
            )
    if old.header != new.header and not further_columns:
        other = sorted(set(old.header) ^ set(new.header))
        told = f"the columns {', '.join(other)} are in one alone" if other else "the columns stand in another order"
        raise ManifestError(new.path, f"line 1: {told}", remedy="Allow further columns, or give both the same.")
    return [name for name in old.header if name in new.header]


def _digested(table: Table, header: Sequence[str], key: str) -> Iterator[tuple[bytes, bytes]]:
    for cells in _cells(table, header):
        yield _digest([cells[header.index(key)]]), _digest(_plain(cells, header))


def _differing(
    known: sqlite3.Connection, table: Table, header: Sequence[str], key: str
) -> Iterator[tuple[list[str], str]]:
    """The rows of the second manifest, each with "added", "changed", or nothing."""
    place = header.index(key)
    source = _cells(table, header)
    while batch := list(islice(source, _AT_ONCE)):
        keys = [_digest([cells[place]]) for cells in batch]
        marks = ", ".join("?" * len(keys))
        held = dict(known.execute(f"SELECT key, row FROM rows WHERE key IN ({marks})", keys))  # noqa: S608 - marks alone
        for cells, digest in zip(batch, keys, strict=True):
            row = held.get(digest)
            yield cells, "added" if row is None else "" if row == _digest(_plain(cells, header)) else "changed"


def _cells(table: Table, header: Sequence[str]) -> Iterator[list[str]]:
    places = [table.header.index(name) for name in header]
    for row in whole_rows(table):
        yield [row.cells[place] for place in places]


def _plain(cells: Sequence[str], header: Sequence[str]) -> list[str]:
    """Cells as they are compared: the order of an ACL doesn't matter."""
    if ACL not in header:
        return list(cells)
    return [" ".join(sorted(several(cell))) if name == ACL else cell for name, cell in zip(header, cells, strict=True)]


def _digest(texts: Iterable[str]) -> bytes:
    """16 bytes that stand for texts; two different lists of texts have the same with a chance of 2**-128."""
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
