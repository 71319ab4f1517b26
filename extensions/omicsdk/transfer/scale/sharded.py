"""`download_by`: what `download` does, done by several workers, and told in the same words."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from logging import getLogger
from multiprocessing import parent_process
from typing import Any

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import TransferError, UsageError
from omicsdk.transfer.arguments import whole_number
from omicsdk.transfer.engine.control import Control, say_stopped
from omicsdk.transfer.reports.outcomes import KEPT_FAILURES, Outcome, Outcomes, ReportedError
from omicsdk.transfer.reports.progress import Progress, Throughput
from omicsdk.transfer.reports.report import TransferReport, outcomes_in
from omicsdk.transfer.scale.messages import ShardsProgress, held_folder
from omicsdk.transfer.scale.planning import Plan
from omicsdk.transfer.scale.running import shards_report_of
from omicsdk.transfer.scale.shard import Opening, ShardResult, ShardsOpen, ShardsReport, Source, journals_in

#: Shards for each worker, so that one that is done early finds more to do, and a lost one leaves little behind.
PER_WORKER = 4

_log = getLogger("omicsdk.transfer")


@dataclass(frozen=True, slots=True)
class Crew:
    """Who downloads beside each other.

    Attributes:
        workers: How many processes on this machine; 0 where a cluster does it.
        cluster: A `distributed.Client`, or what one can be made of: the scheduler's address or a cluster. All of its workers
            must see the target folder, and what is downloaded from (a manifest), under the same paths.
    """

    workers: int = 0
    cluster: Any = field(default=None, repr=False)

    @classmethod
    def of(cls, workers: int | None, scheduler: Any) -> Crew | None:
        """Gives who was asked for; None where nobody was, and the process itself downloads.

        Args:
            workers: How many processes on this machine, 1 or more; None for none.
            scheduler: A scheduler's address, a cluster or a client of Dask; None for none.

        Raises:
            UsageError: Both were asked for, or a number below 1.
        """
        if workers is not None and scheduler is not None:
            raise UsageError("workers and a scheduler exclude each other", remedy="Give one of them.")
        if scheduler is not None:
            return cls(cluster=scheduler)
        if workers is None:
            return None
        try:
            return cls(whole_number("workers", workers))
        except ValueError as error:
            raise UsageError(str(error), remedy="Give 1 or more processes.") from error

    @contextmanager
    def ready(self) -> Generator[Hands]:
        """Finds the workers.

        Yields:
            What has them run a plan.

        Raises:
            MissingExtra: `distributed` isn't installed.
            NoScheduler: Nothing that speaks Dask answers at the address.
        """
        if self.cluster is None:
            yield Hands(self.workers, partial(_run_here, self.workers))
            return
        from omicsdk.transfer.scale.on_dask import connected, run_on_dask

        with connected(self.cluster) as client:
            threads: int = sum(client.nthreads().values())
            _log.info("Dask's dashboard: %s", client.dashboard_link)
            if not threads:
                _log.warning("the cluster has no workers yet; the download starts when one connects")

            def run(plan: Plan, shards: int, **options: Any) -> ShardsReport:
                return run_on_dask(plan, client, shards=shards, **options)

            yield Hands(max(1, threads), run)


@dataclass(frozen=True, slots=True)
class Hands:
    """Workers that are there.

    Attributes:
        at_once: How many shards they run at the same time.
        work: Has them run a plan.
    """

    at_once: int
    work: Callable[..., ShardsReport]

    def shards_of(self, plan: Plan) -> int:
        """Into how many shards to cut a plan: as many as an earlier run, so that what it began is gone on with.

        Args:
            plan: The plan.
        """
        earlier = plan.earlier_shards() or 0
        return earlier if earlier >= self.at_once else PER_WORKER * self.at_once

    def run(
        self,
        plan: Plan,
        shards: int,
        *,
        progress: Callable[[ShardsProgress], None] | None,
        stop: threading.Event | None,
        control: Control,
    ) -> ShardsReport:
        """Runs a plan; see `run_shards`.

        Args:
            plan: The plan.
            shards: Into how many shards to cut it.
            progress: Is called a few times a second.
            stop: Ends it when it is set.
            control: Ends it when it is stopped or its time budget is over.
        """
        report = self.work(plan, shards, progress=progress, stop=stop, control=control)
        if report.lost:
            _log.warning("workers were lost and their shards restarted by others: %d times", report.lost)
        return report


def _run_here(workers: int, plan: Plan, shards: int, **options: Any) -> ShardsReport:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from omicsdk.transfer.scale.running import run_shards

    # A fork would take along threads' locks and open connections of the process.
    pool = partial(ProcessPoolExecutor, workers, get_context("spawn"), initializer=_settle)
    return run_shards(plan.shards(shards), pool, **options)


def _settle() -> None:
    """Runs first in a process of ours: Ctrl-C is its parent's affair, and it doesn't outlive that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="omicsdk-parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # what it was at is in its journal, as after any kill


_RUN = "transfer"


