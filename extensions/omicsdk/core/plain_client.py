"""Clients of services that have no document: requests are made by hand."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from omicsdk.core.bodies import NO_BODY, json_body
from omicsdk.core.client import AsyncClient, Client
from omicsdk.core.omit import OMIT
from omicsdk.core.request import OperationFacts, Query, Request, request
from omicsdk.core.streaming import Body

if TYPE_CHECKING:
    import httpx


def plain_request(
    name: str, method: str, path: str, *, query: Query = (), body: object = OMIT, reads: bool = False
) -> Request:
    """Return a request of a service that has no document.

    Args:
        name: What errors call it.
        method: The HTTP method.
        path: The path below the service's URL; its values are quoted.
        query: Query parameters; those that are None are not sent.
        body: What is sent as JSON; nothing by default.
        reads: Whether it changes nothing although it is a POST, so that it may be sent again.
    """
    facts = OperationFacts(name=name, method=method, path=path, secured=True, idempotent=reads)
    return request(facts, path, query=query, body=NO_BODY if body is OMIT else json_body(body))


class PlainClient(Client):
    """A service without a document."""

    def send(self, request: Request) -> httpx.Response:
        """Return the answer to a request; errors as those of `Transport.send`."""
        return self._exchange.send(request)

    def streamed(self, request: Request) -> AbstractContextManager[Body]:
        """Return the bytes of an answer as they arrive."""
        return self._exchange.streamed(request)


class AsyncPlainClient(AsyncClient):
    """A service without a document, for asyncio and trio."""

    async def send(self, request: Request) -> httpx.Response:
        """Return the answer to a request; errors as those of `AsyncTransport.send`."""
        return await self._exchange.send(request)
