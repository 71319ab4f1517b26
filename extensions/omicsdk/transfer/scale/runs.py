"""`run_shards`: has any executor run shards, follows their progress, and has lost ones run again."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from logging import getLogger
from multiprocessing import parent_process
from queue import Empty, SimpleQueue
from typing import cast
from uuid import uuid4

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import FolderBusy, Interrupted, OmicsError, TransferError, UsageError
from omicsdk.core.files import in_place_of, lock_now
from omicsdk.core.redaction import mask_text
from omicsdk.transfer.arguments import a, many
from omicsdk.transfer.disk import write_error
from omicsdk.transfer.engine.control import Control, Terminated, interrupts
from omicsdk.transfer.reports.progress import Progress
from omicsdk.transfer.scale.shard import (
    Shard,
    ShardResult,
    ShardsOpen,
    ShardsReport,
    journals_in,
    make_folders,
    numbers,
    sweep,
    worker_name,
)

#: Seconds that running shards have for ending cleanly after an interrupt.
GRACE = 10.0
#: Seconds between two messages of a worker, and between two looks at them.
HEARTBEAT_SECONDS = 0.25

_REPORT = "shards_report"
_STOP = "stop"
_HELD = ".held"
_HELD_NAME = re.compile(r".+\.[0-9a-f]{12}(\.[a-z]+)?\Z")
_log = getLogger("omicsdk.transfer")


@dataclass(frozen=True, slots=True)
class ShardsProgress:
    """How far the shards of a plan are.

    Attributes:
        shards: How many there are.
        shards_done: How many came to their end, well or not.
        shards_lost: How often one was begun again, because its worker was lost.
        workers: The workers that are at it, as host:pid, from shard to worker.
        files: How many files there are.
        files_done: How many are at their target (skipped ones too).
        files_failed: How many failed.
        bytes: The stated sizes of all files together.
        bytes_done: Bytes that are there.
        bytes_fetched: Bytes that came over the network, those for lost workers too, as far as these told.
        rate: Bytes a second over the last seconds.
        seconds: Since the start.
        final: Whether this is the last call.
    """

    shards: int
    shards_done: int = 0
    shards_lost: int = 0
    workers: Mapping[int, str] = field(default_factory=dict[int, str])
    files: int = 0
    files_done: int = 0
    files_failed: int = 0
    bytes: int = 0
    bytes_done: int = 0
    bytes_fetched: int = 0
    rate: float = 0.0
    seconds: float = 0.0
    final: bool = False

    @property
    def remaining(self) -> float | None:
        """Seconds until the end at the present rate, None while that can't be told."""
        return max(0, self.bytes - self.bytes_done) / self.rate if self.rate > 0 else None


@dataclass(frozen=True, slots=True)
class Message:
    """What a worker reports of a shard that it is running.

    Attributes:
        index: The shard.
        attempt: Names this attempt; another worker's is another.
        worker: Host and process; "" when it is lost or has ended.
        files_done: Files that are at their target.
        files_failed: Files that failed.
        bytes_done: Bytes that are there.
        bytes_fetched: Bytes that came over the network in this attempt.
        rate: Bytes a second over the last seconds.
    """

    index: int
    attempt: str = ""
    worker: str = ""
    files_done: int = 0
    files_failed: int = 0
    bytes_done: int = 0
    bytes_fetched: int = 0
    rate: float = 0.0


