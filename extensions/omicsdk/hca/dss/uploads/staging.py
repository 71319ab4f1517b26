"""Files on their way into a bundle: what they are called and tagged with in the staging bucket, and what refusals mean."""

import logging
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import (
    APIError,
    AuthError,
    OmicsError,
    SourceChanged,
    TransferError,
    TransportError,
)
from omicsdk.hca.dss.uploads.local_files import LocalFile
from omicsdk.transfer import Upload
from omicsdk.transfer.s3 import S3Object
from omicsdk.transfer.uploads.plan import etag_rules

CHECKSUM_TAGS = {
    "s3_etag": "hca-dss-s3_etag",
    "sha1": "hca-dss-sha1",
    "sha256": "hca-dss-sha256",
    "crc32c": "hca-dss-crc32c",
}
"""The tags in which the service looks for a staged file's checksums."""

logger = logging.getLogger("omicsdk.hca.dss")

_WRONG_KEYS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
)
_WRONG_BUCKET = frozenset(
    {"NoSuchBucket", "AccessDenied", "AllAccessDisabled", "PermanentRedirect", "InvalidBucketName"}
)
"""Codes of S3 that every file of the upload would be answered with."""


class StagingRefused(TransferError, RuntimeError):
    """The staging bucket takes no file at all."""


class StagingCredentials(StagingRefused, AuthError):
    """There are no AWS credentials, or they aren't good."""


def content_type(path: Path) -> str:
    """The media type by the name's ending; a compressed file's is that of the compression."""
    kind, encoding = mimetypes.guess_type(path.name)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else f"application/x-{encoding}"
    return kind or "application/octet-stream"


def staging_client() -> Any:
    """A boto3 client for staging buckets, with the user's own credentials and endpoint as boto3 finds them.

    Raises:
        ConfigError: The settings of AWS can't be used.
    """
    import boto3

    from omicsdk.hca.aws_settings import reading_aws_settings
    from omicsdk.transfer.s3_errors import refusing_cut_heads

    with reading_aws_settings():
        return refusing_cut_heads(cast("Any", boto3).client("s3"))


def staged(s3: Any, bucket: str, file: LocalFile) -> Upload:
    """How a file goes to the staging bucket: tagged with its checksums, in parts that make its etag the one in the tag.

    Args:
        s3: A boto3 S3 client.
        bucket: The bucket.
        file: The file.
    """
    rules = etag_rules(file.size)
    names = tuple(CHECKSUM_TAGS)
    to = S3Object(
        s3,
        bucket,
        file.key,
        part_size=rules.part_size,
        single=rules.single,
        extra_args={"ContentType": content_type(file.path)},
        tags=_tags,
        tag_checksums=names,
    )
    return Upload(file.path, to, file.name)


def staging_error(name: str, bucket: str, error: OmicsError) -> OmicsError:
    """What a failure means: to this file, or to every other as well.

    Args:
        name: The file that was on its way.
        bucket: The staging bucket.
        error: Why it failed.
    """
    if isinstance(error, SourceChanged):
        return error
    code = error.code or "" if isinstance(error, APIError) else ""
    said = str(error).removesuffix(error.remedy or "").rstrip(" .")  # what to do is said better here
    what = f"{name}: the staging bucket {bucket} refuses it ({said})"
    if (isinstance(error, AuthError) and not isinstance(error, APIError)) or code in _WRONG_KEYS:
        remedy = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, that may write to the bucket."
        return StagingCredentials(what, remedy=remedy)
    if code in _WRONG_BUCKET:
        return StagingRefused(what, remedy="Check the bucket's name and that your AWS credentials may write to it.")
    if isinstance(error, TransportError):
        what = f"{name}: the staging bucket {bucket} can't be reached ({said})"
        return StagingRefused(what, remedy="Check AWS_ENDPOINT_URL_S3 and the network connection, then try again.")
    if not isinstance(error, APIError):
        return error
    return TransferError(
        what, remedy="Try again; if it stays, check that your AWS credentials may write to the bucket."
    )


def _tags(checksums: Mapping[str, str]) -> dict[str, str]:
    return {tag: checksums[name] for name, tag in CHECKSUM_TAGS.items()}
