"""Checksums that responses state of the bytes that they bring. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from omicsdk.core.checksums import etag_of_size, from_base64, hexadecimal, is_algorithm, is_checksum

#: Headers of S3 with a checksum, by algorithm, fastest first.
CHECKSUM_HEADERS = {
    name: f"x-amz-checksum-{name}" for name in ("crc32c", "crc32", "sha256", "sha1", "sha512", "crc64nvme")
}
_SLOWER_THAN_ETAG = "crc64nvme"
_KIND, _ENCRYPTION = "x-amz-checksum-type", "x-amz-server-side-encryption"
#: Headers of objects that are encrypted with customers' keys, whose ETags are not checksums.
_CUSTOMERS = (f"{_ENCRYPTION}-customer-algorithm", "x-goog-encryption-algorithm", "x-goog-encryption-kms-key-name")
#: Headers of large objects of Swift, as Ceph shows them over S3: the ETag is the MD5 of those of the segments, without their number.
_SEGMENTED = ("x-object-meta-static-large-object", "x-static-large-object", "x-object-manifest")
#: The headers that `object_checksums` reads.
HEADERS = (*CHECKSUM_HEADERS.values(), _KIND, _ENCRYPTION, *_CUSTOMERS, *_SEGMENTED)
#: Further headers by which web servers state checksums, and those that tell what these are of.
WEB_HEADERS = (
    "digest", "repr-digest", "content-md5", "x-ms-blob-content-md5", "x-goog-hash", "x-goog-stored-content-encoding",
    "content-encoding", "server", "x-amz-storage-class",
)  # fmt: skip
#: Headers that may be of the bytes of a part alone, in a response with a part.
_OF_BYTES = frozenset((*CHECKSUM_HEADERS.values(), "content-md5"))


def of_whole(status: int, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return those headers of a response that state something of the whole file.

    Args:
        status: Its status: 206 for a part.
        headers: Its headers, names in lower case.
    """
    return headers if status == 200 else {name: value for name, value in headers.items() if name not in _OF_BYTES}


def object_checksums(headers: Mapping[str, str], *, etags: bool = True) -> dict[str, str]:
    """Return the checksums of an object's whole contents that a response states.

    Args:
        headers: Its headers, names in lower case.
        etags: Whether an ETag may be an MD5: those of some buckets never are.

    Returns:
        The checksums by algorithm, fastest first. One of parts' checksums is none of the whole.
    """
    return dict(_of_contents(headers, etags))


def _of_contents(headers: Mapping[str, str], etags: bool) -> Iterator[tuple[str, str]]:
    """Yield what `object_checksums` returns; most callers need the first one only."""
    etag = headers.get("etag", "").strip('"')
    # Some servers state a checksum of the parts' checksums without `-NUMBER` after it, and without its type.
    is_whole = headers.get(_KIND, "COMPOSITE" if "-" in etag else "FULL_OBJECT") == "FULL_OBJECT"
    for name, header in CHECKSUM_HEADERS.items():
        if name == _SLOWER_THAN_ETAG and etags and is_checksum("md5", etag) and not has_opaque_etag(headers):
            yield "md5", etag
        if is_whole and header in headers and (digits := from_base64(name, headers[header])):
            yield name, digits


def quickest(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the one checksum of `object_checksums` that costs least to compute; empty for none.

    Args:
        headers: As for `object_checksums`.
    """
    return dict(islice(_of_contents(headers, True), 1))


def quickest_without_etag(headers: Mapping[str, str]) -> dict[str, str]:
    """As `quickest`, for objects whose ETag never is a checksum."""
    return dict(islice(_of_contents(headers, False), 1))


def may_be_of_parts(headers: Mapping[str, str]) -> bool:
    """Return whether an ETag or a checksum may be made of those of parts, so that it is worth requesting their size.

    Args:
        headers: As for `object_checksums`.
    """
    return bool(_of_parts(headers))


def _of_parts(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what is made of parts' checksums, fastest first: each with the number of parts at its end."""
    checksums = dict[str, str]()
    etag = headers.get("etag", "").strip('"')
    # Some servers leave the number to the ETag.
    otherwise = etag.partition("-")[2] if headers.get(_KIND) == "COMPOSITE" else ""
    for name, header in CHECKSUM_HEADERS.items():
        value, _, parts = headers.get(header, "").partition("-")
        if (parts or otherwise) and (digits := from_base64(name, value)):
            checksums[name] = f"{digits}-{parts or otherwise}"
    if "-" in etag and is_checksum("s3_etag", etag) and not has_opaque_etag(headers):
        checksums["s3_etag"] = etag
    return {name: value for name, value in checksums.items() if is_algorithm(f"{name}:1")}


def of_parts(headers: Mapping[str, str], size: int, first_part: int | None) -> dict[str, str]:
    """Return the checksums that are made of those of parts, where all of them have the size of the first one.

    Args:
        headers: As for `object_checksums`.
        size: The object's size in bytes.
        first_part: The size of its first part in bytes; None if it is unknown.
    """
    if not first_part:
        return {}
    count = str(-(-size // first_part))
    return {
        etag_of_size(first_part, size) if name == "s3_etag" else f"{name}:{first_part}": value
        for name, value in _of_parts(headers).items()
        # Parts of another number were not all of the first one's size.
        if value.partition("-")[2] == count
    }


def noted_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the MD5 that the client noted that uploaded an object in parts: rclone, or s3cmd unless it encrypted the object itself.

    Args:
        headers: As for `object_checksums`.
    """
    attributes = headers.get("x-amz-meta-s3cmd-attrs", "") if "x-amz-meta-s3tools-gpgenc" not in headers else ""
    of_s3cmd = next((part[4:] for part in attributes.split("/") if part.startswith("md5:")), "")
    digits = from_base64("md5", headers.get("x-amz-meta-md5chksum", "")) or hexadecimal("md5", of_s3cmd)
    return {"md5": digits} if digits else {}


def has_opaque_etag(headers: Mapping[str, str]) -> bool:
    """Whether an ETag is not a checksum of the content.

    Args:
        headers: As for `object_checksums`.
    """
    return headers.get(_ENCRYPTION, "AES256") != "AES256" or not headers.keys().isdisjoint((*_CUSTOMERS, *_SEGMENTED))
