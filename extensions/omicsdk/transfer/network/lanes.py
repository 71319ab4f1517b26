"""How many requests may run at once, for each server by itself and for all together. Plain data; the caller has the clock.

Each server has a lane of its own: its number of connections, its trouble, the time until which it asked to be left alone.
So one that is ill slows no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from omicsdk.transfer.network.connections import FIRST, REQUEST, Sample, Width, first_width, next_width

#: Seconds that a sample covers, at least: a server that caps its connections is to be used in full soon.
PERIOD = 0.05
#: Seconds that it covers at most, when little comes.
LONGEST_PERIOD = 1.0
#: Work (bytes, and requests as bytes) for each connection that makes a sample tell something.
EVIDENCE = 1 * REQUEST
#: A sample during which more than this share of the time too few or too many requests ran tells nothing.
SLACK = 0.1
#: Lanes without a request that are remembered, at most; what is forgotten is learnt again.
REMEMBERED = 1024


class _Lane:
    """One server. `received` counts requests that have ended; what those in flight brought is added when it is looked."""

    __slots__ = (
        "allowed",
        "before",
        "flying",
        "off",
        "received",
        "refused",
        "requests",
        "retry_after",
        "seen",
        "settles",
        "since",
        "uneven",
        "width",
    )

    def __init__(self, width: Width, now: float) -> None:
        self.width = width
        self.allowed = width.connections
        self.flying = 0
        self.received = 0
        self.settles = 0.0
        self.seen = 0
        self.begin(now)

    def begin(self, now: float) -> None:
        """Begins a sample."""
        self.since = now
        self.before = self.seen
        self.requests = self.refused = 0
        self.retry_after = self.off = 0.0
        self.uneven = False


class Lanes:
    """Decides whether a request to a server may start.

    Args:
        limit: The most requests at once, to all servers together; 1 or more.
        now: The clock's seconds at the start; it never goes back.
        first: With how many a server begins, 1 or more.
    """

    def __init__(self, limit: int, now: float, first: int = FIRST) -> None:
        self.flying = 0
        self._limit = limit
        self._first = first
        self._active = dict[str, _Lane]()
        self._idle = dict[str, _Lane]()  # the one that was used longest ago comes first
        self._closed = dict[str, float]()
        self._looked = now
        self._due = now + PERIOD

    def expect(self, server: str, first: int) -> None:
        """Says with how many requests a server begins, when nothing is known of it yet.

        Args:
            server: The server.
            first: How many, 1 or more.
        """
        if server not in self._active and server not in self._idle:
            self._idle[server] = _Lane(first_width(self._limit, first), self._looked)

    def may_start(self, server: str) -> bool:
        """Whether a request to a server may start now.

        Args:
            server: Its name; anything that tells servers apart.
        """
        if self.flying >= self._limit or server in self._closed:
            return False
        lane = self._active.get(server)
        return lane is None or lane.flying < lane.allowed

    def width(self, server: str) -> int:
        """How many requests to a server may run at once, from 1 to the limit."""
        lane = self._active.get(server) or self._idle.get(server)
        return lane.allowed if lane is not None else min(self._first, self._limit)

    @property
    def full(self) -> bool:
        """Whether as many requests run as may run at once."""
        return self.flying >= self._limit

    @property
    def several(self) -> bool:
        """Whether more than one server was asked."""
        return len(self._active) + len(self._idle) > 1

    def is_held(self, server: str) -> bool:
        """Whether a server is left alone now."""
        return server in self._closed

    def started(self, server: str) -> None:
        """Notes that a request has started."""
        lane = self._active.get(server)
        if lane is None:
            lane = self._wake(server)
        lane.flying += 1
        self.flying += 1

    def ended(self, server: str, received: int, *, counts: bool = True) -> None:
        """Notes that a request has come to an end, well or not.

        Args:
            server: Whom it asked.
            received: The bytes that it brought.
            counts: Whether it came to its end; False when it was called off.
        """
        lane = self._active[server]
        lane.received += received
        lane.requests += counts
        lane.flying -= 1
        self.flying -= 1

    def refused(self, server: str, now: float, retry_after: float = 0.0) -> None:
        """Notes that a server refused a request for now, or let it time out: it is left alone for a while.

        What one request is told holds for all to that server. For a moment it is left alone even if it asked for
        nothing, until all answers to what was in flight have come: how many it refuses tells how many it bears.

        Args:
            server: The server.
            now: The clock.
            retry_after: Seconds that it asked to wait.
        """
        lane = self._active.get(server) or self._wake(server)
        if not lane.refused:
            lane.settles = now + PERIOD
        lane.refused += 1
        lane.retry_after = max(lane.retry_after, retry_after)
        self.hold(server, now + max(PERIOD, retry_after))

    def hold(self, server: str, until: float) -> None:
        """Leaves a server alone.

        Args:
            server: The server.
            until: When the clock will say this, it ends.
        """
        self._closed[server] = max(until, self._closed.get(server, 0.0))
        if len(self._closed) > REMEMBERED:
            del self._closed[min(self._closed, key=self._closed.__getitem__)]

    def opens(self) -> float | None:
        """When the next server may be asked again that is left alone now; None when there is none."""
        return min(self._closed.values(), default=None)

    def open(self, now: float) -> None:
        """Lets servers be asked again whose time is over.

        Args:
            now: The clock.
        """
        if self._closed:
            self._closed = {server: until for server, until in self._closed.items() if until > now}

    def look(self, now: float, in_flight: Callable[[], Iterable[tuple[str, int]]]) -> None:
        """Adapts the numbers of connections; to be called whenever all requests that may start have been started.

        Args:
            now: The clock.
            in_flight: Gives for each request in flight whom it asks and the bytes that it has brought.
        """
        elapsed = now - self._looked
        self._looked = now
        for lane in self._active.values():
            if lane.uneven or elapsed > LONGEST_PERIOD:  # nobody looked for so long: it was paused, or the machine was
                lane.off += elapsed
            lane.uneven = lane.flying != lane.allowed
        if now < self._due:
            return
        self._due = now + PERIOD
        for lane in self._active.values():
            lane.seen = lane.received
        for server, received in in_flight():
            if (lane := self._active.get(server)) is not None:
                lane.seen += received
        for server, lane in list(self._active.items()):
            self._sample(lane, now)
            if not (lane.flying or lane.refused):
                self._rest(server)

    def _sample(self, lane: _Lane, now: float) -> None:
        seconds = now - lane.since
        received = max(0, lane.seen - lane.before)
        if lane.refused:
            if now < lane.settles:
                return
        elif seconds < LONGEST_PERIOD and received + lane.requests * REQUEST < EVIDENCE * lane.allowed:
            return
        sample = Sample(
            seconds, received, lane.requests, lane.refused, lane.retry_after, steady=lane.off <= SLACK * seconds
        )
        lane.width = next_width(lane.width, sample, self._limit)
        lane.allowed = lane.width.connections
        lane.begin(now)
        lane.uneven = lane.flying != lane.allowed

    def _wake(self, server: str) -> _Lane:
        lane = self._idle.pop(server, None)
        if lane is None:
            lane = _Lane(first_width(self._limit, self._first), self._looked)
        else:
            lane.begin(self._looked)
        if len(self._active) > 2 * self._limit + REMEMBERED // 16:  # many servers with one request each
            for other, quiet in list(self._active.items()):
                if not (quiet.flying or quiet.refused):
                    self._rest(other)
        self._active[server] = lane
        return lane

    def _rest(self, server: str) -> None:
        self._idle[server] = self._active.pop(server)
        if len(self._idle) > REMEMBERED:
            del self._idle[next(iter(self._idle))]
