"""Staging buckets: files go to S3 with their checksums as tags."""

import logging
import mimetypes
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
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


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that becomes part of a bundle.

    Attributes:
        path: Where it is.
        name: Its name in the bundle: relative to the folder, with `/`.
        uuid: Its UUID in the Data Store.
        identity: Its size in bytes, its time of change in nanoseconds and its number: they tell whether it is the same file
            as in an earlier run.
    """

    path: Path
    name: str
    uuid: str
    identity: tuple[int, int, int] = (0, 0, 0)

    @property
    def size(self) -> int:
        """Its size in bytes when it was found."""
        return self.identity[0]

    @property
    def indexed(self) -> bool:
        """Whether the service indexes it: metadata are JSON files."""
        return self.name.endswith(".json")

    @property
    def key(self) -> str:
        """Its key in the staging bucket."""
        return f"{self.uuid}/{self.path.name}"


def files_of(folder: Path) -> list[LocalFile]:
    """All files below a folder, by name, each with a new UUID; linked folders aren't entered.

    Raises:
        UsageError: It isn't a folder, holds no file, or something that is no file or has a name that no bundle takes.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", remedy="Give the folder whose files make the bundle.")
    found: list[LocalFile] = []
    for parent, folders, names in os.walk(folder, onerror=_unreadable):
        for name in folders:
            if Path(parent, name).is_symlink():
                logger.warning("%s is a link to a folder: what is in it isn't uploaded", Path(parent, name))
        paths = [Path(parent, name) for name in names]
        found += [_found(path.relative_to(folder).as_posix(), path) for path in paths]
    return _in_order(found, str(folder))


def files_named(files: Mapping[str, str | os.PathLike[str]]) -> list[LocalFile]:
    """Chosen files, by name, each with a new UUID.

    Args:
        files: Where each is, by the name that it shall have in the bundle.

    Raises:
        UsageError: There are none, or one is no file or has a name that no bundle takes.
    """
    return _in_order([_found(name, Path(path)) for name, path in files.items()], "The choice")


def _in_order(found: list[LocalFile], where: str) -> list[LocalFile]:
    if not found:
        raise UsageError(f"{where} holds no files", remedy="A bundle needs at least one file.")
    found.sort(key=lambda file: file.name)
    _warn_of_clashes(found)
    return found


def _warn_of_clashes(files: list[LocalFile]) -> None:
    """Says which names a bundle may have, but not all of whom a download can keep."""
    kept = {"bundle.json": "the manifest that a download writes, bundle.json"}
    for file in files:
        other = kept.setdefault(file.name.casefold(), file.name)
        if other is not file.name:
            logger.warning("%s: whoever downloads the bundle can't have it beside %s", file.name, other)


def _found(name: str, path: Path) -> LocalFile:
    try:
        facts = path.stat()
    except OSError as error:
        what = "is a link that leads nowhere" if path.is_symlink() else f"can't be read: {error.strerror}"
        raise UsageError(f"{path} {what}", remedy="Take it out of the folder.") from error
    if not stat.S_ISREG(facts.st_mode):
        raise UsageError(f"{path} is no file with contents", remedy="Take it out of the folder.")
    if fault := name_fault(name):
        raise UsageError(f"{name}: the Data Store takes no such name: {fault}", remedy="Rename it, or take it out.")
    return LocalFile(path, name, str(uuid4()), (facts.st_size, facts.st_mtime_ns, facts.st_ino))


def name_fault(name: str) -> str | None:
    """Why a bundle can't have a file of this name, or None: the service would say so when all bytes are there.

    The rules are those of `BundleFile.name` in the service's document.

    Args:
        name: Relative, with `/` between folders.
    """
    if any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        return "it isn't UTF-8"
    for part, why in (
        ("\n", "it holds a line end"),
        ("\\", "it holds a backslash"),
        ("./", "it holds `./`"),
        ("/.", "it holds `/.`"),
    ):
        if part in name:
            return why
    return "it begins with `~/`" if name.startswith("~/") else None


def _unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename} can't be read: {error.strerror}", remedy="Mend its rights, or take it out.")


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
