"""Discovery page of a commons: reading, publishing, combining and deleting."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.compat.gen3._service import async_commons, commons
from omicsdk.core.errors import NotFound, UsageError
from omicsdk.core.logs import logger
from omicsdk.gen3.manifests import Registration, combine_discovery
from omicsdk.gen3.manifests.discovery import BLOCK, GUID_TYPE, checked_format, name_for

if TYPE_CHECKING:
    from omicsdk.compat.gen3.auth import Gen3Auth

# Published names, without effect here.
MAX_GUIDS_PER_REQUEST = 2000
MAX_CONCURRENT_REQUESTS = 5
_log = logger(__name__)


async def output_expanded_discovery_metadata(
    auth: Gen3Auth,
    endpoint: str | None = None,
    limit: int = 500,
    use_agg_mds: bool = False,
    guid_type: str = GUID_TYPE,
    output_format: str = "tsv",
    output_filename_suffix: str = "",
) -> str:
    """Write the discovery page of a commons to COMMONS-GUID_TYPE.tsv or .json.

    Args:
        auth: The credentials, which state the commons.
        endpoint: Another commons.
        limit: How many documents at most; more are logged as a warning.
        use_agg_mds: Whether those of all commons that the commons gathers are requested.
        guid_type: What documents are about.
        output_format: tsv or json.
        output_filename_suffix: Suffix of the file's name.

    Returns:
        The file's name.

    Raises:
        UsageError: There is no such format.
    """
    file_format = checked_format(output_format)
    # As published: the name is of the login's commons, not of `endpoint`.
    output = name_for(auth.endpoint, guid_type, output_filename_suffix, f".{file_format}")
    async with async_commons(endpoint, auth) as client:
        count = await client.read_discovery(
            output,
            guid_type=guid_type,
            limit=limit,
            aggregate=use_agg_mds,
            output_format=file_format,
            on_more=lambda: _log.warning("there are more documents than %d; limit= sets how many are read", limit),
        )
    _log.info("%s: %d documents", output, count)
    return output


def combine_discovery_metadata(
    current_discovery_metadata: str | os.PathLike[str],
    metadata_file_to_combine: str | os.PathLike[str],
    discovery_column_to_map_on: str,
    metadata_column_to_map: str,
    output_filename: str,
    metadata_prefix: str | None = None,
    exact_match: bool = False,
) -> str:
    """Add the columns of a table to the matching studies.

    Args:
        current_discovery_metadata: A table of studies.
        metadata_file_to_combine: A table with what is added.
        discovery_column_to_map_on: The column that identifies studies.
        metadata_column_to_map: The column of the other table that identifies the study of each row.
        output_filename: The output table: the studies that a row is about, with both tables' columns.
        metadata_prefix: Put before the names of the columns that are added.
        exact_match: Whether both cells are the same; otherwise that of the study has the other one in it.

    Returns:
        The output's name.

    Raises:
        ManifestError: A table cannot be read, or lacks a column.
    """
    count = combine_discovery(
        current_discovery_metadata,
        metadata_file_to_combine,
        discovery_column_to_map_on,
        metadata_column_to_map,
        output_filename,
        prefix=metadata_prefix or "",
        exact=exact_match,
    )
    _log.info("%s: %d studies", output_filename, count)
    return output_filename


async def publish_discovery_metadata(
    auth: Gen3Auth,
    metadata_filename: str | os.PathLike[str] | None,
    endpoint: str | None = None,
    omit_empty_values: bool = False,
    guid_type: str = GUID_TYPE,
    guid_field: str | None = None,
    is_unregistered_metadata: bool = False,
    reset_unregistered_metadata: bool = False,
    update_registered_metadata: bool = True,
) -> dict[str, int]:
    """Publish the studies of a file, replacing existing documents.

    Args:
        auth: The credentials, which state the commons.
        metadata_filename: A .tsv, .csv or .json file; None for the one that `output_expanded_discovery_metadata`
            writes.
        endpoint: Another commons.
        omit_empty_values: Whether empty values are left out.
        guid_type: What the documents are about.
        guid_field: The member that is the GUID, and stays one; by default `guid`, which does not.
        is_unregistered_metadata: Whether the studies are published as unregistered ones.
        reset_unregistered_metadata: Whether those that are registered become unregistered again.
        update_registered_metadata: Whether those that are registered get the new values.

    Returns:
        How many documents were created and updated, and how many rows were skipped for want of a GUID.

    Raises:
        ManifestError: The file cannot be read.
        UsageError: It is no table or JSON.
        SomeFailed: Some studies could not be published; the others are.
    """
    path = metadata_filename or name_for(auth.endpoint, guid_type)
    registration = Registration(reset_unregistered_metadata, update_registered_metadata)
    async with async_commons(endpoint, auth) as client:
        report = await client.publish_discovery(
            path,
            guid_type=guid_type,
            guid_field=guid_field,
            omit_empty=omit_empty_values,
            unregistered=registration if is_unregistered_metadata else None,
        )
    _log.info("%s: %s", path, report.counts)
    return report.raise_if_failed().counts


def get_discovery_metadata(provided_metadata: Mapping[str, Any], guid_type: str = GUID_TYPE) -> dict[str, Any]:
    """Return a document of the discovery page.

    Args:
        provided_metadata: What is shown.
        guid_type: What the document is about.
    """
    return {"_guid_type": guid_type, BLOCK: provided_metadata}


def try_delete_discovery_guid(auth: Gen3Auth, guid: str) -> bool:
    """Delete a document of the discovery page. A missing one, or one of another type, is logged and skipped.

    Args:
        auth: The credentials, which state the commons.
        guid: The document.

    Returns:
        Whether it was deleted.

    Raises:
        Forbidden: That is not allowed.
    """
    with commons(auth=auth) as client:
        try:
            client.delete_study(guid)
        except (NotFound, UsageError) as error:
            _log.warning("%s", error)
            return False
    return True
