"""The bases of generated operations, sync and async: sending is all in which they differ.

A generated operation states its facts, a function that builds its request and one that parses its answer, and a method
of each kind with the document's arguments; those methods end here.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from omicsdk.core.answer import Answer
from omicsdk.core.model import ANY
from omicsdk.core.paging import alternatives, content_key, items_at, next_request
from omicsdk.core.request import OperationFacts, Request
from omicsdk.core.sending.conversation import Outgoing
from omicsdk.core.sending.exchange import AsyncExchange, Exchange
from omicsdk.core.streaming import AsyncBody, Body

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Item = TypeVar("Item")


def _items_of(
    facts: OperationFacts, answer: Answer, parse: Callable[[Answer], T], items: Callable[[T], Sequence[Item] | None]
) -> Sequence[Any]:
    """A page's items: typed where the document says they stand, as plain JSON where the server names another key."""
    assert facts.paging is not None
    key = content_key(facts.paging, answer.headers)
    if key == facts.paging.items or key in alternatives(facts.paging.items):
        return items(parse(answer)) or ()  # none: what has no body, such as a redirect that isn't followed
    return answer.json(lambda page: items_at(page, key, facts.name), ANY)


class Operation:
    """Base of generated operations of a Client."""

    facts: ClassVar[OperationFacts]
    build: ClassVar[Callable[..., Request]]

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __repr__(self) -> str:
        return f"<operation {self.facts.name}: {self.facts.method} {self.facts.path}>"

    def _call(self, request: Request, parse: Callable[[Answer], T]) -> T:
        return parse(self._exchange.answer(request, self._exchange.send(request), self.facts.paging))

    def _raw(self, request: Request) -> "httpx.Response":
        return self._exchange.send(request)

    def streamed(self, request: Request) -> AbstractContextManager[Body]:
        """The bytes of the answer to a request that `build` made, as they arrive."""
        return self._exchange.streamed(request)

    def answers(self, request: Request) -> Iterator["httpx.Response"]:
        """The answer to a request that `build` made, and to those for the pages that follow it."""
        following: Request | None = request
        while following is not None:
            response = self._exchange.send(following)
            yield response
            following = next_request(self.facts.paging, following, str(response.url), response.headers, response.json)

    def outgoing(self, request: Request) -> Outgoing | None:
        """A request that `build` made as it goes out, for whoever has other means to send it; see `Transport.outgoing`."""
        return self._exchange.transport.outgoing(request)

    def _pages(self, request: Request, parse: Callable[[Answer], T]) -> Iterator[T]:
        for response in self.answers(request):
            yield parse(self._exchange.answer(request, response, self.facts.paging))

    def _iterate(
        self,
        request: Request,
        parse: Callable[[Answer], T],
        items: Callable[[T], Sequence[Item] | None],
        max_items: int | None,
    ) -> Iterator[Item]:
        left = max_items
        for response in self.answers(request) if left is None or left > 0 else ():
            found = _items_of(self.facts, self._exchange.answer(request, response, self.facts.paging), parse, items)
            yield from found if left is None else found[:left]
            if left is not None:
                left -= len(found)
                if left <= 0:
                    return


class AsyncOperation:
    """Base of generated operations of an AsyncClient."""

    facts: ClassVar[OperationFacts]
    build: ClassVar[Callable[..., Request]]

    def __init__(self, exchange: AsyncExchange) -> None:
        self._exchange = exchange

    def __repr__(self) -> str:
        return f"<async operation {self.facts.name}: {self.facts.method} {self.facts.path}>"

    async def _call(self, request: Request, parse: Callable[[Answer], T]) -> T:
        return parse(self._exchange.answer(request, await self._exchange.send(request), self.facts.paging))

    async def _raw(self, request: Request) -> "httpx.Response":
        return await self._exchange.send(request)

    def streamed(self, request: Request) -> AbstractAsyncContextManager[AsyncBody]:
        """The bytes of the answer to a request that `build` made, as they arrive."""
        return self._exchange.streamed(request)

    async def answers(self, request: Request) -> AsyncIterator["httpx.Response"]:
        """The answer to a request that `build` made, and to those for the pages that follow it."""
        following: Request | None = request
        while following is not None:
            response = await self._exchange.send(following)
            yield response
            following = next_request(self.facts.paging, following, str(response.url), response.headers, response.json)

    async def _pages(self, request: Request, parse: Callable[[Answer], T]) -> AsyncIterator[T]:
        async for response in self.answers(request):
            yield parse(self._exchange.answer(request, response, self.facts.paging))

    async def _iterate(
        self,
        request: Request,
        parse: Callable[[Answer], T],
        items: Callable[[T], Sequence[Item] | None],
        max_items: int | None,
    ) -> AsyncIterator[Item]:
        left = max_items
        if left is not None and left <= 0:
            return
        async for response in self.answers(request):
            found = _items_of(self.facts, self._exchange.answer(request, response, self.facts.paging), parse, items)
            for item in found if left is None else found[:left]:
                yield item
            if left is not None:
                left -= len(found)
                if left <= 0:
                    return
