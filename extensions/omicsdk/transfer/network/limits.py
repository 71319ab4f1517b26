"""Limits on concurrency and bandwidth: the numbers of requests to each server, and the rate of all together.

For each server the number grows while that increases the rate and shrinks when the server refuses; a token bucket of
bytes limits the total rate.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from omicsdk.core.frozen import NamedTuple
from omicsdk.transfer.arguments import number

#: Connections to a server at the start of a transfer: one too few costs a short transfer more than a few too many.
FIRST = 4
#: Bytes added for each request: with small files the rate of requests states more than that of bytes.
REQUEST = 64 * 1024
#: Factor by which more connections must be faster to be kept; and the same for fewer, since a false step down costs
#: more.
WORTH, WORTH_FEWER = 1.05, 1.1
#: Factor of a trial's first sample that makes a second one unnecessary.
PLAIN = 1.25
#: Factor below which a second sample is unnecessary, too.
WORSE = 0.85
#: Samples of a trial that is not clear.
TRIAL = 3
#: Bytes a second of each connection, with at least FIRST per thread, beyond which no more are tried: a thread cannot
#: receive more.
PLENTY = 275_000_000
#: Samples that the present rate is taken over.
MEMORY = 5
#: The link has changed if the rate falls below this factor of its former value, or rises above the inverse.
CHANGED = 0.7
#: Seconds between trials, at first and at most; each trial without gain doubles them.
FIRST_REST, LONGEST_REST = 1.0, 16.0
#: Seconds without growth beyond what a server refused, at first and at most; each refusal there doubles them.
FIRST_CAUTION, LONGEST_CAUTION = 2.0, 60.0
#: Maximum time that a server asks to wait, as a share of the time between two tries to have more connections.
WAITING_SHARE = 0.05
#: Seconds after a refusal in which others are treated as part of it.
SAME_REFUSAL = 0.5


# a frozen dataclass takes four times as long to create, in each process that transfers a file
class Sample(NamedTuple):
    """Observations of one server over a short time.

    Attributes:
        seconds: The duration.
        received: Bytes received.
        requests: Requests that ended.
        refused: How many of them the server refused temporarily (429, 503), or let time out.
        retry_after: The longest time that it requested to wait, in seconds.
        steady: Whether exactly as many requests as allowed were in flight the whole time, neither fewer (for lack of
            work) nor more (from before the number was lowered); only then is the rate meaningful.
    """

    seconds: float
    received: int
    requests: int = 0
    refused: int = 0
    retry_after: float = 0.0
    steady: bool = True

    @property
    def rate(self) -> float:
        """Work a second: bytes, and requests as bytes."""
        return (self.received + self.requests * REQUEST) / max(self.seconds, 1e-6)


class Width(NamedTuple):
    """The number of connections, and what it is based on.

    Attributes:
        connections: The number allowed now.
        home: The number that proved best; differs from `connections` during a trial.
        rates: The latest rates at home, oldest first.
        trial: The rates of the trial so far.
        rest: Seconds until the next trial.
        pause: Seconds that followed the last trial.
        ramping: Whether it has grown without a break since the start (or since the link changed).
        downward: Whether the next trial has fewer connections.
        ceiling: The most that the server accepts, if it has refused more; 0 if it has not.
        caution: Seconds during which the ceiling is not exceeded.
        penalty: Seconds of caution after the latest refusal.
        grace: Seconds during which a refusal is treated as part of the one before.
        barren: Whether the time since the latest refusal allows no conclusion.
    """

    connections: int
    home: int
    rates: tuple[float, ...] = ()
    trial: tuple[float, ...] = ()
    rest: float = 0.0
    pause: float = FIRST_REST
    ramping: bool = True
    downward: bool = False
    ceiling: int = 0
    caution: float = 0.0
    penalty: float = 0.0
    grace: float = 0.0
    barren: bool = False


def first_width(limit: int, first: int = FIRST, rest: float = 0.0) -> Width:
    """Return the number of connections before any observation.

    Args:
        limit: The most that is allowed, 1 or more.
        first: The initial number, 1 or more.
        rest: Seconds until more are tried.
    """
    connections = max(1, min(first, limit))
    return Width(connections, connections, rest=rest)


def next_width(width: Width, sample: Sample, limit: int, threads: int = 1) -> Width:
    """Decide how many connections to use next.

    Args:
        width: The last decision.
        sample: Observations since.
        limit: The most that is allowed, 1 or more.
        threads: The number of threads that move bytes.

    Returns:
        The decision; its `connections` are from 1 to `limit`, and not more than before if a request was refused.
    """
    width = _aged(width, sample.seconds)
    if width.connections > limit:
        width = width._replace(connections=limit, home=min(width.home, limit), rates=(), trial=())
    if sample.refused:
        return _refused(width, sample)
    # With too few requests in flight the rate shows how much work there was, not what the server can do.
    if not sample.steady or not sample.rate:  # a silent server allows no conclusion either
        return width
    width = width._replace(barren=False)
    if width.connections != width.home:
        return _tried(width, sample.rate, limit)
    plenty = sample.received >= PLENTY * sample.seconds * max(FIRST * threads, width.connections)
    return _at_home(width, sample.rate, width.home if plenty else limit)


def _aged(width: Width, seconds: float) -> Width:
    return width._replace(
        rest=max(0.0, width.rest - seconds),
        caution=max(0.0, width.caution - seconds),
        grace=max(0.0, width.grace - seconds),
    )


def _refused(width: Width, sample: Sample) -> Width:
    """Reduce by the number of refusals: a server with a limit refuses exactly the excess. Keep at least half."""
    if width.grace:
        return width
    before = width.connections
    connections = max(1, before // 2, before - sample.refused)
    shrunk = width._replace(
        connections=connections,
        home=connections,
        rates=(),
        trial=(),
        rest=0.0,
        pause=FIRST_REST,
        ramping=True,
        downward=False,
        grace=SAME_REFUSAL,
        barren=True,
    )
    if width.barren:
        return shrunk  # part of the same overload; nothing new
    if before <= width.home and len(width.rates) == MEMORY:
        # The same number was accepted for a while: the server has a problem that will pass.
        return shrunk._replace(ceiling=max(width.home, width.ceiling), caution=max(FIRST_CAUTION, width.caution))
    # This number was refused before: each time it is left alone for twice as long.
    again = 0 < width.ceiling <= before
    # A try above the ceiling costs the wait that the server requests, which may be a twentieth of the time.
    penalty = max(FIRST_CAUTION, sample.retry_after / WAITING_SHARE, 2 * width.penalty if again else 0.0)
    penalty = max(min(penalty, LONGEST_CAUTION), sample.retry_after)
    return shrunk._replace(ceiling=connections, caution=penalty, penalty=penalty)


def _at_home(width: Width, rate: float, limit: int) -> Width:
    """No trial is running: start one when it is due."""
    # By the median of the last three: a single odd sample is no change of the link.
    if len(width.rates) == MEMORY and _is_another(_median(width.rates), _median((*width.rates[-2:], rate))):
        width = width._replace(rates=width.rates[-2:], rest=0.0, pause=FIRST_REST, ramping=True, downward=False)
    width = width._replace(rates=(*width.rates, rate)[-MEMORY:])
    if width.rest:
        return width
    return _trial(width, limit)


def _is_another(before: float, now: float) -> bool:
    return now < before * CHANGED or before < now * CHANGED


def _trial(width: Width, limit: int) -> Width:
    """Start a trial."""
    most = min(limit, width.ceiling) if width.caution and width.ceiling else limit
    home = width.home
    # Trials alternate between more and fewer, since fewer may have become better on a link that has changed.
    if width.downward and home > 1:
        return width._replace(connections=max(1, home * 2 // 3), trial=(), downward=False)
    if home >= most:
        rest = 2 * _longer(width.pause) if width.ramping else width.pause  # every step so far was an improvement
        return width._replace(rest=rest, pause=_longer(rest), downward=home > 1, ramping=False)
    # Beyond what the server has refused one at a time: each refusal holds the server for all jobs.
    if width.ceiling and home >= width.ceiling:
        wider = home + 1
    else:
        # Doubling, so that a transfer of two seconds finds a large number, too; after a trial without gain in smaller
        # steps.
        wider = max(FIRST, home * 2) if width.ramping else home + max(1, home // 2)
        wider = min(wider, max(width.ceiling, home + 1)) if width.ceiling else wider
    return width._replace(connections=min(most, wider), trial=(), downward=True)


def _tried(width: Width, rate: float, limit: int) -> Width:
    """A trial has a sample."""
    before = _median(width.rates) if width.rates else 0.0
    trial = (*width.trial, rate)
    plain = rate >= PLAIN * before
    if not plain and rate > WORSE * before and len(trial) < TRIAL:
        return width._replace(trial=trial)
    if plain or _median(trial) >= _worth(width.home, width.connections) * before:
        return _moved(width, rate, limit)
    crowded = width.connections > width.home and width.ramping and rate <= WORSE * before
    return width._replace(
        connections=width.home,
        rates=width.rates[-2:],
        trial=(),
        rest=0.0 if crowded else width.pause,  # even those at home may be too many
        pause=width.pause if crowded else _longer(width.pause),
        ramping=False,
    )


def _worth(home: int, other: int) -> float:
    """Return the factor by which a trial must be faster: one connection more among many cannot add much."""
    return 1 + min(WORTH - 1, (other / home - 1) / 2) if other > home else WORTH_FEWER


def _moved(width: Width, rate: float, limit: int) -> Width:
    """The trial was faster: its number is the new home, and the next one in the same direction is tried at once."""
    # Rates of the former home are no measure for this one: its first is that of the trial's last sample.
    home = width.connections
    width = width._replace(
        home=home,
        rates=(rate,),
        trial=(),
        pause=FIRST_REST,
        downward=home < width.home,
        ceiling=max(home, width.ceiling) if width.ceiling else 0,
    )
    return _trial(width, limit)


def _median(rates: Sequence[float]) -> float:
    # That of `statistics` takes 7 ms to import, in each process that transfers a file.
    ordered, half = sorted(rates), len(rates) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _longer(pause: float) -> float:
    return min(LONGEST_REST, 2 * pause)


#: Least seconds that a sample covers: a server that limits its connections should be fully used soon.
PERIOD = 0.05
#: Maximum seconds that it covers if little arrives.
LONGEST_PERIOD = 1.0
#: Work (bytes, and requests as bytes) per connection that makes a sample meaningful.
EVIDENCE = 1 * REQUEST
#: A sample is meaningless if too few or too many requests ran for more than this share of the time.
SLACK = 0.1
#: Maximum number of servers without a request that are remembered; forgotten ones are measured again.
REMEMBERED = 1024


class _ServerState:
    """One server. `received` counts requests that have ended; bytes of those in flight are added when it is examined."""

    def __init__(self, width: Width, now: float) -> None:
        self.width = width
        self.allowed = width.connections
        self.flying = 0
        self.received = 0
        self.settles = 0.0
        self.seen = 0
        self.begin(now)

    def begin(self, now: float) -> None:
        """Start a sample."""
        self.since = now
        self.before = self.seen
        self.requests = self.refused = 0
        self.retry_after = self.off = 0.0
        self.uneven = False


class ConcurrencyController:
    """Decides whether a request to a server may start.

    Args:
        limit: Maximum number of concurrent requests to all servers together; 1 or more.
        now: The clock's seconds at the start; it never goes back.
        first: Initial requests to a server, 1 or more.

    Attributes:
        flying: The number of running requests.
        opens: When the next held server may receive requests again; None if there is none. `open` is due then.
    """

    def __init__(self, limit: int, now: float, first: int = FIRST) -> None:
        self.flying = 0
        self._limit = limit
        self._first = first
        self._threads = 1
        self._active = dict[str, _ServerState]()
        self._idle = dict[str, _ServerState]()  # least recently used first
        self._closed = dict[str, float]()
        self.opens: float | None = None
        self._updated_at = now
        self._due = now + PERIOD

    def expect(self, server: str, first: int, rest: float = 0.0) -> None:
        """Set the initial number of requests to a server that has no observations yet.

        Args:
            server: The server.
            first: The number, 1 or more.
            rest: Seconds until more are tried.
        """
        if server not in self._active and server not in self._idle:
            self._idle[server] = _ServerState(first_width(self._limit, first, rest), self._updated_at)

    def widen(self, threads: int) -> None:
        """Note that more threads move bytes: more requests are tried with each server now.

        Args:
            threads: The number of threads.
        """
        self._threads = threads
        for state in self._active.values():
            state.width = state.width._replace(rest=0.0, pause=FIRST_REST, ramping=True, downward=False)

    def may_start(self, server: str) -> bool:
        """Whether a request to a server may start now.

        Args:
            server: The server.
        """
        if self.flying >= self._limit or server in self._closed:
            return False
        state = self._active.get(server)
        return state is None or state.flying < state.allowed

    def width(self, server: str) -> int:
        """Maximum number of concurrent requests to a server, from 1 to the limit."""
        state = self._active.get(server) or self._idle.get(server)
        return state.allowed if state is not None else min(self._first, self._limit)

    @property
    def full(self) -> bool:
        """Whether as many requests run as are allowed."""
        return self.flying >= self._limit

    @property
    def several(self) -> bool:
        """Whether more than one server received requests."""
        return len(self._active) + len(self._idle) > 1

    def started(self, server: str) -> None:
        """Note that a request has started."""
        state = self._active.get(server)
        if state is None:
            state = self._wake(server)
        state.flying += 1
        self.flying += 1

    def ended(self, server: str, received: int, *, counts: bool = True) -> None:
        """Note that a request has ended.

        Args:
            server: The server.
            received: The bytes that it received.
            counts: Whether it ended without being cancelled.
        """
        state = self._active[server]
        state.received += received
        state.requests += counts
        state.flying -= 1
        self.flying -= 1

    def refused(self, server: str, now: float, retry_after: float = 0.0) -> None:
        """Note that a server refused a request temporarily, or let it time out, and hold the server for a while.

        One refusal applies to all requests to the server. It is held for a moment even if it did not ask for that,
        until the requests in flight have been answered: the number of their refusals shows how many it accepts.

        Args:
            server: The server.
            now: The clock.
            retry_after: Seconds that it requested to wait.
        """
        state = self._active.get(server) or self._wake(server)
        if not state.refused:
            state.settles = now + PERIOD
        state.refused += 1
        state.retry_after = max(state.retry_after, retry_after)
        self.hold(server, now + max(PERIOD, retry_after))

    def hold(self, server: str, until: float) -> None:
        """Hold a server.

        Args:
            server: The server.
            until: The clock at which the hold ends.
        """
        self._closed[server] = max(until, self._closed.get(server, 0.0))
        if len(self._closed) > REMEMBERED:
            # The hold that ends first is the one whose loss costs least.
            del self._closed[min(self._closed, key=self._closed.__getitem__)]
        self.opens = min(self._closed.values())

    def open(self, now: float) -> None:
        """Release servers whose hold is over.

        Args:
            now: The clock.
        """
        self._closed = {server: until for server, until in self._closed.items() if until > now}
        self.opens = min(self._closed.values(), default=None)

    def adapt(self, now: float, in_flight: Callable[[], Iterable[tuple[str, int]]]) -> None:
        """Adapt the numbers of connections; called when all requests that may start have been started.

        Args:
            now: The clock.
            in_flight: Returns the server of each request in flight and the bytes it has received.
        """
        elapsed = now - self._updated_at
        self._updated_at = now
        for state in self._active.values():
            # The time since the last look counts by the number that was in flight at its beginning.
            if state.uneven or elapsed > LONGEST_PERIOD:  # the engine was paused, or the machine slept
                state.off += elapsed
            state.uneven = state.flying != state.allowed
        if now < self._due:
            return
        self._due = now + PERIOD
        for state in self._active.values():
            # Bytes of ended requests; those in flight are added below, so that each byte counts once.
            state.seen = state.received
        for server, received in in_flight():
            if (state := self._active.get(server)) is not None:
                state.seen += received
        for server, state in list(self._active.items()):
            self._sample(state, now)
            # A refusal has to be sampled first, although nothing is in flight.
            if not (state.flying or state.refused):
                self._rest(server)

    def _sample(self, state: _ServerState, now: float) -> None:
        seconds = now - state.since
        received = max(0, state.seen - state.before)
        if state.refused:
            # How many requests it refuses shows how many it accepts: that is known once those in flight have been answered.
            if now < state.settles:
                return
        elif seconds < LONGEST_PERIOD and received + state.requests * REQUEST < EVIDENCE * state.allowed:
            return
        sample = Sample(
            seconds, received, state.requests, state.refused, state.retry_after, steady=state.off <= SLACK * seconds
        )
        state.width = next_width(state.width, sample, self._limit, self._threads)
        state.allowed = state.width.connections
        state.begin(now)
        state.uneven = state.flying != state.allowed

    def _wake(self, server: str) -> _ServerState:
        state = self._idle.pop(server, None)
        if state is None:
            state = _ServerState(first_width(self._limit, self._first), self._updated_at)
        else:
            state.begin(self._updated_at)
        if len(self._active) > 2 * self._limit + REMEMBERED // 16:  # many servers with one request each
            for other, quiet in list(self._active.items()):
                if not (quiet.flying or quiet.refused):
                    self._rest(other)
        self._active[server] = state
        return state

    def _rest(self, server: str) -> None:
        self._idle[server] = self._active.pop(server)
        if len(self._idle) > REMEMBERED:
            del self._idle[next(iter(self._idle))]


class Queued(Protocol):
    """A job that waits for its requests to be sent.

    Attributes:
        server: The server of its next request, "" while unknown.
        queued: Whether it, or a part of it, is in a queue.
        over: Whether it needs no more requests.
        wanting: Whether it has unclaimed bytes.
        claimable: Whether these can be sent now.
        first: Initial requests to its server; None for FIRST.
        in_parts: Whether it is requested in parts.
    """

    queued: bool

    @property
    def server(self) -> str: ...
    @property
    def over(self) -> bool: ...
    @property
    def wanting(self) -> bool: ...
    @property
    def claimable(self) -> bool: ...
    @property
    def first(self) -> int | None: ...
    @property
    def in_parts(self) -> bool: ...


Q = TypeVar("Q", bound=Queued)


class Scheduler(ConcurrencyController, Generic[Q]):
    """A queue for each server, and the choice of what may be sent now.

    Args:
        connections: Maximum number of concurrent requests.
        now: The monotonic clock.
    """

    def __init__(self, connections: int, now: float) -> None:
        super().__init__(connections, now)
        self._queues = dict[str, deque[Q]]()  # least recently served first

    @property
    def waiting(self) -> int:
        """The number of waiting jobs."""
        return sum(map(len, self._queues.values()))

    @property
    def crowd(self) -> int:
        """The number of jobs that wait for a connection, without those that wait for one server while another has
        capacity.
        """
        # All connections are in use, or there is a single server: further items could not be sent either.
        if self.full or not (self.several or self._closed):
            return self.waiting
        return sum(
            len(queue)
            for server, queue in self._queues.items()
            if self.may_start(server) or not (self.several or server in self._closed)
        )

    def queue(self, job: Q, *, first: bool = False) -> None:
        """Queue a job, unless it is queued or over.

        Args:
            job: The job, located.
            first: Whether it goes before all others.
        """
        if not (job.queued or job.over):
            job.queued = True
            if job.first is not None:
                self.expect(job.server, job.first)
            self._put(job, first=first)

    def _put(self, job: Q, *, first: bool = False) -> None:
        queue = self._queues.get(job.server)
        if queue is None:
            queue = self._queues[job.server] = deque()
        if first:
            queue.appendleft(job)
        else:
            queue.append(job)

    def due(self, parts: int | None) -> Iterator[tuple[Q, int]]:
        """Yield jobs that may send now, for each server, with the number of requests that each may have.

        A job claims what it sends, and is `started`, before the next one is taken.

        Args:
            parts: Maximum number of requests for parts; None for no limit.
        """
        servers = list(self._queues)
        for server in servers:
            queue, waiting = self._queues.get(server), list[Q]()
            if queue and self.may_start(server):
                while queue and self.may_start(server):
                    job = queue.popleft()
                    while job.claimable and job.server == server and self.may_start(server):
                        if job.in_parts and parts is not None:
                            if not parts:
                                break
                            parts -= 1
                        yield job, self.width(server)
                    if job.over or not job.wanting:
                        job.queued = False
                    elif job.server not in ("", server):
                        # It was redirected while it waited. That server is served in this round: if nothing else is in
                        # flight, the next one begins only after a tick.
                        self._put(job)
                        servers.append(job.server)
                    else:
                        waiting.append(job)
                # They keep their places: they only lack something at the moment, such as the response that shows whether ranges are served.
                queue.extendleft(reversed(waiting))
                del self._queues[server]  # it was served: the others come first
                if queue:
                    self._queues[server] = queue


#: Maximum number of tokens saved while nothing is sent, in seconds of the limit.
SAVED = 0.1
#: Least tokens before the next bytes pass, in seconds of the limit: fewer would mean many wake-ups.
LEAST = 0.02


class Bucket(NamedTuple):
    """Tokens at one moment.

    Attributes:
        rate: Bytes a second that flow in; above 0.
        tokens: Bytes that may pass; below 0 if more have passed than there were tokens, which is unavoidable: bytes are
            counted on arrival.
        at: The moment, in seconds by a clock that never goes back.
    """

    rate: float
    tokens: float
    at: float

    def later(self, now: float) -> Bucket:
        """Return the bucket at another moment; an earlier one changes nothing.

        Args:
            now: The moment.
        """
        if now <= self.at:
            return self
        return self._replace(tokens=min(SAVED * self.rate, self.tokens + (now - self.at) * self.rate), at=now)

    def without(self, count: int) -> Bucket:
        """Return the bucket after bytes have passed.

        Args:
            count: The bytes; negative to give some back.
        """
        return self._replace(tokens=self.tokens - count)

    def wait(self) -> float:
        """Seconds until bytes may pass, 0.0 if they may now."""
        return 0.0 if self.tokens > 0 else (LEAST * self.rate - self.tokens) / self.rate


class Throttle:
    """A limit that several transfers may share and that may be changed while they run. Thread-safe.

    Args:
        rate: Bytes a second for all together, headers not counted; None for no limit.

    Attributes:
        rate: As given, or as changed by `limit`. Engines read it in each round: it is no property.

    Raises:
        ValueError: A rate that is not above 0.
    """

    def __init__(self, rate: float | None = None) -> None:
        self._guard = threading.Lock()
        self.rate = _checked(rate)
        self._bucket: Bucket | None = None

    def limit(self, rate: float | None) -> None:
        """Change the limit.

        Args:
            rate: Bytes a second, above 0; None for no limit.

        Raises:
            ValueError: A rate that is not above 0.
        """
        with self._guard:
            self.rate = _checked(rate)
            # Tokens that were saved at a higher rate must not pass as a burst at the lower one.
            if self._bucket is not None and rate is not None:  # the debt remains: it is in bytes that have passed
                self._bucket = self._bucket._replace(rate=rate, tokens=min(self._bucket.tokens, SAVED * rate))
            else:
                self._bucket = None

    def take(self, count: int, now: float) -> float:
        """Count bytes that have passed.

        Args:
            count: The bytes.
            now: The clock that all users of this throttle share.

        Returns:
            Seconds until more may pass, 0.0 if they may now.
        """
        with self._guard:
            if self.rate is None:
                return 0.0
            # Without saved tokens: a new limit applies from the first byte.
            bucket = self._bucket or Bucket(self.rate, 0.0, now)
            self._bucket = bucket.later(now).without(count)
            return self._bucket.wait()


def _checked(rate: float | None) -> float | None:
    if rate is not None:
        number("rate_limit", rate, "bytes a second")
    if rate is not None and not 0 < rate < float("inf"):
        raise ValueError(f"the limit is {rate} bytes a second; it must be above 0, or None for none")
    return rate


#: Bytes read from a socket at once under a limit, least and most, and in seconds of the limit: one poll of a socket
#: reads up to ten times as many.
_LEAST_BUFFER, _MOST_BUFFER, _BUFFER = 16 * 1024, 512 * 1024, 0.002

H = TypeVar("H", bound=Hashable)


class Pacing(Generic[H]):
    """Pauses requests when the limit's tokens are used up, and resumes them one by one when there are new ones.

    A pause does not count against the server: libcurl's time-out rests, and TCP makes the server wait.

    Args:
        throttle: The limit, which may change at any time.
        begin: Starts a request.
        pause: Pauses one that was started; does nothing with one that is over.
        resume: Resumes it.
        push: Makes requests that were just started or resumed move what they can.
        moved: Returns the bytes that a request has moved so far, in both directions.
        now: A clock that never goes back.

    Attributes:
        engaged: Whether requests are counted or wait, perhaps for a limit that was lifted meanwhile.
    """

    def __init__(
        self,
        throttle: Throttle,
        *,
        begin: Callable[[H], None],
        pause: Callable[[H], None],
        resume: Callable[[H], None],
        push: Callable[[], None],
        moved: Callable[[H], int],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._throttle = throttle
        self._begin = begin
        self._pause = pause
        self._resume = resume
        self._push = push
        self._moved = moved
        self._now = now
        self._running = dict[H, int]()  # bytes of each that the throttle has counted
        self._waiting = dict[H, bool]()  # whether each was started; the longest wait comes first
        self._counting = self._fewest_first = False
        self.engaged = False

    @property
    def buffer(self) -> int:
        """Maximum bytes to read from a socket at once."""
        rate = self._throttle.rate
        return _MOST_BUFFER if rate is None else max(_LEAST_BUFFER, min(_MOST_BUFFER, int(rate * _BUFFER)))

    def holds(self, request: H) -> bool:
        """Whether a request waits for tokens."""
        return request in self._waiting

    def start(self, request: H) -> None:
        """Add a request; it starts when it may: a small file arrives whole with the first poll of its socket."""
        self._waiting[request] = False
        self.engaged = True

    def ended(self, request: H) -> bool:
        """Remove a request that has ended or will be ended.

        Args:
            request: The request, while its moved bytes can still be read.

        Returns:
            Whether it was started.
        """
        if request in self._waiting:
            # Its bytes were counted when it was paused.
            return self._waiting.pop(request)
        if self._counting:
            self._throttle.take(self._moved(request) - self._running.pop(request, 0), self._now())
        return True

    def let_through(self, flying: Callable[[], list[H]]) -> float | None:
        """Resume requests while there are tokens; called before each wait for sockets.

        Args:
            flying: Returns all requests; called when a limit is new.

        Returns:
            Seconds until there are new tokens, None if nothing waits for any.
        """
        if not self._counting:
            self._counting = self.engaged = True
            # What moved before there was a limit does not count.
            self._running = {request: self._moved(request) for request in flying() if request not in self._waiting}
        # Each moves what it can before the next one is resumed: all at once would exceed the limit.
        while self._waiting and self._count() == 0.0:
            # In turn that with the fewest bytes, which may be small, and the one that waits longest, so that none starves.
            self._fewest_first = not self._fewest_first
            request = next(iter(self._waiting))
            if self._fewest_first:
                request = min(self._waiting, key=lambda request: self._waiting[request] and self._moved(request))
            if self._waiting.pop(request):
                self._resume(request)
                self._running[request] = self._moved(request)
            else:
                self._begin(request)
                self._running[request] = 0
            self._push()
        if self.full():
            return self._count()
        # Only now that nothing waits: requests that a lifted limit had paused were resumed above.
        if self._throttle.rate is None:
            self._counting = self.engaged = False
        return None

    def full(self) -> bool:
        """Count what has moved, and pause all requests when the tokens are used up; called after each poll of a socket.

        Returns:
            Whether the tokens are used up.
        """
        if self._count() == 0.0:
            return False
        for request in self._running:
            self._pause(request)
            self._waiting[request] = True
        self._running.clear()
        return True

    def _count(self) -> float:
        """Report what has moved to the throttle; return the seconds until more may."""
        total = 0
        for request, before in self._running.items():
            moved = self._moved(request)
            total += moved - before
            self._running[request] = moved
        return self._throttle.take(total, self._now())
