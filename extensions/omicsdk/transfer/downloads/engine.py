"""The engine of downloads: executes the commands of the jobs' transition table on network, disk, journal and threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard, TypeVar, cast

from omicsdk.core.errors import (
    APIError,
    ChecksumMissing,
    ConnectFailed,
    NameNotResolved,
    OmicsError,
    ProxyLoginFailed,
    TransferError,
    TransportError,
)
from omicsdk.core.threads import Pool
from omicsdk.transfer import checksums as hashing
from omicsdk.transfer.arguments import a, foreign_words
from omicsdk.transfer.disk import Disk, DiskSpace, lacks_space
from omicsdk.transfer.downloads import messages
from omicsdk.transfer.downloads.files import (
    Committer,
    Landing,
    PartFiles,
    Spool,
    bytes_needed,
    comparison_text,
    is_intact,
    outcome_of,
    recorded,
    usable,
)
from omicsdk.transfer.downloads.job import Job, Piece
from omicsdk.transfer.downloads.receiving import ACCEPTED, ResponseWriter, Small, is_small, problem_of
from omicsdk.transfer.downloads.transitions import TRANSITIONS
from omicsdk.transfer.engine.engine import SAMPLE, CommonSettings, Engine
from omicsdk.transfer.engine.machine import FINAL, PREPARING, Broken, State
from omicsdk.transfer.items import Item, ItemSource
from omicsdk.transfer.journal import MISSING, Journal
from omicsdk.transfer.network import wire
from omicsdk.transfer.network.limits import ConcurrencyController, Scheduler
from omicsdk.transfer.network.plan import CELL, LARGEST, requests_within
from omicsdk.transfer.network.requests import (
    LONGEST_RETRY_AFTER,
    OVERLOADED,
    Location,
    RequestedRange,
    Verdict,
    headers_for,
    validator_of,
)
from omicsdk.transfer.network.wire import Ask, Receiver
from omicsdk.transfer.reports.progress import Counters, Phase, phase_of
from omicsdk.transfer.reports.report import PRESENT, Outcome, verification_of

if TYPE_CHECKING:
    from omicsdk.transfer.downloads.targets import ExistingObject, Store


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Settings(CommonSettings):
    """How to transfer; see `download`."""

    locators: int | None = None
    disk: Disk = field(default_factory=Disk)
    store: Store | None = None  # receives the files from the target folder


#: Bytes of a request from which on another thread may drive it: two threads take files of 300 kB a fifth longer than one, and
#: those of 1 MB less long, since they share the interpreter.
ASIDE = 512 * 1024
#: Maximum number of items that are being prepared or wait for a connection, beyond those that are located ahead.
AHEAD = 16
#: Maximum number of items that are neither done nor waiting to start: each takes memory.
OPEN = 2048
#: Maximum number of items that are examined in one round before other work gets its turn.
AT_ONCE = 256
#: Concurrent calls for URLs, initially and at most, unless the caller sets them: more if a service answers slowly.
FIRST_CALLS, MOST_CALLS = 16, 64
#: Concurrent copies into a cache and out of it.
CACHE_COPIES = 4
#: Seconds between two rounds in which received bytes are written and recorded. A request takes part in the second one
#: after its start at the latest, so that the death of the process costs what arrives in a second.
FLUSH = 0.4
# Name under which the controller measures all calls for URLs: the engine does not know their service.
_SERVICE = ""

T = TypeVar("T")


class Downloads(Engine[Job]):
    """One run.

    Args:
        items: The files; requested further as there is capacity.
        folder: The target folder.
        files: Where their bytes are until they have their names.
        journal: The open journal.
        settings: How to transfer.
        finished: Called with each outcome and its item's number, as they arrive.
        check: Checks each name when it comes; None if all were checked before.
    """

    table = TRANSITIONS

    def __init__(
        self,
        items: ItemSource,
        folder: str,
        files: PartFiles,
        journal: Journal,
        settings: Settings,
        finished: Callable[[int, Outcome], None],
        check: Callable[[str], None] | None = None,
    ) -> None:
        self._items, now = enumerate(items), settings.clock.monotonic()
        self._scheduler = Scheduler[Job | Small](settings.connections, now)
        self._calls = ConcurrencyController(
            settings.locators or MOST_CALLS, now, first=settings.locators or FIRST_CALLS
        )
        counters = Counters(items.files, items.size, now, SAMPLE, items.unsized)
        super().__init__(settings, counters, self._scheduler, finished)
        self.now = settings.clock.now
        self._counted = items.files is not None
        self._check = check
        self._unvalidated = settings.options.resume_unvalidated
        self._journal = journal
        self._files = files
        self._adapts = settings.locators is None
        self._callers = Pool("omicsdk-locate", settings.locators or MOST_CALLS, self._inbox)
        self._controllers.append(self._calls)
        self._unlocated = deque[Job]()
        self._calling = False  # whether calls for URLs ran or waited in the last round
        # Without a lower priority: on two cores they would fall behind a fast link, and hash a large file's end alone.
        self._hashers = Pool("omicsdk-hash", settings.hashers, self._inbox)
        self._caches = settings.options.cache is not None
        self._cachers = Pool("omicsdk-cache", CACHE_COPIES, self._inbox)
        self._spool = Spool(settings.store, journal, self._inbox) if settings.store is not None else None
        self._committer = self._spool or Committer(journal, folder, self._inbox, settings.disk)
        self._small = dict[int, Small]()
        self._space = DiskSpace(folder, items.files or 0, self._unwritten)
        self._preparing = 0
        self._landing = 0  # files that are being renamed
        self._has_large = False  # whether another thread could have driven a request
        self._flush_at = now + FLUSH

    # -- the loop's steps

    def _admit(self) -> None:
        # No more files than calls and connections can take soon: a URL that waits may expire before it is used.
        room = OPEN - self._unfinished
        room = min(room, self._calls.width(_SERVICE) + AHEAD - self._preparing - self._scheduler.crowd)
        checked = 0
        while self._more and room > 0:
            if checked == AT_ONCE:  # other work gets its turn
                self._wire.wake()
                return
            checked += 1
            # Files that wait for the store's puts take space of this disk, of which the spool has a share only.
            if self._spool is not None and not self._spool.has_room(self._open.values()):
                return
            entry = self._control.ask(self._items)
            if entry is None:
                self._more = False
                self._counters.all_seen()
                return
            number, item = entry
            if not self._counted:
                self._counters.expect(item.size)
            if self._check is not None:
                try:
                    self._check(item.name)
                except OmicsError as error:
                    self._refuse(number, item, error)
                    continue
            if self._spool is not None or not self._is_plain(number, item):
                if self._spool is None and self._lacks_space(number, item):
                    continue
                job = self._job(number, item)
                self._preparing += 1
                self.apply(job, messages.Admitted(self._spool is not None))
            # What was skipped or refused at once takes no room.
            room -= number in self._open or number in self._small

    def _is_plain(self, number: int, item: Item) -> bool:
        """Take the fast paths: finish an item that exists and is recorded, or queue one request for a small one."""
        try:
            existing = self._files.existing_stat(item.name)
        except OmicsError:
            return False  # a path that cannot be examined is reported by a job
        checksums = None if existing is None else recorded(self._journal, item, existing)
        if self._options.require_checksum and not (item.states or item.checksums or checksums):
            # Before it is examined further: an existing file under the final name is not touched.
            self._refuse(number, item, ChecksumMissing(item.title, name=item.name))
            return True
        if existing is not None:
            # No record vouches for its bytes: a job hashes them.
            if checksums is None:
                return False
            self._tell(number, outcome_of(item, "skipped", existing.st_size, checksums), item.size)
            return True
        # The part of an earlier run may have bytes of it, and the cache all of them: a job looks for both.
        if not is_small(item) or item.name in self._journal.parts or (self._caches and (item.checksums or item.states)):
            return False
        if self._lacks_space(number, item):
            return True
        small = self._small[number] = Small(number, item)
        self._scheduler.queue(small)
        return True

    def _lacks_space(self, number: int, item: Item) -> bool:
        """Fail an item that does not fit on the disk before it is requested, so that others do."""
        now = self._clock.monotonic()
        size = item.size or 0
        # The first claim is by the size alone and examines no path; only one that fails is repeated with what is on disk.
        if size > LARGEST or self._space.claim(size, now) is None:  # a size that no file has is reported as such
            return False
        error = self._space.claim(bytes_needed(item.name, item.size, self._files), now, name=item.title)
        cache = self._options.cache
        if error is not None and cache is not None and self._options.link != "copy" and cache.has(item):
            return False  # a link takes no space
        if error is not None:
            self._refuse(number, item, error)
        return error is not None

    def _unwritten(self) -> int:
        """Return the bytes of open files that are not on disk yet."""
        large = sum(max(0, (job.size or 0) - job.present) for job in self._open.values())
        return large + sum(small.item.size or 0 for small in self._small.values())

    def _job(self, number: int, item: Item) -> Job:
        job = self._open[number] = Job(number, item, *self._files.paths(item.name), self._options)
        return job

    def _as_job(self, small: Small) -> Job:
        """Return the job for an item whose fast path has ended."""
        del self._small[small.number]
        job = self._job(small.number, small.item)
        job.location = job.item.locate if isinstance(job.item.locate, Location) else None
        if small.sent_on:
            job.direct, job.redirects = small.location, 1
        job.started_at = job.located = small.started_at or self._clock.monotonic()
        # Nothing was received from this URL yet: a refusal counts as that of a new one, see `_url_ended`.
        job.gained_since_located = False
        job.state = State.RECEIVING
        job.begin()
        return job

    def _serve(self) -> None:
        now = self._clock.monotonic()
        if now >= self._flush_at:
            self._flush_at = now + FLUSH
            # Requests of this round are left alone: most small files end within it, and are written once.
            self._flush_all(now - FLUSH)
        calling, self._calling = self._calling, bool(self._unlocated or self._calls.flying)
        if calling or self._calling:  # once more after the last one: the idle time that follows is no measurement
            self._begin_calls()
            if self._adapts:
                self._calls.adapt(now, tuple)
        parts, rate = None, self._control.throttle.rate
        if rate is not None:
            # Small files are exempt: latency, not the limit, dominates their time.
            flying = sum(isinstance(receiver, ResponseWriter) for receiver in self._wire.receivers())
            parts = max(0, requests_within(rate, self._connections) - flying)
        for job, connections in self._scheduler.due(parts):
            if self._dead and (error := self._unreachable(job.server)) is not None:
                # `due` yields it again as long as it can be sent.
                if isinstance(job, Small):
                    job.claimable = False
                self.apply(self._as_job(job) if isinstance(job, Small) else job, Broken(error))
            elif isinstance(job, Small):
                self._send_small(job)
            else:
                self._send(job, job.claim(connections))
        self._scheduler.adapt(self._clock.monotonic(), self._in_flight)

    def _settle(self) -> bool:
        if not (self._unfinished or self._more):
            return True
        if self._landing:
            # Once nothing else is left, waiting for a full batch would only delay the end.
            self._committer.push(now=self._landing == self._unfinished and not self._more)
        return False

    @property
    def _unfinished(self) -> int:
        return len(self._open) + len(self._small)

    @property
    def _hashing(self) -> int:
        return self._hashers.waiting

    def _is_busy(self) -> bool:
        return super()._is_busy() or bool(self._landing)

    def _call_back(self, job: Job) -> None:
        def is_stale(receiver: Receiver) -> bool:
            return isinstance(receiver, ResponseWriter) and receiver.job is job and receiver.stale

        for receiver in self._wire.cancel_aside(is_stale):
            self._call_off(receiver)

    def _changed(self, job: Job, before: State) -> None:
        if before in PREPARING and job.state not in PREPARING:
            job.started_at = self._clock.monotonic()
            self._preparing -= 1

    # -- URLs

    def _request_url(self, job: Job, _: messages.RequestUrl) -> None:
        locate = job.item.locate
        # A known URL needs no call. Once it was refused, `renew` provides the next one.
        if isinstance(locate, Location) and not (job.located and job.item.renew is not None):
            self.apply(job, messages.Located(locate, self._clock.monotonic()))
        else:
            self._unlocated.append(job)
            self._begin_calls()

    def _begin_calls(self) -> None:
        """Start the calls for URLs that may start."""
        while self._unlocated and self._calls.may_start(_SERVICE):
            job = self._unlocated.popleft()
            locate = job.item.renew if isinstance(job.item.locate, Location) else job.item.locate
            if job.state in FINAL or locate is None:
                continue
            self._calls.started(_SERVICE)
            self._callers.submit(locate, partial(self._located, job), partial(self._not_located, job))

    def _located(self, job: Job, location: object) -> None:
        self._calls.ended(_SERVICE, 0)
        if isinstance(location, Location):
            self.apply(job, messages.Located(location, self._clock.monotonic()))
            return
        problem = f"{job.title}: its locate returned {a(location)}, not a Location"
        self.apply(job, Broken(TransferError(problem, name=job.item.name, remedy="Return a Location(url).")))

    def _not_located(self, job: Job, error: Exception) -> None:
        self._calls.ended(_SERVICE, 0)
        if self._adapts and isinstance(error, APIError) and error.status in OVERLOADED:
            wait = error.retry_after or 0.0
            # A longer wait has ended this file; the others do their own request then.
            self._calls.refused(_SERVICE, self._clock.monotonic(), wait if wait <= LONGEST_RETRY_AFTER else 0.0)
        if not isinstance(error, OmicsError):
            reason = foreign_words(job.title, error)
            error = TransferError(f"{job.title}: requesting its URL failed: {reason}", name=job.item.name)
        self.apply(job, Broken(error))

    # -- requests

    def _queue(self, job: Job, command: messages.Queue) -> None:
        self._scheduler.queue(job, first=command.first)

    def _send(self, job: Job, piece: Piece) -> None:
        response = ResponseWriter(job, piece, self, self._files, self._clock.monotonic())
        job.attempts += 1
        # The engine's own thread receives files of unknown size, whose responses change their jobs.
        alone = job.alone or piece.end is None or piece.end - piece.position < ASIDE or not self._has_core
        self._has_large = self._has_large or not alone
        self._start(job, response, response.requested_range, alone=alone)

    def _widen(self) -> None:
        # Whether the link is fast shows only when the first large files end. Not at the first request: where URLs come from
        # redirects, its thread keeps the service's connections, and the second one receives from the store.
        if self._has_large and self._wire.threads == 1:
            self._add_thread()
        super()._widen()

    def _send_small(self, small: Small) -> None:
        small.claimable = False
        small.started_at = small.started_at or self._clock.monotonic()
        self._start(small, small, None, alone=True)

    def _start(
        self, job: Job | Small, receiver: ResponseWriter | Small, requested: RequestedRange | None, *, alone: bool
    ) -> None:
        location = receiver.location
        try:
            self._wire.start(Ask(location.url, headers_for(location, requested)), receiver, alone=alone)
            # Counted only now: a request that could not be sent has no end that would count it off.
            self._scheduler.started(receiver.server)
        except OmicsError as error:  # its URL is invalid, or its part cannot be opened
            self.apply(job if isinstance(job, Job) else self._as_job(job), Broken(error))

    def accepts(self, response: ResponseWriter, verdict: Verdict) -> bool:
        """Decide whether a response's body is written; called from within libcurl, which ends the request if it raises."""
        if response.stale or verdict.kind not in ACCEPTED:
            return False
        if not response.job.over:  # another thread may have accepted it just before the file failed
            self._step(response.job, messages.Answered(response, verdict))
        return True

    def cell_written(self, job: Job, index: int, crc: int, *, recorded: bool = False) -> None:
        """Note a cell that is on disk."""
        job.cell_written(index, crc)
        # The thread that wrote a cell aside has recorded it itself, see `cell_aside`.
        if job.record is not None and not recorded:
            self._journal.cell(job.item.name, index, crc)
        if job.lags:  # the hash threads do not wait for the end of the request
            self.apply(job, messages.Grown())

    def cell_aside(self, job: Job, index: int, crc: int) -> bool:
        """Record a cell that is on disk."""
        if job.record is None:
            return False
        self._journal.cell_aside(job.item.name, index, crc)
        return True

    def cell_begun(self, job: Job, position: int, crc: int, *, aside: bool) -> bool:
        """Note how far a cell is on disk."""
        if not aside:
            self._record_small(job)
        if job.record is None or job.repair is not None:  # a repair replaces cells that are recorded
            return False
        self._journal.cell_begun(job.item.name, position, crc)
        return True

    def _record_small(self, job: Job) -> None:
        """Start the record of a file that usually arrives too fast to need one."""
        if job.record is None and job.size is not None and job.joins and job.repair is None:
            self._record(job, messages.Record())

    def _flush_all(self, before: float) -> None:
        """Have received bytes written and recorded."""
        for receiver in tuple(self._flying()):
            if receiver.received and receiver.started_at <= before and (response := self._writer(receiver)) is not None:
                if response.verdict is not None and response.verdict.kind in ACCEPTED and not response.stale:
                    self._record_small(response.job)
                self._wire.save(response)

    def _ended(self, ended: wire.Ended) -> None:
        receiver = ended.receiver
        assert isinstance(receiver, ResponseWriter | Small)
        self._scheduler.ended(receiver.server, receiver.received)
        if isinstance(receiver, Small) and receiver.writer is None:
            self._small_ended(receiver, ended)
        else:
            response = receiver.writer if isinstance(receiver, Small) else receiver
            assert response is not None
            self._response_ended(response, ended.error, lasting=ended.lasting)

    def _response_ended(self, response: ResponseWriter, error: TransportError | None, *, lasting: bool) -> None:
        if error is None and response.verdict is None and not response.stale:
            response.open()  # a response without a body
        problem = self._received(response)
        # Its bytes are counted as received, but the job has another plan by now, or its outcome.
        if response.stale:
            return
        if problem is None and isinstance(error, ProxyLoginFailed):  # its response is no server's
            problem = error
        if problem is not None:
            self.apply(response.job, Broken(problem))
        elif response.declined:
            response.job.alone = True
            self.apply(response.job, messages.CalledOff(response))
        else:
            self.apply(response.job, self._end_of(response, error, lasting=lasting))

    def _end_of(self, response: ResponseWriter, error: TransportError | None, *, lasting: bool) -> messages.Ended:
        if type(error) in (ConnectFailed, NameNotResolved) and response.location is response.job.direct:
            lasting = False  # a redirect may return another server the next time
        return messages.Ended(response, error, lasting, self._clock.monotonic(), self._jitter())

    def _received(self, response: ResponseWriter) -> OmicsError | None:
        """Count what a request received; return the error that stopped it from within."""
        response.finish()
        response.job.fetched += response.received
        self._counters.fetched += response.received
        return problem_of(response)

    def _call_off(self, receiver: Receiver) -> None:
        assert isinstance(receiver, ResponseWriter | Small)
        # Requests count as work of the server: one that we have ended would make it look faster than it is.
        self._scheduler.ended(receiver.server, receiver.received, counts=False)
        response = self._writer(receiver)
        if response is None:
            assert isinstance(receiver, Small)
            receiver.again()
            self._scheduler.queue(receiver, first=True)
            return
        problem = self._received(response)
        if response.stale:
            return
        if problem is not None:
            self.apply(response.job, Broken(problem))
        elif response.whole:  # only the end of the response was missing
            self.apply(response.job, self._end_of(response, None, lasting=False))
        else:
            self.apply(response.job, messages.CalledOff(response))

    # -- small files

    def _writer(self, receiver: ResponseWriter | Small) -> ResponseWriter | None:
        """Return what writes a request's bytes to disk as they arrive: a small file becomes a job.

        Returns:
            None for a small file of which nothing has arrived.
        """
        if isinstance(receiver, ResponseWriter):
            return receiver
        if receiver.writer is None and receiver.received:
            self._outgrow(receiver)
        return receiver.writer

    def _outgrow(self, small: Small) -> ResponseWriter:
        """Have a job handle the response to a small file; return what writes it."""
        job = self._as_job(small)
        response = small.writer = ResponseWriter(job, job.claim(1), self, self._files, self._clock.monotonic())
        job.attempts += 1
        chunks, small.chunks = small.chunks, []
        response.take_over(small.lines, chunks)
        return response

    def _small_ended(self, small: Small, ended: wire.Ended) -> None:
        checksums = small.verified(self._options.require_checksum) if ended.error is None else None
        if checksums is None and ended.error is None and small.follow():
            self._scheduler.queue(small, first=True)
            return
        if checksums is None:  # a job handles any other response
            self._response_ended(self._outgrow(small), ended.error, lasting=ended.lasting)
            return
        self._counters.fetched += small.received
        try:
            landing = self._files.write_whole(small.item, small.chunks, checksums, partial(self._small_landed, small))
        except OmicsError as error:
            self._small_failed(small, error)
            return
        small.chunks = []  # hundreds of files may wait to become durable
        self._landing += 1
        self._committer.land(landing)

    def _small_landed(self, small: Small, error: TransferError | None) -> None:
        self._landing -= 1
        if error is not None:
            self._small_failed(small, error)
            return
        item, checksums = small.item, small.checksums
        del self._small[small.number]
        validator = None if checksums else validator_of(small.lines)
        outcome = outcome_of(
            item,
            "done",
            item.size,
            checksums,
            validator,
            bytes_fetched=small.received,
            attempts=1,
            seconds=self._clock.monotonic() - small.started_at,
            server=small.server,
        )
        self._tell(small.number, outcome, item.size)

    def _small_failed(self, small: Small, error: OmicsError) -> None:
        """Fail a file that was received correctly but could not be placed."""
        job = self._as_job(small)
        # `touched`, so that its part is removed when the job fails.
        job.attempts, job.fetched, job.touched = 1, small.received, True
        self.apply(job, Broken(error))

    # -- commands

    def _look_at_disk(self, job: Job, _: messages.LookAtDisk) -> None:
        name, journal = job.item.name, self._journal
        existing = self._files.existing_stat(name)
        checksums = None if existing is None else recorded(journal, job.item, existing)
        record = usable(journal, job.item, unvalidated=self._unvalidated)
        length = None if checksums is not None else self._files.part_length(job)
        intact = None if existing is None else is_intact(journal.done_state(name), existing)
        self.apply(job, messages.DiskExamined(existing, length, checksums, record, name in journal.parts, intact))

    def _look_in_store(self, job: Job, _: messages.LookInStore) -> None:
        assert self._spool is not None

        def on_existing(stored: ExistingObject | None) -> None:
            lacking = self._options.require_checksum and not (
                job.item.states or job.item.checksums or (stored and stored.checksums)
            )
            error = ChecksumMissing(job.title, name=job.item.name) if lacking else None
            self.apply(job, messages.InStore(stored, error))

        self._spool.find_existing(job.item, on_existing, lambda error: self.apply(job, messages.InStore(None, error)))

    def _look_in_cache(self, job: Job, command: messages.LookInCache) -> None:
        cache, link, files, item = self._options.cache, self._options.link, self._files, job.item
        assert cache is not None
        files.make_parent(job.part, item)
        self._with_cache(
            job,
            lambda stopped: cache.take(item, job.part, link=link, create=files.disk.create, stopped=stopped),
            lambda cached: messages.CacheLooked(cached, command.disk_state),
        )

    def _enter_cache(self, job: Job, command: messages.EnterCache) -> None:
        cache, link, checksums = self._options.cache, self._options.link, command.checksums
        assert cache is not None
        self._with_cache(
            job,
            lambda stopped: cache.add(job.part, checksums, link=link, stopped=stopped),
            lambda cached: messages.CacheEntered(checksums, cached),
        )

    def _with_cache(self, job: Job, task: Callable[[Callable[[], bool]], T], on_result: Callable[[T], object]) -> None:
        epoch = job.epoch

        def failed(error: Exception) -> None:
            # A cache reports what fails within it as a file that it does not have: anything else is a bug.
            if not isinstance(error, hashing.Stopped):
                raise error

        self._in_background(self._cachers, job, lambda: task(lambda: job.epoch != epoch), on_result, failed)

    def _hash_existing(self, job: Job, command: messages.HashExisting) -> None:
        self._read(
            job,
            job.final,
            lambda stopped: hashing.checksums_of(job.final, job.item.checksums, command.existing.st_size, stopped),
            lambda checksums: messages.ExistingHashed(checksums, command.existing, command.disk_state),
        )

    def _read_cells(self, job: Job, command: messages.ReadCells) -> None:
        record, cells = command.record, command.cells

        def read(stopped: Callable[[], bool]) -> messages.CellsRead:
            damaged = hashing.damaged_cells(job.part, cells, command.size, stopped)
            # The journal may have the old CRC of a cell that an earlier run found damaged, and how far it was fetched
            # again.
            beginnings = {} if record is None else record.beginnings
            lost = {index: beginnings[index] for index in beginnings if cells[index] == MISSING or index in damaged}
            return messages.CellsRead(damaged, record, hashing.sound_beginnings(job.part, lost, stopped))

        self._read(job, job.part, read, lambda event: event)

    def _hash_further(self, job: Job, command: messages.HashFurther) -> None:
        digests, start, end = command.digests, command.start, command.end
        self._read(
            job,
            job.part,
            lambda stopped: hashing.follow(job.part, digests, start, lambda: job.reach, stopped),
            lambda count: messages.Hashed(digests, count, end - start),
        )

    def _read(
        self, job: Job, path: str, task: Callable[[Callable[[], bool]], T], on_result: Callable[[T], object]
    ) -> None:
        """Hash a file of a job in a hash thread."""
        epoch = job.epoch

        def failed(error: Exception) -> Broken | None:
            if isinstance(error, OSError):
                what = f"{job.title}: reading {path} failed: {error.strerror}"
                return Broken(TransferError(what, name=job.item.name))
            if isinstance(error, hashing.Stopped):
                return None
            raise error

        self._in_background(self._hashers, job, lambda: task(lambda: job.epoch != epoch), on_result, failed)

    def _wait(self, job: Job, command: messages.Wait) -> None:
        self._retry_after(job, command.seconds, messages.Due())

    def _record(self, job: Job, _: messages.Record) -> None:
        assert job.size is not None
        job.record = self._journal.begin(job.item.name, job.size, job.validator, job.item.checksums)
        # The job and its record share the cells from now on: what the job notes is in the record too.
        received, job.cells = job.cells, job.record.cells
        for index, crc in enumerate(received):  # before the size was known
            if crc != MISSING:
                self._journal.cell(job.item.name, index, crc)
        # What another thread wrote before there was a record, it records with its next write, or when `_flush_all` asks it to:
        # to wake it here for each file took more time than the record.

    def _commit(self, job: Job, command: messages.Commit) -> None:
        self._landing += 1

        def landed(error: TransferError | None) -> None:
            self._landing -= 1
            self.apply(job, messages.Committed(command.checksums, command.fetched, error))

        assert job.size is not None
        part = job.part if command.fetched else None
        self._committer.land(
            Landing(
                job.item.name,
                part,
                job.final,
                job.size,
                command.checksums,
                landed,
                command.existing,
                job.item.source_digest,
            )
        )

    # -- ends

    def _fail(self, job: Job, error: OmicsError) -> None:
        self._finish(job, messages.Finish(error=error))

    def _finish(self, job: Job, command: messages.Finish) -> None:
        checksums, error = command.checksums, command.error
        present = job.state in PRESENT
        if job.server:
            self._note_dead(job.server, error)
        # Before `_over`, which makes these requests stale: nothing of them would be written then.
        uncounted = self._save_failed(job) if job.state is State.FAILED and job.flying else 0
        fetched = job.fetched + uncounted
        outcome = self._over(job, error)._replace(
            name=job.item.name,
            size=job.size,
            bytes_fetched=fetched,
            checksums=checksums,
            verified=self._verify_against(job) if present else "",
            verification=verification_of(checksums, job.item.size) if present else "unverified",
            source=job.item.stated_source,
            server=job.server if fetched else "",
            label=job.item.label,
            from_cache=present and job.from_cache,
        )
        # After `_over` has ended the requests of other threads: they write to this descriptor, whose number another
        # file may get.
        self._files.close(job)
        if job.state in (State.FAILED, State.STOPPED) and job.record is None and job.touched:
            self._files.remove(job)  # the reusable part of it is unknown
        # An error of the file system, not of a file that grows for too long.
        if lacks_space(error) and isinstance(error.__cause__, OSError):
            self._space.refused(self._clock.monotonic())
            if needed := bytes_needed(job.item.name, job.size, self._files):
                error.message += f": {needed:,} more bytes are needed"
        self._tell(job.number, outcome, job.item.size)

    def _save_failed(self, job: Job) -> int:
        """Have what other requests of a failed job received written and recorded, as far as it can be.

        Returns:
            The bytes that those received which are counted at their ends, after the job's outcome.
        """

        def is_of_job(receiver: object) -> TypeGuard[ResponseWriter]:
            return isinstance(receiver, ResponseWriter) and receiver.job is job

        for receiver in filter(is_of_job, self._wire.cancel_aside(is_of_job)):
            self._scheduler.ended(receiver.server, receiver.received, counts=False)
            self._received(receiver)
        ending = [*filter(is_of_job, (ended.receiver for ended in self._just_ended))]
        for receiver in ending:
            receiver.finish()
        flying = [*filter(is_of_job, self._flying())]
        for receiver in flying:
            receiver.save()
        return sum(receiver.received for receiver in (*ending, *flying))

    def _verify_against(self, job: Job) -> str:
        validator = job.validator if job.attempts else None
        description = comparison_text(job.item.checksums, validator, size=job.item.size, open_ended=job.open_ended)
        return description if self._spool is None else f"{description}; {self._spool.comparison_text(job.item.name)}"

    def _refuse(self, number: int, item: Item, error: OmicsError) -> None:
        self._tell(number, Outcome(item.name, "failed", item.size, error=error, label=item.label), item.size)

    def _close_all(self, stack: ExitStack) -> None:
        stack.callback(self._callers.close, 0.1)
        # What they have received is written and recorded, so that the next run resumes at the last byte.
        for receiver in self._wire.cancel(self._pauses):
            assert isinstance(receiver, ResponseWriter | Small)
            response = self._writer(receiver)
            if response is not None:
                response.finish()
                response.job.fetched += response.received
                self._counters.fetched += response.received
        for job in self._open.values():
            job.epoch += 1  # hash threads may still be reading its file
        # The user is waiting for the stop: slower threads end in the background, and the next run checks their files.
        self._hashers.close(0.25)
        self._cachers.close(0.25)
        # Before the jobs are stopped: files whose commits end in time are done, and their results come through the
        # inbox.
        self._committer.close(hurry=not self.finished)
        self._inbox.deliver()
        for small in list(self._small.values()):
            self._as_job(small)
        for job in list(self._open.values()):
            if job.touched and job.have:
                self._record_small(job)  # its bytes arrived, but are not verified
            self.apply(job, messages.Stopped())

    # -- measuring

    def _in_flight(self) -> list[tuple[str, int]]:
        """Return the server of each request in flight and the bytes it has received."""
        return [(receiver.server, receiver.received) for receiver in self._flying()]

    def _flying(self) -> Iterable[ResponseWriter | Small]:
        return cast("Iterable[ResponseWriter | Small]", self._wire.receivers())

    def _moved(self) -> int:
        moved = self._counters.fetched
        for receiver in self._flying():
            moved += receiver.received
        return moved

    def _present(self) -> int:
        responses = (receiver for receiver in self._flying() if isinstance(receiver, ResponseWriter))
        # The last, short cell of a whole piece is among the job's already.
        begun = (response.piece for response in responses if not (response.stale or response.whole))
        return sum(piece.position % CELL for piece in begun) + sum(job.present for job in self._open.values())

    def _phase(self) -> Phase:
        return phase_of(
            paused=self._control.paused,
            connections=self._wire.flying,
            preparing=self._preparing,
            waiting=self._scheduler.waiting + len(self._later),
        )

    executors: ClassVar[dict[type[Any], Callable[[Any, Any, Any], None]]] = {
        **Engine.executors,
        messages.LookAtDisk: _look_at_disk,
        messages.LookInStore: _look_in_store,
        messages.LookInCache: _look_in_cache,
        messages.EnterCache: _enter_cache,
        messages.HashExisting: _hash_existing,
        messages.ReadCells: _read_cells,
        messages.HashFurther: _hash_further,
        messages.RequestUrl: _request_url,
        messages.Queue: _queue,
        messages.Wait: _wait,
        messages.Record: _record,
        messages.DropRecord: lambda self, job, _: self._journal.drop(job.item.name),
        messages.ForgetDone: lambda self, job, _: self._journal.forget(job.item.name),
        messages.ClosePart: lambda self, job, _: self._files.close(job),
        messages.CutPart: lambda self, job, command: self._files.cut_off(job, command.size),
        messages.MakeEmpty: lambda self, job, _: self._files.open(job),
        messages.RemovePart: lambda self, job, _: self._files.remove(job),
        messages.TakeBack: lambda self, job, _: self._files.take_back(job),
        messages.RemoveExisting: lambda self, job, _: self._files.remove_wrong(job),
        messages.Commit: _commit,
        messages.Finish: _finish,
    }
