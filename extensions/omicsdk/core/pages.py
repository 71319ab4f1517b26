"""Operations that respond in pages."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic

from omicsdk.core.items import AsyncItems, Item, Items
from omicsdk.core.model import ANY
from omicsdk.core.operation import A, AnyOperation, AsyncCall, Call, H, P, R, S, call_form
from omicsdk.core.page_breaks import page_break
from omicsdk.core.page_items import alternatives, check_page, content_key, items_at
from omicsdk.core.paging import Walk
from omicsdk.core.request import OperationFacts, Request
from omicsdk.core.response import Response, ResponseHeaders

if TYPE_CHECKING:
    import httpx


def _items_of(
    facts: OperationFacts,
    response: Response,
    parse: Callable[[Response], R],
    items: Callable[[R], Sequence[Item] | None],
) -> Sequence[Item]:
    """Return a page's items: typed at the document's place, as plain JSON if the server names another key."""
    assert facts.paging is not None
    key = content_key(facts.paging, response.headers)
    if key == facts.paging.items or key in alternatives(facts.paging.items):
        return items(parse(response)) or ()  # none: a response without a body, such as a redirect that is not followed
    return response.json(lambda page: items_at(page, key, facts.name), ANY)


class PagedCall(Call[P, R, H], Generic[P, R, Item, H]):
    """An operation of a Client that responds in pages.

    Attributes:
        items: Finds a page's items.
    """

    items: Callable[[R], Sequence[Item] | None]

    def responses(self, request: Request) -> Iterator["httpx.Response"]:
        """Yield the response to a request from `build`, and those of the following pages."""
        walk, following = Walk(self.facts.paging), request
        while following is not None:
            response = self._sent(following)
            yield response
            following = walk.following(following, response)
            page_break()

    @call_form
    def pages(self, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        # Iterate over the pages as they arrive.
        return self._pages(self._request(*args, **kwargs))

    @call_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> Items[Item]:
        # Iterate over the items of all pages as they arrive.
        return Items(self._items(self._request(*args, **kwargs)), self.facts.name)

    def _pages(self, request: Request) -> Iterator[R]:
        for response in self.responses(request):
            yield self.parse(self._exchange.response(request, response, self.check_page))

    def _items(self, request: Request) -> Iterator[Item]:
        for response in self.responses(request):
            yield from _items_of(
                self.facts, self._exchange.response(request, response, self.check_page), self.parse, self.items
            )


class AsyncPagedCall(AsyncCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient that responds in pages.

    Attributes:
        items: Finds a page's items.
    """

    items: Callable[[R], Sequence[Item] | None]

    async def responses(self, request: Request) -> AsyncIterator["httpx.Response"]:
        """Yield the response to a request from `build`, and those of the following pages."""
        walk, following = Walk(self.facts.paging), request
        while following is not None:
            response = await self._sent(following)
            yield response
            following = walk.following(following, response)

    @call_form
    def pages(self, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        # Iterate over the pages as they arrive.
        return self._pages(self._request(*args, **kwargs))

    @call_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[Item]:
        # Iterate over the items of all pages as they arrive.
        return AsyncItems(self._items(self._request(*args, **kwargs)), self.facts.name)

    async def _pages(self, request: Request) -> AsyncIterator[R]:
        async for response in self.responses(request):
            yield self.parse(self._exchange.response(request, response, self.check_page))

    async def _items(self, request: Request) -> AsyncIterator[Item]:
        async for response in self.responses(request):
            for item in _items_of(
                self.facts, self._exchange.response(request, response, self.check_page), self.parse, self.items
            ):
                yield item


class AnyPagedOperation(AnyOperation[P, R, S, A, H], Generic[P, R, Item, S, A, H]):
    def __init__(
        self,
        facts: OperationFacts,
        build: Callable[P, Request],
        parse: Callable[[Response], R],
        items: Callable[[R], Sequence[Item] | None],
        *,
        headers: type[H] = ResponseHeaders,
    ) -> None:
        super().__init__(facts, build, parse, headers=headers)
        self.items = items
        assert facts.paging is not None
        self.check_page = partial(check_page, facts.paging, facts.name)


class PagedOperation(
    AnyPagedOperation[P, R, Item, PagedCall[P, R, Item, H], AsyncPagedCall[P, R, Item, H], H], Generic[P, R, Item, H]
):
    """An operation that responds in pages; arguments as those of Operation, and `items`, which finds a page's items."""

    calls = (PagedCall, AsyncPagedCall)
