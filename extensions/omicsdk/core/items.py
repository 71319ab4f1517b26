"""Iterators over items of pages, of a listing or of a sequence."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from omicsdk.core.errors import UsageError
from omicsdk.core.frames import frame_of, pandas_module, row_of

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part

Item = TypeVar("Item")
Source = TypeVar("Source")
Row = dict[str, Any]


class _Items(Generic[Source]):
    """What the items of both clients have in common; these state the arguments."""

    def __init__(
        self, items: Source, operation: str, *, row: Callable[[Any], Row] = row_of, columns: Sequence[str] = ()
    ) -> None:
        self._items = items
        self._operation = operation
        self._row = row
        self._columns = columns
        self._is_read = False

    def _check_unread(self) -> None:
        if self._is_read:  # as when a notebook's cell runs again: an empty frame would look like a result
            raise UsageError(f"The items of {self._operation} were read", remedy="Call it again to list them again.")

    def __repr__(self) -> str:
        return f"<items of {self._operation}: iterate over them, or call to_frame()>"


class Items(_Items[Iterator[Item]], Iterator[Item]):
    """Items of pages, of a listing or of a sequence, as they arrive; a page is requested when its first item is needed.

    Args:
        items: The items.
        operation: What yields them.
        row: Returns an item as a row of a table.
        columns: The rows' members that matter, the most important first.
    """

    def __next__(self) -> Item:
        try:
            return next(self._items)
        except StopIteration:
            self._is_read = True
            raise

    def take(self, n: int) -> "Items[Item]":
        """Return the next items, without requesting further pages.

        Args:
            n: Maximum number of items, from 0.

        Raises:
            ValueError: The number is negative.
        """
        return Items(islice(self, n), self._operation, row=self._row, columns=self._columns)

    def close(self) -> None:
        """End the iteration early, as that of a generator."""
        if (close := getattr(self._items, "close", None)) is not None:
            close()

    def asynchronous(self, items: AsyncIterator[Item]) -> "AsyncItems[Item]":
        """Return the same listing for an asynchronous client.

        Args:
            items: The items.
        """
        return AsyncItems(items, self._operation, row=self._row, columns=self._columns)

    def rows(self) -> Iterator[Row]:
        """Return the remaining items as rows of a table, as they arrive: plain data by name."""
        return map(self._row, self)

    def to_frame(self, columns: str | Sequence[str] | None = None) -> "pandas.DataFrame":
        """Return the remaining items as a data frame of pandas.

        Args:
            columns: Name, or names, of the rows' members, or dotted paths in them; by default all members, those that matter first.

        Raises:
            MissingExtra: pandas is not installed.
            UsageError: No row has one of the columns, or all items were read.
        """
        self._check_unread()
        return frame_of(self.rows(), columns, self._columns)


class AsyncItems(_Items[AsyncIterator[Item]], AsyncIterator[Item]):
    """Items of pages, of a listing or of a sequence, as they arrive; a page is requested when its first item is needed.

    Args:
        items: The items.
        operation: What yields them.
        row: Returns an item as a row of a table.
        columns: The rows' members that matter, the most important first.
    """

    async def __anext__(self) -> Item:
        try:
            return await anext(self._items)
        except StopAsyncIteration:
            self._is_read = True
            raise

    def __repr__(self) -> str:
        return f"<items of {self._operation}: iterate over them with async for, or await to_frame()>"

    def take(self, n: int) -> "AsyncItems[Item]":
        """Return the next items, without requesting further pages.

        Args:
            n: Maximum number of items, from 0.

        Raises:
            ValueError: The number is negative.
        """
        if n < 0:
            raise ValueError(f"take({n}): a number of items cannot be negative")
        return AsyncItems(self._take(n), self._operation, row=self._row, columns=self._columns)

    async def _take(self, n: int) -> AsyncIterator[Item]:
        while n > 0:
            try:
                item = await anext(self)
            except StopAsyncIteration:
                return
            n -= 1
            yield item

    async def aclose(self) -> None:
        """End the iteration early, as that of an asynchronous generator."""
        if (aclose := getattr(self._items, "aclose", None)) is not None:
            await aclose()

    async def rows(self) -> AsyncIterator[Row]:
        """Yield the remaining items as rows of a table, as they arrive: plain data by name."""
        async for item in self:
            yield self._row(item)

    async def to_frame(self, columns: str | Sequence[str] | None = None) -> "pandas.DataFrame":
        """Return the remaining items as a data frame of pandas.

        Args:
            columns: As for `Items.to_frame`.

        Raises:
            MissingExtra: pandas is not installed.
            UsageError: No row has one of the columns, or all items were read.
        """
        pandas_module()  # before the first request
        self._check_unread()
        return frame_of([row async for row in self.rows()], columns, self._columns)
