"""Uploads: a folder goes to a staging bucket, and the service makes a bundle of it."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from omicsdk.core.answer import json_of
from omicsdk.core.clock import SYSTEM_CLOCK, StoppableClock
from omicsdk.core.consistency import Identifier
from omicsdk.core.display import Displayed
from omicsdk.core.errors import (
    AuthError,
    Forbidden,
    Interrupted,
    OmicsError,
    SomeFailed,
    TransportError,
    UsageError,
    first_of,
)
from omicsdk.core.s3_clients import s3_client
from omicsdk.core.threads import Workers, ended, never
from omicsdk.core.type_guards import is_object
from omicsdk.hca.config import HCAConfig
from omicsdk.hca.dss.bundles import create_version
from omicsdk.hca.dss.files import CHECKSUMS
from omicsdk.hca.dss.jobs import Awaited, Registrar, RegistrationRefused
from omicsdk.hca.dss.staging import LocalFile, StagingRefused, Unfinished, files_named, files_of, staged, staging_error
from omicsdk.transfer import Control, Outcome, Progress, TransferReport
from omicsdk.transfer import upload as send
from omicsdk.transfer.disk import write_errors
from omicsdk.transfer.engine.control import opened, report_of
from omicsdk.transfer.journal import journal_for
from omicsdk.transfer.uploads.sending import FollowUp

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.bundles import Replica
    from omicsdk.hca.dss.client import Dss

FILES_AT_ONCE = 8
"""Files that go to the staging bucket at once."""

CALLERS = 4
"""Threads that open files and sign: quick work, which more threads only slow down."""

REGISTRATIONS_AT_ONCE = 16
"""Registrations that are requested from the service at once."""

ENDING = 1.0
"""Seconds after which a call that is under way at an upload's end is left alone."""

Registering = Future[Awaited | OmicsError | None] | Awaited | OmicsError | None
"""A request to register a file, or what it came to: what to wait for, why it failed, or None when the service has the file."""

PLAN = "stage and register"
"""What a dry run states of each file."""

_UUID = re.compile(r"[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}")

logger = logging.getLogger("omicsdk.hca.dss")


@dataclass(frozen=True, slots=True, repr=False)
class UploadedFile(Displayed):
    """A file of an upload.

    Attributes:
        name: Its name in the bundle.
        size: Bytes.
        uuid: Its UUID; empty after a dry run.
        version: Its version; empty after a dry run.
        path: Its path on this machine, of a dry run.
        target: Its URI, of a dry run; UUID stands for that of a new bundle.
    """

    name: str
    size: int
    uuid: str = ""
    version: str = ""
    path: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class UploadedBundle(Displayed):
    """A bundle that an upload created, or would create.

    Attributes:
        bundle_uuid: Its UUID; empty after a dry run.
        version: Its version; empty after a dry run.
        replica: The replica in which it is registered.
        creator_uid: The number of its creator.
        files: Its files.
    """

    bundle_uuid: str
    version: str
    replica: Replica
    creator_uid: int
    files: list[UploadedFile]

    def to_dict(self) -> dict[str, Any]:
        """The documented result as plain JSON data; after a dry run, counts and what would be done with each file."""
        if not self.bundle_uuid:
            kinds = ", ".join(CHECKSUMS)
            planned = [
                {
                    "name": file.name,
                    "size": file.size,
                    "state": "planned",
                    "plan": PLAN,
                    "target": file.target,
                    "checksum": kinds,
                    "source": file.path,
                }
                for file in self.files
            ]
            size = sum(file.size for file in self.files)
            return {"counts": {"planned": len(planned)}, "bytes_to_send": size, "files": planned}
        return {
            "bundle_uuid": self.bundle_uuid,
            "creator_uid": self.creator_uid,
            "replica": self.replica,
            "version": self.version,
            "files": [
                {"name": file.name, "version": file.version, "uuid": file.uuid, "creator_uid": self.creator_uid}
                for file in self.files
            ],
        }


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """Options of the upload of a folder.

    Attributes:
        timeout_seconds: How long the service may take to copy one file.
        bundle_uuid: UUID of the bundle; by default a new one.
        creator_uid: Who makes it, a number.
        resume: Whether to resume what an earlier run of the same upload left unfinished.
        progress: Called a few times a second.
        on_report: Called with the result for each file when the upload ends, also after a failure.
        stop: Set to stop the upload; no bundle is made.
        control: Stops and pauses it, limits its rate, and limits its time.
        dry_run: Only report what would be sent; nothing is.
    """

    timeout_seconds: float = 1200
    bundle_uuid: str | None = None
    creator_uid: int = 0
    resume: bool = True
    progress: Callable[[Progress], None] | None = None
    on_report: Callable[[TransferReport], None] | None = None
    stop: threading.Event | None = None
    control: Control | None = None
    dry_run: bool = False


