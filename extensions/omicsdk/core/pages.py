"""Operations that respond in pages."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic

from omicsdk.core.errors import DecodeError
from omicsdk.core.items import AsyncItems, Item, Items
from omicsdk.core.model import ANY, Shape
from omicsdk.core.operation import A, AnyOperation, AsyncCall, Call, H, P, R, S, call_form
from omicsdk.core.page_breaks import page_break
from omicsdk.core.page_items import alternatives, items_at
from omicsdk.core.paging import Walk, content_key
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


def _check_page(key: str, operation: str, page: Any, shape: Shape) -> None:
    """Check that a decoded page has its list, and that its entries are objects or texts where the document has those.

    Args:
        key: The list's dotted place in the page, as the document or the service names it.
        operation: The operation, for the error.
        page: The page.
        shape: The document's shape of the page.

    Raises:
        DecodeError: The list is missing, or an entry is of another type, so that it has none of its fields.
    """
    items = items_at(page, key, operation)
    for step in alternatives(key)[0].split(".") if key else ():
        fields = shape.model().FIELDS if shape.model is not None else ()
        shape = next((field.shape for field in fields if field.wire == step), ANY)
    kind = shape.of[0].kind if shape.kind == "array" else ""
    cls, expected = (
        (str, "text") if kind == "string" else (dict, "an object") if kind in ("model", "map") else (object, "")
    )
    for number, item in enumerate(items):
        if not isinstance(item, cls):
            raise DecodeError(operation, f"{key}[{number}]", item, expected=expected)


def _page_check(facts: OperationFacts, headers: Mapping[str, str]) -> Callable[[Any, Shape], None]:
    """Return the check of an operation's page."""
    assert facts.paging is not None
    return partial(_check_page, content_key(facts.paging, headers), facts.name)


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

    def _response(self, request: Request, response: "httpx.Response") -> Response:
        return self._exchange.response(request, response, _page_check(self.facts, response.headers))

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
            yield self.parse(self._response(request, response))

    def _items(self, request: Request) -> Iterator[Item]:
        for response in self.responses(request):
            yield from _items_of(self.facts, self._response(request, response), self.parse, self.items)


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

    def _response(self, request: Request, response: "httpx.Response") -> Response:
        return self._exchange.response(request, response, _page_check(self.facts, response.headers))

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
            yield self.parse(self._response(request, response))

    async def _items(self, request: Request) -> AsyncIterator[Item]:
        async for response in self.responses(request):
            for item in _items_of(self.facts, self._response(request, response), self.parse, self.items):
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


class PagedOperation(
    AnyPagedOperation[P, R, Item, PagedCall[P, R, Item, H], AsyncPagedCall[P, R, Item, H], H], Generic[P, R, Item, H]
):
    """An operation that responds in pages; arguments as those of Operation, and `items`, which finds a page's items."""

    calls = (PagedCall, AsyncPagedCall)
