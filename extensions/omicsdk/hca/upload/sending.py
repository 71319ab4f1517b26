"""Files on their way into an upload area: sent by the engine or copied by S3, then the service is told of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from omicsdk.core.checksums import MIB, Digests
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, ChecksumMissing, Interrupted, OmicsError, TransferError
from omicsdk.hca.upload.copying import copy, known_checksum
from omicsdk.hca.upload.exceptions import UploadApiException
from omicsdk.hca.upload.journals import journal_of
from omicsdk.hca.upload.media_type import UNKNOWN_COPY, content_type, type_by_name, type_of_file
from omicsdk.hca.upload.results import UploadedFile, UploadResult
from omicsdk.hca.upload.sources import LocalFile, S3File, SourceFile
from omicsdk.hca.upload.storage import AreaStorage
from omicsdk.transfer import Control, Outcome, Progress, TransferReport, Upload, upload
from omicsdk.transfer.reports.throughput import Throughput
from omicsdk.transfer.workers import Workers

T = TypeVar("T")

#: Requests to the store, and calls that sign and begin them, at once.
CONNECTIONS, CALLERS = 8, 16
#: Files that the service is told of at once, objects that are copied at once.
NOTIFIERS, COPIERS = 8, 4
#: From so many files on, the area is listed once before single files are looked at.
WORTH_LISTING = 10
#: Seconds between two looks at whether the upload was stopped, while a call's end is waited for.
STEP = 0.1

#: Codes of S3 that every other file would be answered with as well.
_FOR_ALL = frozenset(
    {
        "AccessDenied",
        "AllAccessDisabled",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "NoSuchBucket",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)
_REMEDIES = {
    "RequestTimeTooSkewed": "Set this machine's clock: S3 refuses what is signed more than 15 minutes off.",
    "AccessDenied": "The area's keys don't open its bucket: check the area's URI, or ask whoever made the area.",
}


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How to send.

    Attributes:
        dcp_type: The parameter of the media type that says what kind of file it is.
        sync: Leave out what the area has already, by checksum; the service is told of it all the same.
        resume: Remember what was sent, so that the same upload goes on after a stop or failure.
        progress: Is called some times a second.
        control: Stops, pauses and bounds it.
        clock: Tells the time.
    """

    dcp_type: str = "data"
    sync: bool = False
    resume: bool = True
    progress: Callable[[Progress], None] | None = None
    control: Control | None = None
    clock: Clock = SYSTEM_CLOCK


@dataclass(frozen=True, slots=True)
class Told:
    """How it ended that the service was told of a file.

    Attributes:
        error: What went wrong; None when nothing did.
    """

    error: OmicsError | None = None


