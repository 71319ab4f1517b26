"""HTTP client of one platform and token, which records the rate limit of the responses."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from omicsdk.compat._connections import Connection
from omicsdk.compat.sevenbridges import _arguments
from omicsdk.compat.sevenbridges._arguments import OAUTH_HEADER, TOKEN_HEADER
from omicsdk.compat.sevenbridges.config import Config, by_default, check_config, format_proxies
from omicsdk.compat.sevenbridges.enums import RequestParameters
from omicsdk.compat.sevenbridges.errors import NO_CODE, SettingsError, URITooLong, as_ours
from omicsdk.compat.sevenbridges.http.error_handlers import Handler, handled, maintenance_sleeper
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.redaction import mask_url

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    from omicsdk.compat.sevenbridges.http.responses import Response
    from omicsdk.core.request import Request
    from omicsdk.sb.client import SevenBridges

# The code that sends requests and reads responses is imported by methods: the import of `Api` alone does not load it.

#: Statuses whose Retry-After is obeyed.
_WAITS = frozenset({413, 429, 503})
#: Headers that are kept of responses.
_REPORTED_HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id")
#: Default maximum number of parts of an upload or download that are moved in parallel.
WORKERS = 16

Texts: TypeAlias = Mapping[str, str] | None
Values: TypeAlias = Mapping[str, Any] | None


class Session:
    """Session that sends requests without error handlers.

    The published client's is a session of `requests`, whose settings apply to all that its Api sends; here these are arguments of
    `Api`, and setting them here is an AttributeError.
    """

    __slots__ = ("_client",)

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    @property
    def proxies(self) -> dict[str, str]:
        """Proxies by scheme; changes apply to the next request and transfer."""
        return self._client.proxies

    @proxies.setter
    def proxies(self, proxies: Mapping[str, str] | None) -> None:
        _arguments.check_proxies(proxies)
        self._client.proxies = dict(proxies or {})

    def send(self, request: Request) -> Response:
        """Send a request such as `response.request`, and return the response, whatever its status."""
        return self._client.send_once(request)

    def close(self) -> None:
        """Close the Api's connections."""
        self._client.close()


