"""Progress of a long step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from time import monotonic
from typing import TypeAlias, TypeVar

T = TypeVar("T")
# Called with the current step, in a few words.
OnProgress: TypeAlias = Callable[[str], None]
_SECONDS_BETWEEN_COUNTS = 0.1


def silent(_step: str) -> None:
    """Report nothing."""


class Count:
    """Reports the progress of a step, at most every 0.1 s, so that short ones report nothing.

    Args:
        step: a short description of the work.
        total: how many there are to do.
        on_progress: called with the step and the count.
    """

    def __init__(self, step: str, total: int, on_progress: OnProgress) -> None:
        self._step = step
        self._total = total
        self._on_progress = on_progress
        self._last = monotonic()

    def reached(self, number: int) -> None:
        """State how many are done."""
        now = monotonic()
        if now - self._last >= _SECONDS_BETWEEN_COUNTS:
            self._on_progress(f"{self._step}: {number:,} of {self._total:,}")
            self._last = now


def counted(items: Collection[T], step: str, on_progress: OnProgress) -> Iterator[T]:
    """Yield items, and report the number of finished ones."""
    count = Count(step, len(items), on_progress)
    for number, item in enumerate(items):
        count.reached(number)
        yield item
