"""Bringing files to the service: each is staged in a bucket and registered from there, many at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from logging import getLogger
from typing import TYPE_CHECKING, Any, cast, overload
from uuid import uuid4

from omicsdk.core.clock import Clock
from omicsdk.core.errors import (
    AuthError,
    Forbidden,
    Interrupted,
    OmicsError,
    SomeFailed,
    TransportError,
    first_of,
)
from omicsdk.hca.dss.uploads.local_files import LocalFile
from omicsdk.hca.dss.uploads.options import UploadOptions
from omicsdk.hca.dss.uploads.registration import Awaited, Registrar, RegistrationRefused
from omicsdk.hca.dss.uploads.staging import StagingRefused, staged, staging_error
from omicsdk.hca.dss.uploads.unfinished import Unfinished
from omicsdk.hca.dss.waiting import EndingClock
from omicsdk.transfer import Control, Outcome, Progress, TransferReport, Upload, upload
from omicsdk.transfer.interrupts import report_of
from omicsdk.transfer.reports.outcome import Verification
from omicsdk.transfer.uploads.following import FollowUp
from omicsdk.transfer.workers import Workers

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.replica import Replica

FILES_AT_ONCE = 8
"""Files that go to the staging bucket at once."""

CALLERS = 4
"""Threads that open files and sign: quick work, of which more threads only get into each other's way."""

REGISTRATIONS_AT_ONCE = 16
"""Files that the service is asked to take over at once."""

ENDING = 1.0
"""Seconds after which a call that is under way at an upload's end is left alone."""

logger = getLogger("omicsdk.hca.dss")


class UploadFailed(SomeFailed, RuntimeError):
    """Some files could not be uploaded or registered; no bundle was made."""

    default_remedy = "No bundle was registered. Run the same again when the cause is mended: it goes on from here."


def _ends_all(error: OmicsError) -> bool:
    """Whether every other file would meet this error too."""
    return isinstance(error, StagingRefused | AuthError | Forbidden | TransportError)


class _ToStage(Sequence[Upload]):
    """The uploads of files, each made when it is asked for: there may be many, and each holds a signer."""

    def __init__(self, s3: Any, bucket: str, files: Sequence[LocalFile]) -> None:
        self._s3, self._bucket, self._files = s3, bucket, files

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> Upload: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Upload]: ...
    def __getitem__(self, index: int | slice) -> Upload | Sequence[Upload]:
        if isinstance(index, slice):
            return _ToStage(self._s3, self._bucket, self._files[index])
        return staged(self._s3, self._bucket, self._files[index])

    def __iter__(self) -> Iterator[Upload]:
        return (staged(self._s3, self._bucket, file) for file in self._files)


