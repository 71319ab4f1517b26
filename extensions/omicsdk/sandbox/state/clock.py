"""The sandbox's time: real until a test moves, freezes or resumes it."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypedDict


class ClockState(TypedDict):
    """The control API's description of the clock.

    Attributes:
        now: Seconds since 1970, UTC, as the services see them.
        frozen: Whether time is frozen.
        offset: Seconds by which the services' time runs ahead of real time; 0 while frozen states nothing.
    """

    now: float
    frozen: bool
    offset: float


# The year 9000: years have four digits, and what is made then needs time until it ends.
LAST = 221845392000.0


class Clock:
    """A wall clock whose time can be advanced, frozen and resumed from any thread.

    Args:
        real: Source of real time, in seconds since 1970.
    """

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._lock = threading.Lock()
        self._offset = 0.0
        self._frozen_at: float | None = None
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        """Seconds since 1970 (UTC) as the services see them."""
        with self._lock:
            return self._now()

    def _now(self) -> float:
        return self._frozen_at if self._frozen_at is not None else self._real() + self._offset

    def advance(self, seconds: float) -> float:
        """Move time forward.

        Args:
            seconds: Time to advance; not negative, because versions and expiry times of what exists would become nonsense.

        Returns:
            The new time.

        Raises:
            ValueError: `seconds` is negative, or goes past the last time that versions can be written of.
        """
        if not seconds >= 0:
            raise ValueError(f"the clock only moves forward, not by {seconds} s")
        with self._lock:
            _check(self._now() + seconds)
            if self._frozen_at is not None:
                self._frozen_at += seconds
            else:
                self._offset += seconds
            now = self._now()
        self._notify_listeners()
        return now

    def freeze(self, at: float | None = None) -> float:
        """Stop time.

        Args:
            at: The time to stop at, in seconds since 1970, up to the year 9000; by default the present.

        Returns:
            The time at which the clock is.

        Raises:
            ValueError: It is before 1970 or after the year 9000.
        """
        with self._lock:
            self._frozen_at = self._now() if at is None else _check(float(at))
            now = self._frozen_at
        self._notify_listeners()
        return now

    def resume(self) -> float:
        """Let time run on from where it is and return it."""
        with self._lock:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - self._real()
                self._frozen_at = None
            now = self._now()
        self._notify_listeners()
        return now

    def reset(self) -> None:
        """Go back to real time."""
        with self._lock:
            self._offset, self._frozen_at = 0.0, None
        self._notify_listeners()

    def state(self) -> ClockState:
        """The present state, as the control API answers it."""
        with self._lock:
            frozen = self._frozen_at is not None
            return {"now": self._now(), "frozen": frozen, "offset": 0.0 if frozen else self._offset}

    def restore(self, state: ClockState) -> None:
        """Take over a state that was saved before a restart."""
        with self._lock:
            self._offset = state["offset"]
            self._frozen_at = state["now"] if state["frozen"] else None

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Register a callable that is called, in the moving thread, whenever time was moved.

        Returns:
            A callable that takes the registration back.
        """
        with self._lock:
            self._listeners.append(listener)

        def forget() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return forget

    def _notify_listeners(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    async def sleep_until(self, moment: float) -> None:
        """Wait in an event loop until a moment of the sandbox's time, in seconds since 1970."""
        loop = asyncio.get_running_loop()
        moved = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(moved.set)

        forget = self.on_change(wake)
        try:
            while (left := moment - self.now()) > 0:
                moved.clear()
                try:
                    await asyncio.wait_for(moved.wait(), None if self.state()["frozen"] else left)
                except TimeoutError:
                    continue
        finally:
            forget()


def _check(moment: float) -> float:
    if not 0 <= moment <= LAST:
        raise ValueError("the clock runs from 1970 to the year 9000")
    return moment
