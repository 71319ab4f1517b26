"""Operations that respond in pages, each of which may be read as bytes."""

from typing import Generic

from omicsdk.core.items import Item
from omicsdk.core.operation import H, P, R
from omicsdk.core.pages import AnyPagedOperation, AsyncPagedCall, PagedCall
from omicsdk.core.streaming import AsyncStreamCall, StreamCall


class PagedStreamCall(PagedCall[P, R, Item, H], StreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of a Client that responds in pages, each of which may be read as bytes."""


class AsyncPagedStreamCall(AsyncPagedCall[P, R, Item, H], AsyncStreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient that responds in pages, each of which may be read as bytes."""


class PagedStreamOperation(
    AnyPagedOperation[P, R, Item, PagedStreamCall[P, R, Item, H], AsyncPagedStreamCall[P, R, Item, H], H],
    Generic[P, R, Item, H],
):
    """An operation that responds in pages, each of which may be read as bytes; arguments as those of PagedOperation."""

    calls = (PagedStreamCall, AsyncPagedStreamCall)
