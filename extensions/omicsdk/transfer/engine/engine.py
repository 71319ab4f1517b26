"""The loop of a transfer. One thread makes all decisions; others move bytes, hash, call services and sync."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, cast

from omicsdk.core.clock import SYSTEM_CLOCK, TICK, Clock
from omicsdk.core.errors import (
    ConnectFailed,
    Interrupted,
    OmicsError,
    ProxyFailed,
    ProxyLoginFailed,
    TimedOut,
    TooManyOpenFiles,
    TransportError,
)
from omicsdk.core.logs import logger
from omicsdk.core.sending.connections import Network, network
from omicsdk.core.threads import Inbox, Pool, usable_cores
from omicsdk.transfer.engine.control import RESUMES, interrupts, report_stopped
from omicsdk.transfer.engine.machine import FINAL, Broken, HoldServer, Relieve, State, Table
from omicsdk.transfer.engine.options import TransferOptions
from omicsdk.transfer.network.limits import ConcurrencyController
from omicsdk.transfer.network.requests import Patience
from omicsdk.transfer.network.wire import Ended, Receiver, Wire
from omicsdk.transfer.reports.progress import Counters, Phase, notebook_progress
from omicsdk.transfer.reports.report import Outcome, Outcomes, TransferReport
from omicsdk.transfer.reports.report import State as Result

if TYPE_CHECKING:
    from omicsdk.transfer.network.wires import Wires

CORES = usable_cores()
#: Maximum number of threads that hash: SHA-256 of what four cores download needs one more.
HASHERS = min(8, max(2, CORES // 4))


def random_fraction() -> float:
    """Return a random number from 0 to 1, for delays."""
    # From the system: importing `random` takes 3 ms, and a file descriptor, which may be exhausted.
    return int.from_bytes(os.urandom(7), "big") / (1 << 56)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CommonSettings:
    """What downloads and uploads have in common; see `download`."""

    options: TransferOptions
    connections: int
    patience: Patience
    hashers: int = HASHERS
    route: Callable[[str], Network] = network
    clock: Clock = SYSTEM_CLOCK


#: File descriptors of a connection (its socket, its file, and an idle connection or a thread that hashes), and those that the rest of
#: a transfer takes: the journal, pollers (three for each thread that moves bytes), syncing, looking up names, imports.
PER_CONNECTION, FOR_THE_REST = 3, 25


def connections_within(connections: int, free: int) -> int:
    """Return how many connections a number of free file descriptors suffices for, at least 1.

    Args:
        connections: The desired number.
        free: File descriptors that may still be opened.
    """
    return max(1, min(connections, (free - FOR_THE_REST) // PER_CONNECTION))


def affordable(connections: int) -> int:
    """Return how many connections the process's limit of open files suffices for, and log it if these are fewer.

    Args:
        connections: The desired number.
    """
    if not hasattr(os, "sysconf"):  # sockets of Windows are not limited
        return connections
    limit = os.sysconf("SC_OPEN_MAX")
    try:
        descriptor = os.open(os.devnull, os.O_RDONLY)  # the lowest that is free: about as many are open
    except OSError:
        descriptor = limit  # what needs one next reports it
    else:
        os.close(descriptor)
    fewer = connections if limit < 0 else connections_within(connections, limit - descriptor)
    if fewer < connections:
        message = "at most %d of %d connections are used: only %d files may be open. Raise the limit: ulimit -n 1024"
        _log.warning(message, fewer, connections, limit)
    return fewer


#: Seconds that one rate of a report's curve covers.
SAMPLE = 0.25
#: Another thread moves bytes if this many bytes a second move (fewer are those of small files, of which the interpreter's work is the
#: most) and the engine's own thread is busy for this share of the time, both over the third number of seconds; the fourth is the
#: maximum number of threads: more would wait for the interpreter.
FAST, BUSY, PERIOD, THREADS = 64_000_000, 0.8, 0.02, min(4, CORES)

_log = logger("omicsdk.transfer")

T = TypeVar("T")


def new_wire(settings: CommonSettings, answered: set[str]) -> Wire:
    """Create the connections that one thread drives, or what takes their place; `answered` is as for `Wire`."""
    control, connections = settings.options.control, settings.connections
    make: Callable[..., Wire] = Wire
    if control.substitute is not None and (answering := control.substitute()) is not None:
        from omicsdk.transfer.network.substitutes import SubstituteWire

        make = partial(SubstituteWire, answering, connections)
    return make(
        settings.route,
        settings.patience,
        connections,
        control.throttle,
        settings.clock.monotonic,
        answered=answered,
    )


class Job(Protocol):
    """What every job has.

    Attributes:
        number: Its index among the items.
        state: Its state.
        epoch: The number of its restarts: results from an earlier epoch are ignored.
        started_at: When its first request was sent, by the monotonic clock; None before.
        bytes_kept: Bytes from an earlier run.
        attempts: Requests for bytes.
        retries: Failures that were retried.
    """

    number: int
    state: State
    epoch: int
    started_at: float | None
    bytes_kept: int
    attempts: int
    retries: int

    @property
    def title(self) -> str:
        """Its name in messages."""
        ...


J = TypeVar("J", bound=Job)
C = TypeVar("C")


def step(table: Table[J, C], job: J, event: object, rules: object) -> list[C]:
    """Apply an event to a job.

    Args:
        table: The transitions of the job's kind.
        job: The job; its state and data change.
        event: What happened.
        rules: The rules of the run, passed to the handler.

    Returns:
        Commands for the engine, in order.

    Raises:
        KeyError: The table has no such event in the job's state: a bug.
        RuntimeError: The handler ended in a state that the table does not list: a bug.
        OmicsError: The handler found that the job cannot continue.
    """
    before = job.state
    transition = table[before, type(event)]
    commands = transition.handler(job, event, rules)
    if job.state not in transition.next_states:
        raise RuntimeError(f"{type(event).__name__} led from {before} to {job.state}, which its table does not list")
    return commands


class Engine(ABC, Generic[J]):
    """One run: applies events to jobs by their table, and executes the resulting commands.

    Args:
        settings: How to transfer.
        counters: The counters.
        controller: Limits the requests to each server.
        finished: Called with each item's number and outcome, as they arrive.

    Attributes:
        finished: Whether the run ended without being stopped.
    """

    table: ClassVar[Table[Any, Any]]
    _callers: Pool  # threads that call services

    def __init__(
        self,
        settings: CommonSettings,
        counters: Counters,
        controller: ConcurrencyController,
        finished: Callable[[int, Outcome], None],
    ) -> None:
        self.finished = False
        self._concurrency = controller
        self._controllers = [controller]
        self._rules: Any = settings.patience  # passed to handlers
        self._connections = settings.connections
        self._options = settings.options
        self._progress = settings.options.progress or notebook_progress()
        self._stop = settings.options.stop
        self._jitter = random_fraction
        self._control = settings.options.control
        self._clock = settings.clock
        self._counters = counters
        self._report = finished
        self._settings = settings
        # Shared by all wires of the run: a server that has responded to one of them is not one that never did.
        self._answered = set[str]()
        self._dead = dict[str, TransportError]()  # errors of servers and proxies that cannot be reached at all
        self._wire: Wire | Wires = new_wire(settings, self._answered)
        self._threads = min(THREADS, settings.connections)
        self._last_sample = time.monotonic(), time.thread_time(), 0
        self._just_ended = deque[Ended]()  # by the last poll, and not handled yet
        self._inbox = Inbox(self._wire.wake)
        self._open = dict[int, J]()
        self._more = True  # whether the source may have another item
        self._later = list[tuple[float, J, object, int | None]]()

    def run(self) -> None:
        """Run until all items have an outcome or the transfer is stopped."""
        with interrupts(self._control), self._control.watched(self._wire.wake):
            now = self._clock.monotonic()
            try:
                while not self._control.over(now, self._stop):
                    paused = self._control.paused
                    if self._inbox.filled:
                        self._inbox.deliver()
                    if paused:
                        # Ended, not held: no server waits for an hour, and files resume at the same byte.
                        for receiver in self._wire.cancel(self._pauses):
                            self._call_off(receiver)
                    else:
                        if self._later:
                            self._wake_up()
                        for controller in self._controllers:
                            if controller.opens is not None and controller.opens <= now:
                                controller.open(now)
                        if self._more:
                            self._admit()
                    if self._settle():
                        self.finished = True
                        break
                    if not paused:
                        self._serve()
                    self._widen()
                    # Paused jobs are not served when they are due.
                    self._just_ended.extend(self._wire.poll(TICK if paused else self._wait_for()))
                    while self._just_ended:
                        self._ended(self._just_ended.popleft())
                    now = self._clock.monotonic()
                    if now >= self._counters.next_sample or (self._progress and now >= self._counters.next_word):
                        self._measure(now)
            finally:
                self._close()
            self._measure(self._clock.monotonic(), final=True)

    def report(
        self, outcomes: Outcomes, started_at: float, title: str, how: str = RESUMES, target: str = ""
    ) -> TransferReport:
        """Return the report, after the run.

        Args:
            outcomes: The outcomes of all items.
            started_at: When the transfer began, by the monotonic clock.
            title: The transfer's title.
            how: How to resume it, if it was stopped.
            target: Folder or URI that the names are relative to; "" if there is none.

        Raises:
            KeyboardInterrupt: It was interrupted.
        """
        seconds = self._clock.monotonic() - started_at
        report = TransferReport(
            outcomes,
            seconds,
            throughput=self._counters.throughput,
            began=self._clock.now() - seconds,
            title=title,
            why_stopped="" if self.finished else self._control.why,
            target=target,
        )
        report_stopped(self._control, report, how)
        return report

    # -- jobs

    def apply(self, job: J, event: object) -> None:
        """Apply an event to a job and execute the resulting commands.

        Args:
            job: The job; nothing happens if it is over.
            event: What happened.
        """
        if job.state in FINAL:
            return
        # A stop may end a call of a service before the loop sees it. The job has not failed: it ends with all that are open.
        if isinstance(getattr(event, "error", None), Interrupted) and self._control.over(
            self._clock.monotonic(), self._stop
        ):
            return
        try:
            self._step(job, event)
        except OmicsError as error:
            # A command has failed: as an event, so that the job ends as by any other.
            if job.state not in FINAL:
                self.apply(job, Broken(error))
            elif job.number in self._open:  # a command before its end failed
                job.state = State.FAILED
                self._fail(job, error)

    def _step(self, job: J, event: object) -> None:
        before, epoch = job.state, job.epoch
        commands = step(self.table, job, event, self._rules)
        # Before the commands, which may close or rewrite the part that another thread still writes to.
        if self._wire.threads > 1 and job.epoch != epoch:
            self._call_back(job)
        if job.state is not before:
            self._changed(job, before)
        # In their order; the first that raises ends the job, and those after it are not executed.
        for command in commands:
            self.executors[type(command)](self, job, command)

    def _in_background(
        self,
        pool: Pool,
        job: J,
        task: Callable[[], T],
        on_result: Callable[[T], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Run a task in a thread; its result is ignored if the job's epoch has changed.

        Args:
            pool: The threads.
            job: The job.
            task: The task.
            on_result: Makes the event from its result.
            failed: Makes the event from its exception; None to ignore it.
        """
        epoch = job.epoch

        def tell(make: Callable[[Any], object], result: object) -> None:
            if job.epoch == epoch and (event := make(result)) is not None:
                self.apply(job, event)

        pool.submit(task, lambda result: tell(on_result, result), lambda error: tell(failed, error))

    def _retry_after(self, job: J, seconds: float, event: object, epoch: int | None = None) -> None:
        """Apply an event after a delay; if an epoch is given, only while the job is in it."""
        self._counters.count_retry()
        self._later.append((self._clock.monotonic() + seconds, job, event, epoch))

    def _hold(self, _: J, command: HoldServer) -> None:
        self._concurrency.hold(command.location.server, self._clock.monotonic() + command.seconds)

    def _relieve(self, _: J, command: Relieve) -> None:
        self._concurrency.refused(command.location.server, self._clock.monotonic(), command.seconds)

    def _unreachable(self, server: str, route: Network | None = None) -> TransportError | None:
        """Return the error of a server that cannot be reached, or whose proxy cannot; for one job.

        Args:
            server: The server.
            route: The route to it; None for that of the run's settings.
        """
        if not self._dead:
            return None
        proxy = (route or self._settings.route(f"{server}/")).proxy
        error = self._dead.get(server) or (self._dead.get(proxy) if proxy else None)
        # A new one for each job: the name of the job is added to it when it fails.
        return error and type(error)(error.message, method=error.method, url=error.url, remedy=error.remedy)

    def _note_dead(self, server: str, error: OmicsError | None, route: Network | None = None) -> None:
        """Note why a job failed if its server never responded, or its proxy does not: other files need not try.

        Args:
            server: The server.
            error: Why it failed.
            route: The route to the server; None for that of the run's settings.
        """
        # A server that has responded in this run has an outage, after which it may respond again.
        is_dead = server not in self._answered or isinstance(error, ProxyLoginFailed)
        if not (is_dead and isinstance(error, ConnectFailed | TimedOut)):
            return
        proxy = (route or self._settings.route(f"{server}/")).proxy
        of_proxy = proxy is not None and type(error) in (ConnectFailed, ProxyFailed, ProxyLoginFailed)
        self._dead[proxy if of_proxy and proxy is not None else server] = error

    def _widen(self) -> None:
        """Start another thread that moves bytes, if the link is faster than this one."""
        now, (start, busy, before) = time.monotonic(), self._last_sample
        if now - start < PERIOD:
            return
        seconds, moved = now - start, self._moved()
        self._last_sample = now, time.thread_time(), moved
        is_fast = moved - before >= FAST * seconds and self._last_sample[1] - busy >= BUSY * seconds
        if is_fast and self._open:  # other threads take no small files, which are no jobs
            self._add_thread()

    def _add_thread(self) -> None:
        """Start another thread that moves bytes, unless there are enough or no core is free."""
        if not self._has_core or self._wire.threads >= self._threads or self._control.rate_limit is not None:
            return
        from omicsdk.transfer.network.wires import Wires

        if not isinstance(self._wire, Wires):
            self._wire = Wires(self._wire)
        try:
            self._wire.add(new_wire(self._settings, self._answered))
        except (TooManyOpenFiles, RuntimeError) as error:  # existing threads continue
            self._threads = self._wire.threads
            _log.info("no further thread moves bytes: %s", error)
        else:
            self._concurrency.widen(self._wire.threads)

    @property
    def _has_core(self) -> bool:
        """Whether a further thread would have a free core; otherwise hashing takes the time that moving bytes needs."""
        return self._hashing + 1 < CORES

    def _call_back(self, job: J) -> None:
        """Stop what other threads still write for a job that has restarted or is over."""

    def _wake_up(self) -> None:
        now = self._clock.monotonic()
        due = [entry for entry in self._later if entry[0] <= now]
        # Before the events are applied, since these may add delays.
        self._later = [entry for entry in self._later if entry[0] > now]
        for _, job, event, epoch in due:
            if epoch in (None, job.epoch):
                self.apply(job, event)

    def _wait_for(self) -> float:
        """Return how long to wait on the network; if nothing else can happen, wait on the clock instead."""
        dues = [controller.opens for controller in self._controllers if controller.opens is not None]
        dues += [entry[0] for entry in self._later]
        if not dues:
            return TICK
        # Within a tick, since an event of the program's own (`stop`) does not wake the poll.
        wait = min(TICK, max(0.0, min(dues) - self._clock.monotonic()))
        if self._wire.flying or self._is_busy():
            return wait
        # Nothing is open, so this waits on the clock, which tests move, and not on sockets.
        self._clock.sleep(wait)
        return 0.0

    def _over(self, job: J, error: OmicsError | None) -> Outcome:
        """Forget a job that is over and its requests; return what both kinds of outcome share."""
        # From now on results of its requests and tasks that are still under way are ignored.
        job.epoch += 1
        if self._wire.threads > 1:
            self._call_back(job)
        del self._open[job.number]
        if not self._open:
            self._wire.wake()  # the round that ends the last one while it sends would wait for the network
        if isinstance(error, TransportError):
            error.about(job.title)
        return Outcome(
            name=job.title,
            size=None,
            state=cast("Result", job.state.value),
            bytes_kept=job.bytes_kept,
            attempts=job.attempts,
            retries=job.retries,
            seconds=self._clock.monotonic() - job.started_at if job.started_at is not None else 0.0,
            error=error,
        )

    def _tell(self, number: int, outcome: Outcome, stated_size: int | None) -> None:
        """Report an outcome.

        Args:
            number: The item's number.
            outcome: Its outcome.
            stated_size: The size that progress counted it with; None if unknown.
        """
        # At most its size: bytes that were fetched twice are present once.
        bytes_kept = min(outcome.size or 0, outcome.bytes_kept + outcome.bytes_fetched)
        self._counters.count(outcome.state, outcome.size, stated_size, bytes_kept)
        self._report(number, outcome)

    def _close(self) -> None:
        with ExitStack() as stack:  # whatever is raised meanwhile, no thread and no socket may remain
            stack.callback(self._wire.close)
            self._close_all(stack)

    def _measure(self, now: float, *, final: bool = False) -> None:
        """Record what moved, and call the progress function, when it is time."""
        if final or now >= self._counters.next_sample:
            self._counters.record(now, self._moved())
        if self._progress is not None and (final or now >= self._counters.next_word):
            phase = "over" if final else self._phase()
            self._progress(self._counters.progress(now, self._moved(), self._present(), phase, self._wire.flying))

    # -- implemented by downloads and uploads

    @abstractmethod
    def _admit(self) -> None:
        """Take items from the source while there is capacity."""

    @abstractmethod
    def _serve(self) -> None:
        """Send the requests that may be sent."""

    @abstractmethod
    def _settle(self) -> bool:
        """Do what follows on files that have ended; return whether all is over."""

    @abstractmethod
    def _ended(self, ended: Ended) -> None:
        """Handle the end of a request."""

    def _pauses(self, receiver: Receiver) -> bool:
        """Whether a pause ends a request."""
        del receiver
        return True

    @abstractmethod
    def _call_off(self, receiver: Receiver) -> None:
        """Handle a request that a pause has ended."""

    def _changed(self, job: J, before: State) -> None:
        """Note a job's new state."""

    @abstractmethod
    def _fail(self, job: J, error: OmicsError) -> None:
        """Report that a job has failed after all."""

    @property
    @abstractmethod
    def _hashing(self) -> int:
        """Amount of work that hash threads have or wait for."""

    def _is_busy(self) -> bool:
        """Whether threads have work whose results are awaited."""
        return bool(self._callers.waiting or self._hashing)

    @abstractmethod
    def _close_all(self, stack: ExitStack) -> None:
        """End threads and jobs."""

    @abstractmethod
    def _moved(self) -> int:
        """Bytes that moved over the network."""

    @abstractmethod
    def _present(self) -> int:
        """Present bytes of unfinished files, for progress."""

    def _phase(self) -> Phase:
        """The phase of a transfer that is not over."""
        return "moving"

    executors: ClassVar[dict[type[Any], Callable[[Any, Any, Any], None]]] = {HoldServer: _hold, Relieve: _relieve}
