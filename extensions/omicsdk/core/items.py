"""Iterators over items of pages, of a listing or of a sequence, data frames of these items, and breaks between two pages."""

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from operator import index
from sys import maxsize
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from omicsdk.core.errors import UsageError
from omicsdk.core.late_names import LateModule
from omicsdk.core.lazy import require
from omicsdk.core.rows import check_columns, columns_of, member
from omicsdk.core.type_guards import is_mapping

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part
else:
    pandas = LateModule("pandas")

Item = TypeVar("Item")
Source = TypeVar("Source")
Row = dict[str, Any]

_READER: ContextVar[Callable[[], None] | None] = ContextVar("reader", default=None)


def row_of(item: Any) -> dict[str, Any]:
    """Return an item's members by name, as plain data where it has a `to_dict`.

    Args:
        item: A model, a mapping, a dataclass or a named tuple. Any other value is the only member, `value`.
    """
    for method in ("to_dict", "_asdict"):
        if (as_dict := getattr(item, method, None)) is not None:
            return as_dict()
    if is_mapping(item):
        return dict(item)
    names: Mapping[str, Any] | None = getattr(item, "__dataclass_fields__", None)
    return {"value": item} if names is None else {name: getattr(item, name) for name in names}


def pandas_module() -> Any:
    """Return pandas.

    Raises:
        MissingExtra: It is not installed.
    """
    return require("pandas", "frames", "data frames")


def frame_of(
    rows: Iterable[dict[str, Any]], columns: str | Sequence[str] | None = None, declared: Sequence[str] = ()
) -> "pandas.DataFrame":
    """Return rows as a data frame.

    Args:
        rows: The rows; none is read if pandas is not installed.
        columns: Name, or names, of members, or dotted paths; by default all members, the declared ones first.
        declared: The columns that matter, the most important first. A frame without rows has these.

    Raises:
        MissingExtra: pandas is not installed.
        UsageError: No row has one of the chosen columns.
    """
    pandas = pandas_module()
    rows = list(rows)
    present = columns_of(rows) or list(declared)
    if isinstance(columns, str):
        columns = (columns,)
    if columns is None:
        columns = [*(name for name in declared if name in present), *(name for name in present if name not in declared)]
    elif rows:
        check_columns(columns, present, "columns")
    cells = [[row[name] if name in row else member(row, name) for row in rows] for name in columns]
    # By columns: pandas takes several times as long to turn a million lists of cells.
    frame = pandas.DataFrame(dict(enumerate(cells)), index=range(len(rows))).set_axis(list(columns), axis="columns")
    for place, values in enumerate(cells):
        # With an absent one among them they would be floats, which round what is above 2**53.
        if set(map(type, values)) == {int, type(None)}:
            is_small = all(abs(value or 0) < 1 << 63 for value in values)
            frame.isetitem(place, pandas.array(values, dtype="Int64" if is_small else object))
    return frame


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


def _checked(n: int) -> int:
    try:
        count = index(n)  # of NumPy's numbers, too
    except TypeError as error:
        raise TypeError(f"take({n!r}): a number of items must be a whole number") from error
    if count < 0:
        raise ValueError(f"take({count}): a number of items cannot be negative")
    return min(count, maxsize)


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
            TypeError: It is no whole number.
        """
        return Items(islice(self, _checked(n)), self._operation, row=self._row, columns=self._columns)

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
            TypeError: It is no whole number.
        """
        return AsyncItems(self._take(_checked(n)), self._operation, row=self._row, columns=self._columns)

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


def page_break() -> None:
    """Have the reader of a listing use what it has received; called before another page is requested."""
    reader = _READER.get()
    if reader is not None:
        reader()


@contextmanager
def at_page_breaks(reader: Callable[[], None]) -> Generator[None]:
    """Call a function at page breaks of the listings that this thread reads.

    Args:
        reader: The function.
    """
    token = _READER.set(reader)
    try:
        yield
    finally:
        _READER.reset(token)
