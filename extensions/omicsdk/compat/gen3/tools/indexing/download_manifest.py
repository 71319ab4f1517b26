"""Export of the records of an index as a manifest."""

from __future__ import annotations

import os

from omicsdk.compat.gen3._service import async_commons
from omicsdk.core.logs import logger

MAX_CONCURRENT_REQUESTS = 24
# A published name, without effect here.
INDEXD_RECORD_PAGE_SIZE = 1024
_log = logger(__name__)


async def async_download_object_manifest(
    commons_url: str,
    output_filename: str | os.PathLike[str] = "object-manifest.csv",
    num_processes: int = 4,  # noqa: ARG001 - documented
    max_concurrent_requests: int = MAX_CONCURRENT_REQUESTS,
    input_manifest: str | os.PathLike[str] | None = None,
    python_subprocess_command: str = "python",  # noqa: ARG001 - documented
) -> None:
    """Write the records of an index as a manifest; the same call resumes after an interrupt.

    Args:
        commons_url: The commons.
        output_filename: The output table: guid, urls, authz, acl, md5, file_size, file_name.
        num_processes: No effect: there are no other processes.
        max_concurrent_requests: Requests in progress at once, where there is an input manifest.
        input_manifest: A manifest with the MD5 sums and sizes of the files that are wanted; all by default.
        python_subprocess_command: No effect.

    Raises:
        ManifestError: The input manifest cannot be read.
        SomeFailed: Some of its rows have no record; those of the others are written.
    """
    async with async_commons(commons_url) as client:
        summary = await client.read_index(output_filename, manifest=input_manifest, threads=max_concurrent_requests)
    for error in summary.errors:
        _log.error("%s", error)
    summary.raise_if_failed("found")
