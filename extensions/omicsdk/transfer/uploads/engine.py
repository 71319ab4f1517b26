"""The engine of uploads: takes jobs through opening, beginning, sending and completing. One thread; others only help it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from omicsdk.core.errors import ChecksumMissing, OmicsError, TransportError
from omicsdk.core.redaction import without_query
from omicsdk.core.sending.connections import curl_options
from omicsdk.core.sending.transport import user_agent
from omicsdk.transfer.control import TICK
from omicsdk.transfer.network.wire import Ask, Ended, Wire
from omicsdk.transfer.reports.outcomes import PRESENT, Outcome, State, verification_of
from omicsdk.transfer.reports.progress import Throughput
from omicsdk.transfer.requests import Location
from omicsdk.transfer.tally import Tally
from omicsdk.transfer.threads import Inbox, Pool
from omicsdk.transfer.uploads.calls import Calls
from omicsdk.transfer.uploads.following import AT_ONCE, FollowUp
from omicsdk.transfer.uploads.job import Job, Prepared, Sending
from omicsdk.transfer.uploads.journal import UploadJournal
from omicsdk.transfer.uploads.opening import Opening
from omicsdk.transfer.uploads.replies import Replies
from omicsdk.transfer.uploads.settings import Settings
from omicsdk.transfer.uploads.stages import Stages
from omicsdk.transfer.uploads.store import Upload
from omicsdk.transfer.uploads.summing import Summing, checksums_of_whole, confirmed

#: Files that are opened ahead of those that are sent.
AHEAD = 16
#: A part up to this size is prepared ahead in that number; of larger ones no more than can go at once.
SMALL = 1024 * 1024
#: So many of these are waited at the end of a stopped run for the platform to forget what was begun.
GIVING_UP = 7
#: Seconds of a bandwidth limit that parts in flight take together: begun ones are lost when it is stopped.
LIMITED = 2.0
#: Seconds over which a rate is measured.
SAMPLE = 0.25


class Engine:
    """One run.

    Args:
        uploads: What to upload, with numbers and sizes as far as they can be told; asked for more as there is room.
        count: How many there are, None when nobody knows.
        size: Their sizes together, in bytes, as far as they are known.
        journal: The open journal, None for none.
        settings: How.
        finished: Is given each outcome with its upload's number, as they come.
    """

    def __init__(
        self,
        uploads: Iterator[tuple[int, Upload, int | None]],
        count: int | None,
        size: int,
        journal: UploadJournal | None,
        settings: Settings,
        finished: Callable[[int, Outcome], None],
    ) -> None:
        self._uploads = uploads
        self._more = True
        self.finished = False  # whether the run came to its end by itself
        self._settings = settings
        self._control = settings.control
        self._clock = settings.clock
        self._finished = finished
        self._closing = False
        self._wire = Wire(
            lambda url: curl_options(settings.route(url)),
            settings.patience,
            settings.connections,
            settings.control.throttle,
            settings.clock.monotonic,
        )
        self._inbox = Inbox(self._wire.wake)
        self._callers = Pool("omicsdk-call", settings.callers, self._inbox)
        self._hashers = Pool("omicsdk-hash", settings.hashers, self._inbox)
        self._counted = count is not None
        self._tally = Tally(count, size, settings.clock.monotonic(), SAMPLE)
        self._open = dict[int, Job]()
        self._working = dict[int, Job]()  # those with parts to be prepared
        self._preparing = 0
        self._ready = deque[tuple[Job, Prepared]]()
        self._follow_ups = deque[FollowUp]()
        self._following = 0  # of these, in flight
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._held = dict[str, float]()
        self._agent = user_agent()
        self._replies = Replies(
            clock=settings.clock,
            jitter=settings.jitter,
            again=self._again,
            resend=self._resend,
            redirect=self._redirect,
            landed=self._landed,
            gone=self._gone,
            hold=self._hold,
            failed=self._failed,
            retrying=self._retrying,
            patience=settings.patience,
        )
        self._summing = Summing(self._hashers, lambda: self._closing, self._failed)
        calls = Calls(self._callers, self._gone, self._replies.trouble)
        self._stages = Stages(
            journal=journal,
            calls=calls,
            callers=self._callers,
            summing=self._summing,
            ended=lambda: self._closing,
            work=self._work,
            over=self._over,
            failed=self._failed,
            restart=self._restart,
        )
        self._opening = Opening(
            journal=journal,
            calls=calls,
            summing=self._summing,
            is_twice=lambda job: any(other.key == job.key for other in self._open.values() if other is not job),
            skipped=lambda job: self._over(job, "skipped"),
            failed=self._failed,
            start=self._stages.start,
        )

    @property
    def throughput(self) -> Throughput:
        """How fast bytes went out over the time."""
        return self._tally.throughput

    def run(self) -> None:
        """Runs until all uploads have an outcome or somebody stops it."""
        with self._control.watched(self._wire.wake):
            self._run()

    def _run(self) -> None:
        self._control.begin(self._clock.monotonic())
        try:
            while not self._control.over(self._clock.monotonic(), self._settings.stop):
                self._inbox.deliver()
                if self._control.paused:
                    self._suspend()
                else:
                    self._wake_up()
                    self._admit()
                    self._prepare()
                    self._dispatch()
                self._follow_up()
                if not (self._open or self._more or self._following):
                    self.finished = True
                    break
                for ended in self._wire.poll(self._patience()):
                    self._ended(ended)
                self._tell()
        finally:
            self._close()
        self._tell(final=True)

    # -- the loop's steps

    def _suspend(self) -> None:
        """Ends all requests without holding it against anybody."""
        for receiver in self._wire.cancel(lambda flying: isinstance(flying, Sending)):
            assert isinstance(receiver, Sending)
            self._returned(receiver)
            if not receiver.stale:
                self._resend(receiver.job, receiver.prepared.cut.number)

    def _patience(self) -> float:
        """How long to wait on the wire; with nothing else to do, the clock is asked to wait instead."""
        if self._control.paused or not (self._later or self._held):  # paused, nobody is served when it is due
            return TICK
        due = min([entry[0] for entry in self._later] + list(self._held.values()))
        wait = min(TICK, max(0.0, due - self._clock.monotonic()))
        if self._wire.flying or self._callers.waiting or self._hashers.waiting:
            return wait
        self._clock.sleep(wait)
        return 0.0

    def _wake_up(self) -> None:
        if self._later or self._held:
            now = self._clock.monotonic()
            self._held = {server: until for server, until in self._held.items() if until > now}
            due = [entry for entry in self._later if entry[0] <= now]
            for entry in due:
                self._later.remove(entry)
                entry[1]()

    def _admit(self) -> None:
        while self._more and len(self._open) < self._settings.connections + AHEAD:
            entry = self._control.ask(self._uploads)
            if entry is None:
                self._more = False
                self._tally.all_seen()
                return
            number, upload, size = entry
            if not self._counted:
                self._tally.expect(size)
            job = Job(number, upload, os.path.abspath(upload.path))
            job.counted = size
            self._open[number] = job
            self._opening.open(job)

    def _work(self, job: Job) -> None:
        """Has a job's parts sent."""
        if not job.over:
            self._working[job.number] = job

    def _prepare(self) -> None:
        """Hashes and signs a few parts ahead of the sending."""
        if not self._working:
            return
        now = self._clock.monotonic()
        room = self._settings.connections - self._preparing - len(self._ready)
        for job in list(self._working.values()):
            if room <= -AHEAD:
                return
            while job.todo and job.resume_at <= now and job.pipeline < 2 * self._settings.connections:
                cut = job.cut(job.todo[0])
                if (room <= 0 and (cut.length > SMALL or room <= -AHEAD)) or not self._summing.may_go(job, cut):
                    break
                job.todo.popleft()
                job.claimed_end = max(job.claimed_end, cut.start + cut.length)
                job.pipeline += 1
                self._preparing += 1
                room -= 1
                self._summing.extend(job)
                self._sign(job, cut.number)
            if not job.todo or job.over:
                self._working.pop(job.number, None)

    def _sign(self, job: Job, number: int) -> None:
        epoch = job.epoch

        def prepared(result: Prepared) -> None:
            self._preparing -= 1
            if epoch != job.epoch:
                job.pipeline -= 1
            elif result.listed is not None:
                job.pipeline -= 1
                job.kept += result.listed.size
                self._stages.landed(job, result.listed)
            elif result.location is None:
                job.pipeline -= 1
                self._opening.begin_parts(job)
            else:
                self._ready.append((job, result))

        def failed(error: Exception) -> None:
            self._preparing -= 1
            job.pipeline -= 1
            if epoch == job.epoch:
                self._replies.not_prepared(job, number, error)

        self._callers.submit(self._stages.preparation(job, number, self._clock.monotonic), prepared, failed)

    def _dispatch(self) -> None:
        if not self._ready:
            return
        waiting = deque[tuple[Job, Prepared]]()
        now = self._clock.monotonic()
        while self._ready and self._wire.flying - self._following < self._settings.connections:
            job, prepared = self._ready.popleft()
            if job.epoch != prepared.epoch:
                job.pipeline -= 1
            elif job.resume_at > now or self._is_held(prepared) or not self._bears(prepared):
                waiting.append((job, prepared))
            else:
                self._send(job, prepared)
        self._ready.extendleft(reversed(waiting))

    def _follow_up(self) -> None:
        """Sends what follows files that are there."""
        while self._follow_ups and self._following < AT_ONCE:
            follow_up = self._follow_ups.popleft()
            try:
                self._wire.start(follow_up.ask, follow_up)
            except ValueError:  # its URL is invalid
                follow_up.ended(whole=False)
            else:
                self._following += 1

    def _is_held(self, prepared: Prepared) -> bool:
        return prepared.location is not None and prepared.location.server in self._held

    def _bears(self, prepared: Prepared) -> bool:
        """Whether a part may go now: under a bandwidth limit, no more are begun than come to their end soon."""
        rate = self._control.rate_limit
        if rate is None or self._wire.flying == self._following:
            return True
        flying = sum(each.prepared.cut.length for each in self._wire.receivers() if isinstance(each, Sending))
        return flying + prepared.cut.length <= rate * LIMITED

    def _send(self, job: Job, prepared: Prepared) -> None:
        location = prepared.location
        assert location is not None
        sending = Sending(job, prepared, location, self._clock.monotonic())
        headers = {"accept": "*/*", "user-agent": self._agent}
        headers.update((name.lower(), value) for name, value in location.headers.items())
        headers.pop("content-length", None)  # libcurl says it
        if sending.form is not None:
            headers["content-type"] = sending.form.content_type
        if job.began is None:
            job.began = self._clock.monotonic()
        job.attempts += 1
        try:
            job.file.check()
            way = job.store.route(location.url)
            options = curl_options(way) if way is not None else None
            body = sending.form or sending.file_body
            self._wire.start(Ask(location.url, tuple(headers.items()), sending.method, body, options), sending)
        except OmicsError as error:
            job.pipeline -= 1
            self._failed(job, error)
        except ValueError as error:  # brackets that don't close, a port that is no number
            job.pipeline -= 1
            reason = f"{job.title}: its URL is invalid ({error})"
            self._failed(job, TransportError(reason, method=sending.method, url=without_query(location.url)))

    def _ended(self, ended: Ended) -> None:
        sending = ended.receiver
        if isinstance(sending, FollowUp):
            self._following -= 1
            sending.ended(whole=ended.error is None)
            return
        assert isinstance(sending, Sending)
        self._returned(sending)
        if not sending.stale:
            self._replies.ended(sending, ended.error, lasting=ended.lasting)

    def _returned(self, sending: Sending) -> None:
        """Counts what a request sent."""
        sending.job.pipeline -= 1
        sending.job.gone_out += sending.file_body.sent
        self._tally.fetched += sending.file_body.sent

    def _landed(self, sending: Sending, facts: dict[str, str]) -> None:
        """The store has a part."""
        self._stages.reported(sending, facts)

    def _again(self, job: Job, seconds: float, then: Callable[[], None]) -> None:
        """Does something for a job after a while."""
        due = self._clock.monotonic() + seconds
        job.resume_at = max(job.resume_at, due)
        epoch = job.epoch
        self._later.append((due, lambda: then() if epoch == job.epoch else None))

    def _retrying(self, job: Job) -> None:
        """Counts that something is tried again."""
        job.retries += 1
        self._tally.count_retry()

    def _resend(self, job: Job, number: int) -> None:
        """Has a part prepared anew, before those that follow."""
        job.give_back(number)
        self._work(job)

    def _redirect(self, job: Job, prepared: Prepared) -> None:
        """Sends a part elsewhere."""
        job.pipeline += 1
        self._ready.appendleft((job, prepared))

    def _gone(self, job: Job, error: OmicsError) -> None:
        """The platform doesn't know an upload."""
        self._stages.gone(job, error)

    def _restart(self, job: Job) -> None:
        """Sends a file from the beginning."""
        self._abandon(job)
        job.begin()
        self._opening.begin(job)

    def _abandon(self, job: Job) -> None:
        """Ends a job's requests."""
        self._working.pop(job.number, None)
        for receiver in self._wire.cancel(lambda flying: isinstance(flying, Sending) and flying.job is job):
            assert isinstance(receiver, Sending)
            self._returned(receiver)

    def _hold(self, location: Location, seconds: float) -> None:
        """Leaves a server alone for a while: what it says to one request holds for all."""
        until = self._clock.monotonic() + seconds
        self._held[location.server] = max(until, self._held.get(location.server, 0.0))

    # -- ends

    def _failed(self, job: Job, error: OmicsError) -> None:
        if not job.over and job.error is None:
            if isinstance(error, TransportError):
                error.about(job.title)
            job.error = error
            self._abandon(job)
            job.epoch += 1
            self._stages.give_up(job, error, abort=self._settings.abort)

    def _over(self, job: Job, state: State, error: OmicsError | None = None) -> None:
        if job.over:
            return
        job.over = True
        job.epoch += 1
        if job.source is not None:
            job.source.close()
        del self._open[job.number]
        self._working.pop(job.number, None)
        now = self._clock.monotonic()
        present = state in PRESENT
        compared = confirmed(job) if present else ()
        outcome = Outcome(
            name=job.title,
            state=state,
            size=job.source.size if job.source is not None else job.counted,
            bytes_fetched=job.gone_out,
            bytes_kept=job.kept,
            checksums=checksums_of_whole(job) if present else {},
            verified=(", ".join(compared) or "size") if present else "",
            attempts=job.attempts,
            retries=job.retries,
            seconds=now - job.began if job.began is not None else 0.0,
            error=error,
            # A store that takes a PUT says that it has so many bytes; that these are ours it says by a checksum only.
            verification=verification_of(compared, 0) if present else "unverified",
        )
        if present and not compared and self._settings.control.require_checksum:
            missing = "it was sent, but the platform confirms its size only, no checksum"
            outcome = outcome._replace(state="failed", error=ChecksumMissing(job.title, missing))
        self._tally.count(outcome, job.counted)
        self._finished(job.number, outcome)
        follow = self._settings.follow
        if follow is not None and outcome.is_present and not self._closing:
            follow_up = follow(job.number, outcome)
            if follow_up is not None:
                self._follow_ups.append(follow_up)

    def _close(self) -> None:
        with ExitStack() as ends:  # whatever is raised meanwhile, no thread and no socket stays
            ends.callback(self._wire.close)
            ends.callback(self._callers.close, 0.0)
            self._close_jobs()

    def _close_jobs(self) -> None:
        self._closing = True
        for receiver in self._wire.cancel(lambda _: True):
            if isinstance(receiver, Sending):
                self._returned(receiver)
        self._hashers.close(0.5)
        if self._settings.abort:
            self._give_up_rest()
        self._callers.close(0.2)
        self._inbox.deliver()
        for job in list(self._open.values()):
            self._over(job, "failed" if job.error is not None else "stopped", job.error)

    def _give_up_rest(self) -> None:
        """Gives the parts of stopped files up, as far as the platform lets us within a moment."""
        for job in list(self._open.values()):
            if job.error is None and job.upload_id:
                self._stages.give_up(job, None, abort=True)
        for _ in range(GIVING_UP):
            if not any(job.upload_id for job in self._open.values()):
                return
            self._wire.poll(TICK)
            self._inbox.deliver()

    # -- measuring

    def _gone_out(self) -> int:
        flying = (receiver.file_body.sent for receiver in self._wire.receivers() if isinstance(receiver, Sending))
        return self._tally.fetched + sum(flying)

    def _present(self) -> int:
        """Bytes that are there of files that haven't come to their end, those of parts in flight too."""
        flying = sum(
            min(receiver.file_body.sent, receiver.file_body.length)
            for receiver in self._wire.receivers()
            if isinstance(receiver, Sending) and not receiver.stale
        )
        return flying + sum(job.present for job in self._open.values())

    def _tell(self, *, final: bool = False) -> None:
        progress = self._settings.progress
        now = self._clock.monotonic()
        if final or self._tally.due(now):
            self._tally.record(now, self._gone_out())
        if progress is not None and (final or now >= self._tally.next_word):
            flying = self._wire.flying
            progress(self._tally.progress(now, self._gone_out(), self._present(), final=final, connections=flying))
