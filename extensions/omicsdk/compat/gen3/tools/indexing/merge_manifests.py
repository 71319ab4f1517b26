"""Merging of manifests of buckets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from omicsdk.core.logs import logger
from omicsdk.gen3.manifests import Rules, merge_manifests
from omicsdk.gen3.manifests.merging import SEVERAL
from omicsdk.gen3.manifests.tables import manifests_in

_log = logger(__name__)


def merge_bucket_manifests(
    directory: str | os.PathLike[str] = ".",
    files: Sequence[str | os.PathLike[str]] | None = None,
    output_manifest_file_delimiter: str | None = None,
    output_manifest: str | os.PathLike[str] = "merged-bucket-manifest.tsv",
    continue_after_error: bool = False,
    allow_mult_guids_per_hash: bool = False,
    columns_with_arrays: Sequence[str] | None = None,
    expected_duplicate_md5s: Sequence[str] = (),
    **kwargs: object,  # noqa: ARG001 - documented
) -> None:
    """Merge manifests: rows with the same MD5 sum become one row with all URLs and resources.

    Args:
        directory: The folder whose manifests are merged.
        files: The manifests, in place of a folder's.
        output_manifest_file_delimiter: The separator of the output's cells; by default the one of its suffix.
        output_manifest: The output table.
        continue_after_error: Whether contradictions are logged and passed over: what came first stays.
        allow_mult_guids_per_hash: Whether one MD5 sum may have several GUIDs.
        columns_with_arrays: Further columns whose values, separated by spaces, are united.
        expected_duplicate_md5s: MD5 sums whose rows are not merged.
        **kwargs: No effect.

    Raises:
        ManifestError: A manifest cannot be read, lacks a column, or a row is wrong.
        MergeConflict: Rows contradict each other.
    """
    merged = merge_manifests(
        files or manifests_in(directory, output_manifest),
        output_manifest,
        rules=Rules(
            several=frozenset({*SEVERAL, *(columns_with_arrays or ())}),
            many_guids=allow_mult_guids_per_hash,
            duplicates=expected_duplicate_md5s,
            go_on=continue_after_error,
        ),
        delimiter=output_manifest_file_delimiter,
        on_fault=partial(_log.error, "%s"),
    )
    _log.info("%s: %d rows of %d", output_manifest, merged.written, merged.rows)
