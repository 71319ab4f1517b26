"""Documented clients for asyncio: the same names, arguments and plain answers as the sync ones, awaited."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Never, Self, TypeVar, cast

from omicsdk.core.documented.client import DocumentedCall, DocumentedResponse, translating
from omicsdk.core.operation import AsyncCall

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.client import AsyncClient
    from omicsdk.core.streaming import AsyncBody

T = TypeVar("T")


class AsyncDocumentedOperation(DocumentedCall[AsyncCall[..., Any, Any], T]):
    """One operation as a documented client for asyncio offers it: keyword arguments in, plain JSON out."""

    async def __call__(self, *positional: Never, **arguments: Any) -> T:
        """Call the service; answer and errors as those of the sync client."""
        self._check_names(positional)
        with translating(self._translate):
            async with aclosing(self._answers(arguments)) as answers:
                response = await anext(answers)
        head = self._operation.facts.method == "HEAD"
        return cast("T", DocumentedResponse(response) if head else self._plain(response))

    async def paginate(self, **arguments: Any) -> AsyncIterator[T]:
        """Every page, as it arrives."""
        with translating(self._translate):
            async for response in self._answers(arguments):
                yield cast("T", self._plain(response))

    async def iterate(self, **arguments: Any) -> AsyncIterator[Any]:
        """Every item of every page.

        Raises:
            TypeError: The operation has no pages.
        """
        self._paging()
        with translating(self._translate):
            async for response in self._answers(arguments):
                for item in self._items(response):
                    yield item

    @asynccontextmanager
    async def stream(self, **arguments: Any) -> AsyncGenerator["AsyncBody"]:
        """The answer's bytes as they arrive, in an `async with` block."""
        with translating(self._translate):
            async with self._operation.streamed(self._request(arguments)) as body:
                yield body

    async def _answers(self, arguments: dict[str, Any]) -> AsyncGenerator["httpx.Response"]:
        async for response in self._operation.answers(self._request(arguments)):
            yield response


class AsyncDocumentedClient:
    """Base of documented clients for asyncio; arguments as `DocumentedClient`'s."""

    def __init__(self, api: "AsyncClient") -> None:
        self._api = api

    def operation(self, name: str, ignored: frozenset[str] = frozenset()) -> AsyncDocumentedOperation[Any]:
        """One operation of the service by its documented name; arguments as `DocumentedClient.operation`'s."""
        translate: Callable[[Exception], Exception] = self.documented_error
        return AsyncDocumentedOperation(getattr(self._api, name), ignored, translate)

    def documented_error(self, error: Exception) -> Exception:
        """The documented exception for one of ours; a facade whose documentation names some overrides it."""
        return error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
