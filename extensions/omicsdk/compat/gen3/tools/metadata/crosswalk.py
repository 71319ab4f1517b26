"""Crosswalks: names of the subjects of one commons in others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from omicsdk.compat.gen3._service import async_commons, commons
from omicsdk.core.errors import NotFound, UsageError
from omicsdk.core.logs import logger
from omicsdk.gen3.manifests import Missing
from omicsdk.gen3.manifests.crosswalk import BLOCK, GUID_TYPE

if TYPE_CHECKING:
    from omicsdk.compat.gen3.auth import Gen3Auth

# Published names, without effect here.
MAX_GUIDS_PER_REQUEST = 2000
MAX_CONCURRENT_REQUESTS = 5
CROSSWALK_NAMESPACE = BLOCK
_log = logger(__name__)


async def read_crosswalk_metadata(
    auth: Gen3Auth, output_filename: str | os.PathLike[str] = "crosswalk_metadata.csv", limit: int = 500
) -> None:
    """Write the crosswalk of a commons, and beside it NAME_info.csv with the descriptions of its names.

    Args:
        auth: The credentials, which state the commons.
        output_filename: The output table, with a column COMMONS|TYPE|NAME for each name.
        limit: How many subjects at most; more are logged as a warning.
    """

    def on_more() -> None:
        _log.warning("there are more subjects than %d; limit= sets how many are read", limit)

    async with async_commons(auth=auth) as client:
        count = await client.read_crosswalk(output_filename, limit=limit, on_more=on_more)
    _log.info("%s: %d subjects", output_filename, count)


async def publish_crosswalk_metadata(
    auth: Gen3Auth,
    file: str | os.PathLike[str],
    info_file: str | os.PathLike[str] | None = None,
    guid_type: str = GUID_TYPE,
    mapping_methodologies: Sequence[str] | None = None,
) -> dict[str, int]:
    """Publish a crosswalk: names are added to existing subjects, other subjects are created.

    Args:
        auth: The credentials, which state the commons.
        file: The crosswalk, a table with columns COMMONS|TYPE|NAME.
        info_file: A table with the columns commons_url, identifier_name, description.
        guid_type: The member of a crosswalk that is written.
        mapping_methodologies: How the names were matched, as text.

    Returns:
        How many subjects were created and updated.

    Raises:
        ManifestError: A table cannot be read, or has other columns.
        SomeFailed: Some subjects could not be published; the others are.
    """
    methods = tuple(mapping_methodologies or ())
    async with async_commons(auth=auth) as client:
        report = await client.publish_crosswalk(file, info=info_file, guid_type=guid_type, methods=methods)
    _log.info("%s: %s", file, report.counts)
    return report.raise_if_failed().counts


async def verify_crosswalk_metadata(
    auth: Gen3Auth, file: str | os.PathLike[str], guid_type: str = GUID_TYPE
) -> list[Missing]:
    """Verify a crosswalk against a commons.

    Args:
        auth: The credentials, which state the commons.
        file: The crosswalk.
        guid_type: The member of a crosswalk that is looked at.

    Returns:
        The names that are not known, or are those of another subject.
    """
    async with async_commons(auth=auth) as client:
        return await client.verify_crosswalk(file, guid_type=guid_type)


async def delete_crosswalk_metadata(
    auth: Gen3Auth, file: str | os.PathLike[str], guid_type: str = GUID_TYPE
) -> dict[str, int]:
    """Remove the names of a crosswalk from a commons, and documents that contain nothing else.

    Args:
        auth: The credentials, which state the commons.
        file: The crosswalk.
        guid_type: The member of a crosswalk that is looked at.

    Returns:
        How many documents were deleted and updated, and how many rows were unknown.

    Raises:
        SomeFailed: Some could not be deleted.
    """
    async with async_commons(auth=auth) as client:
        report = await client.delete_crosswalk(file, guid_type=guid_type)
    return report.raise_if_failed("deleted").counts


def try_delete_crosswalk_guid(auth: Gen3Auth, guid: str) -> bool:
    """Delete the document of a subject. A missing document, or one of another type, is logged and skipped.

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
            client.delete_subject(guid)
        except (NotFound, UsageError) as error:
            _log.warning("%s", error)
            return False
    return True
