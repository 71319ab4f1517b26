"""Sends no more requests to a server that is down."""

import copy
import threading
from collections.abc import Callable
from typing import TypeVar

from omicsdk.core.clock import Clock
from omicsdk.core.errors import OmicsError, ServerError, TransportError

T = TypeVar("T")

NO_RESPONSE, SERVER_ERROR, THRESHOLD = 4, 1, 16
"""Weights of a request without a response and of one with a status of 500 or more, and the sum, in a row, at which a server is down.

A server that fails at single objects still returns others, so four times as many of its failures are tolerated."""
OPEN_SECONDS = 60.0
"""Seconds after which a server that was down is tried again."""


class CircuitBreaker:
    """Stops requests to a server that is down, by counting their results, each after all its retries. Thread-safe.

    Args:
        clock: The source of time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._until = 0.0
        self._last: OmicsError | None = None

    def watch(self, send: Callable[[], T]) -> T:
        """Send a request, unless the server is known to be down.

        Args:
            send: Sends it.

        Raises:
            OmicsError: The request's error; while the server is down, the last one's.
        """
        with self._lock:
            if self._last is not None and self._count >= THRESHOLD and self._clock.monotonic() < self._until:
                # A copy: each thread that raises an error sets its traceback, and callers add to its message.
                raise copy.copy(self._last)
        # The lock is not held during the request. Those in flight when the server fails all count: with many threads, more than
        # THRESHOLD are sent.
        try:
            response = send()
        except (TransportError, ServerError) as error:
            with self._lock:
                self._count += NO_RESPONSE if isinstance(error, TransportError) else SERVER_ERROR
                # The count stays: after the pause, the first failure opens the breaker for another one.
                self._until = self._clock.monotonic() + OPEN_SECONDS
                self._last = copy.copy(error)
            raise
        except OmicsError:  # such as a 404: the server works
            self._reset()
            raise
        self._reset()
        return response

    def _reset(self) -> None:
        with self._lock:
            self._count, self._last = 0, None
