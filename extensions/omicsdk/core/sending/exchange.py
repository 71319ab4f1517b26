"""A client's way to the wire, as its operations see it: the transport and the options that bear on answers."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omicsdk.core.answer import Answer
from omicsdk.core.paging import content_key
from omicsdk.core.request import URI_LIST, Paging, Request
from omicsdk.core.sending.redirects import is_elsewhere
from omicsdk.core.sending.transport import AsyncTransport, Transport, transport_error
from omicsdk.core.streaming import AsyncBody, Body

if TYPE_CHECKING:
    import httpx


_OF_BODIES = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})


def _is_address(request: Request, response: "httpx.Response") -> bool:
    return request.location and is_elsewhere(response.status_code, response.headers.get("location"))


def _address(response: "httpx.Response") -> "httpx.Response":
    """The answer whose body is the address that it redirects to, since that is what was asked for."""
    import httpx

    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _OF_BODIES]
    return httpx.Response(
        response.status_code,
        headers=[*headers, ("content-type", URI_LIST)],
        content=response.headers["location"].encode(),
        request=response.request,
    )


@dataclass(frozen=True, slots=True)
class _Options:
    """What bears on answers.

    Attributes:
        strict: Whether an answer that isn't what the document says is an error.
        follow_redirects: Whether redirects without Retry-After are followed or handed to the caller.
    """

    strict: bool = False
    follow_redirects: bool = True

    def answer(self, request: Request, response: "httpx.Response", paging: Paging | None = None) -> Answer:
        """A whole response as plain data; a page's where its operation has pages."""
        return Answer(
            operation=request.operation,
            status=response.status_code,
            headers=response.headers,
            content=response.content,
            encoding=response.charset_encoding or "utf-8",
            strict=self.strict,
            items=None if paging is None else content_key(paging, response.headers),
            url=str(response.url),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(_Options):
    """Sends over a Transport."""

    transport: Transport

    def send(self, request: Request, *, stream: bool = False) -> "httpx.Response":
        """The final answer to a request; errors as `Transport.send`."""
        response = self.transport.send(request, stream=stream, follow_redirects=self.follow_redirects)
        if not _is_address(request, response):
            return response
        response.close()
        return _address(response)

    @contextmanager
    def streamed(self, request: Request) -> Generator[Body]:
        """The bytes of the final answer to a request, as they arrive."""
        response = self.send(request, stream=True)
        try:
            yield Body(response, lambda error: transport_error(error, request, response))
        finally:
            response.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncExchange(_Options):
    """Sends over an AsyncTransport."""

    transport: AsyncTransport

    async def send(self, request: Request, *, stream: bool = False) -> "httpx.Response":
        """The final answer to a request; errors as `AsyncTransport.send`."""
        response = await self.transport.send(request, stream=stream, follow_redirects=self.follow_redirects)
        if not _is_address(request, response):
            return response
        await response.aclose()
        return _address(response)

    @asynccontextmanager
    async def streamed(self, request: Request) -> AsyncGenerator[AsyncBody]:
        """The bytes of the final answer to a request, as they arrive."""
        response = await self.send(request, stream=True)
        try:
            yield AsyncBody(response, lambda error: transport_error(error, request, response))
        finally:
            await response.aclose()