def download_by(
    crew: Crew,
    source: Source,
    folder: str | os.PathLike[str],
    *,
    opening: Opening | None = None,
    repeats: bool = False,
    connections: int = 16,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> TransferReport:
    """Fetches files into a folder by several workers, which all see it under the same path.

    Args:
        crew: Who fetches.
        source: The items, or a function that gives a fresh iterator over them; see `Plan`.
        folder: Where to; it is made when it isn't there.
        opening: Is called in the worker with a shard's items and gives a context with those that are fetched; see `Plan`.
        repeats: Whether names may stand there several times, and mean one file each time; see `Plan`.
        connections: How many requests each worker has under way at once, at most.
        progress: Is called a few times a second, and once at the end.
        stop: Ends the transfer when it is set; the same call goes on with it.
        control: Stops it, bounds its time, and limits its rate, which its workers share out evenly. Pauses aren't passed on.
        clock: Tells the time.

    Returns:
        The outcome of each item, in their order, as `download` gives it. Of each shard the first 1,000 failures have the
        errors that were raised; others are `ReportedError`.

    Raises:
        UnsafePath: A name would lead out of the folder, or two to one path; nothing was fetched.
        NotWritable: The folder can't be written.
        UsageError: Something can't be sent to the workers.
        MissingExtra: A cluster is meant, and `distributed` isn't installed.
        NoScheduler: Nothing that speaks Dask answers at the scheduler's address.
        TransferError: The scheduler is lost.
        KeyboardInterrupt: It was interrupted; everything is in order for going on later.
    """
    control = control or Control()
    control.begin(clock.monotonic())
    began = clock.now()
    place = os.path.abspath(folder)
    watch = _Watch(progress)
    with crew.ready() as hands, held_folder(journals_in(place, None), _RUN, ".reports") as reports:
        rate = control.rate_limit
        plan = Plan(
            source,
            place,
            run=_RUN,
            reports=reports.path,
            rate_limit=None if rate is None else rate / hands.at_once,
            repeats=repeats,
            opening=opening,
            kept=KEPT_FAILURES,
            require_checksum=control.require_checksum,
            connections=connections,
            resume_unvalidated=control.resume_unvalidated,
            patience=control.patience,
        )
        count = hands.shards_of(plan)

        def whole(told: ShardsReport) -> TransferReport:
            _raise_what_ended_all(told)
            return TransferReport(
                Outcomes(_in_order(plan, told)),
                told.seconds,
                throughput=watch.throughput,
                began=began,
                title=f"Download to {place}",
                why_stopped=told.why_stopped,
            )

        try:
            report = whole(hands.run(plan, count, progress=watch, stop=stop, control=control))
        except ShardsOpen as error:
            reason = f"{error.reason}; {len(error.open)} of {len(error.report.results)} shards did not finish"
            raise TransferError(reason, remedy="Repeat the call to resume.") from error
        except KeyboardInterrupt as error:
            told = shards_report_of(error)
            if told is not None:
                say_stopped(control, whole(told))
            raise
    say_stopped(control, report)
    return report


@dataclass(slots=True)
class _Watch:
    """Tells how far shards are as a transfer tells it.

    Attributes:
        progress: Whom to tell.
        throughput: How fast bytes came over the time.
    """

    progress: Callable[[Progress], None] | None
    throughput: Throughput = field(default_factory=Throughput)
    _fetched: int = 0

    def __call__(self, told: ShardsProgress) -> None:
        self.throughput.record(told.seconds, max(0, told.bytes_fetched - self._fetched))
        self._fetched = max(self._fetched, told.bytes_fetched)
        if self.progress is not None:
            self.progress(
                Progress(
                    told.files,
                    told.files_done,
                    told.files_failed,
                    max(told.bytes, told.bytes_done),
                    told.bytes_done,
                    told.bytes_fetched,
                    told.rate,
                    told.seconds,
                    told.final,
                    phase="over" if told.final else "moving" if told.workers else "preparing",
                )
            )


def _raise_what_ended_all(told: ShardsReport) -> None:
    """Raises why no shard came to its end: what concerns none of the files, such as a folder that can't be written."""
    begun = [result for result in told.results if result.error is not None or result.counts]
    errors = [result.error for result in begun if result.error is not None]
    if errors and len(errors) == len(begun):
        raise errors[0]


def _in_order(plan: Plan, told: ShardsReport) -> Iterator[Outcome]:
    """The outcomes of all shards in the order of the plan's items; one of each shard is in memory.

    Where the source gives other items than before, such as a list that somebody changed, what is left comes last.
    """
    count = len(told.results)
    by_shard = [_outcomes(plan, result) for result in told.results]
    heads = [next(outcomes, None) for outcomes in by_shard]
    for name, index in plan.order(count):
        head = heads[index]
        if head is not None and head.name == name:  # else it stood there before
            yield head
            heads[index] = next(by_shard[index], None)
    for head, rest in zip(heads, by_shard, strict=True):
        if head is not None:
            yield head
            yield from rest


def _outcomes(plan: Plan, result: ShardResult) -> Iterator[Outcome]:
    """The outcomes of one shard, in the order of its items."""
    if result.report is not None:
        errors = {outcome.name: outcome.error for outcome in result.failures}
        try:
            for outcome in outcomes_in(result.report):
                known = errors.get(outcome.name) if isinstance(outcome.error, ReportedError) else None
                yield outcome if known is None else outcome._replace(error=known)
        except (OSError, UsageError) as error:
            raise TransferError(
                f"Cannot read the results of shard {result.index} of {result.of}: {error}",
                remedy="Run the same again: finished files are skipped.",
            ) from error
        return
    if not (result.error or result.counts):
        return  # it has no items
    for item in plan.items_of(result.index, result.of):
        state = "stopped" if result.error is None else "failed"
        yield Outcome(item.name, state, item.size, error=result.error, label=item.label)