class Sender:
    """One upload.

    Args:
        storage: Where to.
        area: The area's URI and its UUID.
        notify: Tells the service that a file is there, given its name.
        source: Gives a boto3 client with the user's own credentials, for objects that are copied.
        options: How.
    """

    def __init__(
        self,
        storage: AreaStorage,
        area: tuple[str, str],
        notify: Callable[[str], object],
        source: Callable[[], Any],
        options: SendOptions,
    ) -> None:
        self._storage = storage
        self._uri, self._uuid = area
        self._notify = notify
        self._source = source
        self._options = options
        self._control = options.control or Control()
        self._files: Sequence[SourceFile] = ()
        self._types: dict[int, str] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._told: dict[int, Future[Told]] = {}
        self._bytes = 0  # of all files
        self._beside_bytes = self._beside_done = 0  # what is there without the engine
        self._counting = threading.Lock()
        self._moved: Progress | None = None
        self._throughput = Throughput()

    def send(self, files: Sequence[SourceFile]) -> UploadResult:
        """Sends files; one that fails ends no other, but for what they would all fail with.

        Args:
            files: What to send.

        Returns:
            What became of each.

        Raises:
            OmicsError: Nothing can be sent at all.
            KeyboardInterrupt: It was interrupted, and is in order for going on.
        """
        self._files = files
        self._bytes = sum(file.size for file in files)
        began = self._options.clock.monotonic()
        local = {number: file for number, file in enumerate(files) if isinstance(file, LocalFile)}
        objects = {number: file for number, file in enumerate(files) if isinstance(file, S3File)}
        journal = journal_of(self._uri, local.values()) if self._options.resume and local else None
        with Workers(NOTIFIERS, "omicsdk-notify") as notifiers, Workers(COPIERS, "omicsdk-copy") as copiers:
            try:
                copies = {n: copiers.submit(self._copy, n, file, notifiers) for n, file in objects.items()}
                self._send_local(local, journal, notifiers)
                for number, copied in copies.items():
                    if (outcome := self._end_of(copied)) is not None:
                        self._outcomes[number] = outcome
                results = [self._result(number) for number in range(len(files))]
            except BaseException:
                self._control.stop()
                raise
        if journal is not None and all(result.state in ("done", "skipped") for result in results):
            journal.unlink(missing_ok=True)
        report = TransferReport(
            [self._reported(number, result) for number, result in enumerate(results)],
            self._options.clock.monotonic() - began,
            throughput=self._throughput,
            began=self._options.clock.now() - (self._options.clock.monotonic() - began),
            title=f"Upload to area {self._uuid}",
            why_stopped=self._control.why if any(result.state == "stopped" for result in results) else "",
        )
        return UploadResult(self._uuid, results, report)

    # -- files of this machine

    def _send_local(self, files: Mapping[int, LocalFile], journal: Path | None, notifiers: Workers) -> None:
        there = self._present(files) if self._options.sync else {}
        for number, crc32c in there.items():
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
            self._told[number] = notifiers.submit(self._tell, file.name)
        again = self._run_engine({n: file for n, file in files.items() if n not in there}, journal, notifiers)
        if again and not self._control.stopped:
            self._run_engine({number: files[number] for number in again}, None, notifiers)

    def _run_engine(self, files: Mapping[int, LocalFile], journal: Path | None, notifiers: Workers) -> list[int]:
        """Sends files; gives those that an earlier run sent and that are gone from the area since."""
        if not files:
            return []
        numbers = list(files)
        looked_for: dict[int, Future[bool]] = {}

        def over(place: int, outcome: Outcome) -> None:
            number = numbers[place]
            self._outcomes[number] = outcome
            if outcome.state == "skipped":
                looked_for[number] = notifiers.submit(self._is_there, files[number], outcome)
            elif outcome.state == "done":
                self._told[number] = notifiers.submit(self._tell, outcome.name)
            elif isinstance(outcome.error, UploadApiException):
                self._control.stop()  # no more keys for anybody
            elif isinstance(outcome.error, APIError) and outcome.error.code in _FOR_ALL:
                outcome.error.remedy = _REMEDIES.get(outcome.error.code, outcome.error.remedy)
                self._control.stop()

        report = upload(
            self._uploads(files),
            connections=CONNECTIONS,
            callers=CALLERS,
            journal=journal,
            progress=self._engine_moved if self._options.progress is not None else None,
            finished=over,
            control=self._control,
            clock=self._options.clock,
        )
        self._throughput = report.throughput
        gone: list[int] = []
        for number, looked in looked_for.items():
            there = self._end_of(looked)
            if there:
                self._told[number] = notifiers.submit(self._tell, files[number].name)
                continue
            del self._outcomes[number]  # nobody knows, or it isn't there
            if there is False:
                gone.append(number)
        return gone

    def _end_of(self, call: Future[T]) -> T | None:
        """What a call gave; None when the upload was stopped before it did: a silent service isn't waited for."""
        while not call.done() and not self._control.stopped:
            with suppress(TimeoutError):
                return call.result(STEP)
        return call.result() if call.done() else None

    def _uploads(self, files: Mapping[int, LocalFile]) -> Iterator[Upload]:
        """Given one by one: looking into a file for its type takes longer than sending a small one."""
        for number, file in files.items():
            self._types[number] = content_type(type_of_file(file.path), self._options.dcp_type)
            yield Upload(file.path, self._storage.target(file.name, file.size, self._types[number]), file.name)

    def _is_there(self, file: LocalFile, outcome: Outcome) -> bool:
        """Whether what an earlier run sent is in the area still."""
        there = self._storage.find(file.name)
        return there is not None and there.size == file.size and there.crc32c == outcome.checksums.get("crc32c")

    def _present(self, files: Mapping[int, LocalFile]) -> dict[int, str]:
        """Finds files that the area has already, with their checksum: by size first, then by what their senders said."""
        candidates = dict(files)
        if len(files) > WORTH_LISTING:
            wanted = {file.name for file in files.values()}
            sizes = {name: size for name, size in self._storage.sizes() if name in wanted}
            candidates = {number: file for number, file in files.items() if sizes.get(file.name) == file.size}

        def checked(file: LocalFile) -> str:
            there = None if self._control.stopped else self._storage.find(file.name)
            if there is None or there.size != file.size or not there.crc32c:
                return ""
            return there.crc32c if self._crc32c(file.path) == there.crc32c else ""

        with Workers(CALLERS, "omicsdk-compare") as pool:
            compared = {number: pool.submit(checked, file) for number, file in candidates.items()}
            found = {number: self._end_of(call) for number, call in compared.items()}
        return {number: crc32c for number, crc32c in found.items() if crc32c}

    def _crc32c(self, path: str) -> str:
        """A file's checksum; "" when it can't be read, which its upload will tell, or when all is stopped."""
        digests = Digests(["crc32c"])
        block = bytearray(MIB)
        view = memoryview(block)
        try:
            with Path(path).open("rb", buffering=0) as file:
                while count := file.readinto(block):
                    if self._control.stopped:
                        return ""
                    digests.update(view[:count])
        except OSError:
            return ""
        return digests.values()["crc32c"]

    # -- objects of other buckets

    def _copy(self, number: int, file: S3File, notifiers: Workers) -> Outcome:
        kind = content_type(type_by_name(file.name) or UNKNOWN_COPY, self._options.dcp_type)
        self._types[number] = kind
        outcome = Outcome(file.name, "done", size=file.size)
        try:
            crc32c = known_checksum(file, self._source())
            outcome = outcome._replace(checksums={"crc32c": crc32c} if crc32c else {})
            if self._options.sync and self._is_same(file, crc32c):
                outcome = outcome._replace(state="skipped", bytes_kept=file.size, verification="verified")
                self._count(file.size)
            else:
                verification = copy(
                    self._storage,
                    file,
                    kind,
                    crc32c=crc32c,
                    stopped=lambda: self._control.stopped,
                    copied=self._count,
                )
                if verification != "verified" and self._control.require_checksum:
                    raise ChecksumMissing(file.path, "it was copied, but S3 states no checksum that both have")
                outcome = outcome._replace(verification=verification)
        except Interrupted:
            return outcome._replace(state="stopped", checksums={})
        except OmicsError as error:
            return outcome._replace(state="failed", checksums={}, error=error)
        self._count(0, done=True)
        self._told[number] = notifiers.submit(self._tell, file.name)
        return outcome

    def _is_same(self, file: S3File, crc32c: str) -> bool:
        there = self._storage.find(file.name)
        if there is None or there.size != file.size:
            return False
        return there.etag == file.etag or (bool(crc32c) and there.crc32c == crc32c)

    # -- what is told

    def _tell(self, name: str) -> Told:
        """Tells the service of a file."""
        try:
            self._notify(name)
        except OmicsError as error:
            return Told(
                TransferError(
                    f"{name}: it is in the area, but the service couldn't be told of it: {error}",
                    name=name,
                    remedy="Run the same command again: it is not sent twice.",
                )
            )
        return Told()

    def _result(self, number: int) -> UploadedFile:
        file = self._files[number]
        outcome = self._outcomes.get(number) or Outcome(file.name, "stopped", size=file.size)
        told = self._told.get(number)
        answer = None if told is None else self._end_of(told)
        error = outcome.error if answer is None else answer.error
        is_notified = answer is not None and error is None
        state = "failed" if error is not None else outcome.state
        if told is not None and answer is None:
            state = "stopped"  # it is there, but the service doesn't know
        assert state != "planned"
        return UploadedFile(
            file.path,
            file.name,
            state,
            size=outcome.size,
            content_type=self._types.get(number, "") if state == "done" else "",
            checksums=outcome.checksums,
            notified=is_notified,
            error=error,
            verification=outcome.verification,
        )

    def _reported(self, number: int, result: UploadedFile) -> Outcome:
        outcome = self._outcomes.get(number) or Outcome(result.name, "stopped", size=result.size)
        return outcome._replace(state=result.state, error=result.error)

    # -- progress

    def _engine_moved(self, progress: Progress) -> None:
        self._moved = progress
        self._show(progress)

    def _count(self, size: int, *, done: bool = False) -> None:
        """Counts bytes that are there without the engine; from any thread."""
        with self._counting:
            self._beside_bytes += size
            self._beside_done += done
        self._show(self._moved or Progress(0, 0, 0, 0, 0, 0, 0.0, 0.0))

    def _show(self, moved: Progress) -> None:
        if self._options.progress is not None:
            self._options.progress(
                replace(
                    moved,
                    files=len(self._files),
                    files_done=moved.files_done + self._beside_done,
                    bytes=self._bytes,
                    bytes_done=moved.bytes_done + self._beside_bytes,
                    unsized=0,
                )
            )
