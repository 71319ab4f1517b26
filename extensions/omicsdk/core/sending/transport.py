"""The transports of clients: settings, and the two ways to carry out a conversation. httpx is imported when one sends."""

import copy
import os
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from omicsdk.core.base_urls import checked_base_url
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import Credentials, HttpxAuth, as_credentials
from omicsdk.core.errors import AuthError, ConfigError, TransportError
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.origins import origin_of
from omicsdk.core.redaction import mask_url, without_query
from omicsdk.core.request import Request
from omicsdk.core.retry import LEAST_RATE, SILENCE, Retry
from omicsdk.core.sending.connections import Connections
from omicsdk.core.sending.conversation import (
    Action,
    Authorize,
    Finish,
    Manners,
    Outgoing,
    Renew,
    Send,
    Sleep,
    WireFailure,
    converse,
    outgoing,
)
from omicsdk.core.sending.user_agent import user_agent

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.sending.wire import AsyncSender, Sender


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long each step of a request may take, in seconds; None is for ever.

    Args:
        connect: Until there is a connection, its encryption included.
        read: Between two pieces of the answer, and until the first.
        write: Between two pieces of the request.
        pool: Until one of the connections is free.
        body: In which an answer's body brings at least `least_rate` bytes a second; a call whose body doesn't, however often
            it is tried, ends after so many.
        least_rate: Bytes a second; 0 or more.

    Raises:
        ValueError: Seconds that aren't above 0, or a rate below 0.
    """

    connect: float | None = 10.0
    read: float | None = 60.0
    write: float | None = 60.0
    pool: float | None = 60.0
    body: float | None = SILENCE
    least_rate: int = LEAST_RATE

    def __post_init__(self) -> None:
        if self.least_rate < 0:
            raise ValueError(f"Timeout(least_rate={self.least_rate}): bytes a second can't be negative")
        for name in ("connect", "read", "write", "pool", "body"):
            seconds: float | None = getattr(self, name)
            if seconds is not None and not seconds > 0:
                raise ValueError(f"Timeout({name}={seconds}): seconds must be above 0")

    @classmethod
    def of(cls, given: "Timeout | float | None") -> "Timeout":
        """Takes what a client's constructor takes.

        Args:
            given: A Timeout; seconds for each step; None for the defaults.

        Returns:
            A Timeout.

        Raises:
            ValueError: The seconds aren't above 0.
        """
        if given is None:
            return _stated.timeout or cls()
        return given if isinstance(given, Timeout) else cls(given, given, given, given)

    def by_name(self) -> dict[str, float | None]:
        """Gives the seconds under httpx's names."""
        return {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.pool}


#: Bytes of an answer that is read whole, decoded: pages of a thousand records have some megabytes.
ANSWER_LIMIT = 64 << 20


def _answer_limit(given: int | None, environ: Mapping[str, str] | None) -> int:
    """The limit that is given, or the environment's, or the default.

    Raises:
        ConfigError: It is no whole number from 1.
    """
    stated = (os.environ if environ is None else environ).get("OMICS_ANSWER_LIMIT", "")
    value = (
        given if given is not None else int(stated) if re.fullmatch("[0-9]{1,18}", stated) else stated or ANSWER_LIMIT
    )
    if not isinstance(value, int) or value < 1:
        where = "answer_limit" if given is not None else "OMICS_ANSWER_LIMIT"
        raise ConfigError(f"{where} is {value!r}, not a number of bytes", remedy="Give a whole number from 1.")
    return value


class _Stated(NamedTuple):
    """What a user said of all calls of a process; None where nothing was said."""

    timeout: Timeout | None = None
    budget: float | None = None


_stated = _Stated()


@contextmanager
def call_limits(timeout: Timeout | None = None, budget: float | None = None) -> Generator[None]:
    """Has transports that are made within the block wait no longer than a user said.

    It is for the whole process, and for programs that end with the block: a command makes its clients in many places.

    Args:
        timeout: For transports to which no other is given; None for what it was.
        budget: Seconds of `Retry`, for all transports: how often they try is up to their makers, how long to the user. None
            for what it was.
    """
    global _stated
    before = _stated
    _stated = _Stated(timeout or before.timeout, before.budget if budget is None else budget)
    try:
        yield
    finally:
        _stated = before


_USUAL = Retry()


def stated_budget() -> float | None:
    """The seconds that `call_limits` allows a call with its tries; None outside of it."""
    return _stated.budget


