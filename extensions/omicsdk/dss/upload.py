"""Uploading a folder as a bundle: files go to a staging bucket, and the service copies them from there."""

import mimetypes
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote
from uuid import uuid4

from omicsdk.core.checksums import Digests, etag_part_size
from omicsdk.core.clock import Clock, SystemClock
from omicsdk.core.errors import (
    APIError,
    AuthError,
    Forbidden,
    Interrupted,
    NotFound,
    OmicsError,
    SomeFailed,
    TransferError,
    UsageError,
    first_of,
)
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

_UUID = re.compile(r"[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}")

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


def checksums_of(path: Path, proceed: Callable[[], None] | None = None) -> dict[str, str]:
    """The four checksums of a file, read once.

    Args:
        path: The file.
        proceed: Called before every piece; raises to end it.
    """
    digests = Digests(tuple(CHECKSUM_TAGS), size=path.stat().st_size)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            if proceed is not None:
                proceed()
            digests.update(piece)
    return digests.values()


def stage(
    s3: Any, bucket: str, file: LocalFile, report: Callable[[int], None], ended: threading.Event | None = None
) -> str:
    """Put a file into the staging bucket with its checksums as tags.

    Args:
        s3: A boto3 S3 client.
        bucket: The bucket.
        file: The file.
        report: Called with the number of bytes that went out.
        ended: Stops it when set; None for nothing that could.

    Returns:
        The s3:// URL.

    Raises:
        StagingRefused: The bucket takes no file at all.
        TransferError: The file changed while it was read, or the bucket refuses it.
        Interrupted: It was stopped.
    """
    from boto3.s3.transfer import TransferConfig, create_transfer_manager
    from botocore.exceptions import BotoCoreError, ClientError
    from s3transfer.exceptions import CancelledError
    from s3transfer.futures import TransferFuture
    from s3transfer.subscribers import BaseSubscriber

    over = ended or threading.Event()

    class Watch(BaseSubscriber):
        # Raising here would leave the file open; a cancelled transfer cleans up after itself.
        def on_progress(self, future: TransferFuture, bytes_transferred: int, **_: Any) -> None:
            report(bytes_transferred)
            if over.is_set():
                future.cancel()

    before = file.path.stat()
    checksums = checksums_of(file.path, lambda: _go_on(over))
    config = TransferConfig(
        multipart_threshold=MULTIPART_FROM, multipart_chunksize=etag_part_size(before.st_size), max_concurrency=4
    )
    tags = "&".join(f"{tag}={quote(checksums[name])}" for name, tag in CHECKSUM_TAGS.items())
    extra = {"ContentType": content_type(file.path), "Tagging": tags}
    try:
        with create_transfer_manager(s3, config) as manager:
            manager.upload(str(file.path), bucket, file.key, extra, [Watch()]).result()
    except CancelledError:
        _go_on(over)
        raise
    except (ClientError, BotoCoreError) as error:
        raise staging_error(file.name, bucket, error) from None
    after = file.path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise TransferError(f"{file.name} changed while it was uploaded", remedy="Upload when nothing writes to it.")
    return f"s3://{bucket}/{file.key}"


def _go_on(ended: threading.Event) -> None:
    if ended.is_set():
        raise Interrupted("The upload was stopped", remedy="No bundle was made; upload the folder again.")


def staging_error(name: str, bucket: str, error: Exception) -> TransferError:
    """What a failure of boto3 means: to this file, or to every other as well.

    Args:
        name: The file that was on its way.
        bucket: The staging bucket.
        error: What boto3 raised.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    code = str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
    what = f"{name}: the staging bucket {bucket} refuses it ({error})"
    if isinstance(error, NoCredentialsError | PartialCredentialsError) or code in _WRONG_KEYS:
        remedy = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, that may write to the bucket."
        return StagingCredentials(what, remedy=remedy)
    if code in _WRONG_BUCKET:
        return StagingRefused(what, remedy="Check the bucket's name and that your AWS credentials may write to it.")
    if isinstance(error, BotoCoreError):
        what = f"{name}: the staging bucket {bucket} can't be reached ({error})"
        return StagingRefused(what, remedy="Check AWS_ENDPOINT_URL_S3 and the network connection, then try again.")
    return TransferError(
        what, remedy="Try again; if it stays, check that your AWS credentials may write to the bucket."
    )


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
        AuthError: The service knows the caller not, or not as one who may store files.
        TransferError: It didn't within the time, or refused.
    """
    try:
        answer = api.put_file.raw(uuid=file.uuid, version=version, source_url=source_url, creator_uid=creator_uid)
    except (AuthError, Forbidden):
        raise
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
    stop: threading.Event | None = None,
    clock: Clock | None = None,
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
        stop: Set it to end the upload; no bundle is made.
        clock: For tests.

    Returns:
        bundle_uuid, creator_uid, replica, version, and files with name, version, uuid and creator_uid each.

    Raises:
        UsageError: The folder has no files, or the UUID isn't one.
        UploadFailed: Files failed; all others are staged and registered, the bundle isn't.
        StagingRefused: The bucket takes no file; the upload ends with the first.
        AuthError: The service or the bucket doesn't know the caller; likewise.
        Interrupted: `stop` was set.
    """
    if bundle_uuid is not None and not _UUID.fullmatch(bundle_uuid):
        raise UsageError(f"bundle_uuid is {bundle_uuid!r}, which is no UUID", remedy="Leave it out to get a new one.")
    files = files_of(folder)
    ended, counting = threading.Event() if stop is None else stop, threading.Lock()
    waiting = EndingClock(ended) if clock is None else clock
    version = create_version()
    total, gone = sum(file.path.stat().st_size for file in files), 0

    def count(size: int) -> None:
        nonlocal gone
        with counting:  # several threads send
            gone += size
            if report is not None:
                report(gone, total)

    def one(file: LocalFile) -> OmicsError | None:
        try:
            _go_on(ended)
            register(
                api,
                file,
                stage(s3, staging_bucket, file, count, ended),
                version=version,
                creator_uid=creator_uid,
                replica=replica,
                timeout_seconds=timeout_seconds,
                clock=waiting,
            )
        except OmicsError as error:
            if isinstance(error, StagingRefused | AuthError | Forbidden):
                ended.set()  # the others would only meet the same
            return error
        except OSError as error:
            return TransferError(f"{file.path}: {error.strerror or error}", remedy="Check that it can be read.")
        return None

    count(0)  # how much there is, while checksums are made
    with ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="dss-upload") as pool:
        try:
            errors = [error for error in pool.map(one, files) if error is not None]
        except BaseException:
            ended.set()  # Ctrl-C: the pool's end waits for its threads
            raise
    for error in errors:
        if isinstance(error, StagingRefused | AuthError | Forbidden):
            raise error
    _go_on(ended)
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


class EndingClock(SystemClock):
    """The machine's time, with waits that end when the upload does."""

    def __init__(self, ended: threading.Event) -> None:
        self._ended = ended

    def sleep(self, seconds: float) -> None:
        """Waits for so many seconds, or until the upload ends."""
        self._ended.wait(seconds)
        _go_on(self._ended)
