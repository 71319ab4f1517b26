"""Discovery metadata: studies and their data objects, read from a commons, published and deleted."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.errors import NotFound, UsageError
from omicsdk.core.files import in_place_of
from omicsdk.gen3.manifests._runs import Published, batches
from omicsdk.gen3.manifests.discovery_tables import (
    BLOCK,
    DATASET,
    GUID,
    OBJECTS,
    checked_format,
    objects_in,
    objects_in_table,
    shown_in,
    studies_of,
    write_json,
    write_table,
)
from omicsdk.gen3.manifests.tables import Fault
from omicsdk.gen3.metadata_documents import Document, OnMore, documents_of, store_documents

if TYPE_CHECKING:
    from omicsdk.gen3.client import Gen3

GUID_TYPE = "discovery_metadata"
"""The type of a study's document."""
BATCH = 50
"""Documents that are stored at once."""


def read_discovery(
    client: Gen3,
    output: str | os.PathLike[str],
    *,
    guid_type: str = GUID_TYPE,
    limit: int | None = None,
    aggregate: bool = False,
    output_format: str = "tsv",
    on_more: OnMore | None = None,
) -> int:
    """Write what the commons shows on its discovery page; memory does not grow with it.

    Args:
        output: The file that is written, whole or not at all: a table, or JSON.
        guid_type: The type of the documents.
        limit: The number of documents, at most; all by default.
        aggregate: Whether to read those of all commons that the commons gathers.
        output_format: tsv or json.
        on_more: Is called where there are more than `limit`.

    Returns:
        The number of documents.

    Raises:
        UsageError: The format is unknown.
    """
    wanted = checked_format(output_format)
    found = documents_of(client, guid_type, limit=limit, aggregate=aggregate, on_more=on_more)
    with in_place_of(Path(output)) as file:
        if wanted == "tsv":
            return write_table(file, found)
        return write_json(file, ({GUID: guid, **document} for guid, document in found))


class Registration(NamedTuple):
    """How studies that are not registered yet are published.

    Attributes:
        reset: Whether registered studies become unregistered again.
        update: Whether registered studies get the new values.
    """

    reset: bool = False
    update: bool = True


def publish_discovery(
    client: Gen3,
    path: str | os.PathLike[str],
    *,
    guid_type: str = GUID_TYPE,
    guid_field: str | None = None,
    omit_empty: bool = False,
    unregistered: Registration | None = None,
) -> Published:
    """Publish the studies of a file, in place of existing documents.

    Args:
        path: A file as `studies_of` reads it.
        guid_type: The type of the documents.
        guid_field: The member that is the GUID, and stays one; by default `guid`, which does not.
        omit_empty: Whether empty values are left out.
        unregistered: Publishes the studies as unregistered ones, but for those that are registered.

    Returns:
        How many documents were created and updated, and the failures.

    Raises:
        ManifestError: The file cannot be read.
        UsageError: It is no table or JSON.
        AuthError: The commons does not accept the login.
        ConnectFailed: The commons cannot be reached.
    """
    made = Published({}, {})
    registered = dict(documents_of(client, guid_type)) if unregistered is not None else {}
    for batch in batches(studies_of(path), BATCH):
        wanted, lines = dict[str, Document](), dict[str, int]()
        for study in batch:
            if isinstance(study, Fault):
                made.failures[study.line] = str(study)
                continue
            shown = dict(study.shown)
            named = shown.get(guid_field) if guid_field else shown.pop(GUID, None)
            if named in (None, ""):
                made.add(study.line, "skipped")
                continue
            guid = str(named)
            if omit_empty:
                shown = {name: value for name, value in shown.items() if value not in ("", [], {})}
            document = _document(shown, guid_type, registered.get(guid), unregistered)
            if document is not None:
                wanted[guid], lines[guid] = {**document, **study.further}, study.line
        for guid, result in store_documents(client, wanted).items():
            made.add(lines[guid], result, guid)
    return made


