"""The scheduler of downloads: which request is sent next. Each server has a queue of its own, and as many requests at once as it bears."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from omicsdk.transfer.downloads.job import Job, Piece
from omicsdk.transfer.downloads.small import Small
from omicsdk.transfer.network.concurrency import Lanes
from omicsdk.transfer.plan import WHOLE

#: Requests with which a server begins that is asked for a part of a large file: where one brings all that there is, more
#: are slower (they take turns in the caches), and where it doesn't, more are tried at once.
FIRST_LARGE = 1
#: Requests with which a server begins that is asked for small files: of each answer most is waiting, and the more come
#: together the fewer rounds the engine makes.
FIRST_SMALL = 12


class Scheduler(Lanes):
    """Queues of jobs, and what each server may be asked now.

    Args:
        connections: How many requests run at once, at most.
        now: The monotonic clock.
    """

    def __init__(self, connections: int, now: float) -> None:
        super().__init__(connections, now)
        self._queues = dict[str, deque[Job | Small]]()  # the server whose turn is farthest back comes first

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return sum(map(len, self._queues.values()))

    @property
    def crowd(self) -> int:
        """How many wait for a connection, without those that wait for one server while another could be asked."""
        if self.full or not (self.several or self.opens()):
            return self.queued
        return sum(
            len(queue)
            for server, queue in self._queues.items()
            if self.may_start(server) or not (self.several or self.is_held(server))
        )

    def queue(self, job: Job | Small, *, first: bool = False) -> None:
        """Queue a job, unless it is.

        Args:
            job: The job, located.
            first: Whether before all others.
        """
        if isinstance(job, Small):
            self.expect(job.server, FIRST_SMALL)
            self._put(job.server, job, first=first)
        elif not (job.over or job.queued):
            job.queued = True
            server = job.asks_at.server
            if (job.size or 0) > WHOLE:
                self.expect(server, FIRST_LARGE)
            self._put(server, job, first=first)

    def _put(self, server: str, job: Job | Small, *, first: bool = False) -> None:
        queue = self._queues.get(server)
        if queue is None:
            queue = self._queues[server] = deque()
        if first:
            queue.appendleft(job)
        else:
            queue.append(job)

    def due(self, parts: int | None) -> Iterator[tuple[Job, Piece] | tuple[Small, None]]:
        """Give what may be sent now, to each server by itself; each is to be `started` before the next is asked for.

        Args:
            parts: How many requests for parts, at most; None for any number.
        """
        for server in tuple(self._queues):
            if self.may_start(server):
                queue, waiting = self._queues[server], list[Job | Small]()
                while queue and self.may_start(server):
                    job = queue.popleft()
                    if isinstance(job, Small):
                        yield job, None
                        continue
                    while parts != 0 and job.claimable and job.asks_at.server == server and self.may_start(server):
                        parts = None if parts is None else parts - 1
                        yield job, job.claim(self.width(server))
                    if job.over or not (job.returned or job.unclaimed):
                        job.queued = False
                    elif job.location is not None and job.asks_at.server != server:
                        self._put(job.asks_at.server, job)  # it was sent elsewhere while it waited
                    else:
                        waiting.append(job)
                queue.extendleft(reversed(waiting))
                del self._queues[server]  # it had its turn: the others come first
                if queue:
                    self._queues[server] = queue