class UploadFailed(SomeFailed, RuntimeError):
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
        options: UploadOptions,
    ) -> None:
        self.files = files
        self._s3, self._bucket, self._record = s3, bucket, record
        self._options, self._control = options, options.control or Control()
        self._ended = options.stop or threading.Event()
        self._clock = StoppableClock(SYSTEM_CLOCK, self._is_over, lambda: stopped(self._control))
        self._registrar = Registrar(
            api,
            version=record.version,
            creator_uid=options.creator_uid,
            replica=replica,
            timeout_seconds=options.timeout_seconds,
            clock=self._clock,
        )
        self._outcomes = dict[int, Outcome]()
        self._asked = dict[int, Registering]()
        self._report: TransferReport | None = None
        self._last: Progress | None = None
        self._quick: bool | None = None  # None until the service has answered the client well
        self._patience = ENDING

    def _is_over(self) -> bool:
        return self._control.over(SYSTEM_CLOCK.monotonic(), self._ended)

    def run(self) -> None:
        """Stage and register every file.

        Raises: as upload_bundle states.
        """
        todo = list[int]()
        for number, file in enumerate(self.files):
            known = self._record.registered.get(file.name)
            if known is None:
                todo.append(number)
            else:
                self._outcomes[number] = Outcome(
                    file.name, "skipped", file.size, verified="registered before", verification=known
                )
        try:
            lost = self._bring(todo)
            if lost:
                logger.warning("%d files are no longer in the staging bucket; sending them again", len(lost))
                for number in lost:  # a new UUID gives a new key in the bucket
                    self.files[number] = replace(self.files[number], uuid=str(uuid4()))
                    del self._outcomes[number]
                    self._record.replace(self.files[number])
                self._bring(lost)
            if self._last is not None and self._options.progress is not None:
                self._options.progress(replace(self._last, final=True, phase="over"))
        finally:
            if self._options.on_report is not None and self._report is not None:
                why = self._report.why_stopped or self._control.why
                self._options.on_report(self._report.with_outcomes(self._ends(), title="Upload", why_stopped=why))
        self._raise()

    def _bring(self, numbers: list[int]) -> list[int]:
        """Stage and register files.

        Returns:
            Those that an earlier run had staged, but that are gone from the bucket.
        """
        self._asked.clear()
        kept = set[int]()
        with Workers(REGISTRATIONS_AT_ONCE, "dss-register") as pool:

            def over(at: int, outcome: Outcome) -> None:
                number = numbers[at]
                self._outcomes[number] = outcome
                if outcome.state == "skipped":
                    kept.add(number)
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
                for number, call in self._asked.items():
                    answer = self._settled(call)
                    if isinstance(answer, OmicsError):
                        self._fail(number, answer)
                    elif answer is not None:
                        awaited.append(answer)
                if not self._ended.is_set():
                    for one, error in self._registrar.wait_for(awaited, pool.map):
                        self._registered(one.number) if error is None else self._fail(one.number, error)
            except BaseException as error:
                self._ended.set()
                if isinstance(error, KeyboardInterrupt):
                    self._report = report_of(error) or self._report
                raise
        failures = {number: self._outcomes[number].error for number in sorted(kept)}
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
            connections=FILES_AT_ONCE,
            callers=CALLERS,
            journal=self._record.journal,
            abort=self._record.journal is None,  # no later run would find the parts
            progress=None if progress is None else show,
            finished=over,
            follow=follow,
            stop=self._ended,
            control=self._control,
        )

    def _ask(self, number: int, pool: Workers) -> FollowUp | None:
        """Request the registration of a staged file.

        A call of the client takes as long as everything else together. So after one successful call, the engine sends
        the others, until one fails: then the answer needs the client's handling.

        Returns:
            What the engine has to send; None if a thread of the pool calls the client.
        """

        def answered(status: int | None, headers: Mapping[str, str]) -> None:
            if status in (200, 201, 202):
                self._asked[number] = awaited = self._registrar.awaited(number, file, status, headers)
                if awaited is None:
                    self._registered(number)
            else:
                self._quick = False
                self._asked[number] = pool.submit(self._register, number)

        file = self.files[number]
        request = self._registrar.quick(file, f"s3://{self._bucket}/{file.key}", answered) if self._quick else None
        # Until the engine has an answer; it calls nothing when the upload is stopped before.
        self._asked[number] = pool.submit(self._register, number) if request is None else stopped(self._control)
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

    def _ends(self) -> Iterator[Outcome]:
        """The outcome of each file of the bundle."""
        for number, file in enumerate(self.files):
            yield self._outcomes.get(number) or Outcome(file.name, "stopped", file.size)

    def _raise(self) -> None:
        errors = [outcome.error for outcome in self._ends() if outcome.error is not None]
        for error in errors:
            if _ends_all(error):
                raise error
        self._check_running()
        if errors:
            others = len(self.files) - len(errors)
            told = f"{len(errors)} of {len(self.files)} files failed: {first_of(errors)}"
            raise UploadFailed(told, errors, others=others)


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
    options: UploadOptions,
    files: Mapping[str, str | os.PathLike[str]] | None = None,
    s3: Any = None,
) -> UploadedBundle:
    """Upload a folder's files and register them as a bundle.

    Args:
        api: The service.
        folder: Its files, in all sub-folders, become the bundle's; names ending in .json are metadata.
        replica: Where the bundle is registered.
        staging_bucket: A bucket of the user's own.
        options: How.
        files: What becomes the bundle's in place of all files below the folder: where each is, by its name there.
        s3: A boto3 S3 client that may write to the staging bucket; by default one with the user's own credentials.

    Returns:
        The bundle with its files. After a dry run, what would be sent: without UUIDs and versions.

    Raises:
        UsageError: The folder has no files, one of them has a name that no bundle takes, or the UUID is invalid.
        UploadFailed: Files failed; all others are staged and registered, the bundle is not.
        StagingRefused: The bucket accepts no file; the upload ends with the first.
        AuthError: The service or the bucket refuses the credentials; the upload ends with the first file.
        TransportError: The service cannot be reached; the upload ends with the first file.
        Interrupted: It was stopped, or its time is over.
    """
    if options.bundle_uuid is not None and not _UUID.fullmatch(options.bundle_uuid):
        what = f"bundle_uuid is {options.bundle_uuid!r}, which is not a UUID"
        raise UsageError(what, remedy="Leave it out to get a new one.")
    creator = options.creator_uid
    found = files_of(folder) if files is None else files_named(files)
    if options.dry_run:
        if options.on_report is not None:
            options.on_report(TransferReport(Outcome(file.name, "planned", file.size, plan=PLAN) for file in found))
        bundle = f"dss://{replica}/{options.bundle_uuid or 'UUID'}"
        planned = [
            UploadedFile(file.name, file.size, path=str(file.path), target=f"{bundle}/{file.name}") for file in found
        ]
        return UploadedBundle("", "", replica, creator, planned)
    s3 = s3_client() if s3 is None else s3
    facts = (folder.resolve(), api.base_url, staging_bucket, replica, options.bundle_uuid, creator)
    with closing(_opened(journal_for("dss-uploads", *map(str, facts)), f"uploading {folder}", options)) as record:
        with write_errors(str(record.path)):
            found = record.begin(create_version(), options.bundle_uuid or str(uuid4()), found)
        run = BundleUpload(api, s3, staging_bucket, replica, found, record, options)
        run.run()
        version, uuid = record.version, record.bundle_uuid
        listed: Any = [
            {"indexed": file.indexed, "name": file.name, "version": version, "uuid": file.uuid} for file in run.files
        ]
        answer = api.put_bundle.raw(uuid=uuid, version=version, replica=replica, creator_uid=creator, files=listed)
        told: object = json_of(answer)
        # Before the record goes: otherwise a repeated call would make another bundle.
        stated = told.get("version") if is_object(told) else None
        Identifier("version").check(version, stated, f"put_bundle {uuid}")
        made = [UploadedFile(file.name, file.size, file.uuid, version) for file in run.files]
        record.remove()
    return UploadedBundle(uuid, version, replica, creator, made)


