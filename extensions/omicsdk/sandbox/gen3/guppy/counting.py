"""Counts of rows by value, and statistics of numbers. Everything here is plain data."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omicsdk.sandbox.gen3.guppy.fields import Row, values
from omicsdk.sandbox.gen3.guppy.filters import WrongFilter

MISSING = "no data"
"""The key under which rows without a value are counted."""
HIDDEN = -1
"""Stands for a number that would tell too much of rows that one may not read."""
MOST_BUCKETS = 10_000

Bucket = dict[str, Any]


def by_value(rows: Iterable[Row], name: str, inner: Mapping[str, Sequence[str]] | None = None) -> list[Bucket]:
    """Rows by their value of a field, the most frequent first.

    Args:
        rows: The rows.
        name: The field.
        inner: `termsFields`, fields whose values are counted within each value, and `missingFields`, fields of which it
            is counted how many rows of each value have none. With them rows without a value don't count.
    """
    groups: dict[str, list[Row]] = {}
    without = 0
    for row in rows:
        found = {_text(each) for each in values(row, name)}
        without += not found
        for each in found:
            groups.setdefault(each, []).append(row)
    ordered = sorted(sorted(groups.items()), key=lambda group: -len(group[1]))
    told = [{"key": key, "count": len(group), **_inside(group, inner or {})} for key, group in ordered]
    return [*told, {"key": MISSING, "count": without}] if without and not inner else told


def _inside(rows: Sequence[Row], inner: Mapping[str, Sequence[str]]) -> Bucket:
    told: Bucket = {}
    if "termsFields" in inner:
        told["termsFields"] = [{"field": name, "terms": _terms(rows, name)} for name in inner["termsFields"]]
    if "missingFields" in inner:
        told["missingFields"] = [
            {"field": name, "count": sum(not values(row, name) for row in rows)} for name in inner["missingFields"]
        ]
    return told


def _terms(rows: Sequence[Row], name: str) -> list[Bucket]:
    counts = Counter(each for row in rows for each in {_text(value) for value in values(row, name)})
    found = [
        {"key": key, "count": count} for key, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return found or [{"key": None, "count": 0}]


def hidden(told: list[Bucket], unseen: Iterable[Bucket], fewest: int) -> list[Bucket]:
    """Counts by value, without those that tell of a few rows that one may not read.

    Args:
        told: The counts.
        unseen: The counts of rows that one may not read.
        fewest: Of how many such rows may be told.
    """
    few = {bucket["key"] for bucket in unseen if bucket["count"] < fewest}
    return [{"key": each["key"], "count": HIDDEN} if each["key"] in few else each for each in told]


def of_numbers(
    rows: Iterable[Row],
    name: str,
    start: float | None = None,
    end: float | None = None,
    step: float | None = None,
    bins: int | None = None,
) -> list[Bucket]:
    """Statistics of a field's numbers: of all, or of each of some ranges of the same width.

    Args:
        rows: The rows.
        name: The field.
        start: The least number that counts; by default all do.
        end: The number from which on none counts; by default all do.
        step: How wide the ranges are.
        bins: How many ranges there are; not together with `step`.

    Raises:
        WrongFilter: The arguments make no sense.
    """
    if step is not None and step <= 0:
        raise WrongFilter(f"Invalid rangeStep {step}")
    if bins is not None and bins <= 0:
        raise WrongFilter(f"Invalid binCount {bins}")
    if start is not None and end is not None and start > end:
        raise WrongFilter(f"Invalid rangeStart ({start}) > rangeEnd ({end})")
    if step is not None and bins is not None:
        raise WrongFilter('Invalid to set "rangeStep" and "binCount" at same time')
    numbers = sorted(each for row in rows for each in values(row, name))
    numbers = [each for each in numbers if (start is None or each >= start) and (end is None or each < end)]
    if step is None and bins is None:
        least, most = (numbers[0], numbers[-1]) if numbers else (None, None)
        return [_statistics(numbers, [least if start is None else start, most if end is None else end])]
    if not numbers:
        return []
    first = start if start is not None else numbers[0] if bins is not None else 0
    last = end if end is not None else numbers[-1] + 1
    return _ranges(numbers, first, (last - first) / bins if bins is not None else step or 1)


def _ranges(numbers: Sequence[float], first: float, step: float) -> list[Bucket]:
    lowest, highest = (math.floor((each - first) / step) for each in (numbers[0], numbers[-1]))
    if highest - lowest >= MOST_BUCKETS:
        raise WrongFilter(f"Trying to create more than {MOST_BUCKETS} buckets: give a larger rangeStep")
    groups: dict[int, list[float]] = {}
    for each in numbers:
        groups.setdefault(math.floor((each - first) / step), []).append(each)
    return [
        _statistics(groups.get(place, []), [first + place * step, first + (place + 1) * step])
        for place in range(lowest, highest + 1)
    ]


def _statistics(numbers: Sequence[float], key: list[float | None]) -> Bucket:
    total, count = sum(numbers), len(numbers)
    return {
        "key": key,
        "min": min(numbers, default=None),
        "max": max(numbers, default=None),
        "avg": total / count if count else None,
        "sum": total,
        "count": count,
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