class Tracker:
    """Adds up messages and results.

    Args:
        shards: All shards.
    """

    def __init__(self, shards: Iterable[Shard]) -> None:
        self._sizes = {shard.index: shard.size for shard in shards}
        self._whole = ShardsProgress(
            len(self._sizes), files=sum(shard.files for shard in shards), bytes=sum(self._sizes.values())
        )
        self._last = dict[int, Message]()
        self._ended = set[int]()
        self._spent = 0  # bytes fetched by attempts that were lost
        self.lost = 0

    def heard(self, message: Message) -> None:
        """Takes in what a worker reports; an attempt that takes another's place means that the other was lost."""
        index = message.index
        if index in self._ended or index not in self._sizes:
            return
        before = self._last.get(index)
        if before is not None and before.attempt != message.attempt:
            self.lost += 1
            self._spent += before.bytes_fetched
        elif before is not None and not before.worker:
            return  # the last message of one that is lost
        self._last[index] = message

    def begun(self, index: int) -> bool:
        """Whether a worker has begun a shard."""
        return index in self._last

    def is_lost(self, index: int) -> None:
        """Notes that a shard's worker is lost; what it had done stays counted until the next one reports."""
        if index in self._last:
            self._last[index] = replace(self._last[index], worker="", rate=0.0)

    def ended(self, result: ShardResult) -> None:
        """Takes in a shard's end; of one that failed what its worker reported last stays counted."""
        index, counts, last = result.index, result.counts, self._last.get(result.index)
        self._ended.add(index)
        self._last[index] = Message(
            index,
            files_done=counts.get("done", 0) + counts.get("skipped", 0),
            files_failed=counts.get("failed", 0),
            bytes_done=self._sizes[index] if result.ok or last is None else last.bytes_done,
            bytes_fetched=result.bytes_fetched,
        )

    def progress(self, seconds: float, *, final: bool = False) -> ShardsProgress:
        """Adds everything up.

        Args:
            seconds: Since the start.
            final: Whether it is over.
        """
        last = self._last.values()
        return replace(
            self._whole,
            shards_done=len(self._ended),
            shards_lost=self.lost,
            workers={message.index: message.worker for message in last if message.worker},
            files_done=sum(message.files_done for message in last),
            files_failed=sum(message.files_failed for message in last),
            bytes_done=sum(message.bytes_done for message in last),
            bytes_fetched=self._spent + sum(message.bytes_fetched for message in last),
            rate=sum(message.rate for message in last),
            seconds=seconds,
            final=final,
        )


@dataclass(slots=True)
class HeldFolder:
    """A folder of one command.

    Attributes:
        path: Where it is.
        stays: Whether it is left in the end, and by later commands too.
    """

    path: str
    stays: bool = False


