"""Requests to a server: none to one that is down, and responses in batches, before their callers need them."""

import copy
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
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


K = TypeVar("K")
V = TypeVar("V")

BULK = 100
"""Maximum identifiers of one request; a server states its own bound as maxBulkRequestLength, and Gen3's is 100."""

PREFETCH_SECONDS = 300.0
"""Seconds for which a response is used: presigned URLs may expire soon, and a file may wait long for its turn."""


class _Batch(Generic[K, V]):
    def __init__(self, keys: Sequence[K]) -> None:
        self.keys = keys
        self.lock = threading.Lock()
        self.responses: dict[K, V] | None = None  # None before the request
        self.expires_at = 0.0


class Prefetch(Generic[K, V]):
    """Responses that are requested in batches, by key. Thread-safe.

    Each is returned once: who requests it again was refused by what it says, and needs a new response.

    Args:
        fetch: Requests the responses for several keys; returns None if the server does not support that.
        clock: The source of time.
    """

    def __init__(self, fetch: Callable[[Sequence[K]], Mapping[K, V] | None], clock: Clock = SYSTEM_CLOCK) -> None:
        self._fetch = fetch
        self._clock = clock
        self._batches: dict[K, _Batch[K, V]] = {}
        self._is_supported = True

    def expect(self, keys: Iterable[K]) -> None:
        """Announce keys that will be requested.

        Args:
            keys: The keys, in the likely order.
        """
        requested = list(dict.fromkeys(keys))
        # A single key is requested alone: its response says more, and every server supports it.
        for start in range(0, len(requested) if len(requested) > 1 else 0, BULK):
            batch = _Batch[K, V](requested[start : start + BULK])
            self._batches.update((key, batch) for key in batch.keys)

    def take(self, key: K) -> V | None:
        """Return a response from a batch; the first caller that needs one of a batch requests it, others wait for that.

        Args:
            key: The key.

        Returns:
            The response; None if it has to be requested individually.
        """
        batch = self._batches.pop(key, None)
        if batch is None or not self._is_supported:
            return None
        # The lock is held during the request: other threads that need a key of this batch would send the same one.
        with batch.lock:
            if batch.responses is None:
                batch.responses = self._fetched(batch.keys)
                batch.expires_at = self._clock.monotonic() + PREFETCH_SECONDS
            response = batch.responses.pop(key, None)
            return response if self._clock.monotonic() < batch.expires_at else None

    def _fetched(self, keys: Sequence[K]) -> dict[K, V]:
        try:
            responses = self._fetch(keys)
        except OmicsError:  # a request for a single one raises the reason
            return {}
        if responses is None:
            self._is_supported = False
        return dict(responses or {})
