"""A network in virtual time: requests share a link, and no test waits for it."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Protocol

from omicsdk.transfer.network import plan

MIB = 1024 * 1024
#: Bytes that a new connection sends before the first acknowledgement: ten packets.
FIRST_WINDOW = 14_600
#: Seconds after which a refused request comes again when the server requested nothing.
AGAIN = 0.25


class Chooser(Protocol):
    """Decides how many requests run at once: `ConcurrencyController`, or a fixed number."""

    def may_start(self, server: str) -> bool: ...
    def width(self, server: str) -> int: ...
    def started(self, server: str) -> None: ...
    def ended(self, server: str, received: int) -> None: ...
    def refused(self, server: str, now: float, retry_after: float = 0.0) -> None: ...
    def open(self, now: float) -> None: ...
    def adapt(self, now: float, in_flight: object) -> None: ...


class Fixed:
    """Always so many; it too leaves a server alone as long as that requests."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.flying = 0
        self.until = 0.0
        self.now = 0.0

    def may_start(self, server: str) -> bool:
        return self.flying < self.count and self.now >= self.until

    def width(self, server: str) -> int:
        return self.count

    def started(self, server: str) -> None:
        self.flying += 1

    def ended(self, server: str, received: int) -> None:
        self.flying -= 1

    def refused(self, server: str, now: float, retry_after: float = 0.0) -> None:
        self.until = max(self.until, now + retry_after)

    def open(self, now: float) -> None:
        self.now = now

    def adapt(self, now: float, in_flight: object) -> None: ...


@dataclass(frozen=True)
class Link:
    """What a network is like.

    Attributes:
        rate: Bytes a second of all connections together.
        connection_rate: Bytes a second of one connection, at most.
        rtt: Seconds that a request takes before its first byte; a new connection takes as many.
        cost: Seconds that the server takes for a request, besides.
        slow_start: Whether a new connection begins slowly and doubles with each round trip.
        bears: More requests at once than this are refused.
        retry_after: Seconds that a refusal asks to wait.
        best: More connections than this get in each other's way.
        loss: By this factor each of those more lowers the rate of all.
        rivals: Connections of others on the link; each takes the same share.
    """

    rate: float = 1e9
    connection_rate: float = 1e12
    rtt: float = 0.001
    cost: float = 0.0
    slow_start: bool = False
    bears: int = 10_000
    retry_after: float = 0.0
    best: int = 10_000
    loss: float = 0.9
    rivals: int = 0

    def total(self, active: int) -> float:
        """What `active` connections get together."""
        share = active / (active + self.rivals) if active else 1.0
        return self.rate * share * self.loss ** max(0, active - self.best)


@dataclass(frozen=True)
class Network:
    """Links, one after the other.

    Attributes:
        links: Each with the time from which it holds, the first from 0.
    """

    links: Sequence[tuple[float, Link]]

    @classmethod
    def of(cls, link: Link) -> Network:
        return cls([(0.0, link)])

    @classmethod
    def wandering(cls, link: Link, seed: int, *, spread: float, rivals: int = 0, step: float = 0.15) -> Network:
        """A link whose rate (and whose rivals) change at random, for ten minutes."""
        dice, links, level = random.Random(seed), [], 0.0
        for number in range(int(600 / step)):
            level = 0.8 * level + dice.gauss(0, spread)
            others = dice.randint(0, 2 * rivals)
            rate = link.rate * min(1.5, max(0.3, 1 + level))
            links.append((number * step, _with(link, rate, others if rivals else link.rivals)))
        return cls(links)

    def at(self, now: float) -> tuple[Link, float]:
        """The link that holds, and until when."""
        index = bisect_right(self.links, now, key=lambda entry: entry[0])
        return self.links[index - 1][1], self.links[index][0] if index < len(self.links) else float("inf")


def _with(link: Link, rate: float, rivals: int) -> Link:
    return Link(**{**link.__dict__, "rate": rate, "rivals": rivals})


@dataclass
class Connection:
    """One connection; `window` is what it may have under way."""

    window: float = FIRST_WINDOW
    doubles: float = 0.0


@dataclass(eq=False)
class Flight:
    """One request."""

    size: int
    server: str
    connection: Connection
    begins: float
    left: float
    refused: bool = False
    rate: float = 0.0


@dataclass
class Trace:
    """What happened.

    Attributes:
        seconds: How long it took.
        refusals: How many requests were refused.
        widths: When the number of connections became another, and which.
        ends: When the last request to each server ended.
    """

    seconds: float = 0.0
    refusals: int = 0
    widths: list[tuple[float, int]] = field(default_factory=list)
    ends: dict[str, float] = field(default_factory=dict)


def simulate(networks: dict[str, Network], work: dict[str, list[int]], chooser: Chooser, until: float = 300) -> Trace:
    """Fetch files over networks.

    Args:
        networks: From server to what it is like.
        work: From server to the sizes of its files.
        chooser: Decides how many requests run at once.
        until: Virtual seconds after which it is abandoned; then it took forever.
    """
    return _Run(networks, work, chooser).run(until)


