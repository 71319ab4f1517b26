"""How fast bytes came over time, in memory that doesn't grow with the time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

#: How many steps a curve has, at most: more than a plot can show apart.
STEPS = 600


class Throughput:
    """Bytes over time, in steps that double their length when there are too many.

    Args:
        step: Seconds of the first steps; above 0.
        limit: How many steps there are, at most; an even number from 2.

    Attributes:
        step: Seconds of a step.
        seconds: The time that it covers.
    """

    def __init__(self, step: float = 0.25, limit: int = STEPS) -> None:
        self.step = step
        self.seconds = 0.0
        self._limit = limit
        self._amounts: list[float] = []

    @classmethod
    def of(cls, step: float, amounts: Sequence[float], seconds: float) -> Throughput:
        """Makes one of what `to_dict` told.

        Args:
            step: Seconds of a step.
            amounts: Bytes of each.
            seconds: The time that it covers.

        Raises:
            ValueError: Steps without a length.
        """
        if step <= 0:
            raise ValueError(f"a step cannot be {step} seconds long")
        made = cls(step, max(STEPS, len(amounts) + len(amounts) % 2))
        made.seconds = seconds
        made._amounts = list(amounts)
        return made

    def record(self, until: float, count: float) -> None:
        """Adds bytes that came since the time covered so far, evenly.

        Args:
            until: Seconds from the start to now; a time before the one covered counts as that one.
            count: How many bytes.
        """
        until = max(until, self.seconds)
        while until > self._limit * self.step:
            self._merge()
        length = until - self.seconds
        place = min(int(self.seconds / self.step), self._limit - 1)
        last = min(int(until / self.step), self._limit - 1)
        while len(self._amounts) <= last:
            self._amounts.append(0.0)
        left = count
        while place < last:
            share = count * ((place + 1) * self.step - max(self.seconds, place * self.step)) / length
            self._amounts[place] += share
            left -= share
            place += 1
        self._amounts[last] += max(left, 0.0)
        self.seconds = until

    @property
    def total(self) -> float:
        """All bytes together."""
        return sum(self._amounts)

    @property
    def points(self) -> list[tuple[float, float]]:
        """Seconds from the start to the end of each step, and bytes a second within it."""
        told: list[tuple[float, float]] = []
        for place, amount in enumerate(self._amounts):
            end = min((place + 1) * self.step, self.seconds)
            length = end - place * self.step
            if length > self.step / 1000:  # what came at the very beginning of a step belongs to the one before
                told.append((end, amount / length))
        return told

    @property
    def peak(self) -> float:
        """The highest rate, in bytes a second."""
        return max((rate for _, rate in self.points), default=0.0)

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON; whole bytes that together are what came."""
        sums = [0, *map(round, accumulate(self._amounts))]
        amounts = [after - before for before, after in pairwise(sums)]
        return {"step": self.step, "seconds": round(self.seconds, 3), "bytes": amounts}

    def _merge(self) -> None:
        pairs = [*self._amounts, 0.0] if len(self._amounts) % 2 else self._amounts
        self._amounts = [first + second for first, second in zip(pairs[::2], pairs[1::2], strict=True)]
        self.step *= 2
