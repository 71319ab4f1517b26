"""The base of generated clients: exchanges, streamed bodies, and clients of services without a document."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar, overload

from omicsdk.core.bodies import Body as RequestBody
from omicsdk.core.bodies import json_body
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, ConfigError, OmicsError, ResponseTooLarge, error_class
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.paging import content_key
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import URI_LIST, OperationFacts, Paging, Query, Request, checked_base_url, request
from omicsdk.core.response import DECODED, Response
from omicsdk.core.sending.transport import NO_SERVERS, AsyncTransport, Transport, is_elsewhere, transport_error

if TYPE_CHECKING:
    from typing import TypedDict

    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry
    from omicsdk.core.security import Security
    from omicsdk.core.sending.transport import Pace, Timeout
    from omicsdk.core.servers import Servers

    class _Options(TypedDict, total=False):
        timeout: Timeout | float | None
        retry: Retry | None
        headers: Mapping[str, str] | None
        http2: bool
        strict: bool
        environ: Mapping[str, str] | None
        clock: Clock
        response_limit: int | None
        errors: str

    class ClientOptions(_Options, total=False):
        """Arguments of Client, besides those that depend on the document."""

        transport: httpx.BaseTransport | None

    class AsyncClientOptions(_Options, total=False):
        """Arguments of AsyncClient, besides those that depend on the document."""

        transport: httpx.AsyncBaseTransport | None
        blocking_transport: httpx.BaseTransport | None


CHUNK = 1 << 16
"""Bytes that `iter_bytes` gives at a time by default."""


class _Body:
    """What the blocking and the asynchronous streamed body share."""

    def __init__(self, response: httpx.Response, translate: Callable[[Exception], OmicsError | None]) -> None:
        self._response = response
        self._translate = translate
        self._left = b""
        self._broken: Exception | None = None

    @property
    def status_code(self) -> int:
        """HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """The response's headers; names are case-insensitive."""
        return self._response.headers

    @property
    def url(self) -> str:
        """Where the bytes come from, after redirects; a presigned URL is a secret: do not log it."""
        return str(self._response.url)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} status {self.status_code}>"

    def _taken(self, chunk: bytes, size: int) -> bytes:
        self._left, taken = (chunk[size:], chunk[:size]) if size >= 0 else (b"", chunk)
        return taken

    def _begun(self) -> tuple[list[bytes], int]:
        if self._broken is not None:
            raise self._translate(self._broken) or self._broken
        return [self._left], len(self._left)

    def _break(self, error: Exception, *, arrived: bool) -> None:
        """Keep an error for the next read if bytes must be returned first, else raise it."""
        if not arrived:
            raise self._translate(error) or error from error
        self._broken = error


