"""A crew: the processes of this machine, or the Dask cluster, that run a download's shards."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from logging import getLogger
from multiprocessing import parent_process
from typing import Any

from omicsdk.core.errors import UsageError
from omicsdk.transfer.arguments import whole_number
from omicsdk.transfer.control import Control
from omicsdk.transfer.scale.following import ShardsProgress
from omicsdk.transfer.scale.planning import Plan
from omicsdk.transfer.scale.results import ShardsReport

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
