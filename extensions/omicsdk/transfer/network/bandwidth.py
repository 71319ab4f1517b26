"""The bandwidth limit: a token bucket whose tokens are bytes, and which requests continue or wait under it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from omicsdk.transfer.arguments import number

#: What may be saved up while nothing is sent, in seconds of the limit.
SAVED = 0.1
#: How much has to be there before the next bytes are let through, in seconds of the limit: less would be many wake-ups.
LEAST = 0.02


@dataclass(frozen=True, slots=True)
class Bucket:
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
        return replace(self, tokens=min(SAVED * self.rate, self.tokens + (now - self.at) * self.rate), at=now)

    def taken(self, count: int) -> Bucket:
        """The bucket after bytes have passed.

        Args:
            count: How many; fewer than 0 gives some back.
        """
        return replace(self, tokens=self.tokens - count)

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
                self._bucket = replace(self._bucket, rate=rate, tokens=min(self._bucket.tokens, SAVED * rate))
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
