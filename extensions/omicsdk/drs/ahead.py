"""What one request brings for many, before each is asked for by itself: objects, and URLs of their bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import OmicsError

K = TypeVar("K")
V = TypeVar("V")

AT_ONCE = 100
"""How many one request asks for; a server states its own bound as maxBulkRequestLength, and Gen3's is 100."""

LASTS = 300.0
"""Seconds for which an answer is used: presigned URLs may end soon, and a file's turn may come late."""


class _Batch(Generic[K, V]):
    def __init__(self, keys: Sequence[K]) -> None:
        self.keys = keys
        self.lock = threading.Lock()
        self.found: dict[K, V] | None = None
        self.ends = 0.0


class Ahead(Generic[K, V]):
    """Answers by what is asked for. Each is given once: who asks again wants another one. Thread-safe.

    Args:
        ask: Gives the answers for several; None where the server takes no requests for several.
        clock: Tells the time.
    """

    def __init__(self, ask: Callable[[Sequence[K]], Mapping[K, V] | None], clock: Clock = SYSTEM_CLOCK) -> None:
        self._ask = ask
        self._clock = clock
        self._batches: dict[K, _Batch[K, V]] = {}
        self._works = True

    def expect(self, keys: Iterable[K]) -> None:
        """Says what will be asked for.

        Args:
            keys: What, in the likely order.
        """
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted) if len(wanted) > 1 else 0, AT_ONCE):
            batch = _Batch[K, V](wanted[start : start + AT_ONCE])
            self._batches.update((key, batch) for key in batch.keys)

    def take(self, key: K) -> V | None:
        """An answer that came with others; the first who asks for one of a batch fetches it, others wait for that.

        Args:
            key: What is asked for.

        Returns:
            The answer; None where it has to be asked for by itself.
        """
        batch = self._batches.pop(key, None)
        if batch is None or not self._works:
            return None
        with batch.lock:
            if batch.found is None:
                batch.found = self._fetched(batch.keys)
                batch.ends = self._clock.monotonic() + LASTS
            found = batch.found.pop(key, None)
            return found if self._clock.monotonic() < batch.ends else None

    def _fetched(self, keys: Sequence[K]) -> dict[K, V]:
        try:
            found = self._ask(keys)
        except OmicsError:  # whoever asks for one by itself is told why
            return {}
        if found is None:
            self._works = False
        return dict(found or {})
