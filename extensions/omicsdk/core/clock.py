"""Time as an argument, so that tests can move it."""

import time
from typing import Protocol


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

    def __repr__(self) -> str:
        return "SYSTEM_CLOCK"  # in signatures

    async def async_sleep(self, seconds: float) -> None:
        """Wait for a number of seconds without blocking the event loop, asyncio's or trio's."""
        import anyio

        await anyio.sleep(seconds)


#: The default clock.
SYSTEM_CLOCK: Clock = SystemClock()