def _document(
    shown: Document, guid_type: str, registered: Document | None, unregistered: Registration | None
) -> Document | None:
    """A study's document; None where it is registered already and stays as it is."""
    if unregistered is None:
        return {"_guid_type": guid_type, BLOCK: shown}
    if registered is None or unregistered.reset:
        return {"_guid_type": f"unregistered_{guid_type}", BLOCK: shown}
    if unregistered.update:
        return {"_guid_type": guid_type, BLOCK: {**shown_in(registered), **shown}}
    return None


def delete_study(client: Gen3, guid: str, *, dry_run: bool = False) -> None:
    """Delete all metadata of a study; this cannot be undone.

    Args:
        guid: Its GUID.
        dry_run: Only check that it is a study.

    Raises:
        NotFound: It does not exist.
        UsageError: The document is something else.
        Forbidden: The login may not delete it.
    """
    kind = client.metadata.get(guid=guid).get("_guid_type")
    if kind != GUID_TYPE:
        raise UsageError(
            f"{guid} is no study of the discovery page: its _guid_type is {kind!r}",
            remedy="Check the GUID. Other metadata is deleted with: omics gen3 api metadata delete.",
        )
    if not dry_run:
        client.metadata_admin.delete(guid=guid)


def discovery_objects(
    client: Gen3,
    datasets: Collection[str] = (),
    *,
    limit: int | None = None,
    aggregate: bool = False,
    guid_type: str = GUID_TYPE,
    on_more: OnMore | None = None,
    on_missing: Callable[[str], None] | None = None,
) -> Iterator[Document]:
    """List the data objects of studies, each with its `dataset_guid`.

    Args:
        datasets: The studies' GUIDs; all by default.
        limit: The number of studies that are read where none are named, at most; all by default.
        aggregate: Whether to read those of all commons that the commons gathers.
        guid_type: The type of the studies' documents.
        on_more: Is called where there are more studies than `limit`.
        on_missing: Is called with the GUID of each named study that does not exist.
    """
    found = documents_of(client, guid_type, limit=None if datasets else limit, aggregate=aggregate, on_more=on_more)
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


def publish_discovery_objects(
    client: Gen3, path: str | os.PathLike[str], *, guid_type: str = GUID_TYPE, overwrite: bool = False
) -> Published:
    """Publish the data objects of a table; a study that does not exist is created.

    Args:
        path: A table as `objects_in_table` reads it.
        guid_type: The type of a new study's document.
        overwrite: Whether they replace all objects of a study; by default those with their GUIDs.

    Returns:
        How many studies were created and updated, and the failures.

    Raises:
        ManifestError: The table is invalid; nothing was published then.
    """
    made = Published({}, {})
    for dataset, (line, objects) in objects_in_table(path).items():
        try:
            document = client.metadata.get(guid=dataset)
        except NotFound:
            document = {"_guid_type": guid_type}
        kept = {} if overwrite else {str(each.get("guid")): each for each in objects_in(document)}
        changed = _with_objects(document, [*{**kept, **objects}.values()])
        made.add(line, store_documents(client, {dataset: changed})[dataset], dataset)
    return made


def delete_discovery_objects(
    client: Gen3, wanted: Mapping[str, Collection[str] | None], *, dry_run: bool = False
) -> dict[str, int]:
    """Remove data objects from studies; their files are kept.

    Args:
        wanted: The GUIDs of the objects by those of their studies; None for all objects of one.
        dry_run: Only count them.

    Returns:
        How many were removed from each study; studies that do not exist, or are something else, are left out.

    Raises:
        Forbidden: The login may not change them.
    """
    found = dict[str, int]()
    for dataset, guids in wanted.items():
        try:
            document = client.metadata.get(guid=dataset)
        except NotFound:
            continue
        if document.get("_guid_type") != GUID_TYPE and guids is None:
            continue
        objects = objects_in(document)
        kept = [each for each in objects if guids is not None and each.get("guid") not in guids]
        if len(kept) < len(objects) and not dry_run:
            client.metadata_admin.create(guid=dataset, body=_with_objects(document, kept), overwrite=True)
        found[dataset] = len(objects) - len(kept)
    return found


def _with_objects(document: Document, objects: list[Any]) -> Document:
    return {**document, BLOCK: {**shown_in(document), OBJECTS: objects}}
