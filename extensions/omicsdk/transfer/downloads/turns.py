"""Whose turn it is to be sent: each server has a line of its own, and as many requests at once as it bears."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from omicsdk.core.clock import Clock
from omicsdk.transfer.downloads.job import Job, Piece
from omicsdk.transfer.downloads.ready import Ready
from omicsdk.transfer.downloads.small import Small
from omicsdk.transfer.network.concurrency import Lanes
from omicsdk.transfer.plan import WHOLE
from omicsdk.transfer.requests import Location

#: Requests with which a server begins that is asked for a part of a large file: where one brings all that there is, more
#: are slower (they take turns in the caches), and where it doesn't, more are tried at once.
FIRST_LARGE = 1
#: Requests with which a server begins that is asked for small files: of each answer most is waiting, and the more come
#: together the fewer rounds the engine makes.
FIRST_SMALL = 12


class Turns:
    """Lines of jobs, and what each server may be asked now.

    Args:
        connections: How many requests run at once, at most.
        clock: Tells the time.
        send: Sends the request for a piece of a job.
        send_small: Sends the request for a small file.
        bears: Tells whether one more request for a part may run now.

    Attributes:
        started: Is to be told of the server of each request that goes out; see `Lanes`.
        ended: Is to be told when it has ended.
    """

    def __init__(
        self,
        connections: int,
        clock: Clock,
        send: Callable[[Job, Piece], None],
        send_small: Callable[[Small], None],
        bears: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._send = send
        self._send_small = send_small
        self._bears = bears
        self._lanes = Lanes(connections, clock.monotonic())
        self._ready = Ready[Job | Small]()
        self.started = self._lanes.started
        self.ended = self._lanes.ended

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def crowd(self) -> int:
        """How many jobs wait for a connection, without those that wait for one server while another could be asked."""
        lanes, ready = self._lanes, self._ready
        if lanes.full or not (lanes.several or lanes.opens()):
            return len(ready)
        counted = (
            server
            for server in ready.servers()
            if lanes.may_start(server) or not (lanes.several or lanes.is_held(server))
        )
        return sum(len(ready.line(server)) for server in counted)

    def queue(self, job: Job, *, first: bool = False) -> None:
        """Lines a job up, unless it is.

        Args:
            job: The job, located.
            first: Whether before all others.
        """
        if not (job.over or job.queued):
            job.queued = True
            server = job.asks_at.server
            if (job.size or 0) > WHOLE:
                self._lanes.expect(server, FIRST_LARGE)
            self._ready.put(server, job, first=first)

    def queue_small(self, small: Small, *, first: bool = False) -> None:
        """Lines a small file up.

        Args:
            small: The file.
            first: Whether before all others.
        """
        self._lanes.expect(small.server, FIRST_SMALL)
        self._ready.put(small.server, small, first=first)

    def serve(self) -> None:
        """Sends what may be sent, to each server by itself."""
        for server in self._ready.servers():
            if self._lanes.may_start(server):
                self._serve(server)

    def _serve(self, server: str) -> None:
        lanes, line = self._lanes, self._ready.line(server)
        waiting = list[Job | Small]()
        while line and lanes.may_start(server):
            job = line.popleft()
            if isinstance(job, Small):
                self._send_small(job)
                continue
            while self._bears() and job.claimable and job.asks_at.server == server and lanes.may_start(server):
                self._send(job, job.claim(lanes.width(server)))
            if job.over or not (job.returned or job.unclaimed):
                job.queued = False
            elif job.location is not None and job.asks_at.server != server:
                self._ready.put(job.asks_at.server, job)  # it was sent elsewhere while it waited
            else:
                waiting.append(job)
        line.extendleft(reversed(waiting))
        self._ready.served(server)

    def hold(self, location: Location, seconds: float) -> None:
        """Leaves a server alone for a while: what it says to one request holds for all."""
        self._lanes.hold(location.server, self._clock.monotonic() + seconds)

    def trouble(self, location: Location, seconds: float) -> None:
        """Notes that a server has more to do than it can, and leaves it alone for a while."""
        self._lanes.refused(location.server, self._clock.monotonic(), seconds)

    def open(self, now: float) -> None:
        """Lets servers be asked again whose time is over."""
        self._lanes.open(now)

    def opens(self) -> float | None:
        """When the next server may be asked again that is left alone now; None when there is none."""
        return self._lanes.opens()

    def look(self, in_flight: Callable[[], Iterable[tuple[str, int]]]) -> None:
        """Adapts the numbers of connections; to be called when all requests that may be sent have been sent.

        Args:
            in_flight: Gives for each request in flight whom it asks and the bytes that it has brought.
        """
        self._lanes.look(self._clock.monotonic(), in_flight)
