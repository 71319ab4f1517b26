"""The base of generated clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypedDict, TypeVar, Unpack, runtime_checkable

from omicsdk.core.clock import Clock
from omicsdk.core.credentials import Credentials
from omicsdk.core.errors import ConfigError
from omicsdk.core.late_names import LateModule
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import AsyncHooks, Hooks, OneServer, OperationFacts, Request, checked_base_url
from omicsdk.core.response import AnyExchange, AsyncExchange, Exchange, conversation
from omicsdk.core.retry import Retry
from omicsdk.core.sending.transport import (
    NO_SERVERS,
    AsyncTransport,
    Meanings,
    Pace,
    SecurityRules,
    Steps,
    Timeout,
    Transport,
)

if TYPE_CHECKING:
    import httpx
else:
    httpx = LateModule("httpx")


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
    before_request: Hooks[httpx.Request]
    after_response: Hooks[httpx.Response]


class AsyncClientOptions(_Options, total=False):
    """Arguments of AsyncClient, besides those that depend on the document."""

    transport: httpx.AsyncBaseTransport | None
    blocking_transport: httpx.BaseTransport | None
    before_request: AsyncHooks[httpx.Request]
    after_response: AsyncHooks[httpx.Response]


C = TypeVar("C", bound="Client")
A = TypeVar("A", bound="AsyncClient")
AnyClient = TypeVar("AnyClient", bound="Client | AsyncClient")
ClientOfPart = TypeVar("ClientOfPart", bound="Client | AsyncClient", covariant=True)
E = TypeVar("E", Exchange, AsyncExchange)

#: Version of what generated packages use of this one; both sides compare.
INTERFACE = 3


@runtime_checkable
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


class Part(Bound, Generic[ClientOfPart]):
    """A part of a client, through which some of its operations are called."""

    def __init__(self, client: ClientOfPart) -> None:
        self._client = client


@dataclass(frozen=True, slots=True)
class Recipe:
    """What another process makes a client from.

    Attributes:
        kind: The client's class, or another function that returns it.
        args: The arguments of its constructor.
        options: The keyword arguments.
        changes: Those of `with_options` since then.
    """

    kind: Callable[..., Any]
    args: tuple[Any, ...]
    options: Mapping[str, Any]
    changes: Mapping[str, Any]

    def client(self) -> Any:
        """Return a new client."""
        client = self.kind(*self.args, **self.options)
        return client.with_options(**self.changes) if self.changes else client


def pickled_recipe(what: object, recipe: Recipe | None, base_url: str) -> Recipe:
    """Return what a client is pickled as.

    What it found by itself (credentials, files) is looked up again where it is loaded, but its base URL is kept: another machine
    may be configured for another server.

    Args:
        what: What is pickled, for the error.
        recipe: The client's recipe; None if it was made from another client.
        base_url: Its base URL, empty for none.

    Raises:
        TypeError: There is no recipe.
    """
    if recipe is None:
        raise TypeError(f"cannot pickle {what!r}: its client was made from another one; pickle that one")
    if recipe.args or recipe.options.get("base_url") is not None or not base_url:
        return recipe
    return replace(recipe, options={**recipe.options, "base_url": base_url})


class _ConstructorSignature:
    """The signature of a client's class: that of `__init__`, instead of which inspect would show that of `__new__`.

    It states each keyword of `**options: Unpack[...]`, with the default that the transport or the client has.
    """

    def __get__(self, client: object, kind: Any) -> object:
        from inspect import Parameter, get_annotations, signature  # for help() and notebooks alone

        constructor = signature(partial(kind.__init__, None))
        options = constructor.parameters.get("options")
        if options is None or "ClientOptions]" not in str(options.annotation):
            return constructor
        connect = signature(kind._connect)
        defaults = dict(signature(AsyncTransport).parameters) | signature(Transport).parameters | connect.parameters
        hints = get_annotations(AsyncClientOptions if issubclass(kind, AsyncClient) else ClientOptions)
        keywords = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=defaults[name].default, annotation=hint.__forward_arg__)
            for name, hint in hints.items()
        ]
        return constructor.replace(parameters=[*constructor.parameters.values()][:-1] + keywords)


class _ClientBase(Generic[E]):
    """What both clients share: options, and the check that generated code and core are compatible."""

    _interface: ClassVar[int] = INTERFACE
    _default_base_url: ClassVar[str] = ""
    _pace: ClassVar[Pace | None] = None  # limits the rate of requests to the service
    _checks: ResponseCheck | None = None  # compares responses with requests
    _servers: OneServer = NO_SERVERS  # of operations that have their own; set by constructors of generated clients
    _security: ClassVar[SecurityRules | None] = None  # what the document requires of operations
    _meanings: ClassVar[Meanings | None] = None  # of a platform's 401; None: it names the document's schemes
    _error_module: ClassVar[str] = ""  # of the service's own errors; imported when one is raised
    _steps: ClassVar[Callable[[AnyExchange, Request], Steps[httpx.Response]]] = conversation  # of each request
    _exchange: E
    _recipe: Recipe | None = None  # None if it was made from another client
    __signature__ = _ConstructorSignature()

    def __new__(cls, *args: Any, **options: Any) -> Self:
        client = super().__new__(cls)
        client._recipe = Recipe(cls, args, options, {})
        return client

    def __reduce__(self) -> tuple[Callable[[Recipe], Self], tuple[Recipe]]:
        """A client is pickled as its arguments, without its connections."""
        return Recipe.client, (pickled_recipe(self, self._recipe, self.base_url),)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # At the class's creation, so that an old package fails at its import and not within a request.
        if cls._interface != INTERFACE:
            raise ConfigError(
                f"{cls.__module__} was generated for interface {cls._interface} of omicsdk.core, but this version has interface {INTERFACE}",
                remedy="Regenerate it with this version of omicsdk, or install the version that it was generated with.",
            )

    def _connect(
        self,
        transport_class: type[Any],
        exchange_class: type[E],
        base_url: str | None,
        *,
        strict: bool = False,
        errors: str = "strict",
        before_request: AsyncHooks[httpx.Request] = (),
        after_response: AsyncHooks[httpx.Response] = (),
        **of_transport: Any,
    ) -> None:
        transport = transport_class(
            self._url(base_url),
            pace=type(self)._pace,
            servers=self._stated_servers(),
            security=self._security,
            meanings=self._meanings,
            **of_transport,
        )
        if before_request or after_response:
            transport.call_hooks(before_request, after_response)
        self._exchange = exchange_class(
            transport=transport,
            strict=strict,
            errors=errors,
            error_module=self._error_module,
            steps=type(self)._steps,
        )

    def _url(self, base_url: str | None) -> str:
        chosen = self._servers.default
        url = base_url if base_url is not None else chosen if "://" in chosen else self._default_base_url
        return checked_base_url(
            url,
            source=f"The base URL of {type(self).__name__}",
            remedy="Pass base_url, beginning with https:// and a host.",
        )

    def _stated_servers(self) -> OneServer:
        return self._servers if self._servers is not NO_SERVERS else OneServer(self._default_base_url)

    @property
    def base_url(self) -> str:
        """The base URL of the service, without a slash at the end."""
        return self._exchange.transport.base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {mask_url(self.base_url)}>"

    def _workflow_names(self) -> list[str]:
        return []

    def _repr_html_(self) -> str:
        from omicsdk.core.display import escape, html_table  # for notebooks alone

        credentials = self._exchange.transport.credentials
        rows = {
            "base_url": mask_url(self.base_url),
            "credentials": "none" if credentials is None else type(credentials).__name__,
            "workflows": ", ".join(self._workflow_names()),
        }
        return html_table(type(self).__name__, [(name, escape(text)) for name, text in rows.items() if text])

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
        before_request: AsyncHooks[httpx.Request] | Omit = OMIT,
        after_response: AsyncHooks[httpx.Response] | Omit = OMIT,
    ) -> Self:
        """Return a cheap clone with other options over the same connections; closing either closes both.

        Args:
            timeout: Seconds for each step of a request, or a Timeout.
            retry: When and how often to retry.
            headers: Sent with every request, in addition to the client's. A Content-Type applies to bodies of bytes;
                bodies of JSON and forms have their own. An Accept header applies to operations that list its media type.
            credentials: Other credentials; None sends none.
            strict: Raise DecodeError if a response does not conform to the document.
            follow_redirects: False returns redirects to the caller of `raw`; one with Retry-After means "not yet" and
                is followed after the wait anyway.
            response_limit: Maximum bytes of a response that is read whole, decoded; a larger one raises ResponseTooLarge.
            errors: How texts are decoded whose bytes their charset does not allow: `strict` raises DecodeError, `replace`
                and others are as in `bytes.decode`.
            before_request: Called in place of the present hooks; `()` calls none.
            after_response: As before_request.

        Raises:
            ConfigError: The limit is not a whole number from 1.
        """
        of_transport: dict[str, Any] = {
            "timeout": timeout,
            "retry": retry,
            "headers": headers,
            "credentials": credentials,
            "response_limit": response_limit,
            "before_request": before_request,
            "after_response": after_response,
        }
        of_exchange: dict[str, Any] = {"strict": strict, "follow_redirects": follow_redirects, "errors": errors}
        of_exchange = {name: value for name, value in of_exchange.items() if value is not OMIT}
        clone = object.__new__(type(self))
        # Existing call objects belong to the original; they would send with its options.
        vars(clone).update({name: value for name, value in vars(self).items() if not isinstance(value, Bound)})
        if self._recipe is not None:
            changes = {**{name: value for name, value in of_transport.items() if value is not OMIT}, **of_exchange}
            earlier = self._recipe.changes
            if headers is not OMIT:
                # Headers add to those of before; every other option replaces its earlier value.
                changes["headers"] = {**earlier.get("headers", {}), **headers}
            clone._recipe = replace(self._recipe, changes={**earlier, **changes})
        transport = self._exchange.transport.with_options(**of_transport)
        clone._exchange = replace(self._exchange, transport=transport, **of_exchange)
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
        before_request: A function, or several in their order, called with each httpx.Request before it is sent, with its
            credentials; it may change the headers. Each try of a call and each step of a redirect is a request. An exception
            ends the call.
        after_response: The same for each httpx.Response, those of errors and redirects too, before the client acts on it. Its body has
            been read, unless the call streams it.

    Raises:
        ConfigError: The base URL is invalid, or the limit is not a whole number from 1.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: Credentials | httpx.Auth | Mapping[str, object] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._connect(Transport, Exchange, base_url, credentials=credentials, **options)

    def close(self) -> None:
        """Close the connections."""
        self._exchange.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_ClientBase[AsyncExchange]):
    """A service's client for asyncio; close it with `aclose`, or use it in an `async with` block.

    It takes the arguments of Client, and those below. Hooks may be coroutine functions, but not for requests of workflows.

    Args:
        transport: An httpx.AsyncBaseTransport, which replaces the network.
        blocking_transport: Replaces the network for code that runs in threads: the workflows of a platform's client.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        credentials: Credentials | httpx.Auth | Mapping[str, object] | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        self._connect(AsyncTransport, AsyncExchange, base_url, credentials=credentials, **options)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Late:
    """An operation that replaces itself by the real one, imported at its first use. A client's import makes a thousand of them."""

    __slots__ = ("_module", "_name", "_package")

    def __init__(self, package: str, name: str, module: str) -> None:
        self._package, self._name, self._module = package, name, module

    def __get__(self, client: object, owner: type) -> object:
        module = vars(import_module(f"{self._package}.operations.{self._module}"))
        # A name that the module itself uses has a trailing underscore.
        operation = module.get(f"{self._name}_") or module[self._name]
        # In the class where it was found, which may be a base of the client's.
        for kind in owner.__mro__:
            if vars(kind).get(self._name) is self:
                setattr(kind, self._name, operation)
        return operation.__get__(client, owner)


