"""How a request becomes a final answer: retries, redirects, renewal of credentials; written once, without a network.

`converse` is a generator that yields what is to be done next and is sent what came of it, so that the threaded and the
asyncio transport differ in nothing but how they do the five things below.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from omicsdk.core.api_errors import api_error
from omicsdk.core.clock import Clock
from omicsdk.core.credentials import Credentials
from omicsdk.core.errors import AuthError, TimedOut, TooManyRedirects, TransportError
from omicsdk.core.logs import http_log
from omicsdk.core.origins import is_confidential, origin_of
from omicsdk.core.redaction import mask_url
from omicsdk.core.redirects import REDIRECT_LIMIT, REDIRECT_STATUSES, Hop, for_strangers, redirected
from omicsdk.core.request import Request
from omicsdk.core.retry import Retry, retry_after


class Response(Protocol):
    """What a conversation looks at in an answer."""

    @property
    def status_code(self) -> int: ...
    @property
    def reason_phrase(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request to a stop; gives the Response, or raises WireFailure."""

    hop: Hop
    headers: Mapping[str, str]
    query: Mapping[str, str]
    credentials: Credentials | None


@dataclass(frozen=True, slots=True)
class Authorize:
    """Ask credentials what to send along; gives headers and query parameters, or raises AuthError."""

    credentials: Credentials
    hop: Hop


@dataclass(frozen=True, slots=True)
class Renew:
    """Tell credentials what was refused; gives whether there is something new to send."""

    credentials: Credentials
    refused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Finish:
    """Read what is left of an answer that isn't the final one, up to a bound, and close it; gives the bytes."""

    response: Any


Action = Send | Authorize | Renew | Sleep | Finish


#: What goes along when there are no credentials.
NOTHING: Mapping[str, str] = MappingProxyType({})


