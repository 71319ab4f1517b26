"""Time as an argument, so that tests can move it."""

import re
import threading
import time
from collections.abc import Callable
from typing import Protocol

from omicsdk.core.errors import Interrupted

TICK = 0.1
"""Seconds between two checks of whether to stop."""


class Clock(Protocol):
    """The source of time and of waits."""

    def now(self) -> float:
        """Seconds since 1970-01-01T00:00Z by the wall clock; it may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait for a number of seconds."""
        ...

    async def async_sleep(self, seconds: float) -> None:
        """Wait for a number of seconds without blocking the event loop."""
        ...


class SystemClock:
    """The machine's own time."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)

    async def async_sleep(self, seconds: float) -> None:
        """Wait for a number of seconds without blocking the event loop, asyncio's or trio's."""
        import anyio

        await anyio.sleep(seconds)


#: The default clock.
SYSTEM_CLOCK: Clock = SystemClock()


def seconds_in(text: str) -> float | None:
    """Parse a duration: seconds, or hours, minutes and seconds such as 2h30m; None if it is none.

    Args:
        text: The duration.
    """
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", text.strip(), re.IGNORECASE)
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = match.groups()
    return float(hours or 0) * 3600 + float(minutes or 0) * 60 + float(seconds or 0)


def never() -> bool:
    """Never stop."""
    return False


def sleep_unless(stopped: Callable[[], bool], seconds: float, step: float, clock: Clock) -> None:
    """Wait, ending early if a stop is requested.

    Args:
        stopped: Returns whether to stop; called before each step.
        seconds: How long to wait.
        step: Maximum seconds of one step.
        clock: Waits.
    """
    while seconds > 0 and not stopped():
        clock.sleep(min(seconds, step))
        seconds -= step


def _interrupted() -> Interrupted:
    return Interrupted("Stopped while waiting for the service", remedy="Repeat the call to resume.")


class StoppableClock:
    """A clock whose waits a stop ends.

    Args:
        clock: The source of time and of waits.
        stopped: Whether to stop; called ten times a second during waits, from the threads that wait.
        error: Makes the error that a stopped wait raises.
    """

    def __init__(
        self, clock: Clock, stopped: Callable[[], bool], error: Callable[[], Interrupted] = _interrupted
    ) -> None:
        self._clock, self._stopped, self._error = clock, stopped, error
        self.now, self.monotonic, self.async_sleep = clock.now, clock.monotonic, clock.async_sleep

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds.

        Raises:
            Interrupted: A stop was requested.
        """
        sleep_unless(self._stopped, seconds, TICK, self._clock)
        if self._stopped():
            raise self._error()


def stoppable(clock: Clock, stop: threading.Event | None, error: Callable[[], Interrupted]) -> Clock:
    """Return a clock whose waits an event ends; the clock itself where there is none.

    Args:
        clock: The source of time and of waits.
        stop: The event.
        error: Makes the error that a stopped wait raises.
    """
    return clock if stop is None else StoppableClock(clock, stop.is_set, error)


class ManualClock:
    """A clock for tests: it only advances when code sleeps or a test moves it. Thread-safe enough for counting.

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
        """Advance the clock and record the wait, without waiting."""
        self.slept.append(seconds)
        self._now += seconds

    async def async_sleep(self, seconds: float) -> None:
        """Do the same on an event loop."""
        self.sleep(seconds)
