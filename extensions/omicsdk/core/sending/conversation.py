"""How a request becomes a final answer: retries, redirects, renewal of credentials; written once, without a network.

`converse` is a generator that yields what is to be done next and is sent what came of it, so that the threaded and the
asyncio transport differ in nothing but how they do the five things below.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

from omicsdk.core.api_errors import api_error
from omicsdk.core.clock import Clock
from omicsdk.core.credentials import Credentials
from omicsdk.core.errors import AuthError, TimedOut, TooManyRedirects, TransportError
from omicsdk.core.logs import http_log
from omicsdk.core.origins import is_confidential, origin_of
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import Request
from omicsdk.core.retry import Retry, clock_lead, lead_in_words, retry_after
from omicsdk.core.sending.redirects import (
    REDIRECT_LIMIT,
    REDIRECT_STATUSES,
    Hop,
    for_strangers,
    is_elsewhere,
    redirected,
)

T = TypeVar("T")
# Says nothing of a body; what the caller says of it in the headers of a client does.
_ANY_BYTES = "application/octet-stream"


class Response(Protocol):
    """What a conversation looks at in an answer."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def reason_phrase(self) -> str:
        """The server's words for it; may be empty."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, found by names in any case."""
        ...


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request to a stop; gives the Response, or raises WireFailure."""

    hop: Hop
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
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


#: Seconds by which clocks may differ before that is taken for the reason of a refusal: what services commonly allow.
CLOCK_TOLERANCE = 300.0

#: What goes along when there are no credentials.
NOTHING: Mapping[str, str] = MappingProxyType({})


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
    return _Conversation(request, manners, follow_redirects).run()


class Outgoing(NamedTuple):
    """A request as it goes out, for whoever sends it by other means than a transport's.

    Attributes:
        method: HTTP method in upper case.
        url: Where it goes.
        headers: Its headers, without those of the credentials; with lower-case names.
        credentials: What has to be asked for more headers; None where nothing may go along.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    credentials: Credentials | None

    def carried(self) -> dict[str, str] | None:
        """All its headers, with those that prove who asks.

        Returns:
            None where the transport had better send it: the credentials have to be renewed, which takes a while, can't be,
            or go into the URL, which messages show.
        """
        credentials = self.credentials
        if credentials is None:
            return dict(self.headers)
        if not credentials.ready() or credentials.query(self.method, self.url):
            return None
        try:
            proof = credentials.headers(self.method, self.url)
        except AuthError:
            return None
        return {**self.headers, **{name.lower(): value for name, value in proof.items()}}


def outgoing(request: Request, manners: Manners) -> Outgoing:
    """Gives a request as it goes out first.

    Args:
        request: A request without a body.
        manners: How its transport sends.

    Raises:
        AuthError: The credentials may not go there, and the operation can't do without.
    """
    hop = _first_hop(request, manners)
    return Outgoing(
        hop.method,
        hop.url,
        {name.lower(): value for name, value in hop.headers},
        _credentials_for(request, hop, manners),
    )


Steps = Generator[Action, Any, T]


