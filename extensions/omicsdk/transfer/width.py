"""How many connections to use: grows while that pays, shrinks when servers are in trouble. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

#: How many connections a transfer begins with.
FIRST = 4
#: How much faster more connections must be to be kept, as a factor.
WORTH = 1.1
#: After trouble, so many samples pass without growing.
CAUTION = 8
#: So many samples of each number of connections count.
MEMORY = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen during a short time.

    Attributes:
        connections: How many connections were allowed.
        rate: Bytes a second of all together.
        busy: Whether all of them had work the whole time; only then the rate tells anything.
        trouble: Whether a server said 429 or 503, or a request timed out.
    """

    connections: int
    rate: float
    busy: bool = True
    trouble: bool = False


def next_width(samples: Sequence[Sample], limit: int) -> int:
    """Decides how many connections to use next.

    Args:
        samples: What was seen so far, oldest first.
        limit: The most that is allowed, 1 or more.

    Returns:
        A number from 1 to `limit`.
    """
    if not samples:
        return min(FIRST, limit)
    last = samples[-1]
    if last.trouble:
        return max(1, min(limit, last.connections // 2))
    current = min(limit, last.connections)
    if not last.busy or any(sample.trouble for sample in samples[-CAUTION:]):
        return current
    rates = _rates(samples)
    if current not in rates:  # the limit was lowered
        return current
    narrower = [width for width in rates if width < current]
    if narrower and rates[current] < WORTH * rates[max(narrower)]:
        return max(narrower)  # the last growth brought nothing
    wider = min((width for width in rates if width > current), default=None)
    if wider is not None and rates[wider] < WORTH * rates[current]:
        return current
    return min(limit, wider if wider is not None else current * 2)


def _rates(samples: Sequence[Sample]) -> dict[int, float]:
    seen = dict[int, list[float]]()
    for sample in samples:
        if sample.busy and not sample.trouble:
            seen.setdefault(sample.connections, []).append(sample.rate)
    return {width: median(rates[-MEMORY:]) for width, rates in seen.items()}
