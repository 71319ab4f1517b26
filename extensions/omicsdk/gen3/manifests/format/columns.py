"""The columns of manifests: the names that they go by, and which is which in a header."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum, unique

GUID, FILE_NAME, SIZE, MD5, URLS = "guid", "file_name", "size", "md5", "urls"
ACL, AUTHZ, PREV_GUID, RECORD_TYPE, PACKAGE_CONTENTS = "acl", "authz", "prev_guid", "record_type", "package_contents"

ALIASES: Mapping[str, tuple[str, ...]] = {
    GUID: ("guid",),
    FILE_NAME: ("filename", "file_name"),
    SIZE: ("size", "filesize", "file_size", "s3_file_size", "gs_file_size"),
    MD5: ("md5", "md5_hash", "md5hash", "hash", "md5sum", "file_md5sum"),
    ACL: ("acl", "acls"),
    URLS: ("url", "urls", "s3_path", "gs_path", "aws_uri", "gcp_uri"),
    AUTHZ: ("authz",),
    PREV_GUID: ("previous_guid", "prev_guid", "prev_id"),
    RECORD_TYPE: ("record_type",),
    PACKAGE_CONTENTS: ("package_contents",),
}
"""By each column's own name the names that manifests have for it, in lower case (gen3sdk 4.28.5)."""

COMMONS_URL = "commons_url"
HASHES = ("sha1", "sha256", "sha512", "crc", "etag")
"""Checksums beside md5 that an index has and a manifest may."""

OF_DOWNLOADS: Mapping[str, tuple[str, ...]] = {
    GUID: ("object_id", "guid", "did", "drs_uri"),
    FILE_NAME: ALIASES[FILE_NAME],
    SIZE: ALIASES[SIZE],
    MD5: ALIASES[MD5],
    COMMONS_URL: ("commons_url",),
    **{kind: (kind,) for kind in HASHES},
}
"""The columns that matter to a download, with the names of drs-pull manifests among them."""

OF_BUNDLES: Mapping[str, tuple[str, ...]] = {
    GUID: ALIASES[GUID],
    "name": ("bundle_name", "name"),
    "ids": ("ids", "bundle_ids"),
    "description": ("description",),
    "checksums": ("checksums", "checksum"),
    "type": ("type", "types"),
    "aliases": ("alias", "aliases"),
}
"""The columns of a manifest of bundles."""


@unique
class Columns(Enum):
    """Columns that a check of the format knows."""

    MD5 = 1
    URL = 2
    SIZE = 3
    AUTHZ = 4


def standard_names(header: Sequence[str], aliases: Mapping[str, Collection[str]] = ALIASES) -> list[str]:
    """A header with the columns' own names in place of those that the manifest has for them.

    Args:
        header: The names of the columns as they stand there.
        aliases: The names that each may have, in lower case.

    Returns:
        As many names; those that aren't known stay as they are.
    """
    known = {alias: name for name, others in aliases.items() for alias in others}
    return [known.get(name.strip().lower(), name.strip()) for name in header]