class _Conversation:
    """One request on its way: where it is, and what it has met so far."""

    def __init__(self, request: Request, manners: Manners, follow_redirects: bool) -> None:
        self._request = request
        self._manners = manners
        self._follow_redirects = follow_redirects
        self._started = manners.clock.monotonic()
        self._hop = _first_hop(request, manners)
        self._credentials = _credentials_for(request, self._hop, manners)
        self._failures = 0
        self._redirects = 0
        self._renewed = False

    def run(self) -> Steps[Any]:
        """Yields what is to be done next, and returns the final answer."""
        while True:
            credentials, headers, query = yield from self._authorized()
            try:
                response: Response = yield Send(self._hop, headers, query, credentials)
            except WireFailure as failure:
                yield from self._wait_after_failure(failure)
                continue
            if response.status_code < 300 or self._is_final(response):
                return response
            if response.status_code < 400:
                yield from self._go_on(response)
                continue
            body: bytes = yield Finish(response)
            if response.status_code == 401 and credentials is not None and headers and not self._renewed:
                self._renewed = True
                if (yield Renew(credentials, headers)):
                    http_log.info("%s %s: credentials renewed", self._hop.method, mask_url(self._hop.url))
                    continue
            yield from self._wait_after_error(response, body)

    def _authorized(self) -> Steps[tuple[Credentials | None, Mapping[str, str], Mapping[str, str]]]:
        """Whose credentials go along, as which headers and query parameters."""
        if self._credentials is not None and self._hop.trusted:
            try:
                headers, query = yield Authorize(self._credentials, self._hop)
            except AuthError as error:
                if self._request.secured:
                    raise
                http_log.info("%s: going on without credentials (%s)", self._request.operation, error)
            else:
                return self._credentials, headers, query
        return None, NOTHING, NOTHING

    def _wait_after_failure(self, failure: WireFailure) -> Steps[None]:
        """Waits for the next try, or raises where there is none."""
        self._failures += 1
        pause = None
        stalled = failure.within is not None and self._elapsed() >= failure.within
        if not (failure.lasting or stalled) and (self._is_idempotent() or not failure.arrived):
            pause = self._next_pause()
        if pause is None:
            raise _described(failure.error, self._request, self._hop, self._failures) from failure.__cause__
        self._tell(failure.error.message, pause)
        yield Sleep(pause)

    def _is_final(self, response: Response) -> bool:
        """Whether a 3xx is what the caller gets: it leads nowhere, or the caller wants to see where it leads."""
        if response.status_code >= 400:
            return False
        if response.status_code not in REDIRECT_STATUSES or not response.headers.get("location"):
            return True
        if self._request.location and is_elsewhere(response.status_code, response.headers.get("location")):
            return True
        return not self._follow_redirects and self._asked_wait(response) is None

    def _go_on(self, response: Response) -> Steps[None]:
        """Goes where a redirect leads, after the wait that it asks for."""
        wait = self._asked_wait(response)
        yield Finish(response)
        self._hop = _next_hop(self._request, self._hop, response.status_code, response.headers["location"])
        if wait:
            _check_budget(self._request, self._hop, self._elapsed(), wait, self._manners.retry)
            http_log.info("%s %s: not yet, again in %.1f s", self._hop.method, mask_url(self._hop.url), wait)
            yield Sleep(wait)
            return
        self._redirects += 1
        if self._redirects > REDIRECT_LIMIT:
            raise _described(
                TooManyRedirects(f"Redirected {self._redirects} times"), self._request, self._hop, attempts=1
            )

    def _wait_after_error(self, response: Response, body: bytes) -> Steps[None]:
        """Waits for the next try, or raises the error that the answer is."""
        self._failures += 1
        status, asked = response.status_code, self._asked_wait(response)
        if self._manners.retry.retries_status(status, idempotent=self._is_idempotent()):
            pause = self._next_pause(asked if status == 429 or status >= 500 else None)
            if pause is not None:
                self._tell(f"{status} {response.reason_phrase}", pause)
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
            retry_after=asked,
        )
        if status == 401 and self._credentials is not None:
            error.remedy = _clock_remedy(clock_lead(response.headers, self._manners.clock.now())) or error.remedy
        raise error

    def _asked_wait(self, response: Response) -> float | None:
        stated = "retry-after" in response.headers
        return retry_after(response.headers, self._manners.clock.now()) if stated else None

    def _next_pause(self, asked: float | None = None) -> float | None:
        return self._manners.retry.next_pause(
            failures=self._failures, elapsed=self._elapsed(), fraction=self._manners.fraction(), retry_after=asked
        )

    def _elapsed(self) -> float:
        return self._manners.clock.monotonic() - self._started

    def _is_idempotent(self) -> bool:
        # A POST that was answered with 303 has become a GET, which may be repeated.
        return self._request.idempotent or self._hop.method in ("GET", "HEAD")

    def _tell(self, what: str, pause: float) -> None:
        http_log.info(
            "%s%s %s: %s; try %d of %d in %.1f s",
            f"{self._request.operation}: " if self._request.operation else "",
            self._hop.method,
            mask_url(self._hop.url),
            what,
            self._failures + 1,
            self._manners.retry.attempts,
            pause,
        )


def _clock_remedy(lead: float | None) -> str:
    """What to do about a clock that is so wrong that valid credentials look invalid; nothing when it isn't."""
    if lead is None or abs(lead) < CLOCK_TOLERANCE:
        return ""
    return f"This machine's clock is {lead_in_words(lead)} the service's: set it, then try again."


def _first_hop(request: Request, manners: Manners) -> Hop:
    own = request.headers
    if any(name == "content-type" for name, _ in manners.headers):
        own = tuple((name, value) for name, value in own if not _says_any_bytes(name, value))
    names = {name.lower() for name, _ in own}
    headers = tuple(pair for pair in manners.headers if pair[0] not in names) + own
    has_content = request.content is not None
    if request.url.startswith("/"):
        return Hop(request.method, manners.base_url + request.url, headers, has_content)
    trusted = origin_of(request.url) == manners.origin
    return Hop(request.method, request.url, headers if trusted else for_strangers(headers), has_content, trusted)


def _says_any_bytes(name: str, value: str) -> bool:
    return name.lower() == "content-type" and value.partition(";")[0] == _ANY_BYTES


def _credentials_for(request: Request, hop: Hop, manners: Manners) -> Credentials | None:
    """The credentials if they may go to the first stop; refuses where the operation can't do without."""
    credentials = manners.credentials
    if credentials is None or request.public or not hop.trusted:
        return None
    if not is_confidential(hop.url):
        if request.secured:
            url = mask_url(manners.base_url)
            raise AuthError(
                f"{request.operation}: credentials aren't sent to {url} because the connection isn't encrypted",
                remedy="Use the service's https:// address.",
            )
        return None
    if not credentials.goes_to(hop.url):
        if request.secured:
            url = mask_url(manners.base_url)
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
