"""A client's way to the wire, as its operations see it: the transport and the options that bear on answers."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omicsdk.core.answer import Answer
from omicsdk.core.paging import content_key
from omicsdk.core.request import Paging, Request
from omicsdk.core.sending.transport import AsyncTransport, Transport, transport_error
from omicsdk.core.streaming import AsyncBody, Body

if TYPE_CHECKING:
    import httpx


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
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(_Options):
    """Sends over a Transport."""

    transport: Transport

    def send(self, request: Request, *, stream: bool = False) -> "httpx.Response":
        """The final answer to a request; errors as `Transport.send`."""
        return self.transport.send(request, stream=stream, follow_redirects=self.follow_redirects)

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
        return await self.transport.send(request, stream=stream, follow_redirects=self.follow_redirects)

    @asynccontextmanager
    async def streamed(self, request: Request) -> AsyncGenerator[AsyncBody]:
        """The bytes of the final answer to a request, as they arrive."""
        response = await self.send(request, stream=True)
        try:
            yield AsyncBody(response, lambda error: transport_error(error, request, response))
        finally:
            await response.aclose()
