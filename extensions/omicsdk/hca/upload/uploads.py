"""Files on their way into an upload area: sent by the engine or copied by S3, then the service is notified of each."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, Unpack

from omicsdk import transfer
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import WRONG_KEYS, APIError, ChecksumMissing, Interrupted, OmicsError, TransferError
from omicsdk.core.media_types import media_type_of
from omicsdk.core.platform import settings_of
from omicsdk.core.retry import Retry
from omicsdk.core.s3_clients import s3_client
from omicsdk.core.sending.time_limits import within_budget
from omicsdk.core.threads import Workers, ended, side_by_side
from omicsdk.hca.upload.areas import UploadAreaURI, UploadException, area_of
from omicsdk.hca.upload.client import HcaUpload
from omicsdk.hca.upload.sources import (
    UNKNOWN_COPY,
    LocalFile,
    S3File,
    SourceFile,
    chosen,
    content_type,
    copy,
    known_checksum,
    type_of_file,
)
from omicsdk.hca.upload.storage import AreaStorage, area_storage
from omicsdk.transfer import (
    Outcome,
    Progress,
    TransferFailed,
    TransferOptions,
    TransferOptionsDict,
    TransferReport,
    Upload,
)
from omicsdk.transfer.checksums import Stopped, checksums_of
from omicsdk.transfer.journal import journal_for, remove_journal
from omicsdk.transfer.reports.progress import Throughput
from omicsdk.transfer.reports.report import PRESENT
from omicsdk.transfer.s3.client import WRONG_BUCKET


class UploadedFile(NamedTuple):
    """What the area has of a file beyond its outcome.

    Attributes:
        path: Where it came from: a local path, or `s3://BUCKET/KEY`.
        content_type: The media type that it was sent with, "" when it was not sent.
        notified: Whether the service was notified of it.
    """

    path: str
    content_type: str = ""
    notified: bool = False


class UploadResult(TransferReport):
    """The result of an upload; the names of the files are those in the area.

    Attributes:
        area_uuid: The upload area.
        uploaded: The files, in the order of the outcomes.
    """

    area_uuid: str = ""
    uploaded: Sequence[UploadedFile] = ()

    def details(self, number: int) -> Mapping[str, object]:
        """A file's path, its media type, and whether the service was notified of it."""
        return self.uploaded[number]._asdict()

    def _failure(self, errors: Sequence[OmicsError], count: int) -> TransferFailed:
        return UploadFailed(self, errors, count)


class UploadFailed(UploadException, TransferFailed):
    """Some files could not be uploaded; the others were uploaded."""

    default_remedy = "Run the same command again: files in the area are skipped."

    def __init__(self, report: TransferReport, errors: Sequence[OmicsError], count: int | None = None) -> None:
        super().__init__(report, errors, count)
        # Files that were not tried, since an error that all would meet ended the upload, are no others.
        self.others = sum(report.counts[state] for state in PRESENT)


T = TypeVar("T")


#: Requests to the store, and calls that sign and begin them, at once.
CONNECTIONS, CALLERS = 8, 16
#: Files that the service is notified of at once, objects that are copied at once.
NOTIFIERS, COPIERS = 8, 4
#: From this number of files on, the area is listed once instead of examining single files.
WORTH_LISTING = 10
# How often the service is notified of a file, and the longest wait between two attempts in seconds.
NOTIFY_ATTEMPTS, NOTIFY_WAIT = 3, 2.0

#: Codes of S3 that every other file would be answered with as well.
_FOR_ALL = WRONG_KEYS | WRONG_BUCKET | {"RequestTimeTooSkewed"}
_REMEDIES = {
    "RequestTimeTooSkewed": "Set this machine's clock: S3 refuses what is signed more than 15 minutes off.",
    "AccessDenied": "The bucket refuses the area's keys: check the area's URI, or ask the area's creator.",
}


