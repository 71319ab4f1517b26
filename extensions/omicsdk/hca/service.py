"""Bases of the typed clients of the HCA services: found and signed in as the HCA configuration says."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from omicsdk.core.client import AsyncClient, Client
from omicsdk.core.omit import OMIT, Omit
from omicsdk.hca.connection import connection

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.hca.config import HCAConfig


class HCAService(Client):
    """A service of the Human Cell Atlas. Thread-safe; close it, or use it in a `with` block.

    Args:
        base_url: Where the service is, such as `https://dss.example.org/v1`; by default what the HCA configuration says.
        config: The HCA configuration; by default that of the user's files.
        credentials: Ours, or an httpx.Auth; None sends none. By default what `omicsdk.hca.connection` finds: the token of
            OMICS_<SERVICE>_TOKEN, a service account, or a stored login, which goes to the host that it was issued for only.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to try again; by default up to five times more.
        headers: Sent with every request.
        transport: Takes the place of the network, for tests; bytes of files don't pass through it.
        http2: Speak HTTP/2 where the server does.
        strict: Raise DecodeError where an answer isn't what the document says.

    Raises:
        ConfigError: The configuration is malformed, or names no URL.
    """

    _section: ClassVar[str]
    """The section of the HCA configuration that names the service."""
    _finds_credentials = False
    """Whether what proves who asks was found, not given."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        config: "HCAConfig | None" = None,
        credentials: "Credentials | httpx.Auth | Omit | None" = OMIT,
        timeout: "Timeout | float | None" = None,
        retry: "Retry | None" = None,
        headers: Mapping[str, str] | None = None,
        transport: "httpx.BaseTransport | None" = None,
        http2: bool = False,
        strict: bool = False,
    ) -> None:
        found = connection(self._section, base_url=base_url, config=config)
        super().__init__(
            found.base_url,
            credentials=found.credentials if credentials is OMIT else credentials,
            timeout=timeout,
            retry=retry,
            headers=headers,
            transport=transport,
            http2=http2,
            strict=strict,
        )
        self.config = config
        self._finds_credentials = credentials is OMIT


class AsyncHCAService(AsyncClient):
    """The same for asyncio; close it with `aclose`, or use it in an `async with` block.

    Args: as HCAService's, but that `transport` is an httpx.AsyncBaseTransport.
    """

    _section: ClassVar[str]
    """The section of the HCA configuration that names the service."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        config: "HCAConfig | None" = None,
        credentials: "Credentials | httpx.Auth | Omit | None" = OMIT,
        timeout: "Timeout | float | None" = None,
        retry: "Retry | None" = None,
        headers: Mapping[str, str] | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
        http2: bool = False,
        strict: bool = False,
    ) -> None:
        found = connection(self._section, base_url=base_url, config=config)
        super().__init__(
            found.base_url,
            credentials=found.credentials if credentials is OMIT else credentials,
            timeout=timeout,
            retry=retry,
            headers=headers,
            transport=transport,
            http2=http2,
            strict=strict,
        )
        self.config = config
