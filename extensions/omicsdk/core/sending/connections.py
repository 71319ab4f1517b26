"""Connections of a client: how a URL is reached, the pools made for it, and what goes over them, a hop of a request and its failure.

The environment is read here for httpx and libcurl alike. Variables, each in lower or upper case where both are usual (lower case wins, as with curl):

- HTTP_PROXY, HTTPS_PROXY: the proxy for URLs of that scheme; ALL_PROXY for both. A proxy without a scheme means http://.
  One that is set to nothing means no proxy. HTTP_PROXY in capitals is not read in a CGI program, where a caller's header
  could have set it.
- NO_PROXY: hosts that are reached directly, separated by commas or blanks: `*`, a name (with its subdomains), a name
  with a port, an address, or a network such as 10.0.0.0/8.
- SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, AWS_CA_BUNDLE: certificate authorities to trust instead of Mozilla's, the first that
  is set; SSL_CERT_DIR: a folder of them. The second and the third may be a folder too.
- OMICS_CLIENT_CERT, OMICS_CLIENT_KEY: a client certificate and its key, as PEM files; the key may be in the first.
"""

from __future__ import annotations

import os
import re
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import (
    ConfigError,
    ConnectFailed,
    NameNotResolved,
    ProxyFailed,
    ProxyLoginFailed,
    TLSFailed,
    TransportError,
    UsageError,
)
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.redaction import mask_url
from omicsdk.core.sending.proxies import ProxyLogin, login_of

if TYPE_CHECKING:
    import ssl

    import httpx

    from omicsdk.core.sending.origins import Cookies


_CA_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Characters of a login in a URL (RFC 3986, 3.2.1) beside letters, digits and _.-~; % begins an encoded one.
_OF_LOGINS = "%:!$&'()*+,;="


class Network(NamedTuple):
    """How a URL is reached. Equal ones can share connections.

    Attributes:
        proxy: The proxy's URL, possibly with a password; None for a direct connection.
        ca_file: A PEM file of the trusted authorities; None, with ca_dir None too, for the certifi package's.
        ca_dir: A folder of trusted authorities.
        client_cert: A PEM file with the client certificate.
        client_key: A PEM file with its key; None if that is in client_cert.
        variable: The environment variable that names the proxy; "" if none does.
    """

    proxy: str | None = None
    ca_file: str | None = None
    ca_dir: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    variable: str = ""

    def blame_proxy(self, error: TransportError) -> None:
        """Name the proxy, without its password, and its variable in an error of a request that went by way of it.

        Args:
            error: The error; nothing changes for a direct connection.
        """
        if self.proxy is None or "by way of the proxy" in error.message:
            return
        variable = self.variable or "the proxy's URL"
        named = f" ({self.variable})" if self.variable else ""
        error.message += f", by way of the proxy {mask_url(self.proxy)}{named}"  # else the service would be suspected
        if isinstance(error, ProxyLoginFailed):
            error.remedy = f"Correct the user name and password in {variable}: http://USER:PASSWORD@HOST:PORT."
        elif isinstance(error, TLSFailed) and self.proxy.startswith("https:") and "plain HTTP" in error.remedy:
            error.remedy = f"If the proxy expects plain HTTP, as most do, write it as http:// in {variable}."
        elif isinstance(error, ProxyFailed) or type(error) in (ConnectFailed, NameNotResolved):
            error.remedy = f"Check the proxy in {variable}, or name the host in NO_PROXY."

    def curl_options(self) -> dict[str, str]:
        """Return it as options of a libcurl handle.

        Returns:
            Values by the options' names without CURLOPT_ ("CAINFO"), all of them texts.
        """
        # Empty texts rather than no options: libcurl would read http_proxy and no_proxy from the process's environment by other rules.
        options = {"PROXY": self.proxy or "", "NOPROXY": ""}
        files = {
            "CAINFO": self.trusted_file,
            "CAPATH": self.ca_dir,
            "SSLCERT": self.client_cert,
            "SSLKEY": self.client_key,
        }
        return options | {name: path for name, path in files.items() if path}

    @property
    def trusted_file(self) -> str | None:
        """The PEM file of the trusted authorities; None if only `ca_dir` has them."""
        return self.ca_file or (None if self.ca_dir else default_ca_file())

    def __repr__(self) -> str:
        return f"Network({self}, {', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields[1:])})"

    def __str__(self) -> str:
        return f"via {mask_url(self.proxy)}" if self.proxy else "direct"