def upload(
    client: HcaUpload,
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    area: UploadAreaURI | str | None = None,
    *,
    name: str | None = None,
    file_extension: str | None = None,
    dcp_type: str = "data",
    accelerate: bool = True,
    sync: bool = True,
    resume: bool = True,
    **options: Unpack[TransferOptionsDict],
) -> UploadResult:
    """Upload files to the selected upload area.

    An area has no folders: files are stored without their paths, and duplicate names are refused. Nothing is sent unless all
    files can be. Each file is sent with its checksum and media type, verified, and announced to the service. Run it again to
    resume.

    Args:
        paths: Files, folders with all their contents, and s3:// URIs, which S3 copies directly.
        area: The area's URI, or the UUID of an area that was added, or its beginning; by default the selected area.
        name: Name in the upload area, for a single file; by default the name of the file.
        file_extension: Suffix that files in folders must have to be uploaded, such as .fastq.gz; for folders only.
        dcp_type: The kind of the files: a parameter of their media type.
        accelerate: Send files to the nearest location of Amazon S3 Transfer Acceleration, which may be slower than the
            bucket's region; without effect for other endpoints.
        sync: Skip files that the area already has with the same contents; the service is still notified of them.
        resume: Remember in the user's state folder what was sent, until all of it is: the same call resumes after a
            stop, a failure or a crash.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run only sends requests for listings of s3:// URIs.

    Returns:
        The outcome of each file, and what the area has of it.

    Raises:
        UploadFailed: A file failed; a `TransferFailed`.
        CannotUpload: A path does not exist or has a duplicate name; nothing was sent.
        NoAreaSelected: No area is given or selected.
        NotFound: There is no such area.
        Locked, Conflict: The area takes no more files.
        KeyboardInterrupt: It was interrupted; the same call resumes.

    Example:
        client.upload("reads", "s3://org-humancellatlas-upload-sandbox/b4f1c7e2-9a3d-4e58-8c60-1d2e3f4a5b6c/")
    """
    settings = TransferOptions.of(options, connections=CONNECTIONS)
    uri = area_of(area)
    with ExitStack() as opened:

        @cache
        def user_client() -> Any:
            """Make a client with the user's own credentials when the first s3:// address is looked at."""
            client = s3_client()
            opened.callback(client.close)
            return client

        files = chosen(paths, target_filename=name, file_extension=file_extension, s3=user_client)
        if settings.dry_run:
            planned = UploadResult((Outcome(file.name, "planned", file.size) for file in files), target=uri.uri)
            planned.area_uuid, planned.uploaded = uri.area_uuid, [UploadedFile(file.path) for file in files]
            return planned
        service = client.at(uri.deployment_stage)
        storage = area_storage(service, uri, settings_of(client).clock, accelerate=accelerate, connections=CALLERS)
        opened.callback(storage.client.close)
        notifier = service.with_options(retry=_notifying(service.retry))

        def notify(name: str) -> None:
            notifier.file_upload_notification.raw(upload_area_uuid=uri.area_uuid, filename=name)

        sender = Sender(storage, uri, notify, user_client, dcp_type, sync, resume, settings, settings_of(client).clock)
        return settings.checked(sender.send(files))


def _notifying(retry: Retry) -> Retry:
    """How notifications are retried: three attempts, at the client's own pace if it has one."""
    usual = retry == within_budget()
    return replace(Retry(base=NOTIFY_WAIT, cap=NOTIFY_WAIT) if usual else retry, attempts=NOTIFY_ATTEMPTS)


