"""Uploading a folder as a bundle: files go to a staging bucket, and the service copies them from there."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, nullcontext
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import UsageError
from omicsdk.core.files.state_folder import state_folder
from omicsdk.hca.dss.uploads.bringing import Bringing
from omicsdk.hca.dss.uploads.local_files import LocalFile, files_named, files_of
from omicsdk.hca.dss.uploads.options import UploadOptions
from omicsdk.hca.dss.uploads.unfinished import Unfinished, record_path
from omicsdk.hca.dss.version import create_version
from omicsdk.transfer import Control, Outcome, TransferReport
from omicsdk.transfer.waiting import opened
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.replica import Replica

PLAN = "stage and register"
"""What a dry run says of each file."""

_UUID = re.compile(r"[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}")

logger = getLogger("omicsdk.hca.dss")


def upload_bundle(
    api: "DssApi",
    s3: Any,
    folder: Path,
    *,
    replica: "Replica",
    staging_bucket: str,
    files: Mapping[str, str | os.PathLike[str]] | None = None,
    options: UploadOptions | None = None,
    state: Path | None = None,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Upload a folder's files and register them as a bundle.

    Args:
        api: The service.
        s3: A boto3 S3 client that may write to the staging bucket.
        folder: Its files, in all sub-folders, become the bundle's; names ending in .json are metadata.
        replica: Where the bundle is registered.
        staging_bucket: A bucket of the user's own.
        files: What becomes the bundle's in the place of all files below the folder: where each is, by its name there.
        options: How.
        state: The folder for records of unfinished uploads; by default the user's own.
        clock: For tests.

    Returns:
        bundle_uuid, creator_uid, replica, version, and files with name, version, uuid and creator_uid each. After a dry run
        what would be sent: counts, bytes_to_send, and files with name, size, state and plan each.

    Raises:
        UsageError: The folder has no files, one of them has a name that no bundle takes, or the UUID isn't one.
        UploadFailed: Files failed; all others are staged and registered, the bundle isn't.
        StagingRefused: The bucket takes no file; the upload ends with the first.
        AuthError: The service or the bucket doesn't know the caller; likewise.
        TransportError: The service can't be reached; likewise.
        Interrupted: It was stopped, or its time is over.
    """
    options = options or UploadOptions()
    if options.bundle_uuid is not None and not _UUID.fullmatch(options.bundle_uuid):
        what = f"bundle_uuid is {options.bundle_uuid!r}, which is no UUID"
        raise UsageError(what, remedy="Leave it out to get a new one.")
    found = files_of(folder) if files is None else files_named(files)
    if options.dry_run:
        return _foreseen(found, options)
    control = options.control or Control()
    facts: dict[str, object] = {
        "service": api.base_url,
        "bucket": staging_bucket,
        "replica": replica,
        "bundle": options.bundle_uuid,
        "creator": options.creator_uid,
    }
    path = record_path(folder, state=state or state_folder(), **facts)
    record = _opened(path, f"uploading {folder}", options, control, clock or SYSTEM_CLOCK)
    with closing(record) if record is not None else nullcontext():
        version, uuid = create_version(), options.bundle_uuid or str(uuid4())
        if record is not None:
            try:
                found = record.begin(version, uuid, found)
            except OSError as error:
                raise write_error(error, str(record.path)) from error
            version, uuid = record.version, record.bundle_uuid
        run = Bringing(api, s3, staging_bucket, replica, version, found, record, options, control, clock)
        run.all()
        made = {
            "bundle_uuid": uuid,
            "creator_uid": options.creator_uid,
            "replica": replica,
            "version": _put_bundle(api, uuid, version, replica, options.creator_uid, run.files),
            "files": [
                {"name": file.name, "version": version, "uuid": file.uuid, "creator_uid": options.creator_uid}
                for file in run.files
            ],
        }
        if record is not None:
            record.remove()
    return made


def _opened(path: Path, doing: str, options: UploadOptions, control: Control, clock: Clock) -> Unfinished | None:
    """The record of an unfinished upload, or a new one; None where there can't be any."""

    def opening(wait: Callable[[], bool]) -> Unfinished:
        record = Unfinished(path, wait)
        if record.version and not options.resume:
            record.remove()  # while it is locked: nobody goes on with it meanwhile
            record.close()
            record = Unfinished(path, wait)
        return record

    try:
        record = opened(opening, doing, options.stop, control, clock, patient=True)
    except OSError as error:
        logger.warning("%s: %s; if this upload is interrupted, it can't be gone on with", path, error.strerror)
        return None
    if record.version:
        logger.info("going on with an unfinished upload: the service has %d files of it", len(record.registered))
    return record


def _put_bundle(
    api: "DssApi", uuid: str, version: str, replica: "Replica", creator_uid: int, files: Sequence[LocalFile]
) -> str:
    listed = [{"indexed": file.indexed, "name": file.name, "version": version, "uuid": file.uuid} for file in files]
    answer = api.put_bundle.raw(
        uuid=uuid, version=version, replica=replica, creator_uid=creator_uid, files=cast("Any", listed)
    )
    return answer.json()["version"]


def _foreseen(files: Sequence[LocalFile], options: UploadOptions) -> dict[str, Any]:
    if options.on_report is not None:
        options.on_report(TransferReport(_planned(file) for file in files))
    return {
        "counts": {"planned": len(files)},
        "bytes_to_send": sum(file.size for file in files),
        "files": [{"name": file.name, "size": file.size, "state": "planned", "plan": PLAN} for file in files],
    }


def _planned(file: LocalFile) -> Outcome:
    return Outcome(file.name, "planned", file.size, plan=PLAN)
