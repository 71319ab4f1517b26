"""The index as a manifest: all of its records, or those of the files that another manifest has."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import Interrupted
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.index.requests import PAGE
from omicsdk.gen3.manifests.format.entries import Entry, entries_of
from omicsdk.gen3.manifests.format.table import table_of
from omicsdk.gen3.manifests.format.values import cell_of
from omicsdk.gen3.manifests.index.records import IndexRows
from omicsdk.gen3.manifests.outputs import Outputs, delimiter_for, identity_of, line_of
from omicsdk.gen3.manifests.running import FAILED, Outcome, Summary, attempted, failures_beside, run

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth

COLUMNS = ("guid", "urls", "authz", "acl", "md5", "file_size", "file_name")
"""The columns of a manifest that is made of the index (gen3sdk 4.28.5)."""
READ = "read"


def cells_of(record: Mapping[str, Any]) -> list[object]:
    """A record as the cells of a manifest; values that aren't there are empty."""
    hashes = record.get("hashes")
    told = [
        record.get("did"),
        *(_several(record.get(name)) for name in ("urls", "authz", "acl")),
        hashes.get("md5") if is_object(hashes) else None,
        record.get("size"),
        record.get("file_name"),
    ]
    return ["" if value is None else value for value in told]


def _several(values: object) -> str:
    return cell_of(str(value) for value in values) if is_array(values) else ""


def download_manifest(
    endpoint: str,
    output: str | os.PathLike[str],
    *,
    manifest: str | os.PathLike[str] | None = None,
    auth: Auth | None = None,
    threads: int = 8,
    delimiter: str | None = None,
    stop: Event | None = None,
    index: IndexRows | None = None,
) -> Summary:
    """Writes the records of an index as a manifest. The same call goes on where an earlier one was interrupted.

    Args:
        endpoint: The commons.
        output: The table that is written, with the columns of `COLUMNS`; separated by tabs where its name ends in .tsv.
        manifest: A manifest with the MD5 sums and sizes of the files whose records are wanted; all records by default.
        auth: Who asks; reading needs nobody.
        threads: How many batches of rows of that manifest are under way at once, from 1.
        delimiter: What separates that manifest's cells; by default what its name's ending says.
        stop: Ends the run when it is set.
        index: The index that is asked; by default that of the commons.

    Returns:
        How many records were read; rows without a record are in a file of failures beside the output.

    Raises:
        ManifestError: The manifest can't be read.
        ConnectFailed: The commons can't be reached.
    """
    target = Path(output)
    asked = index or IndexRows(endpoint, auth)
    try:
        if manifest is not None:
            return _of_manifest(asked, Path(manifest), target, threads, delimiter, stop)
        return _of_all(asked, target, stop)
    finally:
        if index is None:
            asked.close()


def _of_all(index: IndexRows, target: Path, stop: Event | None) -> Summary:
    separator = delimiter_for(target)
    with Outputs(
        [target], {"endpoint": index.endpoint, "columns": COLUMNS, "delimiter": separator}, 20 * PAGE
    ) as outputs:
        if outputs.fresh:
            outputs.write(0, line_of(COLUMNS, separator))
        rows = outputs.rows
        for records in index.pages_after(outputs.place):
            if stop is not None and stop.is_set():
                raise Interrupted("The reading of the index was stopped", remedy="The same call goes on where it was.")
            for record in records:
                outputs.write(0, line_of(cells_of(record), separator))
            outputs.counts[READ] += len(records)
            outputs.place = str(records[-1]["did"])
            rows += len(records)
            outputs.done(len(records))
        outputs.finish()
        return Summary(rows, dict(outputs.counts), target, None, ())


def _of_manifest(
    index: IndexRows, path: Path, target: Path, threads: int, delimiter: str | None, stop: Event | None
) -> Summary:
    paths, separator = (target, failures_beside(target)), delimiter_for(target)

    def record(entry: Entry) -> Outcome:
        records = index.with_md5(entry.md5, entry.size)
        if not records:
            error = f"the index has no record with the MD5 sum {entry.md5} and {entry.size} bytes"
            return Outcome(entry.line, entry.guid, FAILED, error=error)
        text = "".join(line_of(cells_of(each), separator) for each in records)
        return Outcome(entry.line, entry.guid, READ, text)

    def work(entries: Sequence[Entry], _perhaps: bool) -> list[Outcome]:
        return [attempted(entry.line, entry.guid, lambda entry=entry: record(entry)) for entry in entries]

    identity, header = identity_of(path, endpoint=index.endpoint, to=separator), line_of(COLUMNS, separator)
    with table_of(path, delimiter) as table, Outputs(paths, identity) as outputs:
        return run(entries_of(table), work, outputs, paths, threads=threads, batch=10, header=header, stop=stop)
