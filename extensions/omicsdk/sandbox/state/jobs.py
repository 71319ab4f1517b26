"""Work of platforms that is due at a time of the sandbox's clock."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from omicsdk.core.logs import logger
from omicsdk.sandbox.state.database import Database, Table

log = logger("omicsdk.sandbox")

_Runner = Callable[[str, float], object]
_NEVER = float("inf")
# A runner may schedule the next stage; one that always does would never let `finish` end.
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class _Job:
    number: int
    at: float
    kind: str
    id: str


class Jobs:
    """Jobs by the sandbox's clock: nothing runs in the background, each request first does what is due.

    A job leaves the database together with what it did, so one that a stop of the sandbox cut short is done after the restart.

    Args:
        database: The sandbox's database.
        name: The platform, for the name of the table.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, name: str, now: Callable[[], float]) -> None:
        self._database = database
        self._table = Table(database, f"{name}_jobs", _Job, indexes=("at, number",))
        self._now = now
        self._runners: dict[str, tuple[_Runner, bool]] = {}
        self._lock = threading.RLock()
        self._under_way: set[int] = set()
        self._next: float | None = None  # when the first job is due; None until the first read

    def on(self, kind: str, runner: _Runner, *, slow: bool = False) -> None:
        """State what to do about jobs of a kind.

        Args:
            kind: The kind.
            runner: Called with the job's identity and the time at which it was due; what it changes takes effect
                together, or not at all when it raises.
            slow: Whether it moves bytes or waits for others: it takes care of transactions itself, so that requests
                continue meanwhile, and must be idempotent: a job may be run again after it was done.
        """
        self._runners[kind] = runner, slow

    def schedule(self, kind: str, id: str, at: float) -> None:
        """Note a job.

        Args:
            kind: Its kind.
            id: What it is about.
            at: When it is due, in the sandbox's time.
        """
        with self._database.transaction():  # see `_next_due`
            self._table.add(_Job(0, at, kind, id))
            self._next = None

    def is_due(self) -> bool:
        """Whether there is anything to do now; not to be called within a transaction."""
        return self._next_due() <= self._now()

    def settle(self) -> None:
        """Do what is due, in its order; not to be called within a transaction."""
        if not self.is_due():
            return
        with self._lock:
            while job := self._due(self._now()):
                self._run(job, job.at)

    def finish(self) -> int:
        """Do all that is noted as if it were due now, and what comes of it; return how much that was."""
        count = 0
        with self._lock:
            while count < _MOST and (job := self._due(_NEVER)):
                self._run(job, min(job.at, self._now()))
                count += 1
        return count

    def clear(self) -> None:
        """Forget when the next job is due; the table was emptied."""
        self._next = None

    def _run(self, job: _Job, at: float) -> None:
        runner, slow = self._runners[job.kind]
        with self._database.transaction():  # see `_next_due`
            self._under_way.add(job.number)
            self._next = None
        try:
            with nullcontext() if slow else self._database.transaction():
                runner(job.id, at)
                self._table.remove(number=job.number)
        except Exception:
            log.exception("%s of %s failed", job.kind, job.id)
            # What fails once would fail with every request from then on.
            self._table.remove(number=job.number)
        finally:
            self._under_way.discard(job.number)
            self._next = None

    def _next_due(self) -> float:
        """When the first job is due; it is read again only after jobs have changed."""
        at = self._next
        if at is None:
            # Jobs are noted in transactions, so none is noted or undone between the reading and the keeping.
            with self._database.transaction():
                first = self._due(_NEVER)
                self._next = at = _NEVER if first is None else first.at
        return at

    def _due(self, now: float) -> _Job | None:
        """The first job that is due and that no thread is running."""
        # Hardly ever is more than one under way: slow ones are done one after another.
        jobs = self._table.all("at <= ?", now, order="at, number", limit=2)
        return next((job for job in jobs if job.number not in self._under_way), None)
