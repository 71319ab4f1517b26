"""Workers on this machine or in a Dask cluster, and `download_by`: `download` with workers."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import parent_process
from typing import Any, Unpack
from uuid import uuid4

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import TransferError, UsageError
from omicsdk.core.lazy import require
from omicsdk.core.logs import logger
from omicsdk.transfer.engine.control import Control, report_stopped
from omicsdk.transfer.engine.options import DOWNLOAD_CONNECTIONS, EngineOptionsDict, TransferOptions
from omicsdk.transfer.reports.report import KEPT_FAILURES, Outcome, ReportedError, TransferReport, outcomes_in
from omicsdk.transfer.scale.plan import Opening, Plan, Shard, ShardResult, ShardsOpen, ShardsReport, Source, journals_in
from omicsdk.transfer.scale.runs import (
    DaskChannel,
    Run,
    ShardsProgress,
    held_folder,
    leave_to_parent,
    run_shards,
    shards_report_of,
    terminal_signals_blocked,
)

#: Shards per worker, so that one that finishes early finds more to do, and a lost one leaves little behind.
SHARDS_PER_WORKER = 4

_log = logger("omicsdk.transfer")


@dataclass(frozen=True, slots=True)
class WorkerPool:
    """Workers that download in parallel.

    Attributes:
        workers: Their number: processes on this machine, or threads of the cluster, where 0 means all that it has.
        cluster: A `distributed.Client`, or what one can be created from: the scheduler's address or a cluster. All of
            its workers must see the target folder and the source (a manifest) under the same paths.
    """

    workers: int = 0
    cluster: Any = field(default=None, repr=False)

    @contextmanager
    def ready(self) -> Generator[WorkerPool]:
        """Connect to the workers.

        Yields:
            The same workers, connected and counted.

        Raises:
            MissingExtra: `distributed` is not installed.
            NoScheduler: No Dask scheduler responds at the address.
        """
        if self.cluster is None:
            yield self
            return
        with _connected(self.cluster) as client:
            threads: int = sum(client.nthreads().values())
            _log.info("Dask's dashboard: %s", client.dashboard_link)
            if not threads:
                _log.warning("the cluster has no workers yet; the download starts when one connects")
            yield WorkerPool(max(1, threads), client)

    def run(self, shards: Sequence[Shard], **how: Any) -> ShardsReport:
        """Run shards, when the workers are ready.

        Args:
            shards: The shards of a plan.
            **how: As for `run_shards`.
        """
        if self.cluster is None:
            from concurrent.futures import ProcessPoolExecutor
            from multiprocessing import get_context

            _start_tracker()
            # A fork would copy the process's threads' locks and open connections.
            pool = partial(ProcessPoolExecutor, self.workers, get_context("spawn"), initializer=_settle)
            return run_shards(shards, pool, **how)
        channel = DaskChannel(f"omicsdk-{uuid4().hex[:12]}", self.cluster)
        self.cluster.subscribe_topic(channel.topic, channel.hear)
        try:
            # As pure, a shard that is run again would have its earlier result, which Dask finds by function and
            # arguments.
            return Run(shards, self.cluster.get_executor(pure=False), channel, **how).result()
        finally:
            if self.cluster.status == "running":
                self.cluster.unsubscribe_topic(channel.topic)


def _start_tracker() -> None:
    """Start Python's tracker of semaphores so that it outlives a closed terminal; another one would print tracebacks."""
    if sys.platform != "win32":
        from multiprocessing.resource_tracker import ensure_running

        with terminal_signals_blocked():
            ensure_running()  # it inherits what is blocked


