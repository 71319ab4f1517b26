"""The index records of a manifest's files, deleted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from omicsdk.gen3.manifests.faults import Fault
from omicsdk.gen3.manifests.index.records import IndexRows
from omicsdk.gen3.manifests.outputs import Outputs, identity_of
from omicsdk.gen3.manifests.rows import Row, rows_of
from omicsdk.gen3.manifests.running import Outcome, Summary, attempted, failures_beside, run

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth

DELETED, GONE = "deleted", "gone"


def delete_guids(
    auth: Auth,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    endpoint: str | None = None,
    threads: int = 8,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Deletes the index records of all files that a manifest names. The files' bytes stay where they are.

    Args:
        auth: Who asks.
        manifest: A manifest as `rows_of` reads it.
        output: The file that is written, a line for each GUID with what became of it; by default the manifest's name with
            .deleted.tsv.
        endpoint: The commons; by default that of `auth`.
        threads: How many batches of rows are under way at once, from 1.
        delimiter: What separates the cells; by default what its name's ending says.
        stop: Ends the run when it is set.

    Returns:
        How many were deleted, and how many weren't there.

    Raises:
        ManifestError: The manifest can't be read, or no column names the files.
    """
    path = Path(manifest)
    target = Path(output) if output is not None else path.with_name(f"{path.stem}.deleted.tsv")
    paths = target, failures_beside(target)

    with IndexRows(endpoint, auth) as index:

        def deleted(row: Row) -> Outcome:
            state = DELETED if index.deleted(row.guid) else GONE
            return Outcome(row.line, row.guid, state, f"{row.guid}\t{state}\n")

        def work(rows: Sequence[Row], _perhaps: bool) -> list[Outcome]:
            return [attempted(row.line, row.guid, lambda row=row: deleted(row)) for row in rows]

        with Outputs(paths, identity_of(path, endpoint=index.endpoint, deletes=True)) as outputs:
            rows = _rows(path, delimiter)
            return run(rows, work, outputs, paths, threads=threads, batch=10, header="guid\tstate\n", stop=stop)


def _rows(path: Path, delimiter: str | None) -> Iterator[Row | Fault]:
    """The rows, and in the place of each that is wrong what is wrong with it."""
    faults = list[Fault]()
    for row in rows_of(path, delimiter=delimiter, on_fault=faults.append):
        yield from faults
        faults.clear()
        yield row
    yield from faults
