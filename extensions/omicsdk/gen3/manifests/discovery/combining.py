"""Further columns for a table of studies, from another table whose rows are about the same."""

from __future__ import annotations

import os
from pathlib import Path

from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.gen3.manifests.discovery import table
from omicsdk.gen3.manifests.discovery.publishing import table_rows
from omicsdk.gen3.manifests.faults import ManifestError
from omicsdk.gen3.manifests.format.table import table_of
from omicsdk.gen3.manifests.outputs import delimiter_for


def combine_discovery(
    studies: str | os.PathLike[str],
    metadata: str | os.PathLike[str],
    study_column: str,
    metadata_column: str,
    output: str | os.PathLike[str],
    *,
    prefix: str = "",
    exact: bool = False,
) -> int:
    """Adds the columns of a table to those of the studies that its rows are about.

    Args:
        studies: A table of studies, as `read_discovery` writes it; it is held in memory.
        metadata: A table with what is added, separated by tabs or commas.
        study_column: The column of studies that tells which they are.
        metadata_column: The column of the other table that tells which study a row is about.
        output: The table that is written: the studies that a row is about, with both tables' columns.
        prefix: Put before the names of the columns that are added.
        exact: Whether both cells are the same; otherwise that of the study has the other one in it, and the first row counts.

    Returns:
        How many studies were written.

    Raises:
        ManifestError: A table can't be read, or lacks a column.
    """
    current, target = Path(studies), Path(output)
    rows = [cells for _, cells in table_rows(current)]
    columns = list(rows[0]) if rows else []
    for wanted in (study_column, table.GUID):
        if rows and wanted not in columns:
            raise ManifestError(
                current, f"line 1: there is no column {wanted!r}", remedy="Name a column that there is."
            )
    by_key = dict[str, list[int]]()
    for place, cells in enumerate(rows):
        by_key.setdefault(cells.get(study_column, "").strip(), []).append(place)
    added = dict[int, dict[str, str]]()
    with table_of(Path(metadata)) as further:
        if metadata_column not in further.header:
            reason = f"line 1: there is no column {metadata_column!r}"
            raise ManifestError(further.path, reason, remedy="Name a column that there is.")
        key_place, names = further.header.index(metadata_column), [f"{prefix}{name}" for name in further.header]
        for row in further.rows:
            key = row.cells[key_place].strip()
            if not key:
                continue
            keys = [key] if exact else [each for each in by_key if key in each]
            told = {name: cell.replace("\n", "\\n") for name, cell in zip(names, row.cells, strict=False) if cell}
            for place in [place for each in keys for place in by_key.get(each, ())]:
                added.setdefault(place, {}).update(told)
            if not exact:  # a study that has been found isn't looked for again
                for each in keys:
                    del by_key[each]
    header = list(dict.fromkeys([table.GUID, *columns, *names]))
    separator, written = delimiter_for(target), 0
    with in_place_of(target) as file:
        file.write(table.line_of(header, separator).encode())
        for place in sorted(added):
            cells = {**rows[place], **added[place]}
            if cells.get(table.GUID):
                file.write(table.line_of([cells.get(name, "") for name in header], separator).encode())
                written += 1
    return written