def _opened(path: Path | None, doing: str, options: UploadOptions) -> Unfinished:
    """The record of an unfinished upload, or a new one."""

    def opening(wait: Callable[[], bool]) -> Unfinished:
        record = Unfinished(path, wait)
        if record.version and not options.resume:
            record.remove()  # while it is locked: no other process resumes it meanwhile
            record.close()
            record = Unfinished(path, wait)
        return record

    try:
        record = opened(opening, doing, options.stop, options.control or Control(), SYSTEM_CLOCK, patient=True)
    except OSError as error:
        logger.warning("%s: %s; if this upload is interrupted, it cannot be resumed", path, error.strerror)
        return Unfinished(None, never)
    if record.version:
        logger.info("resuming an unfinished upload: the service has %d files of it", len(record.registered))
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
    progress: Callable[[Progress], None] | None = None,
    on_report: Callable[[TransferReport], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    dry_run: bool = False,
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
        progress: Called a few times a second.
        on_report: Called with the result for each file when the upload ends, also after a failure.
        stop: Set to stop the upload within seconds; no bundle is made.
        control: Stops and pauses it, limits its rate, and limits its time.
        dry_run: Only report what would be sent; no server is contacted.

    Returns:
        The bundle with its files. After a dry run, what would be sent: without UUIDs and versions.

    Raises:
        UsageError: The folder has no files, one has a name that no bundle takes, or the UUID is invalid.
        UploadFailed: Files failed; `errors` has each, and no bundle was made.
        StagingRefused: The bucket accepts no file at all; raised for the first.
        AuthError: The service or the bucket does not know the caller; likewise.
        Interrupted: It was stopped, or its time is over; the same call resumes it.
    """
    if creator_uid is None:
        creator_uid = int(HCAConfig().value_of("creator_uid") or 0)
    options = UploadOptions(
        timeout_seconds, bundle_uuid, creator_uid, resume, progress, on_report, stop, control, dry_run
    )
    return upload_bundle(dss, Path(src_dir), replica=replica, staging_bucket=staging_bucket, options=options)
