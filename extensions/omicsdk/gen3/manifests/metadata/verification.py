"""Manifests of metadata held against the metadata service."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import NotFound
from omicsdk.core.narrowing import is_object
from omicsdk.gen3.manifests.format.table import NamedRow, rows_by_name, table_of
from omicsdk.gen3.manifests.index.verification import MISSING, RIGHT, WRONG
from omicsdk.gen3.manifests.metadata.documents import value_of
from omicsdk.gen3.manifests.metadata.ingesting import GUID_COLUMN, GuidOf, guid_in_row
from omicsdk.gen3.manifests.outputs import Outputs, identity_of
from omicsdk.gen3.manifests.running import FAILED, Outcome, Summary, attempted, failures_beside, run
from omicsdk.gen3.metadata import Gen3Metadata

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth

MetadataOf = Callable[[dict[str, str]], Mapping[str, Any]]
"""Gives what a row says of its document, by its cells."""


def metadata_in_row(row: dict[str, str]) -> dict[str, str]:
    """The cells of a row but its GUID."""
    return {name: cell for name, cell in row.items() if name not in (GUID_COLUMN, GUID_COLUMN.upper())}


def verify_metadata(
    endpoint: str,
    manifest: str | os.PathLike[str],
    source: str,
    output: str | os.PathLike[str],
    *,
    auth: Auth | None = None,
    threads: int = 8,
    guid_of: GuidOf = guid_in_row,
    metadata_of: MetadataOf = metadata_in_row,
    delimiter: str | None = None,
    stop: Event | None = None,
) -> Summary:
    """Holds a manifest of metadata against the metadata service. The same call goes on after an interrupt.

    Args:
        endpoint: The commons.
        manifest: A table with a column of GUIDs.
        source: The member of a document that the cells are compared with.
        output: The file that is written: a line GUID|SOURCE.COLUMN|expected X|actual Y for all that differs.
        auth: Who asks; reading needs nobody.
        threads: How many rows are under way at once, from 1.
        guid_of: Gives a row's GUID; by default its column guid.
        metadata_of: Gives what a row says; by default its other columns.
        delimiter: What separates the cells; by default what the name's ending says.
        stop: Ends the run when it is set.

    Returns:
        How many rows were right, wrong, and without a document.

    Raises:
        ManifestError: The manifest can't be read.
        ConnectFailed: The commons can't be reached.
    """
    path, target = Path(manifest), Path(output)
    paths = target, failures_beside(target)
    with Gen3Metadata(endpoint.rstrip("/"), auth) as documents:

        def verified(row: NamedRow) -> Outcome:
            guid = guid_of(row.cells)
            if not guid:
                return Outcome(row.line, "", FAILED, error="the row names no file. Fill in its GUID, or take it out.")
            try:
                document = documents.get(guid)
            except NotFound:
                return Outcome(row.line, guid, MISSING, f"{guid}|no_record|expected {row.cells}|actual None\n")
            found = differing(document, source, metadata_of(row.cells))
            lines = (f"{guid}|{source}.{key}|expected {wanted}|actual {actual}\n" for key, wanted, actual in found)
            return Outcome(row.line, guid, WRONG if found else RIGHT, "".join(lines))

        def work(rows: Sequence[NamedRow], _perhaps: bool) -> list[Outcome]:
            return [attempted(row.line, "", lambda row=row: verified(row)) for row in rows]

        identity = identity_of(path, endpoint=documents.endpoint, source=source)
        with table_of(path, delimiter) as table, Outputs(paths, identity) as outputs:
            return run(rows_by_name(table), work, outputs, paths, threads=threads, batch=10, stop=stop)


def differing(document: Mapping[str, Any], source: str, expected: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """What of a document isn't as expected; a text that is JSON is as good as what it says.

    Args:
        document: The document.
        source: The member that is compared.
        expected: Its members as they should be.

    Returns:
        Each member with what was expected and what there is.
    """
    held = document.get(source)
    told = held if is_object(held) else {}
    pairs = [(key, _read(value), _read(told.get(key))) for key, value in expected.items()]
    return [(key, wanted, actual) for key, wanted, actual in pairs if wanted != actual]


def _read(value: Any) -> Any:
    return value_of(value) if isinstance(value, str) else value
