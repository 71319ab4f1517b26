"""Connections of a client, made when they are first needed, and what goes over them: a hop of a request, and its failure."""

import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omicsdk.core.errors import ConfigError, TransportError, UsageError
from omicsdk.core.redaction import mask_url
from omicsdk.core.settings.environment import Network, default_ca_file, network

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Hop:
    """One stop of a request on its way to the final answer.

    Attributes:
        method: HTTP method in upper case.
        url: Absolute URL.
        headers: Names and values, without those of credentials.
        has_content: Whether the request's body goes along.
        trusted: Whether credentials may go along: still at the origin that the request was meant for.
    """

    method: str
    url: str = field(repr=False)  # may be presigned
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    has_content: bool
    trusted: bool = True


class WireFailure(Exception):
    """No whole answer came back.

    Args:
        error: What to raise when there is no other try.
        arrived: Whether the request may have reached the service.
        lasting: Whether another try can't help (a certificate that isn't trusted).

    Attributes:
        within: Seconds from the first try on after which there is no other, because a body brought nothing; else None.
    """

    within: float | None = None

    def __init__(self, error: TransportError, *, arrived: bool, lasting: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.arrived = arrived
        self.lasting = lasting


_contexts: dict[Network, ssl.SSLContext] = {}
_contexts_lock = threading.Lock()

#: Connections of one client to one origin, and how long an idle one is kept, in seconds: less than most servers do, so that
#: a request seldom meets one that is just being closed.
MOST_CONNECTIONS = 100
KEPT_FOR = 5.0


class Pool:
    """The connections to one origin: httpx transports with at most one connection each, lent to one request at a time.

    One transport with all connections costs more the more there are: at the begin and the end of each request it goes
    through all of them, and through all that wait, and asks the system of each idle one whether it is still open. Twenty
    tasks get half as many answers from it as one task does, two hundred a fifth.

    Args:
        make: Makes an httpx transport.
        shared: Whether the first one serves all requests: it speaks HTTP/2, or takes the network's place.
        asynchronous: Whether they are for an event loop.
        small: An httpx transport for all small requests; None where they go as others do.

    Attributes:
        small: As given.
        shared: The transport that serves all requests; None where each is lent to one.
        idle: Unused ones, the one used last at the end, and since when.
        slots: A semaphore of MOST_CONNECTIONS, of threads or of tasks.
        all: All that are open.
    """

    def __init__(self, make: Callable[[], Any], *, shared: bool, asynchronous: bool, small: Any = None) -> None:
        first = make()  # at once, because what is wrong with the settings shows here
        self._make = make
        self.small = small
        self.shared: Any = first if shared else None
        self.idle: deque[tuple[Any, float]] = deque() if shared else deque([(first, float("inf"))])
        self.slots: Any = _tasks_semaphore() if asynchronous else threading.Semaphore(MOST_CONNECTIONS)
        self.all = [first] if small is None else [first, small]

    def made(self) -> Any:
        """Make one more transport."""
        made = self._make()
        self.all.append(made)
        return made


def _tasks_semaphore() -> Any:
    import anyio

    return anyio.Semaphore(MOST_CONNECTIONS, fast_acquire=True)


def _by_aiohttp(context: ssl.SSLContext) -> Any:
    try:
        from omicsdk.core.sending.aiohttp_transport import AiohttpTransport
    except ImportError:  # the extra `fast` isn't there, or aiohttp is older than it asks for
        return None
    return AiohttpTransport(context, KEPT_FOR)


class Connections(dict[str, Pool]):
    """Pools by origin (`https://host:port`), made when they are first asked for. Thread-safe.

    Args:
        environ: The environment's variables; None is the process's own, read when an origin is first reached.
        http2: Whether to speak HTTP/2 where the server does.
        asynchronous: Whether they are for an event loop.
        given: An httpx transport that takes the place of all of them.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None,
        *,
        http2: bool,
        asynchronous: bool,
        given: "httpx.BaseTransport | httpx.AsyncBaseTransport | None",
    ) -> None:
        self._environ = environ
        self._http2 = http2
        self._asynchronous = asynchronous
        super().__init__()
        self._given = given
        self._lock = threading.Lock()
        self._closed = False

    @property
    def real(self) -> bool:
        """Whether requests go over the network, and not into a transport that takes its place."""
        return self._given is None

    def __missing__(self, origin: str) -> Pool:
        """Make the pool of an origin.

        Raises:
            UsageError: They are closed.
            ConfigError: The environment's proxy or certificate authorities can't be used.
        """
        with self._lock:
            if self._closed:
                raise UsageError("The client is closed", remedy="Make a new one, or close it later.")
            found = self.get(origin)
            if found is None:
                found = self[origin] = self._made(origin)
            return found

    def proxy_towards(self, url: "httpx.URL") -> str | None:
        """Return the proxy that a URL is reached by, with its password; None for a direct connection."""
        return None if self._given is not None else network(str(url), self._environ).proxy

    def _made(self, origin: str) -> Pool:
        given = self._given
        if given is not None:
            return Pool(lambda: given, shared=True, asynchronous=self._asynchronous)
        from omicsdk.core.sending.httpx_import import httpx

        way = network(origin, self._environ)
        encrypted = origin.startswith("https:") or (way.proxy or "").startswith("https:")
        # Plain http needs no authorities, whose reading is all that a new transport costs.
        context = tls_context(way) if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        most = MOST_CONNECTIONS if self._http2 else 1
        limits = httpx.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=KEPT_FOR)
        of_its_kind = httpx.AsyncHTTPTransport if self._asynchronous else httpx.HTTPTransport
        try:
            proxy = None
            if way.proxy:
                urlsplit(way.proxy)  # httpx takes what isn't a URL for a host's name
                proxy = httpx.Proxy(way.proxy, ssl_context=context if way.proxy.startswith("https:") else None)
            make = partial(of_its_kind, verify=context, trust_env=False, http2=self._http2, limits=limits, proxy=proxy)
            small = _by_aiohttp(context) if self._asynchronous and not self._http2 and not way.proxy else None
            return Pool(make, shared=self._http2, asynchronous=self._asynchronous, small=small)
        except ImportError as error:
            from omicsdk.core.installation import install_command

            extra = "socks" if way.proxy and way.proxy.startswith("socks") else "http2"
            raise ConfigError(
                f"httpx lacks what it needs for {extra}",
                remedy=f"Install it with: {install_command(f'httpx[{extra}]')}",
            ) from error
        except (ValueError, httpx.InvalidURL) as error:
            raise ConfigError(
                f"The proxy {mask_url(way.proxy or '')} can't be used",
                remedy="Write HTTP_PROXY, HTTPS_PROXY or ALL_PROXY as http://host:port.",
            ) from error

    def taken(self) -> list[Any]:
        """Mark them closed.

        Returns:
            The httpx transports that are to be closed; none the second time.
        """
        with self._lock:
            if self._closed:
                return []
            self._closed = True
            transports = [transport for pool in self.values() for transport in pool.all]
            self.clear()
            return [self._given] if self._given is not None else transports


def tls_context(way: Network) -> ssl.SSLContext:
    """Return the process's one TLS context for these authorities and this client certificate; making one costs 20 ms.

    Args:
        way: Where they come from; its proxy doesn't matter.

    Returns:
        The context; it is shared, so don't change it.

    Raises:
        ConfigError: A file can't be read or isn't what it should be.
    """
    key = Network(None, way.ca_file, way.ca_dir, way.client_cert, way.client_key)
    with _contexts_lock:
        context = _contexts.get(key)
        if context is None:
            context = _contexts[key] = _new_context(key)
        return context


def _new_context(way: Network) -> ssl.SSLContext:
    ca_file = way.ca_file or (None if way.ca_dir else default_ca_file())
    try:
        context = ssl.create_default_context(cafile=ca_file, capath=way.ca_dir)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The certificate authorities in {way.ca_file or way.ca_dir} can't be read: {error}",
            remedy="Check SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
        ) from error
    if way.client_cert:
        try:
            context.load_cert_chain(way.client_cert, way.client_key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"The client certificate {way.client_cert} can't be used: {error}",
                remedy="Check OMICS_CLIENT_CERT and OMICS_CLIENT_KEY.",
            ) from error
    return context
