"""Items in lists of limited size, as requests accept them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of at most `size`, consuming them lazily."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