class HttpClient(Connection):
    """HTTP client of one user on one platform, with rate limits and error handlers. Thread-safe.

    Without `url`, `token` and `config`, the variables SB_API_ENDPOINT and SB_AUTH_TOKEN are used, else the profile
    `default` of ~/.sevenbridges/credentials. `config` takes precedence over `url` and `token`. `pool_connections`, `pool_maxsize`
    and `pool_block` have no effect: there are as many connections as concurrent requests.

    Args:
        url: The platform's base URL, such as https://api.sbgenomics.com/v2; https, or a server on this machine.
        token: A developer's token.
        oauth_token: An OAuth 2.0 access token, in its place.
        config: Where to find them instead.
        timeout: Seconds for each step of a request; None for the defaults (10 to connect, 60 to read).
        download_max_workers: Maximum number of parts that are downloaded in parallel.
        upload_max_workers: Maximum number of parts that are uploaded in parallel.
        proxies: "http_proxy" and "https_proxy" to proxies, for transfers too; the environment's NO_PROXY applies.
        error_handlers: Called with error responses; `maintenance_sleeper` comes before them.
        advance_access: Whether to use operations in advance access.
        max_parallel_requests: Maximum number of concurrent requests.
        retry_count: How often a request without a response is retried; 0 for never.
        backoff_factor: Longest wait before the second try in seconds; it doubles with each.
        debug: Allows plain http addresses of other machines, which only requests without the token are sent to.
        clock: Measures time and waits.
        transport: Replaces the network, for tests; the bytes of files do not pass through it.

    Raises:
        SettingsError: Something is missing or invalid.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        oauth_token: str | None = None,
        config: Config | None = None,
        timeout: float | None = None,
        download_max_workers: int = WORKERS,
        upload_max_workers: int = WORKERS,
        proxies: Texts = None,
        error_handlers: Sequence[Handler] | None = None,
        advance_access: bool = False,
        pool_connections: int = 10,
        pool_maxsize: int = 100,
        pool_block: bool = True,
        max_parallel_requests: int = 100,
        retry_count: int = RequestParameters.DEFAULT_RETRY_COUNT,
        backoff_factor: float = RequestParameters.DEFAULT_BACKOFF_FACTOR,
        debug: bool = False,
        clock: Clock = SYSTEM_CLOCK,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        from omicsdk.compat.sevenbridges.http._sending import Headers, Login, Unusable
        from omicsdk.core.credentials import ApiKey, BearerToken
        from omicsdk.core.errors import ConfigError
        from omicsdk.core.retry import Retry
        from omicsdk.core.sending.time_limits import stated_budget, within_budget
        from omicsdk.core.version import USER_AGENT

        arguments = locals()
        _arguments.check_numbers(**{name: arguments[name] for name in _arguments.NUMBERS})
        _arguments.check_proxies(proxies)
        check_config(config)
        _arguments.check_handlers(error_handlers or ())
        proxy_settings = format_proxies(proxies)
        # The published client doesn't look at oauth_token here: the token of the variables takes its place.
        access = by_default() if (config, url, token, oauth_token) == (None,) * 4 else config
        if access is not None:
            url, token, oauth_token = access.api_endpoint, access.auth_token, None
            proxy_settings, advance_access = proxy_settings or access.proxies, advance_access or access.advance_access
        _arguments.check_texts({"url": url, "token": token, "oauth_token": oauth_token})
        if not url:
            raise SettingsError("URL is missing", remedy="Pass url, such as https://api.sbgenomics.com/v2.")
        if not (token or oauth_token):
            raise SettingsError("The token is missing", remedy="Pass token or oauth_token.")
        if token and oauth_token:
            # The published client sends the token then, and ignores oauth_token silently.
            raise SettingsError("token and oauth_token are mutually exclusive", remedy="Pass one of them.")
        _arguments.check_address(url, debug=debug)
        self.url, self.aa, self.timeout, self.clock = url.rstrip("/"), advance_access, timeout, clock
        self.download_max_workers, self.upload_max_workers = download_max_workers, upload_max_workers
        self.pool_connections, self.pool_maxsize, self.pool_block = pool_connections, pool_maxsize, pool_block
        self.retry_count = retry_count
        # As in the published client's HTTP library: of error responses, only those with Retry-After are retried.
        retry = Retry(attempts=retry_count + 1, base=backoff_factor, statuses=frozenset(), obeyed=_WAITS)
        #: Seconds that error handlers wait at most, where a user limits calls; None for their own limits.
        self.budget = stated_budget()
        self.error_handlers: list[Handler] = [maintenance_sleeper]
        for handler in error_handlers or ():
            self.add_error_handler(handler)
        try:
            login = ApiKey(token, header=TOKEN_HEADER) if token else BearerToken(str(oauth_token))
        except ConfigError as error:
            login = Unusable(error)
        self.headers = Headers({"Content-Type": "application/json", "User-Agent": USER_AGENT})
        self.headers |= {TOKEN_HEADER: token} if token else {OAUTH_HEADER: f"Bearer {oauth_token}"}
        self._credentials = Login(login, self)
        self._options: dict[str, Any] = {"credentials": self._credentials, "transport": transport, "clock": clock}
        self._options["retry"] = within_budget(retry)
        self.proxies = dict(proxy_settings)
        self._session = Session(self)
        self._gate = threading.BoundedSemaphore(max_parallel_requests)
        self._guard = threading.Lock()
        self._sending = threading.local()
        self._client: tuple[dict[str, str], SevenBridges] | None = None  # the proxies that it was made with, and it
        self._last_headers: Mapping[str, str | None] = {}
        self._slots: Mapping[str, threading.BoundedSemaphore] = {}

    @property
    def client(self) -> SevenBridges:
        """The platform's own client, with each operation and workflow; errors are those of `omicsdk.core`."""
        from omicsdk.compat._requests import observed
        from omicsdk.sb.client import SevenBridges

        with self._guard, as_ours():  # threads that begin together share one
            if self._client is None or self._client[0] != self.proxies:
                # Another thread may be using the one before, which ends with its last request.
                client = SevenBridges(self.url, timeout=self.timeout, environ=self.environ, **self._options)
                self._client = dict(self.proxies), observed(client)
            return self._client[1]

    @property
    def environ(self) -> Mapping[str, str] | None:
        """Environment variables for connections to the platform and file servers; None for those of the process."""
        if not self.proxies:
            return None
        # As variables, not as a setting of the connections: so NO_PROXY of the environment applies.
        return {**os.environ, **{f"{scheme}_proxy": proxy for scheme, proxy in self.proxies.items()}}

    @property
    def platform(self) -> SevenBridges:
        """The same client with this Api's error handlers and SbgError errors."""
        from omicsdk.compat.sevenbridges.http._sending import HandledExchange
        from omicsdk.core.plain_client import sending_by

        return sending_by(self.client, lambda exchange: HandledExchange(transport=exchange.transport, api=self))

    @property
    def slots(self) -> Mapping[str, threading.BoundedSemaphore]:
        """Limits of concurrent parts for "upload" and "download", shared by all transfers."""
        workers = {"upload": self.upload_max_workers, "download": self.download_max_workers}
        with self._guard:  # transfers that begin together share one set
            if not self._slots:
                self._slots = {direction: threading.BoundedSemaphore(count) for direction, count in workers.items()}
            return self._slots

    def close(self) -> None:
        """Close the connections permanently, and shut the pools down after their work."""
        if self._client is not None:
            self._client[1].close()
        for name in vars(self).keys() & {"download_pool", "upload_pool"}:
            vars(self)[name].shutdown(wait=False)

    @cached_property
    def download_pool(self) -> ThreadPoolExecutor:
        """Pool of `download_max_workers` threads for custom work; file transfers use other threads."""
        return _pool(self.download_max_workers)

    @cached_property
    def upload_pool(self) -> ThreadPoolExecutor:
        """Pool of `upload_max_workers` threads for custom work."""
        return _pool(self.upload_max_workers)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {mask_url(self.url)}>"

    # -- results of responses

    @property
    def token(self) -> str | None:
        """Authentication token given at creation, a secret. `headers` contains the current one."""
        return self._credentials.made_with.get(TOKEN_HEADER)

    @property
    def oauth_token(self) -> str | None:
        """OAuth 2.0 access token given at creation, a secret."""
        whole = self._credentials.made_with.get(OAUTH_HEADER)
        return None if whole is None else whole.removeprefix("Bearer ")

    @property
    def session(self) -> Session:
        """Session that sends requests without error handlers, for use in these; has the proxies."""
        return self._session

    @property
    def request_id(self) -> str | None:
        """The platform's id of the last request."""
        return self._last_headers.get("x-request-id")

    @property
    def limit(self) -> int | None:
        """Maximum number of requests in five minutes, from the last response."""
        return self._number("x-ratelimit-limit")

    @property
    def remaining(self) -> int | None:
        """Remaining number of requests, from the last response."""
        return self._number("x-ratelimit-remaining")

    @property
    def reset_time(self) -> datetime | None:
        """Time of the reset of the limit, in local time, from the last response."""
        seconds = self._number("x-ratelimit-reset")
        # Local time without zone, as the published client has it.
        with suppress(ValueError, OverflowError, OSError):  # beyond the calendar, such as milliseconds
            return None if seconds is None else datetime.fromtimestamp(seconds)
        return None

    def _number(self, header: str) -> int | None:
        if header not in self._last_headers:
            # The published client requests the limit for each read; here only while no response has stated it.
            self.send(self.client.get_rate_limit.build())
        from omicsdk.core.type_guards import number_in  # there is a response by now

        return number_in(self._last_headers.get(header))

    # -- error handlers

    def add_error_handler(self, handler: Handler) -> None:
        """Add a handler, which takes this object and a response and returns a response, after the others."""
        if handler not in self.error_handlers:
            self.error_handlers.append(handler)

    def remove_error_handler(self, handler: Handler) -> None:
        """Remove a handler."""
        if handler in self.error_handlers:
            self.error_handlers.remove(handler)

    # -- requests by their path and method

    def get(
        self,
        url: str,
        headers: Texts = None,
        params: Values = None,
        data: Any = None,
        append_base: bool = True,
        stream: bool = False,
    ) -> Response:
        """Send a GET request to a path below the base URL, or to a whole URL where `append_base` is False.

        Args:
            params: Query parameters; None leaves one out.
            data: The body, a JSON value.
            stream: Whether the body is read when it is requested, by `iter_content`, `raw.read` or `content`. Close the response,
                or use it in a `with` block, if it is not read to its end.
        """
        return self._by_path("GET", url, headers, params, data, append_base, stream)

    def post(
        self, url: str, headers: Texts = None, params: Values = None, data: Any = None, append_base: bool = True
    ) -> Response:
        """Send a POST request; arguments and errors as those of `get`."""
        return self._by_path("POST", url, headers, params, data, append_base)

    def put(
        self, url: str, headers: Texts = None, params: Values = None, data: Any = None, append_base: bool = True
    ) -> Response:
        """Send a PUT request; arguments and errors as those of `get`."""
        return self._by_path("PUT", url, headers, params, data, append_base)

    def patch(
        self, url: str, headers: Texts = None, params: Values = None, data: Any = None, append_base: bool = True
    ) -> Response:
        """Send a PATCH request; arguments and errors as those of `get`."""
        return self._by_path("PATCH", url, headers, params, data, append_base)

    def delete(self, url: str, headers: Texts = None, params: Values = None, append_base: bool = True) -> Response:
        """Send a DELETE request; arguments and errors as those of `get`."""
        return self._by_path("DELETE", url, headers, params, None, append_base)

    def _by_path(
        self, method: str, url: str, headers: Texts, params: Values, data: Any, append_base: bool, stream: bool = False
    ) -> Response:
        from omicsdk.core.bodies import NO_BODY, json_body
        from omicsdk.core.request import OperationFacts, query_text, request

        path = f"/{url.lstrip('/')}" if append_base else url
        text = query_text(tuple((params or {}).items()))
        facts = OperationFacts(method.lower(), method, path, secured=True, streams=stream)
        address = f"{path}{'&' if '?' in path else '?'}{text}" if text else path
        body = NO_BODY if data is None else json_body(data)
        return self.send(request(facts, address, headers=tuple((headers or {}).items()), body=body))

    # -- sending

    def call(self, request: Request) -> Any:
        """Send what a generated operation's `build` made, and return the JSON value of the response; None without a body."""
        from omicsdk.compat.sevenbridges.http.responses import content_of

        return content_of(self.send(request))

    def call_object(self, request: Request) -> dict[str, Any]:
        """Send a request and return the JSON object of its response."""
        from omicsdk.compat.sevenbridges.http.responses import object_of

        return object_of(self.send(request))

    def send(self, request: Request) -> Response:
        """Send a request and return the response of the error handlers; an SbgError for a status of 400 or above."""
        length = len(request.url) + (len(self.url) if request.url.startswith("/") else 0)
        if length > RequestParameters.MAX_URL_LENGTH:
            message = f"The URL is too long: {length} characters, at most {RequestParameters.MAX_URL_LENGTH}"
            raise URITooLong(NO_CODE, message, remedy="Request fewer names, ids or metadata values at once.")
        before = getattr(self._sending, "send_start", None)
        self._sending.send_start = self.clock.monotonic()
        try:
            response = handled(self, self.send_once(request))
        finally:
            self._sending.send_start = before  # an error handler may send other requests
        response.raise_for_status()
        return response

    @property
    def send_start(self) -> float:
        """Monotonic time at which this thread's request was first sent; the current time without one."""
        start: float | None = getattr(self._sending, "send_start", None)
        return self.clock.monotonic() if start is None else start

    def send_once(self, request: Request) -> Response:
        """Send a request without error handlers, and return the response, whatever its status."""
        from omicsdk.compat.sevenbridges.http._sending import response_to

        with self._gate:
            response = response_to(request, self.client, self._credentials)
        headers = {name: response.headers[name] for name in _REPORTED_HEADERS if name in response.headers}
        # A limit stays known if a response lacks it; the id of an earlier request must not pass for that of this one.
        self._last_headers = {**self._last_headers, "x-request-id": None, **headers}
        return response


def _pool(workers: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(workers)
