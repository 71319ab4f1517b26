"""The engine of uploads: executes the commands of the jobs' transition table on network, files, services and threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from omicsdk.core.checksums import ETAG_PART
from omicsdk.core.clock import TICK
from omicsdk.core.errors import ChecksumMismatch, ChecksumMissing, OmicsError, ProxyLoginFailed, TransportError
from omicsdk.core.threads import Pool, here
from omicsdk.transfer.arguments import instances
from omicsdk.transfer.checksums import Stopped
from omicsdk.transfer.disk import write_errors
from omicsdk.transfer.engine.engine import SAMPLE, CommonSettings, Engine
from omicsdk.transfer.engine.machine import FINAL, Broken, State
from omicsdk.transfer.network import wire
from omicsdk.transfer.network.limits import ConcurrencyController
from omicsdk.transfer.network.requests import parse_head
from omicsdk.transfer.network.wire import Receiver
from omicsdk.transfer.reports.progress import Counters
from omicsdk.transfer.reports.report import PRESENT, Outcome, verification_of
from omicsdk.transfer.uploads import messages
from omicsdk.transfer.uploads.job import LINK, Finished, Job, SourceFile, Unfinished, readable
from omicsdk.transfer.uploads.journal import UploadJournal, key_of, place_of
from omicsdk.transfer.uploads.sending import (
    Examining,
    FollowUp,
    Kind,
    Prepared,
    Sending,
    announced,
    difference,
    examined,
    judge,
)
from omicsdk.transfer.uploads.store import QUICK, SentPart, Unconfirmed, Upload
from omicsdk.transfer.uploads.transitions import TRANSITIONS, Rules


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Settings(CommonSettings):
    """How to upload; see `upload`."""

    callers: int = 16
    abort: bool = False
    follow: Callable[[int, Outcome], FollowUp | None] | None = None


#: Maximum number of small requests that follow uploads in flight at once, beside the files.
FOLLOW_UPS = 16
#: Files that are opened ahead of those being sent.
AHEAD = 16
#: A part up to this size is prepared ahead in that number; of larger ones no more than can be sent at once.
SMALL = 1024 * 1024
#: Seconds to wait at the end of a stopped run for the platform to abort its uploads.
GIVING_UP = 7
#: Initial requests to a server that receives parts, and small files: more are tried, and kept if they are faster. Parts
#: in flight when a run is killed are lost, so fewer are better if the link is the limit. More than the initial number
#: of parts are tried after this many seconds.
FIRST_PARTS, FIRST_SMALL, FIRST_REST = 2, 12, 1.0
#: Seconds after which the rate since the start is that of the link, not of the buffers before it.
SETTLED = 1.0
#: In the host of S3 Express One Zone, whose ETags are random:
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html
_OPAQUE = ".s3express-"
#: Seconds of a bandwidth limit that parts in flight use together: they are lost when the run is stopped.
LIMITED = 2.0


class Uploads(Engine[Job]):
    """One run.

    Args:
        uploads: The uploads; requested further as there is capacity.
        journal: The open journal.
        settings: How to upload.
        finished: Called with each upload's number and outcome, as they arrive.

    Attributes:
        sizes: The size of each file, None if it cannot be determined; None if the uploads come one by one.
    """

    table = TRANSITIONS

    def __init__(
        self,
        uploads: Iterable[Upload],
        journal: UploadJournal,
        settings: Settings,
        finished: Callable[[int, Outcome], None],
    ) -> None:
        self.sizes = (
            [size_of(upload) for upload in instances(uploads, Upload)] if isinstance(uploads, Sequence) else None
        )
        count = None if self.sizes is None else len(self.sizes)
        now = settings.clock.monotonic()
        counters = Counters(count, sum(size or 0 for size in self.sizes or ()), now, SAMPLE)
        self._concurrency = ConcurrencyController(settings.connections, now)
        super().__init__(settings, counters, self._concurrency, finished)
        self._rules = Rules(settings.patience, settings.abort)
        self._uploads = enumerate(instances(uploads, Upload))
        self._closing = False
        self._journal = journal
        self._follow = settings.follow
        self._callers = Pool("omicsdk-call", settings.callers, self._inbox)
        self._hashers = Pool("omicsdk-hash", settings.hashers, self._inbox)
        self._long_hashers = Pool("omicsdk-hash-long", settings.hashers, self._inbox)
        self._working = dict[int, Job]()  # jobs with parts to be prepared
        self._preparing = 0  # parts that are hashed and signed
        self._ready = deque[tuple[Job, Prepared]]()
        self._started_at = self._last_sample[0]
        self._follow_ups = deque[FollowUp]()
        self._following = 0  # follow-ups in flight

    # -- the loop's steps

    def _admit(self) -> None:
        while self._more and len(self._open) < self._connections + AHEAD:
            entry = self._control.ask(self._uploads)
            if entry is None:
                self._more = False
                self._counters.all_seen()
                return
            number, upload = entry
            if self.sizes is None:
                self._counters.expect(size := size_of(upload))
            else:
                size = self.sizes[number]
            job = self._open[number] = Job(number, upload, os.path.abspath(upload.path), size, self._options)
            self.apply(job, messages.Admitted())

    def _serve(self) -> None:
        self._prepare_parts()
        self._dispatch()
        self._concurrency.adapt(self._clock.monotonic(), self._in_flight)

    def _widen(self) -> None:
        before = self._last_sample
        super()._widen()
        now, _, moved = self._last_sample
        # Parts of files that begin later are as large as the link moves in a moment, see `plan_parts`.
        if self._last_sample is not before and now - self._started_at >= SETTLED:
            self._rules = self._rules._replace(rate=moved / (now - self._started_at))

    def _settle(self) -> bool:
        while self._follow_ups and self._following < FOLLOW_UPS:
            follow_up = self._follow_ups.popleft()
            try:
                self._wire.start(follow_up.ask, follow_up)
            except TransportError:  # its URL is invalid
                follow_up.ended(whole=False)
            else:
                self._following += 1
        return not (self._open or self._more or self._following)

    @property
    def _hashing(self) -> int:
        return self._hashers.waiting + self._long_hashers.waiting

    # -- parts

    def _prepare_parts(self) -> None:
        """Hash and sign a few parts ahead of sending."""
        now = self._clock.monotonic()
        # Signatures expire: no more is prepared than can be sent soon.
        room = self._connections - self._preparing - len(self._ready)
        for job in list(self._working.values()):
            if room <= -AHEAD:
                return
            # As many parts as are in flight wait hashed and signed, so that no connection waits for them.
            while job.todo and job.resume_at <= now and job.pipeline < 2 * self._connections:
                cut = job.cut(job.todo[0])
                if (room <= 0 and (cut.length > SMALL or room <= -AHEAD)) or not job.may_go(cut):
                    break
                job.todo.popleft()
                job.claimed_end = max(job.claimed_end, cut.start + cut.length)
                job.pipeline += 1
                self._preparing += 1
                room -= 1
                for link in job.hash_beside():
                    self._hash(job, messages.Hash(link))
                self._prepare_part(job, cut.number)
            if not job.todo or job.state is not State.SENDING:
                self._working.pop(job.number, None)

    def _prepare_part(self, job: Job, number: int) -> None:
        epoch = job.epoch

        def ended(event: messages.PartReady | messages.PartFailed) -> None:
            self._preparing -= 1
            # What is not sent leaves the pipeline here, all else when its request has ended.
            if epoch != job.epoch or isinstance(event, messages.PartFailed):
                job.pipeline -= 1
            if epoch == job.epoch:
                self.apply(job, event)

        def failed(error: Exception) -> None:
            if epoch == job.epoch and isinstance(error, ChecksumMismatch):
                try:
                    # A checksum that differs may be that of a file which was written to meanwhile.
                    job.file.check()  # a different content may be the reason for the error
                except OmicsError as change:
                    error = change
            ended(messages.PartFailed(number, error, self._clock.monotonic(), self._jitter()))

        # To hand a short task to a thread takes longer than the task.
        do = here if job.store.signs_at_once and job.file.size <= QUICK else self._callers.submit
        do(self._preparation(job, number), lambda result: ended(messages.PartReady(result)), failed)

    def _preparation(self, job: Job, number: int) -> Callable[[], Prepared | SentPart | None]:
        """Return the work of a thread for a part before it is sent: its checksums, its URL. The thread does not read
        the job, which changes.
        """
        cut, stored_part, names = job.cut(number), job.listed_parts.get(number), job.part_checksums
        epoch, source, now = job.epoch, job.file, self._clock.monotonic
        # Checksums from before the upload began apply until the received bytes differ.
        file_checksums: Mapping[str, str] = job.facts.checksums if job.whole and not job.damaged else {}
        # The bytes of the whole were hashed before, so that the file need not be read for its one request.
        computed = {name: file_checksums[name] for name in names if name in file_checksums}
        if job.whole and source.size <= ETAG_PART and "s3_etag" in file_checksums:
            computed["md5"] = file_checksums["s3_etag"]
        is_announced = job.whole and job.announces
        locate = partial(job.store.put, job.facts) if job.whole else partial(job.store.sign, job.upload_id, cut)

        def prepare() -> Prepared | SentPart | None:
            expected: Mapping[str, str] = {} if stored_part is None else stored_part.checksums
            comparable = [name for name in (*names, "md5") if name in expected][:1]
            source.expect(cut.start, cut.length)
            missing = [name for name in dict.fromkeys((*names, *comparable)) if name not in computed]
            checksums = {**computed, **source.checksums(missing, cut, lambda: self._closing)}
            # A listed part is used if its bytes are those of the file.
            if stored_part is not None and comparable and difference(checksums, expected) is None:
                return SentPart(number, cut.length, stored_part.etag, checksums)
            location = locate(checksums)
            if location is not None and is_announced:
                location = announced(location, checksums)
            return None if location is None else Prepared(cut, checksums, location, now(), epoch)

        return prepare

    def _dispatch(self) -> None:
        """Send the parts that may be sent now."""
        waiting = deque[tuple[Job, Prepared]]()
        now = self._clock.monotonic()
        while self._ready and not self._concurrency.full:
            job, prepared = self._ready.popleft()
            server, route = prepared.location.server, job.store.route(prepared.location.url) if self._dead else None
            # The upload was restarted, and this part belongs to the former one.
            if job.epoch != prepared.epoch:
                job.pipeline -= 1
            elif (error := self._unreachable(server, route)) is not None:
                job.pipeline -= 1
                self.apply(job, Broken(error))
            elif job.resume_at > now or not (self._may_start(prepared) and self._bears(prepared)):
                waiting.append((job, prepared))
            else:
                if job.upload_id and job.store.has_one_server:
                    self._answered.add(server)
                self._start(job, prepared)
        # In their order, before what is prepared next.
        self._ready.extendleft(reversed(waiting))

    def _may_start(self, prepared: Prepared) -> bool:
        server = prepared.location.server
        if prepared.cut.length > SMALL:
            self._concurrency.expect(server, FIRST_PARTS, FIRST_REST)
        else:
            self._concurrency.expect(server, FIRST_SMALL)
        return self._concurrency.may_start(server)

    def _bears(self, prepared: Prepared) -> bool:
        """Whether a part may start now: under a bandwidth limit, only as many start as will end soon."""
        rate = self._control.rate_limit
        # Something is always sent, however low the limit is; requests that follow a file count as nothing.
        if rate is None or self._wire.flying == self._following:
            return True
        flying = sum(sending.prepared.cut.length for sending in self._sendings())
        return flying + prepared.cut.length <= rate * LIMITED

    def _start(self, job: Job, prepared: Prepared) -> None:
        sending = Sending(job, prepared, self._clock.monotonic())
        if job.started_at is None:
            job.started_at = sending.started_at
        job.attempts += 1
        try:
            job.file.check()
            self._wire.start(sending.ask(), sending)
            # Counted only now: a request that could not be sent has no end that would count it off.
            self._concurrency.started(sending.location.server)
        except OmicsError as error:
            job.pipeline -= 1
            self.apply(job, Broken(error))

    def _ended(self, ended: wire.Ended) -> None:
        sending = ended.receiver
        if isinstance(sending, FollowUp):
            self._following -= 1
            sending.ended(whole=ended.error is None)
            return
        if isinstance(sending, Examining):
            if sending.epoch == sending.job.epoch:
                self.apply(sending.job, self._examined(sending, ended))
            return
        assert isinstance(sending, Sending)
        self._returned(sending, cancelled=False)
        if sending.stale:
            return
        job, body = sending.job, sending.file_body
        # The store may have stored it whatever its response was: if the file proves to have changed, the object is withdrawn.
        if job.whole and body.sent and job.accepted is None:
            job.accepted = {}
        status, headers = parse_head(sending.lines)
        verdict = None
        # A server that refuses need not read further: its response is used even if the connection broke after it.
        if status >= 300 or (ended.error is None and body.position >= body.length):
            opaque = _OPAQUE in sending.location.server
            verdict = judge(status, headers, bytes(sending.body), self._clock.now(), opaque=opaque)
            if verdict.kind is Kind.SENT and job.whole:
                job.accepted = verdict.facts
        now, jitter = self._clock.monotonic(), self._jitter()
        event: messages.Ended | Broken = messages.Ended(sending, verdict, ended.error, ended.lasting, now, jitter)
        try:
            if body.problem is not None:
                raise body.problem
            if isinstance(ended.error, ProxyLoginFailed):  # its response is no store's
                raise ended.error
            if verdict is not None and verdict.kind in (Kind.SENT, Kind.DAMAGED, Kind.FOREIGN):
                job.file.check()  # the hashed bytes may differ from the sent bytes
        except OmicsError as error:
            event = Broken(error)
        self.apply(job, event)
        if ended.error is not None and job.error is ended.error:
            self._note_dead(sending.location.server, ended.error, job.store.route(sending.location.url))

    def _examined(self, examining: Examining, ended: wire.Ended) -> messages.Examined | messages.CallFailed | Broken:
        job, now, jitter = examining.job, self._clock.monotonic(), self._jitter()
        again = messages.Examine(examining.location)
        if ended.error is not None:
            return messages.CallFailed(again, ended.error, now, jitter)
        try:
            return messages.Examined(
                examined(job.title, *parse_head(examining.lines), opaque=_OPAQUE in examining.location.server)
            )
        except Unconfirmed as error:
            return Broken(error)
        except OmicsError as error:
            return messages.CallFailed(again, error, now, jitter)

    def _returned(self, sending: Sending, *, cancelled: bool = True) -> None:
        """Count what a request sent."""
        self._concurrency.ended(sending.location.server, sending.file_body.sent, counts=not cancelled)
        sending.job.pipeline -= 1
        sending.job.gone_out += sending.file_body.sent
        self._counters.fetched += sending.file_body.sent

    def _pauses(self, receiver: Receiver) -> bool:
        return isinstance(receiver, Sending)

    def _call_off(self, receiver: Receiver) -> None:
        assert isinstance(receiver, Sending)
        self._returned(receiver)
        if not receiver.stale:
            self.apply(receiver.job, messages.CalledOff(receiver))

    # -- commands

    def _open_file(self, job: Job, _: messages.Open) -> None:
        source = SourceFile(job.path, job.title)  # not in a thread: switching takes longer
        target = job.store.target
        key = key_of(job.path, job.title, target)
        # Two uploads with one key would take the records of each other's parts for their own.
        is_open = bool(target) and any(other.key == key for other in self._open.values() if other is not job)
        finished, unfinished = self._journal.finished(key, place_of(target)), self._journal.unfinished(key)
        self.apply(job, messages.Opened(source, key, is_open, finished, unfinished))

    def _hash(self, job: Job, command: messages.Hash) -> None:
        link = command.link

        def stopped() -> bool:
            return self._closing or job.state in FINAL

        def failed(error: Exception) -> None:
            if not isinstance(error, Stopped):
                self.apply(job, Broken(readable(job, error)))

        # Short tasks must not wait for threads that are busy with long ones. Counts in every epoch: the file is the
        # same.
        pool = self._long_hashers if link.end - link.start > LINK else self._hashers
        do = here if job.file.size <= QUICK else pool.submit
        follow = partial(job.file.follow, link.digests, link.start, link.end, stopped)
        do(follow, lambda _: self.apply(job, messages.Hashed(link)), failed)

    def _call(self, job: Job, command: messages.Call) -> None:
        def failed(error: Exception) -> messages.CallFailed:
            return messages.CallFailed(command, error, self._clock.monotonic(), self._jitter())

        self._in_background(self._callers, job, command.function, command.event, failed)

    def _prepare(self, job: Job, _: messages.Prepare) -> None:
        if job.state is State.SENDING:
            self._working[job.number] = job

    def _send(self, job: Job, command: messages.Send) -> None:
        if command.first:
            self._ready.appendleft((job, command.prepared))
        else:
            self._ready.append((job, command.prepared))

    def _cancel_requests(self, job: Job, _: messages.CancelRequests) -> None:
        self._working.pop(job.number, None)
        for receiver in self._wire.cancel(lambda flying: isinstance(flying, Sending) and flying.job is job):
            assert isinstance(receiver, Sending)
            self._returned(receiver)

    def _wait(self, job: Job, command: messages.Wait) -> None:
        self._retry_after(job, command.seconds, messages.Due(command.call), job.epoch)

    def _check_file(self, job: Job, _: messages.CheckFile) -> None:
        job.file.check(by_name=True)
        self.apply(job, messages.Unchanged())

    def _examine(self, job: Job, command: messages.Examine) -> None:
        examining = Examining(job, command.location)
        try:
            self._wire.start(examining.ask(), examining)
        except OmicsError as error:
            self.apply(job, Broken(error))

    def _record_begun(self, job: Job, _: messages.RecordBegun) -> None:
        with write_errors(str(self._journal.path), job.title):
            state = Unfinished(job.upload_id, job.file.identity, job.cuts.part_size, ctime_ns=job.file.ctime_ns)
            self._journal.begin(job.key, state)

    def _record_done(self, job: Job, _: messages.RecordDone) -> None:
        state = Finished(job.file.identity, job.checksums, job.confirmed or (("size",) if job.is_size_reported else ()))
        self._journal.finish(job.key, state, place_of(job.store.target))

    # -- ends

    def _fail(self, job: Job, error: OmicsError) -> None:
        job.error = error
        self._finish(job, messages.Finish())

    def _finish(self, job: Job, _: messages.Finish) -> None:
        if job.source is not None:
            job.source.close()
        self._working.pop(job.number, None)
        present = job.state in PRESENT
        compared = job.confirmed if present else ()
        outcome = self._over(job, job.error)._replace(
            size=job.source.size if job.source is not None else job.counted,
            bytes_fetched=job.gone_out,
            checksums=job.checksums if present else {},
            verified=(", ".join(compared) or ("size" if job.is_size_reported else "")) if present else "",
            verification=verification_of(compared, 0 if job.is_size_reported else None) if present else "unverified",
        )
        if present and not compared and self._options.require_checksum:
            confirmed = "its size only, no checksum" if job.is_size_reported else "neither its checksum nor its size"
            missing = f"it was sent, but the platform confirms {confirmed}"
            outcome = outcome._replace(state="failed", error=ChecksumMissing(job.title, missing))
        self._tell(job.number, outcome, job.counted)
        # A stop waits for no request, so that none is sent any more.
        if self._follow is not None and outcome.is_present and not self._closing:
            follow_up = self._follow(job.number, outcome)
            if follow_up is not None:
                self._follow_ups.append(follow_up)

    def _close_all(self, stack: ExitStack) -> None:
        stack.callback(self._callers.close, 0.0)
        self._closing = True
        for receiver in self._wire.cancel(lambda _: True):
            if isinstance(receiver, Sending):
                self._returned(receiver)
        # The user is waiting for the stop: what a slower thread still reads is not used.
        self._hashers.close(0.5)
        self._long_hashers.close(0.5)
        # Aborting calls the service: before the threads for calls are closed.
        if self._rules.abort:
            self._give_up_rest()
        self._callers.close(0.2)
        self._inbox.deliver()
        for job in list(self._open.values()):
            self.apply(job, messages.Stopped())

    def _give_up_rest(self) -> None:
        """Abort the uploads of stopped files, as far as the platform does so within a moment."""
        for job in list(self._open.values()):
            if job.error is None and job.upload_id:
                self.apply(job, messages.Stopped(abort=True))
        for _ in range(GIVING_UP):
            if not any(job.upload_id for job in self._open.values()):
                return
            self._wire.poll(TICK)
            self._inbox.deliver()

    # -- measuring

    def _sendings(self) -> Iterator[Sending]:
        return (receiver for receiver in self._wire.receivers() if isinstance(receiver, Sending))

    def _in_flight(self) -> Iterator[tuple[str, int]]:
        return ((sending.location.server, sending.file_body.sent) for sending in self._sendings())

    def _moved(self) -> int:
        return self._counters.fetched + sum(sending.file_body.sent for sending in self._sendings())

    def _present(self) -> int:
        bodies = (sending.file_body for sending in self._sendings() if not sending.stale)
        flying = sum(min(body.sent, body.length) for body in bodies)
        return flying + sum(job.present for job in self._open.values())

    executors: ClassVar[dict[type[Any], Callable[[Any, Any, Any], None]]] = {
        **Engine.executors,
        messages.Open: _open_file,
        messages.Hash: _hash,
        messages.Call: _call,
        messages.Prepare: _prepare,
        messages.Send: _send,
        messages.CancelRequests: _cancel_requests,
        messages.Wait: _wait,
        messages.CheckFile: _check_file,
        messages.Examine: _examine,
        messages.RecordBegun: _record_begun,
        messages.RecordPart: lambda self, job, command: self._journal.part(job.key, command.part),
        messages.RecordDone: _record_done,
        messages.DropRecord: lambda self, job, _: self._journal.drop(job.key),
        messages.Finish: _finish,
    }


def size_of(entry: Upload) -> int | None:
    """The file's size, None if it cannot be determined; opening it later reports why."""
    try:
        return os.stat(entry.path).st_size
    except OSError:
        return None
