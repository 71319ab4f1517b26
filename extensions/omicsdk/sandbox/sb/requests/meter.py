"""Counts the requests of each token, as the platform does, to refuse those beyond the limit."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests a token has.

    Attributes:
        limit: In each period.
        remaining: In the present one.
        reset: When it ends, in seconds since 1970.
    """

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """What every answer says of it."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


class Meter:
    """The counts of one sandbox; a period begins with a token's first request.

    Args:
        now: The sandbox's time in seconds since 1970.
        limit: How many requests a period has at present.
        seconds: How long it is.
    """

    def __init__(self, now: Callable[[], float], limit: Callable[[], int], seconds: Callable[[], float]) -> None:
        self._now = now
        self._limit = limit
        self._seconds = seconds
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._last: dict[str, Rate] = {}

    def count(self, token: str) -> bool:
        """Counts a request.

        Returns:
            False for one beyond the limit.
        """
        limit, seconds = self._limit(), self._seconds()
        with self._lock:
            now = self._now()  # not before, or another's later one would look like a clock that was put back
            used, ends = self._counts.get(token, (0, 0.0))
            # A clock that was put back would else keep a period for ever.
            if not now < ends <= now + seconds:
                used, ends = 0, now + seconds
            self._counts[token] = (used + 1, ends)
            self._last[token] = Rate(limit, max(limit - used - 1, 0), math.ceil(ends))
        return used < limit

    def rate(self, token: str) -> Rate | None:
        """How the token stood after its last request; None when there was none."""
        with self._lock:
            return self._last.get(token)

    def clear(self) -> None:
        """Forgets all counts."""
        with self._lock:
            self._counts.clear()
            self._last.clear()
