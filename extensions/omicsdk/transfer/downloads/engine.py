"""The engine: takes jobs through checking, locating, fetching, hashing and landing. One thread; others only help it."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from logging import getLogger

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.environment import Network, curl_options, network
from omicsdk.core.errors import OmicsError, TransferError, TransportError
from omicsdk.core.redaction import mask_text, without_query
from omicsdk.core.user_agent import user_agent
from omicsdk.transfer.background import Inbox, Pool
from omicsdk.transfer.control import Control
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads.commit import Committer
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.job import Job, Piece
from omicsdk.transfer.downloads.reception import Reception, problem_of
from omicsdk.transfer.downloads.replies import Replies
from omicsdk.transfer.downloads.verify import Verifier
from omicsdk.transfer.items import Item, Location
from omicsdk.transfer.journal import Journal
from omicsdk.transfer.plan import CELL
from omicsdk.transfer.reports.outcome import Outcome, State
from omicsdk.transfer.reports.progress import Progress, phase_of
from omicsdk.transfer.reports.throughput import Throughput
from omicsdk.transfer.tally import Tally
from omicsdk.transfer.width import Sample, next_width
from omicsdk.transfer.wire import Ask, Ended, Patience, Wire

#: Items that are being prepared or wait for a connection, at most, beyond those that are located ahead.
AHEAD = 16
#: Items that are neither done nor waiting to begin, at most: they hold memory.
OPEN = 512
#: Seconds between two looks at what was asked to stop.
TICK = 0.1
#: Seconds over which a rate is measured, for the number of connections.
SAMPLE = 0.25

_log = getLogger("omicsdk.transfer")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to transfer; see `download`."""

    connections: int = 8
    locators: int = 16
    hashers: int = 2
    patience: Patience = field(default_factory=Patience)
    route: Callable[[str], Network] = network
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    control: Control = field(default_factory=Control)
    clock: Clock = SYSTEM_CLOCK
    jitter: Callable[[], float] = random.random
    disk: Disk = field(default_factory=Disk)


