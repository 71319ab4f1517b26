"""What S3 says of objects, as entries. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any

from omicsdk.core.checksums import etag_part_size, from_base64, is_checksum
from omicsdk.fs.entry import Entry

#: The members of HEAD with a checksum, by algorithm. One of parts, `VALUE-NUMBER`, is none of the whole.
_CHECKSUMS = {"crc32c": "ChecksumCRC32C", "sha256": "ChecksumSHA256", "sha1": "ChecksumSHA1"}


def split(path: str) -> tuple[str, str | None]:
    """The bucket and the key of a path; None where it has none, which an empty one behind a slash isn't.

    Args:
        path: `bucket/key`. The key is all behind the first slash, as it stands there.
    """
    bucket, slash, key = path.partition("/")
    return bucket, key if slash else None


def prefix_of(key: str | None) -> str:
    """What the keys in a folder begin with.

    Args:
        key: The folder's own; None for the bucket.
    """
    return "" if key is None else f"{key}/"


def listed_object(bucket: str, told: Mapping[str, Any]) -> Entry:
    """An object of a list, which tells no checksums: an ETag is one or isn't, by how the object is encrypted.

    Args:
        bucket: Its bucket.
        told: The list's entry.
    """
    return Entry(
        f"{bucket}/{told['Key']}",
        "file",
        int(told["Size"]),
        modified=seconds(told.get("LastModified")),
        version=etag_of(told),
        details=_details(told),
    )


def seen_object(path: str, told: Mapping[str, Any], first_part: int | None) -> Entry:
    """An object that was looked at.

    Args:
        path: Its path.
        told: The answer to HEAD, with checksums.
        first_part: The size of its first part in bytes, where it is known to have parts.
    """
    size = int(told["ContentLength"])
    return Entry(
        path,
        "file",
        size,
        checksums(told, size, first_part),
        seconds(told.get("LastModified")),
        etag_of(told),
        _details(told),
    )


def checksums(told: Mapping[str, Any], size: int, first_part: int | None) -> dict[str, str]:
    """The checksums of an object's whole contents that HEAD tells.

    Args:
        told: The answer.
        size: The object's size in bytes.
        first_part: As for `seen_object`.
    """
    etag = etag_of(told)
    # Some servers state a checksum of the parts' checksums without `-NUMBER` behind it, and without its type.
    whole = told.get("ChecksumType", "COMPOSITE" if "-" in etag else "FULL_OBJECT") == "FULL_OBJECT"
    members = _CHECKSUMS if whole else {}
    found = {name: from_base64(name, str(told.get(member, ""))) for name, member in members.items()}
    if not _is_encrypted(told):
        if is_checksum("md5", etag):
            found["md5"] = etag
        elif is_checksum("s3_etag", etag) and first_part == etag_part_size(size):
            found["s3_etag"] = etag
    return {name: value for name, value in found.items() if value}


def may_be_of_usual_parts(told: Mapping[str, Any]) -> bool:
    """Whether an object's ETag could be the one that `s3_etag` computes: whether its parts are of that size is worth asking.

    Args:
        told: The answer to HEAD.
    """
    size, (digest, dash, parts) = int(told["ContentLength"]), etag_of(told).partition("-")
    usual = ceil(size / etag_part_size(size))
    return is_checksum("md5", digest) and dash == "-" and parts == str(usual) and not _is_encrypted(told)


def etag_of(told: Mapping[str, Any]) -> str:
    """The ETag without its quotes; empty when there is none."""
    return str(told.get("ETag", "")).strip('"')


def seconds(moment: object) -> float | None:
    """A moment in seconds since 1970; None when there is none."""
    return moment.timestamp() if isinstance(moment, datetime) else None


def _is_encrypted(told: Mapping[str, Any]) -> bool:
    """Whether an ETag says nothing of the contents."""
    return "SSECustomerAlgorithm" in told or str(told.get("ServerSideEncryption") or "AES256") != "AES256"


def _details(told: Mapping[str, Any]) -> dict[str, Any]:
    named = {"etag": etag_of(told), "content_type": told.get("ContentType"), "storage_class": told.get("StorageClass")}
    return {name: value for name, value in named.items() if value}
