"""Transports: a request and its response, with retries, redirects, credentials and time limits."""

import copy
import os
import re
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, TypedDict, TypeVar, Unpack, cast, runtime_checkable
from urllib.parse import urljoin

from omicsdk.core.api_errors import api_error
from omicsdk.core.clock import SYSTEM_CLOCK, Clock, StoppableClock, never, stop_of
from omicsdk.core.credentials import Credentials, HttpxAuth, as_credentials, is_confidential, origin_of
from omicsdk.core.errors import (
    APIError,
    AuthError,
    ConfigError,
    DecodeError,
    Forbidden,
    TimedOut,
    TooManyRedirects,
    TransportError,
    Unauthorized,
)
from omicsdk.core.late_names import LateModule
from omicsdk.core.logs import http_log, of_wait
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.redaction import is_secret_name, mask_url
from omicsdk.core.request import AnyHooks, AsyncHooks, OneServer, Repetition, Request, checked_base_url, service_url
from omicsdk.core.retry import REDIRECT_LIMIT, REDIRECT_STATUSES, Retry, clock_remedy, is_elsewhere, retry_after
from omicsdk.core.sending.connections import Connections, Hop, Substitute, WireFailure
from omicsdk.core.sending.origins import ANY, AcceptMemory, cookies_after, is_accepted, narrower
from omicsdk.core.sending.time_limits import Timeout, within_budget
from omicsdk.core.version import USER_AGENT

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.sending.wire import Sender
else:
    httpx = LateModule("httpx")


class TransportOptions(TypedDict, total=False):
    """Arguments of both transports."""

    credentials: "Credentials | httpx.Auth | Mapping[str, object] | None"
    timeout: Timeout | float | None
    retry: Retry | None
    headers: Mapping[str, str] | None
    http2: bool
    environ: Mapping[str, str] | None
    clock: Clock
    fraction: Callable[[], float]
    response_limit: int | None
    pace: "Pace | None"
    servers: OneServer
    security: "SecurityRules | None"
    meanings: "Meanings | None"


def redirected(hop: Hop, status: int, location: str, cookies: Sequence[str] = ()) -> Hop:
    """Return the step that follows a redirect.

    A redirect to another origin carries no secrets, and they are not restored if a later one returns to the first: the
    redirecting server chose the path.

    Args:
        hop: The step that responded.
        status: Its response, one of REDIRECT_STATUSES.
        location: The response's Location, absolute or relative.
        cookies: Its Set-Cookie headers.

    Returns:
        The next step.
    """
    url = urljoin(hop.url, location)
    # RFC 9110, 10.2.2: a redirect without a fragment inherits that of the request.
    if "#" not in location and "#" in hop.url:
        url += "#" + hop.url.partition("#")[2]
    # As in browsers (https://fetch.spec.whatwg.org, HTTP-redirect fetch): RFC 9110 leaves it open for 301 and 302.
    to_get = (status == 303 and hop.method not in ("GET", "HEAD")) or (status in (301, 302) and hop.method == "POST")
    moved = hop._replace(url=url)
    if to_get:
        # They describe a body that is not sent any more.
        headers = tuple((name, value) for name, value in moved.headers if not name.lower().startswith("content-"))
        moved = moved._replace(method="GET", headers=headers, has_content=False)
    # Never trusted again: the other origin also chooses where it redirects next, such as back to the first one.
    if origin_of(url) != origin_of(hop.url):
        return moved._replace(headers=for_strangers(moved.headers), trusted=False, cookies=())
    if cookies or hop.cookies:
        headers, jar = cookies_after(moved.headers, hop.cookies, cookies, hop.url, url)
        moved = moved._replace(headers=headers, cookies=jar)
    return moved


