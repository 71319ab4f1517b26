"""What a store tells of an object, read as far as it can be understood: pure functions of fsspec's `info`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

MIB = 1024 * 1024

# Keys under which fsspec's file systems tell what changes with an object's bytes, the surest first.
_IDENTITIES = (
    "ETag",
    "etag",
    "generation",
    "version_id",
    "VersionId",
    "mtime",
    "LastModified",
    "last_modified",
    "created",
)
_TAGS = ("ETag", "etag")
_MD5 = re.compile(r"[0-9a-f]{32}\Z")
_PARTS = re.compile(r"[0-9a-f]{32}-([1-9][0-9]{0,4})\Z")

#: Sizes of parts that programs and fsspec's own file systems upload with, in bytes, beside powers of two from 5 MiB.
PART_SIZES = tuple(size * MIB for size in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024))


def identity(info: Mapping[str, Any]) -> str:
    """Gives what tells an object from a later one of the same name and size.

    Args:
        info: What `info` of a file system gives.

    Returns:
        A short text, empty when the store tells nothing of the kind.
    """
    for key in _IDENTITIES:
        value = info.get(key)
        if value not in (None, ""):
            return f"{key}={value}"
    return ""


class Claim(NamedTuple):
    """A checksum that a store tells.

    Attributes:
        algorithm: md5, crc32c or s3_etag.
        value: In hex.
        part: The size of parts that may have made an s3_etag, in bytes.
        sure: Whether it can be nothing else. An ETag can: of parts of another size, or of encrypted bytes.
    """

    algorithm: str
    value: str
    part: int = 0
    sure: bool = False


def claims(info: Mapping[str, Any], size: int) -> list[Claim]:
    """Gives the checksums that a store tells.

    Args:
        info: What `info` of a file system gives.
        size: The object's size in bytes.

    Returns:
        What it tells. An ETag in parts comes once for each size of parts that may have made it.
    """
    settings = info.get("content_settings")  # Azure's
    told = {**cast("Mapping[str, Any]", settings), **info} if isinstance(settings, Mapping) else info
    found = [
        Claim(algorithm, value, sure=True)
        for key, algorithm in (("md5Hash", "md5"), ("content_md5", "md5"), ("crc32c", "crc32c"))
        if (value := _hex(told.get(key)))
    ]
    for tag in (str(info[key]).strip('"').lower() for key in _TAGS if info.get(key)):
        if _MD5.match(tag):
            found.append(Claim("md5", tag))
        elif parts := _PARTS.match(tag):
            found += [Claim("s3_etag", tag, part) for part in part_sizes(size, int(parts[1]))]
    return found


def part_sizes(size: int, parts: int) -> Sequence[int]:
    """Gives the usual sizes of parts that cut an object into a number of parts.

    Args:
        size: The object's size in bytes.
        parts: How many parts it has, 1 or more.

    Returns:
        Sizes in bytes, the largest first.
    """
    return [part for part in reversed(PART_SIZES) if -(-size // part) == parts] or (
        [size] if parts == 1 and size else []
    )


def _hex(value: object) -> str:
    """A checksum in hex, as told in base64 or as bytes; "" for what is no such thing."""
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if not isinstance(value, str):
        return ""
    try:
        return base64.b64decode(value, validate=True).hex()
    except binascii.Error:
        return ""
