"""Sends requests to one platform with one user's token, and remembers what its answers say of the rate limit."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Never, Self

from omicsdk.compat.sevenbridges.enums import RequestParameters
from omicsdk.compat.sevenbridges.errors import NO_CODE, SettingsError, URITooLong, unanswered
from omicsdk.compat.sevenbridges.http.answers import Response, StreamedResponse, content_of, object_of
from omicsdk.compat.sevenbridges.http.arguments import (
    check_address,
    check_handlers,
    check_numbers,
    check_proxies,
    check_texts,
)
from omicsdk.compat.sevenbridges.http.error_handlers import Handler, handled, maintenance_sleeper
from omicsdk.compat.sevenbridges.http.verbs import StreamedRequest, Verbs
from omicsdk.core.client import Exchange
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import ApiKey, BearerToken, Bound
from omicsdk.core.errors import APIError, ConfigError, OmicsError
from omicsdk.core.redaction import mask_headers, mask_url
from omicsdk.core.sending.user_agent import user_agent

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.sb import SbApi

    from omicsdk.core.request import Request
    from omicsdk.core.retry import Retry
    from omicsdk.sb.client import SevenBridges

#: Retry-After is obeyed for these, as the published client's HTTP library does.
_WAITS = frozenset({413, 429, 503})
#: How a login goes along: a developer's token, or one of OAuth.
_LOGINS = _TOKEN_HEADER, _OAUTH_HEADER = ("X-SBG-Auth-Token", "Authorization")
#: Headers that every request has anyway, and that may go anywhere.
_HARMLESS = frozenset({"accept", "accept-encoding", "user-agent"})
_ADVANCE_ACCESS = "X-Sbg-Advance-Access"
#: What is remembered of answers.
_TOLD = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id")


class Headers(dict[str, str]):
    """What goes with each request to the platform; shown without secrets."""

    def __repr__(self) -> str:
        return repr(dict(mask_headers(self)))

    __str__ = __repr__


class _Login(Bound):
    """An Api's headers as they are at each request, which go to its platform and to nobody else.

    Args:
        login: What the Api was made with.
        api: The Api.
    """

    def __init__(self, login: ApiKey | BearerToken, api: HttpClient) -> None:
        super().__init__(None)
        self._login = login
        self.made_with = Headers(api.headers)
        self._api = api

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """The login, and what goes beside it."""
        added = {name: value for name, value in self.added().items() if name.lower() not in _HARMLESS}
        return {**self._login.headers(method, url), **added} if self._is_untouched() else added

    def added(self) -> dict[str, str]:
        """What was added to or changed of the headers that the Api was made with."""
        now = self._api.headers
        added = {name: value for name, value in now.items() if self.made_with.get(name) != value}
        return {**added, _ADVANCE_ACCESS: "Advance"} if self._api.aa else added

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Whether the login that the Api was made with has another token by now."""
        return self._is_untouched() and self._login.renew(refused)

    def _is_untouched(self) -> bool:
        return all(self._api.headers.get(name) == value for name, value in self.made_with.items() if name in _LOGINS)


class Session:
    """Sends a request as it is, without asking error handlers.

    The documented client's is one of `requests`, whose settings bear on all that its Api sends; here these are arguments of
    `Api`, and setting them here is an AttributeError.
    """

    __slots__ = ("_client",)

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    @property
    def proxies(self) -> dict[str, str]:
        """Schemes to proxies; what is changed counts from the next request and transfer on."""
        return self._client.proxies

    @proxies.setter
    def proxies(self, proxies: Mapping[str, str] | None) -> None:
        check_proxies(proxies)
        self._client.proxies = dict(proxies or {})

    def send(self, request: Request) -> Response:
        """Sends a request.

        Args:
            request: What `response.request` was.

        Returns:
            The answer, whatever its status.

        Raises:
            SbgError: There was none.
        """
        return self._client.send_once(request)

    def close(self) -> None:
        """Closes the Api's connections."""
        self._client.close()


