"""Responses that are requested in batches, before their callers need them."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import OmicsError

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
