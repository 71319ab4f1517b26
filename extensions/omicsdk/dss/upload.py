"""Uploading a folder as a bundle: files go to a staging bucket, and the service copies them from there."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

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
from omicsdk.dss.staging import LocalFile, StagingRefused, files_of, staged, staging_error
from omicsdk.dss.version import create_version
from omicsdk.transfer import Outcome, Progress, upload

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.dss.download import Replica

FIRST_POLL = 1.0
POLL_GROWTH = 1.618
LONGEST_POLL = 60.0
"""Seconds between questions whether the service has copied a file: the wait grows up to the last of these."""

FILES_AT_ONCE = 8

_UUID = re.compile(r"[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}")


class UploadFailed(SomeFailed, RuntimeError):
    """Some files could not be uploaded or registered; no bundle was made."""

    default_remedy = "No bundle was registered. Mend the cause and upload again."


def _go_on(ended: threading.Event) -> None:
    if ended.is_set():
        raise Interrupted("The upload was stopped", remedy="No bundle was made; upload the folder again.")


def _ends_all(error: OmicsError) -> bool:
    """Whether every other file would meet this error too."""
    return isinstance(error, StagingRefused | AuthError | Forbidden)


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
    ended = threading.Event() if stop is None else stop
    waiting = EndingClock(ended) if clock is None else clock
    version = create_version()
    sizes = [file.path.stat().st_size for file in files]
    registrations = dict[int, Future[OmicsError | None]]()
    failures = dict[int, OmicsError]()

    def told(progress: Progress) -> None:
        if report is not None:
            report(progress.bytes_done, sum(sizes))

    def registered(file: LocalFile) -> OmicsError | None:
        try:
            _go_on(ended)
            register(
                api,
                file,
                f"s3://{staging_bucket}/{file.key}",
                version=version,
                creator_uid=creator_uid,
                replica=replica,
                timeout_seconds=timeout_seconds,
                clock=waiting,
            )
        except OmicsError as error:
            if _ends_all(error):
                ended.set()  # the others would only meet the same
            return error
        return None

    if report is not None:
        report(0, sum(sizes))  # how much there is, while checksums are made
    with ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="dss-register") as pool:

        def over(number: int, outcome: Outcome) -> None:
            if outcome.state == "done":
                registrations[number] = pool.submit(registered, files[number])
            elif outcome.error is not None:
                failures[number] = staging_error(files[number].name, staging_bucket, outcome.error)
                if _ends_all(failures[number]):
                    ended.set()

        try:
            upload(
                [staged(s3, staging_bucket, file, size) for file, size in zip(files, sizes, strict=True)],
                connections=FILES_AT_ONCE,
                callers=FILES_AT_ONCE,  # as many connections as a boto3 client keeps
                abort=True,  # the next run has other keys: nobody could use the parts
                progress=told,
                finished=over,
                stop=ended,
            )
            for number, registration in registrations.items():
                error = registration.result()
                if error is not None:
                    failures[number] = error
        except BaseException:
            ended.set()  # Ctrl-C: the pool's end waits for its threads
            raise
    errors = [failures[number] for number in sorted(failures)]
    for error in errors:
        if _ends_all(error):
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
