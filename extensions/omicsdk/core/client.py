"""The bases of generated clients, sync and async."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

from omicsdk.core.base_urls import checked_base_url
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import ConfigError
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.sending.exchange import AsyncExchange, Exchange
from omicsdk.core.sending.transport import AsyncTransport, Transport

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout

C = TypeVar("C", bound="Client")
E = TypeVar("E", Exchange, AsyncExchange)

INTERFACE = 1
"""Version of what generated packages use of this one; both sides compare."""


class _ClientBase(Generic[E]):
    """What both clients share: options, and the check that generated code and core fit."""

    _interface: ClassVar[int] = INTERFACE
    _default_base_url: ClassVar[str] = ""
    _exchange: E

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls._interface != INTERFACE:
            raise ConfigError(
                f"{cls.__module__} was generated for interface {cls._interface} of omicsdk.core, and this is {INTERFACE}",
                remedy="Generate it again with this omicsdk, or install the omicsdk that it was generated with.",
            )

    def _url(self, base_url: str | None) -> str:
        given = base_url if base_url is not None else self._default_base_url
        return checked_base_url(
            given,
            source=f"The base URL of {type(self).__name__}",
            remedy="Give base_url, beginning with https:// and a host.",
        )

    @property
    def base_url(self) -> str:
        """Where the service is, without a slash at the end."""
        return self._exchange.transport.base_url

    def with_options(
        self,
        *,
        timeout: "Timeout | float | Omit" = OMIT,
        retry: "Retry | Omit" = OMIT,
        headers: Mapping[str, str] | Omit = OMIT,
        credentials: "Credentials | httpx.Auth | Omit | None" = OMIT,
        strict: bool | Omit = OMIT,
        follow_redirects: bool | Omit = OMIT,
        answer_limit: int | Omit = OMIT,
    ) -> Self:
        """A cheap clone with other options over the same connections; closing either closes both.

        Args:
            timeout: Seconds for each step of a request, or a Timeout.
            retry: When and how often to try again.
            headers: Sent with every request, beside those that the client has. A Content-Type says what a body of bytes
                is; one of JSON or of a form has its own.
            credentials: Others; None sends none.
            strict: Raise where an answer isn't what the document says.
            follow_redirects: False hands redirects to the caller of `raw`; one that carries Retry-After says "not yet"
                and is waited for all the same.
            answer_limit: Bytes of an answer that is read whole, decoded; a larger one raises AnswerTooLarge.

        Raises:
            ConfigError: The limit is no whole number from 1.
        """
        clone = copy.copy(self)
        # The operations made so far (cached properties) belong to the original; they'd send with its options.
        for name in [name for name in vars(clone) if isinstance(getattr(type(clone), name, None), cached_property)]:
            delattr(clone, name)
        held = self._exchange
        clone._exchange = replace(
            held,
            strict=held.strict if strict is OMIT else strict,
            follow_redirects=held.follow_redirects if follow_redirects is OMIT else follow_redirects,
            transport=held.transport.with_options(
                timeout=timeout, retry=retry, headers=headers, credentials=credentials, answer_limit=answer_limit
            ),
        )
        return clone


class Client(_ClientBase[Exchange]):
    """A service's client. Thread-safe; close it, or use it in a `with` block.

    Args:
        base_url: Where the service is, with the path that every operation stands under; by default the document's.
        credentials: Ours (`omicsdk.core.credentials`), or an httpx.Auth; None sends none.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to try again; by default up to five times more.
        headers: Sent with every request.
        transport: Takes the place of the network, for tests.
        http2: Speak HTTP/2 where the server does.
        strict: Raise DecodeError where an answer isn't what the document says, instead of keeping it as it is. A page
            without its list is an error always.
        environ: The environment's variables (proxies, certificate authorities); by default the process's own.
        clock: What tells the time and waits.
        answer_limit: Bytes of an answer that is read whole, decoded: a larger one raises AnswerTooLarge before it is parsed.
            By default OMICS_ANSWER_LIMIT of the environment, or 64 MiB. Streamed answers, and operations whose answers are
            bytes of any length, have none.

    Raises:
        ConfigError: The base URL isn't one, or the limit is no whole number from 1.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: "Credentials | httpx.Auth | None" = None,
        timeout: "Timeout | float | None" = None,
        retry: "Retry | None" = None,
        headers: Mapping[str, str] | None = None,
        transport: "httpx.BaseTransport | None" = None,
        http2: bool = False,
        strict: bool = False,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        answer_limit: int | None = None,
    ) -> None:
        self._exchange = Exchange(
            strict=strict,
            transport=Transport(
                self._url(base_url),
                credentials=credentials,
                timeout=timeout,
                retry=retry,
                headers=headers or {},
                transport=transport,
                http2=http2,
                environ=environ,
                clock=clock,
                answer_limit=answer_limit,
            ),
        )

    def close(self) -> None:
        """Close the connections."""
        self._exchange.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_ClientBase[AsyncExchange]):
    """A service's client for asyncio; close it with `aclose`, or use it in an `async with` block.

    Args: as Client's, but that `transport` is an httpx.AsyncBaseTransport.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: "Credentials | httpx.Auth | None" = None,
        timeout: "Timeout | float | None" = None,
        retry: "Retry | None" = None,
        headers: Mapping[str, str] | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
        http2: bool = False,
        strict: bool = False,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        answer_limit: int | None = None,
    ) -> None:
        self._exchange = AsyncExchange(
            strict=strict,
            transport=AsyncTransport(
                self._url(base_url),
                credentials=credentials,
                timeout=timeout,
                retry=retry,
                headers=headers or {},
                transport=transport,
                http2=http2,
                environ=environ,
                clock=clock,
                answer_limit=answer_limit,
            ),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.transport.aclose()

    def _synchronous(self, kind: type[C]) -> C:
        """A sync client of the same service with the same options, over connections of its own: for workflows."""
        twin = kind.__new__(kind)
        twin._exchange = Exchange(
            strict=self._exchange.strict,
            follow_redirects=self._exchange.follow_redirects,
            transport=self._exchange.transport.synchronous(),
        )
        return twin

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
