"""Spares requests to a server that is down: what it didn't answer a few times in a row isn't asked a hundred thousand times."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import TypeVar

from omicsdk.core.clock import Clock
from omicsdk.core.errors import OmicsError, ServerError, TransportError

T = TypeVar("T")

SILENT, BROKEN, ENOUGH = 4, 1, 16
"""What a request without an answer counts, what one that the server failed at, and how much in a row is an outage."""
LASTS = 60.0
"""Seconds after which a server that was down is asked again."""


class Outage:
    """Watches what comes of requests to one server, each with all its tries. Thread-safe.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._until = 0.0
        self._last: OmicsError | None = None

    def watch(self, ask: Callable[[], T]) -> T:
        """Makes a request, unless the server is known to be down.

        Args:
            ask: Makes it.

        Raises:
            OmicsError: What the request raises; while the server is down, what the last one raised.
        """
        with self._lock:
            if self._last is not None and self._count >= ENOUGH and self._clock.monotonic() < self._until:
                raise copy.copy(self._last)
        try:
            answer = ask()
        except (TransportError, ServerError) as error:
            with self._lock:
                self._count += SILENT if isinstance(error, TransportError) else BROKEN
                self._until = self._clock.monotonic() + LASTS
                self._last = copy.copy(error)
            raise
        except OmicsError:
            self._answered()
            raise
        self._answered()
        return answer

    def _answered(self) -> None:
        with self._lock:
            self._count, self._last = 0, None
