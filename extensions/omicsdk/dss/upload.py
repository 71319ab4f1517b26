"""Uploading a folder as a bundle: files go to a staging bucket, and the service copies them from there."""

import mimetypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote
from uuid import uuid4

from omicsdk.core.checksums import Digests, etag_part_size
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, NotFound, OmicsError, SomeFailed, TransferError, UsageError, first_of
from omicsdk.dss.version import create_version

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.dss.download import Replica

CHECKSUM_TAGS = {
    "s3_etag": "hca-dss-s3_etag",
    "sha1": "hca-dss-sha1",
    "sha256": "hca-dss-sha256",
    "crc32c": "hca-dss-crc32c",
}
"""The tags in which the service looks for a staged file's checksums."""

MULTIPART_FROM = 64 * 1024 * 1024 + 1
"""Bytes from which on a file is staged in parts, so that its etag is what the checksum says."""

FIRST_POLL = 1.0
POLL_GROWTH = 1.618
LONGEST_POLL = 60.0
"""Seconds between questions whether the service has copied a file: the wait grows up to the last of these."""

FILES_AT_ONCE = 8

_CHUNK = 1 << 20


class UploadFailed(SomeFailed, RuntimeError):
    """Some files could not be uploaded or registered; no bundle was made."""

    default_remedy = "No bundle was registered. Mend the cause and upload again."


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
        UsageError: It isn't a folder, or holds no file.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", remedy="Give the folder whose files make the bundle.")
    paths = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    if not paths:
        raise UsageError(f"{folder} holds no files", remedy="A bundle needs at least one file.")
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return [LocalFile(named[name], name, str(uuid4())) for name in sorted(named)]


def content_type(path: Path) -> str:
    """The media type by the name's ending; a compressed file's is that of the compression."""
    kind, encoding = mimetypes.guess_type(path.name)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else f"application/x-{encoding}"
    return kind or "application/octet-stream"


def checksums_of(path: Path) -> dict[str, str]:
    """The four checksums of a file, read once."""
    digests = Digests(tuple(CHECKSUM_TAGS), size=path.stat().st_size)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digests.update(piece)
    return digests.values()


def stage(s3: Any, bucket: str, file: LocalFile, report: Callable[[int], None]) -> str:
    """Put a file into the staging bucket with its checksums as tags.

    Args:
        s3: A boto3 S3 client.
        bucket: The bucket.
        file: The file.
        report: Called with the number of bytes that went out.

    Returns:
        The s3:// URL.

    Raises:
        TransferError: The file changed while it was read, or the bucket refuses it.
    """
    from boto3.exceptions import S3UploadFailedError
    from boto3.s3.transfer import TransferConfig
    from botocore.exceptions import BotoCoreError, ClientError

    before = file.path.stat()
    checksums = checksums_of(file.path)
    config = TransferConfig(
        multipart_threshold=MULTIPART_FROM, multipart_chunksize=etag_part_size(before.st_size), max_concurrency=4
    )
    tags = "&".join(f"{tag}={quote(checksums[name])}" for name, tag in CHECKSUM_TAGS.items())
    extra = {"ContentType": content_type(file.path), "Tagging": tags}
    try:
        s3.upload_file(str(file.path), bucket, file.key, ExtraArgs=extra, Config=config, Callback=report)
    except (S3UploadFailedError, ClientError, BotoCoreError) as error:
        raise TransferError(
            f"{file.name}: the staging bucket {bucket} refuses it ({error})",
            remedy="Check the bucket's name and that your AWS credentials may write to it.",
        ) from None
    after = file.path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise TransferError(f"{file.name} changed while it was uploaded", remedy="Upload when nothing writes to it.")
    return f"s3://{bucket}/{file.key}"


def register(
    api: "DssApi",
    file: LocalFile,
    source_url: str,
    *,
    version: str,
    creator_uid: int,
    replica: "Replica",
    timeout_seconds: float,
    clock: Clock,
) -> None:
    """Have the service take a staged file over, and wait until it has.

    Raises:
        TransferError: It didn't within the time, or refused.
    """
    try:
        answer = api.put_file.raw(uuid=file.uuid, version=version, source_url=source_url, creator_uid=creator_uid)
    except APIError as error:
        raise TransferError(f"File {file.name}: Unexpected server response during registration: {error}") from error
    if answer.status_code != 202:
        return
    deadline, wait = clock.monotonic() + timeout_seconds, FIRST_POLL
    while clock.monotonic() < deadline:
        clock.sleep(min(wait, max(0.0, deadline - clock.monotonic())))
        wait = min(wait * POLL_GROWTH, LONGEST_POLL)
        try:
            api.head_file.raw(uuid=file.uuid, replica=replica, version=version)
        except NotFound:
            continue
        return
    request_id = answer.headers.get("x-aws-request-id", "unknown")
    raise TransferError(
        f"File {file.name}: registration FAILED: the service had not copied it after {timeout_seconds:g} s "
        f"(X-AWS-REQUEST-ID: {request_id})",
        remedy="Give it more time with --timeout-seconds, or quote the id to the platform's operators.",
    )


def upload_bundle(
    api: "DssApi",
    s3: Any,
    folder: Path,
    *,
    replica: "Replica",
    staging_bucket: str,
    timeout_seconds: float = 1200,
    bundle_uuid: str | None = None,
    creator_uid: int = 0,
    report: Callable[[int, int], None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, Any]:
    """Upload a folder's files and register them as a bundle.

    Args:
        api: The service.
        s3: A boto3 S3 client that may write to the staging bucket.
        folder: Its files, in all sub-folders, become the bundle's; names ending in .json are metadata.
        replica: Where the bundle is registered.
        staging_bucket: A bucket of the user's own.
        timeout_seconds: How long to wait for the service to copy one file.
        bundle_uuid: The bundle's UUID; by default a new one.
        creator_uid: Who makes it, a number.
        report: Called with bytes gone out and bytes in all.
        clock: For tests.

    Returns:
        bundle_uuid, creator_uid, replica, version, and files with name, version, uuid and creator_uid each.

    Raises:
        UsageError: The folder has no files.
        UploadFailed: Files failed; all others are staged and registered, the bundle isn't.
    """
    files = files_of(folder)
    version = create_version()
    total, gone = sum(file.path.stat().st_size for file in files), 0

    def count(size: int) -> None:
        nonlocal gone
        gone += size
        if report is not None:
            report(gone, total)

    def one(file: LocalFile) -> OmicsError | None:
        try:
            register(
                api,
                file,
                stage(s3, staging_bucket, file, count),
                version=version,
                creator_uid=creator_uid,
                replica=replica,
                timeout_seconds=timeout_seconds,
                clock=clock,
            )
        except OmicsError as error:
            return error
        return None

    with ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="dss-upload") as pool:
        errors = [error for error in pool.map(one, files) if error is not None]
    if errors:
        raise UploadFailed(f"{len(errors)} of {len(files)} files failed: {first_of(errors)}", errors)
    uuid = bundle_uuid or str(uuid4())
    answer = api.put_bundle.raw(
        uuid=uuid,
        version=version,
        replica=replica,
        creator_uid=creator_uid,
        files=cast(
            "Any",
            [{"indexed": file.indexed, "name": file.name, "version": version, "uuid": file.uuid} for file in files],
        ),
    ).json()
    return {
        "bundle_uuid": uuid,
        "creator_uid": creator_uid,
        "replica": replica,
        "version": answer["version"],
        "files": [
            {"name": file.name, "version": version, "uuid": file.uuid, "creator_uid": creator_uid} for file in files
        ],
    }
