"""How far orders are: the status of several together, and how many have which."""

from collections import Counter
from collections.abc import Iterable, Sequence

PENDING, ERROR, WORKING, SUCCESS = "pending", "error", "working", "success"
STATUSES = (PENDING, ERROR, WORKING, SUCCESS)


def status_of(statuses: Sequence[str]) -> str:
    """The status of what consists of others: an error of one is one of all; pending and success are those of all.

    Args:
        statuses: The statuses of the others; of none at all, it is pending.
    """
    there = set(statuses)
    if ERROR in there:
        return ERROR
    for status in (PENDING, SUCCESS):
        if there <= {status}:
            return status
    return WORKING


def progress(statuses: Iterable[str]) -> dict[str, int]:
    """How many jobs have which status, and how many there are in all."""
    counts = Counter(statuses)
    return {**counts, "n_jobs": counts.total()}