@dataclass
class Sender:
    """One upload.

    Attributes:
        storage: The target.
        area: The area.
        notify: Notifies the service of a file, given its name.
        source: Returns a boto3 client with the user's own credentials, for objects that are copied.
        dcp_type: The parameter of the media type that states what kind of file it is.
        sync: Leave out what the area has already, by checksum; the service is notified of it all the same.
        resume: Remember what was sent, so that the same upload resumes after a stop or failure.
        options: The options of the transfer.
        clock: Returns the time.
    """

    storage: AreaStorage
    area: UploadAreaURI
    notify: Callable[[str], object]
    source: Callable[[], Any]
    dcp_type: str = "data"
    sync: bool = False
    resume: bool = True
    options: TransferOptions = field(default_factory=TransferOptions)
    clock: Clock = SYSTEM_CLOCK

    def __post_init__(self) -> None:
        self._files: Sequence[SourceFile] = ()
        self._types: dict[int, str] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._is_refused = False  # an error that all files would meet ended the upload
        self._notices: dict[int, Future[OmicsError | Literal[True]]] = {}
        self._bytes = 0  # of all files
        self._beside_bytes = self._beside_done = 0  # what arrives without the engine
        self._counting = threading.Lock()
        self._notifiers = Workers(NOTIFIERS, "omicsdk-notify")
        self._moved = Progress(0, 0, 0, 0, 0, 0, 0.0, 0.0)
        self._throughput = Throughput()

    def send(self, files: Sequence[SourceFile]) -> UploadResult:
        """Send files; one that fails ends no other, except for errors that all would meet.

        Args:
            files: What to send.

        Returns:
            The outcome of each.

        Raises:
            OmicsError: Nothing can be sent at all.
            KeyboardInterrupt: It was interrupted; the same call resumes.
        """
        self._files = files
        self._bytes = sum(file.size for file in files)
        start = self.clock.monotonic()
        self.options.control.begin(start)  # objects are copied without the engine
        local = {number: file for number, file in enumerate(files) if isinstance(file, LocalFile)}
        objects = {number: file for number, file in enumerate(files) if isinstance(file, S3File)}
        journal = journal_of(self.area.uri, local.values()) if self.resume and local else None
        copies = dict[int, Future[Outcome]]()
        with self._notifiers, Workers(COPIERS, "omicsdk-copy") as copiers:
            try:
                copies |= {n: copiers.submit(self._copy, n, file) for n, file in objects.items()}
                self._send_local(local, journal)
                self._outcomes |= {number: copied.result() for number, copied in copies.items()}
                uploaded = [self._result(number) for number in range(len(files))]
            except BaseException:
                self.options.control.stop()
                # Copies end when they see the stop. In parts, they would otherwise leave an upload that costs money.
                wait(copies.values())
                raise
        report = UploadResult(
            [self._outcomes[number] for number in range(len(files))],
            self.clock.monotonic() - start,
            throughput=self._throughput,
            began=self.clock.now() - (self.clock.monotonic() - start),
            title=f"Upload to area {self.area.area_uuid}",
            target=self.area.uri,
        )
        report.area_uuid, report.uploaded = self.area.area_uuid, uploaded
        if report.ok:
            remove_journal(journal)
        if report.stopped and not self._is_refused:
            report.why_stopped = self.options.control.why
        return report

    def _is_stopped(self) -> bool:
        return self.options.control.over(self.clock.monotonic(), self.options.stop)

    # -- files of this machine

    def _send_local(self, files: Mapping[int, LocalFile], journal: Path | None) -> None:
        present = self._present(files) if self.sync else {}
        for number, crc32c in present.items():
            file = files[number]
            self._outcomes[number] = Outcome(
                file.name,
                "skipped",
                size=file.size,
                bytes_kept=file.size,
                checksums={"crc32c": crc32c},
                verified="crc32c",
                verification="verified",
            )
            self._count(file.size, done=True)
            self._notify(number)
        again = self._run_engine({n: file for n, file in files.items() if n not in present}, journal)
        if again and not self._is_stopped():
            # Without the journal, which has them as sent and would skip them again.
            self._run_engine({number: files[number] for number in again}, None)

    def _run_engine(self, files: Mapping[int, LocalFile], journal: Path | None) -> list[int]:
        """Send files; return those that an earlier run sent and that are gone from the area since."""
        if not files:
            return []
        numbers = list(files)
        looked_for: dict[int, Future[bool]] = {}

        def over(number_at_engine: int, outcome: Outcome) -> None:
            number = numbers[number_at_engine]
            self._outcomes[number] = outcome
            if outcome.state == "skipped":
                looked_for[number] = self._notifiers.submit(self._is_there, files[number], outcome)
            elif outcome.state == "done":
                self._notify(number)
            elif outcome.error is not None and outcome.error is self.storage.keys.refusal:
                self._is_refused = True
                self.options.control.stop()  # no more keys for any user
            elif isinstance(outcome.error, APIError) and outcome.error.code in _FOR_ALL:
                outcome.error.remedy = _REMEDIES.get(outcome.error.code, outcome.error.remedy)
                self._is_refused = True
                self.options.control.stop()

        report = transfer.upload(
            self._uploads(files),
            options=self.options,
            callers=CALLERS,
            journal=journal,
            progress=self._show if self.options.progress is not None else None,
            finished=over,
            clock=self.clock,
        )
        self._throughput = report.throughput
        expired: list[int] = []
        for number, lookup in looked_for.items():
            stored = self._end_of(lookup)
            if stored:
                self._notify(number)
                continue
            del self._outcomes[number]  # unknown, or it does not exist
            if stored is False:
                expired.append(number)
        return expired

    def _end_of(self, call: Future[T]) -> T | None:
        """What a call gave; None if the upload was stopped before it did: a silent service is not waited for."""
        return call.result() if ended(call, self._is_stopped) else None

    def _uploads(self, files: Mapping[int, LocalFile]) -> Iterator[Upload]:
        """Given one by one: looking into a file for its type takes longer than sending a small one."""
        for number, file in files.items():
            self._types[number] = content_type(type_of_file(file.path), self.dcp_type)
            yield Upload(file.path, self.storage.target(file.name, self._types[number]), file.name)

    def _is_there(self, file: LocalFile, outcome: Outcome) -> bool:
        """Whether what an earlier run sent is in the area still."""
        stored = self.storage.find(file.name)
        return stored is not None and stored.size == file.size and stored.crc32c == outcome.checksums.get("crc32c")

    def _present(self, files: Mapping[int, LocalFile]) -> dict[int, str]:
        """Find files that the area has already, with their checksum: by size first, then by the checksums that their senders stated."""
        candidates = dict(files)
        if len(files) > WORTH_LISTING:
            names = {file.name for file in files.values()}
            sizes = {name: size for name, size in self.storage.sizes() if name in names}
            candidates = {number: file for number, file in files.items() if sizes.get(file.name) == file.size}

        def checked(file: LocalFile) -> str:
            stored = None if self._is_stopped() else self.storage.find(file.name)
            if stored is None or stored.size != file.size or not stored.crc32c:
                return ""
            try:
                local = checksums_of(file.path, ["crc32c"], file.size, self._is_stopped)
            except (OSError, Stopped):  # its upload reports that
                return ""
            return stored.crc32c if local["crc32c"] == stored.crc32c else ""

        checked_files = zip(candidates, side_by_side(checked, list(candidates.values()), self._is_stopped), strict=True)
        return {number: crc32c for number, crc32c in checked_files if isinstance(crc32c, str) and crc32c}

    # -- objects of other buckets

    def _copy(self, number: int, file: S3File) -> Outcome:
        kind = content_type(media_type_of(file.name) or UNKNOWN_COPY, self.dcp_type)
        self._types[number] = kind
        outcome = Outcome(file.name, "done", size=file.size)
        if self._is_stopped():
            return outcome._replace(state="stopped")
        try:
            crc32c = known_checksum(file, self.source())
            outcome = outcome._replace(checksums={"crc32c": crc32c} if crc32c else {})
            if self.sync and self._is_same(file, crc32c):
                outcome = outcome._replace(state="skipped", bytes_kept=file.size, verification="verified")
                self._count(file.size)
            else:
                verification = copy(
                    self.storage, file, kind, crc32c=crc32c, stopped=self._is_stopped, copied=self._count
                )
                if verification != "verified" and self.options.require_checksum:
                    raise ChecksumMissing(file.path, "it was copied, but S3 states no checksum that both have")
                outcome = outcome._replace(verification=verification)
        except Interrupted:
            return outcome._replace(state="stopped", checksums={})
        except OmicsError as error:
            return outcome._replace(state="failed", checksums={}, error=error)
        self._count(0, done=True)
        self._notify(number)
        return outcome

    def _is_same(self, file: S3File, crc32c: str) -> bool:
        stored = self.storage.find(file.name)
        if stored is None or stored.size != file.size:
            return False
        return stored.etag == file.etag or (bool(crc32c) and stored.crc32c == crc32c)

    # -- notifications

    def _notify(self, number: int) -> None:
        self._notices[number] = self._notifiers.submit(self._notified, self._files[number].name)

    def _notified(self, name: str) -> OmicsError | Literal[True]:
        """Notify the service of a file; the error is the result."""
        try:
            self.notify(name)
        except OmicsError as error:
            return TransferError(
                f"{name}: it is in the area, but the service could not be notified: {error}",
                name=name,
                remedy="Run the same command again: the file is not sent twice.",
            )
        return True

    def _result(self, number: int) -> UploadedFile:
        file = self._files[number]
        outcome = self._outcomes.get(number) or Outcome(file.name, "stopped", size=file.size)
        notice = self._notices.get(number)
        response = None if notice is None else self._end_of(notice)
        error = response if isinstance(response, OmicsError) else outcome.error
        state = "failed" if error is not None else outcome.state
        if notice is not None and response is None:
            state = "stopped"  # it is in the area, but the service has no record of it
        self._outcomes[number] = outcome._replace(state=state, error=error)
        return UploadedFile(file.path, self._types.get(number, "") if state == "done" else "", response is True)

    # -- progress

    def _count(self, size: int, *, done: bool = False) -> None:
        """Count bytes that exist without the engine; from any thread."""
        with self._counting:
            self._beside_bytes += size
            self._beside_done += done
        self._show()

    def _show(self, moved: Progress | None = None) -> None:
        """Report the engine's progress, its latest by default, with what arrives beside it."""
        if moved is not None:
            self._moved = moved
        moved = self._moved
        if self.options.progress is not None:
            files_done, size = moved.files_done + self._beside_done, moved.bytes_done + self._beside_bytes
            self.options.progress(
                replace(
                    moved, files=len(self._files), files_done=files_done, bytes=self._bytes, bytes_done=size, unsized=0
                )
            )


# -- what remembers an unfinished upload


def journal_of(area: str, files: Iterable[LocalFile]) -> Path | None:
    """Return the journal for uploading these files to this area; the same ones have the same journal.

    So nothing is treated as sent that another command sent long ago: only the same command resumes.

    Args:
        area: The area's URI.
        files: The files.

    Returns:
        The journal's path; None, with a warning, as of `journal_for`.
    """
    facts = [fact for file in files for fact in (str(Path(file.path).absolute()), file.name)]
    return journal_for("uploads", area, *facts)