def network(url: str, environ: Mapping[str, str] | None = None) -> Network:
    """Determine how a URL is reached.

    Args:
        url: An absolute URL of scheme http or https.
        environ: The environment's variables; by default the process's own.

    Returns:
        The proxy, authorities and client certificate for that URL.
    """
    variables = os.environ if environ is None else environ
    ca_file = next((variables[name] for name in _CA_FILES if variables.get(name)), None)
    ca_dir = variables.get("SSL_CERT_DIR") or None
    # requests takes a folder in its variable, too.
    if ca_file is not None and os.path.isdir(ca_file):  # noqa: PTH112 - pathlib takes 2 ms to import
        ca_file, ca_dir = None, ca_file
    variable = _proxy_variable(url, variables)
    proxy = variables[variable].strip() if variable else None
    return Network(
        proxy=proxy and _proxy_url(proxy),
        variable=variable,
        ca_file=ca_file,
        ca_dir=ca_dir,
        client_cert=variables.get("OMICS_CLIENT_CERT") or None,
        client_key=variables.get("OMICS_CLIENT_KEY") or None,
    )


def default_ca_file() -> str:
    """Return the PEM file of the default authorities: Mozilla's list."""
    import certifi

    return certifi.where()


def _proxy_variable(url: str, variables: Mapping[str, str]) -> str:
    """Return the variable that names the proxy for a URL; "" for a direct connection."""
    scheme = url.partition(":")[0].lower()
    names = [f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"]
    # In a CGI script HTTP_PROXY is the client's header `Proxy` (CVE-2016-5385, "httpoxy").
    if scheme == "http" and "REQUEST_METHOD" in variables:
        names.remove("HTTP_PROXY")
    # The first that is set counts, even if it is empty: `https_proxy=` turns a proxy off that HTTPS_PROXY names.
    variable = next((name for name in names if name in variables), "")
    if not variable or not variables[variable].strip():
        return ""
    from urllib.parse import urlsplit  # which takes 3 ms to import, of the 20 that a short download takes

    parts = urlsplit(url)
    if _is_direct(parts.hostname or "", parts.port or _DEFAULT_PORTS.get(scheme), variables):
        return ""
    return variable


def _proxy_url(text: str) -> str:
    """Return the URL of a proxy that is written as host:port, USER:PASSWORD@host:port or a URL."""
    url = text if re.match(r"[\w+.-]+://", text) else f"http://{text}"
    # GNOME and programs for VPNs write the first, of which httpx knows no version, and libcurl the oldest.
    url = re.sub(r"^socks://", "socks5h://", url, flags=re.IGNORECASE)
    login, at, host = url.partition("://")[2].rpartition("@")
    if not at:
        return url
    from urllib.parse import quote

    # Passwords are often written without percent encoding. A #, / or ? of one would end the host's part of the URL, so that parsers
    # report a part of the password as a wrong port, and nothing recognizes the rest as a secret.
    return f"{url.partition('://')[0]}://{quote(login, safe=_OF_LOGINS)}@{host}"


def _is_direct(host: str, port: int | None, variables: Mapping[str, str]) -> bool:
    no_proxy = variables.get("no_proxy", variables.get("NO_PROXY", ""))
    return any(_names(entry, host, port) for entry in re.split(r"[,\s]", no_proxy.strip().lower()) if entry)


def _names(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY, in lower case, matches a host."""
    if entry == "*":
        return True
    name, wanted_port = _split_port(entry)
    # An entry without a port is for all ports of its host.
    if wanted_port is not None and wanted_port != port:
        return False
    from ipaddress import ip_address, ip_network

    host = host.rstrip(".").lower()
    try:
        address = ip_address(host)
    except ValueError:
        name = name.removeprefix("*").strip(".")
        return bool(name) and (host == name or host.endswith("." + name))
    try:
        # Not strict: an entry such as 10.1.2.3/8 has host bits.
        return address in ip_network(name, strict=False)
    except ValueError:
        return False


def _split_port(entry: str) -> tuple[str, int | None]:
    """Split `host:port` and `[v6]:port`; an IPv6 address without brackets has no port."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, int(rest[1:]) if rest[:1] == ":" and rest[1:].isdecimal() else None
    name, colon, port = entry.rpartition(":")
    if colon and ":" not in name and port.isdecimal():
        return name, int(port)
    return entry, None


class Hop(NamedTuple):
    """One step of a request on its way to the final response.

    Attributes:
        method: HTTP method in upper case.
        url: Absolute URL.
        headers: Names and values, without those of credentials.
        has_content: Whether it has the request's body.
        trusted: Whether credentials may be sent: it is still at the origin that the request was meant for.
        cookies: Those of the origin, see `cookies_after`.
    """

    method: str
    url: str  # may be presigned
    headers: tuple[tuple[str, str], ...]
    has_content: bool
    trusted: bool = True
    cookies: Cookies = ()

    def __repr__(self) -> str:
        return f"Hop({self.method} {mask_url(self.url)!r}, trusted={self.trusted})"


class WireFailure(Exception):
    """No complete response was received.

    Args:
        error: The error to raise if there is no retry.
        is_sent: Whether the request may have reached the service.
        lasting: Whether a retry cannot help.
        settled: Whether a retry cannot help unless the service has responded before: then it is an outage.

    Attributes:
        within: Seconds from the first try after which there is no retry, because the service was silent or too slow;
            else None.
    """

    within: float | None = None

    def __init__(self, error: TransportError, *, is_sent: bool, lasting: bool = False, settled: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_sent = is_sent
        self.lasting = lasting
        self.settled = settled


_contexts: dict[Network, ssl.SSLContext] = {}
_contexts_lock = threading.Lock()

#: Maximum number of connections of one client to one origin, and seconds for which an idle one is kept: less than most servers do,
#: so that a request seldom meets one that is being closed.
MOST_CONNECTIONS = 100
KEPT_FOR = 5.0


class Pool:
    """The connections to one origin: httpx transports with at most one connection each, lent to one request at a time.

    A single transport with all connections is slow: at the start and the end of each request it iterates over all of
    them, and over all that wait, and asks the system whether each idle one is still open. With twenty tasks it handles
    half as many responses as with one, with two hundred a fifth.

    Args:
        make: Creates an httpx transport.
        shared: Whether the first one serves all requests: it uses HTTP/2, or replaces the network.
        asynchronous: Whether they are for an event loop.
        small: An httpx transport for all small requests; None to send these like others.
        login: The login of the proxy in between; None if it needs none.

    Attributes:
        small: As given.
        login: As given.
        shared: The transport that serves all requests; None if each is lent to one.
        idle: Unused ones, the most recently used last, with the time of their last use.
        slots: A semaphore of MOST_CONNECTIONS, of threads or of tasks.
        all: All that are open.
        responded: Whether the origin has responded to a request.
    """

    responded = False

    def __init__(
        self,
        make: Callable[[], Any],
        *,
        shared: bool,
        asynchronous: bool,
        small: Any = None,
        login: ProxyLogin | None = None,
    ) -> None:
        first = make()  # at once, because it reports errors in the settings
        self._make = make
        self.small = small
        self.login = login
        self.shared: Any = first if shared else None
        # The first is never too old: it was not used yet, and without it the pool would make another one.
        self.idle: deque[tuple[Any, float]] = deque() if shared else deque([(first, float("inf"))])
        self.slots: Any = _tasks_semaphore() if asynchronous else threading.Semaphore(MOST_CONNECTIONS)
        self.all = [first] if small is None else [first, small]

    def add(self) -> Any:
        """Create another transport."""
        transport = self._make()
        self.all.append(transport)
        return transport


def _tasks_semaphore() -> Any:
    import anyio

    # fast_acquire: no change of tasks where a slot is free.
    return anyio.Semaphore(MOST_CONNECTIONS, fast_acquire=True)


def _by_aiohttp(context: ssl.SSLContext) -> Any:
    try:
        from omicsdk.core.sending.aiohttp_transport import AiohttpTransport
    except ImportError:  # the extra `fast` does not exist, or aiohttp is older than it requires
        return None
    return AiohttpTransport(context, KEPT_FOR)


#: Chooses what sends a request: a function that takes it and returns its response, or None for the network.
Substitute = Callable[[], "Callable[[httpx.Request], httpx.Response] | None"]


#: An origin, `https://host:port`; with the files of the certificate that identifies the client and of its key, if it
#: has one.
PoolKey = str | tuple[str, str, str | None]


# Weak references: a client that nobody closes ends with its last reference, as without this mapping.
_OPEN: weakref.WeakValueDictionary[int, Connections] = weakref.WeakValueDictionary()


def _after_fork() -> None:
    global _contexts_lock
    _contexts_lock = threading.Lock()  # another thread of the parent may hold it
    for connections in [*_OPEN.values()]:
        connections.forget()


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Connections(dict[PoolKey, Pool]):
    """Pools by origin and client certificate, created at first use. Thread-safe.

    Args:
        environ: The environment's variables; None for the process's own, read when an origin is first used.
        http2: Whether to use HTTP/2 if the server supports it.
        asynchronous: Whether they are for an event loop.
        replacement: An httpx transport that replaces all of them.

    Attributes:
        substitute: Called before each request of a thread; returns a function that sends it in place of the network, or None. None
            for the network always.
        limited: httpx's transport with one connection and a limit on the time of a head; set by what sends.
    """

    substitute: Substitute | None = None
    limited: type[httpx.HTTPTransport | httpx.AsyncHTTPTransport]

    def __init__(
        self,
        environ: Mapping[str, str] | None,
        *,
        http2: bool,
        asynchronous: bool,
        replacement: httpx.BaseTransport | httpx.AsyncBaseTransport | None,
    ) -> None:
        self._environ = environ
        self._http2 = http2
        self._asynchronous = asynchronous
        super().__init__()
        self._replacement = replacement
        self._lock = threading.Lock()
        self._closed = False
        _OPEN[id(self)] = self

    def forget(self) -> None:
        """Drop the connections of another process, which this one inherited: two that write to one socket mix their requests."""
        self._lock = threading.Lock()  # another thread of that process may have held it
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # closing may send: a GOAWAY of HTTP/2
            self.clear()

    @property
    def settings(self) -> tuple[Mapping[str, str] | None, Any]:
        """The environment, and the httpx transport that replaces them; None for none."""
        return self._environ, self._replacement

    @property
    def real(self) -> bool:
        """Whether requests go over the network, not to a transport that replaces it."""
        return self._replacement is None and (self.substitute is None or self.substitute() is None)

    def __missing__(self, origin: PoolKey) -> Pool:
        """Create the pool of an origin.

        Raises:
            UsageError: They are closed.
            ConfigError: The environment's proxy or certificate authorities cannot be used.
        """
        # A lookup of an existing pool takes no lock. Two first requests to an origin would make a pool each, and the slots of one would be
        # lost.
        with self._lock:
            if self._closed:
                raise UsageError("The client is closed", remedy="Create a new one, or close it later.")
            pool = self.get(origin)
            if pool is None:
                pool = self[origin] = self._new_pool(origin)
            return pool

    def route_to(self, url: httpx.URL) -> Network:
        """Return how a URL is reached."""
        return Network() if self._replacement is not None else network(str(url), self._environ)

    def _new_pool(self, key: PoolKey) -> Pool:
        origin, certificate = (key, None) if isinstance(key, str) else (key[0], key[1:])
        transport = self._replacement
        if transport is not None:
            return Pool(lambda: transport, shared=True, asynchronous=self._asynchronous)
        from omicsdk.core.sending.httpx_import import httpx

        # Once for each origin: a variable that changes later has no effect on an origin that was used.
        usual = route = network(origin, self._environ)
        if certificate is not None:  # for the service, not for a proxy
            route = route._replace(client_cert=certificate[0], client_key=certificate[1])
        encrypted = origin.startswith("https:") or (route.proxy or "").startswith("https:")
        # Plain http needs no authorities; reading them is most of the cost of a new transport.
        context = tls_context(route) if encrypted else _context_of_nothing()
        most = MOST_CONNECTIONS if self._http2 else 1
        limits = httpx.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=KEPT_FOR)
        if self._http2:  # requests that share a connection share its reads
            of_its_kind = httpx.AsyncHTTPTransport if self._asynchronous else httpx.HTTPTransport
        else:
            of_its_kind = self.limited
        try:
            proxy = None
            if route.proxy:
                from urllib.parse import urlsplit

                urlsplit(route.proxy)  # httpx treats a text that is not a URL as a host name
                proxy_context = tls_context(usual) if route.proxy.startswith("https:") else None
                proxy = httpx.Proxy(route.proxy, ssl_context=proxy_context)
            if self._http2:
                import_module("h2")  # which httpx imports in the middle of the first exchange by HTTP/2 only
            # Not httpx's own reading of the environment: libcurl and boto3 get the same proxies and authorities from `network`.
            make = partial(of_its_kind, verify=context, trust_env=False, http2=self._http2, limits=limits, proxy=proxy)
            small = _by_aiohttp(context) if self._asynchronous and not self._http2 and not route.proxy else None
            login = login_of(route.proxy) if route.proxy else None
            return Pool(make, shared=self._http2, asynchronous=self._asynchronous, small=small, login=login)
        except ImportError as error:
            from omicsdk.core.installation import install_command

            extra = "socks" if route.proxy and route.proxy.startswith("socks") else "http2"
            raise ConfigError(
                f"httpx lacks a package that it needs for {extra}",
                remedy=f"Install it with: {install_command(f'httpx[{extra}]')}",
            ) from error
        except (ValueError, httpx.InvalidURL) as error:
            raise ConfigError(
                f"The proxy {mask_url(route.proxy or '')} cannot be used",
                remedy="Write HTTP_PROXY, HTTPS_PROXY or ALL_PROXY as http://host:port.",
            ) from error

    def release(self) -> list[Any]:
        """Mark them closed.

        Returns:
            The httpx transports to close; none the second time.
        """
        with self._lock:
            if self._closed:
                return []
            self._closed = True
            # Those in use are among them: closing a client ends its requests.
            transports = [transport for pool in self.values() for transport in pool.all]
            self.clear()
            # Each pool has the replacement as its transport, and it is closed once.
            return [self._replacement] if self._replacement is not None else transports


@cache
def _context_of_nothing() -> ssl.SSLContext:
    """The context that transports without TLS want, too; it trusts nobody."""
    import ssl  # here: transfers by libcurl start in less time without it

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def tls_context(route: Network) -> ssl.SSLContext:
    """Return the process's shared TLS context for these authorities and this client certificate; creating one takes 20
    ms.

    Args:
        route: The network with the files; its proxy is ignored.

    Returns:
        The context; it is shared, so do not change it.

    Raises:
        ConfigError: A file cannot be read or is invalid.
    """
    # Without the proxy, so that all routes with the same files share the context.
    key = Network(None, route.ca_file, route.ca_dir, route.client_cert, route.client_key)
    # Held while one is created: threads that start together would each spend the 20 ms.
    with _contexts_lock:
        context = _contexts.get(key)
        if context is None:
            context = _contexts[key] = _new_context(key)
        return context


def _new_context(network: Network) -> ssl.SSLContext:
    import ssl

    try:
        context = ssl.create_default_context(cafile=network.trusted_file, capath=network.ca_dir)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The certificate authorities in {network.ca_file or network.ca_dir} cannot be read: {error}",
            remedy="Check SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and AWS_CA_BUNDLE.",
        ) from error
    if network.client_cert:
        try:
            context.load_cert_chain(network.client_cert, network.client_key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"The client certificate {network.client_cert} cannot be used: {error}",
                remedy="Check the files of ClientCertificate, or OMICS_CLIENT_CERT and OMICS_CLIENT_KEY.",
            ) from error
    return context
