"""Comparison of two manifests."""

from __future__ import annotations

import os
from collections.abc import Sequence

from omicsdk.core.logs import logger
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.manifests import compare_manifests
from omicsdk.gen3.manifests.tables import manifests_in

_log = logger(__name__)


def manifest_diff(
    directory: str | os.PathLike[str] = ".",
    files: Sequence[str | os.PathLike[str]] | None = None,
    key_column: str = "id",
    allow_additional_columns: bool = False,
    output_manifest_file_delimiter: str | None = None,
    output_manifest: str | os.PathLike[str] = "diff-manifest.tsv",
    **kwargs: object,  # noqa: ARG001 - documented
) -> None:
    """Write the rows of the newer of two manifests (by name) that are new or changed.

    Args:
        directory: The folder with the two.
        files: The two, in place of a folder's.
        key_column: The column that identifies corresponding rows.
        allow_additional_columns: Whether one may have columns that the other has not; these are not compared.
        output_manifest_file_delimiter: The separator of the output's cells; by default the one of its suffix.
        output_manifest: The output table.
        **kwargs: No effect.

    Raises:
        Gen3UserError: There are not two, or their names end in different ways.
        ManifestError: A manifest cannot be read, has not the key, or has other columns.
    """
    manifests = sorted(map(str, files or manifests_in(directory, output_manifest)))
    if len(manifests) != 2:
        raise Gen3UserError(
            f"Expected two manifests, got {len(manifests)}", remedy="Name them with files=[FIRST, SECOND]."
        )
    comparison = compare_manifests(
        manifests[0],
        manifests[1],
        output_manifest,
        key=key_column,
        further_columns=allow_additional_columns,
        delimiter=output_manifest_file_delimiter,
    )
    _log.info("%s: %d added, %d changed", output_manifest, comparison.added, comparison.changed)
