"""Storage of manifests of metadata."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from omicsdk.compat.gen3._service import async_commons
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.core.logs import logger
from omicsdk.gen3.manifests import Summary
from omicsdk.gen3.manifests.metadata import GUID_COLUMN, INDEXED, OTHER, SAMPLE_COLUMN, GuidOf

if TYPE_CHECKING:
    from omicsdk.compat.gen3._service import Auth

MAX_CONCURRENT_REQUESTS = 24
COLUMN_TO_USE_AS_GUID = GUID_COLUMN
GUID_TYPE_FOR_INDEXED_FILE_OBJECT = INDEXED
GUID_TYPE_FOR_NON_INDEXED_FILE_OBJECT = OTHER
_log = logger(__name__)


def _guid_for_row(commons_url: str, row: dict[str, str], lock: object) -> str | None:  # noqa: ARG001 - documented
    """Return the GUID in a row."""
    return row.get(COLUMN_TO_USE_AS_GUID)


async def _guid_by_url(
    commons_url: str, row: dict[str, str], lock: AbstractAsyncContextManager[Any], output_queue: asyncio.Queue[str]
) -> str | None:
    """Return the GUID of the single record with the sample of a row in one of its URLs."""
    records = await async_query_urls_from_indexd(row[SAMPLE_COLUMN], commons_url, lock)
    if len(records) > 1:
        await output_queue.put(f"{len(records)} records have {row[SAMPLE_COLUMN]!r} in a URL")
    return str(records[0]["did"]) if len(records) == 1 else None


# Functions for the GUID of a row: (commons_url, row, lock), or awaited (commons_url, row, lock, output_queue).
manifest_row_parsers: dict[str, Callable[..., Any]] = {
    "guid_for_row": _guid_for_row,
    "indexed_file_object_guid": _guid_by_url,
}


async def async_ingest_metadata_manifest(
    commons_url: str,
    manifest_file: str | os.PathLike[str],
    metadata_source: str,
    auth: Auth | None = None,
    max_concurrent_requests: int = MAX_CONCURRENT_REQUESTS,
    manifest_row_parsers: Mapping[str, Callable[..., Any]] = manifest_row_parsers,
    manifest_file_delimiter: str | None = None,
    output_filename: str | os.PathLike[str] | None = None,
    get_guid_from_file: bool = True,
    metadata_type: str | None = None,
) -> Summary:
    """Store the rows of a manifest as documents, replacing existing ones.

    Args:
        commons_url: The commons.
        manifest_file: A table with a column of GUIDs; a cell that is JSON becomes what it states.
        metadata_source: The member of a document that a row's cells are put in, such as dbgap.
        auth: The credentials.
        max_concurrent_requests: Requests in progress at once, each for a hundred rows.
        manifest_row_parsers: How a row's GUID is had.
        manifest_file_delimiter: The separator of the cells; by default the one of the suffix.
        output_filename: The file with the result for each row; by default ingest-metadata-manifest-errors-TIME.log.
        get_guid_from_file: Whether the row names the GUID; otherwise it is that of the record which has the row's
            submitted_sample_id in a URL.
        metadata_type: What documents are about; by default whether the index has the GUID decides.

    Returns:
        How many documents were created and updated.

    Raises:
        ManifestError: The manifest cannot be read.
        SomeFailed: Some rows could not be stored; the others are.
    """
    output = output_filename or f"ingest-metadata-manifest-errors-{time.time()}.log"
    parser = manifest_row_parsers["guid_for_row" if get_guid_from_file else "indexed_file_object_guid"]
    documented = parser in (_guid_for_row, _guid_by_url)
    async with async_commons(commons_url, auth) as client:
        summary = await client.ingest_metadata(
            manifest_file,
            metadata_source,
            output,
            threads=max_concurrent_requests,
            guid_of=None if documented else _custom_parser(parser, commons_url, get_guid_from_file),
            by_url=parser is _guid_by_url,
            guid_type=metadata_type,
            delimiter=manifest_file_delimiter,
        )
    _log.info("%s: %s", manifest_file, summary.counts)
    return summary.raise_if_failed("stored")


def _custom_parser(parser: Callable[..., Any], commons_url: str, from_file: bool) -> GuidOf:
    """Wrap a custom function, which is called with the documented arguments."""

    async def called(row: dict[str, str]) -> str | None:
        more = () if from_file else (asyncio.Queue[str](),)
        result = parser(commons_url, row, asyncio.Semaphore(MAX_CONCURRENT_REQUESTS), *more)
        return await result if inspect.isawaitable(result) else result

    return lambda row: asyncio.run(called(row))


async def async_query_urls_from_indexd(
    pattern: str, commons_url: str, lock: AbstractAsyncContextManager[Any]
) -> list[dict[str, Any]]:
    """List the index records with a text in one of their URLs.

    Args:
        pattern: The text.
        commons_url: The commons.
        lock: Held while the index is asked, such as an asyncio.Semaphore.

    Returns:
        Each record's `did` with its `urls`.
    """
    async with lock:
        with Gen3Index(commons_url) as index:
            return await index.async_query_urls(pattern)
