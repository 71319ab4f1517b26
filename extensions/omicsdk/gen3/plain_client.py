"""Clients of services that have no document: requests that are made by hand."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

from omicsdk.core.bodies import NO_BODY, json_body
from omicsdk.core.client import AsyncClient, Client
from omicsdk.core.omit import OMIT
from omicsdk.core.request import OperationFacts, Query, Request, request
from omicsdk.core.streaming import Body
from omicsdk.gen3.service import Documented, Service, mounted, parties, settings

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network


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

    def streamed(self, request: Request) -> AbstractContextManager[Body]:
        """The bytes of an answer as they arrive."""
        return self._exchange.streamed(request)


class AsyncPlainClient(AsyncClient):
    """A service without a document, for asyncio."""

    async def send(self, request: Request) -> httpx.Response:
        """The answer to a request; errors as those of `AsyncTransport.send`."""
        return await self._exchange.send(request)


def plain_kinds() -> tuple[type[PlainClient], type[AsyncPlainClient]]:
    """Both of them."""
    return PlainClient, AsyncPlainClient


class PlainService(Documented):
    """The base of documented clients of such services: a login is all that they need.

    Args:
        auth_provider: Who asks; the commons is the one that it is for, unless `endpoint` is given.
        endpoint: The commons.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network for requests to the commons, for tests.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
    """

    location: ClassVar[str]
    """Where the service is within a commons."""

    def __init__(
        self,
        auth_provider: Auth | None = None,
        *,
        endpoint: str | None = None,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        commons, credentials = parties(endpoint, auth_provider)
        self._service: Service[PlainClient, AsyncPlainClient] = Service(
            mounted(commons, self.location), credentials, plain_kinds, settings(timeout, retry, transport)
        )
        super().__init__(self._service)
