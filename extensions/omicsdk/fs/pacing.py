"""The bandwidth limit for bytes that no engine moves: whoever reads a stream waits after each piece."""

from __future__ import annotations

import threading

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.transfer import Control
from omicsdk.transfer.control import TICK

#: Bytes that are read at once, at least, and in seconds of the limit.
_LEAST, _SECONDS = 16 * 1024, 0.1


class Pace:
    """Holds readers to what a control says. Thread-safe.

    Args:
        control: What limits the rate, pauses, and stops; bytes of engines under it count as well.
        stop: Ends all waiting when it is set.
        clock: Tells the time and waits.
    """

    def __init__(self, control: Control, stop: threading.Event | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._control = control
        self._stop = stop
        self._clock = clock

    def stride(self, most: int) -> int:
        """How many bytes to read at once.

        Args:
            most: Without a limit.
        """
        rate = self._control.rate_limit
        return most if rate is None else min(most, max(_LEAST, int(rate * _SECONDS)))

    def passed(self, count: int) -> None:
        """Counts bytes, and waits until more may pass; not when it is stopped.

        Args:
            count: How many.
        """
        wait = self._control.throttle.take(count, self._clock.monotonic())
        while (wait > 0 or self._control.paused) and not self._control.over(self._clock.monotonic(), self._stop):
            self._clock.sleep(min(wait, TICK) if wait > 0 else TICK)
            wait -= TICK