class WireFailure(Exception):
    """No whole answer came back.

    Args:
        error: What to raise when there is no other try.
        arrived: Whether the request may have reached the service.
        lasting: Whether another try can't help (a certificate that isn't trusted).
    """

    def __init__(self, error: TransportError, *, arrived: bool, lasting: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.arrived = arrived
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Manners:
    """What a transport brings to each of its conversations.

    Attributes:
        base_url: Where paths stand under, without a slash at the end.
        origin: Its origin.
        headers: Sent with every request unless the request has its own of that name; names in lower case.
        credentials: What is sent along to that origin, or None.
        retry: When to try again.
        clock: What tells the time.
        fraction: Draws the jitter, a number from 0 to 1.
    """

    base_url: str
    origin: str
    headers: tuple[tuple[str, str], ...]
    credentials: Credentials | None
    retry: Retry
    clock: Clock
    fraction: Callable[[], float]


def converse(request: Request, manners: Manners, *, follow_redirects: bool = True) -> Generator[Action, Any, Any]:
    """Carries a request through to its final answer.

    Args:
        request: What to send.
        manners: The transport's settings.
        follow_redirects: False gives redirects back, but for those with Retry-After, which say "not yet".

    Yields:
        What to do next.

    Returns:
        The final Response, its status below 400.

    Raises:
        APIError: The answer is an error, still so after the retries.
        TransportError: No answer, still so after the retries, or no end of redirects.
        AuthError: The credentials may not go there, or can't be renewed.
    """
    clock, retry = manners.clock, manners.retry
    started = clock.monotonic()
    hop = _first_hop(request, manners)
    credentials = _credentials_for(request, hop, manners)
    failures = redirects = 0
    renewed = False
    while True:
        sent, query, using = NOTHING, NOTHING, None
        if credentials is not None and hop.trusted:
            try:
                sent, query = yield Authorize(credentials, hop)
                using = credentials
            except AuthError as error:
                if request.secured:
                    raise
                http_log.info("%s: going on without credentials: %s", request.operation, error)
        try:
            response: Response = yield Send(hop, sent, query, using)
        except WireFailure as failure:
            failures += 1
            pause = None
            if not failure.lasting and (_is_idempotent(request, hop) or not failure.arrived):
                pause = retry.next_pause(
                    failures=failures, elapsed=clock.monotonic() - started, fraction=manners.fraction()
                )
            if pause is None:
                raise _described(failure.error, request, hop, failures) from failure.__cause__
            _tell(request, hop, failure.error.message, failures, retry, pause)
            yield Sleep(pause)
            continue
        status = response.status_code
        if status < 300:
            return response
        if status < 400:
            location = response.headers.get("location")
            if status not in REDIRECT_STATUSES or not location:
                return response
            wait = retry_after(response.headers, clock.now())
            if wait is None and not follow_redirects:
                return response
            yield Finish(response)
            hop = _next_hop(request, hop, status, location)
            if wait:
                _check_budget(request, hop, clock.monotonic() - started, wait, retry)
                http_log.info("%s %s: not yet, again in %.1f s", hop.method, mask_url(hop.url), wait)
                yield Sleep(wait)
            else:
                redirects += 1
                if redirects > REDIRECT_LIMIT:
                    raise _described(TooManyRedirects(f"Redirected {redirects} times"), request, hop, 1)
            continue
        body: bytes = yield Finish(response)
        asked = retry_after(response.headers, clock.now())
        if status == 401 and sent and using is not None and not renewed:
            renewed = True
            if (yield Renew(using, sent)):
                http_log.info("%s %s: credentials renewed", hop.method, mask_url(hop.url))
                continue
        failures += 1
        if retry.retries_status(status, idempotent=_is_idempotent(request, hop)):
            pause = retry.next_pause(
                failures=failures,
                elapsed=clock.monotonic() - started,
                fraction=manners.fraction(),
                retry_after=asked if status == 429 or status >= 500 else None,
            )
            if pause is not None:
                _tell(request, hop, f"{status} {response.reason_phrase}", failures, retry, pause)
                yield Sleep(pause)
                continue
        raise api_error(
            status=status,
            headers=response.headers,
            body=body,
            method=hop.method,
            url=hop.url,
            operation=request.operation,
            reason=response.reason_phrase,
            retry_after=asked,
        )


def _first_hop(request: Request, manners: Manners) -> Hop:
    names = {name.lower() for name, _ in request.headers}
    headers = tuple(pair for pair in manners.headers if pair[0] not in names) + request.headers
    has_content = request.content is not None
    if request.url.startswith("/"):
        return Hop(request.method, manners.base_url + request.url, headers, has_content)
    trusted = origin_of(request.url) == manners.origin
    return Hop(request.method, request.url, headers if trusted else for_strangers(headers), has_content, trusted)


def _is_idempotent(request: Request, hop: Hop) -> bool:
    # A POST that was answered with 303 has become a GET, which may be repeated.
    return request.idempotent or hop.method in ("GET", "HEAD")


def _credentials_for(request: Request, hop: Hop, manners: Manners) -> Credentials | None:
    """The credentials if they may go to the first stop; refuses where the operation can't do without."""
    credentials = manners.credentials
    if credentials is None or not hop.trusted:
        return None
    url = mask_url(manners.base_url)
    if not is_confidential(hop.url):
        if request.secured:
            raise AuthError(
                f"{request.operation}: credentials aren't sent to {url} because the connection isn't encrypted",
                remedy="Use the service's https:// address.",
            )
        return None
    if not credentials.goes_to(hop.url):
        if request.secured:
            raise AuthError(
                f"{request.operation}: the credentials were issued for another service than {url}, and aren't sent there",
                remedy="Log in to this service, or name it as one of the credentials' origins.",
            )
        return None
    return credentials


def _next_hop(request: Request, hop: Hop, status: int, location: str) -> Hop:
    try:
        following = redirected(hop, status, location)
    except ValueError as error:
        raise _described(TransportError("The service redirected to what isn't a URL"), request, hop, 1) from error
    if not following.url.lower().startswith(("http://", "https://")):
        raise _described(TransportError("The service redirected to another protocol than http"), request, hop, 1)
    return following


def _check_budget(request: Request, hop: Hop, elapsed: float, wait: float, retry: Retry) -> None:
    if elapsed + wait > retry.budget:
        error = TimedOut(
            f"The service wasn't done after {elapsed:.0f} s and asked to wait {wait:.0f} s more",
            remedy=f"Call again later, or allow more than {retry.budget:.0f} s with Retry(budget=).",
        )
        raise _described(error, request, hop, 1)


def _described(error: TransportError, request: Request, hop: Hop, attempts: int) -> TransportError:
    error.method = hop.method
    error.url = mask_url(hop.url)
    error.operation = request.operation
    error.attempts = attempts
    return error


def _tell(request: Request, hop: Hop, what: str, failures: int, retry: Retry, pause: float) -> None:
    http_log.info(
        "%s: %s %s: %s; try %d of %d in %.1f s",
        request.operation,
        hop.method,
        mask_url(hop.url),
        what,
        failures + 1,
        retry.attempts,
        pause,
    )