def within_budget(retry: Retry | None = None) -> Retry:
    """When to try again, within what `call_limits` allows.

    Args:
        retry: None for the defaults.
    """
    retry = _USUAL if retry is None else retry
    return retry if _stated.budget is None else replace(retry, budget=_stated.budget)


def transport_error(error: Exception, request: Request, response: "httpx.Response") -> TransportError | None:
    """Gives our error for one that httpx raises while a streamed body is read.

    Args:
        error: What was raised.
        request: The request whose answer it was.
        response: The answer, which may have come from elsewhere.

    Returns:
        The error to raise instead, or None when it isn't one of the network's.
    """
    from omicsdk.core.sending.wire import WIRE_ERRORS, failure_of

    if not isinstance(error, WIRE_ERRORS):
        return None
    ours = failure_of(error).error
    ours.method, ours.url, ours.operation = request.method, without_query(str(response.url)), request.operation
    return ours


def _chance() -> float:
    import random

    return random.random()  # noqa: S311 - spreads clients out, keeps no secret


class _Transport:
    """What the two transports share: all but sending."""

    def __init__(
        self,
        base_url: str,
        *,
        credentials: "Credentials | httpx.Auth | None",
        timeout: Timeout | float | None,
        retry: Retry | None,
        headers: Mapping[str, str] | None,
        clock: Clock,
        fraction: Callable[[], float],
        answer_limit: int,
    ) -> None:
        self._answer_limit = answer_limit
        base_url = checked_base_url(base_url)
        if "@" in base_url.partition("://")[2].partition("/")[0]:
            raise ConfigError(
                f"The base URL {mask_url(base_url)!r} has a password in it, which would show in logs",
                remedy="Give it as credentials=Basic(name, password).",
            )
        if "?" in base_url or "#" in base_url:
            raise ConfigError(
                f"The base URL {mask_url(base_url)!r} has a query or fragment, and paths can't follow one",
                remedy="Give the part before it.",
            )
        self._timeout = Timeout.of(timeout)
        base = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": user_agent()}
        self._manners = Manners(
            base_url=base_url,
            origin=origin_of(base_url),
            headers=_merged(base.items(), headers or {}),
            credentials=as_credentials(credentials),
            retry=within_budget(retry),
            clock=clock,
            fraction=fraction,
        )

    @property
    def base_url(self) -> str:
        """Where paths stand under, without a slash at the end."""
        return self._manners.base_url

    @property
    def credentials(self) -> Credentials | None:
        """What is sent along to the base URL's origin."""
        return self._manners.credentials

    @property
    def retry(self) -> Retry:
        """When and how often requests are retried."""
        return self._manners.retry

    @property
    def answer_limit(self) -> int:
        """Bytes of an answer, or of one of its items, that is held in memory."""
        return self._answer_limit

    def _most(self, request: Request) -> int | None:
        """Bytes of an answer that are read whole."""
        return None if request.streams else self._answer_limit

    def __repr__(self) -> str:
        return f"<{type(self).__name__} to {mask_url(self.base_url)}>"

    def with_options(
        self,
        *,
        timeout: Timeout | float | Omit | None = OMIT,
        retry: Retry | Omit | None = OMIT,
        headers: Mapping[str, str] | Omit | None = OMIT,
        credentials: "Credentials | httpx.Auth | Omit | None" = OMIT,
        answer_limit: int | Omit = OMIT,
    ) -> Self:
        """Gives a clone with other settings over the same connections; closing one closes both.

        Args:
            timeout: A Timeout, or seconds for each step; None for the defaults.
            retry: When to try again; None for the defaults.
            headers: Sent besides those that are sent already, in their place where the names are equal.
            credentials: Others; None sends none.
            answer_limit: Bytes of an answer that is read whole, decoded.

        Returns:
            The clone.

        Raises:
            ConfigError: The limit is no whole number from 1.
        """
        clone = copy.copy(self)
        if answer_limit is not OMIT:
            clone._answer_limit = _answer_limit(answer_limit, None)
        manners = self._manners
        if timeout is not OMIT:
            clone._timeout = Timeout.of(timeout)
            clone.__dict__.pop("_sender", None)
        if retry is not OMIT:
            manners = replace(manners, retry=within_budget(retry))
        if headers is not OMIT:
            manners = replace(manners, headers=_merged(manners.headers, headers or {}))
        if credentials is not OMIT:
            manners = replace(manners, credentials=as_credentials(credentials))
        clone._manners = manners
        return clone

    def beside(self, base_url: str, credentials: "Credentials | httpx.Auth | None") -> Self:
        """A clone for another service, over the same connections; closing one closes both.

        Args:
            base_url: The service's base URL.
            credentials: What is sent along to its origin; None sends none.
        """
        clone = copy.copy(self)
        url = checked_base_url(base_url)
        clone._manners = replace(
            self._manners, base_url=url, origin=origin_of(url), credentials=as_credentials(credentials)
        )
        return clone

    @property
    def clock(self) -> Clock:
        """What tells the time and waits."""
        return self._manners.clock


