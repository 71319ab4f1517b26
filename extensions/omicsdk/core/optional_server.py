"""Clients that may be created without a base URL, because identifiers name their servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from omicsdk.core.errors import ConfigError
from omicsdk.core.redaction import mask_url
from omicsdk.core.response import AsyncExchange, Exchange

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.platform import Discovery
    from omicsdk.core.request import Request

#: The base URL of a client without one (RFC 6761: no server has that name); no request is sent to it.
NO_SERVER = "https://server.invalid"


class _Refusal:
    """Refuses requests of a client without a server.

    Attributes:
        server: The server's name in messages.
        discovery: The platform's search, whose remedy states how to name a server.
    """

    __slots__ = ()
    server: ClassVar[str]
    discovery: ClassVar[Discovery]

    def check(self, base_url: str) -> None:
        """Refuse a request.

        Args:
            base_url: The client's base URL.

        Raises:
            ConfigError: It has none.
        """
        if base_url == NO_SERVER:
            raise ConfigError(f"No {self.server} is named for an identifier alone", remedy=self.discovery.remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerExchange(_Refusal, Exchange):
    """Sends requests of a client that has a server."""

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """Send a request, as `Exchange` does."""
        self.check(self.transport.base_url)
        return Exchange.send(self, request, stream=stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncServerExchange(_Refusal, AsyncExchange):
    """The same for asyncio."""

    async def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """Send a request, as `AsyncExchange` does."""
        self.check(self.transport.base_url)
        return await AsyncExchange.send(self, request, stream=stream)


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
