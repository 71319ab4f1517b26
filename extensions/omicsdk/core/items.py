"""Iterators over items of pages or of a sequence."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


class Items(Iterator[Item]):
    """Items of pages or of a sequence, as they arrive; a page is requested when its first item is needed."""

    def __init__(self, items: Iterator[Item], operation: str) -> None:
        self._items = items
        self._operation = operation

    def __repr__(self) -> str:
        return f"<items of {self._operation}, as they arrive>"

    def __next__(self) -> Item:
        return next(self._items)

    def take(self, n: int) -> Iterator[Item]:
        """Return the next items, without requesting further pages.

        Args:
            n: Maximum number of items, from 0.

        Raises:
            ValueError: The number is negative.
        """
        return islice(self._items, n)


class AsyncItems(AsyncIterator[Item]):
    """Items of pages or of a sequence, as they arrive; a page is requested when its first item is needed."""

    def __init__(self, items: AsyncIterator[Item], operation: str) -> None:
        self._items = items
        self._operation = operation

    def __repr__(self) -> str:
        return f"<items of {self._operation}, as they arrive>"

    async def __anext__(self) -> Item:
        return await anext(self._items)

    def take(self, n: int) -> AsyncIterator[Item]:
        """Return the next items, without requesting further pages.

        Args:
            n: Maximum number of items, from 0.

        Raises:
            ValueError: The number is negative.
        """
        if n < 0:
            raise ValueError(f"take({n}): a number of items cannot be negative")
        return self._take(n)

    async def _take(self, n: int) -> AsyncIterator[Item]:
        while n > 0:
            try:
                item = await anext(self._items)
            except StopAsyncIteration:
                return
            n -= 1
            yield item
