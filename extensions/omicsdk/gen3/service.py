"""What the documented clients stand on: which commons, who asks, and a service's generated clients, sync and async."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from omicsdk.core.client import AsyncExchange, Exchange
from omicsdk.core.credentials import Basic, Credentials, as_credentials
from omicsdk.core.documented.errors import OF_AIOHTTP, OF_REQUESTS, catchable
from omicsdk.core.errors import APIError, ConfigError, TransportError
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.sources import endpoint_of

if TYPE_CHECKING:
    import asyncio

    import httpx

    from omicsdk.core.client import AsyncClient, Client
    from omicsdk.core.operation import AsyncCall
    from omicsdk.core.request import Request
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout

    Auth = Credentials | httpx.Auth | tuple[str, str]
    """Who may ask: a Gen3Auth or other credentials, an httpx.Auth, or a name and a password."""
    Network = httpx.BaseTransport | httpx.AsyncBaseTransport
    """What may take the place of the network: of one kind for sync methods, of the other for async ones, or of both."""

S = TypeVar("S", bound="Client")
A = TypeVar("A", bound="AsyncClient")

RETRIES_VARIABLE = "GEN3SDK_MAX_RETRIES"
"""Environment variable: how often a request is sent at most, from 1."""
LOCAL = "http://localhost"
"""What an endpoint has in it when a single service runs there, without the places of a commons."""


def parties(endpoint: str | Auth | None, auth_provider: Auth | None) -> tuple[str, Credentials | None]:
    """Tells which commons is meant, and who asks.

    Args:
        endpoint: The commons; or who asks, where that is all that is given.
        auth_provider: Who asks; None for nobody in particular.

    Returns:
        The endpoint, as it is kept, and the credentials.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
        ConfigError: The endpoint isn't one, or what asks is something else.
    """
    if endpoint is not None and not isinstance(endpoint, str):
        endpoint, auth_provider = None, endpoint
    if isinstance(auth_provider, tuple):
        name, password = auth_provider
        credentials: Credentials | None = Basic(name, password)
    else:
        credentials = as_credentials(auth_provider)
    if endpoint is None:
        endpoint = cast("str | None", getattr(auth_provider, "endpoint", None))
    if not endpoint:
        raise Gen3UserError("It isn't said which commons is meant", remedy="Give endpoint=, or a Gen3Auth.")
    return endpoint_of(endpoint), credentials


def mounted(endpoint: str, location: str) -> str:
    """Where a service of a commons is.

    Args:
        endpoint: The commons. Where it has http://localhost in it, the service itself.
        location: The service's place, such as `index`; it isn't added where the endpoint ends with it.
    """
    if LOCAL in endpoint or not location or endpoint.endswith(f"/{location}"):
        return endpoint
    return f"{endpoint}/{location}"


def settings(
    timeout: Timeout | float | None = None,
    retry: Retry | None = None,
    transport: Network | None = None,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What clients are made with, without what isn't given.

    Args:
        timeout: Seconds for each step of a request, or a Timeout.
        retry: When and how often to try again; by default as often as GEN3SDK_MAX_RETRIES says, if it says so.
        transport: Takes the place of the network.
        environ: The environment's variables; by default the process's own.

    Raises:
        ConfigError: GEN3SDK_MAX_RETRIES is no number from 1.
    """
    told = (os.environ if environ is None else environ).get(RETRIES_VARIABLE, "").strip()
    if retry is None and told:
        from omicsdk.core.retry import Retry

        if not told.isdecimal() or int(told) < 1:
            raise ConfigError(f"{RETRIES_VARIABLE} is {told!r}", remedy="Give it a whole number from 1.")
        retry = Retry(attempts=int(told))
    given: dict[str, Any] = {"timeout": timeout, "retry": retry, "transport": transport}
    return {name: value for name, value in given.items() if value is not None}


class Service(Generic[S, A]):
    """A service of a commons by its clients, which are made when they are first used.

    Args:
        url: Where it is.
        credentials: What proves who asks.
        kinds: Gives the classes of its clients, sync and async.
        options: What they are made with.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        kinds: Callable[[], tuple[type[S], type[A]]],
        options: Mapping[str, Any],
    ) -> None:
        self.url = url
        self._kinds = kinds
        self._options: dict[str, Any] = {**options, "credentials": credentials}
        self._opened: dict[asyncio.AbstractEventLoop, tuple[A, int]] = {}

    @cached_property
    def client(self) -> S:
        """The sync client, whose errors are also those that the published one lets through."""
        return catching(self._kinds()[0](self.url, **self._options))

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[A]:
        """The async client of this event loop, for a block: calls that overlap share it, the last one closes it."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        client, users = self._opened.get(loop) or (self._asynchronous(), 0)
        self._opened[loop] = client, users + 1
        try:
            yield client
        finally:
            client, users = self._opened[loop]
            if users > 1:
                self._opened[loop] = client, users - 1
            else:
                del self._opened[loop]
                await client.aclose()

    def _asynchronous(self) -> A:
        made = self._kinds()[1](self.url, **self._options)
        made._exchange = _AsyncCatchableExchange(**_fields(made._exchange))  # pyright: ignore[reportPrivateUsage] - core's own
        return made

    def close(self) -> None:
        """Closes the sync client's connections."""
        if "client" in vars(self):
            self.client.close()
            del self.client


@dataclass(frozen=True, slots=True, kw_only=True)
class _CatchableExchange(Exchange):
    """An exchange whose errors are also those of `requests`, for clients whose published kin let these through."""

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The final answer to a request; errors as `Exchange.send`."""
        try:
            return Exchange.send(self, request, stream=stream)
        except (APIError, TransportError) as error:
            raise catchable(error, OF_REQUESTS) from error.__cause__


@dataclass(frozen=True, slots=True, kw_only=True)
class _AsyncCatchableExchange(AsyncExchange):
    """An exchange whose errors are also those of aiohttp."""

    async def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The final answer to a request; errors as `AsyncExchange.send`."""
        try:
            return await AsyncExchange.send(self, request, stream=stream)
        except (APIError, TransportError) as error:
            raise catchable(error, OF_AIOHTTP) from error.__cause__


def catching(client: S) -> S:
    """Have a blocking client raise errors that are also those of `requests`.

    Args:
        client: The client, which is not in use yet.
    """
    client._exchange = _CatchableExchange(**_fields(client._exchange))  # pyright: ignore[reportPrivateUsage] - core's own
    return client


def _fields(exchange: Exchange | AsyncExchange) -> dict[str, Any]:
    return {each.name: getattr(exchange, each.name) for each in fields(exchange)}


async def first_answer(operation: AsyncCall[..., Any], request: Request) -> httpx.Response:
    """The answer to one request of an operation, without the pages that may follow it."""
    async with aclosing(cast("AsyncGenerator[httpx.Response]", operation.answers(request))) as answers:
        return await anext(answers)


class Documented:
    """The base of the documented clients: they are context managers, and close what they have opened.

    Within an `async with` block the connections of asynchronous calls stay open; without one those that overlap share theirs.

    Args:
        services: The services that they ask.
    """

    def __init__(self, *services: Service[Any, Any]) -> None:
        self._services = services
        self._blocks: list[AsyncExitStack] = []

    def close(self) -> None:
        """Closes the connections."""
        for service in self._services:
            service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        block = AsyncExitStack()
        for service in self._services:
            await block.enter_async_context(service.opened())
        self._blocks.append(block)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._blocks.pop().aclose()
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._services[0].url}>"
