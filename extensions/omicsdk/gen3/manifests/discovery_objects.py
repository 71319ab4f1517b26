"""Lists of a study's objects in discovery metadata: read, written as tables, published and deleted."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import NotFound
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.manifests import discovery_table as table
from omicsdk.gen3.manifests.discovery import (
    BLOCK,
    GUID_TYPE,
    OnMore,
    Published,
    checked_format,
    documents_of,
    shown_in,
    table_rows,
    write_json,
)
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.metadata import DocumentRows
from omicsdk.gen3.manifests.tables import opened

if TYPE_CHECKING:
    from omicsdk.gen3.auth import Gen3Auth


OBJECTS, DATASET = "objects", "dataset_guid"
REQUIRED = (DATASET, "guid", "display_name")
OPTIONAL = ("description", "type")


def objects_in(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The data objects of a study's document."""
    listed = shown_in(document).get(OBJECTS)
    return [each for each in listed if is_object(each)] if is_array(listed) else []


def objects_of(
    auth: Gen3Auth,
    *,
    datasets: Collection[str] = (),
    endpoint: str | None = None,
    limit: int | None = None,
    aggregate: bool = False,
    guid_type: str = GUID_TYPE,
    on_more: OnMore | None = None,
    on_missing: Callable[[str], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Gives the data objects of studies, each with its `dataset_guid`.

    Args:
        auth: Who asks, and of which commons.
        datasets: The studies' GUIDs; all by default.
        endpoint: Another commons.
        limit: How many studies are looked at, where none are named; all by default.
        aggregate: Whether those of all commons that the commons gathers are.
        guid_type: What the studies' documents are about.
        on_more: Is called where there are more studies than `limit`.
        on_missing: Is told the GUID of each study that is named and isn't there.
    """
    found = documents_of(
        auth,
        endpoint=endpoint,
        guid_type=guid_type,
        limit=None if datasets else limit,
        aggregate=aggregate,
        on_more=on_more,
    )
    missing = dict.fromkeys(datasets)
    for guid, document in found:
        if not datasets or guid in missing:
            missing.pop(guid, None)
            for each in objects_in(document):
                yield {DATASET: guid, **each}
            if datasets and not missing:
                return
    for guid in missing:
        if on_missing is not None:
            on_missing(guid)


def write_objects(objects: Iterator[Mapping[str, Any]], output: str | os.PathLike[str], output_format: str) -> int:
    """Writes data objects; they are held in memory for a table.

    Args:
        objects: The objects.
        output: The file that is written, whole or not at all.
        output_format: tsv or json.

    Returns:
        How many there were.

    Raises:
        UsageError: There is no such format.
    """
    wanted = checked_format(output_format)
    with in_place_of(Path(output)) as file:
        if wanted == "json":
            return write_json(file, objects)
        listed = list(objects)
        further = sorted({name for each in listed for name in each} - {*REQUIRED})
        columns = [*REQUIRED, *further]
        file.write(table.line_of(columns).encode())
        for each in listed:
            cells = [table.cell_of(each[name]) if name in each else "" for name in columns]
            file.write(table.line_of(cells).encode())
        return len(listed)


def write_template(output: str | os.PathLike[str]) -> None:
    """Writes a table of data objects without rows."""
    with in_place_of(Path(output)) as file:
        file.write(table.line_of([*REQUIRED, *OPTIONAL]).encode())


def objects_in_table(path: str | os.PathLike[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Reads a table of data objects.

    Args:
        path: A table separated by tabs.

    Returns:
        By each study's GUID its objects by theirs.

    Raises:
        ManifestError: It can't be read, lacks a column, or a row lacks a value.
    """
    manifest = Path(path)
    found = dict[str, dict[str, dict[str, Any]]]()
    missing = missing_columns(manifest)
    if missing:
        reason = f"line 1: there is no column {', '.join(missing)}"
        raise ManifestError(manifest, reason, remedy=f"Columns are {', '.join((*REQUIRED, *OPTIONAL))}.")
    for line, cells in table_rows(manifest):
        for name in REQUIRED:
            if not cells[name].strip():
                raise ManifestError(manifest, Fault(line, name, "", "is empty", "Fill it in."))
        told = {name: cell for name, cell in cells.items() if name != DATASET}
        found.setdefault(cells[DATASET].strip(), {})[cells["guid"].strip()] = told
    return found


def missing_columns(path: Path) -> list[str]:
    """The columns that a table of data objects must have and lacks."""
    with opened(path) as text:
        _, header = next(table.rows_in(text), (1, list[str]()))
    return [name for name in REQUIRED if name not in header]


def publish_objects(
    auth: Gen3Auth,
    path: str | os.PathLike[str],
    *,
    endpoint: str | None = None,
    guid_type: str = GUID_TYPE,
    overwrite: bool = False,
) -> Published:
    """Publishes the data objects of a table; a study that there isn't is made.

    Args:
        auth: Who asks, and of which commons.
        path: A table as `objects_in_table` reads it.
        endpoint: Another commons.
        guid_type: What the document of a new study is about.
        overwrite: Whether these take the place of all objects that a study has; by default of those with their GUIDs.

    Returns:
        How many studies were created and updated, and what failed.

    Raises:
        ManifestError: The table isn't right; nothing was published then.
    """
    made = Published({}, {})
    with DocumentRows(endpoint or auth.endpoint, auth) as documents:
        for number, (dataset, objects) in enumerate(objects_in_table(path).items(), 1):
            try:
                document = documents.get(dataset)
            except NotFound:
                document = {"_guid_type": guid_type, BLOCK: dict[str, Any]()}
            kept = {} if overwrite else {str(each.get("guid")): each for each in objects_in(document)}
            changed = {**document, BLOCK: {**shown_in(document), OBJECTS: list({**kept, **objects}.values())}}
            state = documents.stored({dataset: changed})[dataset]
            if isinstance(state, str):
                made.counts[state] = made.counts.get(state, 0) + 1
            else:
                made.failures[number] = f"{dataset}: {state}"
    return made


def delete_objects(
    auth: Gen3Auth, wanted: Mapping[str, Collection[str] | None], *, dry_run: bool = False
) -> dict[str, int]:
    """Takes data objects from studies; their files stay.

    Args:
        auth: Who asks, and of which commons.
        wanted: The GUIDs of the objects by those of their studies; None for all objects of one.
        dry_run: Whether they are only counted.

    Returns:
        How many were taken from each study; studies that there aren't, or that are something else, are left out.

    Raises:
        Forbidden: That isn't allowed.
    """
    found = dict[str, int]()
    with DocumentRows(auth.endpoint, auth) as documents:
        for dataset, guids in wanted.items():
            try:
                document = documents.get(dataset)
            except NotFound:
                continue
            if document.get("_guid_type") != GUID_TYPE and guids is None:
                continue
            objects = objects_in(document)
            kept = [each for each in objects if guids is not None and each.get("guid") not in guids]
            if len(kept) < len(objects) and not dry_run:
                documents.create(dataset, {**document, BLOCK: {**shown_in(document), OBJECTS: kept}}, overwrite=True)
            found[dataset] = len(objects) - len(kept)
    return found
