"""How much is requested at once, and how fast bytes may come: the numbers of requests to each server, and the bandwidth limit.

For each server the number grows while that pays and shrinks when the server is in trouble; a token bucket whose tokens are
bytes bounds the rate of all together.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from omicsdk.transfer.arguments import number

#: How many connections to a server a transfer begins with: one too few costs a short transfer more than a few too many.
FIRST = 4
#: A request counts as so many bytes: with small files the rate of requests tells more than that of bytes.
REQUEST = 64 * 1024
#: By this factor more connections must be faster to be kept; and fewer, since a false step down costs more.
WORTH, WORTH_FEWER = 1.05, 1.1
#: When a trial's first sample is faster by this factor, it needs no second one.
PLAIN = 1.25
#: When it is slower than this factor, neither.
WORSE = 0.85
#: Samples that a trial takes when it isn't plain.
TRIAL = 3
#: Bytes a second of each connection, of FIRST at least for each thread, with which no more are tried: a thread can't take in more.
PLENTY = 275_000_000
#: Samples over which the present rate is taken.
MEMORY = 5
#: The link is another one when the rate has become lower than this factor of what it was, or higher than its inverse.
CHANGED = 0.7
#: Seconds between trials, at first and at most; each one that brings nothing doubles them.
FIRST_REST, LONGEST_REST = 1.0, 16.0
#: Seconds without growth beyond what a server refused, at first and at most; each refusal there doubles them.
FIRST_CAUTION, LONGEST_CAUTION = 2.0, 60.0
#: What a server asks to wait is this share, at most, of the time between two tries to have more connections.
WAITING_SHARE = 0.05
#: Seconds after a refusal in which others belong to it.
SAME_REFUSAL = 0.5


class Sample(NamedTuple):  # a frozen dataclass takes four times as long to make, in each process that transfers a file
    """What was seen of one server during a short time.

    Attributes:
        seconds: How long it was.
        received: Bytes that came.
        requests: Requests that came to an end.
        refused: How many of them the server refused for now (429, 503), or let time out.
        retry_after: Seconds that it asked to wait, the longest.
        steady: Whether as many requests as allowed were in flight the whole time, neither fewer (for lack of work) nor
            more (from before the number was lowered); only then the rate tells anything.
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
    """The number of connections, and what it rests on.

    Attributes:
        connections: How many are allowed now.
        home: How many proved best; another number than `connections` while there is a trial.
        rates: The latest rates at home, oldest first.
        trial: The rates of the trial so far.
        rest: Seconds until the next trial.
        pause: Seconds that followed the last trial.
        ramping: Whether it has grown since the beginning (or since the link changed) without a break.
        downward: Whether the next trial is one with fewer.
        ceiling: The most that the server bears, as far as it has refused more; 0 when it hasn't.
        caution: Seconds during which the ceiling isn't passed.
        penalty: Seconds of caution after the latest refusal.
        grace: Seconds during which a refusal belongs to the one before.
        barren: Whether nothing can be said of the time since the latest refusal.
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
    """The number of connections before anything was seen.

    Args:
        limit: The most that is allowed, 1 or more.
        first: How many to begin with, 1 or more.
        rest: Seconds until more are tried.
    """
    connections = max(1, min(first, limit))
    return Width(connections, connections, rest=rest)


def next_width(width: Width, sample: Sample, limit: int, threads: int = 1) -> Width:
    """Decides how many connections to use next.

    Args:
        width: What was decided last.
        sample: What was seen since.
        limit: The most that is allowed, 1 or more.
        threads: How many threads move bytes.

    Returns:
        The decision; its `connections` are from 1 to `limit`, and no more than before when a request was refused.
    """
    width = _aged(width, sample.seconds)
    if width.connections > limit:
        width = width._replace(connections=limit, home=min(width.home, limit), rates=(), trial=())
    if sample.refused:
        return _refused(width, sample)
    if not sample.steady or not sample.rate:  # of a server that is silent nothing can be said either
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
    """As many fewer as were refused: a server that allows so many at once says just that. But half of them stay."""
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
        return shrunk  # still the same trouble; there is nothing more to learn from it
    if before <= width.home and len(width.rates) == MEMORY:
        # As many were fine for a while: something has happened to the server, and will pass.
        return shrunk._replace(ceiling=max(width.home, width.ceiling), caution=max(FIRST_CAUTION, width.caution))
    again = 0 < width.ceiling <= before
    penalty = max(FIRST_CAUTION, sample.retry_after / WAITING_SHARE, 2 * width.penalty if again else 0.0)
    penalty = max(min(penalty, LONGEST_CAUTION), sample.retry_after)
    return shrunk._replace(ceiling=connections, caution=penalty, penalty=penalty)


def _at_home(width: Width, rate: float, limit: int) -> Width:
    """Nothing is being tried: perhaps it is time to."""
    if len(width.rates) == MEMORY and _is_another(_median(width.rates), _median((*width.rates[-2:], rate))):
        width = width._replace(rates=width.rates[-2:], rest=0.0, pause=FIRST_REST, ramping=True, downward=False)
    width = width._replace(rates=(*width.rates, rate)[-MEMORY:])
    if width.rest:
        return width
    return _trial(width, limit)


def _is_another(before: float, now: float) -> bool:
    return now < before * CHANGED or before < now * CHANGED


def _trial(width: Width, limit: int) -> Width:
    """Begins a trial."""
    most = min(limit, width.ceiling) if width.caution and width.ceiling else limit
    home = width.home
    if width.downward and home > 1:
        return width._replace(connections=max(1, home * 2 // 3), trial=(), downward=False)
    if home >= most:
        rest = 2 * _longer(width.pause) if width.ramping else width.pause  # every step up to here has paid
        return width._replace(rest=rest, pause=_longer(rest), downward=home > 1, ramping=False)
    if width.ceiling and home >= width.ceiling:
        wider = home + 1
    else:
        wider = max(FIRST, home * 2) if width.ramping else home + max(1, home // 2)
        wider = min(wider, max(width.ceiling, home + 1)) if width.ceiling else wider
    return width._replace(connections=min(most, wider), trial=(), downward=True)


def _tried(width: Width, rate: float, limit: int) -> Width:
    """A trial has brought a sample."""
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
        rest=0.0 if crowded else width.pause,  # perhaps even those at home are too many
        pause=width.pause if crowded else _longer(width.pause),
        ramping=False,
    )


def _worth(home: int, other: int) -> float:
    """The factor by which a trial must be faster: one connection more among many can't bring much."""
    return 1 + min(WORTH - 1, (other / home - 1) / 2) if other > home else WORTH_FEWER


