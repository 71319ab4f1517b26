"""Asks where files are, ahead of their turn: in threads, for the answer may take a call to a service."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from omicsdk.core.clock import Clock
from omicsdk.core.errors import APIError, OmicsError, TransferError
from omicsdk.transfer.arguments import a
from omicsdk.transfer.downloads.job import Job
from omicsdk.transfer.foreign import foreign_words
from omicsdk.transfer.network.concurrency import Lanes
from omicsdk.transfer.requests import Location
from omicsdk.transfer.retrying import LONGEST_RETRY_AFTER, OVERLOADED
from omicsdk.transfer.threads import Inbox, Pool

#: Calls that run at once at first, and at most, when nobody says how many: more where a service answers slowly.
FIRST_CALLS, MOST_CALLS = 16, 64
# All calls go to one service as far as anybody here knows.
_SERVICE = ""


class Locators:
    """The threads that ask, as many at once as pays.

    Args:
        calls: How many at once; None for as many as prove best.
        inbox: Where their answers go.
        clock: Tells the time.
        located: Is told of a job and where its file is.
        failed: Is told of a job whose file can't be located.
    """

    def __init__(
        self,
        calls: int | None,
        inbox: Inbox,
        clock: Clock,
        located: Callable[[Job, Location], None],
        failed: Callable[[Job, OmicsError], None],
    ) -> None:
        self._adapts = calls is None
        self._pool = Pool("omicsdk-locate", calls or MOST_CALLS, inbox)
        self._lanes = Lanes(calls or MOST_CALLS, clock.monotonic(), first=calls or FIRST_CALLS)
        self._queue = deque[Job]()
        self._clock = clock
        self._told = located
        self._failed = failed

    @property
    def calls(self) -> int:
        """How many calls may run at once now."""
        return self._lanes.width(_SERVICE)

    @property
    def waiting(self) -> int:
        """How many answers are awaited."""
        return self._pool.waiting

    def locate(self, job: Job) -> None:
        """Finds out where a job's file is."""
        locate = job.item.locate
        if isinstance(locate, Location) and not (job.located and job.item.renew is not None):
            self._told(job, locate)
            return
        job.locating = True
        self._queue.append(job)
        self._call()

    def opens(self) -> float | None:
        """When calls may begin again that wait for a service's leave; None when none does."""
        return self._lanes.opens() if self._queue else None

    def look(self) -> None:
        """Begins the calls that may begin, and adapts how many; to be called again and again."""
        now = self._clock.monotonic()
        self._lanes.open(now)
        self._call()
        if self._adapts:
            self._lanes.look(now, tuple)

    def close(self, patience: float) -> None:
        """Ends the threads; see `Pool.close`."""
        self._pool.close(patience)

    def _call(self) -> None:
        while self._queue and self._lanes.may_start(_SERVICE):
            job = self._queue.popleft()
            locate = job.item.renew if isinstance(job.item.locate, Location) else job.item.locate
            if job.over or locate is None:
                continue
            self._lanes.started(_SERVICE)
            self._pool.submit(locate, partial(self._located, job), partial(self._not_located, job))

    def _located(self, job: Job, location: object) -> None:
        self._lanes.ended(_SERVICE, 0)
        if job.over:
            return
        job.locating = False
        if isinstance(location, Location):
            self._told(job, location)
            return
        said = f"{job.item.title}: its locate returned {a(location)}, not a Location"
        self._failed(job, TransferError(said, name=job.item.name, remedy="Return a Location(url)."))

    def _not_located(self, job: Job, error: Exception) -> None:
        self._lanes.ended(_SERVICE, 0)
        if self._adapts and isinstance(error, APIError) and error.status in OVERLOADED:
            asked = error.retry_after or 0.0
            # A longer wait has ended this file; the others had better ask for themselves.
            self._lanes.refused(_SERVICE, self._clock.monotonic(), asked if asked <= LONGEST_RETRY_AFTER else 0.0)
        if job.over:
            return
        if not isinstance(error, OmicsError):
            said = foreign_words(job.item.title, error)
            error = TransferError(f"{job.item.title}: requesting its URL failed: {said}", name=job.item.name)
        self._failed(job, error)
