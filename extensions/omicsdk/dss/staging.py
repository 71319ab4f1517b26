"""Files on their way into a bundle: what they are called and tagged with in the staging bucket, and what refusals mean."""

import mimetypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from omicsdk.core.errors import (
    APIError,
    AuthError,
    OmicsError,
    SourceChanged,
    TransferError,
    TransportError,
    UsageError,
)
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


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that becomes part of a bundle.

    Attributes:
        path: Where it is.
        name: Its name in the bundle: relative to the folder, with `/`.
        uuid: Its new UUID.
    """

    path: Path
    name: str
    uuid: str

    @property
    def indexed(self) -> bool:
        """Whether the service indexes it: metadata are JSON files."""
        return self.name.endswith(".json")

    @property
    def key(self) -> str:
        """Its key in the staging bucket."""
        return f"{self.uuid}/{self.path.name}"


def files_of(folder: Path) -> list[LocalFile]:
    """All files below a folder, by name; linked folders aren't entered.

    Raises:
        UsageError: It isn't a folder, or holds no file, or something that is no file.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", remedy="Give the folder whose files make the bundle.")
    paths = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    if not paths:
        raise UsageError(f"{folder} holds no files", remedy="A bundle needs at least one file.")
    for path in paths:
        if not path.is_file():
            what = "a link that leads nowhere" if path.is_symlink() else "no file with contents"
            raise UsageError(f"{path} is {what}", remedy="Take it out of the folder.")
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return [LocalFile(named[name], name, str(uuid4())) for name in sorted(named)]


def content_type(path: Path) -> str:
    """The media type by the name's ending; a compressed file's is that of the compression."""
    kind, encoding = mimetypes.guess_type(path.name)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else f"application/x-{encoding}"
    return kind or "application/octet-stream"


def staged(s3: Any, bucket: str, file: LocalFile, size: int) -> Upload:
    """How a file goes to the staging bucket: tagged with its checksums, in parts that make its etag the one in the tag.

    Args:
        s3: A boto3 S3 client.
        bucket: The bucket.
        file: The file.
        size: Its size in bytes.
    """
    rules = etag_rules(size)
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
    what = f"{name}: the staging bucket {bucket} refuses it ({error})"
    if (isinstance(error, AuthError) and not isinstance(error, APIError)) or code in _WRONG_KEYS:
        remedy = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, that may write to the bucket."
        return StagingCredentials(what, remedy=remedy)
    if code in _WRONG_BUCKET:
        return StagingRefused(what, remedy="Check the bucket's name and that your AWS credentials may write to it.")
    if isinstance(error, TransportError):
        what = f"{name}: the staging bucket {bucket} can't be reached ({error})"
        return StagingRefused(what, remedy="Check AWS_ENDPOINT_URL_S3 and the network connection, then try again.")
    if not isinstance(error, APIError):
        return error
    return TransferError(
        what, remedy="Try again; if it stays, check that your AWS credentials may write to the bucket."
    )


def _tags(checksums: Mapping[str, str]) -> dict[str, str]:
    return {tag: checksums[name] for name, tag in CHECKSUM_TAGS.items()}
