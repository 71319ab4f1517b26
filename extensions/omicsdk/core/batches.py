"""Items in lists of a size, such as one request takes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of at most `size`; they are taken as they are needed."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
