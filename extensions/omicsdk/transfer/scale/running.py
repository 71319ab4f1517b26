"""`run_shards`: has any executor run shards, and has lost ones run again."""

from __future__ import annotations

import pickle
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from logging import getLogger
from multiprocessing import parent_process
from queue import Empty, SimpleQueue
from typing import cast

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import FolderBusy, Interrupted, OmicsError, TransferError, UsageError
from omicsdk.core.redaction import mask_text
from omicsdk.transfer.arguments import a, many
from omicsdk.transfer.engine.control import Control, Terminated, interrupts
from omicsdk.transfer.scale.messages import BEAT, Desk, FileDesk, Line, ShardsProgress, Tracker, attending
from omicsdk.transfer.scale.shard import (
    Shard,
    ShardResult,
    ShardsOpen,
    ShardsReport,
    journals_in,
    numbers,
    sweep,
    worker_name,
)

#: Seconds that running shards have for ending in order after an interrupt.
GRACE = 10.0

_REPORT = "shards_report"
_log = getLogger("omicsdk.transfer")


def run_shards(
    shards: Sequence[Shard],
    executor: Executor | Callable[[], Executor],
    *,
    retries: int = 2,
    progress: Callable[[ShardsProgress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> ShardsReport:
    """Runs shards in an executor: threads, processes, or machines.

    A shard whose worker is lost is run again, by another worker, and goes on where the first one was. Files that fail
    aren't tried again here: the engine has done so already.

    Args:
        shards: Some or all shards of a plan.
        executor: Where they run; it stays open. Or a function that makes one: it is closed in the end, and a pool of
            processes that broke (one dead process ends them all) is replaced by a new one.
        retries: How often each shard is begun again, 0 or more.
        progress: Is called a few times a second, and once at the end.
        stop: Ends all shards in order when it is set; the same shards can be gone on with later.
        control: Does so too when it is stopped or its time budget is over. Pauses aren't passed on.
        clock: Tells the time.

    Returns:
        What came of each shard, in their order; a shard that came to no end has an error.

    Raises:
        ShardsOpen: The executor broke and there is no new one to be had; its report has what was done.
        UsageError: The shards can't be sent to other processes; it names the item.
        ValueError: retries is negative, or a shard is listed twice.
        TypeError: An argument of another type; of a plan give its `shards(n)`.
        KeyboardInterrupt: It was interrupted; everything is in order for going on later. Terminated when it was SIGTERM.
    """
    many("shards", shards, Shard)
    if not (callable(executor) or isinstance(cast("object", executor), Executor)):
        raise TypeError(f"executor must be an Executor, or a function that creates one, not {a(executor)}")
    if not shards:
        return ShardsReport(())
    with FileDesk.within(journals_in(shards[0].folder, shards[0].journals), shards[0].name) as desk:
        return drive(
            shards,
            executor,
            desk,
            packed=pickle.dumps,
            retries=retries,
            progress=progress,
            stop=stop,
            control=control,
            clock=clock,
        )


def shards_report_of(error: KeyboardInterrupt) -> ShardsReport | None:
    """What was done until Ctrl-C or SIGTERM ended a run in order; None when that isn't what ended it.

    Args:
        error: What was raised.
    """
    return vars(error).get(_REPORT)


def drive(
    shards: Sequence[Shard],
    executor: Executor | Callable[[], Executor],
    desk: Desk,
    *,
    packed: Callable[[Shard], bytes],
    retries: int,
    progress: Callable[[ShardsProgress], None] | None,
    stop: threading.Event | None,
    control: Control | None,
    clock: Clock,
) -> ShardsReport:
    """Does what `run_shards` says, over any desk.

    Args:
        shards: As there.
        executor: As there.
        desk: Where workers tell how far they are.
        packed: Pickles a shard.
        retries: As there.
        progress: As there.
        stop: As there.
        control: As there.
        clock: As there.
    """
    if retries < 0:
        raise ValueError("retries cannot be negative")
    if len({shard.index for shard in shards}) < len(shards):
        raise ValueError("a shard is listed twice, or the shards are of several plans")
    control = control or Control()
    run = _Run(shards, executor, desk, packed, retries)
    began = clock.monotonic()
    control.begin(began)
    given_up: float | None = None

    def tell(*, final: bool = False) -> None:
        if progress is not None:
            progress(run.tracker.progress(clock.monotonic() - began, final=final))

    try:
        with interrupts(control), control.watched(run.wake):
            run.start()
            while run.unfinished and (given_up is None or clock.monotonic() < given_up):
                if stop is not None and stop.is_set():
                    control.stop()
                if control.over(clock.monotonic()):
                    run.stop()
                if control.reason in ("interrupt", "terminate") and given_up is None:
                    given_up = clock.monotonic() + GRACE
                run.step(control)
                tell()
    except BaseException:
        run.stop()
        if given_up is None:  # else it is the second Ctrl-C: somebody is in a hurry
            run.drain(GRACE)
        raise
    finally:
        run.close()
    if control.reason in ("interrupt", "terminate"):
        told = f"{control.why}; run the same shards again to resume"
        error = (KeyboardInterrupt if control.reason == "interrupt" else Terminated)(told)
        vars(error)[_REPORT] = run.report(clock.monotonic() - began, control.why)
        raise error
    tell(final=True)
    report = run.report(clock.monotonic() - began, control.why)
    if report.ok and len(shards) == shards[0].of:
        sweep(shards)
    return report


class _Run:
    """One run: which shards are under way, and what came of the others."""

    def __init__(
        self,
        shards: Sequence[Shard],
        executor: Executor | Callable[[], Executor],
        desk: Desk,
        packed: Callable[[Shard], bytes],
        retries: int,
    ) -> None:
        self._shards = {shard.index: shard for shard in shards}
        self._make = executor if not isinstance(executor, Executor) else None
        self._executor = executor if isinstance(executor, Executor) else executor()
        self._desk = desk
        self._retries = retries
        self._again = Counter[int]()
        self._lost = dict[int, BaseException]()  # to be begun again
        self._broken: BaseException | None = None
        self._stopped = False
        self._results = dict[int, ShardResult]()
        # Futures come here when they end: concurrent.futures.wait holds their locks, which a Ctrl-C then never frees.
        self._ends = SimpleQueue[Future[ShardResult] | None]()
        self.open = dict[Future[ShardResult], int]()
        self.tracker = Tracker(shards)
        in_process = isinstance(self._executor, ThreadPoolExecutor)  # then nothing has to be picklable
        self._tasks: dict[int, Shard | Parcel] = {
            shard.index: shard if in_process else _packed(shard, packed) for shard in shards
        }

    def start(self) -> None:
        """Hands all shards in."""
        for index in self._shards:
            self._submit(index)
        self._go_on(None)

    def wake(self) -> None:
        """Ends the waiting of `step`; from any thread or a signal's handler."""
        self._ends.put(None)

    @property
    def unfinished(self) -> bool:
        """Whether there are shards that run, or wait to be begun again."""
        return bool(self.open or self._lost)

    def step(self, control: Control) -> None:
        """Waits a moment for what comes, and deals with it.

        Args:
            control: Is stopped when a worker was interrupted.
        """
        ended = list(self._ended(BEAT))
        for word in self._desk.words():
            self.tracker.told(word)
        for future in ended:
            if future in self.open:
                self._take(self.open.pop(future), future, control)
        if self._desk.gone:
            self._broken = ConnectionError(self._desk.gone)
            self._lost.update(dict.fromkeys(self.open.values(), self._broken))
            self.open.clear()
        self._go_on(control)

    def stop(self) -> None:
        """Has all shards end in order; those that haven't begun see so when they do."""
        if not self._stopped:
            self._stopped = True
            self._desk.stop()

    def drain(self, seconds: float) -> None:
        """Waits for the shards that run, but not for ever."""
        until = time.monotonic() + seconds
        while self.open and time.monotonic() < until:
            for future in self._ended(BEAT):
                self.open.pop(future, None)

    def close(self) -> None:
        """Closes an executor that is our own. Shards that still wait in another one shall find that they are stopped."""
        if self._make is not None:
            # Idle workers end at once; an interpreter that ends beside a pool's own thread can trip over its closed pipe.
            self._executor.shutdown(wait=not self.open, cancel_futures=True)
        elif self.open:
            self._desk.leave()

    def report(self, seconds: float, why: str = "") -> ShardsReport:
        """Says what came of it.

        Args:
            seconds: How long it took.
            why: Why it was stopped, if it was.
        """
        results = tuple(self._results.get(index) or stopped_before(shard) for index, shard in self._shards.items())
        stopped = any(result.counts.get("stopped") for result in results)
        return ShardsReport(results, seconds, self.tracker.lost, why if stopped else "")

    def _ended(self, timeout: float) -> Iterator[Future[ShardResult]]:
        """Waits for a shard's end, and gives all that came."""
        try:
            future = self._ends.get(timeout=timeout)
            while True:
                if future is not None:
                    yield future
                future = self._ends.get_nowait()
        except Empty:
            return

    def _submit(self, index: int) -> None:
        try:
            future = self._executor.submit(work, self._tasks[index], self._desk.line, ours=self._make is not None)
        except Exception as error:
            if not (isinstance(error, BrokenExecutor | RuntimeError) or self._desk.gone):
                raise
            self._broken = error  # RuntimeError: somebody has shut it down
            self._lost[index] = error
        else:
            self.open[future] = index
            future.add_done_callback(self._ends.put)

    def _take(self, index: int, future: Future[ShardResult], control: Control) -> None:
        """Takes a shard's end in."""
        error: BaseException | None = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._over(future.result())
        elif isinstance(error, KeyboardInterrupt):  # Ctrl-C goes to all processes of a terminal
            control.stop("interrupt")
            self.stop()
            self._over(stopped_before(self._shards[index]))
        elif isinstance(error, FolderBusy | Interrupted) and self._stopped:
            self._over(stopped_before(self._shards[index]))
        elif isinstance(error, OmicsError):
            self._over(ShardResult(index, self._shards[index].of, error=error))
        else:
            self.tracker.is_lost(index)
            self._lost[index] = error
            if isinstance(error, BrokenExecutor):
                self._broken = error

    def _go_on(self, control: Control | None) -> None:
        """Begins lost shards again; after a pool broke, when all of its futures have told so."""
        if control is not None and control.stopped:
            self.stop()
        while self._lost and not (self._broken is not None and self.open):
            if not (self._stopped or self._desk.reachable or self._desk.gone):
                return
            lost, self._lost = self._lost, dict[int, BaseException]()
            if self._broken is not None and not self._stopped:
                self._replace_pool(lost)
            begun = {index for index in lost if self.tracker.begun(index)} or set(lost)
            for index, error in lost.items():
                if self._stopped:
                    self._over(stopped_before(self._shards[index]))
                elif index in begun and self._again[index] >= self._retries:
                    self._over(self._failed(index, error))
                else:
                    self._again[index] += index in begun
                    _log.warning("shard %d of %d is restarted: %s", index, self._shards[index].of, _shown(error))
                    self._submit(index)

    def _replace_pool(self, lost: Mapping[int, BaseException]) -> None:
        broken, self._broken = self._broken, None
        if self._make is None:
            for index, error in lost.items():
                self._over(self._failed(index, error))
            raise ShardsOpen(
                self.report(0.0), self._desk.gone or f"their executor broke ({_shown(broken)})"
            ) from broken
        _log.warning("the executor broke (%s), shards %s continue in a new one", _shown(broken), numbers(sorted(lost)))
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._make()

    def _over(self, result: ShardResult) -> None:
        self._results[result.index] = result
        self.tracker.ended(result)

    def _failed(self, index: int, error: BaseException) -> ShardResult:
        of = self._shards[index].of
        reason = "its worker was lost" if isinstance(error, BrokenExecutor) else f"it ended with {_shown(error)}"
        again = f", {self._again[index] + 1} times" if self._again[index] else ""
        told = TransferError(
            f"Shard {index} of {of} did not finish: {reason}{again}",
            remedy="Run the same shards again: finished files are skipped.",
        )
        told.__cause__ = error
        return ShardResult(index, of, error=told)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shard on its way to another process; logs that show a task's arguments show no URL of it.

    Attributes:
        index: The shard's number.
        pickled: The shard.
    """

    index: int
    pickled: bytes = field(repr=False)


def work(task: Shard | Parcel, line: Line, *, ours: bool = False) -> ShardResult:
    """Runs a shard in a worker.

    Args:
        task: The shard, or the parcel that it is in.
        line: Where to tell how far it is.
        ours: Whether the worker does nothing else.

    Returns:
        What came of it.
    """
    if ours and parent_process() is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it hears Ctrl-C too, and says when to stop
    shard: Shard = pickle.loads(task.pickled) if isinstance(task, Parcel) else task  # noqa: S301 - our own
    with attending(line, shard.index) as (progress, stop):
        if stop.is_set():
            return stopped_before(shard)
        return shard.run(progress=progress, stop=stop)


def stopped_before(shard: Shard) -> ShardResult:
    """The result of a shard that wasn't begun."""
    return ShardResult(shard.index, shard.of, counts={"stopped": shard.files}, worker=worker_name())


def _packed(shard: Shard, packed: Callable[[Shard], bytes]) -> Parcel:
    try:
        return Parcel(shard.index, packed(shard))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise _unpicklable(shard, packed, error) from error


def _shown(error: BaseException | None) -> str:
    """An error of somebody else's as logs and messages may show it: it may quote a signed URL."""
    return mask_text(repr(error))


def _unpicklable(shard: Shard, packed: Callable[..., bytes], error: Exception) -> UsageError:
    """Says which part of a shard can't be sent to other processes."""

    def fails(value: object) -> bool:
        try:
            packed(value)
        except (pickle.PicklingError, TypeError, AttributeError):
            return True
        return False

    remedy = "Use a Location, a function of a module or a functools.partial of one; or run the shards in threads."
    if callable(shard.source):
        what = "the plan's source" if fails(shard.source) else "an option"
    else:
        guilty = next((item for item in shard.source if fails(item)), None)
        what = (
            "an option" if guilty is None else f"{guilty.title}: its locate" if fails(guilty.locate) else guilty.title
        )
    return UsageError(f"{what} cannot be sent to other processes ({mask_text(str(error))})", remedy=remedy)
