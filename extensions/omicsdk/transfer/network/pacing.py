"""Requests under a bandwidth limit: which of them go on and which wait. Knows no libcurl; a request is whatever it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from omicsdk.transfer.network.throttle import Throttle

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
        self._on = False

    @property
    def on(self) -> bool:
        """Whether there is a limit, or was one whose traces are still there."""
        return self._on or bool(self._waiting) or self._throttle.rate is not None

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

    def ended(self, request: H) -> bool:
        """Lets go of a request that has ended or shall.

        Args:
            request: The request, while it can still be asked what it has moved.

        Returns:
            Whether it was ever begun.
        """
        if request in self._waiting:
            return self._waiting.pop(request)
        if self._on:
            self._throttle.take(self._moved(request) - self._running.pop(request, 0), self._now())
        return True

    def let_through(self, flying: Callable[[], list[H]]) -> float | None:
        """Lets requests go on as long as there are tokens; to be called before each wait for sockets.

        Args:
            flying: Gives all requests; asked when a limit is new.

        Returns:
            Seconds until there are new tokens, None when nothing waits for any.
        """
        if not self._on:
            self._on = True
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
            self._on = False
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
