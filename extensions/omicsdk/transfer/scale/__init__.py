"""Downloads divided into shards, which run in threads, in processes or on other machines.

plan = Plan(items, "data", connections=8)                    # or Plan(function_that_yields_items, ...)
report = run_shards(plan.shards(4), ProcessPoolExecutor)     # or any executor; a class or function makes one
report = run_on_dask(plan, "tcp://scheduler:8786")           # needs the extra dask
report.raise_if_failed()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import UsageError
from omicsdk.transfer.arguments import whole_number

if TYPE_CHECKING:
    from omicsdk.transfer.scale.workers import WorkerPool


def worker_pool(workers: int | None, scheduler: Any) -> WorkerPool | None:
    """Return the workers that a call's options name; None if the process itself downloads.

    Args:
        workers: Processes on this machine, 1 or more; None for none.
        scheduler: A scheduler's address, a cluster or a client of Dask; None for none.

    Raises:
        UsageError: Both were given, or a number below 1.
    """
    if workers is None and scheduler is None:
        return None
    if workers is not None and scheduler is not None:
        raise UsageError("workers and a scheduler are mutually exclusive", remedy="Use one of them.")
    from omicsdk.transfer.scale.workers import WorkerPool  # with processes and shards, which few downloads need

    if workers is None:
        return WorkerPool(cluster=scheduler)
    try:
        return WorkerPool(whole_number("workers", workers))
    except ValueError as error:
        raise UsageError(str(error), remedy="Use 1 or more processes.") from error
