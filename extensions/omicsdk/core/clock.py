"""Time as an argument, so that tests can move it, and waits that a stop ends."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

from omicsdk.core.errors import Interrupted


@runtime_checkable
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

    async def async_sleep(self, seconds: float) -> None:
        """Wait for a number of seconds without blocking the event loop."""


class SystemClock:
    """The machine's own time."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)

    def __repr__(self) -> str:
        return "SYSTEM_CLOCK"  # in signatures

    async def async_sleep(self, seconds: float) -> None:
        """Wait for a number of seconds without blocking the event loop, asyncio's or trio's."""
        import anyio

        await anyio.sleep(seconds)


#: The default clock.
SYSTEM_CLOCK: Clock = SystemClock()


#: Seconds between two checks of whether to stop.
TICK = 0.1


def never() -> bool:
    """Never stop, or never wait."""
    return False


_STOPPED: ContextVar[Callable[[], bool]] = ContextVar("omicsdk_stopped", default=never)


@contextmanager
def stopping(stopped: Callable[[], bool]) -> Generator[None]:
    """End the waits of any client's requests within the block, also in the threads of its `Workers`, once a stop is requested.

    `core.plain_client.stopping_by` describes the waits.

    Args:
        stopped: Whether to stop; called ten times a second during waits.
    """
    # A context variable, since workflows of several threads and tasks run at once, each with its own stop.
    token = _STOPPED.set(stopped)
    try:
        yield
    finally:
        _STOPPED.reset(token)


#: Returns what ends waits for services: the stop of `stopping`; `never` outside of it.
stop_of = _STOPPED.get


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


def interrupted() -> Interrupted:
    """Return the error of a wait that a stop ended, without raising it."""
    return Interrupted("Stopped while waiting for the service", remedy="Repeat the call to resume.")


class StoppableClock:
    """A clock whose waits a stop ends.

    Args:
        clock: The source of time and of waits.
        stopped: Whether to stop; called ten times a second during waits, from the threads that wait.
        error: Makes the error that a stopped wait raises.

    Attributes:
        stopped: As given.
    """

    def __init__(
        self, clock: Clock, stopped: Callable[[], bool], error: Callable[[], Interrupted] = interrupted
    ) -> None:
        self._clock, self.stopped, self._error = clock, stopped, error
        self.now, self.monotonic, self.async_sleep = clock.now, clock.monotonic, clock.async_sleep

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds.

        Raises:
            Interrupted: A stop was requested.
        """
        sleep_unless(self.stopped, seconds, TICK, self._clock)
        if self.stopped():
            raise self._error()


def stoppable(clock: Clock, stop: threading.Event | None, error: Callable[[], Interrupted]) -> Clock:
    """Return a clock whose waits an event ends; the clock itself where there is none.

    Args:
        clock: The source of time and of waits.
        stop: The event.
        error: Makes the error that a stopped wait raises.
    """
    return clock if stop is None else StoppableClock(clock, stop.is_set, error)