def _settle() -> None:
    """Initialize a process of ours: what a terminal sends to all is up to its parent, and it must not outlive the parent."""
    leave_to_parent()
    threading.Thread(target=_end_with_parent, name="omicsdk-parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        # Returns when the parent has ended, however it did: a killed one closes no pool.
        parent.join()
        os._exit(1)  # its state is in its journal, as after any kill


def run_on_dask(
    plan: Plan,
    cluster: Any,
    *,
    shards: int | None = None,
    retries: int = 2,
    progress: Callable[[ShardsProgress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> ShardsReport:
    """Run a plan on a Dask cluster. All workers must see the target folder under the same path.

    The scheduler reassigns a lost worker's shards to others, which resume them. It fails a shard when four workers in a
    row were lost with it (`distributed.scheduler.allowed-failures`).

    Args:
        plan: The plan; its source and the items' `locate` may be any functions that cloudpickle supports.
        cluster: A `distributed.Client`, or what one can be created from: the scheduler's address or a cluster.
        shards: The number of shards; by default that of an earlier run of the plan, so that all its unfinished files
            are resumed, else SHARDS_PER_WORKER for each of the cluster's threads.
        retries: How often each shard is restarted after an unexpected error, or when the scheduler failed it; 0 or
            more.
        progress: Called a few times a second, and once at the end.
        stop: Stops all shards cleanly when set; running the same plan again resumes them.
        control: Stops all shards when it is stopped or its time budget is over. Pauses have no effect.
        clock: The clock.

    Returns:
        The result of each shard.

    Raises:
        MissingExtra: `distributed` is not installed.
        UnsafePath: A name leads out of the folder, or two to one path; nothing was downloaded.
        NoScheduler: No Dask scheduler responds at the address.
        ShardsOpen: The scheduler was lost, and did not return within `distributed.comm.timeouts.connect`.
        UsageError: The plan cannot be sent to the workers; the message names the item.
        ValueError: shards is below 1 or retries negative.
        KeyboardInterrupt: It was interrupted; the same call resumes it.
    """
    with WorkerPool(cluster=cluster).ready() as pool:
        if shards is None:
            shards = plan.earlier_shards() or SHARDS_PER_WORKER * pool.workers
        cut = plan.shards(shards)
        return pool.run(cut, retries=retries, progress=progress, stop=stop, control=control, clock=clock)


class NoScheduler(TransferError):
    """No Dask scheduler responds at the given address."""


def _connected(cluster: Any) -> Any:
    """Return a `distributed.Client` as a context manager, which closes one that was created for it.

    Raises:
        MissingExtra: `distributed` is not installed.
        NoScheduler: No Dask scheduler responds at the address, or it requires certificates that are not configured.
    """
    make: Any = require("distributed", "dask", "running shards on a Dask cluster").Client
    if isinstance(cluster, make):
        return nullcontext(cluster)
    where = cluster if isinstance(cluster, str) else repr(cluster)
    try:
        # As the default, it would compute whatever the caller's own code passes to Dask.
        return make(cluster, set_as_default=False)
    except TypeError as error:
        if not where.startswith("tls://"):
            raise
        problem = f"Dask has no certificates for {where}"
        variables = "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ...__CLIENT__CERT and ...__CLIENT__KEY"
        raise NoScheduler(problem, remedy=f"Name them in the variables {variables}.") from error
    except (OSError, ValueError, RuntimeError) as error:  # distributed's errors for addresses, ports and protocols
        remedy = "Use the address that `dask scheduler` prints when it starts, such as tcp://10.0.0.5:8786."
        raise NoScheduler(f"No Dask scheduler responds at {where}: {error}", remedy=remedy) from error


_RUN = "transfer"


def download_by(
    workers: WorkerPool,
    source: Source,
    folder: str | os.PathLike[str],
    *,
    opening: Opening | None = None,
    repeats: bool = False,
    options: TransferOptions | None = None,
    clock: Clock = SYSTEM_CLOCK,
    **keywords: Unpack[EngineOptionsDict],
) -> TransferReport:
    """Download files into a folder by several workers, which all see it under the same path.

    Args:
        workers: The workers.
        source: The items, or a function that returns a fresh iterator over them; see `Plan`.
        folder: The target folder, created if missing.
        opening: Called in the worker with a shard's items; returns a context manager with the items to download; see
            `Plan`.
        repeats: Whether a name may occur several times, and means one file each time; see `Plan`.
        options: The options. `connections` counts for each worker, `limit_rate` is divided evenly among them, and pauses
            have no effect.
        clock: The clock.
        **keywords: Single options; they change `options`.

    Returns:
        The outcome of each item, in order, as from `download`. The first 1,000 failures of each shard have their
        original errors; others are `ReportedError`.

    Raises:
        UnsafePath: A name leads out of the folder, or two to one path; nothing was downloaded.
        NotWritable: The folder is not writable.
        UsageError: Something cannot be sent to the workers.
        MissingExtra: A cluster is given, and `distributed` is not installed.
        NoScheduler: No Dask scheduler responds at the address.
        TransferError: The scheduler was lost.
        KeyboardInterrupt: It was interrupted; the same call resumes it.
    """
    chosen = TransferOptions.of(keywords, options, connections=DOWNLOAD_CONNECTIONS)
    control = chosen.control
    if control.timetable is not None:
        raise UsageError("limit_rate: workers follow no timetable", remedy="Use one rate, or this process alone.")
    control.begin(clock.monotonic())
    start = clock.now()
    target = os.path.abspath(folder)
    with workers.ready() as pool, held_folder(journals_in(target, None), _RUN, ".reports") as reports:
        rate = control.rate_limit
        plan = Plan(
            source,
            target,
            run=_RUN,
            reports=reports.path,
            rate_limit=None if rate is None else rate / pool.workers,
            repeats=repeats,
            opening=opening,
            kept=KEPT_FAILURES,
            require_checksum=chosen.require_checksum,
            connections=chosen.connections or DOWNLOAD_CONNECTIONS,
            retries=chosen.retries,
            min_delay=chosen.min_delay,
            resume_unvalidated=chosen.resume_unvalidated,
            cache=chosen.cache,
            link=chosen.link,
            patience=chosen.patience,
        )
        earlier = plan.earlier_shards() or 0  # with the same number, its unfinished files are resumed
        shards = plan.shards(earlier if earlier >= pool.workers else SHARDS_PER_WORKER * pool.workers)

        def merged(shards_report: ShardsReport) -> TransferReport:
            if shards_report.lost:
                _log.warning("workers were lost and their shards restarted by others: %d times", shards_report.lost)
            started = [result for result in shards_report.results if result.error is not None or result.counts]
            errors = [result.error for result in started if result.error is not None]
            # It concerns no single file: the folder is not writable, for example.
            if errors and len(errors) == len(started):
                raise errors[0]
            return TransferReport(
                _in_order(plan, shards, shards_report),
                shards_report.seconds,
                throughput=shards_report.throughput,
                began=start,
                title=f"Download to {target}",
                why_stopped=shards_report.why_stopped,
                target=target,
            )

        try:
            report = merged(pool.run(shards, progress=chosen.progress, stop=chosen.stop, control=control))
        except ShardsOpen as error:
            reason = f"{error.reason}; {len(error.open)} of {len(error.report.results)} shards did not finish"
            raise TransferError(reason, remedy="Repeat the call to resume.") from error
        except KeyboardInterrupt as error:
            stopped_report = shards_report_of(error)
            if stopped_report is not None:
                report_stopped(control, merged(stopped_report))
            raise
    report_stopped(control, report)
    return report


def _in_order(plan: Plan, shards: Sequence[Shard], report: ShardsReport) -> Iterator[Outcome]:
    """Yield the outcomes of all shards in the order of the plan's items; one of each shard is in memory.

    If the source returns other items than before, such as a list that was edited, the rest comes last.
    """
    by_shard = [_outcomes(shard, result) for shard, result in zip(shards, report.results, strict=True)]
    heads = [next(outcomes, None) for outcomes in by_shard]
    for name, index in plan.order(len(shards)):
        head = heads[index]
        if head is not None and head.name == name:  # otherwise it arrived before
            yield head
            heads[index] = next(by_shard[index], None)
    for head, rest in zip(heads, by_shard, strict=True):
        if head is not None:
            yield head
            yield from rest


def _outcomes(shard: Shard, result: ShardResult) -> Iterator[Outcome]:
    """Yield the outcomes of one shard, in the order of its items."""
    if result.report is not None:
        errors = {outcome.name: outcome.error for outcome in result.failures}
        try:
            for outcome in outcomes_in(result.report):
                full_error = errors.get(outcome.name) if isinstance(outcome.error, ReportedError) else None
                yield outcome if full_error is None else outcome._replace(error=full_error)
        except (OSError, UsageError) as error:
            problem = f"Cannot read the results of shard {result.index} of {result.of}: {error}"
            raise TransferError(problem, remedy="Run the same again: finished files are skipped.") from error
        return
    if not (result.error or result.counts):
        return  # it has no items
    for item in shard.items():
        state = "stopped" if result.error is None else "failed"
        yield Outcome(item.name, state, item.size, error=result.error, label=item.label)
