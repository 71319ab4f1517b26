"""Clients of services that have no document: requests that are made by hand."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from omicsdk.core.bodies import NO_BODY, json_body
from omicsdk.core.client import AsyncClient, Client
from omicsdk.core.omit import OMIT
from omicsdk.core.request import OperationFacts, Query, Request, request
from omicsdk.core.streaming import Body
from omicsdk.core.transport import transport_error

if TYPE_CHECKING:
    import httpx


def plain_request(
    name: str, method: str, path: str, *, query: Query = (), body: object = OMIT, reads: bool = False
) -> Request:
    """A request of a service that has no document.

    Args:
        name: What errors call it.
        method: The HTTP method.
        path: Where to, below the service's URL; its values are quoted.
        query: Query parameters; those that are None aren't sent.
        body: What is sent as JSON; nothing by default.
        reads: Whether it changes nothing although it is a POST, so that it may be sent again.
    """
    facts = OperationFacts(name=name, method=method, path=path, secured=True, idempotent=reads)
    return request(facts, path, query=query, body=NO_BODY if body is OMIT else json_body(body))


class PlainClient(Client):
    """A service without a document."""

    def send(self, request: Request) -> httpx.Response:
        """The answer to a request; errors as those of `Transport.send`."""
        return self._exchange.send(request)

    @contextmanager
    def streamed(self, request: Request) -> Generator[Body]:
        """The bytes of an answer as they arrive."""
        response = self._exchange.send(request, stream=True)
        try:
            yield Body(response, lambda error: transport_error(error, request, response))
        finally:
            response.close()


class AsyncPlainClient(AsyncClient):
    """A service without a document, for asyncio."""

    async def send(self, request: Request) -> httpx.Response:
        """The answer to a request; errors as those of `AsyncTransport.send`."""
        return await self._exchange.send(request)


def plain_kinds() -> tuple[type[PlainClient], type[AsyncPlainClient]]:
    """Both of them."""
    return PlainClient, AsyncPlainClient