@contextmanager
def held_folder(journals: str, name: str, suffix: str = "") -> Generator[HeldFolder]:
    """Makes a folder of its own for one command, and removes it in the end; those of commands that were killed go first.

    Args:
        journals: The folder where the shards' journals are.
        name: What its name begins with.
        suffix: What its name ends with: a dot and small letters, or nothing.

    Yields:
        The folder.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be made.
    """
    folder = HeldFolder(os.path.join(journals, f"{name}.{uuid4().hex[:12]}{suffix}"))
    make_folders(folder.path)
    sign = os.path.join(folder.path, _HELD)
    try:
        held = os.open(sign, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise write_error(error, sign) from error
    try:
        with suppress(OSError):  # without locks on this file system nobody removes what isn't his own
            lock_now(held)
        _sweep(journals, folder.path)
        yield folder
    finally:
        os.close(held)
        if folder.stays:
            with suppress(OSError):
                os.unlink(sign)
        else:
            shutil.rmtree(folder.path, ignore_errors=True)


def _sweep(journals: str, own: str) -> None:
    """Removes folders whose command is gone: the system has let go of its lock."""
    for name in os.listdir(journals):
        folder = os.path.join(journals, name)
        if not _HELD_NAME.match(name) or folder == own:
            continue
        try:
            held = os.open(os.path.join(folder, _HELD), os.O_RDWR)
        except OSError:  # just made, just removed, or left on purpose
            continue
        try:
            lock_now(held)
        except OSError:
            continue
        finally:
            os.close(held)
        shutil.rmtree(folder, ignore_errors=True)


class Channel(ABC):
    """Messages between workers and the process that started them. It is picklable, and each side has its end.

    A worker calls `connect` and `stopped`, the process that started them everything else.
    """

    @abstractmethod
    def connect(self) -> Callable[[Message], None]:
        """Return what sends messages; it is called in the thread that runs the shard, its result in another one."""

    @abstractmethod
    def stopped(self) -> bool:
        """Whether the worker shall stop."""

    @abstractmethod
    def messages(self) -> Iterator[Message]:
        """Yield what came since the last call, or the last message of each worker."""

    @abstractmethod
    def stop(self) -> None:
        """Has the workers stop, and those that come later not begin."""

    def leave(self) -> None:
        """Keeps what `stop` said after the run: there are shards that have not heard it."""
        return

    def gone(self) -> str:
        """Why no worker will ever be heard again, "" as long as some may be."""
        return ""

    def reachable(self) -> bool:
        """Whether shards can be handed in at present."""
        return True


class FileChannel(Channel):
    """Messages as files, one a shard.

    Args:
        held: Where they are.
    """

    def __init__(self, held: HeldFolder) -> None:
        self._held = held
        self._stop = os.path.join(held.path, _STOP)

    def connect(self) -> Callable[[Message], None]:
        """Return what writes messages; without a place for them nothing is reported, and the shard runs all the same."""
        with suppress(OSError):
            os.makedirs(self._held.path, exist_ok=True)

        def send(message: Message) -> None:
            path = os.path.join(self._held.path, str(message.index))
            try:
                with in_place_of(path, durable=False) as file:
                    file.write(json.dumps(asdict(message)).encode())
            except OSError as error:  # the folder is gone when no process listens any more
                _log.debug("%s: %s; progress is not reported", path, error)

        return send

    def stopped(self) -> bool:
        """Whether the worker shall stop."""
        return os.path.exists(self._stop)

    def messages(self) -> Iterator[Message]:
        """Yield the last message of each worker."""
        try:
            for name in os.listdir(self._held.path):
                if name.isdecimal():
                    with open(os.path.join(self._held.path, name), encoding="utf-8") as file:
                        yield Message(**json.load(file))
        except (OSError, ValueError) as error:  # a network file system's moments; shards do not depend on this
            _log.debug("%s: %s", self._held.path, error)

    def stop(self) -> None:
        """Has the workers stop."""
        os.makedirs(self._held.path, exist_ok=True)  # they must hear this though the folder was removed
        with open(self._stop, "w", encoding="ascii"):
            return

    def leave(self) -> None:
        """Leaves the folder."""
        self._held.stays = True


@contextmanager
def reporting(channel: Channel, index: int) -> Generator[tuple[Callable[[Progress], None], threading.Event]]:
    """Reports on a shard while it runs, from a thread of its own: a slow network file system must not hold up the bytes.

    Args:
        channel: The channel.
        index: The shard.

    Yields:
        What to call with the engine's progress, and what is set when it shall stop.
    """
    message = Message(index, uuid4().hex[:12], worker_name())
    send = channel.connect()
    stop, over = threading.Event(), threading.Event()

    def note(progress: Progress) -> None:
        nonlocal message
        message = replace(
            message,
            files_done=progress.files_done,
            files_failed=progress.files_failed,
            bytes_done=progress.bytes_done,
            bytes_fetched=progress.bytes_fetched,
            rate=progress.rate,
        )

    def report() -> None:
        send(message)
        if channel.stopped():
            stop.set()

    def follow() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            report()

    report()
    follower = threading.Thread(target=follow, name="omicsdk-shard", daemon=True)
    follower.start()
    try:
        yield note, stop
    finally:
        over.set()
        follower.join()


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
    with held_folder(journals_in(shards[0].folder, shards[0].journals), shards[0].name) as held:
        run = Run(shards, executor, FileChannel(held), retries=retries, control=control)
        return run.result(progress, stop, clock)


def shards_report_of(error: KeyboardInterrupt) -> ShardsReport | None:
    """What was done until Ctrl-C or SIGTERM ended a run in order; None when that isn't what ended it.

    Args:
        error: What was raised.
    """
    return vars(error).get(_REPORT)


class Run:
    """One run of shards: which are under way, and what came of the others.

    Args:
        shards: As for `run_shards`.
        executor: As there.
        channel: How workers report their progress.
        retries: As there.
        control: As there.
        packed: Pickles a shard.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        executor: Executor | Callable[[], Executor],
        channel: Channel,
        *,
        retries: int,
        control: Control | None,
        packed: Callable[[Shard], bytes] = pickle.dumps,
    ) -> None:
        if retries < 0:
            raise ValueError("retries cannot be negative")
        self._shards = {shard.index: shard for shard in shards}
        if len(self._shards) < len(shards):
            raise ValueError("a shard is listed twice, or the shards are of several plans")
        self._make = executor if not isinstance(executor, Executor) else None
        self._executor = executor if isinstance(executor, Executor) else executor()
        self._channel = channel
        self._retries = retries
        self._control = control or Control()
        self._again = Counter[int]()
        self._lost = dict[int, BaseException]()  # to be begun again
        self._broken: BaseException | None = None
        self._stopped = False
        self._results = dict[int, ShardResult]()
        # Futures come here when they end: concurrent.futures.wait holds their locks, which a Ctrl-C then never frees.
        self._ends = SimpleQueue[Future[ShardResult] | None]()
        self._open = dict[Future[ShardResult], int]()
        self._tracker = Tracker(shards)
        in_process = isinstance(self._executor, ThreadPoolExecutor)  # then nothing has to be picklable
        self._tasks: dict[int, Shard | Parcel] = {
            shard.index: shard if in_process else _packed(shard, packed) for shard in shards
        }

    def result(
        self, progress: Callable[[ShardsProgress], None] | None, stop: threading.Event | None, clock: Clock
    ) -> ShardsReport:
        """Runs the shards; arguments, result and errors are those of `run_shards`."""
        control, began = self._control, clock.monotonic()
        control.begin(began)
        given_up: float | None = None

        def tell(*, final: bool = False) -> None:
            if progress is not None:
                progress(self._tracker.progress(clock.monotonic() - began, final=final))

        try:
            with interrupts(control), control.watched(lambda: self._ends.put(None)):
                for index in self._shards:
                    self._submit(index)
                self._go_on()
                while (self._open or self._lost) and (given_up is None or clock.monotonic() < given_up):
                    if stop is not None and stop.is_set():
                        control.stop()
                    if control.over(clock.monotonic()):
                        self._stop()
                    if control.reason in ("interrupt", "terminate") and given_up is None:
                        given_up = clock.monotonic() + GRACE
                    self._step()
                    tell()
        except BaseException:
            self._stop()
            if given_up is None:  # else it is the second Ctrl-C: the user is in a hurry
                self._drain(GRACE)
            raise
        finally:
            self._close()
        if control.reason in ("interrupt", "terminate"):
            told = f"{control.why}; run the same shards again to resume"
            error = (KeyboardInterrupt if control.reason == "interrupt" else Terminated)(told)
            vars(error)[_REPORT] = self._report(clock.monotonic() - began, control.why)
            raise error
        tell(final=True)
        report = self._report(clock.monotonic() - began, control.why)
        shards = list(self._shards.values())
        if report.ok and len(shards) == shards[0].of:
            sweep(shards)
        return report

    def _step(self) -> None:
        """Waits a moment for what comes, and deals with it."""
        ended = list(self._ended(HEARTBEAT_SECONDS))
        for message in self._channel.messages():
            self._tracker.heard(message)
        for future in ended:
            if future in self._open:
                self._take(self._open.pop(future), future)
        if gone := self._channel.gone():
            self._broken = ConnectionError(gone)
            self._lost.update(dict.fromkeys(self._open.values(), self._broken))
            self._open.clear()
        self._go_on()

    def _stop(self) -> None:
        """Has all shards end in order; those that haven't begun see so when they do."""
        if not self._stopped:
            self._stopped = True
            self._channel.stop()

    def _drain(self, seconds: float) -> None:
        """Waits for the shards that run, but not for ever."""
        until = time.monotonic() + seconds
        while self._open and time.monotonic() < until:
            for future in self._ended(HEARTBEAT_SECONDS):
                self._open.pop(future, None)

    def _close(self) -> None:
        """Closes an executor that is our own. Shards that still wait in another one shall find that they are stopped."""
        if self._make is not None:
            # Idle workers end at once; an interpreter that ends beside a pool's own thread can trip over its closed pipe.
            self._executor.shutdown(wait=not self._open, cancel_futures=True)
        elif self._open:
            self._channel.leave()

    def _report(self, seconds: float, why: str = "") -> ShardsReport:
        results = tuple(self._results.get(index) or stopped_before(shard) for index, shard in self._shards.items())
        stopped = any(result.counts.get("stopped") for result in results)
        return ShardsReport(results, seconds, self._tracker.lost, why if stopped else "")

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
            future = self._executor.submit(work, self._tasks[index], self._channel, ours=self._make is not None)
        except Exception as error:
            if not (isinstance(error, BrokenExecutor | RuntimeError) or self._channel.gone()):
                raise
            self._broken = error  # RuntimeError: somebody has shut it down
            self._lost[index] = error
        else:
            self._open[future] = index
            future.add_done_callback(self._ends.put)

    def _take(self, index: int, future: Future[ShardResult]) -> None:
        """Takes a shard's end in."""
        error: BaseException | None = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._over(future.result())
        elif isinstance(error, KeyboardInterrupt):  # Ctrl-C goes to all processes of a terminal
            self._control.stop("interrupt")
            self._stop()
            self._over(stopped_before(self._shards[index]))
        elif isinstance(error, FolderBusy | Interrupted) and self._stopped:
            self._over(stopped_before(self._shards[index]))
        elif isinstance(error, OmicsError):
            self._over(ShardResult(index, self._shards[index].of, error=error))
        else:
            self._tracker.is_lost(index)
            self._lost[index] = error
            if isinstance(error, BrokenExecutor):
                self._broken = error

    def _go_on(self) -> None:
        """Begins lost shards again; after a pool broke, when all of its futures have told so."""
        if self._control.stopped:
            self._stop()
        while self._lost and not (self._broken is not None and self._open):
            if not (self._stopped or self._channel.reachable() or self._channel.gone()):
                return
            lost, self._lost = self._lost, dict[int, BaseException]()
            if self._broken is not None and not self._stopped:
                self._replace_pool(lost)
            begun = {index for index in lost if self._tracker.begun(index)} or set(lost)
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
                self._report(0.0), self._channel.gone() or f"their executor broke ({_shown(broken)})"
            ) from broken
        _log.warning("the executor broke (%s), shards %s continue in a new one", _shown(broken), numbers(sorted(lost)))
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._make()

    def _over(self, result: ShardResult) -> None:
        self._results[result.index] = result
        self._tracker.ended(result)

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


def work(task: Shard | Parcel, channel: Channel, *, ours: bool = False) -> ShardResult:
    """Runs a shard in a worker.

    Args:
        task: The shard, or the parcel that it is in.
        channel: Where to report its progress.
        ours: Whether the worker does nothing else.

    Returns:
        What came of it.
    """
    if ours and parent_process() is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it hears Ctrl-C too, and says when to stop
    shard: Shard = pickle.loads(task.pickled) if isinstance(task, Parcel) else task  # noqa: S301 - our own
    with reporting(channel, shard.index) as (progress, stop):
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