class Transport(_Transport):
    """Sends requests and gives their final answers, from any number of threads.

    Args:
        base_url: Where paths stand under.
        credentials: What is sent along to the base URL's origin: ours, or an httpx.Auth; None sends none.
        timeout: A Timeout, or seconds for each step; by default 10 to connect, 60 to read.
        retry: When to try again; by default up to five times more.
        headers: Sent with every request unless it has its own of that name.
        http2: Whether to speak HTTP/2 where the server does; needs httpx[http2].
        transport: Takes the place of the network, for tests.
        environ: The environment's variables (proxies, certificate authorities); by default the process's own.
        clock: What tells the time and waits.
        fraction: Draws the jitter of waits: a number from 0 to 1.
        answer_limit: Bytes of an answer that is read whole, decoded, unless the operation's answers are bytes of any
            length; by default OMICS_ANSWER_LIMIT of the environment, or 64 MiB.

    Raises:
        ConfigError: The base URL isn't one, the credentials aren't any, or the limit is no whole number from 1.
    """

    def __init__(
        self,
        base_url: str,
        *,
        credentials: "Credentials | httpx.Auth | None" = None,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        http2: bool = False,
        transport: "httpx.BaseTransport | None" = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        fraction: Callable[[], float] = _chance,
        answer_limit: int | None = None,
    ) -> None:
        super().__init__(
            base_url,
            credentials=credentials,
            timeout=timeout,
            retry=retry,
            headers=headers,
            clock=clock,
            fraction=fraction,
            answer_limit=_answer_limit(answer_limit, environ),
        )
        self._connections = Connections(environ, http2=http2, asynchronous=False, given=transport)

    def send(self, request: Request, *, stream: bool = False, follow_redirects: bool = True) -> "httpx.Response":
        """Sends a request and gives its final answer.

        Args:
            request: What to send.
            stream: Only the head of the answer is read; the caller reads the body and closes the answer.
            follow_redirects: False gives a redirect back; one with Retry-After is waited for and followed all the same.

        Returns:
            The answer, its status below 400.

        Raises:
            APIError: The service answered with an error, still so after the retries; the class of its status.
            TransportError: No whole answer came, still so after the retries; AnswerTooLarge where it exceeds the limit.
            AuthError: The credentials may not go there, or can't be renewed.
        """
        conversation = converse(request, self._manners, follow_redirects=follow_redirects)
        outcome: Any = None
        failure: Exception | None = None
        while True:
            try:
                action = conversation.send(outcome) if failure is None else conversation.throw(failure)
            except StopIteration as done:
                return done.value
            outcome = failure = None
            try:
                outcome = self._perform(action, request, stream)
            except (WireFailure, AuthError) as error:
                failure = error

    def outgoing(self, request: Request) -> Outgoing | None:
        """Gives a request as it goes out, for whoever has other means to send it.

        Args:
            request: A request without a body.

        Returns:
            None where only this transport can send it: something else stands in the place of the network, or the
            credentials are an httpx.Auth.

        Raises:
            AuthError: The credentials may not go there, and the operation can't do without.
        """
        if not self._connections.real or isinstance(self.credentials, HttpxAuth):
            return None
        return outgoing(request, self._manners)

    def _perform(self, action: Action, request: Request, stream: bool) -> object:
        match action:
            case Authorize(credentials, hop):
                return credentials.headers(hop.method, hop.url), credentials.query(hop.method, hop.url)
            case Send(hop, headers, query, credentials):
                content = request.content if hop.has_content else None
                return self._sender.send(
                    hop, content, (headers, query), credentials, stream, self._most(request), live=request.live
                )
            case Finish(response):
                return self._sender.finish(response)
            case Sleep(seconds):
                return self._manners.clock.sleep(seconds)
            case Renew(credentials, refused):
                return credentials.renew(refused)

    @cached_property
    def _sender(self) -> "Sender":
        from omicsdk.core.sending.wire import Sender

        timeout = self._timeout
        return Sender(
            self._connections, timeout.by_name(), timeout.body, timeout.least_rate, self._manners.clock.monotonic
        )

    def close(self) -> None:
        """Closes the connections, those of clones too. Closing twice is the same as once."""
        for transport in self._connections.taken():
            transport.close()


