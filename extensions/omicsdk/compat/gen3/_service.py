"""Base of the gen3 clients: an underlying `Gen3`, whose errors are also those of requests and aiohttp."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypedDict, TypeVar, cast

from omicsdk.compat._requests import has_replaced_functions, observed
from omicsdk.compat.errors import OF_AIOHTTP, OF_REQUESTS, catchable
from omicsdk.core.client import Client
from omicsdk.core.closing import Closing
from omicsdk.core.credentials import ANONYMOUS, Basic, Credentials, as_credentials
from omicsdk.core.errors import APIError, TransportError, raise_failed
from omicsdk.core.plain_client import beside
from omicsdk.core.response import Exchange
from omicsdk.gen3.client import AsyncGen3, Gen3
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.sources import endpoint_of

if TYPE_CHECKING:
    from typing import Unpack

    import httpx

    from omicsdk.core.clock import Clock
    from omicsdk.core.platform import Platform
    from omicsdk.core.request import Request
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.time_limits import Timeout
    from omicsdk.transfer import TransferReport

    # A Gen3Auth or other credentials, an auth of httpx or requests, or a name and a password.
    Auth = Credentials | httpx.Auth | Callable[[Any], Any] | tuple[str, str]


class Options(TypedDict, total=False):
    """Arguments of every client beyond the published ones: see `Service`."""

    timeout: Timeout | float | None
    retry: Retry | None
    transport: httpx.BaseTransport | None
    clock: Clock


class EndpointOptions(Options, total=False):
    """Arguments of clients whose published constructor has only the login."""

    endpoint: str | None


P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=Client)
#: Parameters of the metadata service that are true or false, which the published client writes as Python does.
_SWITCHES = re.compile(r"([?&](?:data|merge|overwrite)=)(true|false)(?=&|$)")
#: A parameter that the published client sends without a value.
_BARE = re.compile(r"(?<=[?&]delete_file_locations)=(?=&|$)")
# Part of endpoints at which a single service runs, without the paths of a commons.
LOCAL = "http://localhost"


def parties(endpoint: str | Auth | None, auth_provider: Auth | None) -> tuple[str, Credentials | None]:
    """Return the commons and the credentials; the first argument may be the credentials, which state the commons.

    Raises:
        Gen3UserError: Nothing states the commons.
        ConfigError: The endpoint is invalid, or the credentials are something else.
    """
    if endpoint is not None and not isinstance(endpoint, str):
        # Published examples pass the login alone, as in Gen3Jobs(auth).
        endpoint, auth_provider = None, endpoint
    if isinstance(auth_provider, tuple):
        credentials: Credentials | None = Basic(*cast("tuple[str, str]", auth_provider))
    else:
        credentials = as_credentials(auth_provider)
        endpoint = endpoint or cast("str | None", getattr(auth_provider, "endpoint", None))
    if not endpoint:
        raise Gen3UserError("No commons given", remedy="Pass endpoint=, or a Gen3Auth.")
    return endpoint_of(endpoint), credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class _CatchableExchange(Exchange):
    """An exchange whose errors are also those of `requests`, which the published client lets through."""

    module: str

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """Send a request and return the final response; errors as for `Exchange.send`."""
        request = request.at(_BARE.sub("", _SWITCHES.sub(lambda match: f"{match[1]}{match[2].title()}", request.url)))
        exchange = self
        if has_replaced_functions(self.module):
            # Such a function gets the login as its argument `auth`: no token is fetched for it.
            exchange = replace(self, transport=self.transport.with_options(credentials=None))
        try:
            return Exchange.send(exchange, request, stream=stream)
        except (APIError, TransportError) as error:
            raise catchable(error, OF_REQUESTS) from error.__cause__


def catching(client: C, module: str = __name__, auth: object = None) -> C:
    """Make a blocking client raise errors that are also those of `requests`, and send by it where a program has replaced it.

    Args:
        client: The client, which is not in use yet.
        module: The module of the face that uses it.
        auth: The login as the program gave it.
    """
    observed(client, module, auth)
    exchange = client._exchange  # pyright: ignore[reportPrivateUsage] - core's own
    catchable_exchange = _CatchableExchange(
        **{field.name: getattr(exchange, field.name) for field in fields(exchange)}, module=module
    )
    client._exchange = catchable_exchange  # pyright: ignore[reportPrivateUsage] - core's own
    return client


class Service(Closing):
    """Base of the clients: context managers, sync and async, over one `Gen3`.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: The credentials: a Gen3Auth, or a name and a password; None for none.
        options: Those of `omicsdk.Gen3`: timeout, retry (by default as often as GEN3SDK_MAX_RETRIES states, if it is
            set), transport, clock.

    Attributes:
        endpoint: The URL of the service.

    Raises:
        Gen3UserError: Nothing states the commons.
        ConfigError: The endpoint is invalid.
    """

    def __init__(
        self, endpoint: str | Auth | None = None, auth_provider: Auth | None = None, **options: Unpack[Options]
    ) -> None:
        self.endpoint, credentials = parties(endpoint, auth_provider)
        self._auth_provider = auth_provider if endpoint is None or isinstance(endpoint, str) else endpoint
        commons = Gen3(self.endpoint, credentials=credentials or ANONYMOUS, **options)
        # The face's class, of which a program may have its own subclass.
        ours = next(kind for kind in type(self).__mro__ if kind.__module__.startswith(__package__ or ""))
        self._commons = catching(commons, ours.__module__, self._auth_provider)

    def _mount(self, part: str, url: str) -> str:
        """Mount a service of the commons at another URL, and return that URL."""
        service: Client = getattr(self._commons, part)
        # An instance's attribute takes precedence over the `Part` of its class.
        vars(self._commons)[part] = beside(self._commons, type(service), url, self._commons.credentials)
        return url

    def close(self) -> None:
        """Close the connections."""
        self._commons.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.endpoint}>"


class LoginService(Service):
    """Base of the clients whose first argument is the login, which states the commons.

    Args:
        auth_provider: The credentials; the commons is the one that they are for, unless `endpoint` is given.
        options: Those of every client of this face: endpoint, timeout, retry, transport, clock.

    Raises:
        Gen3UserError: Nothing states the commons.
    """

    def __init__(self, auth_provider: Auth | None = None, **options: Unpack[EndpointOptions]) -> None:
        super().__init__(auth_provider=auth_provider, **options)


def commons(endpoint: str | None = None, auth: Auth | None = None) -> Gen3:
    """Create the client behind the documented functions.

    Args:
        endpoint: The commons, or its index; by default that of `auth`.
        auth: A Gen3Auth, or a name and a password; None for no login.

    Raises:
        Gen3UserError: Neither names a commons.
        ConfigError: The endpoint is invalid.
    """
    url, credentials = parties(endpoint, auth)
    # Published functions on records take the URL of the index in place of the commons.
    return catching(Gen3(url.removesuffix("/index"), credentials=credentials or ANONYMOUS), auth=auth)


def async_commons(endpoint: str | None = None, auth: Auth | None = None) -> AsyncGen3:
    """Create the asynchronous client of a commons; arguments and errors as for `commons`."""
    url, credentials = parties(endpoint, auth)
    return _AsyncCommons(url.removesuffix("/index"), credentials=credentials or ANONYMOUS)


class _AsyncCommons(AsyncGen3):
    def blocking(self) -> Platform:
        return catching(super().blocking())


async def awaited(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a method of a client in a thread, for its `async_` twin: calls that run at the same time share connections.

    Its errors are also those of aiohttp, which the published client lets through there.
    """
    from anyio.to_thread import run_sync

    try:
        return await run_sync(partial(call, *args, **kwargs))
    except (APIError, TransportError) as error:
        raise catchable(error, OF_AIOHTTP) from error.__cause__


def mounted(endpoint: str, location: str) -> str:
    """Return the URL of a service of a commons: its location, or the endpoint if it already includes it.

    Args:
        endpoint: The commons. Where it has http://localhost in it, the service itself.
        location: The service's location, such as `index`.
    """
    if LOCAL in endpoint or not location or endpoint.endswith(f"/{location}"):
        return endpoint
    return f"{endpoint}/{location}"


def fields_of(arguments: dict[str, Any], *others: str) -> dict[str, Any]:
    """Return the given arguments of a method, without self and _ssl: `fields_of(locals())`.

    The published methods have up to fifteen arguments, which are the fields of a request under the same names.

    Args:
        arguments: The arguments by their names.
        others: Names that are no fields of the request.
    """
    return {
        name: value for name, value in arguments.items() if value is not None and name not in ("self", "_ssl", *others)
    }


def raise_published(report: TransferReport) -> None:
    """Raise the error of a file that failed itself, as the published functions do.

    Args:
        report: The result of the transfer.
    """
    raise_failed([outcome.error for outcome in report.failed if outcome.error is not None], len(report.files), "files")
    report.raise_if_failed()
