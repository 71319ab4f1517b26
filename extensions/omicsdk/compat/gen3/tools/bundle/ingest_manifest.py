"""Manifests of bundles, made in the index."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from omicsdk.compat.gen3._service import commons
from omicsdk.core.credentials import BearerToken
from omicsdk.core.logs import logger
from omicsdk.gen3.manifests.tables import checksum_of

if TYPE_CHECKING:
    from omicsdk.compat.gen3._service import Auth


def _is(kind: str, text: str) -> bool:
    return checksum_of(kind, text) == text


# By type of checksum: whether a text is one.
ACCEPTABLE_HASHES = {kind: partial(_is, kind) for kind in ("md5", "sha1", "sha256", "sha512", "crc", "etag")}
_log = logger(__name__)


def validate_hashes(hashes: Mapping[str, str]) -> bool:
    """Return whether an index accepts the checksums.

    Args:
        hashes: The checksums in lower-case hexadecimal digits, by their types.
    """
    return all(kind in ACCEPTABLE_HASHES and ACCEPTABLE_HASHES[kind](text) for kind, text in hashes.items())


def ingest_bundle_manifest(
    commons_url: str,
    manifest_file: str | os.PathLike[str],
    out_manifest_file: str | os.PathLike[str] = "ingest_out.csv",
    manifest_file_delimiter: str | None = None,
    auth: Auth | None = None,
    token: str | None = None,
) -> list[dict[str, Any]]:
    """Make the bundles of a manifest in the index.

    Args:
        commons_url: The commons.
        manifest_file: A table with the columns bundle_name and ids, and GUID, description, checksums, type, aliases.
        out_manifest_file: The output table: the bundles with their GUIDs.
        manifest_file_delimiter: The separator of the manifest's cells; by default the one of its suffix.
        auth: The credentials: a Gen3Auth, or a name and a password.
        token: An access token, in place of `auth`.

    Returns:
        The bundles, with their GUIDs.

    Raises:
        ManifestError: The manifest is not right; nothing was made then.
        SomeFailed: Some bundles could not be made; the others are, and written.
    """
    with commons(commons_url, auth if token is None else BearerToken(token)) as client:
        report = client.index_bundles(manifest_file, out_manifest_file, delimiter=manifest_file_delimiter)
    _log.info("%s: %d bundles", manifest_file, len(report.bundles))
    return [bundle.record for bundle in report.raise_if_failed().bundles]
