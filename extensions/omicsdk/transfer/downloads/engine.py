"""The engine: takes jobs through checking, locating, fetching, hashing and landing. One thread; others only help it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from omicsdk.core.errors import ChecksumMissing, ConnectionLost, OmicsError, TransferError, TransportError
from omicsdk.core.redaction import without_query
from omicsdk.core.sending.connections import curl_options
from omicsdk.transfer.control import TICK
from omicsdk.transfer.downloads.commit import Committer
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.gauge import Gauge
from omicsdk.transfer.downloads.job import Job, Piece
from omicsdk.transfer.downloads.known import recorded
from omicsdk.transfer.downloads.locating import Locators
from omicsdk.transfer.downloads.reception import Reception, problem_of
from omicsdk.transfer.downloads.replies import Replies
from omicsdk.transfer.downloads.settings import Settings
from omicsdk.transfer.downloads.small import Small, is_small
from omicsdk.transfer.downloads.spooling import Spool
from omicsdk.transfer.downloads.turns import Turns
from omicsdk.transfer.downloads.verify import Verifier, skipped, words
from omicsdk.transfer.downloads.wanted import Wanted
from omicsdk.transfer.items import Item
from omicsdk.transfer.journals.journal import Journal
from omicsdk.transfer.network.wire import Ask, Ended, Receiver, Wire
from omicsdk.transfer.plan import requests_within
from omicsdk.transfer.reports.outcomes import PRESENT, Outcome, State, verification_of
from omicsdk.transfer.reports.progress import Throughput
from omicsdk.transfer.requests import Location, headers_for, validator_of
from omicsdk.transfer.stores.store import There
from omicsdk.transfer.tally import Tally
from omicsdk.transfer.threads import Inbox, Pool
from omicsdk.transfer.writing import Growth

#: Items that are being prepared or wait for a connection, at most, beyond those that are located ahead.
AHEAD = 16
#: Items that are neither done nor waiting to begin, at most: they hold memory.
OPEN = 2048
#: Items that are looked at, at most, before others are looked after again.
AT_ONCE = 256
#: Seconds over which a rate is taken for a report's curve.
SAMPLE = 0.25


class Engine:
    """One run.

    Args:
        items: What to fetch; asked for more as there is room.
        folder: The target folder.
        run: What keeps this transfer apart from others into the same folder.
        journal: The open journal.
        settings: How.
        finished: Is given each outcome with its item's number, as they come.
        check: Checks each name when it comes; None where all were checked before.
    """

    def __init__(
        self,
        items: Wanted,
        folder: str,
        run: str,
        journal: Journal,
        settings: Settings,
        finished: Callable[[int, Outcome], None],
        check: Callable[[str], None] | None = None,
    ) -> None:
        self._items = enumerate(items)
        self._counted = items.files is not None
        self._check = check
        self._more = True
        self.finished = False  # whether the run came to its end by itself
        self._settings = settings
        self._control = settings.control
        self._clock = settings.clock
        self._finished = finished
        self._journal = journal
        self._files = PartFiles(folder, run, settings.disk)
        self._wire = Wire(
            lambda url: curl_options(settings.route(url)),
            settings.patience,
            settings.connections,
            settings.control.throttle,
            settings.clock.monotonic,
        )
        self._inbox = Inbox(self._wire.wake)
        self._locators = Locators(settings.locators, self._inbox, settings.clock, self._located, self._failed)
        self._hashers = Pool("omicsdk-hash", settings.hashers, self._inbox, gives_way=True)
        self._spool = Spool(settings.store, journal, self._inbox) if settings.store is not None else None
        self._committer = self._spool or Committer(journal, folder, self._inbox, settings.disk)
        self._verifier = Verifier(
            self._hashers,
            self._journal,
            self._files,
            self._there,
            self._verified,
            self._failed,
            self._fetch,
            unvalidated=settings.resume_unvalidated,
        )
        self._open = dict[int, Job | Small]()
        self._preparing = 0
        self._later: list[tuple[float, Job]] = []
        self._landing = 0
        self._turns = Turns(settings.connections, settings.clock, self._send, self._send_small, self._bears_more)
        self._tally = Tally(items.files, items.size, settings.clock.monotonic(), SAMPLE, items.unsized)
        self._replies = Replies(
            journal=journal,
            files=self._files,
            verifier=self._verifier,
            fetch=self._fetch,
            wait=self._wait,
            hold=self._turns.hold,
            failed=self._failed,
            clock=settings.clock,
            trouble=self._turns.trouble,
            jitter=settings.jitter,
            patience=settings.patience,
        )
        self._gauge = Gauge(
            self._tally,
            self._wire,
            self._open.values,
            lambda: (self._preparing, len(self._turns) + len(self._later)),
            settings.progress,
            settings.control,
            settings.clock,
        )

    def run(self) -> None:
        """Runs until all items have an outcome or somebody stops it."""
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
                    self._turns.serve()
                    self._turns.look(self._gauge.in_flight)
                if not self._open and not self._more:
                    self.finished = True
                    break
                self._committer.push(now=self._landing == len(self._open) and not self._more)
                for ended in self._wire.poll(self._patience()):
                    self._returned(ended.receiver)
                    self._ended(ended)
                self._gauge.measure()
        finally:
            self._close()
        self._gauge.measure(final=True)

    @property
    def throughput(self) -> Throughput:
        """How fast bytes came."""
        return self._tally.throughput

    # -- the loop's steps

    def _suspend(self) -> None:
        """Ends all requests without holding it against anybody; what they brought is kept."""
        for receiver in self._wire.cancel(lambda _: True):
            self._returned(receiver, called_off=True)
            if isinstance(receiver, Small):
                self._tally.fetched += receiver.received
                receiver.again()
                self._turns.queue_small(receiver, first=True)
                continue
            assert isinstance(receiver, Reception)
            job, problem = receiver.job, self._landed(receiver)
            if receiver.stale:
                continue
            if problem is not None:
                self._failed(job, problem)
            elif receiver.whole:  # only the end of the answer was missing
                self._replies.ended(receiver, None, lasting=False)
            else:
                job.give_back(receiver.piece)
                if job.location is not None:  # else another one is being asked for
                    self._turns.queue(job, first=True)

    def _patience(self) -> float:
        """How long to wait on the wire; with nothing else to do, the clock is asked to wait instead."""
        dues = [entry[0] for entry in self._later]
        dues += [due for due in (self._turns.opens(), self._locators.opens()) if due is not None]
        if self._control.paused or not dues:  # paused, nobody is served when it is due
            return TICK
        wait = min(TICK, max(0.0, min(dues) - self._clock.monotonic()))
        if self._wire.flying or self._locators.waiting or self._hashers.waiting or self._landing:
            return wait
        self._clock.sleep(wait)
        return 0.0

    def _wake_up(self) -> None:
        now = self._clock.monotonic()
        self._turns.open(now)
        self._locators.look()
        if self._later:
            for entry in [entry for entry in self._later if entry[0] <= now]:
                self._later.remove(entry)
                entry[1].paused = False
                self._fetch(entry[1])

    def _admit(self) -> None:
        room = self._locators.calls + AHEAD - self._preparing - self._turns.crowd
        looked = 0
        while self._more and room > 0 and len(self._open) < OPEN:
            if looked == AT_ONCE:  # others have to be looked after too
                self._wire.wake()
                return
            looked += 1
            if self._spool is not None and not self._spool.has_room(self._open.values()):
                return
            entry = self._control.ask(self._items)
            if entry is None:
                self._more = False
                self._tally.all_seen()
                return
            number, item = entry
            if not self._counted:
                self._tally.expect(item.size)
            if self._check is not None:
                try:
                    self._check(item.name)
                except OmicsError as error:
                    self._tell_outcome(number, item, Outcome(item.name, "failed", item.size, error=error))
                    continue
            if self._spool is not None:
                self._look_there(self._spool, self._job(number, item))
            elif not self._is_plain(number, item):
                job = self._job(number, item)
                self._preparing += 1
                self._verifier.look(job)
            room -= number in self._open

    def _job(self, number: int, item: Item) -> Job:
        unvalidated = self._settings.resume_unvalidated
        job = self._open[number] = Job(number, item, *self._files.paths(item.name), unvalidated=unvalidated)
        return job

    def _is_plain(self, number: int, item: Item) -> bool:
        """Takes the short ways: to the end of an item that is there and recorded, to the request for a small one."""
        try:
            found = self._files.found(item.name)
        except OmicsError:
            return False  # that can't be looked at is a job's to tell
        known = None if found is None else recorded(self._journal, item, found)
        if self._control.require_checksum and not (item.checksums or known):
            # Before it is looked at any further: a file that is there under its name isn't touched.
            self._tell_outcome(
                number, item, Outcome(item.name, "failed", item.size, error=ChecksumMissing(item.title, name=item.name))
            )
            return True
        if found is not None:
            if known is None:
                return False
            self._tell_outcome(number, item, skipped(item, found.st_size, known))
            return True
        if not is_small(item) or item.name in self._journal.parts:
            return False
        small = self._open[number] = Small(number, item)
        self._turns.queue_small(small)
        return True

    def _look_there(self, spool: Spool, job: Job) -> None:
        """Asks the store whether a file has to be fetched at all."""
        self._preparing += 1

        def found(there: There | None) -> None:
            if job.over:
                return
            if self._control.require_checksum and not (job.item.checksums or (there is not None and there.checksums)):
                self._failed(job, ChecksumMissing(job.item.title, name=job.item.name))
                return
            if there is None:
                self._verifier.look(job)
                return
            self._files.remove(job)  # of a run that ended between putting it and recording it
            self._journal.drop(job.item.name)
            job.size = there.size
            self._there(job, there.checksums)

        spool.look(job.item, found, lambda error: self._failed(job, error))

    def _fetch(self, job: Job) -> None:
        """Has a job's missing bytes fetched."""
        if job.over:
            return
        if job.location is not None:
            self._turns.queue(job, first=True)
        elif not job.locating:
            self._locators.locate(job)

    def _located(self, job: Job, location: Location) -> None:
        self._prepared(job)
        job.location, job.direct = location, None
        job.located, job.gained_since_located = self._clock.monotonic(), False
        self._turns.queue(job)

    def _prepared(self, job: Job) -> None:
        if job.began is None:
            job.began = self._clock.monotonic()
            self._preparing -= 1

    def _send(self, job: Job, piece: Piece) -> None:
        reception = self._reception(job, piece)
        location = reception.location
        job.attempts += 1
        self._start(job, Ask(location.url, headers_for(location, reception.asked)), reception)

    def _reception(self, job: Job, piece: Piece) -> Reception:
        return Reception(
            job,
            piece,
            job.asks_at,
            accept=self._replies.answered,
            open_part=self._files.open,
            write_at=self._files.disk.write_at if job.item.size is not None else self._growing(job),
            written=self._replies.cell_written,
            now=self._clock.now,
            began=self._clock.monotonic(),
        )

    def _growing(self, job: Job) -> Callable[[int, Sequence[bytes], int], int]:
        """Writes a file of which nothing states a size, as long as there is room."""
        growth, write_at = Growth(job.part, job.item.title), self._files.disk.write_at

        def write(descriptor: int, chunks: Sequence[bytes], offset: int) -> int:
            if job.size is None:  # the head of the answer didn't tell it either
                growth.expect(sum(map(len, chunks)))
            return write_at(descriptor, chunks, offset)

        return write

    def _send_small(self, small: Small) -> None:
        small.began = small.began or self._clock.monotonic()
        self._start(small, Ask(small.location.url, headers_for(small.location)), small)

    def _start(self, job: Job | Small, ask: Ask, receiver: Reception | Small) -> None:
        try:
            self._wire.start(ask, receiver)
            self._turns.started(receiver.server)
        except ValueError as error:  # brackets that don't close, a port that is no number
            reason = f"{job.item.title}: its URL is invalid ({error})"
            self._failed(self._as_job(job), TransportError(reason, method="GET", url=without_query(ask.url)))

    def _bears_more(self) -> bool:
        rate = self._control.rate_limit
        if rate is None:
            return True
        flying = sum(isinstance(receiver, Reception) for receiver in self._wire.receivers())
        return flying < requests_within(rate, self._settings.connections)

    def _returned(self, receiver: Receiver, *, called_off: bool = False) -> None:
        assert isinstance(receiver, Reception | Small)
        self._turns.ended(receiver.server, receiver.received, counts=not called_off)

    def _ended(self, ended: Ended) -> None:
        receiver = ended.receiver
        if isinstance(receiver, Small):
            self._small_ended(receiver, ended)
            return
        assert isinstance(receiver, Reception)
        if ended.error is None and receiver.verdict is None and not receiver.stale:
            receiver.open()  # an answer without a body
        problem = self._landed(receiver)
        if receiver.stale:
            return
        if problem is not None:
            self._failed(receiver.job, problem)
        else:
            self._replies.ended(receiver, ended.error, lasting=ended.lasting)

    def _small_ended(self, small: Small, ended: Ended) -> None:
        checksums = small.verified() if ended.error is None else None
        if checksums is None and ended.error is None and small.follow():
            self._turns.queue_small(small, first=True)
            return
        if checksums is None:  # whatever it is, a job knows what to do
            job = self._as_job(small)
            reception = self._reception(job, job.claim(1))
            job.attempts += 1
            whole = reception.take_over(small.lines, small.chunks)
            error = ended.error if whole else ended.error or ConnectionLost("more bytes than requested")
            self._ended(Ended(reception, error, ended.lasting))
            return
        self._tally.fetched += small.received
        try:
            landing = self._files.place(small.item, small.chunks, checksums, partial(self._small_landed, small))
        except OmicsError as error:
            self._small_failed(small, error)
            return
        small.chunks = []  # hundreds may wait until they are durable
        self._landing += 1
        self._committer.land(landing)

    def _small_landed(self, small: Small, error: TransferError | None) -> None:
        self._landing -= 1
        if error is not None:
            self._small_failed(small, error)
            return
        item, checksums = small.item, small.item.checksums
        held = words(checksums, None if checksums else validator_of(small.lines), size=item.size)
        seconds = self._clock.monotonic() - small.began
        del self._open[small.number]
        outcome = Outcome(item.name, "done", item.size, small.received, 0, checksums, held, 1, seconds)
        self._tell_outcome(small.number, item, outcome._replace(verification=verification_of(checksums, item.size)))

    def _small_failed(self, small: Small, error: OmicsError) -> None:
        """Ends a file that came as it should and couldn't be placed."""
        job = self._as_job(small)
        job.attempts, job.fetched, job.touched = 1, small.received, True
        self._failed(job, error)

    def _as_job(self, waiting: Job | Small) -> Job:
        """The job for an item that didn't go the short way."""
        if isinstance(waiting, Job):
            return waiting
        job = self._job(waiting.number, waiting.item)
        job.location = job.item.locate if isinstance(job.item.locate, Location) else None
        if waiting.sent_on:
            job.direct, job.redirects = waiting.location, 1
        job.began = job.located = waiting.began or self._clock.monotonic()
        job.gained_since_located = False
        job.begin()
        return job

    def _landed(self, reception: Reception) -> OmicsError | None:
        """Counts what a request brought; gives what stopped it from within."""
        reception.finish()
        reception.job.fetched += reception.received
        self._tally.fetched += reception.received
        return problem_of(reception)

    def _wait(self, job: Job, seconds: float) -> None:
        """Lines a job up after a while."""
        self._tally.count_retry()
        self._later.append((self._clock.monotonic() + seconds, job))

    # -- ends

    def _there(self, job: Job, checksums: Mapping[str, str]) -> None:
        """A file is there, right and recorded."""
        self._prepared(job)
        self._over(job, "skipped", checksums)

    def _verified(
        self, job: Job, checksums: dict[str, str], *, fetched: bool, found: os.stat_result | None = None
    ) -> None:
        """A file is whole and right; under its part's name, or already under its own."""
        self._prepared(job)
        self._files.close(job)
        self._landing += 1

        def landed(error: TransferError | None) -> None:
            self._landing -= 1
            if error is not None:
                self._over(job, "failed", error=error)
            else:
                self._over(job, "done" if fetched else "skipped", checksums)

        self._committer.land(self._files.landing(job, checksums, landed, fetched=fetched, found=found))

    def _failed(self, job: Job, error: OmicsError) -> None:
        if not job.over:
            if isinstance(error, TransportError):
                error.about(job.item.title)
            self._prepared(job)
            self._over(job, "failed", error=error)

    def _over(
        self, job: Job, state: State, checksums: Mapping[str, str] | None = None, error: OmicsError | None = None
    ) -> None:
        job.over = True
        job.epoch += 1
        self._files.close(job)
        if state in ("failed", "stopped") and job.record is None and job.touched:
            self._files.remove(job)  # there is no telling what of it could be kept
        del self._open[job.number]
        now = self._clock.monotonic()
        present = state in PRESENT
        outcome = Outcome(
            name=job.item.name,
            state=state,
            size=job.size,
            bytes_fetched=job.fetched,
            bytes_kept=job.kept,
            checksums=checksums or {},
            verified=self._held_against(job) if present else "",
            attempts=job.attempts,
            seconds=now - job.began if job.began is not None else 0.0,
            error=error,
            retries=job.retries,
            verification=verification_of(checksums or {}, job.item.size) if present else "unverified",
        )
        self._tell_outcome(job.number, job.item, outcome)

    def _held_against(self, job: Job) -> str:
        asked = job.validator if job.attempts else None
        said = words(job.item.checksums, asked, size=job.item.size, open_ended=job.open_ended)
        return said if self._spool is None else f"{said}; {self._spool.words(job.item.name)}"

    def _tell_outcome(self, number: int, item: Item, outcome: Outcome) -> None:
        if item.label:
            outcome = outcome._replace(label=item.label)
        self._tally.count(outcome, item.size)
        self._finished(number, outcome)

    def _close(self) -> None:
        with ExitStack() as ends:  # whatever is raised meanwhile, no thread and no socket stays
            ends.callback(self._wire.close)
            ends.callback(self._locators.close, 0.1)
            self._close_jobs()

    def _close_jobs(self) -> None:
        for receiver in self._wire.cancel(lambda _: True):
            assert isinstance(receiver, Reception | Small)
            self._tally.fetched += receiver.received
            if isinstance(receiver, Reception):
                receiver.finish()
                receiver.job.fetched += receiver.received
        for job in self._open.values():
            if isinstance(job, Job):
                job.over = True  # hash threads in the midst of a file look at it
                job.epoch += 1
        # Whoever stops a transfer is waiting: what takes longer ends by itself, and the next run looks at its files.
        self._hashers.close(0.25)
        self._committer.close(hurry=not self.finished)
        self._inbox.deliver()
        for job in list(self._open.values()):
            self._over(self._as_job(job), "stopped")
