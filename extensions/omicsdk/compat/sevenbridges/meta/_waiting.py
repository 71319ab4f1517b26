"""Waiting for what the platform does by itself: jobs, which have a state, and what runs and is told by its status."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection
from typing import Any, ClassVar, Self

from omicsdk.compat.sevenbridges._arguments import Number, may_be, shown
from omicsdk.compat.sevenbridges.errors import ValidationError, as_ours
from omicsdk.compat.sevenbridges.meta.resource import Gettable
from omicsdk.core.clock import Clock
from omicsdk.sb import jobs

#: Seconds between two looks, when nobody says another number.
PERIOD = jobs.PERIOD
_PERIOD = Number("seconds above 0", above=True)
_TIMEOUT = Number("seconds, 0 or more, or None for no end", is_optional=True)


def wait_until(
    done: Callable[[], bool],
    what: Callable[[], str],
    clock: Clock,
    period: float = PERIOD,
    timeout: float | None = None,
) -> None:
    """Looks until something is done; arguments as those of `sb.jobs.wait_until`.

    Raises:
        ValidationError: The period or timeout makes no sense.
        SbgError: It couldn't be looked at; or it wasn't done in time, which is a StillRunning and a TimeoutError, too.
    """
    for name, number, seconds in (("period", _PERIOD, period), ("timeout", _TIMEOUT, timeout)):
        if not may_be(number, seconds):
            raise ValidationError(f"{name} is {shown(seconds)}", remedy=f"Give {number.takes}.")
    with as_ours():
        jobs.wait_until(done, what, clock, period=period, timeout=timeout)


class BackgroundJob(Gettable):
    """What the platform has begun and ends by itself."""

    _ENDED: ClassVar[Collection[str]]  # states that nothing comes after

    def wait(
        self, period: float = PERIOD, timeout: float | None = None, callback: Callable[[Self], object] | None = None
    ) -> Self:
        """Waits until it has ended, well or not; what came of it stands in its fields then.

        Args:
            period: Seconds between two looks, above 0.
            timeout: Seconds after which it isn't waited for any longer; None for ever.
            callback: Is given this object after each look.

        Returns:
            Itself.

        Raises:
            StillRunning: It didn't end in time; a TimeoutError.
            SbgError: It couldn't be looked at.
        """

        def ended() -> bool:
            if self.field("state") not in self._ENDED:
                self.reload()
                if callback is not None:
                    callback(self)
            return self.field("state") in self._ENDED

        wait_until(ended, lambda: f"{self!r} is still {self.field('state')}", self.api.clock, period, timeout)
        return self


class Running(Gettable):
    """What is run: a task, or an automation."""

    _ENDED: ClassVar[Collection[str]]  # what its status is when it has ended

    def wait(
        self,
        period: float = PERIOD,
        callback: Callable[..., Any] | None = None,
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """Waits until it has ended, well or not; `status` says how.

        Args:
            period: Seconds between two looks, above 0.
            callback: Called in the end.
            *args: Its arguments.
            timeout: Seconds after which waiting ends, though what runs goes on; None for never.
            **kwargs: The callback's keyword arguments.

        Returns:
            What the callback gives; None without one.

        Raises:
            NeverEnds: It is a task's draft, which doesn't begin by itself.
            StillRunning: It hasn't ended in time; a TimeoutError.
            SbgError: The platform answered with an error.
        """
        wait_until(self._is_over, self._where, self.api.clock, period, timeout)
        return None if callback is None else callback(*args, **kwargs)

    @abstractmethod
    def _where(self) -> str:
        """What it is and where it stands, as the beginning of a sentence."""

    def _is_over(self) -> bool:
        """Whether it has ended, or never will.

        Raises:
            NeverEnds: It never will.
        """
        return self._has_ended()

    def _has_ended(self) -> bool:
        """Whether it has; asks the platform unless that is known. What was edited stays edited."""
        if self.field("status") not in self._ENDED:
            self._look()
        return self.field("status") in self._ENDED
