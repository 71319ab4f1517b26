"""Verification of manifests against the index."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from omicsdk.compat.gen3._service import async_commons
from omicsdk.core.logs import logger
from omicsdk.gen3.manifests import Summary
from omicsdk.gen3.manifests.records import PARSERS, Parser

MAX_CONCURRENT_REQUESTS = 24
_log = logger(__name__)

# Functions that read each field of a row; replacements here apply to all calls.
manifest_row_parsers: dict[str, Parser] = dict(PARSERS)


async def async_verify_object_manifest(
    commons_url: str,
    manifest_file: str | os.PathLike[str],
    max_concurrent_requests: int = MAX_CONCURRENT_REQUESTS,
    manifest_row_parsers: Mapping[str, Parser] = manifest_row_parsers,
    manifest_file_delimiter: str | None = None,
    output_filename: str | os.PathLike[str] | None = None,
) -> Summary:
    """Verify a manifest against the index.

    Args:
        commons_url: The commons.
        manifest_file: A table with the files' GUIDs, and columns of the values to compare.
        max_concurrent_requests: Requests in progress at once, each for a hundred rows.
        manifest_row_parsers: How fields are read from a row.
        manifest_file_delimiter: The separator of the cells; by default the one of the suffix.
        output_filename: The file with a line GUID|FIELD|expected X|actual Y for all that differs; by default
            verify-manifest-errors-TIME.log.

    Returns:
        How many rows were right, wrong, and missing in the index.

    Raises:
        ManifestError: The manifest cannot be read.
        SomeFailed: Some rows could not be compared.
    """
    output = output_filename or f"verify-manifest-errors-{time.time()}.log"
    async with async_commons(commons_url) as client:
        summary = await client.verify_manifest(
            manifest_file,
            output,
            threads=max_concurrent_requests,
            parsers=manifest_row_parsers,
            delimiter=manifest_file_delimiter,
        )
    _log.info("%s: %s", manifest_file, summary.counts)
    return summary.raise_if_failed("compared")
