"""`run_on_dask`: has the workers of a dask.distributed cluster run the shards of a plan."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, cast
from uuid import uuid4

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import TransferError
from omicsdk.core.lazy import require
from omicsdk.transfer.engine.control import Control
from omicsdk.transfer.scale.messages import ShardsProgress, Word
from omicsdk.transfer.scale.planning import Plan
from omicsdk.transfer.scale.running import drive
from omicsdk.transfer.scale.shard import Shard, ShardsReport

#: Shards for each thread of the cluster, so that a worker that is done early finds more to do.
PER_THREAD = 4

# The runs that were told to stop, in the worker's process.
_stopped = set[str]()


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
    """Runs a plan on a Dask cluster. All workers must see the target folder under the same path.

    The scheduler gives a lost worker's shards to others, which go on where it was. It takes a shard for the cause when
    four workers in a row were lost with it (`distributed.scheduler.allowed-failures`).

    Args:
        plan: The plan; its source and the items' `locate` may be any functions that cloudpickle can send.
        cluster: A `distributed.Client`, or what one can be made of: the scheduler's address or a cluster.
        shards: Into how many parts to cut it; by default into as many as an earlier run of the plan, so that everything
            that it began is gone on with, else PER_THREAD for each of the cluster's threads.
        retries: How often each shard is begun again after an unforeseen error, or when it was taken for the cause of
            lost workers; 0 or more.
        progress: Is called a few times a second, and once at the end.
        stop: Ends all shards in order when it is set; the same plan can be gone on with later.
        control: Does so too when it is stopped or its time budget is over. Pauses aren't passed on.
        clock: Tells the time.

    Returns:
        What came of each shard.

    Raises:
        MissingExtra: `distributed` isn't installed.
        UnsafePath: A name would lead out of the folder, or two to one path; nothing was fetched.
        NoScheduler: Nothing that speaks Dask answers at the address.
        ShardsOpen: The scheduler is lost, and didn't come back within `distributed.comm.timeouts.connect`.
        UsageError: The plan can't be sent to the workers; it names the item.
        ValueError: shards is below 1 or retries negative.
        KeyboardInterrupt: It was interrupted; everything is in order for going on later.
    """
    with connected(cluster) as client:
        if shards is None:
            shards = plan.earlier_shards() or PER_THREAD * max(1, sum(client.nthreads().values()))
        with _Desk.over(client) as desk:
            return drive(
                plan.shards(shards),
                client.get_executor(pure=False),
                desk,
                packed=_packed,
                retries=retries,
                progress=progress,
                stop=stop,
                control=control,
                clock=clock,
            )


class NoScheduler(TransferError):
    """No Dask scheduler answers where one was said to be."""


@contextmanager
def connected(cluster: Any) -> Generator[Any]:
    """Gives a `distributed.Client`; one that was made for it is closed in the end.

    Args:
        cluster: A client, or what one can be made of: the scheduler's address or a cluster.

    Raises:
        MissingExtra: `distributed` isn't installed.
        NoScheduler: Nothing that speaks Dask answers at the address, or it takes certificates that nothing names.
    """
    make: Any = require("distributed", "dask", "running shards on a Dask cluster").Client
    if isinstance(cluster, make):
        yield cluster
        return
    where = cluster if isinstance(cluster, str) else repr(cluster)
    try:
        client = make(cluster, set_as_default=False)
    except TypeError as error:
        if not where.startswith("tls://"):
            raise
        raise NoScheduler(
            f"Dask has no certificates for {where}",
            remedy="Name them in the variables DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ...__CLIENT__CERT and ...__CLIENT__KEY.",
        ) from error
    except (OSError, ValueError, RuntimeError) as error:  # what distributed raises of addresses, ports and protocols
        raise NoScheduler(
            f"No Dask scheduler answers at {where}: {error}",
            remedy="Give the address that `dask scheduler` prints when it starts, such as tcp://10.0.0.5:8786.",
        ) from error
    with client:
        yield client


def _packed(shard: Shard) -> bytes:
    import cloudpickle  # comes with distributed; takes lambdas and functions of a notebook too

    return cloudpickle.dumps(shard)


@dataclass(frozen=True, slots=True)
class _Line:
    """Words as events of the scheduler.

    Attributes:
        topic: Names the run.
    """

    topic: str

    def connect(self) -> Callable[[Word], None]:
        import distributed

        worker = cast("Any", distributed).get_worker()
        return lambda word: worker.log_event(self.topic, {"word": asdict(word)})  # beside it Dask puts keys of its own

    def stopped(self) -> bool:
        return self.topic in _stopped


class _Desk:
    """Hears the words, which the scheduler passes on as they come."""

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._heard = deque[Word]()
        self._untold = False  # whether there are workers that don't know yet that they shall stop
        self.line = _Line(topic)

    @classmethod
    @contextmanager
    def over(cls, client: Any) -> Generator[_Desk]:
        """Opens a desk of its own for one run."""
        topic = f"omicsdk-{uuid4().hex[:12]}"
        desk = cls(client, topic)
        client.subscribe_topic(topic, desk._hear)
        try:
            yield desk
        finally:
            if client.status == "running":
                client.unsubscribe_topic(topic)

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        self._heard.append(Word(**event[1]["word"]))

    def words(self) -> Iterator[Word]:
        """Gives what came since the last call."""
        if self._untold and self._client.status == "running":
            self._untold = False
            self._client.run(_stop_here, self.line.topic, on_error="ignore")
        while self._heard:
            yield self._heard.popleft()

    def stop(self) -> None:
        """Has the workers stop, as soon as they can be reached."""
        self._untold = True

    @property
    def gone(self) -> str:
        """Why no worker will ever be heard again: the client has given up its scheduler."""
        return "the connection to the Dask scheduler is lost" if self._client.status == "closed" else ""

    @property
    def reachable(self) -> bool:
        """Whether the scheduler is there; for a while the client looks for one that is lost."""
        return self._client.status == "running"

    def leave(self) -> None:
        """Does nothing: workers keep in mind what they were told."""


def _stop_here(topic: str) -> None:
    """Runs in a worker's process: ends the shards of a run that are there, and those that come."""
    _stopped.add(topic)