def late_operations(package: str, names: str) -> dict[str, _Late]:
    """Return the operations of a generated package as class attributes, each imported at its first use.

    Args:
        package: The package, whose `operations` has one module per operation.
        names: The operations' names, separated by spaces; `name=module` if the module has another name.
    """
    pairs = (word.partition("=") for word in names.split())
    return {name: _Late(package, name, module or name) for name, _, module in pairs}


def client_of(holder: Any) -> Any:
    """Return the client of a part; a client itself."""
    return vars(holder)["_client"] if isinstance(holder, Part) else holder


class _LateGroup:
    """A group of a client, or of another group; imported and made at its first use."""

    def __init__(self, package: str, name: str, module: str) -> None:
        self._module, self._name = f"{package}.{module}", name

    def __get__(self, holder: Any, owner: type) -> Any:
        kind = import_module(self._module).GROUP
        if holder is None:
            return kind
        # In the instance's attributes, which Python reads before this descriptor from now on.
        group = vars(holder)[self._name] = kind(client_of(holder))
        return group


def late_groups(package: str, names: str) -> dict[str, _LateGroup]:
    """Return groups as class attributes, each made at its first use.

    Args:
        package: The package with one module per group.
        names: As of `late_operations`.
    """
    pairs = (word.partition("=") for word in names.split())
    return {name: _LateGroup(package, name, module or name) for name, _, module in pairs}


def grouped_operations(package: str, names: str, grouped: str, groups: str) -> dict[str, Any]:
    """Return the attributes of a client with groups: operations, which completion only offers in their groups, and the groups.

    Args:
        package: The package.
        names: The operations without a group, as of `late_operations`.
        grouped: The others.
        groups: The groups, as of `late_groups`.
    """
    hidden = late_operations(package, grouped)

    def __dir__(client: object) -> list[str]:
        return [name for name in object.__dir__(client) if name not in hidden]

    return {**late_operations(package, names), **hidden, **late_groups(f"{package}.groups", groups), "__dir__": __dir__}
