"""Time as an argument, so that tests can move it."""

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """The source of time and of waits."""

    def now(self) -> float:
        """Seconds since 1970-01-01T00:00Z, as the wall clock has it; it may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait for so many seconds."""
        ...

    async def async_sleep(self, seconds: float) -> None:
        """Wait for so many seconds without holding up an event loop."""
        ...


class SystemClock:
    """The machine's own time."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)

    async def async_sleep(self, seconds: float) -> None:
        """Wait for so many seconds without holding up an event loop, asyncio's or trio's."""
        import anyio

        await anyio.sleep(seconds)


#: The clock that everything uses by default.
SYSTEM_CLOCK: Clock = SystemClock()


def sleep_unless(stopped: Callable[[], bool], seconds: float, step: float, clock: Clock) -> None:
    """Wait, and end that when a stop is requested.

    Args:
        stopped: Whether to stop; asked before each step.
        seconds: How long to wait.
        step: Seconds of one step, at most.
        clock: Waits.
    """
    while seconds > 0 and not stopped():
        clock.sleep(min(seconds, step))
        seconds -= step


class ManualClock:
    """A clock for tests: it stands still until someone sleeps or moves it. Thread-safe enough for counting.

    Args:
        now: Seconds since 1970 at which it starts.

    Attributes:
        slept: Every wait so far, in seconds.
    """

    def __init__(self, now: float = 1_600_000_000.0) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now

    def monotonic(self) -> float:
        """The same seconds; nothing sets this clock back."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        """Move the clock and note it, at once."""
        self.slept.append(seconds)
        self._now += seconds

    async def async_sleep(self, seconds: float) -> None:
        """Do the same on an event loop."""
        self.sleep(seconds)
