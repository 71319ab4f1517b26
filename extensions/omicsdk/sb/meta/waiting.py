"""Waiting for what the platform does by itself."""

from __future__ import annotations

from collections.abc import Callable

from omicsdk.core.clock import Clock
from omicsdk.sb.errors import NO_CODE, SbgError, ValidationError

#: Seconds between two looks, when nobody says another number.
PERIOD = 10.0


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
        StillRunning: It wasn't done in time; a TimeoutError.
        SbgError: It couldn't be looked at.
    """
    if not period > 0:
        raise ValidationError(f"The period is {period} s", remedy="Give seconds above 0.")
    begun = clock.monotonic()
    while not done():
        left = None if timeout is None else begun + timeout - clock.monotonic()
        if left is not None and left <= 0:
            raise StillRunning(
                f"{what()} after {timeout:g} s", remedy="Wait again: it goes on meanwhile. Or give a longer timeout."
            )
        clock.sleep(period if left is None else min(period, left))
