"""Clients of services without a document, clients that may be created without a base URL, because identifiers name their servers, and
what workflows do with any client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from omicsdk.core.bodies import Body as RequestBody
from omicsdk.core.bodies import json_body
from omicsdk.core.client import AsyncClient, Client
from omicsdk.core.clock import StoppableClock
from omicsdk.core.errors import ConfigError
from omicsdk.core.omit import OMIT
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import OperationFacts, Query, Request, request
from omicsdk.core.response import AnyExchange, Exchange, conversation
from omicsdk.core.streaming import Body, streamed

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.client import ResponseCheck
    from omicsdk.core.clock import Clock
    from omicsdk.core.credentials import Credentials
    from omicsdk.core.platform import Discovery
    from omicsdk.core.sending.time_limits import Timeout
    from omicsdk.core.sending.transport import Steps

C = TypeVar("C", bound=Client)
A = TypeVar("A", bound=AsyncClient)
AnyClient = TypeVar("AnyClient", bound="Client | AsyncClient")


@overload
def beside(client: Client, kind: type[C], base_url: str, credentials: Credentials | httpx.Auth | None) -> C: ...
@overload
def beside(client: AsyncClient, kind: type[A], base_url: str, credentials: Credentials | httpx.Auth | None) -> A: ...
def beside(
    client: Client | AsyncClient, kind: type[Any], base_url: str, credentials: Credentials | httpx.Auth | None
) -> Any:
    """Return a client of another service or base URL, with a client's settings over its connections; closing either
    closes both.

    A function, not a method, because no operation can have a public name of the client.

    Args:
        client: The client.
        kind: The class of the other one; if it is that of the client, all attributes are copied.
        base_url: The base URL of the other one.
        credentials: The credentials of the other one: those of a client are for its own service only.
    """
    exchange = client._exchange  # pyright: ignore[reportPrivateUsage] - of core as well
    clone: Any = client.with_options() if kind is type(client) else object.__new__(kind)
    servers = (client if kind is type(client) else kind)._servers  # pyright: ignore[reportPrivateUsage] - as above
    transport = exchange.transport.beside(base_url, credentials, servers=servers, security=kind._security)
    clone._exchange = replace(exchange, transport=transport, error_module=kind._error_module)
    # A recipe would make a client of the other service in another process.
    clone._recipe = None
    return clone


def checked_by(client: AnyClient, checks: ResponseCheck | None) -> AnyClient:
    """Return a client that compares its responses with its requests from its first use on.

    Args:
        client: The client; it is changed.
        checks: Compares them.
    """
    client._checks = checks  # pyright: ignore[reportPrivateUsage] - as in `beside`
    return client


def exchange_of(client: Client) -> Exchange:
    """Return the exchange that sends a client's requests, for requests without an operation of its API.

    Args:
        client: The client.
    """
    return client._exchange  # pyright: ignore[reportPrivateUsage] - as in `beside`


def sending_by(client: C, exchange: Callable[[Exchange], Exchange]) -> C:
    """Return a clone of a client whose requests another exchange sends; closing either closes both.

    Args:
        client: The client.
        exchange: Makes the other exchange from the client's.
    """
    clone = client.with_options()
    clone._exchange = exchange(client._exchange)  # pyright: ignore[reportPrivateUsage] - as in `beside`
    return clone


def stopping_by(client: C, stopped: Callable[[], bool]) -> C:
    """Return a clone of a client whose waits can be ended; closing either closes both.

    These are the waits for the response to a request that was sent before the stop and for its body, before a retry, for the rate limit and for a
    service that is not ready; the call raises Interrupted. A later request is sent, and its response awaited: a workflow that
    stops may have to clean up. A connection that is being established is not given up.

    Args:
        client: The client.
        stopped: Whether to stop; called ten times a second during waits.
    """
    return sending_by(
        client,
        lambda exchange: replace(
            exchange, transport=exchange.transport.with_clock(StoppableClock(exchange.transport.clock, stopped))
        ),
    )


def clock_of(client: Client) -> Clock:
    """Return the clock that a client waits by; what stops the client (`stopping_by`) ends its waits.

    Args:
        client: The client.
    """
    return exchange_of(client).transport.clock


def network_of(client: Client) -> tuple[Mapping[str, str] | None, Timeout]:
    """Return a client's environment (None for the process's own) and time limits, for requests beside its API.

    Args:
        client: The client.
    """
    transport = exchange_of(client).transport
    return transport._connections._environ, transport._timeout  # pyright: ignore[reportPrivateUsage] - of core as well


def plain_request(
    name: str,
    method: str,
    path: str,
    *,
    query: Query = (),
    headers: Mapping[str, str] | None = None,
    body: object = OMIT,
    reads: bool = False,
) -> Request:
    """Return a request of a service without a document.

    Args:
        name: Its name in errors.
        method: The HTTP method.
        path: The path below the service's URL; its values are quoted.
        query: Query parameters; those that are None are not sent.
        headers: Headers; without an Accept, JSON is accepted.
        body: A value to send as JSON, or a `bodies.Body`; nothing by default.
        reads: Whether it is a POST that changes nothing, so that it may be sent again.
    """
    content = body if isinstance(body, RequestBody) else json_body(body)
    sent = {"accept": "application/json"} | {name.lower(): value for name, value in (headers or {}).items()}
    if content.media_type is not None:
        # The body adds its own, and both would be sent.
        sent.pop("content-type", None)
    facts = OperationFacts(name, method, path, sent.pop("accept"), secured=True, idempotent=reads)
    return request(facts, path, query=query, headers=list(sent.items()), body=content)


class PlainClient(Client):
    """A service without a document."""

    def send(self, request: Request) -> httpx.Response:
        """Return the response to a request; errors as those of `Transport.send`."""
        return self._exchange.send(request)

    def streamed(self, request: Request) -> AbstractContextManager[Body]:
        """Return the bytes of a response as they arrive."""
        return streamed(self._exchange, request)


class AsyncPlainClient(AsyncClient):
    """A service without a document, for asyncio and trio."""

    async def send(self, request: Request) -> httpx.Response:
        """Return the response to a request; errors as those of `AsyncTransport.send`."""
        return await self._exchange.send(request)


#: The base URL of a client without one (RFC 6761: no server has that name); no request is sent to it.
NO_SERVER = "https://server.invalid"


def server_steps(server: str, discovery: Discovery) -> Callable[[AnyExchange, Request], Steps[httpx.Response]]:
    """Return the steps of requests of a client that may have no server, which refuse its requests then.

    Args:
        server: The server's name in messages.
        discovery: The platform's search, whose remedy states how to name a server.
    """

    def steps(exchange: AnyExchange, request: Request) -> Steps[httpx.Response]:
        if exchange.transport.base_url == NO_SERVER:
            raise ConfigError(f"No {server} is named for an identifier alone", remedy=discovery.remedy)
        return conversation(exchange, request)

    return steps


class OptionalServer:
    """A base URL that may be missing, for both clients."""

    _exchange: Any

    def _url(self, base_url: str | None) -> str:
        return base_url or NO_SERVER

    @property
    def base_url(self) -> str:
        """The base URL of the server for identifiers alone; empty if there is none."""
        url: str = self._exchange.transport.base_url
        return "" if url == NO_SERVER else url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {mask_url(self.base_url) if self.base_url else 'without a server'}>"