class Body(_Body):
    """A streamed body, read in a `with` block.

    Content-Encoding is decoded. A body that ends early raises TransportError.
    """

    def __init__(self, response: httpx.Response, translate: Callable[[Exception], OmicsError | None]) -> None:
        super().__init__(response, translate)
        self._source = response.iter_bytes()

    def iter_bytes(self, chunk_size: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes in chunks of `chunk_size` (the last may be shorter)."""
        while data := self.read(chunk_size):
            yield data

    def arriving(self) -> Iterator[bytes]:
        """Yield the bytes as they arrive.

        Raises:
            TransportError: The connection broke before the body's end.
        """
        try:
            yield from self._source
        except Exception as error:
            raise self._translate(error) or error from error

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, or the rest; empty at the end.

        Raises:
            TransportError: The connection broke before the body's end. Bytes received until then are returned first,
                unless all were requested.
        """
        pieces, got = self._begun()
        try:
            while size < 0 or got < size:
                piece = next(self._source, None)
                if piece is None:
                    break
                pieces.append(piece)
                got += len(piece)
        except Exception as error:
            self._break(error, arrived=size >= 0 and got > 0)
        return self._taken(b"".join(pieces), size)


class AsyncBody(_Body):
    """A streamed body, read in an `async with` block."""

    def __init__(self, response: httpx.Response, translate: Callable[[Exception], OmicsError | None]) -> None:
        super().__init__(response, translate)
        self._source = response.aiter_bytes()

    async def iter_bytes(self, chunk_size: int = CHUNK) -> AsyncIterator[bytes]:
        """Yield the bytes in chunks of `chunk_size` (the last may be shorter)."""
        while data := await self.read(chunk_size):
            yield data

    async def arriving(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they arrive.

        Raises:
            TransportError: The connection broke before the body's end.
        """
        try:
            async for piece in self._source:
                yield piece
        except Exception as error:
            raise self._translate(error) or error from error

    async def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, or the rest; empty at the end.

        Raises:
            TransportError: The connection broke before the body's end. Bytes received until then are returned first,
                unless all were requested.
        """
        pieces, got = self._begun()
        try:
            while size < 0 or got < size:
                piece = await anext(self._source, None)
                if piece is None:
                    break
                pieces.append(piece)
                got += len(piece)
        except Exception as error:
            self._break(error, arrived=size >= 0 and got > 0)
        return self._taken(b"".join(pieces), size)


def _kind(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


EVENTS = "text/event-stream"
"""Media type of event streams (WHATWG HTML, 9.2)."""


def are_events(media_type: str) -> bool:
    """Return whether a media type is that of an event stream, whose items differ from those of all others."""
    return _kind(media_type) == EVENTS


class Frames:
    """Splits the bytes of a response into its items, as they arrive; pure.

    Args:
        media_type: The framing of items: `application/json-seq` (RFC 7464), `text/event-stream`, whose items are JSON
            objects with an event's fields, or lines.
        limit: Maximum bytes of an item; a larger one is an error, since it is kept in memory.
        last_id: The id of the last event that was received before.
    """

    def __init__(self, media_type: str, limit: int, last_id: str = "") -> None:
        self._is_events = are_events(media_type)
        self._mark = b"\x1e" if _kind(media_type) == "application/json-seq" else b"\n"
        self._limit = limit
        self._rest = b""
        self._fields: dict[str, str] = {}
        self._last_id = last_id
        self._after_return = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the items that a chunk completes.

        Raises:
            ResponseTooLarge: An item exceeds the limit.
        """
        if self._is_events:
            chunk = self._with_plain_ends(chunk)
        *whole, self._rest = (self._rest + chunk).split(self._mark)
        if len(self._rest) > self._limit:
            raise ResponseTooLarge(f"An item of the response is larger than {self._limit:,} bytes (response_limit)")
        for piece in whole:
            if self._is_events:
                yield from self._event(piece)
            elif piece.strip():
                yield piece.strip()

    def end(self) -> Iterator[bytes]:
        """Return the rest at the end of the response: a last line without an end. An unfinished event is dropped."""
        if not self._is_events and self._rest.strip():
            yield self._rest.strip()

    def _with_plain_ends(self, chunk: bytes) -> bytes:
        # Lines of events may end with CR LF, LF or CR, and a chunk between CR and LF.
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if chunk:
            self._after_return = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _event(self, line: bytes) -> Iterator[bytes]:
        """Process a line of an event stream (WHATWG HTML, 9.2.6); an empty one ends an event."""
        if not line:
            fields, self._fields = self._fields, {}
            # "[DONE]" means, by a common convention, that no more events follow.
            if fields.get("data", "[DONE]") != "[DONE]":
                yield json.dumps({**fields, **({"id": self._last_id} if self._last_id else {})}).encode()
            return
        text = line.decode("utf-8", errors="replace").removeprefix("\ufeff")
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._fields["data"] = f"{self._fields['data']}\n{value}" if "data" in self._fields else value
        elif name == "event" or (name == "retry" and value.isascii() and value.isdigit()):
            self._fields[name] = value
        elif name == "id" and "\0" not in value:
            self._last_id = value


_OF_BODIES = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})


def _is_address(request: Request, response: httpx.Response) -> bool:
    return request.location and is_elsewhere(response.status_code, response.headers.get("location"))


def _address(response: httpx.Response) -> httpx.Response:
    """Return a response whose body is the address that it redirects to, since that was requested."""
    import httpx

    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _OF_BODIES]
    return httpx.Response(
        response.status_code,
        headers=[*headers, ("content-type", URI_LIST)],
        content=response.headers["location"].encode(),
        request=response.request,
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """Options for responses.

    Attributes:
        strict: Whether a response that does not conform to the document is an error.
        follow_redirects: Whether redirects without Retry-After are followed, or returned to the caller.
        errors: How bytes of a text that its charset does not allow are decoded: a name of Python's codecs.
        error_module: The module with the service's own classes of errors; empty if it has none.
    """

    strict: bool = False
    follow_redirects: bool = True
    errors: str = "strict"
    error_module: str = ""

    def classify(self, error: APIError, request: Request) -> None:
        """Make an error of a request one of the service's own classes, which are subclasses of those of core.

        The error stays the same object, with its traceback.
        """
        kind = error_class(error.status)
        if self.error_module and error.operation == request.operation and type(error) is kind:
            error.__class__ = getattr(import_module(self.error_module), kind.__name__)
            error.strict = self.strict

    def response(self, request: Request, raw: httpx.Response, paging: Paging | None = None) -> Response:
        """Return a whole response as plain data; as a page if its operation has pages."""
        return Response(
            operation=request.operation,
            status=raw.status_code,
            headers=raw.headers,
            content=raw.content,
            encoding=raw.charset_encoding or "utf-8",
            errors=self.errors,
            strict=self.strict,
            items=None if paging is None else content_key(paging, raw.headers),
            url=str(raw.url),
            decoded=[raw.extensions.pop(DECODED)] if DECODED in raw.extensions else [],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(_Reading):
    """Sends over a Transport."""

    transport: Transport

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """Return the final response to a request; errors as `Transport.send`."""
        try:
            response = self.transport.send(request, stream=stream, follow_redirects=self.follow_redirects)
        except APIError as error:
            self.classify(error, request)
            raise
        if not _is_address(request, response):
            return response
        response.close()
        return _address(response)

    @contextmanager
    def streamed(self, request: Request) -> Generator[Body]:
        """Yield the bytes of the final response to a request, as they arrive."""
        response = self.send(request, stream=True)
        try:
            yield Body(response, lambda error: transport_error(error, request, response))
        finally:
            response.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncExchange(_Reading):
    """Sends over an AsyncTransport."""

    transport: AsyncTransport

    async def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """Return the final response to a request; errors as `AsyncTransport.send`."""
        try:
            response = await self.transport.send(request, stream=stream, follow_redirects=self.follow_redirects)
        except APIError as error:
            self.classify(error, request)
            raise
        if not _is_address(request, response):
            return response
        await response.aclose()
        return _address(response)

    @asynccontextmanager
    async def streamed(self, request: Request) -> AsyncGenerator[AsyncBody]:
        """Yield the bytes of the final response to a request, as they arrive."""
        response = await self.send(request, stream=True)
        try:
            yield AsyncBody(response, lambda error: transport_error(error, request, response))
        finally:
            await response.aclose()


C = TypeVar("C", bound="Client")
A = TypeVar("A", bound="AsyncClient")
AnyClient = TypeVar("AnyClient", bound="Client | AsyncClient")
E = TypeVar("E", Exchange, AsyncExchange)

INTERFACE = 3
"""Version of what generated packages use of this one; both sides compare."""


class ResponseCheck(Protocol):
    """Compares the responses of one service with its requests."""

    def check(self, facts: OperationFacts, request: Request, response: httpx.Response) -> None:
        """Raise if a response is about something else than was requested.

        Args:
            facts: The operation.
            request: The request.
            response: Its response, read whole.

        Raises:
            OmicsError: It is.
        """
        ...

    def check_headers(self, facts: OperationFacts, request: Request, headers: Mapping[str, str]) -> None:
        """Raise if a response whose body is still to be read is, as `check`.

        Args:
            facts: The operation.
            request: The request.
            headers: The response's headers.

        Raises:
            OmicsError: It is.
        """
        ...


class Bound:
    """Base of objects that are bound to a client; a clone creates its own."""


class _ClientBase(Generic[E]):
    """What both clients share: options, and the check that generated code and core are compatible."""

    _interface: ClassVar[int] = INTERFACE
    _default_base_url: ClassVar[str] = ""
    _pace: ClassVar[Pace | None] = None  # limits the rate of requests to the service
    _checks: ResponseCheck | None = None  # compares responses with requests
    _servers: Servers = NO_SERVERS  # of operations that have their own; set by constructors of generated clients
    _security: ClassVar[Security | None] = None  # what the document requires of operations
    _error_module: ClassVar[str] = ""  # of the service's own errors; imported when one is raised
    _exchange: E

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls._interface != INTERFACE:
            raise ConfigError(
                f"{cls.__module__} was generated for interface {cls._interface} of omicsdk.core, but this version has interface {INTERFACE}",
                remedy="Regenerate it with this version of omicsdk, or install the version that it was generated with.",
            )

    def _url(self, base_url: str | None) -> str:
        chosen = self._servers.default
        given = base_url if base_url is not None else chosen if "://" in chosen else self._default_base_url
        return checked_base_url(
            given,
            source=f"The base URL of {type(self).__name__}",
            remedy="Pass base_url, beginning with https:// and a host.",
        )

    def _stated_servers(self) -> Servers:
        held = self._servers
        return held if held is not NO_SERVERS else NO_SERVERS._replace(default=self._default_base_url)

    def _stated_security(self) -> Security | None:
        return self._security

    @property
    def base_url(self) -> str:
        """The base URL of the service, without a slash at the end."""
        return self._exchange.transport.base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {mask_url(self.base_url)}>"

    def with_options(
        self,
        *,
        timeout: Timeout | float | Omit = OMIT,
        retry: Retry | Omit = OMIT,
        headers: Mapping[str, str] | Omit = OMIT,
        credentials: Credentials | httpx.Auth | Mapping[str, object] | Omit | None = OMIT,
        strict: bool | Omit = OMIT,
        follow_redirects: bool | Omit = OMIT,
        response_limit: int | Omit = OMIT,
        errors: str | Omit = OMIT,
    ) -> Self:
        """Return a cheap clone with other options over the same connections; closing either closes both.

        Args:
            timeout: Seconds for each step of a request, or a Timeout.
            retry: When and how often to retry.
            headers: Sent with every request, in addition to the client's. A Content-Type applies to bodies of bytes;
                bodies of JSON and forms have their own.
            credentials: Other credentials; None sends none.
            strict: Raise DecodeError if a response does not conform to the document.
            follow_redirects: False returns redirects to the caller of `raw`; one with Retry-After means "not yet" and
                is followed after the wait anyway.
            response_limit: Maximum bytes of a response that is read whole, decoded; a larger one raises ResponseTooLarge.
            errors: How texts are decoded whose bytes their charset does not allow: `strict` raises DecodeError, `replace`
                and others are as in `bytes.decode`.

        Raises:
            ConfigError: The limit is not a whole number from 1.
        """
        clone = copy.copy(self)
        # Existing call objects belong to the original; they would send with its options.
        for name in [name for name, value in vars(clone).items() if isinstance(value, Bound)]:
            delattr(clone, name)
        held = self._exchange
        clone._exchange = replace(
            held,
            strict=held.strict if strict is OMIT else strict,
            follow_redirects=held.follow_redirects if follow_redirects is OMIT else follow_redirects,
            errors=held.errors if errors is OMIT else errors,
            transport=held.transport.with_options(
                timeout=timeout, retry=retry, headers=headers, credentials=credentials, response_limit=response_limit
            ),
        )
        return clone


class Client(_ClientBase[Exchange]):
    """A service's client. Thread-safe; close it, or use it in a `with` block.

    Args:
        base_url: The URL of the service, including the path that all operations share; by default the document's.
        credentials: Credentials (`omicsdk.core.credentials`), or an httpx.Auth; or these by the names of the document's security
            schemes. None sends none.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to retry; by default up to five retries.
        headers: Sent with every request.
        transport: Replaces the network, for tests.
        http2: Use HTTP/2 if the server supports it.
        strict: Raise DecodeError if a response does not conform to the document, instead of keeping the value. A page
            without its list is always an error.
        environ: Environment variables (proxies, certificate authorities); by default the process's own.
        clock: The source of time and of waits.
        response_limit: Maximum bytes of a response that is read whole, decoded: a larger one raises ResponseTooLarge before it
            is parsed. By default OMICS_RESPONSE_LIMIT, or 64 MiB. Streamed responses, and operations that return bytes of
            any length, have no limit.
        errors: How texts are decoded whose bytes their charset does not allow: `strict` raises DecodeError, `replace` and
            others are as in `bytes.decode`.

    Raises:
        ConfigError: The base URL is invalid, or the limit is not a whole number from 1.
    """

    _exchange_class: ClassVar[type[Exchange]] = Exchange

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: Credentials | httpx.Auth | Mapping[str, object] | None = None,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        http2: bool = False,
        strict: bool = False,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        response_limit: int | None = None,
        errors: str = "strict",
    ) -> None:
        self._exchange = self._exchange_class(
            strict=strict,
            errors=errors,
            error_module=self._error_module,
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
                response_limit=response_limit,
                pace=type(self)._pace,
                servers=self._stated_servers(),
                security=self._stated_security(),
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

        blocking_transport: Replaces the network for code that runs in threads: the workflows of a platform's client.
    """

    _exchange_class: ClassVar[type[AsyncExchange]] = AsyncExchange

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: Credentials | httpx.Auth | Mapping[str, object] | None = None,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        blocking_transport: httpx.BaseTransport | None = None,
        http2: bool = False,
        strict: bool = False,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        response_limit: int | None = None,
        errors: str = "strict",
    ) -> None:
        self._exchange = self._exchange_class(
            strict=strict,
            errors=errors,
            error_module=self._error_module,
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
                response_limit=response_limit,
                pace=type(self)._pace,
                servers=self._stated_servers(),
                security=self._stated_security(),
            ),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.transport.aclose()

    def _synchronous(self, kind: type[C]) -> C:
        """Return a blocking client of the same service with the same settings, for workflows; errors as
        `AsyncTransport.synchronous`.
        """
        twin = kind.__new__(kind)
        twin._exchange = kind._exchange_class(  # pyright: ignore[reportPrivateUsage] - a client's own
            strict=self._exchange.strict,
            follow_redirects=self._exchange.follow_redirects,
            errors=self._exchange.errors,
            error_module=kind._error_module,
            transport=self._exchange.transport.synchronous(),
        )
        return twin

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


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
    held = client._exchange  # pyright: ignore[reportPrivateUsage] - of this module's own classes
    made: Any = client.with_options() if kind is type(client) else object.__new__(kind)
    servers = (client if kind is type(client) else kind)._servers  # pyright: ignore[reportPrivateUsage] - as above
    there = held.transport.beside(base_url, credentials, servers=servers, security=kind._security)
    made._exchange = replace(held, transport=there, error_module=kind._error_module)
    return made


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

    These are the waits before a retry, for the rate limit and for a service that is not ready; the call raises
    Interrupted.
    Requests without a wait are still sent: a workflow that stops may have to clean up.

    Args:
        client: The client.
        stopped: Whether to stop; called ten times a second during waits.
    """
    return sending_by(client, lambda held: replace(held, transport=held.transport.until(stopped)))


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


class _Late:
    """An operation that replaces itself by the real one, imported at its first use."""

    def __init__(self, package: str, name: str, module: str) -> None:
        self._module = f"{package}.operations.{module}"
        self._name = name

    def __set_name__(self, owner: type, _: str) -> None:
        self._owner = owner

    def __get__(self, client: object, owner: type) -> object:
        module = vars(import_module(self._module))
        # A name that the module itself uses has a trailing underscore.
        operation = module.get(f"{self._name}_") or module[self._name]
        setattr(self._owner, self._name, operation)
        return operation.__get__(client, owner)


def late_operations(package: str, names: str) -> dict[str, _Late]:
    """Return the operations of a generated package as class attributes, each imported at its first use.

    Args:
        package: The package, whose `operations` has one module per operation.
        names: The operations' names, separated by spaces; `name=module` if the module has another name.
    """
    words = (word.partition("=") for word in names.split())
    return {name: _Late(package, name, module or name) for name, _, module in words}


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
        return self._exchange.streamed(request)


class AsyncPlainClient(AsyncClient):
    """A service without a document, for asyncio and trio."""

    async def send(self, request: Request) -> httpx.Response:
        """Return the response to a request; errors as those of `AsyncTransport.send`."""
        return await self._exchange.send(request)