def with_cookies(headers: tuple[tuple[str, str], ...], added: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers of credentials with the request's cookies in theirs: there is one header for all.

    Args:
        headers: The request's headers.
        added: Those of the credentials, which replace the request's of the same name.
    """
    cookie = next((value for name, value in headers if name.lower() == "cookie"), "") if "cookie" in added else ""
    return {**added, "cookie": f"{cookie}; {added['cookie']}"} if cookie else added


def for_strangers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the headers that may be sent to another origin.

    Args:
        headers: Names and values.

    Returns:
        Those that neither contain secrets nor name a host.
    """
    # A Host header of the caller names the first origin.
    return tuple(pair for pair in headers if pair[0].lower() != "host" and not is_secret_name(pair[0]))


# Repeatable Requests 1.0 of OASIS, Azure's idempotency keys: the key, and beside it the time of the first try.
_REPEATABLE, _FIRST_SENT = "repeatability-request-id", "repeatability-first-sent"


def with_key(hop: Hop, name: str, now: float) -> Hop:
    """Return the first step of a request with an idempotency key, unless the request or the client has one.

    Args:
        hop: The step.
        name: The header, in lower case.
        now: Seconds since 1970.
    """
    from email.utils import formatdate
    from uuid import uuid4

    added = {name: str(uuid4())}
    if name == _REPEATABLE:
        added[_FIRST_SENT] = formatdate(now, usegmt=True)
    names_sent = {name.lower() for name, _ in hop.headers}
    return hop._replace(headers=(*hop.headers, *(pair for pair in added.items() if pair[0] not in names_sent)))


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request of a step; return the httpx.Response, or raise WireFailure."""

    hop: Hop
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    credentials: Credentials | None
    left: float | None = None  # seconds until the head, after a try that was silent


@dataclass(frozen=True, slots=True)
class Call:
    """Call a function that may request a token, and return its result; may raise AuthError. An event loop calls it in a thread."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for a number of seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Finish:
    """Read the rest of an intermediate response, up to a limit, and close it; return the bytes."""

    response: Any


Action = Send | Call | Sleep | Finish


@runtime_checkable
class SecurityRules(Protocol):
    """What a document requires of operations (`omicsdk.core.security`)."""

    @property
    def default(self) -> Sequence[Sequence[str]]:
        """The requirement of operations whose facts state none."""
        ...

    @property
    def is_stated(self) -> bool:
        """Whether the document requires any scheme of any operation."""
        ...

    def assigned(
        self, auth: object, bound: Callable[[Credentials, Mapping[str, Any], str], Credentials]
    ) -> Credentials | None:
        """Return a client's credentials, bound to what their schemes state."""

    def described(self, requirement: Sequence[Sequence[str]]) -> str:
        """Return what to pass for a requirement, in words."""
        ...


#: Reserves the next request to an origin, by a clock; returns the seconds to wait before it is sent.
Pace = Callable[[str, Clock], float]

#: What a platform means by a 401 to a login: by a word of the message in lower case, another class of the error and its remedy.
Meanings = Mapping[str, tuple[type[APIError], str]]


#: Headers and query parameters without credentials.
NOTHING: Mapping[str, str] = MappingProxyType({})
NO_SERVERS = OneServer()


@dataclass(frozen=True, slots=True)
class Manners:
    """A transport's settings for each conversation.

    Attributes:
        base_url: The URL that paths are relative to, without a slash at the end.
        headers: Sent with every request unless the request has its own of that name; names in lower case.
        credentials: The credentials for that origin, or None.
        retry: When to retry.
        clock: The source of time.
        fraction: Draws the jitter, a number from 0 to 1.
        has_own_retry: Whether the caller chose `retry`, which then replaces that of an operation.
        pace: Limits the rate of requests to that origin; None for no limit.
        accepted: The Accept headers that servers took after a 406; clones share it.
        unusable: Why credentials could not be used, each of which is shown once; clones share it.
        servers: The servers of operations that have their own.
        security: What the document requires of operations; None if it has no security schemes.
        meanings: What a platform means by a 401 to a login; None if a 401 names the security schemes.
        paths: Paths that a gateway has in place of those of the document.
    """

    base_url: str
    headers: tuple[tuple[str, str], ...]
    credentials: Credentials | None
    retry: Retry
    clock: Clock
    fraction: Callable[[], float]
    has_own_retry: bool = False
    pace: Pace | None = None
    accepted: AcceptMemory = field(default_factory=AcceptMemory)
    unusable: set[str] = field(default_factory=set[str])
    servers: OneServer = NO_SERVERS
    security: SecurityRules | None = None
    meanings: Meanings | None = None
    paths: Mapping[str, str] = field(default_factory=dict[str, str])


Steps = Generator[Action, Any, T]


class _Conversation:
    """One request on its way to its final response: its current step and its history.

    Args:
        request: The request.
        manners: The transport's settings.
        follow_redirects: False returns redirects, except for those with Retry-After, which mean "not yet".
    """

    def __init__(self, request: Request, manners: Manners, follow_redirects: bool) -> None:
        self._request = request
        self._manners = manners
        self._follow_redirects = follow_redirects
        self._started = manners.clock.monotonic()
        self._hop = first_hop(request, manners)
        self._credentials = credentials_for(request, self._hop, manners)
        self._retry, self._key = manners.retry, ""
        if request.repetition is not None:
            self._repeat_as_stated(request.repetition)
        self._failures = self._redirects = 0
        self._is_unsettled = False  # whether a try may have been processed
        self._silence_ends: float | None = None  # after a try that was silent
        self._renewed = False
        self._accept = next((value for name, value in self._hop.headers if name.lower() == "accept"), ANY)
        self._narrowed = ""  # the header that is sent in its place after a 406

    def _repeat_as_stated(self, repetition: Repetition) -> None:
        """Apply what the document states about sending the operation again."""
        self._key, retry = repetition.key, repetition.retry
        if self._key:
            self._hop = with_key(self._hop, self._key, self._manners.clock.now())
        # The caller's choice takes precedence over the document's, but for one:
        # The author of a document who rules out a second try knows what it would do.
        if retry is not None and (retry.attempts == 1 or not self._manners.has_own_retry):
            self._retry = within_budget(retry)

    def run(self) -> Steps[Any]:
        """Yield the next actions, and return the final httpx.Response, whose status is below 400.

        Raises:
            APIError: The response is an error, even after the retries.
            TransportError: No response after all retries, or a redirect loop.
            AuthError: The credentials may not be sent there, or cannot be renewed.
        """
        while True:
            # Each pass is one request: a first try, a retry, a step of a redirect, or a repetition with renewed credentials.
            # Each asks the credentials again, since a wait may outlast a token.
            if self._manners.pace is not None and self._hop.trusted:
                yield from self._wait_for_turn(self._manners.pace)
            credentials, headers, query = None, NOTHING, NOTHING
            if self._credentials is not None and self._hop.trusted:
                credentials, headers, query = yield from self._authorized(self._credentials)
            # A time limit of 0 would make the socket non-blocking.
            end = self._silence_ends
            left = None if end is None else max(end - self._manners.clock.monotonic(), 0.001)
            try:
                response: httpx.Response = yield Send(self._accepting(), headers, query, credentials, left)
            except WireFailure as failure:
                yield from self._wait_after_failure(failure)
                continue
            if self._narrowed != self._accept and response.status_code != 406:
                yield from self._check_type(response)
            if response.status_code < 300 or self._is_final(response):
                return response
            if response.status_code < 400:
                yield from self._follow(response)
                continue
            body: bytes = yield Finish(response)
            # Not a failure: no retry is used up, and nothing is waited for.
            if response.status_code == 406 and self._narrow():
                continue
            # Once a call: a service that refuses the new token as well would be asked for ever.
            # The text is PyJWT's: servers with FastAPI, such as Gen3's, send it with 403.
            is_refused = response.status_code == 401 or b"Signature has expired" in body
            if is_refused and credentials is not None and headers and not self._renewed:
                self._renewed = True
                if (yield Call(partial(credentials.renew, headers))):
                    http_log.info("%s %s: credentials renewed", self._hop.method, mask_url(self._hop.url))
                    continue
            yield from self._wait_after_error(response, body)

    def _accepting(self) -> Hop:
        """Return the present step with the Accept header that its server takes."""
        if not self._narrowed:
            memory = self._manners.accepted
            self._narrowed = memory.header_for(self._hop.url, self._accept) if memory.refused else self._accept
        if self._narrowed == self._accept:
            return self._hop
        others = tuple(pair for pair in self._hop.headers if pair[0].lower() != "accept")
        return self._hop._replace(headers=(*others, ("accept", self._narrowed)))

    def _narrow(self) -> bool:
        """Return whether a narrower Accept header is left after a 406: some servers compare it as one text."""
        # seqrepo-rest-service is one: it refuses a list that contains the type that it would send.
        following = narrower(self._accept, self._narrowed) if self._hop.method in ("GET", "HEAD") else None
        if following is None:
            return False
        http_log.debug("%s %s: 406; trying Accept: %s", self._hop.method, mask_url(self._hop.url), following)
        self._narrowed = following
        return True

    def _check_type(self, response: "httpx.Response") -> Steps[None]:
        """Check the media type of a response to a narrower Accept header, and remember that header.

        Raises:
            DecodeError: It is of a type that was not requested.
        """
        if response.status_code < 300 and not is_accepted(self._accept, response.headers):
            yield Finish(response)
            content_type = response.headers["content-type"]
            error = DecodeError(self._request.operation, "Content-Type", content_type, expected=self._accept)
            error.remedy = "The service refused these types with 406. Check its URL (base_url)."
            raise error
        self._manners.accepted.keep(self._hop.url, self._accept, self._narrowed)

    def _wait_for_turn(self, pace: Pace) -> Steps[None]:
        """Wait until the service accepts the next request. A redirect and a retry are treated as requests."""
        if wait := pace(origin_of(self._hop.url), self._manners.clock):
            self._started += wait  # the budget is for the service's failures, not for the queue before it
            yield Sleep(wait)

    def _authorized(
        self, credentials: Credentials
    ) -> Steps[tuple[Credentials | None, Mapping[str, str], Mapping[str, str]]]:
        """Return the credentials that are sent, as headers and query parameters."""
        method, url = self._hop.method, self._hop.url
        try:
            # A thread costs more than most credentials take: only those that may request a token run in one.
            if credentials.ready():
                headers = credentials.headers(method, url)
            else:
                headers = yield Call(partial(credentials.headers, method, url))
            query = credentials.query(method, url)
            return credentials, with_cookies(self._hop.headers, headers), query
        except AuthError as error:
            if self._request.secured:
                raise
            # A download makes requests for each of its files.
            log = http_log.debug if str(error) in self._manners.unusable else http_log.info
            self._manners.unusable.add(str(error))
            log("%s: continuing without credentials (%s)", self._request.operation, error)
            return None, NOTHING, NOTHING

    def _wait_after_failure(self, failure: WireFailure) -> Steps[None]:
        """Wait before a retry, or raise if there is none."""
        self._failures += 1
        # The service may still process this try: a later 409 for the same key is then about the try itself.
        self._is_unsettled |= failure.is_sent
        is_harmless = self._is_repeatable() and (self._is_idempotent() or not failure.is_sent)
        pause = self._next_pause() if is_harmless and not failure.lasting else None
        # A silent server ends a call within one time limit, not within that of each try: the next one has what is left of it.
        if failure.within is not None:
            self._silence_ends = self._started + failure.within
            pause = None if pause is None or self._elapsed() + pause >= failure.within else pause
        if pause is None:
            failure.error.lasting |= failure.lasting
            raise self._described(failure.error, self._failures) from failure.__cause__
        self._log_retry(failure.error.message, pause)
        yield Sleep(pause)

    def _is_final(self, response: "httpx.Response") -> bool:
        """Whether a 3xx is returned to the caller: it has no target, or the caller requested it."""
        status, location = response.status_code, response.headers.get("location")
        is_redirect = status in REDIRECT_STATUSES and bool(location)
        if not is_redirect or (self._request.location and is_elsewhere(status, location)):
            return status < 400
        return not self._follow_redirects and self._requested_wait(response) is None

    def _follow(self, response: "httpx.Response") -> Steps[None]:
        """Follow a redirect, after the wait that it asks for."""
        wait = self._requested_wait(response)
        yield Finish(response)
        try:
            # It may be the same URL: DSS redirects to itself with Retry-After while it copies a file.
            cookies = response.headers.get_list("set-cookie")
            following = redirected(self._hop, response.status_code, response.headers["location"], cookies)
        except ValueError as error:
            raise self._described(TransportError("The service redirected to an invalid URL")) from error
        if not following.url.lower().startswith(("http://", "https://")):
            raise self._described(TransportError("The service redirected to another protocol than http"))
        # What a server accepts is remembered by host.
        self._hop, self._narrowed = following, ""
        if wait:
            elapsed, budget = self._elapsed(), self._retry.budget
            if elapsed + wait > budget:
                error = TimedOut(
                    f"The service had not finished after {elapsed:.0f} s and asked to wait {wait:.0f} s more",
                    remedy=f"Call again later, or allow more than {budget:.0f} s with Retry(budget=).",
                )
                raise self._described(error)
            log = of_wait(http_log, elapsed + wait)
            log("%s %s: not finished, retrying in %.1f s", self._hop.method, mask_url(self._hop.url), wait)
            yield Sleep(wait)
            return
        # Waits above do not count: they are bounded by the budget.
        self._redirects += 1
        if self._redirects > REDIRECT_LIMIT:
            raise self._described(TooManyRedirects(f"Redirected {self._redirects} times"))

    def _wait_after_error(self, response: "httpx.Response", body: bytes) -> Steps[None]:
        """Wait before a retry, or raise the error of the response."""
        self._failures += 1
        status, requested_wait = response.status_code, self._requested_wait(response)
        retry, is_idempotent = self._retry, self._is_idempotent()
        is_obeyed = requested_wait is not None and is_idempotent and status in retry.obeyed
        # A service answers a repeated key with 409 while it is still processing the first request with it.
        is_pending = status == 409 and self._is_unsettled and self._has_key()
        is_repeated = self._is_unsettled
        # A 429 is refused before it is processed; any other status may be that of a request with effects.
        self._is_unsettled |= status != 429
        # Some services state whether a retry can help: not if a quota is used up, for example. Squid has already repeated its
        # own request for a host's name.
        is_nameless = response.headers.get("x-squid-error", "").startswith("ERR_DNS_FAIL")
        is_hopeless = is_nameless or response.headers.get("x-should-retry") == "false"
        is_retried = is_obeyed or is_pending or retry.retries_status(status, idempotent=is_idempotent)
        if is_retried and not is_hopeless and self._is_repeatable():
            is_asked = is_obeyed or is_pending or status == 429 or status >= 500
            if (pause := self._next_pause(requested_wait if is_asked else None)) is not None:
                self._log_retry(f"{status} {response.reason_phrase}", pause)
                yield Sleep(pause)
                return
        error = api_error(
            status=status,
            headers=response.headers,
            body=body,
            method=self._hop.method,
            url=self._hop.url,
            operation=self._request.operation,
            reason=response.reason_phrase,
            retry_after=requested_wait,
        )
        error.is_repeated = is_repeated
        meanings = self._manners.meanings
        if status == 401 and self._credentials is not None:
            error.remedy = clock_remedy(response.headers, self._manners.clock.now()) or error.remedy
            for word, meaning in (meanings or {}).items():
                if self._hop.trusted and word in error.message.lower():
                    error.__class__, error.remedy = meaning
        security = self._manners.security
        is_named = meanings is None and not self._request.public and self._credentials is None
        if status == 401 and not self._hop.trusted and self._manners.credentials is not None:
            usual, other = (origin_of(url) for url in (self._manners.base_url, self._hop.url))
            error.remedy = f"Correct the link or redirect to {other}: credentials are sent to {usual} only."
        elif isinstance(error, Unauthorized | Forbidden) and security is not None and is_named:
            error.schemes = self._request.security or security.default
            error.remedy = f"Pass {security.described(error.schemes)} as credentials of the client."
        raise error

    def _requested_wait(self, response: "httpx.Response") -> float | None:
        return retry_after(response.headers, self._manners.clock.now())

    def _next_pause(self, requested_wait: float | None = None) -> float | None:
        return self._retry.next_pause(
            failures=self._failures,
            elapsed=self._elapsed(),
            fraction=self._manners.fraction(),
            retry_after=requested_wait,
        )

    def _elapsed(self) -> float:
        return self._manners.clock.monotonic() - self._started

    def _is_idempotent(self) -> bool:
        # A POST whose response was 303 has become a GET, which may be repeated.
        return self._request.idempotent or self._hop.method in ("GET", "HEAD") or self._has_key()

    def _is_repeatable(self) -> bool:
        """Whether the body can be sent again: a file may be readable only once."""
        return not self._hop.has_content or getattr(self._request.content, "is_repeatable", True)

    def _has_key(self) -> bool:
        """Whether the service recognises the request by its key; another origin, to which it redirected, may not."""
        return self._key != "" and self._hop.trusted

    def _described(self, error: TransportError, attempts: int = 1) -> TransportError:
        error.method, error.url = self._hop.method, mask_url(self._hop.url)
        error.operation, error.attempts = self._request.operation, attempts
        return error

    def _log_retry(self, reason: str, pause: float) -> None:
        sent = f"{self._hop.method} {mask_url(self._hop.url)}"
        of_wait(http_log, self._elapsed() + pause)(
            # No colon after a name or URL: what follows "access_token: " is masked where messages are shown.
            "%s failed: %s; try %d of %d in %.1f s",
            f"{self._request.operation} ({sent})" if self._request.operation else sent,
            reason,
            self._failures + 1,
            self._retry.attempts,
            pause,
        )


def first_hop(request: Request, manners: Manners) -> Hop:
    """Return the first step of a request, by a transport's settings."""
    of_client = dict(manners.headers)
    request_headers = tuple(pair for pair in request.headers if not _is_replaced(*pair, of_client.get(pair[0].lower())))
    names = {name.lower() for name, _ in request_headers}
    headers = tuple(pair for pair in manners.headers if pair[0] not in names) + request_headers
    has_content = request.content is not None
    base = _server_of(request, manners) if request.server else manners.base_url
    if request.url.startswith("/"):
        path, mark, query = request.url.partition("?")
        return Hop(request.method, f"{base}{manners.paths.get(path, path)}{mark}{query}", headers, has_content)
    trusted = origin_of(request.url) == origin_of(base)
    return Hop(request.method, request.url, headers if trusted else for_strangers(headers), has_content, trusted)


def _server_of(request: Request, manners: Manners) -> str:
    """Return the URL that a request's path is relative to."""
    key = request.server
    return manners.servers.url_of(key, manners.base_url, request.operation) if key else manners.base_url


def _is_replaced(name: str, value: str, by: str | None) -> bool:
    """Return whether a client's header takes the place of a request's: an Accept header with one of the types that the
    operation accepts, and the Content-Type of bytes, whose own is only what they are called where nothing is known.
    """
    is_any_bytes = name.lower() == "content-type" and value.partition(";")[0] == "application/octet-stream"
    return by is not None and (is_any_bytes or (name.lower() == "accept" and by in value.split(", ")))


def credentials_for(request: Request, hop: Hop, manners: Manners) -> Credentials | None:
    """Return the credentials for the first step of a request if they may be sent there; raise if the operation requires them."""
    credentials, security = manners.credentials, manners.security
    if credentials is None or request.public or not hop.trusted:
        return None
    is_other_origin = bool(request.server) and origin_of(hop.url) != origin_of(manners.base_url)
    credentials = credentials.chosen(request, is_other_origin=is_other_origin)
    if credentials is None:
        return None
    # The URL of the server comes from the document, not from the user: a token without origins was meant for the base URL.
    if is_other_origin and credentials.origins is None and not (security is not None and security.is_stated):
        return None  # the document sends them to its own servers at most
    if not is_confidential(hop.url):
        problem = "credentials are not sent to {} because the connection is not encrypted"
        remedy = "Use the https URL of the service."
    elif not credentials.goes_to(hop.url):
        problem = "the credentials were issued for another service than {}, and are not sent there"
        remedy = "Log in to this service, or add it to the credentials' origins."
    else:
        return credentials
    if request.secured:
        url = mask_url(_server_of(request, manners))
        raise AuthError(f"{request.operation}: {problem.format(url)}", remedy=remedy)
    return None


#: Maximum bytes of a response that is read whole, decoded: pages of a thousand records have some megabytes.
RESPONSE_LIMIT = 64 << 20


def _response_limit(limit: int | None, environ: Mapping[str, str] | None) -> int:
    """Return the given limit, or the environment's, or the default.

    Raises:
        ConfigError: It is not a whole number from 1.
    """
    text = (os.environ if environ is None else environ).get("OMICS_RESPONSE_LIMIT", "")
    value = limit if limit is not None else int(text) if re.fullmatch("[0-9]{1,18}", text) else text or RESPONSE_LIMIT
    if type(value) is not int or value < 1:  # a bool is an int
        where = "response_limit" if limit is not None else "OMICS_RESPONSE_LIMIT"
        raise ConfigError(f"{where} is {value!r}, not a number of bytes", remedy="Use a whole number from 1.")
    return value


def _chance() -> float:
    import random

    return random.random()  # noqa: S311 - spreads clients out, keeps no secret


class Outgoing(NamedTuple):
    """A request as it would be sent, for another sender.

    Attributes:
        url: Its URL.
        headers: Its headers, including those of the credentials, with lower-case names.
    """

    url: str
    headers: Mapping[str, str]


class _Transport:
    """What both transports share: all but sending."""

    _hooks: "AnyHooks" = ((), ())
    _asynchronous = False

    def __init__(
        self,
        base_url: str,
        *,
        transport: "httpx.BaseTransport | httpx.AsyncBaseTransport | None" = None,
        credentials: "Credentials | httpx.Auth | Mapping[str, object] | None" = None,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        http2: bool = False,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        fraction: Callable[[], float] = _chance,
        response_limit: int | None = None,
        pace: Pace | None = None,
        servers: OneServer = NO_SERVERS,
        security: SecurityRules | None = None,
        meanings: Meanings | None = None,
    ) -> None:
        self._response_limit = _response_limit(response_limit, environ)
        self._timeout, retries = Timeout.of(timeout), within_budget(retry)
        # Fixed encodings: httpx would offer br and zstd where their packages are installed.
        base = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": USER_AGENT}
        manners = Manners(service_url(base_url), _merged(base.items(), headers or {}), None, retries, clock, fraction)
        manners = replace(
            manners, has_own_retry=retry is not None, pace=pace, servers=servers, security=security, meanings=meanings
        )
        self._manners = replace(manners, credentials=self._assigned(manners, credentials))
        self._connections = Connections(environ, http2=http2, asynchronous=self._asynchronous, replacement=transport)

    def _assigned(self, manners: Manners, passed: object) -> Credentials | None:
        """Return a constructor's argument as credentials for the operations of the document.

        Args:
            manners: The settings, with the document's servers and security.
            passed: Credentials, an httpx.Auth, an `auth` of requests, or these by the names of schemes; None for none.

        Raises:
            ConfigError: It is something else, or for a scheme that the document does not have.
        """

        def bound(credentials: Credentials, flows: Mapping[str, Any], scheme: str) -> Credentials:
            bind: Callable[..., Credentials] | None = getattr(credentials, "bound_to", None)
            if bind is None:
                return credentials
            return bind(flows, partial(manners.servers.address_of, base_url=manners.base_url), self._network, scheme)

        if manners.security is not None:
            return manners.security.assigned(passed, bound)
        credentials = as_credentials(cast("Credentials | None", passed))
        return None if credentials is None else bound(credentials, {}, "")

    def _network(self) -> "tuple[Mapping[str, str] | None, httpx.BaseTransport | None]":
        """Return the environment and what replaces the network, for requests for tokens, which are sent from threads."""
        raise NotImplementedError  # an asynchronous transport has a blocking one beside it

    def conversation(self, request: Request, *, follow_redirects: bool = True) -> "Steps[httpx.Response]":
        """Return the steps of a request to its final response, for `perform`.

        Args:
            request: The request.
            follow_redirects: False returns a redirect; one with Retry-After is followed after the wait anyway.
        """
        return _Conversation(request, self._manners, follow_redirects).run()

    @property
    def base_url(self) -> str:
        """The URL that paths are relative to, without a slash at the end."""
        return self._manners.base_url

    @property
    def credentials(self) -> Credentials | None:
        """The credentials as they were passed; those by scheme as one."""
        credentials = self._manners.credentials
        return credentials and credentials.passed

    @property
    def retry(self) -> Retry:
        """When and how often requests are retried."""
        return self._manners.retry

    @property
    def response_limit(self) -> int:
        """Maximum bytes of a response, or of one of its items, that are kept in memory."""
        return self._response_limit

    def __repr__(self) -> str:
        return f"<{type(self).__name__} to {mask_url(self.base_url)}>"

    def with_options(
        self,
        *,
        timeout: Timeout | float | Omit | None = OMIT,
        retry: Retry | Omit | None = OMIT,
        headers: Mapping[str, str] | Omit | None = OMIT,
        credentials: "Credentials | httpx.Auth | Mapping[str, object] | Omit | None" = OMIT,
        response_limit: int | Omit = OMIT,
        before_request: "AsyncHooks[httpx.Request] | Omit" = OMIT,
        after_response: "AsyncHooks[httpx.Response] | Omit" = OMIT,
    ) -> Self:
        """Return a clone with other settings over the same connections; closing one closes both.

        Args:
            timeout: A Timeout, or seconds for each step; None for the defaults.
            retry: When to retry; None for the defaults.
            headers: Sent in addition to the existing ones, replacing those of the same name.
            credentials: Other credentials; None sends none.
            response_limit: Maximum bytes of a response that is read whole, decoded.
            before_request: Other hooks of requests; `()` for none.
            after_response: Other hooks of responses; `()` for none.

        Returns:
            The clone.

        Raises:
            ConfigError: The limit is not a whole number from 1.
        """
        clone = copy.copy(self)
        if response_limit is not OMIT:
            clone._response_limit = _response_limit(response_limit, None)
        manners = self._manners
        if timeout is not OMIT:
            # The cached sender was copied with the rest, and has the old time limits.
            clone._timeout = Timeout.of(timeout)
            clone.__dict__.pop("_sender", None)
        if retry is not OMIT:
            manners = replace(manners, retry=within_budget(retry), has_own_retry=retry is not None)
        if headers is not OMIT:
            manners = replace(manners, headers=_merged(manners.headers, headers or {}))
        if credentials is not OMIT:
            manners = replace(manners, credentials=self._assigned(manners, credentials))
        clone._manners = manners
        if before_request is not OMIT or after_response is not OMIT:
            clone.call_hooks(
                self._hooks[0] if before_request is OMIT else before_request,
                self._hooks[1] if after_response is OMIT else after_response,
            )
        return clone

    def call_hooks(
        self, before_request: "AsyncHooks[httpx.Request]", after_response: "AsyncHooks[httpx.Response]"
    ) -> None:
        """Set the hooks of a transport that nothing uses yet.

        Args:
            before_request: Called with each request before it is sent: each try, and each step of a redirect.
            after_response: Called with each response.
        """
        # As above: a sender with other hooks, or none, may be cached.
        self.__dict__.pop("_sender", None)
        self._hooks = _several(before_request), _several(after_response)

    @property
    def has_hooks(self) -> bool:
        """Whether requests have to be sent by this transport, since functions are called with them."""
        return self._hooks != ((), ())

    def beside(
        self,
        base_url: str,
        credentials: "Credentials | httpx.Auth | None",
        *,
        servers: OneServer = NO_SERVERS,
        security: SecurityRules | None = None,
    ) -> Self:
        """Return a clone for another service, over the same connections; closing one closes both.

        Args:
            base_url: The service's base URL.
            credentials: The credentials for its origin; None sends none.
            servers: The servers of its operations that have their own.
            security: What its document requires of operations.
        """
        manners = replace(self._manners, base_url=checked_base_url(base_url), servers=servers, security=security)
        return self._with_manners(replace(manners, credentials=self._assigned(manners, credentials)))

    def with_paths(self, paths: Mapping[str, str]) -> Self:
        """Return a clone for a service behind a gateway; closing one closes both.

        Args:
            paths: Paths that the gateway has in place of those of the service's document.
        """
        return self._with_manners(replace(self._manners, paths=paths))

    def with_clock(self, clock: Clock) -> Self:
        """Return a clone with another source of time and of waits; closing one closes both.

        Args:
            clock: The other source.
        """
        return self._with_manners(replace(self._manners, clock=clock))

    @cached_property
    def _sender(self) -> "Sender":
        from omicsdk.core.sending.wire import EventLoop, Sender, Threads

        waits = EventLoop() if self._asynchronous else Threads()
        return Sender(self._connections, self._timeout, self._manners.clock.monotonic, self._hooks, waits)

    def _with_manners(self, manners: Manners) -> Self:
        clone = self.with_options()
        clone._manners = manners
        return clone

    @property
    def clock(self) -> Clock:
        """The source of time and of waits."""
        return self._manners.clock


def _run(steps: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine over the connections of threads, which never waits for an event loop."""
    try:
        steps.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("A request of a thread waited for an event loop")


class Transport(_Transport):
    """Sends requests and returns their final responses, from any number of threads.

    Args:
        base_url: The URL that paths are relative to.
        credentials: Credentials for the base URL's origin, or an httpx.Auth; None sends none.
        timeout: A Timeout, or seconds for each step; by default 10 to connect, 60 to read.
        retry: When to retry; by default up to five retries.
        headers: Sent with every request unless it has its own of that name.
        http2: Whether to use HTTP/2 if the server supports it; needs httpx[http2].
        transport: Replaces the network, for tests.
        environ: Environment variables (proxies, certificate authorities); by default the process's own.
        clock: The source of time and of waits.
        fraction: Draws the jitter of delays: a number from 0 to 1.
        response_limit: Maximum bytes of a response that is read whole, decoded, unless the operation returns bytes of any
            length; by default OMICS_RESPONSE_LIMIT, or 64 MiB.
        pace: Limits the rate of requests to the base URL's origin; None for no limit.
        servers: The servers of operations that have their own.
        security: What the document requires of operations; None if it has no security schemes.
        meanings: What a platform means by a 401 to a login; None if a 401 names the security schemes.

    Raises:
        ConfigError: The base URL or the credentials are invalid, or the limit is not a whole number from 1.
    """

    def send(self, request: Request, *, stream: bool = False, follow_redirects: bool = True) -> "httpx.Response":
        """Send a request and return its final response.

        Args:
            request: The request.
            stream: Read only the head of the response; the caller reads the body and closes the response.
            follow_redirects: False returns a redirect; one with Retry-After is followed after the wait anyway.

        Returns:
            The response, its status below 400.

        Raises:
            APIError: The service returned an error, even after the retries; of its status's class.
            TransportError: No complete response, even after the retries; ResponseTooLarge if it exceeds the limit.
            AuthError: The credentials may not be sent there, or cannot be renewed.
            Interrupted: The clock ended a wait.
        """
        return self.perform(self.conversation(request, follow_redirects=follow_redirects), request, stream)

    def perform(self, steps: Steps[T], request: Request, stream: bool) -> T:
        """Perform the steps of a request, and return their result; errors are those of `send`.

        Args:
            steps: The steps, from `conversation`.
            request: The request.
            stream: Whether to read the heads of responses only.
        """
        result, failure = None, None
        while True:
            try:
                # The steps decide and never send, so that both transports share them. They judge only the errors below: an
                # interrupt, or a bug, ends the call as it is.
                action = steps.send(result) if failure is None else steps.throw(failure)
            except StopIteration as stop:
                return stop.value
            try:
                result, failure = self._performed(action, request, stream), None
            except (WireFailure, AuthError) as error:
                failure = error

    def outgoing(self, request: Request) -> Outgoing | None:
        """Return a request as it would be sent, for another sender.

        Args:
            request: A request without a body, or with one of bytes.

        Returns:
            None if this transport has to send it: the network is replaced, it has hooks, or the credentials are an httpx.Auth
            or a client certificate, need renewal (which takes time), cannot be renewed, or are sent in the URL, which messages
            show.

        Raises:
            AuthError: The credentials may not be sent there, and the operation requires them.
        """
        if self.has_hooks or not self._connections.real:
            return None
        hop = first_hop(request, self._manners)
        headers = {name.lower(): value for name, value in hop.headers}
        if self._manners.accepted.refused:
            headers["accept"] = self._manners.accepted.header_for(hop.url, headers["accept"])
        credentials = credentials_for(request, hop, self._manners)
        if credentials is None:
            return Outgoing(hop.url, headers)
        is_ours = isinstance(credentials, HttpxAuth) or getattr(credentials, "certificate", None) is not None
        if is_ours or not credentials.ready() or credentials.query(hop.method, hop.url):
            return None
        try:
            login_headers = credentials.headers(hop.method, hop.url)
        except AuthError:
            return None
        added = with_cookies(hop.headers, login_headers)
        return Outgoing(hop.url, headers | {name.lower(): value for name, value in added.items()})

    def _network(self) -> "tuple[Mapping[str, str] | None, httpx.BaseTransport | None]":
        return self._connections.settings

    def _performed(self, action: Action, request: Request, stream: bool) -> object:
        match action:
            case Send():
                most = None if request.streams else self._response_limit
                return _run(self._sender.send(action, request, stream, most, self._stop()))
            case Finish(response):
                return _run(self._sender.finish(response))
            case Sleep(seconds):
                stopped = self._stop()
                clock = self.clock if stopped is never else StoppableClock(self.clock, stopped)
                return clock.sleep(seconds)
            case Call(function):
                return function()

    def _stop(self) -> Callable[[], bool]:
        """Return what ends waits: the clock's stop, else that of the workflow."""
        clock = self._manners.clock
        return clock.stopped if isinstance(clock, StoppableClock) else stop_of()

    def synchronous(self) -> "Transport":
        """Return this transport, as an asynchronous one returns its blocking twin."""
        return self

    def replace_network(self, substitute: Substitute) -> None:
        """Let a function choose what sends each request, those of clones too."""
        self._connections.substitute = substitute

    def close(self) -> None:
        """Close the connections, those of clones too. Closing twice is the same as once."""
        for transport in self._connections.release():
            transport.close()


class AsyncTransport(_Transport):
    """Sends requests and gives their final responses, on an event loop of asyncio or trio.

    The arguments are those of Transport, and those below.

    Args:
        transport: An httpx.AsyncBaseTransport, which replaces the network.
        blocking_transport: Replaces the network for the blocking twin that `synchronous` returns.
    """

    _asynchronous = True

    def __init__(
        self,
        base_url: str,
        *,
        transport: "httpx.AsyncBaseTransport | None" = None,
        blocking_transport: "httpx.BaseTransport | None" = None,
        **options: Unpack[TransportOptions],
    ) -> None:
        super().__init__(base_url, transport=transport, **options)
        environ, http2 = options.get("environ"), options.get("http2", False)
        # Of its own, since connections of an event loop cannot be used by threads.
        self._blocking = Connections(environ, http2=http2, asynchronous=False, replacement=blocking_transport)

    def synchronous(self) -> Transport:
        """Return a Transport with the same settings, for what runs in threads.

        All of them, those of clones too, share connections, which `aclose` closes.

        Raises:
            ConfigError: A `transport` was given and no `blocking_transport`: requests would bypass it.
        """
        if self._blocking.real and not self._connections.real:
            raise ConfigError(
                "This asynchronous client has a transport= that cannot run in a thread, where workflows run",
                remedy="Use blocking_transport= as well, an httpx.BaseTransport.",
            )
        # Its constructor would open connections that nothing closes.
        twin = Transport.__new__(Transport)
        twin._manners, twin._timeout, twin._response_limit = self._manners, self._timeout, self._response_limit
        twin._hooks = self._hooks
        twin._connections = self._blocking  # pyright: ignore[reportPrivateUsage] - a Transport without its own pool
        return twin

    def _network(self) -> "tuple[Mapping[str, str] | None, httpx.BaseTransport | None]":
        """As that of Transport.

        Raises:
            ConfigError: A `transport` was given that only works on an event loop, and no `blocking_transport`.
        """
        from omicsdk.core.sending.httpx_import import httpx

        environ, transport_given = self._blocking.settings
        replaced = self._connections.settings[1]
        if transport_given is None and replaced is not None:
            if not isinstance(replaced, httpx.BaseTransport):
                raise ConfigError(
                    "This asynchronous client has a transport= that cannot run in a thread, where tokens are requested",
                    remedy="Use blocking_transport= as well, an httpx.BaseTransport.",
                )
            transport_given = replaced
        return environ, transport_given

    async def send(self, request: Request, *, stream: bool = False, follow_redirects: bool = True) -> "httpx.Response":
        """Send a request and return its final response; arguments, response and errors are those of `Transport.send`."""
        return await self.perform(self.conversation(request, follow_redirects=follow_redirects), request, stream)

    async def perform(self, steps: Steps[T], request: Request, stream: bool) -> T:
        """Perform the steps of a request, and return their result; arguments and errors are those of `Transport.perform`."""
        result, failure = None, None
        while True:
            try:
                action = steps.send(result) if failure is None else steps.throw(failure)
            except StopIteration as stop:
                return stop.value
            try:
                result, failure = await self._performed(action, request, stream), None
            except (WireFailure, AuthError) as error:
                failure = error

    async def _performed(self, action: Action, request: Request, stream: bool) -> object:
        match action:
            case Send():
                most = None if request.streams else self._response_limit
                return await self._sender.send(action, request, stream, most)
            case Finish(response):
                return await self._sender.finish(response)
            case Sleep(seconds):
                return await self._manners.clock.async_sleep(seconds)
            case Call(function):
                from anyio.to_thread import run_sync

                # The thread of a cancelled task completes its request: the service may have replaced the refresh token, which
                # is then stored.
                return await run_sync(function, abandon_on_cancel=True)

    async def aclose(self) -> None:
        """Close the connections, those of clones too. Closing twice is the same as once."""
        for transport in self._connections.release():
            await transport.aclose()
        for transport in self._blocking.release():
            transport.close()


def _several(hooks: Any) -> Sequence[Callable[[Any], Any]]:
    return (hooks,) if callable(hooks) else tuple(hooks)


def _merged(base: Iterable[tuple[str, str]], others: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Merge headers with lower-case names; `others` take precedence."""
    added = {name.lower(): value for name, value in others.items()}
    return (*(pair for pair in base if pair[0] not in added), *added.items())
