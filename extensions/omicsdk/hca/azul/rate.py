"""Azul's rate limit: at most N requests from one address in a window of time; a firewall refuses more."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from omicsdk.core.clock import Clock
from omicsdk.core.logs import logger

_log = logger("omicsdk.hca.azul")

# Seconds of waiting from which a user is informed.
WORTH_A_MESSAGE = 5.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit of requests.

    Attributes:
        requests: Requests that are accepted within the window.
        seconds: The window.
    """

    requests: int = 1000
    seconds: float = 300.0

    def __str__(self) -> str:
        return f"{self.requests:,} requests in {self.seconds / 60:g} minutes"


# The rule of Azul's firewall, for one address.
RULE = Rule()


def delay(sent: Sequence[float], now: float, rule: Rule = RULE) -> float:
    """Return how long the next request has to wait.

    Args:
        sent: When earlier requests were sent, or will be, the oldest first; in seconds by the clock of `now`.
        now: The time.
        rule: The limit.

    Returns:
        Seconds, 0 or more.
    """
    return max(0.0, sent[-rule.requests] + rule.seconds - now) if len(sent) >= rule.requests else 0.0


def duration(requests: int) -> float:
    """Return how long some requests take at least, in seconds.

    Args:
        requests: Number of requests.
    """
    return max(0, requests - 1) // RULE.requests * RULE.seconds


class Gate:
    """Lets requests of all threads through as the rule allows. Thread-safe.

    Args:
        clock: Returns the time.
        rule: The limit.
    """

    def __init__(self, clock: Clock, rule: Rule = RULE) -> None:
        self._clock = clock
        self._rule = rule
        self._lock = threading.Lock()
        self._sent: deque[float] = deque(maxlen=rule.requests)
        self._logged_until = 0.0

    def reserve(self) -> float:
        """Reserve the next request.

        Returns:
            Seconds to wait before it is sent.
        """
        with self._lock:
            now = self._clock.monotonic()
            wait = delay(self._sent, now, self._rule)
            self._sent.append(now + wait)
            is_logged = wait >= WORTH_A_MESSAGE and now >= self._logged_until  # all connections wait at once
            if is_logged:
                self._logged_until = now + wait
        if is_logged:
            _log.warning("Azul accepts %s from one address: waiting %.0f s", self._rule, wait)
        return wait


# The gates of services: all clients of a process share one, as a service counts addresses, not clients.
_gates: dict[tuple[str, Clock], Gate] = {}


def pace(origin: str, clock: Clock) -> float:
    """Reserve the next request to a service.

    Args:
        origin: The origin of its base URL.
        clock: Returns the time.

    Returns:
        Seconds to wait before it is sent.
    """
    gate = _gates.get((origin, clock)) or _gates.setdefault((origin, clock), Gate(clock))  # of two threads one's stays
    return gate.reserve()