class AsyncTransport(_Transport):
    """Sends requests and gives their final answers, on an event loop of asyncio or trio.

    Args: those of Transport, with an httpx.AsyncBaseTransport as `transport`, and

        blocking_transport: Replaces the network for the blocking twin that `synchronous` returns.
    """

    def __init__(
        self,
        base_url: str,
        *,
        credentials: "Credentials | httpx.Auth | None" = None,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        http2: bool = False,
        transport: "httpx.AsyncBaseTransport | None" = None,
        blocking_transport: "httpx.BaseTransport | None" = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        fraction: Callable[[], float] = _chance,
        answer_limit: int | None = None,
    ) -> None:
        super().__init__(
            base_url,
            credentials=credentials,
            timeout=timeout,
            retry=retry,
            headers=headers,
            clock=clock,
            fraction=fraction,
            answer_limit=_answer_limit(answer_limit, environ),
        )
        self._connections = Connections(environ, http2=http2, asynchronous=True, given=transport)
        self._blocking = Connections(environ, http2=http2, asynchronous=False, given=blocking_transport)

    def synchronous(self) -> Transport:
        """Return a Transport with the same settings, for what runs in threads.

        All of them, those of clones too, share connections, which `aclose` closes.

        Raises:
            ConfigError: A `transport` was given and no `blocking_transport`: requests would bypass it.
        """
        if self._blocking.real and not self._connections.real:
            raise ConfigError(
                "This asynchronous client has a transport= that cannot run in a thread, where workflows run",
                remedy="Give blocking_transport= as well, an httpx.BaseTransport.",
            )
        twin = Transport.__new__(Transport)
        twin._manners, twin._timeout, twin._answer_limit = self._manners, self._timeout, self._answer_limit
        twin._connections = self._blocking  # pyright: ignore[reportPrivateUsage] - a Transport without a pool of its own
        return twin

    async def send(self, request: Request, *, stream: bool = False, follow_redirects: bool = True) -> "httpx.Response":
        """Sends a request and gives its final answer; arguments, answer and errors are those of `Transport.send`."""
        conversation = converse(request, self._manners, follow_redirects=follow_redirects)
        outcome: Any = None
        failure: Exception | None = None
        while True:
            try:
                action = conversation.send(outcome) if failure is None else conversation.throw(failure)
            except StopIteration as done:
                return done.value
            outcome = failure = None
            try:
                outcome = await self._perform(action, request, stream)
            except (WireFailure, AuthError) as error:
                failure = error

    async def _perform(self, action: Action, request: Request, stream: bool) -> object:
        match action:
            case Authorize(credentials, hop) if credentials.ready():
                return credentials.headers(hop.method, hop.url), credentials.query(hop.method, hop.url)
            case Authorize(credentials, hop):
                carried = await _in_thread(credentials.headers, hop.method, hop.url)
                return carried, credentials.query(hop.method, hop.url)
            case Send(hop, headers, query, credentials):
                content = request.content if hop.has_content else None
                return await self._sender.send(
                    hop, content, (headers, query), credentials, stream, self._most(request), live=request.live
                )
            case Finish(response):
                return await self._sender.finish(response)
            case Sleep(seconds):
                return await self._manners.clock.async_sleep(seconds)
            case Renew(credentials, refused):
                return await _in_thread(credentials.renew, refused)

    @cached_property
    def _sender(self) -> "AsyncSender":
        from omicsdk.core.sending.wire import AsyncSender

        timeout = self._timeout
        return AsyncSender(
            self._connections, timeout.by_name(), timeout.body, timeout.least_rate, self._manners.clock.monotonic
        )

    async def aclose(self) -> None:
        """Closes the connections, those of clones too. Closing twice is the same as once."""
        for transport in self._connections.taken():
            await transport.aclose()
        for transport in self._blocking.taken():
            transport.close()


async def _in_thread(function: Callable[..., Any], *arguments: object) -> Any:
    from anyio.to_thread import run_sync

    return await run_sync(function, *arguments)


def _merged(base: Iterable[tuple[str, str]], others: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Headers with lower-case names, `others` in the place of those of the same name."""
    added = {name.lower(): value for name, value in others.items()}
    return (*(pair for pair in base if pair[0] not in added), *added.items())