class _Run:
    def __init__(self, networks: dict[str, Network], work: dict[str, list[int]], chooser: Chooser) -> None:
        self.networks, self.chooser = networks, chooser
        self.queues = {server: deque(files) for server, files in work.items()}
        self.flights: list[Flight] = []
        self.idle = {server: list[Connection]() for server in networks}
        self.later: list[tuple[float, int, str]] = []
        self.trace = Trace()
        self.now = 0.0

    def run(self, until: float) -> Trace:
        while self.flights or self.later or any(self.queues.values()):
            if self.now >= until:
                self.trace.seconds = float("inf")
                return self.trace
            while self.later and self.later[0][0] <= self.now + 1e-9:
                _, size, server = heappop(self.later)
                self.queues[server].appendleft(size)
            self.chooser.open(self.now)
            for _ in range(2):  # what the first look allows is started at once
                self._start()
                self.chooser.adapt(self.now, self._in_flight)
            for server in self.networks:
                width = self.chooser.width(server)
                if not self.trace.widths or (len(self.networks) == 1 and self.trace.widths[-1][1] != width):
                    self.trace.widths.append((self.now, width))
            self._advance()
        self.trace.seconds = self.now
        return self.trace

    def _in_flight(self) -> Iterator[tuple[str, int]]:
        return ((flight.server, 0 if flight.refused else int(flight.size - flight.left)) for flight in self.flights)

    def _start(self) -> None:
        started = True
        while started:
            started = False
            for server, queue in self.queues.items():
                if queue and self.chooser.may_start(server):
                    self._send(server, queue)
                    started = True

    def _send(self, server: str, queue: deque[int]) -> None:
        size = queue.popleft()
        if size > plan.WHOLE:
            part = plan.part_length(size, self.chooser.width(server))
            if size > part:
                queue.appendleft(size - part)
                size = part
        link, _ = self.networks[server].at(self.now)
        fresh = not self.idle[server]
        connection = Connection() if fresh else self.idle[server].pop()
        accepted = sum(1 for flight in self.flights if flight.server == server and not flight.refused)
        begins = self.now + link.rtt * (2 if fresh else 1) + link.cost
        refused = accepted >= link.bears
        self.flights.append(Flight(size, server, connection, begins, 0.0 if refused else float(size), refused))
        self.chooser.started(server)

    def _advance(self) -> None:
        """Move on to whatever happens next, at most as long as the engine waits for anything."""
        then = self.now + 0.05
        for server, network in self.networks.items():
            link, change = network.at(self.now)
            then = min(then, change)
            self._share(link, [flight for flight in self.flights if flight.server == server])
        if self.later:
            then = min(then, self.later[0][0])
        for flight in self.flights:
            if flight.begins > self.now:
                then = min(then, flight.begins)
            elif flight.rate:
                then = min(then, self.now + flight.left / flight.rate, flight.connection.doubles or then)
        then = max(then, self.now + 1e-6)
        flights, self.flights = self.flights, []
        ended: list[Flight] = []
        for flight in flights:
            flight.left -= flight.rate * (then - self.now)
            over = flight.left < 1 and flight.begins <= then
            (ended if over else self.flights).append(flight)
        self.now = then
        for flight in ended:
            self._end(flight)

    def _share(self, link: Link, flights: list[Flight]) -> None:
        """Return each active flight its share of the link; what one cannot use, the others get."""
        active = [flight for flight in flights if flight.begins <= self.now]
        for flight in flights:
            flight.rate = 0.0
        left = link.total(len(active))
        caps = []
        for flight in active:
            cap = link.connection_rate
            if link.slow_start:
                connection = flight.connection
                if not connection.doubles:
                    connection.doubles = self.now + link.rtt
                elif connection.doubles <= self.now + 1e-9:
                    connection.window, connection.doubles = connection.window * 2, self.now + link.rtt
                cap = min(cap, connection.window / link.rtt)
                if connection.window > 64 * MIB:
                    connection.doubles = float("inf")
            caps.append((cap, flight))
        caps.sort(key=lambda entry: entry[0])
        for place, (cap, flight) in enumerate(caps):
            flight.rate = min(cap, left / (len(caps) - place))
            left -= flight.rate

    def _end(self, flight: Flight) -> None:
        server = flight.server
        self.chooser.ended(server, 0 if flight.refused else flight.size)
        flight.connection.doubles = 0.0
        self.idle[server].append(flight.connection)
        if flight.refused:
            link, _ = self.networks[server].at(self.now)
            self.trace.refusals += 1
            self.chooser.refused(server, self.now, link.retry_after)
            heappush(self.later, (self.now + max(AGAIN, link.retry_after), flight.size, server))
        else:
            self.trace.ends[server] = self.now
