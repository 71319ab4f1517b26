"""`run_shards`: runs shards in any executor, tracks their progress, and restarts lost ones.

Workers and the process that started them exchange messages: progress one way, the request to stop the other.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import parent_process
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any, Self, cast
from uuid import uuid4

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import FolderBusy, Interrupted, OmicsError, TransferError, UsageError
from omicsdk.core.files import in_place_of, lock_now
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_text
from omicsdk.transfer.arguments import a, many
from omicsdk.transfer.disk import make_folders, write_error
from omicsdk.transfer.engine.control import Control, interruption, interrupts
from omicsdk.transfer.reports.progress import Progress, Throughput
from omicsdk.transfer.scale import plan
from omicsdk.transfer.scale.plan import Shard, ShardResult, ShardsOpen, ShardsReport, journals_in, numbers, sweep

#: Seconds that running shards have for ending cleanly after an interrupt.
GRACE = 10.0
#: Seconds between two messages of a worker, and between two reads of them.
HEARTBEAT_SECONDS = 0.25

_REPORT = "shards_report"
_STOP = "stop"
_LOCK_NAME = ".held"
_HELD_NAME = re.compile(r".+\.[0-9a-f]{12}(\.[a-z]+)?\Z")
_log = logger("omicsdk.transfer")


# -- messages


@dataclass(frozen=True, slots=True)
class Message:
    """A worker's report on a shard that it is running.

    Attributes:
        index: The shard.
        attempt: Identifies this attempt; another worker's differs.
        worker: Host and process; "" if it is lost or has ended.
        progress: The progress of this attempt.
    """

    index: int
    attempt: str = ""
    worker: str = ""
    progress: Progress = field(default_factory=Progress)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Restore a message from the plain values that `asdict` made."""
        return cls(values["index"], values["attempt"], values["worker"], Progress(**values["progress"]))


@dataclass(slots=True)
class HeldFolder:
    """A folder of one command.

    Attributes:
        path: Its path.
        stays: Whether it is kept at the end, and by later commands too.
    """

    path: str
    stays: bool = False


