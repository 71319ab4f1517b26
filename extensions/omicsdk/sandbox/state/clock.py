"""The sandbox's time, real until a test moves, freezes or resumes it; and work of platforms that is due at a time of it."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypedDict

from omicsdk.core.logs import logger
from omicsdk.sandbox.state.database import Database, Table


class ClockState(TypedDict):
    """The control API's description of the clock.

    Attributes:
        now: Seconds since 1970, UTC, as the services see them.
        frozen: Whether time is frozen.
        offset: Seconds by which the services' time runs ahead of real time; 0 while frozen states nothing.
    """

    now: float
    frozen: bool
    offset: float


# The year 9000: years have four digits, and what is made then needs time until it ends.
LAST = 221845392000.0


class Clock:
    """A wall clock whose time can be advanced, frozen and resumed from any thread.

    Args:
        real: Source of real time, in seconds since 1970.
    """

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._lock = threading.Lock()
        self._offset = 0.0
        self._frozen_at: float | None = None
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        """Seconds since 1970 (UTC) as the services see them."""
        with self._lock:
            return self._now()

    def _now(self) -> float:
        return self._frozen_at if self._frozen_at is not None else self._real() + self._offset

    def advance(self, seconds: float) -> float:
        """Move time forward.

        Args:
            seconds: Time to advance; not negative, because versions and expiry times of what exists would become nonsense.

        Returns:
            The new time.

        Raises:
            ValueError: `seconds` is negative, or goes past the last time that versions can be written of.
        """
        if not seconds >= 0:
            raise ValueError(f"the clock only moves forward, not by {seconds} s")
        with self._lock:
            _check(self._now() + seconds)
            if self._frozen_at is not None:
                self._frozen_at += seconds
            else:
                self._offset += seconds
            now = self._now()
        self._notify_listeners()
        return now

    def freeze(self, at: float | None = None) -> float:
        """Stop time.

        Args:
            at: The time to stop at, in seconds since 1970, up to the year 9000; by default the present.

        Returns:
            The time at which the clock is.

        Raises:
            ValueError: It is before 1970 or after the year 9000.
        """
        with self._lock:
            self._frozen_at = self._now() if at is None else _check(float(at))
            now = self._frozen_at
        self._notify_listeners()
        return now

    def resume(self) -> float:
        """Let time run on from where it is and return it."""
        with self._lock:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - self._real()
                self._frozen_at = None
            now = self._now()
        self._notify_listeners()
        return now

    def reset(self) -> None:
        """Go back to real time."""
        with self._lock:
            self._offset, self._frozen_at = 0.0, None
        self._notify_listeners()

    def state(self) -> ClockState:
        """The present state, as the control API answers it."""
        with self._lock:
            frozen = self._frozen_at is not None
            return {"now": self._now(), "frozen": frozen, "offset": 0.0 if frozen else self._offset}

    def restore(self, state: ClockState) -> None:
        """Take over a state that was saved before a restart."""
        with self._lock:
            self._offset = state["offset"]
            self._frozen_at = state["now"] if state["frozen"] else None

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Register a callable that is called, in the moving thread, whenever time was moved.

        Returns:
            A callable that takes the registration back.
        """
        with self._lock:
            self._listeners.append(listener)

        def forget() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return forget

    def _notify_listeners(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    async def sleep_until(self, moment: float) -> None:
        """Wait in an event loop until a moment of the sandbox's time, in seconds since 1970."""
        loop = asyncio.get_running_loop()
        moved = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(moved.set)

        forget = self.on_change(wake)
        try:
            while (left := moment - self.now()) > 0:
                moved.clear()
                try:
                    await asyncio.wait_for(moved.wait(), None if self.state()["frozen"] else left)
                except TimeoutError:
                    continue
        finally:
            forget()


def _check(moment: float) -> float:
    if not 0 <= moment <= LAST:
        raise ValueError("the clock runs from 1970 to the year 9000")
    return moment


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