class HttpClient(Verbs):
    """Requests to one platform. Thread-safe.

    Args:
        url: The platform's base URL, https unless `debug` is set.
        token: A developer's token.
        oauth_token: An OAuth 2.0 access token, in its place.
        timeout: Seconds for each step of a request; None for the defaults.
        proxies: "http" and "https" to proxies, in the place of those of the environment; its NO_PROXY is obeyed.
        error_handlers: What is asked about answers that are errors; `maintenance_sleeper` comes before them.
        advance_access: Whether operations in advance access are wanted.
        max_parallel_requests: How many requests there are at once, at most.
        retry_count: How often a request is sent again that wasn't answered, at most.
        backoff_factor: Longest wait before the second try in seconds; it doubles with each.
        debug: Whether the platform may be reached by plain http.
        clock: What tells the time and waits.
        transport: Takes the place of the network, for tests; files' bytes don't pass through it.

    Raises:
        SettingsError: Something is missing or makes no sense.
    """

    def __init__(
        self,
        url: str | None,
        token: str | None = None,
        oauth_token: str | None = None,
        *,
        timeout: float | None = None,
        proxies: Mapping[str, str] | None = None,
        error_handlers: Sequence[Handler] | None = None,
        advance_access: bool = False,
        max_parallel_requests: int = 100,
        retry_count: int = RequestParameters.DEFAULT_RETRY_COUNT,
        backoff_factor: float = RequestParameters.DEFAULT_BACKOFF_FACTOR,
        debug: bool = False,
        clock: Clock = SYSTEM_CLOCK,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        check_texts({"url": url, "token": token, "oauth_token": oauth_token})
        check_proxies(proxies)
        check_handlers(error_handlers)
        check_numbers(
            {
                "timeout": timeout,
                "max_parallel_requests": max_parallel_requests,
                "retry_count": retry_count,
                "backoff_factor": backoff_factor,
            }
        )
        if not url:
            raise SettingsError("URL is missing", remedy="Give url, such as https://api.sbgenomics.com/v2.")
        if not (token or oauth_token):
            raise SettingsError("The token is missing", remedy="Give token or oauth_token.")
        if token and oauth_token:
            raise SettingsError("There are two tokens", remedy="Give either token or oauth_token.")
        check_address(url, debug=debug)
        self.url = url.rstrip("/")
        self.aa = advance_access
        self.timeout = timeout
        self.clock = clock
        self._transport = transport
        self.proxies = dict(proxies or {})
        self._reached_by: Mapping[str, str] = {}
        self.retry_count = retry_count
        self.error_handlers: list[Handler] = [maintenance_sleeper]
        for handler in error_handlers or ():
            self.add_error_handler(handler)
        try:
            login = ApiKey(token, header=_TOKEN_HEADER) if token else BearerToken(str(oauth_token))
        except ConfigError as error:
            raise SettingsError(error.message, remedy=error.remedy) from None
        self.headers = Headers({"Content-Type": "application/json", "User-Agent": user_agent()})
        self.headers |= {_TOKEN_HEADER: token} if token else {_OAUTH_HEADER: f"Bearer {oauth_token}"}
        self._credentials = _Login(login, self)
        from omicsdk.core.sending.transport import stated_budget

        #: Seconds that error handlers wait at most, where a user limits calls; None for their own limits.
        self.budget = stated_budget()
        self._backoff_factor = backoff_factor
        self._gate = threading.BoundedSemaphore(max_parallel_requests)
        self._guard = threading.Lock()
        self._sending = threading.local()
        self._generated: SbApi | None = None
        self._told: Mapping[str, str | None] = {}

    @property
    def client(self) -> SbApi:
        """The generated client, with each of the platform's operations; errors are those of `omicsdk.core`."""
        found = self._generated
        if found is None or self._reached_by != self.proxies:
            with self._guard:  # threads that begin together share one
                found = self._generated
                if found is None or self._reached_by != self.proxies:
                    # Another thread may be using the one before, which ends with its last request.
                    self._reached_by = dict(self.proxies)
                    found = self._generated = self._connected()
        return found

    def _connected(self) -> SbApi:
        from omicsdk_api.sb import SbApi

        try:
            return SbApi(
                self.url,
                credentials=self._credentials,
                timeout=self.timeout,
                retry=self._retry,
                transport=self._transport,
                environ=self.environ,
                clock=self.clock,
            )
        except ConfigError as error:
            raise SettingsError(error.message, remedy=error.remedy) from None

    @cached_property
    def _retry(self) -> Retry:
        from omicsdk.core.retry import Retry

        retry = Retry(attempts=self.retry_count + 1, base=self._backoff_factor, statuses=frozenset())
        return retry if self.budget is None else replace(retry, budget=self.budget)

    @property
    def environ(self) -> Mapping[str, str] | None:
        """The variables that say how servers are reached, of the platform and of files; None is the process's own."""
        if not self.proxies:
            return None
        return {**os.environ, **{f"{scheme}_proxy": proxy for scheme, proxy in self.proxies.items()}}

    @property
    def platform(self) -> SevenBridges:
        """The platform's client for workflows. It sends by this Api: error handlers see each answer, and errors are SbgError."""
        from omicsdk.core.platform import Settings
        from omicsdk.sb.client import SevenBridges

        made = SevenBridges.__new__(SevenBridges)
        # Not made by its constructor, which would have connections of its own.
        made._exchange = _HandledExchange(  # pyright: ignore[reportPrivateUsage]
            transport=self.client._exchange.transport,  # pyright: ignore[reportPrivateUsage]
            api=self,
        )
        made._settings = Settings(self.environ, self.clock)  # pyright: ignore[reportPrivateUsage]
        return made

    def close(self) -> None:
        """Closes the connections, for good."""
        if self._generated is not None:
            self._generated.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {mask_url(self.url)}>"

    def __reduce__(self) -> Never:
        raise TypeError(f"{self!r} has a token and connections, so it can't be pickled: make one in each process")

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        # A copy of what knows it, such as a page, is one of the same platform.
        return self

    # -- what answers said

    @property
    def token(self) -> str | None:
        """The developer's token that it was made with; a secret. `headers` has the one that is sent."""
        return self._credentials.made_with.get(_TOKEN_HEADER)

    @property
    def oauth_token(self) -> str | None:
        """The OAuth 2.0 access token that it was made with; a secret."""
        whole = self._credentials.made_with.get(_OAUTH_HEADER)
        return None if whole is None else whole.removeprefix("Bearer ")

    @property
    def session(self) -> Session:
        """Sends requests without asking error handlers, for these; has the proxies."""
        return Session(self)

    @property
    def request_id(self) -> str | None:
        """The platform's name for the last request."""
        return self._told.get("x-request-id")

    @property
    def limit(self) -> int | None:
        """How many requests may be made in five minutes, as the last answer said."""
        return self._number("x-ratelimit-limit")

    @property
    def remaining(self) -> int | None:
        """How many of them are left, as the last answer said."""
        return self._number("x-ratelimit-remaining")

    @property
    def reset_time(self) -> datetime | None:
        """When they are counted anew, in local time, as the last answer said."""
        seconds = self._number("x-ratelimit-reset")
        return None if seconds is None else datetime.fromtimestamp(seconds)

    def _number(self, header: str) -> int | None:
        if header not in self._told:
            self.send(self.client.get_rate_limit.build())
        with suppress(ValueError):
            return int(self._told.get(header) or "")
        return None

    # -- error handlers

    def add_error_handler(self, handler: Handler) -> None:
        """Has a handler asked, after those that are there.

        Args:
            handler: Takes this object and an answer, and gives an answer.
        """
        if handler not in self.error_handlers:
            self.error_handlers.append(handler)

    def remove_error_handler(self, handler: Handler) -> None:
        """Has a handler asked no longer.

        Args:
            handler: The handler.
        """
        if handler in self.error_handlers:
            self.error_handlers.remove(handler)

    # -- sending

    def call(self, request: Request) -> Any:
        """Sends what a generated operation's `build` made, and gives the JSON value of the answer.

        Args:
            request: The request.

        Returns:
            The value; None where the answer has no body.

        Raises:
            SbgError: The platform answered with an error, or didn't.
        """
        return content_of(self.send(request))

    def call_object(self, request: Request) -> dict[str, Any]:
        """The same where the answer is an object.

        Args:
            request: The request.

        Raises:
            SbgError: The platform answered with an error, with something else, or didn't.
        """
        return object_of(self.send(request))

    def send(self, request: Request) -> Response:
        """Sends a request, asking the error handlers about what comes.

        Args:
            request: The request.

        Returns:
            The answer, its status below 400; one whose bytes are still to be read, for a `StreamedRequest`.

        Raises:
            SbgError: The platform answered with an error, or didn't.
        """
        length = len(request.url) + (len(self.url) if request.url.startswith("/") else 0)
        if length > RequestParameters.MAX_URL_LENGTH:
            raise URITooLong(
                NO_CODE,
                f"The URL would have {length} characters; the platform takes {RequestParameters.MAX_URL_LENGTH}",
                remedy="Ask for less at once: fewer names, ids or metadata values.",
            )
        before = getattr(self._sending, "begun", None)
        self._sending.begun = self.clock.monotonic()
        try:
            response = handled(self, self._obeying(self.send_once(request)))
        finally:
            self._sending.begun = before  # an error handler may send requests of its own
        response.raise_for_status()
        return response

    @property
    def begun(self) -> float:
        """When this thread's request was first sent, by the clock that never goes back; now, where there is none."""
        begun: float | None = getattr(self._sending, "begun", None)
        return self.clock.monotonic() if begun is None else begun

    def send_once(self, request: Request) -> Response:
        """Sends a request without asking error handlers.

        Args:
            request: The request.

        Returns:
            The answer, whatever its status.

        Raises:
            SbgError: There was none; what core raised it is too, such as TimedOut.
        """
        try:
            with self._gate:
                request = _with(request, self._credentials.added())
                is_streamed = isinstance(request, StreamedRequest)
                answer = self.client._exchange.send(request, stream=is_streamed)  # pyright: ignore[reportPrivateUsage]
            response = StreamedResponse(answer, request) if is_streamed else Response.of(answer, request)
        except APIError as error:
            response = Response.of_error(error, request)
        except OmicsError as error:
            raise unanswered(error) from error
        told = {name: response.headers[name] for name in _TOLD if name in response.headers}
        self._told = {**self._told, "x-request-id": None, **told}
        return response

    def _obeying(self, response: Response) -> Response:
        """Waits as long as an answer asks for, and asks again, where a second sending does no harm."""
        if response.status_code not in _WAITS:
            return response
        from omicsdk.core.retry import retry_after

        for _ in range(self.retry_count if response.request.idempotent else 0):
            seconds = retry_after(response.headers, self.clock.now()) if response.status_code in _WAITS else None
            if seconds is None or self.clock.monotonic() + seconds - self.begun > self._retry.budget:
                break
            self.clock.sleep(seconds)
            response = self.send_once(response.request)
        return response


_OF_BODIES = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _HandledExchange(Exchange):
    """Sends by an Api, whose error handlers are asked about answers."""

    api: HttpClient

    def send(self, request: Request, *, stream: bool = False) -> httpx.Response:
        """The answer as the error handlers leave it; `stream` has no effect: workflows read the platform's answers whole."""
        import httpx

        del stream
        answer = self.api.send(request)
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _OF_BODIES]
        asked = httpx.Request(request.method, answer.url)
        return httpx.Response(answer.status_code, headers=headers, content=answer.content, request=asked)


def _with(request: Request, own: Mapping[str, str]) -> Request:
    """A request in which an Api's own headers take the place of others; those of the login come with the credentials."""
    names = {name.lower() for name in own}
    kept = [(name, value) for name, value in request.headers if name.lower() not in names]
    kept += [(name.lower(), value) for name, value in own.items() if name.lower() in _HARMLESS]
    return replace(request, headers=tuple(kept)) if own else request