@contextmanager
def held_folder(journals: str, name: str, suffix: str = "") -> Generator[HeldFolder]:
    """Create a folder for one command, and remove it at the end; remains of killed commands are removed first.

    Args:
        journals: The folder of the shards' journals.
        name: The prefix of its name.
        suffix: The suffix of its name: a dot and small letters, or nothing.

    Yields:
        The folder.

    Raises:
        DiskFull: The disk is full.
        NotWritable: It cannot be created.
    """
    folder = HeldFolder(os.path.join(journals, f"{name}.{uuid4().hex[:12]}{suffix}"))
    make_folders(folder.path)
    sign = os.path.join(folder.path, _LOCK_NAME)
    # Under another name until it is locked, or a command that begins meanwhile takes the folder for remains. Windows
    # renames no open file.
    unlocked = sign if os.name == "nt" else f"{sign}.new"
    try:
        # The system releases its lock when the process ends, however it does: that is how remains are recognised.
        descriptor = os.open(unlocked, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise write_error(error, sign) from error
    try:
        with suppress(OSError):  # without locks on this file system, commands remove only their own folder
            lock_now(descriptor)
        if unlocked != sign:
            os.rename(unlocked, sign)
        _sweep(journals, folder.path)
        yield folder
    finally:
        os.close(descriptor)
        if folder.stays:
            with suppress(OSError):
                os.unlink(sign)
        else:
            shutil.rmtree(folder.path, ignore_errors=True)


def _sweep(journals: str, current: str) -> None:
    """Remove folders whose command is gone: the system has released its lock."""
    for name in os.listdir(journals):
        folder = os.path.join(journals, name)
        if not _HELD_NAME.match(name) or folder == current:
            continue
        with suppress(OSError):  # just created, just removed, retained on purpose, or locked
            descriptor = os.open(os.path.join(folder, _LOCK_NAME), os.O_RDWR)
            try:
                lock_now(descriptor)
            finally:
                os.close(descriptor)
            shutil.rmtree(folder, ignore_errors=True)


class FileChannel:
    """Messages between workers and the process that started them, as files, one per shard. Picklable; both sides have a
    copy.

    Workers call `connect` and `stopped`; the process that started them calls everything else.

    Args:
        folder: Their folder.
    """

    def __init__(self, folder: HeldFolder) -> None:
        self._folder = folder
        self._stop = os.path.join(folder.path, _STOP)

    def connect(self) -> Callable[[Message], None]:
        """Return what sends messages, from another thread; without a folder for them nothing is reported."""
        with suppress(OSError):
            os.makedirs(self._folder.path, exist_ok=True)

        def send(message: Message) -> None:
            path = os.path.join(self._folder.path, str(message.index))
            try:
                with in_place_of(path, durable=False) as file:
                    file.write(json.dumps(asdict(message)).encode())
            except OSError as error:  # the folder is gone when the starting process is
                _log.debug("%s: %s; progress is not reported", path, error)

        return send

    def stopped(self) -> bool:
        """Whether the worker should stop."""
        return os.path.exists(self._stop)

    def messages(self) -> Iterator[Message]:
        """Yield the messages since the last call, or the last message of each worker."""
        try:
            for name in os.listdir(self._folder.path):
                if name.isdecimal():
                    with open(os.path.join(self._folder.path, name), encoding="utf-8") as file:
                        yield Message.of(json.load(file))
        except (OSError, ValueError) as error:  # a glitch of a network file system; shards do not depend on this
            _log.debug("%s: %s", self._folder.path, error)

    def stop(self) -> None:
        """Request all workers to stop, and later ones not to start."""
        os.makedirs(self._folder.path, exist_ok=True)  # the request must reach them even if the folder was removed
        with open(self._stop, "w", encoding="ascii"):
            return

    def leave(self) -> None:
        """Keep the request to stop after the run: some shards have not received it."""
        self._folder.stays = True

    def pack(self, value: object) -> bytes:
        """Pickle a shard, or a part of one, for the workers."""
        return pickle.dumps(value)

    def failure(self) -> str:
        """Why no worker will ever report again, "" as long as some may."""
        return ""

    def reachable(self) -> bool:
        """Whether shards can be submitted at present."""
        return True


# The topics of runs that were requested to stop, in the worker's process.
_stopped = set[str]()


def _stop_here(topic: str) -> None:
    _stopped.add(topic)


class DaskChannel:
    """Messages as events of the Dask scheduler, which forwards them as they arrive.

    Args:
        topic: Identifies the run.
        client: The client, in the process that started the run.
    """

    def __init__(self, topic: str, client: Any = None) -> None:
        self.topic = topic
        self._client = client
        self._heard = deque[Message]()
        self._stop_is_due = False  # whether some workers have not received the request to stop yet

    def __reduce__(self) -> tuple[type[DaskChannel], tuple[str]]:
        return DaskChannel, (self.topic,)

    def connect(self) -> Callable[[Message], None]:
        import distributed

        worker = cast("Any", distributed).get_worker()
        return lambda message: worker.log_event(self.topic, {"message": asdict(message)})  # Dask adds further keys

    def stopped(self) -> bool:
        return self.topic in _stopped

    def pack(self, value: object) -> bytes:
        import cloudpickle  # a dependency of distributed; supports lambdas and functions of a notebook

        return cloudpickle.dumps(value)

    def hear(self, event: tuple[float, dict[str, Any]]) -> None:
        self._heard.append(Message.of(event[1]["message"]))

    def messages(self) -> Iterator[Message]:
        if self._stop_is_due and self.reachable():
            self._stop_is_due = False
            self._client.run(_stop_here, self.topic, on_error="ignore")
        while self._heard:
            yield self._heard.popleft()

    def stop(self) -> None:
        self._stop_is_due = True

    def leave(self) -> None:
        return  # a request that a worker has received remains

    def failure(self) -> str:
        return "the connection to the Dask scheduler is lost" if self._client.status == "closed" else ""

    def reachable(self) -> bool:
        return self._client.status == "running"  # the client tries to reach a lost scheduler for a while


Channel = FileChannel | DaskChannel


@contextmanager
def reporting(channel: Channel, index: int) -> Generator[tuple[Callable[[Progress], None], threading.Event]]:
    """Report on a shard while it runs, from a separate thread: a slow network file system must not delay the transfer.

    Args:
        channel: The channel.
        index: The shard.

    Yields:
        A progress callback for the engine, and an event that is set when it should stop.
    """
    message = Message(index, uuid4().hex[:12], plan.worker_name())
    send = channel.connect()
    stop, over = threading.Event(), threading.Event()

    def note(progress: Progress) -> None:
        nonlocal message
        message = replace(message, progress=progress)

    def report() -> None:
        send(message)
        if channel.stopped():
            stop.set()

    def follow() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            report()

    # Before the shard begins, so that its worker is known, and a stop is seen, even if it ends at once.
    report()
    follower = threading.Thread(target=follow, name="omicsdk-shard", daemon=True)
    follower.start()
    try:
        yield note, stop
    finally:
        over.set()
        follower.join()


# -- runs


class ShardsProgress(Progress):
    """The progress of all shards of a plan together.

    The bytes that lost workers reported are included in `bytes_fetched`.

    Attributes:
        shards: The number of shards.
        shards_done: Shards that ended, with or without success.
        shards_lost: How often one was restarted because its worker was lost.
        workers: The active workers, as host:pid, by shard.
    """

    shards: int = 0
    shards_done: int = 0
    shards_lost: int = 0
    workers: Mapping[int, str] = MappingProxyType[int, str]({})


class Tracker:
    """Combines messages and results.

    Args:
        shards: All shards.

    Attributes:
        results: Results of the shards that ended, by number.
        lost: How often a shard was restarted.
        throughput: The rate over time.
    """

    def __init__(self, shards: Iterable[Shard]) -> None:
        self.results = dict[int, ShardResult]()
        self.lost = 0
        self.throughput = Throughput()
        self._shards = {shard.index: shard for shard in shards}
        self._last = dict[int, Message]()
        self._spent = 0  # bytes of lost attempts
        self._fetched = 0  # bytes of all attempts, at the last update

    def heard(self, message: Message) -> None:
        """Process a worker's message; if an attempt replaces another one, the other was lost."""
        index = message.index
        if index in self.results or index not in self._shards:
            return
        before = self._last.get(index)
        if before is not None and before.attempt != message.attempt:
            self.lost += 1
            # A new attempt counts from 0: what the lost one received has crossed the network all the same.
            self._spent += before.progress.bytes_fetched
        elif before is not None and not before.worker:
            return  # the last message of a lost attempt
        self._last[index] = message

    def has_started(self, index: int) -> bool:
        """Whether a worker has started a shard."""
        return index in self._last

    def is_lost(self, index: int) -> None:
        """Note that a shard's worker is lost; its progress counts until the next one reports."""
        if (last := self._last.get(index)) is not None:
            self._last[index] = replace(last, worker="", progress=replace(last.progress, rate=0.0))

    def ended(self, result: ShardResult) -> None:
        """Process a shard's end; if it failed, its worker's last message still counts."""
        index, counts, last = result.index, result.counts, self._last.get(result.index)
        self.results[index] = result
        progress = Progress(
            files_done=counts.get("done", 0) + counts.get("skipped", 0),
            files_failed=counts.get("failed", 0),
            bytes_done=self._shards[index].size if result.ok or last is None else last.progress.bytes_done,
            bytes_fetched=result.bytes_fetched,
        )
        self._last[index] = Message(index, progress=progress)

    def progress(self, seconds: float, *, final: bool = False) -> ShardsProgress:
        """Return the combined progress.

        Args:
            seconds: Since the start.
            final: Whether it is over.
        """
        workers = {message.index: message.worker for message in self._last.values() if message.worker}
        snapshots = [message.progress for message in self._last.values()]
        bytes_done = sum(snapshot.bytes_done for snapshot in snapshots)
        fetched = self._spent + sum(snapshot.bytes_fetched for snapshot in snapshots)
        self.throughput.record(seconds, max(0, fetched - self._fetched))
        self._fetched = max(self._fetched, fetched)
        return ShardsProgress(
            files=sum(shard.files for shard in self._shards.values()),
            files_done=sum(snapshot.files_done for snapshot in snapshots),
            files_failed=sum(snapshot.files_failed for snapshot in snapshots),
            bytes=max(bytes_done, sum(shard.size for shard in self._shards.values())),
            bytes_done=bytes_done,
            bytes_fetched=fetched,
            rate=sum(snapshot.rate for snapshot in snapshots),
            seconds=seconds,
            final=final,
            phase="over" if final else "moving" if workers else "preparing",
            shards=len(self._shards),
            shards_done=len(self.results),
            shards_lost=self.lost,
            workers=workers,
        )


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
    """Run shards in an executor: threads, processes, or machines.

    If a worker is lost, another one runs its shard and resumes it. Files that fail are not retried here: the engine has
    done so already.

    Args:
        shards: Some or all shards of a plan.
        executor: Runs the shards; it stays open. Or a function that creates one: it is closed at the end, and a broken
            pool of processes (one dead process breaks all of it) is replaced by a new one.
        retries: How often each shard is restarted, 0 or more.
        progress: Called a few times a second, and once at the end.
        stop: Stops all shards cleanly when set; running the same shards again resumes them.
        control: Stops all shards when it is stopped or its time budget is over. Pauses have no effect.
        clock: The clock.

    Returns:
        The result of each shard, in order; a shard that did not finish has an error.

    Raises:
        ShardsOpen: The executor broke and cannot be replaced; `report` has what was done.
        UsageError: The shards cannot be sent to other processes; the message names the item.
        ValueError: retries is negative, or a shard is listed twice.
        TypeError: An argument of another type; of a plan pass its `shards(n)`.
        KeyboardInterrupt: It was interrupted; the same call resumes it. Terminated after SIGTERM.
    """
    many("shards", shards, Shard)
    if not (callable(executor) or isinstance(cast("object", executor), Executor)):
        raise TypeError(f"executor must be an Executor, or a function that creates one, not {a(executor)}")
    if not shards:
        return ShardsReport(())
    with held_folder(journals_in(shards[0].folder, shards[0].journals), shards[0].name) as folder:
        return Run(shards, executor, FileChannel(folder), retries, progress, stop, control, clock).result()


def shards_report_of(error: KeyboardInterrupt) -> ShardsReport | None:
    """Return the report of a run that Ctrl-C or SIGTERM stopped cleanly; None for another cause.

    Args:
        error: The exception.
    """
    return vars(error).get(_REPORT)


@dataclass(eq=False)
class Run:
    """One run of shards: which are running, and the results of the others. Attributes are the arguments of
    `run_shards`.

    Attributes:
        channel: How workers report their progress.
    """

    shards: Sequence[Shard]
    executor: Executor | Callable[[], Executor]
    channel: Channel
    retries: int = 2
    progress: Callable[[ShardsProgress], None] | None = None
    stop: threading.Event | None = None
    control: Control | None = None
    clock: Clock = SYSTEM_CLOCK

    def __post_init__(self) -> None:
        if self.retries < 0:
            raise ValueError("retries cannot be negative")
        self._shards = {shard.index: shard for shard in self.shards}
        if len(self._shards) < len(self.shards):
            raise ValueError("a shard is listed twice, or the shards are of several plans")
        self._executor = self.executor if isinstance(self.executor, Executor) else self.executor()
        self._is_ours = self._executor is not self.executor
        self._control = self.control or Control()
        self._again = Counter[int]()
        self._lost = dict[int, BaseException]()  # to be restarted
        self._broken: BaseException | None = None
        self._stopped = False
        # Futures are queued here when they end: concurrent.futures.wait takes their locks, which Ctrl-C then never
        # releases.
        self._ended_futures = SimpleQueue[Future[ShardResult] | None]()
        self._open = dict[Future[ShardResult], int]()
        self._tracker = Tracker(self.shards)
        self._in_process = isinstance(self._executor, ThreadPoolExecutor)  # then nothing has to be picklable
        self._tasks: dict[int, Shard | Parcel] = {
            shard.index: shard if self._in_process else _packed(shard, self.channel.pack) for shard in self.shards
        }

    def result(self) -> ShardsReport:
        """Run the shards; the result and errors are those of `run_shards`."""
        control, start = self._control, self.clock.monotonic()
        control.begin(start)
        given_up: float | None = None
        try:
            with interrupts(control), control.watched(lambda: self._ended_futures.put(None)):
                for index in self._shards:
                    self._submit(index)
                self._restart_lost()
                while (self._open or self._lost) and (given_up is None or self.clock.monotonic() < given_up):
                    if control.over(self.clock.monotonic(), self.stop):
                        self._end_all()
                    if control.interrupted and given_up is None:
                        given_up = self.clock.monotonic() + GRACE
                    self._step()
                    self._report_progress(self.clock.monotonic() - start)
        except BaseException:
            self._end_all()
            if given_up is None:  # otherwise it is the second Ctrl-C: end at once
                self._drain()
            raise
        finally:
            if self._is_ours:
                # Idle workers end at once; an interpreter that ends beside a pool's own thread can fail on its closed
                # pipe.
                self._executor.shutdown(wait=not self._open, cancel_futures=True)
            elif self._open:  # shards that still wait in it must see the request to stop
                self.channel.leave()
        report = self._report(self.clock.monotonic() - start, control.why)
        if control.interrupted:
            raise interruption(control, f"{control.why}; run the same shards again to resume", **{_REPORT: report})
        self._report_progress(report.seconds, final=True)
        shards = list(self._shards.values())
        if report.ok and len(shards) == shards[0].of:
            sweep(shards)
        return report

    def _report_progress(self, seconds: float, *, final: bool = False) -> None:
        progress = self._tracker.progress(seconds, final=final)
        if self.progress is not None:
            self.progress(progress)

    def _step(self) -> None:
        """Wait a moment for events, and process them."""
        ended = self._ended()
        for message in self.channel.messages():
            self._tracker.heard(message)
        for future in ended:
            if future in self._open:
                self._take(self._open.pop(future), future)
        if failure := self.channel.failure():
            self._broken = ConnectionError(failure)
            self._lost.update(dict.fromkeys(self._open.values(), self._broken))
            self._open.clear()
        self._restart_lost()

    def _end_all(self) -> None:
        """Request all shards to stop cleanly; those that have not started see it when they do."""
        if not self._stopped:
            self._stopped = True
            self.channel.stop()

    def _drain(self) -> None:
        """Wait for the running shards, for a limited time."""
        until = time.monotonic() + GRACE
        while self._open and time.monotonic() < until:
            # Dask's channel sends the request to stop from here.
            for message in self.channel.messages():
                self._tracker.heard(message)
            for future in self._ended():
                self._open.pop(future, None)

    def _report(self, seconds: float, why: str = "") -> ShardsReport:
        tracker = self._tracker
        results = tuple(tracker.results.get(index) or shard.unbegun() for index, shard in self._shards.items())
        stopped = any(result.counts.get("stopped") for result in results)
        return ShardsReport(results, seconds, tracker.lost, why if stopped else "", throughput=tracker.throughput)

    def _ended(self) -> list[Future[ShardResult]]:
        """Wait a moment for a shard's end; return all that ended."""
        try:
            ended = [self._ended_futures.get(timeout=HEARTBEAT_SECONDS)]
        except Empty:
            return []
        ended += [self._ended_futures.get() for _ in range(self._ended_futures.qsize())]
        return [future for future in ended if future is not None]

    def _submit(self, index: int) -> None:
        try:
            # A pool starts its processes when it gets tasks. One that is interrupted before its first shard, when it begins
            # to leave interrupts to us, would print a traceback.
            with terminal_signals_blocked() if self._is_ours and not self._in_process else nullcontext():
                future = self._executor.submit(work, self._tasks[index], self.channel, ours=self._is_ours)
        except Exception as error:
            if not (isinstance(error, BrokenExecutor | RuntimeError) or self.channel.failure()):
                raise
            self._broken = error  # RuntimeError: it was shut down by other code
            self._lost[index] = error
        else:
            self._open[future] = index
            # After `_open` has it, since the callback may run at once.
            future.add_done_callback(self._ended_futures.put)

    def _take(self, index: int, future: Future[ShardResult]) -> None:
        """Process a shard's end."""
        error: BaseException | None = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._tracker.ended(future.result())
        elif isinstance(error, KeyboardInterrupt):  # Ctrl-C reaches all processes of a terminal
            self._control.stop("interrupt")
            self._end_all()
            self._tracker.ended(self._shards[index].unbegun())
        elif isinstance(error, FolderBusy | Interrupted) and self._stopped:
            self._tracker.ended(self._shards[index].unbegun())
        # What is ours would fail for every worker: only what is unexpected is tried on another one.
        elif isinstance(error, OmicsError):
            self._tracker.ended(ShardResult(index, self._shards[index].of, error=error))
        else:
            self._tracker.is_lost(index)
            self._lost[index] = error
            if isinstance(error, BrokenExecutor):
                self._broken = error

    def _restart_lost(self) -> None:
        """Restart lost shards; after a pool broke, once all of its futures have ended."""
        if self._control.stopped:
            self._end_all()
        # A broken pool ends its futures one by one: a new one is made once, when all shards that it loses are known.
        while self._lost and not (self._broken is not None and self._open):
            if not (self._stopped or self.channel.reachable() or self.channel.failure()):
                return
            # Taken first: `_submit` may add to them again.
            lost, self._lost = self._lost, dict[int, BaseException]()
            if self._broken is not None and not self._stopped:
                self._replace_pool(lost)
            # A pool that breaks ends all of its shards: those that no worker had begun use up no retry. If none had begun, all do,
            # or a pool that breaks at each start would be replaced forever.
            started = {index for index in lost if self._tracker.has_started(index)} or set(lost)
            for index, error in lost.items():
                if self._stopped:
                    self._tracker.ended(self._shards[index].unbegun())
                elif index in started and self._again[index] >= self.retries:
                    self._tracker.ended(self._failed(index, error))
                else:
                    self._again[index] += index in started
                    _log.warning("shard %d of %d is restarted: %s", index, self._shards[index].of, _masked_repr(error))
                    self._submit(index)

    def _replace_pool(self, lost: Mapping[int, BaseException]) -> None:
        broken, self._broken = self._broken, None
        # The caller's own executor cannot be made anew here.
        if isinstance(self.executor, Executor):
            for index, error in lost.items():
                self._tracker.ended(self._failed(index, error))
            reason = self.channel.failure() or f"their executor broke ({_masked_repr(broken)})"
            raise ShardsOpen(self._report(0.0), reason) from broken
        _log.warning(
            "the executor broke (%s), shards %s continue in a new one", _masked_repr(broken), numbers(sorted(lost))
        )
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self.executor()

    def _failed(self, index: int, error: BaseException) -> ShardResult:
        of = self._shards[index].of
        reason = "its worker was lost" if isinstance(error, BrokenExecutor) else f"it ended with {_masked_repr(error)}"
        again = f", {self._again[index] + 1} times" if self._again[index] else ""
        remedy = "Run the same shards again: finished files are skipped."
        failure = TransferError(f"Shard {index} of {of} did not finish: {reason}{again}", remedy=remedy)
        failure.__cause__ = error
        return ShardResult(index, of, error=failure)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shard on its way to another process; logs of a task's arguments do not show its URLs.

    Attributes:
        index: The shard's number.
        pickled: The shard.
    """

    index: int
    pickled: bytes = field(repr=False)


def work(task: Shard | Parcel, channel: Channel, *, ours: bool = False) -> ShardResult:
    """Run a shard in a worker.

    Args:
        task: The shard, or the parcel that contains it.
        channel: Where to report its progress.
        ours: Whether the worker runs nothing else.

    Returns:
        The result.
    """
    if ours and parent_process() is not None and threading.current_thread() is threading.main_thread():
        leave_to_parent()
    shard: Shard = pickle.loads(task.pickled) if isinstance(task, Parcel) else task  # noqa: S301 - our own
    with reporting(channel, shard.index) as (progress, stop):
        if stop.is_set():
            return shard.unbegun()
        return shard.run(progress=progress, stop=stop)


# What a terminal sends to all of its processes. Windows has no SIGHUP.
_TERMINAL_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def terminal_signals_blocked() -> Generator[None]:
    """Block what a terminal sends to all processes in this thread, and in processes that it starts; another thread receives it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_to_parent() -> None:
    """Ignore what a terminal sends to all processes: the starting one receives it too, and requests the stop."""
    for number in _TERMINAL_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if sys.platform != "win32":
        # Blocked while this process started; what it starts is not to inherit that.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TERMINAL_SIGNALS)


def _masked_repr(error: BaseException | None) -> str:
    """Format a foreign error for logs and messages: it may quote a signed URL."""
    return mask_text(repr(error))


_UNPICKLABLE = (pickle.PicklingError, TypeError, AttributeError)


def _packed(shard: Shard, pack: Callable[[object], bytes]) -> Parcel:
    """Pickle a shard; if it cannot be sent to other processes, the error names the part that cannot."""

    def fails(value: object) -> bool:
        try:
            pack(value)
        except _UNPICKLABLE:
            return True
        return False

    try:
        return Parcel(shard.index, pack(shard))
    except _UNPICKLABLE as error:
        what = "an option"
        if callable(shard.source):
            what = "the plan's source" if fails(shard.source) else what
        elif unpicklable := next((item for item in shard.source if fails(item)), None):
            what = f"{unpicklable.title}: its locate" if fails(unpicklable.locate) else unpicklable.title
        remedy = "Use a Location, a function of a module or a functools.partial of one; or run the shards in threads."
        problem = f"{what} cannot be sent to other processes ({mask_text(str(error))})"
        raise UsageError(problem, remedy=remedy) from error