class Bringing:
    """Brings files to the staging bucket and has them registered, both in parallel.

    Attributes:
        files: All of them; those that were staged anew have new UUIDs.
    """

    def __init__(
        self,
        api: "DssApi",
        s3: Any,
        bucket: str,
        replica: "Replica",
        version: str,
        files: list[LocalFile],
        record: Unfinished | None,
        options: UploadOptions,
        control: Control,
        clock: Clock | None,
    ) -> None:
        self.files = files
        self._s3, self._bucket, self._record = s3, bucket, record
        self._options, self._control = options, control
        self._ended = options.stop or threading.Event()
        self._clock = clock or EndingClock(self._ended, control, stopped)
        self._registrar = Registrar(
            api,
            version=version,
            creator_uid=options.creator_uid,
            replica=replica,
            timeout_seconds=options.timeout_seconds,
            clock=self._clock,
        )
        self._outcomes = dict[int, Outcome]()
        self._failures = dict[int, OmicsError]()
        self._report: TransferReport | None = None
        self._last: Progress | None = None
        self._quick: bool | None = None  # None until the service has answered the client well
        self._patience = ENDING

    def all(self) -> None:
        """Brings and registers every file.

        Raises: as upload_bundle says.
        """
        registered = self._record.registered if self._record is not None else dict[str, Verification]()
        todo = list[int]()
        for number, file in enumerate(self.files):
            if file.name in registered:
                self._outcomes[number] = Outcome(
                    file.name,
                    "skipped",
                    file.size,
                    verified="registered before",
                    verification=registered[file.name],
                )
            else:
                todo.append(number)
        try:
            lost = self._bring(todo)
            if lost:
                logger.warning("%d files aren't in the staging bucket any longer; sending them again", len(lost))
                self._anew(lost)
                self._bring(lost)
            if self._last is not None and self._options.progress is not None:
                self._options.progress(replace(self._last, final=True, phase="over"))
        finally:
            if self._options.on_report is not None and self._report is not None:
                self._options.on_report(self._told(self._report))
        self._raise()

    def _anew(self, numbers: list[int]) -> None:
        """Gives files new UUIDs, so that they get new keys in the bucket."""
        for number in numbers:
            file = self.files[number] = replace(self.files[number], uuid=str(uuid4()))
            del self._failures[number]
            if self._record is not None:
                self._record.anew(file)

    def _bring(self, numbers: list[int]) -> list[int]:
        """Stages and registers files.

        Returns:
            Those that an earlier run had staged, but aren't there any longer.
        """
        asked = dict[int, Future[Awaited | OmicsError | None]]()
        kept = set[int]()
        with Workers(REGISTRATIONS_AT_ONCE, "dss-register") as pool:

            def over(at: int, outcome: Outcome) -> None:
                number = numbers[at]
                self._outcomes[number] = outcome
                if outcome.state in ("done", "skipped"):
                    if outcome.state == "skipped":
                        kept.add(number)
                elif outcome.error is not None:
                    self._fail(number, staging_error(self.files[number].name, self._bucket, outcome.error))

            def follow(at: int, _: Outcome) -> FollowUp | None:
                number = numbers[at]
                asked[number], follow_up = self._ask(number, pool)
                return follow_up

            try:
                self._stage(numbers, over, follow)
                awaited = list[Awaited]()
                for number, future in asked.items():
                    answer = self._settled(future)
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
        refused = [number for number in kept if isinstance(self._failures.get(number), RegistrationRefused)]
        return sorted(n for n in refused if cast("RegistrationRefused", self._failures[n]).lost)

    def _stage(
        self,
        numbers: list[int],
        over: Callable[[int, Outcome], None],
        follow: Callable[[int, Outcome], FollowUp | None],
    ) -> None:
        progress = self._options.progress

        def told(state: Progress) -> None:
            if progress is not None:
                # What follows the sending is the service's part.
                self._last = replace(state, final=False, phase="finishing") if state.final else state
                progress(self._last)

        self._report = upload(
            _ToStage(self._s3, self._bucket, [self.files[number] for number in numbers]),
            connections=FILES_AT_ONCE,
            callers=CALLERS,
            journal=self._record.journal if self._record is not None else None,
            abort=self._record is None,  # no later run would find the parts
            progress=None if progress is None else told,
            finished=over,
            follow=follow,
            stop=self._ended,
            control=self._control,
        )

    def _ask(self, number: int, pool: Workers) -> tuple[Future[Awaited | OmicsError | None], FollowUp | None]:
        """Has a staged file registered.

        A call of the client's costs as much as all else together. So once one was answered well, the engine asks for the
        others, until one isn't: then the service has something to say that only the client understands.

        Returns:
            What becomes of it, and what the engine has to send.
        """
        if not self._quick:
            return pool.submit(self._register, number), None
        future = Future[Awaited | OmicsError | None]()

        def then(awaited: Awaited | None) -> None:
            if awaited is None:
                self._registered(number)
            future.set_result(awaited)

        def otherwise() -> None:
            self._quick = False
            pool.submit(self._register, number).add_done_callback(ended)

        def ended(careful: Future[Awaited | OmicsError | None]) -> None:
            if careful.cancelled():
                future.cancel()
            else:
                future.set_result(careful.result())

        file = self.files[number]
        follow_up = self._registrar.quick(number, file, f"s3://{self._bucket}/{file.key}", then, otherwise)
        return (future, follow_up) if follow_up is not None else (pool.submit(self._register, number), None)

    def _settled(self, future: Future[Awaited | OmicsError | None]) -> Awaited | OmicsError | None:
        """What a call gave; one that is under way when the upload ends isn't waited for much longer."""
        while True:
            try:
                return future.result(timeout=self._patience)
            except TimeoutError:
                if self._control.over(self._clock.monotonic(), self._ended):
                    self._patience = 0.0  # the others had as much time
                    return stopped(self._control)

    def _register(self, number: int) -> Awaited | OmicsError | None:
        """Has a staged file taken over, in a thread of the pool; errors are the result."""
        file = self.files[number]
        try:
            self._go_on()
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
        if self._record is not None:
            self._record.took_over(self.files[number].name, self._outcomes[number].verification)

    def _fail(self, number: int, error: OmicsError) -> None:
        self._failures[number] = error
        if _ends_all(error):
            self._ended.set()

    def _go_on(self) -> None:
        if self._ended.is_set() or self._control.stopped:
            raise stopped(self._control)

    def _told(self, report: TransferReport) -> TransferReport:
        """What became of each file of the bundle."""

        def outcomes() -> Iterator[Outcome]:
            for number, file in enumerate(self.files):
                outcome = self._outcomes.get(number) or Outcome(file.name, "stopped", file.size)
                error = self._failures.get(number)
                if isinstance(error, Interrupted):
                    outcome = outcome._replace(state="stopped")
                elif error is not None:
                    outcome = outcome._replace(state="failed", error=error)
                yield outcome

        why = report.why_stopped or self._control.why
        return TransferReport(
            outcomes(),
            report.seconds,
            throughput=report.throughput,
            began=report.began,
            title="Upload",
            why_stopped=why,
        )

    def _raise(self) -> None:
        errors = [self._failures[number] for number in sorted(self._failures)]
        for error in errors:
            if _ends_all(error):
                raise error
        self._go_on()
        errors = [error for error in errors if not isinstance(error, Interrupted)]
        if errors:
            raise UploadFailed(f"{len(errors)} of {len(self.files)} files failed: {first_of(errors)}", errors)


def stopped(control: Control) -> Interrupted:
    """The error of an upload that was stopped."""
    why = control.why or "it was stopped"
    return Interrupted(
        f"The upload ended before its end: {why}", remedy="No bundle was made; the same upload goes on from here."
    )
