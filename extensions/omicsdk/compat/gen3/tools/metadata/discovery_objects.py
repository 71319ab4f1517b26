"""Data objects of studies on the discovery page of a commons: reading, publishing and deleting."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.compat.gen3._service import async_commons, commons
from omicsdk.core.logs import logger
from omicsdk.gen3.manifests.discovery import (
    GUID_TYPE,
    OPTIONAL,
    REQUIRED,
    checked_format,
    missing_columns,
    name_for,
    write_objects,
    write_template,
)

if TYPE_CHECKING:
    from omicsdk.compat.gen3.auth import Gen3Auth

REQUIRED_OBJECT_FIELDS = set(REQUIRED)
OPTIONAL_OBJECT_FIELDS = set(OPTIONAL)
_WHAT = "discovery_objects"
_log = logger(__name__)


async def output_discovery_objects(
    auth: Gen3Auth,
    dataset_guids: Sequence[str] | None = None,
    endpoint: str | None = None,
    limit: int = 500,
    use_agg_mds: bool = False,
    guid_type: str = GUID_TYPE,
    only_object_guids: bool = False,
    template: bool = False,
    output_format: str = "tsv",
    output_filename_suffix: str = "",
) -> str | list[dict[str, Any]]:
    """Write the data objects of studies to COMMONS-discovery_objects.tsv or .json.

    Args:
        auth: The credentials, which state the commons.
        dataset_guids: The studies; all by default.
        endpoint: Another commons.
        limit: How many studies are looked at, where none are named; more are logged as a warning.
        use_agg_mds: Whether those of all commons that the commons gathers are.
        guid_type: What the studies' documents are about.
        only_object_guids: Whether the objects are returned, and nothing is written.
        template: Whether a table without rows is written, to be filled in and published.
        output_format: tsv or json.
        output_filename_suffix: Suffix of the file's name.

    Returns:
        The file's name; with `only_object_guids` the objects.

    Raises:
        UsageError: There is no such format.
    """
    if template:
        name = name_for(auth.endpoint, _WHAT, "TEMPLATE")
        write_template(name)
        return name
    file_format = checked_format(output_format)
    async with async_commons(endpoint, auth) as client:
        listing = client.discovery_objects(
            frozenset(dataset_guids or ()),
            limit=limit,
            aggregate=use_agg_mds,
            guid_type=guid_type,
            on_more=lambda: _log.warning("there are more studies than %d; limit= sets how many are examined", limit),
            on_missing=lambda guid: _log.warning("unknown study %s", guid),
        )
        objects = [entry async for entry in listing]
    if only_object_guids:
        return objects
    name = name_for(auth.endpoint, _WHAT, output_filename_suffix, f".{file_format}")
    count = write_objects(iter(objects), name, file_format)
    _log.info("%s: %d objects", name, count)
    return name


async def publish_discovery_object_metadata(
    auth: Gen3Auth,
    metadata_filename: str | os.PathLike[str],
    endpoint: str | None = None,
    guid_type: str = GUID_TYPE,
    overwrite: bool = False,
) -> dict[str, int]:
    """Publish the data objects of a table; missing studies are created.

    Args:
        auth: The credentials, which state the commons.
        metadata_filename: A table separated by tabs with the columns dataset_guid, guid, display_name.
        endpoint: Another commons.
        guid_type: What the document of a new study is about.
        overwrite: Whether these take the place of all objects that a study has; by default of those with their GUIDs.

    Returns:
        How many studies were created and updated.

    Raises:
        ManifestError: The table is not right; nothing was published then.
        SomeFailed: Some studies could not be published; the others are.
    """
    async with async_commons(endpoint, auth) as client:
        report = await client.publish_discovery_objects(metadata_filename, guid_type=guid_type, overwrite=overwrite)
    return report.raise_if_failed().counts


def try_delete_discovery_objects_from_dict(auth: Gen3Auth, delete_objs: Mapping[str, Collection[str]]) -> None:
    """Remove data objects from studies.

    Args:
        auth: The credentials, which state the commons.
        delete_objs: The GUIDs of the objects by those of their studies.
    """
    _deleted(auth, delete_objs)


def try_delete_discovery_objects(auth: Gen3Auth, guids: Sequence[str]) -> None:
    """Remove all data objects from studies.

    Args:
        auth: The credentials, which state the commons.
        guids: The studies.
    """
    _deleted(auth, dict.fromkeys(guids))


def _deleted(auth: Gen3Auth, requested: Mapping[str, Collection[str] | None]) -> None:
    with commons(auth=auth) as client:
        counts = client.delete_discovery_objects(requested)
    for guid in requested:
        if guid in counts:
            _log.info("%s: %d objects were deleted", guid, counts[guid])
        else:
            _log.warning("%s is not a document of the discovery page; nothing was deleted", guid)


def is_valid_object_manifest(filename: str | os.PathLike[str], suppress_logs: bool = False) -> bool:
    """Return whether a table has the columns required for data objects.

    Args:
        filename: The table.
        suppress_logs: Whether nothing is logged of those that it lacks.
    """
    missing = missing_columns(Path(filename))
    if missing and not suppress_logs:
        _log.error("%s has no column %s", filename, ", ".join(missing))
    return not missing
