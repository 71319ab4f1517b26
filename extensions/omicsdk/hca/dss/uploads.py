"""Uploads: a folder goes to a staging bucket, and the service makes a bundle of it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Unpack
from uuid import uuid4

from omicsdk_api.dss import DssApi

from omicsdk.core.clock import SYSTEM_CLOCK, StoppableClock, never
from omicsdk.core.consistency import Identifier
from omicsdk.core.errors import AuthError, Forbidden, Interrupted, OmicsError, TransportError, UsageError, first_of
from omicsdk.core.logs import logger
from omicsdk.core.response import json_of
from omicsdk.core.s3_clients import s3_client
from omicsdk.core.threads import Workers, ended
from omicsdk.core.type_guards import is_object
from omicsdk.hca.config import HCAConfig
from omicsdk.hca.dss.bundles import create_version
from omicsdk.hca.dss.client import Dss
from omicsdk.hca.dss.files import Replica
from omicsdk.hca.dss.jobs import Awaited, Registrar, RegistrationRefused
from omicsdk.hca.dss.staging import LocalFile, StagingRefused, Unfinished, files_named, files_of, staged, staging_error
from omicsdk.transfer import (
    Control,
    Outcome,
    Progress,
    TransferFailed,
    TransferOptions,
    TransferOptionsDict,
    TransferReport,
)
from omicsdk.transfer import upload as send
from omicsdk.transfer.disk import write_errors
from omicsdk.transfer.engine.control import keep_report, opened, report_of
from omicsdk.transfer.journal import journal_for
from omicsdk.transfer.uploads.sending import FollowUp

# Files that go to the staging bucket at once.
FILES_AT_ONCE = 8

# Threads that open files and sign: quick work, which more threads only slow down.
CALLERS = 4

# Registrations that are requested from the service at once.
REGISTRATIONS_AT_ONCE = 16

# Seconds after which a call that is under way at an upload's end is left alone.
ENDING = 1.0

# A request to register a file, or what it came to: what to wait for, why it failed, or None when the service has the file.
Registering = Future[Awaited | OmicsError | None] | Awaited | OmicsError | None

# What a dry run states of each file.
PLAN = "stage and register"

_UUID = re.compile(r"[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}")

_log = logger("omicsdk.hca.dss")


class UploadedFile(NamedTuple):
    """A file that an upload registered.

    Attributes:
        name: Its name in the bundle.
        uuid: Its UUID.
        version: Its version.
    """

    name: str
    uuid: str
    version: str


class UploadedBundle(TransferReport):
    """The result of an upload; the names of the files are those in the bundle.

    Attributes:
        bundle_uuid: The bundle's UUID; empty if none was made.
        version: Its version; empty if none was made.
        replica: The replica in which it is registered.
        creator_uid: The number of its creator.
        registered: Its files, in the order of the outcomes; empty if no bundle was made.
        ended_by: The error that ended the upload: every other file would meet it, too, or the bundle could not be
            registered.
    """

    bundle_uuid: str = ""
    version: str = ""
    replica: Replica = "aws"
    creator_uid: int = 0
    registered: Sequence[UploadedFile] = ()
    ended_by: OmicsError | None = None

    def details(self, number: int) -> Mapping[str, object]:
        """The UUID and version of a registered file."""
        return {"uuid": self.registered[number].uuid, "version": self.version} if self.registered else {}

    def response(self) -> dict[str, Any]:
        """The bundle and its files as plain JSON data, as the published client returns them."""
        creator = {"creator_uid": self.creator_uid}
        return {
            "bundle_uuid": self.bundle_uuid,
            **creator,
            "replica": self.replica,
            "version": self.version,
            "files": [
                {"name": file.name, "version": file.version, "uuid": file.uuid, **creator} for file in self.registered
            ],
        }

    def _failure(self, errors: Sequence[OmicsError], count: int) -> TransferFailed:
        if self.ended_by is not None:
            failure = UploadFailed(self, [self.ended_by])
            failure.others = 0
            return failure
        failure = UploadFailed(self, errors, count)
        failure.message = f"{count} of {len(self.outcomes)} files failed: {first_of(errors, count)}"
        failure.remedy = failure.default_remedy
        return failure


class UploadFailed(TransferFailed, RuntimeError):
    """Some files could not be uploaded or registered; no bundle was made."""

    default_remedy = "No bundle was registered. Fix the cause, then run the same again to resume."


def _ends_all(error: OmicsError) -> bool:
    """Whether every other file would meet this error too."""
    return isinstance(error, StagingRefused | AuthError | Forbidden | TransportError)


class BundleUpload:
    """Files on their way to the staging bucket and their registrations, both in parallel.

    Attributes:
        files: All of them; those that were staged once more have new UUIDs.
    """

    def __init__(
        self,
        api: DssApi,
        s3: Any,
        bucket: str,
        replica: Replica,
        files: list[LocalFile],
        record: Unfinished,
        options: TransferOptions,
        *,
        creator_uid: int,
        timeout_seconds: float,
    ) -> None:
        self.files = files
        self._s3, self._bucket, self._record = s3, bucket, record
        self._options, self._control = options, options.control
        self._ended = options.stop or threading.Event()
        self._clock = StoppableClock(SYSTEM_CLOCK, self._is_over, lambda: stopped(self._control))
        self._registrar = Registrar(
            api=api,
            version=record.version,
            creator_uid=creator_uid,
            replica=replica,
            timeout_seconds=timeout_seconds,
            clock=self._clock,
        )
        self._outcomes = dict[int, Outcome]()
        self._registrations = dict[int, Registering]()
        self._report: TransferReport | None = None
        self._last: Progress | None = None
        self._quick: bool | None = None  # None until a call of the client has succeeded
        self._patience = ENDING

    def _is_over(self) -> bool:
        return self._control.over(SYSTEM_CLOCK.monotonic(), self._ended)

    def run(self) -> TransferReport:
        """Stage and register every file.

        Returns:
            The outcome of each.
        """
        todo = list[int]()
        for number, file in enumerate(self.files):
            registered = self._record.registered.get(file.name)
            if registered is None:
                todo.append(number)
            else:
                self._outcomes[number] = Outcome(
                    file.name, "skipped", file.size, verified="registered before", verification=registered
                )
        try:
            lost = self._bring(todo)
            if lost:
                _log.warning("%d files are no longer in the staging bucket; sending them again", len(lost))
                for number in lost:  # a new UUID gives a new key in the bucket
                    self.files[number] = replace(self.files[number], uuid=str(uuid4()))
                    del self._outcomes[number]
                    self._record.replace(self.files[number])
                self._bring(lost)
            if self._last is not None and self._options.progress is not None:
                self._options.progress(replace(self._last, final=True, phase="over"))
        except KeyboardInterrupt as error:
            self._report = report_of(error) or self._report
            keep_report(error, self._final_report())
            raise
        return self._final_report()

    def _final_report(self) -> TransferReport:
        """What was done until now."""
        report = self._report or TransferReport()
        why = report.why_stopped or (self._control.why if self._is_over() else "")
        return report.with_outcomes(self._file_outcomes(), title="Upload", why_stopped=why)

    def _bring(self, numbers: list[int]) -> list[int]:
        """Stage and register files.

        Returns:
            Those that an earlier run had staged, but that are gone from the bucket.
        """
        self._registrations.clear()
        staged_before = set[int]()
        with Workers(REGISTRATIONS_AT_ONCE, "dss-register") as pool:

            def over(at: int, outcome: Outcome) -> None:
                number = numbers[at]
                self._outcomes[number] = outcome
                if outcome.state == "skipped":
                    staged_before.add(number)
                elif outcome.error is not None:
                    refused = staging_error(self.files[number].name, self._bucket, outcome.error)
                    if refused is not outcome.error:
                        refused.__cause__ = outcome.error
                    self._fail(number, refused)

            def follow(at: int, _: Outcome) -> FollowUp | None:
                return self._ask(numbers[at], pool)

            try:
                self._stage(numbers, over, follow)
                awaited = list[Awaited]()
                for number, call in self._registrations.items():
                    response = self._settled(call)
                    if isinstance(response, OmicsError):
                        self._fail(number, response)
                    elif response is not None:
                        awaited.append(response)
                if not self._ended.is_set():
                    for pending, error in self._registrar.wait_for(awaited, pool.map):
                        self._registered(pending.number) if error is None else self._fail(pending.number, error)
            except BaseException:
                # The end of the block does not wait for calls that run: they end when they see this.
                self._ended.set()
                raise
        failures = {number: self._outcomes[number].error for number in sorted(staged_before)}
        return [n for n, error in failures.items() if isinstance(error, RegistrationRefused) and error.lost]

    def _stage(
        self,
        numbers: list[int],
        over: Callable[[int, Outcome], None],
        follow: Callable[[int, Outcome], FollowUp | None],
    ) -> None:
        progress = self._options.progress

        def show(state: Progress) -> None:
            if progress is not None:
                # What follows the sending is the service's part.
                self._last = replace(state, final=False, phase="finishing") if state.final else state
                progress(self._last)

        self._report = send(
            [staged(self._s3, self._bucket, self.files[number]) for number in numbers],
            options=self._options,
            callers=CALLERS,
            journal=self._record.journal,
            abort=self._record.journal is None,  # no later run would find the parts
            progress=None if progress is None else show,
            finished=over,
            follow=follow,
            stop=self._ended,
        )

    def _ask(self, number: int, pool: Workers) -> FollowUp | None:
        """Request the registration of a staged file.

        A call of the client takes as long as everything else together. So after one successful call, the engine sends
        the others, until one fails: then the response needs the client's handling.

        Returns:
            What the engine has to send; None if a thread of the pool calls the client.
        """

        def answered(status: int | None, headers: Mapping[str, str]) -> None:
            if status in (200, 201, 202):
                self._registrations[number] = awaited = self._registrar.awaited(number, file, status, headers)
                if awaited is None:
                    self._registered(number)
            else:
                self._quick = False
                self._registrations[number] = pool.submit(self._register, number)

        file = self.files[number]
        request = self._registrar.quick(file, f"s3://{self._bucket}/{file.key}", answered) if self._quick else None
        # Until the engine has a response; it calls nothing when the upload is stopped before.
        self._registrations[number] = pool.submit(self._register, number) if request is None else stopped(self._control)
        return request

    def _settled(self, call: Registering) -> Awaited | OmicsError | None:
        """The result of a call; one that is under way when the upload ends is not waited for much longer."""
        if not isinstance(call, Future):
            return call
        if not ended(call, lambda: self._control.over(self._clock.monotonic(), self._ended)):
            wait([call], self._patience)
            self._patience = 0.0  # the others had as much time
        return call.result() if call.done() else stopped(self._control)

    def _register(self, number: int) -> Awaited | OmicsError | None:
        """Register a staged file, in a thread of the pool; errors are the result."""
        file = self.files[number]
        try:
            self._check_running()
            awaited = self._registrar.ask(number, file, f"s3://{self._bucket}/{file.key}")
        except OmicsError as error:
            if _ends_all(error):
                self._ended.set()
            return error
        if self._quick is None:
            self._quick = True
        if awaited is None:
            self._registered(number)
        return awaited

    def _registered(self, number: int) -> None:
        self._record.add_registered(self.files[number].name, self._outcomes[number].verification)

    def _fail(self, number: int, error: OmicsError) -> None:
        file = self.files[number]
        outcome = self._outcomes.get(number) or Outcome(file.name, "stopped", file.size)
        if isinstance(error, Interrupted):
            self._outcomes[number] = outcome._replace(state="stopped", error=None)
        else:
            self._outcomes[number] = outcome._replace(state="failed", error=error)
        if _ends_all(error):
            self._ended.set()

    def _check_running(self) -> None:
        if self._ended.is_set() or self._control.stopped:
            raise stopped(self._control)

    def _file_outcomes(self) -> Iterator[Outcome]:
        """The outcome of each file of the bundle."""
        for number, file in enumerate(self.files):
            yield self._outcomes.get(number) or Outcome(file.name, "stopped", file.size)


def stopped(control: Control) -> Interrupted:
    """The error of an upload that was stopped."""
    why = control.why or "it was stopped"
    return Interrupted(
        f"The upload ended early: {why}", remedy="No bundle was created. Repeat the upload to resume it."
    )


def upload_bundle(
    api: DssApi,
    folder: Path,
    *,
    replica: Replica,
    staging_bucket: str,
    options: TransferOptions,
    timeout_seconds: float = 1200,
    bundle_uuid: str | None = None,
    creator_uid: int = 0,
    resume: bool = True,
    files: Mapping[str, str | os.PathLike[str]] | None = None,
    s3: Any = None,
) -> UploadedBundle:
    """Upload a folder's files and register them as a bundle.

    Args:
        api: The service.
        folder: Its files, in all sub-folders, become the bundle's; names ending in .json are metadata.
        replica: Where the bundle is registered.
        staging_bucket: A bucket of the user's own.
        options: The options of the transfer.
        timeout_seconds: Seconds that the service may take to copy one file.
        bundle_uuid: UUID of the bundle; by default a new one.
        creator_uid: ID of the creator.
        resume: Whether to resume what an earlier run of the same upload left unfinished.
        files: What becomes the bundle's in place of all files below the folder: where each is, by its name there.
        s3: A boto3 S3 client that may write to the staging bucket; by default one with the user's own credentials.

    Returns:
        The outcome of each file, and the bundle. If a file fails, all others are staged and registered, and the bundle is
        not; an error that every file would meet ends the upload.

    Raises:
        UsageError: The folder has no files, one of them has a name that no bundle takes, or the UUID is invalid.
    """
    if bundle_uuid is not None and not _UUID.fullmatch(bundle_uuid):
        what = f"bundle_uuid is {bundle_uuid!r}, which is not a UUID"
        raise UsageError(what, remedy="Leave it out to get a new one.")
    files_found = files_of(folder) if files is None else files_named(files)
    if options.dry_run:
        planned = (Outcome(file.name, "planned", file.size, plan=PLAN, source=str(file.path)) for file in files_found)
        return UploadedBundle(planned, target=f"dss://{replica}/{bundle_uuid or 'UUID'}")
    s3 = s3_client() if s3 is None else s3
    facts = (folder.resolve(), api.base_url, staging_bucket, replica, bundle_uuid, creator_uid)
    journal, doing = journal_for("dss-uploads", *map(str, facts)), f"uploading {folder}"
    with closing(_opened(journal, doing, options, resume=resume)) as record:
        with write_errors(str(record.path)):
            # Noted before the first request, so that a later run names the same version and files.
            files_found = record.begin(create_version(), bundle_uuid or str(uuid4()), files_found)
        run = BundleUpload(
            *(api, s3, staging_bucket, replica, files_found, record, options),
            creator_uid=creator_uid,
            timeout_seconds=timeout_seconds,
        )
        uploaded = UploadedBundle.of(run.run())
        uploaded.replica, uploaded.creator_uid = replica, creator_uid
        if not uploaded.ok:
            errors = (outcome.error for outcome in uploaded.failed)
            uploaded.ended_by = next((error for error in errors if error is not None and _ends_all(error)), None)
            return uploaded
        version, uuid = record.version, record.bundle_uuid
        entries: Any = [
            {"indexed": file.indexed, "name": file.name, "version": version, "uuid": file.uuid} for file in run.files
        ]
        try:
            response = api.put_bundle.raw(
                uuid=uuid, version=version, replica=replica, creator_uid=creator_uid, files=entries
            )
            payload: object = json_of(response)
            # Before the record goes: otherwise a repeated call would make another bundle.
            stored_version = payload.get("version") if is_object(payload) else None
            Identifier("version").check(version, stored_version, f"put_bundle {uuid}")
        except OmicsError as error:
            uploaded = uploaded.with_outcomes([*uploaded.outcomes, Outcome.of_error(f"dss://{replica}/{uuid}", error)])
            uploaded.ended_by = error
            return uploaded
        record.remove()
    uploaded.bundle_uuid, uploaded.version = uuid, version
    uploaded.registered = [UploadedFile(file.name, file.uuid, version) for file in run.files]
    return uploaded


def _opened(path: Path | None, doing: str, options: TransferOptions, *, resume: bool) -> Unfinished:
    """The record of an unfinished upload, or a new one."""

    def opening(wait: Callable[[], bool]) -> Unfinished:
        record = Unfinished(path, wait)
        if record.version and not resume:
            record.remove()  # while it is locked: no other process resumes it meanwhile
            record.close()
            record = Unfinished(path, wait)
        return record

    try:
        record = opened(opening, doing, options.stop, options.control, SYSTEM_CLOCK, patient=True)
    except OSError as error:
        _log.warning("%s: %s; if this upload is interrupted, it cannot be resumed", path, error.strerror)
        return Unfinished(None, never)
    if record.version:
        _log.info("resuming an unfinished upload: the service has %d files of it", len(record.registered))
    return record


def upload(
    dss: Dss,
    src_dir: str | os.PathLike[str],
    replica: Replica,
    staging_bucket: str,
    *,
    timeout_seconds: float = 1200,
    bundle_uuid: str | None = None,
    creator_uid: int | None = None,
    resume: bool = True,
    **options: Unpack[TransferOptionsDict],
) -> UploadedBundle:
    """Upload a folder's files and create a bundle from them.

    Files are first sent to your own S3 bucket (credentials and endpoint as boto3 finds them), with their checksums as
    tags; the service copies them from there. To resume an upload that was interrupted or failed, repeat the call:
    files that have not changed are neither sent nor registered again. Completed steps are recorded in the user's
    state folder (or OMICS_STATE_DIR) until the bundle is registered.

    Args:
        src_dir: The folder to upload, with all files below it. Files whose names end in .json are metadata.
        replica: Replica in which the bundle is registered, `aws` or `gcp`.
        staging_bucket: Name of your S3 bucket.
        timeout_seconds: Seconds to wait for the service to copy a file.
        bundle_uuid: UUID of the bundle; by default a new one.
        creator_uid: ID of the creator; by default the configuration's `creator_uid`, else 0.
        resume: Resume an unfinished upload of the same folder to the same bucket; False restarts it.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run contacts no server.

    Returns:
        The outcome of each file, and the bundle with its files.

    Raises:
        UsageError: The folder has no files, one has a name that no bundle takes, or the UUID is invalid.
        UploadFailed: A file failed, and no bundle was made; a `TransferFailed`. If the bucket accepts no file, or the service
            does not know the caller, it is raised for the first file.
        Interrupted: It was stopped, or its time is over; the same call resumes it.

    Example:
        made = client.upload("reads", "aws", "omics-staging")
        client.download(made.bundle_uuid, "aws", download_dir="check")
    """
    settings = TransferOptions.of(options, connections=FILES_AT_ONCE)
    if creator_uid is None:
        creator_uid = int(HCAConfig().value_of("creator_uid") or 0)
    uploaded = upload_bundle(
        dss,
        Path(src_dir),
        replica=replica,
        staging_bucket=staging_bucket,
        options=settings,
        timeout_seconds=timeout_seconds,
        bundle_uuid=bundle_uuid,
        creator_uid=creator_uid,
        resume=resume,
    )
    return settings.checked(uploaded)