def _moved(width: Width, rate: float, limit: int) -> Width:
    """The trial paid: its number is the new home, and the next one is tried at once, in the same direction."""
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


#: Seconds that a sample covers, at least: a server that caps its connections is to be used in full soon.
PERIOD = 0.05
#: Seconds that it covers at most, when little comes.
LONGEST_PERIOD = 1.0
#: Work (bytes, and requests as bytes) for each connection that makes a sample tell something.
EVIDENCE = 1 * REQUEST
#: A sample during which more than this share of the time too few or too many requests ran tells nothing.
SLACK = 0.1
#: Servers without a request that are remembered, at most; what is forgotten is learnt again.
REMEMBERED = 1024


class _ServerState:
    """One server. `received` counts requests that have ended; what those in flight brought is added when it is looked."""

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


class ConcurrencyController:
    """Decides whether a request to a server may start.

    Args:
        limit: The most requests at once, to all servers together; 1 or more.
        now: The clock's seconds at the start; it never goes back.
        first: With how many a server begins, 1 or more.

    Attributes:
        flying: How many requests run.
        opens: When the next server may be asked again that is left alone now; None when there is none. `open` is due then.
    """

    def __init__(self, limit: int, now: float, first: int = FIRST) -> None:
        self.flying = 0
        self._limit = limit
        self._first = first
        self._threads = 1
        self._active = dict[str, _ServerState]()
        self._idle = dict[str, _ServerState]()  # the one that was used longest ago comes first
        self._closed = dict[str, float]()
        self.opens: float | None = None
        self._looked = now
        self._due = now + PERIOD

    def expect(self, server: str, first: int, rest: float = 0.0) -> None:
        """Set with how many requests a server begins, when nothing is known of it yet.

        Args:
            server: The server.
            first: How many, 1 or more.
            rest: Seconds until more are tried.
        """
        if server not in self._active and server not in self._idle:
            self._idle[server] = _ServerState(first_width(self._limit, first, rest), self._looked)

    def widen(self, threads: int) -> None:
        """Note that more threads move bytes: more requests are tried with each server now.

        Args:
            threads: How many they are.
        """
        self._threads = threads
        for state in self._active.values():
            state.width = state.width._replace(rest=0.0, pause=FIRST_REST, ramping=True, downward=False)

    def may_start(self, server: str) -> bool:
        """Whether a request to a server may start now.

        Args:
            server: Its name; anything that tells servers apart.
        """
        if self.flying >= self._limit or server in self._closed:
            return False
        state = self._active.get(server)
        return state is None or state.flying < state.allowed

    def width(self, server: str) -> int:
        """How many requests to a server may run at once, from 1 to the limit."""
        state = self._active.get(server) or self._idle.get(server)
        return state.allowed if state is not None else min(self._first, self._limit)

    @property
    def full(self) -> bool:
        """Whether as many requests run as may run at once."""
        return self.flying >= self._limit

    @property
    def several(self) -> bool:
        """Whether more than one server was asked."""
        return len(self._active) + len(self._idle) > 1

    def started(self, server: str) -> None:
        """Notes that a request has started."""
        state = self._active.get(server)
        if state is None:
            state = self._wake(server)
        state.flying += 1
        self.flying += 1

    def ended(self, server: str, received: int, *, counts: bool = True) -> None:
        """Notes that a request has come to an end, well or not.

        Args:
            server: Whom it asked.
            received: The bytes that it brought.
            counts: Whether it came to its end; False when it was called off.
        """
        state = self._active[server]
        state.received += received
        state.requests += counts
        state.flying -= 1
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
        state = self._active.get(server) or self._wake(server)
        if not state.refused:
            state.settles = now + PERIOD
        state.refused += 1
        state.retry_after = max(state.retry_after, retry_after)
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
        self.opens = min(self._closed.values())

    def open(self, now: float) -> None:
        """Lets servers be asked again whose time is over.

        Args:
            now: The clock.
        """
        self._closed = {server: until for server, until in self._closed.items() if until > now}
        self.opens = min(self._closed.values(), default=None)

    def look(self, now: float, in_flight: Callable[[], Iterable[tuple[str, int]]]) -> None:
        """Adapts the numbers of connections; to be called whenever all requests that may start have been started.

        Args:
            now: The clock.
            in_flight: Gives for each request in flight whom it asks and the bytes that it has brought.
        """
        elapsed = now - self._looked
        self._looked = now
        for state in self._active.values():
            if state.uneven or elapsed > LONGEST_PERIOD:  # nobody looked for so long: it was paused, or the machine was
                state.off += elapsed
            state.uneven = state.flying != state.allowed
        if now < self._due:
            return
        self._due = now + PERIOD
        for state in self._active.values():
            state.seen = state.received
        for server, received in in_flight():
            if (state := self._active.get(server)) is not None:
                state.seen += received
        for server, state in list(self._active.items()):
            self._sample(state, now)
            if not (state.flying or state.refused):
                self._rest(server)

    def _sample(self, state: _ServerState, now: float) -> None:
        seconds = now - state.since
        received = max(0, state.seen - state.before)
        if state.refused:
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
            state = _ServerState(first_width(self._limit, self._first), self._looked)
        else:
            state.begin(self._looked)
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
    """What waits for requests to be sent for it.

    Attributes:
        server: Whom the next request asks, "" while nobody knows.
        queued: Whether it is in a queue, or something of it waits.
        over: Whether it needs none any longer.
        wanting: Whether there is anything that is not claimed yet.
        claimable: Whether that can be sent now.
        first: Requests with which a server begins that is asked for such; None for FIRST.
        in_parts: Whether it is asked for in parts.
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
    """A queue for each server, and what may be sent now.

    Args:
        connections: How many requests run at once, at most.
        now: The monotonic clock.
    """

    def __init__(self, connections: int, now: float) -> None:
        super().__init__(connections, now)
        self._queues = dict[str, deque[Q]]()  # the server whose turn is farthest back comes first

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._queues.values()))

    @property
    def crowd(self) -> int:
        """How many wait for a connection, without those that wait for one server while another could be asked."""
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
            first: Whether before all others.
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
        """Give what may be sent now, to each server by itself, with how many requests it may have.

        Whoever is given claims what is sent, and it is `started`, before the next is asked for.

        Args:
            parts: How many requests for parts, at most; None for any number.
        """
        for server in tuple(self._queues):
            if self.may_start(server):
                queue, waiting = self._queues[server], list[Q]()
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
                        self._put(job)  # it was sent elsewhere while it waited
                    else:
                        waiting.append(job)
                queue.extendleft(reversed(waiting))
                del self._queues[server]  # it had its turn: the others come first
                if queue:
                    self._queues[server] = queue


#: What may be saved up while nothing is sent, in seconds of the limit.
SAVED = 0.1
#: How much has to be there before the next bytes are let through, in seconds of the limit: less would be many wake-ups.
LEAST = 0.02


class Bucket(NamedTuple):
    """Tokens at a moment.

    Attributes:
        rate: Bytes a second that flow in; above 0.
        tokens: Bytes that may pass; below 0 after more has passed than there were tokens, which can't be helped: bytes
            are counted when they have come.
        at: The moment, in seconds by a clock that never goes back.
    """

    rate: float
    tokens: float
    at: float

    def later(self, now: float) -> Bucket:
        """The bucket at another moment; an earlier one changes nothing.

        Args:
            now: The moment.
        """
        if now <= self.at:
            return self
        return self._replace(tokens=min(SAVED * self.rate, self.tokens + (now - self.at) * self.rate), at=now)

    def taken(self, count: int) -> Bucket:
        """The bucket after bytes have passed.

        Args:
            count: How many; fewer than 0 gives some back.
        """
        return self._replace(tokens=self.tokens - count)

    def wait(self) -> float:
        """Seconds until bytes may pass, 0.0 when they may now."""
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
            if self._bucket is not None and rate is not None:  # the debt stays: it is in bytes that have passed
                self._bucket = self._bucket._replace(rate=rate, tokens=min(self._bucket.tokens, SAVED * rate))
            else:
                self._bucket = None

    def take(self, count: int, now: float) -> float:
        """Counts bytes that have passed.

        Args:
            count: How many.
            now: The clock that all users of this throttle share.

        Returns:
            Seconds until more may pass, 0.0 when they may now.
        """
        with self._guard:
            if self.rate is None:
                return 0.0
            bucket = self._bucket or Bucket(self.rate, 0.0, now)
            self._bucket = bucket.later(now).taken(count)
            return self._bucket.wait()


def _checked(rate: float | None) -> float | None:
    if rate is not None:
        number("rate_limit", rate, "bytes a second")
    if rate is not None and not 0 < rate < float("inf"):
        raise ValueError(f"the limit is {rate} bytes a second; it must be above 0, or None for none")
    return rate


#: Bytes that are read from a socket at once under a limit, at least and at most, and in seconds of the limit: one look at a
#: socket brings up to ten times as many.
_LEAST_BUFFER, _MOST_BUFFER, _BUFFER = 16 * 1024, 512 * 1024, 0.002

H = TypeVar("H", bound=Hashable)


class Pacing(Generic[H]):
    """Pauses requests when the limit's tokens are used up, and lets them go on one after the other when there are new ones.

    A request that is paused isn't held against its server: libcurl's patience rests, and TCP tells the server to wait.

    Args:
        throttle: The limit, which may change at any time.
        begin: Begins a request.
        pause: Pauses one that was begun; does nothing with one that is over.
        go_on: Lets it go on.
        push: Has the requests that were just begun or let go on move what they can.
        moved: Gives the bytes that a request has moved so far, in both directions.
        now: A clock that never goes back.

    Attributes:
        engaged: Whether requests are counted or wait, perhaps for a limit that has gone meanwhile.
    """

    def __init__(
        self,
        throttle: Throttle,
        *,
        begin: Callable[[H], None],
        pause: Callable[[H], None],
        go_on: Callable[[H], None],
        push: Callable[[], None],
        moved: Callable[[H], int],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._throttle = throttle
        self._begin = begin
        self._pause = pause
        self._go_on = go_on
        self._push = push
        self._moved = moved
        self._now = now
        self._running = dict[H, int]()  # with the bytes that the throttle knows of
        self._waiting = dict[H, bool]()  # whether they were begun; who waits longest comes first
        self._counting = False
        self.engaged = False

    @property
    def buffer(self) -> int:
        """How many bytes to read from a socket at once."""
        rate = self._throttle.rate
        return _MOST_BUFFER if rate is None else max(_LEAST_BUFFER, min(_MOST_BUFFER, int(rate * _BUFFER)))

    def holds(self, request: H) -> bool:
        """Whether a request waits for tokens."""
        return request in self._waiting

    def start(self, request: H) -> None:
        """Takes in a request; it is begun when it may: a small file comes whole with the first look at its socket."""
        self._waiting[request] = False
        self.engaged = True

    def ended(self, request: H) -> bool:
        """Lets go of a request that has ended or shall.

        Args:
            request: The request, while it can still be asked what it has moved.

        Returns:
            Whether it was ever begun.
        """
        if request in self._waiting:
            return self._waiting.pop(request)
        if self._counting:
            self._throttle.take(self._moved(request) - self._running.pop(request, 0), self._now())
        return True

    def let_through(self, flying: Callable[[], list[H]]) -> float | None:
        """Lets requests go on as long as there are tokens; to be called before each wait for sockets.

        Args:
            flying: Gives all requests; asked when a limit is new.

        Returns:
            Seconds until there are new tokens, None when nothing waits for any.
        """
        if not self._counting:
            self._counting = self.engaged = True
            self._running = {request: self._moved(request) for request in flying() if request not in self._waiting}
        while self._waiting and self._count() == 0.0:
            request = next(iter(self._waiting))
            if self._waiting.pop(request):
                self._go_on(request)
                self._running[request] = self._moved(request)
            else:
                self._begin(request)
                self._running[request] = 0
            self._push()
        if self.full():
            return self._count()
        if self._throttle.rate is None:
            self._counting = self.engaged = False
        return None

    def full(self) -> bool:
        """Counts what has moved; pauses all when the tokens are used up. To be called after each look at a socket.

        Returns:
            Whether they are.
        """
        if self._count() == 0.0:
            return False
        for request in self._running:
            self._pause(request)
            self._waiting[request] = True
        self._running.clear()
        return True

    def _count(self) -> float:
        """Tells the throttle what has moved; gives the seconds until more may."""
        total = 0
        for request, before in self._running.items():
            moved = self._moved(request)
            total += moved - before
            self._running[request] = moved
        return self._throttle.take(total, self._now())
