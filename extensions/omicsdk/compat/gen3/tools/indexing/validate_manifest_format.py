"""Validation of the format of manifests."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from omicsdk.core.logs import logger
from omicsdk.gen3.manifests import Columns, Fault, check_format
from omicsdk.gen3.manifests.format import PROTOCOLS

#: Warnings that are logged; the rest is counted. Errors are all logged.
SHOWN_WARNINGS = 1000
_log = logger(__name__)


def is_valid_manifest_format(
    manifest_path: str | os.PathLike[str],
    column_names_to_enums: Mapping[str, Columns] | None = None,
    allowed_protocols: Sequence[str] = PROTOCOLS,
    allow_base64_encoded_md5: bool = False,
    error_on_empty_url: bool = False,
    line_limit: int | None = None,
) -> bool:
    """Check the MD5 sums, sizes, URLs and resources of a manifest. Each fault is logged with its line and column.

    Args:
        manifest_path: A table separated by tabs, commas, semicolons or bars.
        column_names_to_enums: The meaning of each column, by its name; by default derived from the names.
        allowed_protocols: The protocols that URLs may have.
        allow_base64_encoded_md5: Whether MD5 sums may be in Base64, too.
        error_on_empty_url: Whether an empty URL is wrong, and not just worth a look.
        line_limit: Lines that are looked at, with that of the columns; all by default.

    Returns:
        Whether nothing is wrong.

    Raises:
        ManifestError: The file does not exist, cannot be read, or is not text.
    """

    shown_count = 0

    def report(fault: Fault) -> None:
        nonlocal shown_count
        if not fault.warns:
            _log.error("%s", fault)
        elif shown_count < SHOWN_WARNINGS:
            shown_count += 1
            _log.warning("%s", fault)

    result = check_format(
        manifest_path,
        columns=column_names_to_enums,
        protocols=allowed_protocols,
        base64_md5=allow_base64_encoded_md5,
        urls_required=error_on_empty_url,
        line_limit=line_limit,
        on_fault=report,
    )
    if result.warnings > shown_count:
        _log.warning("%s: %d further warnings", manifest_path, result.warnings - shown_count)
    _log.info("%s: %d rows, %d errors, %d warnings", manifest_path, *result)
    return result.valid
