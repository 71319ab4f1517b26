"""Verification of manifests of metadata against the metadata service."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.compat.gen3._service import async_commons
from omicsdk.core.logs import logger
from omicsdk.gen3.manifests import Summary
from omicsdk.gen3.manifests.metadata import guid_in_row, metadata_in_row

MAX_CONCURRENT_REQUESTS = 24
_log = logger(__name__)

# Functions that read the GUID and metadata of a row.
manifest_row_parsers: dict[str, Callable[[dict[str, str]], Any]] = {"guid": guid_in_row, "metadata": metadata_in_row}


async def async_verify_metadata_manifest(
    commons_url: str,
    manifest_file: str | os.PathLike[str],
    metadata_source: str,
    max_concurrent_requests: int = MAX_CONCURRENT_REQUESTS,
    manifest_row_parsers: Mapping[str, Callable[[dict[str, str]], Any]] = manifest_row_parsers,
    manifest_file_delimiter: str | None = None,
    output_filename: str | os.PathLike[str] | None = None,
) -> Summary:
    """Verify a manifest of metadata against the metadata service.

    Args:
        commons_url: The commons.
        manifest_file: A table with a column of GUIDs.
        metadata_source: The member of a document that the cells are compared with.
        max_concurrent_requests: Requests in progress at once.
        manifest_row_parsers: How a row's GUID and metadata are read.
        manifest_file_delimiter: The separator of the cells; by default the one of the suffix.
        output_filename: The file with a line GUID|SOURCE.COLUMN|expected X|actual Y for all that differs; by default
            verify-metadata-errors-TIME.log.

    Returns:
        How many rows were right, wrong, and without a document.

    Raises:
        ManifestError: The manifest cannot be read.
        SomeFailed: Some rows could not be compared.
    """
    output = output_filename or f"verify-metadata-errors-{time.time()}.log"
    async with async_commons(commons_url) as client:
        summary = await client.verify_metadata(
            manifest_file,
            metadata_source,
            output,
            threads=max_concurrent_requests,
            guid_of=manifest_row_parsers["guid"],
            metadata_of=manifest_row_parsers["metadata"],
            delimiter=manifest_file_delimiter,
        )
    _log.info("%s: %s", manifest_file, summary.counts)
    return summary.raise_if_failed("compared")
