"""The bases of generated clients, sync and async."""

import copy
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from omicsdk.core.answer import Answer
from omicsdk.core.base_urls import checked_base_url
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import ConfigError
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.paging import content_key
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import URI_LIST, Paging, Request
from omicsdk.core.sending.redirects import is_elsewhere
from omicsdk.core.sending.transport import AsyncTransport, Transport, transport_error
from omicsdk.core.streaming import AsyncBody, Body

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.connections import Connections
    from omicsdk.core.sending.transport import Timeout

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


C = TypeVar("C", bound="Client")
A = TypeVar("A", bound="AsyncClient")
E = TypeVar("E", Exchange, AsyncExchange)

INTERFACE = 2
"""Version of what generated packages use of this one; both sides compare."""


class Bound:
    """Base of what a client keeps that is bound to it; a clone makes its own."""


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
        """The base URL of the service, without a slash at the end."""
        return self._exchange.transport.base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {mask_url(self.base_url)}>"

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
        # The calls made so far belong to the original; they'd send with its options.
        for name in [name for name, value in vars(clone).items() if isinstance(value, Bound)]:
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

    _exchange_class: ClassVar[type[Exchange]] = Exchange

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
        self._exchange = self._exchange_class(
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

    Args: those of Client, with an httpx.AsyncBaseTransport as `transport`, and

        blocking_transport: Replaces the network for what runs in threads: the workflows of a platform's client.
    """

    _exchange_class: ClassVar[type[AsyncExchange]] = AsyncExchange

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: "Credentials | httpx.Auth | None" = None,
        timeout: "Timeout | float | None" = None,
        retry: "Retry | None" = None,
        headers: Mapping[str, str] | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
        blocking_transport: "httpx.BaseTransport | None" = None,
        http2: bool = False,
        strict: bool = False,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        answer_limit: int | None = None,
    ) -> None:
        self._exchange = self._exchange_class(
            strict=strict,
            transport=AsyncTransport(
                self._url(base_url),
                credentials=credentials,
                timeout=timeout,
                retry=retry,
                headers=headers or {},
                transport=transport,
                blocking_transport=blocking_transport,
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
        """A blocking client of the same service with the same settings, for workflows; errors as `AsyncTransport.synchronous`."""
        twin = kind.__new__(kind)
        twin._exchange = kind._exchange_class(  # pyright: ignore[reportPrivateUsage] - a client's own
            strict=self._exchange.strict,
            follow_redirects=self._exchange.follow_redirects,
            transport=self._exchange.transport.synchronous(),
        )
        return twin

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


@overload
def beside(client: Client, kind: type[C], base_url: str, credentials: "Credentials | httpx.Auth | None") -> C: ...
@overload
def beside(client: AsyncClient, kind: type[A], base_url: str, credentials: "Credentials | httpx.Auth | None") -> A: ...
def beside(
    client: Client | AsyncClient, kind: type[Any], base_url: str, credentials: "Credentials | httpx.Auth | None"
) -> Any:
    """Return a client of another service, with a client's settings over its connections; closing either closes both.

    A function and not a method, since the public names of clients are reserved: no operation can have them.

    Args:
        client: The client.
        kind: The class of the other one.
        base_url: The base URL of the other one.
        credentials: The credentials of the other one: those of a client are for its own service.
    """
    held = client._exchange  # pyright: ignore[reportPrivateUsage] - of this module's own classes
    made: Any = object.__new__(kind)
    made._exchange = replace(held, transport=held.transport.beside(base_url, credentials))
    return made


def network_of(client: Client) -> "tuple[Connections, Timeout]":
    """The connections of a client and its limits of time, for requests that aren't of its API; they stay the client's.

    Args:
        client: The client.
    """
    transport = client._exchange.transport  # pyright: ignore[reportPrivateUsage] - as in `beside`
    return transport._connections, transport._timeout  # pyright: ignore[reportPrivateUsage] - of core as well


class _Late:
    """An operation whose module is imported when it is first asked for; it takes this one's place then."""

    def __init__(self, package: str, name: str, module: str) -> None:
        self._module = f"{package}.operations.{module}"
        self._name = name

    def __set_name__(self, owner: type, _: str) -> None:
        self._owner = owner

    def __get__(self, client: object, owner: type) -> object:
        module = vars(import_module(self._module))
        # A name that the module itself uses is followed by an underscore.
        operation = module.get(f"{self._name}_") or module[self._name]
        setattr(self._owner, self._name, operation)
        return operation.__get__(client, owner)


def late_operations(package: str, names: str) -> dict[str, _Late]:
    """The operations of a generated package as attributes of a class, each imported when it is first asked for.

    Args:
        package: The package, whose `operations` has a module an operation.
        names: The operations' names, with blanks between; `name=module` where the module is called otherwise.
    """
    words = (word.partition("=") for word in names.split())
    return {name: _Late(package, name, module or name) for name, _, module in words}