class Engine:
    """One run.

    Args:
        items: What to fetch, with their numbers; asked for more as there is room.
        count: How many items there are.
        size: Their stated sizes together, in bytes.
        folder: The target folder.
        run: What keeps this transfer apart from others into the same folder.
        journal: The open journal.
        settings: How.
        finished: Is given each outcome with its item's number, as they come.
        unsized: How many items state no size.
    """

    def __init__(
        self,
        items: Iterator[tuple[int, Item]],
        count: int,
        size: int,
        folder: str,
        run: str,
        journal: Journal,
        settings: Settings,
        finished: Callable[[int, Outcome], None],
        unsized: int = 0,
    ) -> None:
        self._items = items
        self._more = True
        self.finished = False  # whether the run came to its end by itself
        self._settings = settings
        self._control = settings.control
        self._clock = settings.clock
        self._finished = finished
        self._journal = journal
        self._files = PartFiles(folder, run, settings.disk)
        self._wire = Wire(lambda url: curl_options(settings.route(url)), settings.patience, settings.connections)
        self._inbox = Inbox(self._wire.wake)
        self._locators = Pool("omicsdk-locate", settings.locators, self._inbox)
        self._hashers = Pool("omicsdk-hash", settings.hashers, self._inbox)
        self._committer = Committer(journal, folder, self._inbox, settings.disk)
        self._verifier = Verifier(
            self._hashers, self._journal, self._files, self._there, self._verified, self._failed, self._fetch
        )
        self._open = dict[int, Job]()
        self._preparing = 0
        self._ready = deque[Job]()
        self._later: list[tuple[float, Job]] = []
        self._held = dict[str, float]()
        self._landing = 0
        self._width = next_width([], settings.connections)
        self._samples: list[Sample] = []
        self._agent = user_agent()
        self._tally = Tally(count, size, settings.clock.monotonic(), SAMPLE, unsized)
        self._replies = Replies(
            journal=journal,
            files=self._files,
            verifier=self._verifier,
            fetch=self._fetch,
            wait=self._wait,
            hold=self._hold,
            failed=self._failed,
            clock=settings.clock,
            trouble=self._tally.note_trouble,
            jitter=settings.jitter,
        )

    def run(self) -> None:
        """Runs until all items have an outcome or somebody stops it."""
        with self._control.watched(self._wire.wake):
            self._run()

    def _run(self) -> None:
        self._control.begin(self._clock.monotonic())
        try:
            while not self._stopped():
                self._inbox.deliver()
                if self._control.paused:
                    self._suspend()
                else:
                    self._wake_up()
                    self._admit()
                    self._dispatch()
                if not self._open and not self._more:
                    self.finished = True
                    break
                self._committer.push(now=self._landing == len(self._open) and not self._more)
                for ended in self._wire.poll(self._patience()):
                    self._ended(ended)
                self._measure()
        finally:
            self._close()
        self._tell(final=True)

    @property
    def throughput(self) -> Throughput:
        """How fast bytes came."""
        return self._tally.throughput

    # -- the loop's steps

    def _stopped(self) -> bool:
        stop = self._settings.stop
        if stop is not None and stop.is_set():
            self._control.stop()
        return self._control.over(self._clock.monotonic())

    def _suspend(self) -> None:
        """Ends all requests without holding it against anybody; what they brought is kept."""
        for reception in self._flying_cancelled():
            problem = self._landed(reception)
            if reception.stale:
                continue
            reception.job.give_back(reception.piece)
            if problem is not None:
                self._failed(reception.job, problem)
            else:
                self._queue(reception.job, first=True)

    def _flying_cancelled(self) -> list[Reception]:
        return [receiver for receiver in self._wire.cancel(lambda _: True) if isinstance(receiver, Reception)]

    def _patience(self) -> float:
        """How long to wait on the wire; with nothing else to do, the clock is asked to wait instead."""
        wait = TICK
        if self._later or self._held:
            due = min([entry[0] for entry in self._later] + list(self._held.values()))
            wait = min(wait, max(0.0, due - self._clock.monotonic()))
            busy = self._wire.flying or self._locators.waiting or self._hashers.waiting or self._landing
            if not (busy or self._control.paused):
                self._clock.sleep(wait)
                return 0.0
        return wait

    def _wake_up(self) -> None:
        if self._later or self._held:
            now = self._clock.monotonic()
            self._held = {server: until for server, until in self._held.items() if until > now}
            for entry in [entry for entry in self._later if entry[0] <= now]:
                self._later.remove(entry)
                entry[1].paused = False
                self._fetch(entry[1])

    def _admit(self) -> None:
        room = self._settings.locators + AHEAD
        while self._more and self._preparing + len(self._ready) < room and len(self._open) < OPEN:
            entry = next(self._items, None)
            if entry is None:
                self._more = False
                return
            number, item = entry
            job = Job(number, item, *self._files.paths(item.name))
            self._open[number] = job
            self._preparing += 1
            self._verifier.look(job)

    def _fetch(self, job: Job) -> None:
        """Has a job's missing bytes fetched."""
        if job.over:
            return
        if job.location is not None:
            self._queue(job, first=True)
        elif not job.locating:
            self._locate(job)

    def _locate(self, job: Job) -> None:
        locate = job.item.locate
        if isinstance(locate, Location):
            self._located(job, locate)
            return
        job.locating = True
        self._locators.submit(
            locate, lambda location: self._located(job, location), lambda error: self._not_located(job, error)
        )

    def _located(self, job: Job, location: Location) -> None:
        if job.over:
            return
        self._prepared(job)
        job.locating = False
        job.location, job.direct = location, None
        job.located, job.gained_since_located = self._clock.monotonic(), False
        self._queue(job)

    def _not_located(self, job: Job, error: Exception) -> None:
        if job.over:
            return
        if not isinstance(error, OmicsError):
            _log.debug("%s: locate failed", job.item.title, exc_info=error)
            error = TransferError(f"{job.item.title}: asking for its URL failed: {mask_text(repr(error))}", name=job.item.name)
        self._failed(job, error)

    def _prepared(self, job: Job) -> None:
        if job.began is None:
            job.began = self._clock.monotonic()
            self._preparing -= 1

    def _queue(self, job: Job, *, first: bool = False) -> None:
        """Lines a job up for connections."""
        if job.over or job in self._ready:
            return
        if first:
            self._ready.appendleft(job)
        else:
            self._ready.append(job)

    def _dispatch(self) -> None:
        waiting = deque[Job]()
        while self._ready and self._wire.flying < self._width:
            job = self._ready[0]
            if job.claimable and not self._is_held(job):
                self._send(job, job.claim(self._width))
            else:
                self._ready.popleft()
                if not job.over and (job.returned or job.unclaimed):
                    waiting.append(job)
        self._ready.extendleft(reversed(waiting))

    def _hold(self, location: Location, seconds: float) -> None:
        """Leaves a server alone for a while: what it says to one request holds for all."""
        until = self._clock.monotonic() + seconds
        self._held[location.server] = max(until, self._held.get(location.server, 0.0))

    def _is_held(self, job: Job) -> bool:
        location = job.direct or job.location
        return bool(self._held) and location is not None and location.server in self._held

    def _send(self, job: Job, piece: Piece) -> None:
        location = job.direct or job.location
        assert location is not None
        reception = Reception(
            job,
            piece,
            location,
            accept=self._replies.answered,
            open_part=self._files.open,
            write_at=self._files.disk.write_at,
            written=self._replies.cell_written,
            now=self._clock.now,
        )
        headers = {"accept": "*/*", "user-agent": self._agent}
        headers.update((name.lower(), value) for name, value in location.headers.items())
        headers["accept-encoding"] = "identity"  # offsets and checksums are those of the bytes as they are stored
        asked = reception.asked
        if asked.ranged:
            headers["range"] = f"bytes={asked.start}-{'' if asked.end is None else asked.end - 1}"
            if asked.validator:
                headers["if-range"] = asked.validator
        job.attempts += 1
        try:
            self._wire.start(Ask(location.url, tuple(headers.items())), reception)
        except ValueError as error:  # brackets that don't close, a port that is no number
            reason = f"{job.item.title}: its URL makes no sense ({error})"
            self._failed(job, TransportError(reason, method="GET", url=without_query(location.url)))

    def _ended(self, ended: Ended) -> None:
        reception = ended.receiver
        assert isinstance(reception, Reception)
        if ended.error is None and reception.verdict is None and not reception.stale:
            reception.open()  # an answer without a body
        problem = self._landed(reception)
        if reception.stale:
            return
        if problem is not None:
            self._failed(reception.job, problem)
        else:
            self._replies.ended(reception, ended.error, lasting=ended.lasting)

    def _landed(self, reception: Reception) -> OmicsError | None:
        """Counts what a request brought; gives what stopped it from within."""
        reception.finish()
        reception.job.fetched += reception.bytes
        self._tally.fetched += reception.bytes
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

    def _verified(self, job: Job, checksums: dict[str, str], *, fetched: bool) -> None:
        """A file is whole and right; under its part's name, or already under its own."""
        self._prepared(job)
        self._files.close(job)
        self._landing += 1

        def landed(error: TransferError | None) -> None:
            self._landing -= 1
            if error is not None:
                self._failed(job, error)
            else:
                self._over(job, "done" if fetched else "skipped", checksums)

        self._committer.land(self._files.landing(job, checksums, landed, fetched=fetched))

    def _failed(self, job: Job, error: OmicsError) -> None:
        if not job.over:
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
        if job in self._ready:
            self._ready.remove(job)
        now = self._clock.monotonic()
        outcome = Outcome(
            name=job.item.name,
            state=state,
            size=job.size,
            bytes_fetched=job.fetched,
            bytes_kept=job.kept,
            checksums=checksums or {},
            verified=self._verifier.words(job) if state in ("done", "skipped") else "",
            attempts=job.attempts,
            seconds=now - job.began if job.began is not None else 0.0,
            error=error,
        )
        self._tally.count(outcome, job.item.size)
        self._finished(job.number, outcome)

    def _close(self) -> None:
        self._wire.cancel(lambda _: True)
        for job in list(self._open.values()):
            job.epoch += 1
        self._hashers.close(2.0)
        self._committer.close()
        self._inbox.deliver()
        for job in list(self._open.values()):
            self._over(job, "stopped")
        self._locators.close(0.2)
        self._wire.close()

    # -- measuring

    def _flying(self) -> Iterator[Reception]:
        return (receiver for receiver in self._wire.receivers() if isinstance(receiver, Reception))

    def _received(self) -> int:
        return self._tally.fetched + sum(reception.bytes for reception in self._flying())

    def _present(self) -> int:
        """Bytes that are there of files that haven't come to their end, those of begun cells too."""
        begun = sum(reception.piece.position % CELL for reception in self._flying() if not reception.stale)
        return begun + sum(job.present for job in self._open.values())

    def _measure(self) -> None:
        now = self._clock.monotonic()
        busy = self._wire.flying >= self._width
        if self._tally.due(now, busy=busy):
            sample = self._tally.sample(now, self._received(), self._width)
            self._samples = [*self._samples[-63:], sample]
            self._width = next_width(self._samples, self._settings.connections)
        self._tell()

    def _tell(self, *, final: bool = False) -> None:
        progress = self._settings.progress
        now = self._clock.monotonic()
        if final:
            self._tally.record(now, self._received())
        if progress is not None and (final or now >= self._tally.next_word):
            flying = self._wire.flying
            phase = phase_of(
                final=final,
                paused=self._control.paused,
                connections=flying,
                preparing=self._preparing,
                waiting=len(self._ready) + len(self._later),
            )
            told = self._tally.progress(
                now, self._received(), self._present(), final=final, connections=flying, phase=phase
            )
            progress(told)
