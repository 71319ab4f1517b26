"""Objects of other buckets, copied into an area by S3 itself: no byte of them comes here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.core.checksums import MIB, etag_part_size
from omicsdk.core.clock import never
from omicsdk.core.errors import ChecksumMismatch, Interrupted, OmicsError
from omicsdk.core.logs import logger
from omicsdk.core.threads import in_threads
from omicsdk.hca.upload.sources import S3File
from omicsdk.hca.upload.storage import ACL, CHECKSUM_KEY, AreaStorage
from omicsdk.transfer.reports.report import Verification
from omicsdk.transfer.s3.boto import asking_s3, upload_id_of

#: Maximum bytes that S3 copies in one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
LARGEST_COPY = 5 * 1024 * MIB
#: Parts of one object that are copied at once.
PARTS_AT_ONCE = 16

_log = logger("omicsdk.hca.upload")

_CRC32C = re.compile(r"[0-9a-fA-F]{8}")
_MD5 = re.compile(r"[0-9a-f]{32}")


def known_checksum(source: S3File, s3: Any) -> str:
    """Return the CRC32C that an object's own metadata state, as the platform's do; "" when they state none.

    Args:
        source: The object.
        s3: A boto3 client with the user's own credentials.
    """
    try:
        with asking_s3(f"Reading {source.path}"):
            metadata: Mapping[str, str] = s3.head_object(Bucket=source.bucket, Key=source.key).get("Metadata", {})
    except OmicsError:
        return ""  # a user who may list and copy an object may not be allowed to read its metadata
    checksum = metadata.get(CHECKSUM_KEY) or metadata.get("hca-dss-crc32c") or ""
    return checksum.lower() if _CRC32C.fullmatch(checksum) else ""


def copy(
    storage: AreaStorage,
    source: S3File,
    content_type: str,
    *,
    crc32c: str = "",
    stopped: Callable[[], bool] = never,
    copied: Callable[[int], None] = lambda _: None,
    largest: int = LARGEST_COPY,
) -> Verification:
    """Copy one object, in the listed version only.

    Args:
        storage: The target.
        source: The object.
        content_type: The media type that the copy gets; its metadata are not taken over.
        crc32c: Its checksum, where it is known.
        stopped: Returns whether to stop; copies in progress are aborted.
        copied: Called with the number of bytes that were copied, from any thread.
        largest: The largest object in bytes that is copied in one request.

    Returns:
        What the copy was compared with its source by.

    Raises:
        Interrupted: It was stopped.
        ChecksumMismatch: The copy is not what the source was.
        OmicsError: S3 refused.
    """
    metadata = {CHECKSUM_KEY: crc32c} if crc32c else {}
    attributes: dict[str, Any] = {"ContentType": content_type, "ACL": ACL, "Metadata": metadata}
    target = {"Bucket": storage.bucket, "Key": storage.key(source.name)}
    origin = {"CopySource": {"Bucket": source.bucket, "Key": source.key}, "CopySourceIfMatch": source.etag}
    if stopped():
        raise _interrupted(source)
    if source.size <= largest:
        storage.call("copy_object", **target, **origin, **attributes, MetadataDirective="REPLACE")
        copied(source.size)
    else:
        _in_parts(storage, source, target, origin, attributes, stopped, copied)
    return _verify(storage, source)


def _in_parts(
    storage: AreaStorage,
    source: S3File,
    target: Mapping[str, str],
    origin: Mapping[str, Any],
    attributes: Mapping[str, Any],
    stopped: Callable[[], bool],
    copied: Callable[[int], None],
) -> None:
    size = etag_part_size(source.size)
    upload = upload_id_of(storage.call("create_multipart_upload", **target, **attributes))

    def part(number: int) -> dict[str, Any]:
        if stopped():
            raise _interrupted(source)
        first = (number - 1) * size
        last = min(first + size, source.size) - 1
        response = storage.call(
            "upload_part_copy",
            **target,
            **origin,
            UploadId=upload,
            PartNumber=number,
            CopySourceRange=f"bytes={first}-{last}",
        )
        copied(last + 1 - first)
        return {"PartNumber": number, "ETag": response.get("CopyPartResult", {}).get("ETag", "")}

    try:
        # Parts in progress are waited for: a part that is copied after the upload was aborted would remain.
        parts = in_threads(part, range(1, -(-source.size // size) + 1), PARTS_AT_ONCE, "omicsdk-copy-part")
        storage.call("complete_multipart_upload", **target, UploadId=upload, MultipartUpload={"Parts": parts})
    except BaseException:
        try:
            storage.call("abort_multipart_upload", **target, UploadId=upload)
        except OmicsError as error:  # the original error is raised
            _log.warning("%s: cannot abort its copy, so parts of it remain: %s", source.path, error)
        raise


def _verify(storage: AreaStorage, source: S3File) -> Verification:
    """Compare the copy with its source: its length, and the ETag if both are MD5s of the whole."""
    stored = storage.find(source.name)
    if stored is None:
        return "unverified"  # keys that may write but not look
    if stored.size != source.size:
        raise ChecksumMismatch(source.path, algorithm="size", expected=str(source.size), actual=str(stored.size))
    if _MD5.fullmatch(stored.etag) and _MD5.fullmatch(source.etag) and stored.etag != source.etag:
        encrypted = storage.call("head_object", Bucket=storage.bucket, Key=storage.key(source.name))
        if not str(encrypted.get("ServerSideEncryption", "")).startswith("aws:"):
            raise ChecksumMismatch(source.path, algorithm="etag", expected=source.etag, actual=stored.etag)
    # Copies of the same parts have the same ETag, too.
    return "verified" if stored.etag and stored.etag == source.etag else "size only"


def _interrupted(source: S3File) -> Interrupted:
    return Interrupted(f"{source.path}: copying was stopped", name=source.path)
