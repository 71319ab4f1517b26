"""Waiting for what the platform does by itself."""

from __future__ import annotations

from collections.abc import Callable

from omicsdk.compat.sevenbridges.errors import NO_CODE, SbgError, ValidationError
from omicsdk.compat.sevenbridges.http.arguments import Number, may_be, shown
from omicsdk.core.clock import Clock

#: Seconds between two looks, when nobody says another number.
PERIOD = 10.0
_PERIOD = Number("seconds above 0", above=True)
_TIMEOUT = Number("seconds, 0 or more, or None for no end", is_optional=True)


class StillRunning(SbgError, TimeoutError):
    """What was waited for hasn't ended in the time that was given to it."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, NO_CODE, NO_CODE, remedy=remedy)


class NeverEnds(SbgError):
    """What was waited for doesn't end by itself: somebody has to begin it first."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, NO_CODE, NO_CODE, remedy=remedy)


def wait_until(
    done: Callable[[], bool],
    what: Callable[[], str],
    clock: Clock,
    period: float = PERIOD,
    timeout: float | None = None,
) -> None:
    """Looks until something is done.

    Args:
        done: Looks, and says whether it is.
        what: Says what is waited for and where it is, as the beginning of a sentence.
        clock: What tells the time and waits.
        period: Seconds between two looks, above 0.
        timeout: Seconds after which it isn't waited for any longer; None for ever.

    Raises:
        ValidationError: The period or timeout makes no sense.
        StillRunning: It wasn't done in time; a TimeoutError.
        SbgError: It couldn't be looked at.
    """
    for name, number, seconds in (("period", _PERIOD, period), ("timeout", _TIMEOUT, timeout)):
        if not may_be(number, seconds):
            raise ValidationError(f"{name} is {shown(seconds)}", remedy=f"Give {number.takes}.")
    begun = clock.monotonic()
    while not done():
        left = None if timeout is None else begun + timeout - clock.monotonic()
        if left is not None and left <= 0:
            raise StillRunning(
                f"{what()} after {timeout:g} s", remedy="Wait again: it goes on meanwhile. Or give a longer timeout."
            )
        clock.sleep(period if left is None else min(period, left))
