"""The only module that sends with httpx: the requests of a conversation, from threads or asyncio.

It uses httpx's transports, not its clients: those would keep cookies, follow redirects by other rules, and log whole
URLs at INFO, including presigned ones.
"""

import datetime
import logging
import time
import zlib
from collections.abc import AsyncIterator, Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anyio
import httpcore

from omicsdk.core.api_errors import READ_LIMIT as ERROR_LIMIT
from omicsdk.core.api_errors import not_json
from omicsdk.core.clock import TICK, interrupted, never
from omicsdk.core.credentials import HttpxAuth
from omicsdk.core.errors import ConnectionLost, ProxyLoginFailed, ResponseTooLarge, TimedOut
from omicsdk.core.json_coding import charset_in, decoded
from omicsdk.core.logs import http_log
from omicsdk.core.redaction import MASK, mask_headers, mask_text, mask_url
from omicsdk.core.retry import Flow
from omicsdk.core.sending.connections import KEPT_FOR, Connections, Pool, PoolKey, WireFailure
from omicsdk.core.sending.failures import WIRE_ERRORS, TooSlow, failure_of, is_of_login, unsendable
from omicsdk.core.sending.hooks import awaited, call_hook
from omicsdk.core.sending.httpx_import import httpx
from omicsdk.core.sending.proxies import Passage, is_login_refused

if TYPE_CHECKING:
    from omicsdk.core.request import AnyHooks, Request
    from omicsdk.core.sending.transport import Send, Timeout

#: Bytes of an error before a streamed body that are read to reuse its connection, which is cheaper than a new one up to here.
READ_LIMIT = 1 << 18


class _Masked(logging.Filter):
    """Masks httpcore's DEBUG logs: the heads of responses, with presigned URLs and cookies in them."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_text(record.getMessage()), ()
        return True


for _name in ("httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks"):
    logging.getLogger(_name).addFilter(_Masked())

#: Seconds between two looks of an event loop at whether a proxy has let the first request through.
_PROXY_CHECK_SECONDS = 0.02


class Received(httpx.Response):
    """A response of httpx whose `json` raises an error of ours."""

    def json(self, **options: Any) -> Any:
        """Decode the body as JSON; options are those of json.loads.

        Raises:
            NotJson: It is not JSON, but a web page, for example.
        """
        try:
            if options:
                return super().json(**options)
            return decoded(self.content, charset_in(self.headers.get("content-type", "")))
        except (ValueError, RecursionError) as error:
            why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise not_json("", str(self.url), self.text, why) from error


class _Content:
    """A body that is created again for each try."""

    def __init__(self, make: Callable[[], Iterable[bytes]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[bytes]:
        yield from self._make()


class _AsyncContent:
    """The same for an event loop; the pieces, which may come from a disk, are read in a thread."""

    def __init__(self, make: Callable[[], Iterable[bytes]]) -> None:
        self._make = make

    async def __aiter__(self) -> AsyncIterator[bytes]:
        from anyio.to_thread import run_sync

        pieces = iter(await run_sync(self._make))
        # With a default, because StopIteration cannot be raised into a future.
        while (piece := await run_sync(next, pieces, None)) is not None:
            yield piece


class Threads:
    """How a `Sender` waits in threads: its methods block, so that their coroutines end at their first step."""

    content, flow = _Content, "sync_auth_flow"

    async def acquire(self, slots: Any, seconds: float | None) -> bool:
        """Return whether a slot was free within seconds; None for no limit."""
        return slots.acquire(timeout=seconds)

    async def passed(self, passage: Passage) -> bool:
        """Wait for the first request through a proxy with a password; return whether the proxy accepted it."""
        return passage.wait()

    async def respond(self, transport: Any, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the head of its response."""
        return transport.handle_request(request)

    async def read(self, response: httpx.Response, takes: Callable[[bytes], bool], *, is_plain: bool = False) -> None:
        """Read the body of a response until `takes` returns False."""
        for piece in response.iter_raw() if is_plain else response.iter_bytes():
            if not takes(piece):
                break

    async def following(self, flow: Any, response: httpx.Response | None) -> httpx.Request | None:
        """Return the next request of an httpx.Auth's flow; None at its end."""
        try:
            return flow.send(response)
        except StopIteration:
            return None

    async def call(self, hook: Callable[[Any], Any], value: object) -> None:
        """Call a hook."""
        call_hook(hook, value)

    async def close(self, opened: Any) -> None:
        """Close a response, a transport or a flow."""
        opened.close()


class EventLoop:
    """How a `Sender` waits on an event loop; methods as those of Threads."""

    content, flow = _AsyncContent, "async_auth_flow"

    async def acquire(self, slots: Any, seconds: float | None) -> bool:
        try:
            # Most requests find a free slot, and need no cancel scope.
            slots.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(seconds) as waiting:
                await slots.acquire()
            # Not cancel_called: at the deadline the slot may have been acquired, and would be lost.
            return not waiting.cancelled_caught
        return True

    async def passed(self, passage: Passage) -> bool:
        turn = passage.turn()
        while turn == "wait":  # the first may belong to another event loop, or to a thread
            await anyio.sleep(_PROXY_CHECK_SECONDS)
            turn = passage.turn()
        return turn != "refused"

    async def respond(self, transport: Any, request: httpx.Request) -> httpx.Response:
        return await transport.handle_async_request(request)

    async def read(self, response: httpx.Response, takes: Callable[[bytes], bool], *, is_plain: bool = False) -> None:
        async for piece in response.aiter_raw() if is_plain else response.aiter_bytes():
            if not takes(piece):
                break

    async def following(self, flow: Any, response: httpx.Response | None) -> httpx.Request | None:
        try:
            return await flow.asend(response)
        except StopAsyncIteration:
            return None

    async def call(self, hook: Callable[[Any], Any], value: object) -> None:
        await awaited(hook(value))

    async def close(self, opened: Any) -> None:
        await opened.aclose()


class Sender:
    """Sends single requests over shared connections, from threads or on an event loop.

    Its methods are coroutines for both. In threads they never wait for an event loop.

    Args:
        connections: The connections to send over.
        timeout: Time limits of each step.
        now: The clock for slow bodies; it never goes back.
        hooks: Functions of the user that are called with each request before it is sent, and with each response.
        waits: Waits for what takes time.
    """

    def __init__(
        self,
        connections: Connections,
        timeout: "Timeout",
        now: Callable[[], float],
        hooks: "AnyHooks",
        waits: Threads | EventLoop,
    ) -> None:
        connections.limited = AsyncLimitedTransport if isinstance(waits, EventLoop) else LimitedTransport
        self._connections = connections
        self._waits = waits
        self._timeout = timeout
        self._timeouts = timeout.by_name()
        self._now = now
        self._before, self._after = hooks

    def _request(self, step: "Send", request: "Request") -> httpx.Request:
        hop, added = step.hop, step.headers
        headers = hop.headers
        if added:
            headers = (*(pair for pair in headers if pair[0].lower() not in added), *added.items())
        url = with_query(hop.url, step.query) if step.query else hop.url
        content = request.content if hop.has_content else None
        # A function makes the body again: a retry must not continue where the first try stopped reading.
        of_file: Any = content  # a FileContent, of a module that not every copy of the runtime has
        is_stated = any(name.lower() == "content-length" for name, _ in headers)
        if not is_stated and (length := getattr(content, "length", None)) is not None:
            headers = (*headers, ("content-length", str(length)))
            content = partial(of_file, length)
        body = self._waits.content(content) if callable(content) else content
        timeouts, head = dict(self._timeouts), self._timeout.body
        # After a silent try, each wait and the whole head have what is left of the call's limit.
        if step.left is not None:
            timeouts = {name: step.left if limit is None else min(limit, step.left) for name, limit in timeouts.items()}
            head = step.left if head is None else min(head, step.left)
        extensions: dict[str, Any] = {"timeout": timeouts, "head": None if head is None else (head, self._now)}
        if step.credentials is not None and (certificate := getattr(step.credentials, "certificate", None)) is not None:
            extensions["certificate"] = certificate.files
        # For the log: a document names its keys as it likes, so names do not show what is secret.
        if added or step.query:
            extensions["credentials"] = frozenset(added), frozenset(step.query)
        try:
            return httpx.Request(hop.method, url, headers=headers, content=body, extensions=extensions)
        except (httpx.InvalidURL, UnicodeError, TypeError) as error:
            raise unsendable(error) from error

    def _watched(self, request: httpx.Request, *, stream: bool, live: bool) -> "_Watch | None":
        """Return what watches the body, None for no limit. One that is read here must begin to arrive within the head's time."""
        timeout = self._timeout
        if timeout.body is None or live:
            return None
        # Without this, a server that sent its head after 50 s and then nothing held a call for another minute.
        if not stream and timeout.least_rate:
            request.extensions["least"] = int(timeout.least_rate * timeout.body)
        return _Watch(timeout.least_rate, timeout.body, self._now)

    def _failure(self, error: Exception, request: httpx.Request) -> WireFailure:
        failure = failure_of(error)
        if isinstance(failure.error, TimedOut) and not failure.lasting:
            failure.within = self._timeout.body
        # An unknown name or a refused connection is a wrong URL if the host never responded, else an outage, which is retried.
        failure.lasting |= failure.settled and not self._connections[_key_of(request)].responded
        # What arrived has passed the proxy.
        if not failure.is_sent:
            self._connections.route_to(request.url).blame_proxy(failure.error)
        return failure

    def _received(self, response: httpx.Response, started: float) -> httpx.Response:
        # Over plain http a proxy's refusal is an ordinary response, with the same status as the service's could have.
        if response.is_error and response.is_closed and is_login_refused(response.status_code, response.headers):
            route = self._connections.route_to(response.request.url)
            if route.proxy is not None:
                refused = ProxyLoginFailed(f"The proxy refused: {response.status_code} {response.reason_phrase}")
                route.blame_proxy(refused)
                raise WireFailure(refused, is_sent=False, lasting=True)
        # httpx has no option for the class. Subclasses, from transports of tests, keep theirs.
        if type(response) is httpx.Response:
            response.__class__ = Received
        response.elapsed = datetime.timedelta(seconds=time.perf_counter() - started)
        if http_log.isEnabledFor(logging.DEBUG):
            show(response.request, response)
        return response

    async def send(
        self,
        step: "Send",
        request: "Request",
        stream: bool,
        most: int | None,
        stopped: Callable[[], bool] = never,
    ) -> httpx.Response:
        """Send one request and read its response.

        Args:
            step: The step, with its credentials' headers; an httpx.Auth among these runs its own flow here.
            request: The request that the step belongs to.
            stream: Whether to read the head only.
            most: Maximum number of decoded bytes of a body; None for no limit. An error's body is truncated; any other response that
                is larger fails.
            stopped: Whether to stop waiting for the response; called ten times a second, in threads alone.

        Raises:
            WireFailure: No complete response arrived, or it is too large.
            Interrupted: A stop ended the wait.
        """
        sent = self._request(step, request)
        if stopped is not never and not stopped():  # a workflow that stops cleans up by requests that are awaited
            sent.extensions["stopped"] = stopped
        if not isinstance(step.credentials, HttpxAuth):
            return await self._once(sent, stream, most, request.live)
        # Such a flow sends requests of its own, such as Digest's first one without credentials, each with the limits of the call.
        flow = getattr(step.credentials.auth, self._waits.flow)(sent)
        try:
            response, following = None, await self._waits.following(flow, None)
            while following is not None:
                if response is not None:
                    await self.finish(response)
                response = await self._once(following, stream, most, request.live)
                following = await self._waits.following(flow, response)
        except WIRE_ERRORS as error:  # of the flow itself: an invalid challenge
            raise failure_of(error) from error
        finally:
            await self._waits.close(flow)
        assert response is not None, "a flow yields at least one request"
        return response

    async def _once(self, request: httpx.Request, stream: bool, most: int | None, live: bool) -> httpx.Response:
        for hook in self._before:
            await self._waits.call(hook, request)
        started = time.perf_counter()
        try:
            response = await self._let_through(request, self._watched(request, stream=stream, live=live))
            if not stream or (response.is_error and is_login_refused(response.status_code, response.headers)):
                try:
                    body = _Whole(response, most)
                    await self._waits.read(response, body.takes, is_plain=body.is_plain)
                    body.keep()
                finally:
                    await self._waits.close(response)
        except WIRE_ERRORS as error:
            raise self._failure(error, request) from error
        response = self._received(response, started)
        try:
            for hook in self._after:
                await self._waits.call(hook, response)
        except BaseException:
            # The caller never gets the response, so its connection is returned here.
            await self._waits.close(response)
            raise
        return response

    async def _let_through(self, request: httpx.Request, watch: "_Watch | None") -> httpx.Response:
        """Send a request by what replaces the network, or after the first one through a proxy that has to accept a password."""
        substitute = self._connections.substitute
        if substitute is not None and (respond := substitute()) is not None:
            response = respond(request)
            response.request = request
            return response
        pool = self._connections[_key_of(request)]
        if pool.login is None:
            return await self._head(pool, request, watch)
        # A wrong password is sent by one request, not by all that are in flight: several refusals lock accounts.
        passage = Passage(pool.login)
        if not await self._waits.passed(passage):
            raise httpx.ProxyError("407 Proxy Authentication Required", request=request)
        with passage:
            try:
                response = await self._head(pool, request, watch)
            except httpx.ProxyError as error:
                passage.responded(refused=is_of_login(error))
                raise
            passage.responded(refused=is_login_refused(response.status_code, response.headers))
            return response

    async def _head(self, pool: Pool, request: httpx.Request, watch: "_Watch | None") -> httpx.Response:
        """Send a request over a connection reserved for it until the response is closed."""
        transport = pool.shared
        # A slot, then a transport: those in use plus those idle are never more than there are slots.
        if transport is None and not await self._waits.acquire(pool.slots, self._timeout.pool):
            raise httpx.PoolTimeout("All connections are in use", request=request)
        try:
            if transport is None:
                if pool.small is not None and pool.small.serves(request):
                    transport = pool.small
                else:
                    try:
                        transport = pool.idle.pop()[0]  # the most recently used one: the others expire
                    except IndexError:
                        transport = pool.add()
            response = await self._waits.respond(transport, request)
        # An interrupt too: a slot that is not returned is lost to all threads of the process.
        except BaseException:
            _give_back(pool, transport, self._now())
            raise
        # Read by other threads without a lock: it changes once, and a late reader only reports a refused connection as lasting.
        pool.responded = True
        response.request = request
        if response.is_closed:  # as for a response from a cassette
            _give_back(pool, transport, self._now())
        else:
            response.stream = _Body(response.stream, watch, partial(self._given_back, pool, transport))
            _decode_all(response)
        return response

    def _given_back(self, pool: Pool, transport: Any) -> list[Any]:
        """Return a transport to its pool; the transports that are returned were not used for long, and are to be closed."""
        now, old = self._now(), list[Any]()
        _give_back(pool, transport, now)
        try:
            # Without a lock: `popleft` and `append` of a deque are atomic, and an IndexError says that others were faster.
            while now - pool.idle[0][1] > KEPT_FOR:
                transport, since = pool.idle.popleft()
                if now - since <= KEPT_FOR:  # another thread took the oldest one meanwhile
                    pool.idle.appendleft((transport, since))
                    break
                pool.all.remove(transport)
                old.append(transport)
        except IndexError:  # other threads took them all, or all requests share one
            return old
        return old

    async def finish(self, response: httpx.Response) -> bytes:
        """Read the rest of an intermediate response, at most READ_LIMIT bytes, and close it.

        Args:
            response: The response.

        Returns:
            Its body, as far as it arrived.
        """
        if response.is_stream_consumed:
            return response.content
        body = bytearray()

        def takes(piece: bytes) -> bool:
            body.extend(piece)
            return len(body) < READ_LIMIT

        try:
            await self._waits.read(response, takes)
        except WIRE_ERRORS as error:
            # The status is known, which matters more than the rest of its message.
            http_log.debug("the body of an error was cut off: %s", type(error).__name__)
        finally:
            await self._waits.close(response)
        return bytes(body)


class _Whole:
    """A response's body that is read into memory, up to a limit.

    Args:
        response: The response.
        most: Maximum number of decoded bytes; None for no limit.

    Raises:
        WireFailure: The response states that it is larger, or has an encoding that was not requested.
    """

    def __init__(self, response: httpx.Response, most: int | None) -> None:
        most = min(most or ERROR_LIMIT, ERROR_LIMIT) if response.is_error else most  # no error shows more
        self._response, self._most = response, most
        self._pieces: list[bytes] = []
        self._left = most if most is not None else 0
        content_encoding = response.headers.get("content-encoding")
        # What has no encoding needs none of the steps by which httpx decodes one.
        self.is_plain = content_encoding is None and not response.is_stream_consumed
        undone = [] if content_encoding is None else self._undone(content_encoding)
        if most is None or undone or response.request.method == "HEAD" or response.is_error:
            return
        # Only a first look: the header may be missing or wrong, so that the pieces are counted as well.
        content_length: str = response.headers.get("content-length", "")
        if content_length.isdecimal() and int(content_length[:20]) > most:
            raise self._too_large(most)

    def _undone(self, content_encoding: str) -> list[str]:
        """Return the encodings of a response that httpx decodes."""
        codings = [part.strip().lower().removeprefix("x-") for part in content_encoding.split(",")]
        undone = [coding for coding in codings if coding in ("gzip", "deflate", "br", "zstd")]
        accept_encoding = self._response.request.headers.get("accept-encoding", "gzip, deflate").lower()
        if len(undone) > 1 or not all(coding in accept_encoding for coding in undone):
            # httpx decodes all encodings in one step: a kilobyte may become a gigabyte.
            problem = f"The response is encoded as {', '.join(undone)}, which was not requested"
            raise WireFailure(ConnectionLost(problem), is_sent=True)
        return undone

    def takes(self, piece: bytes) -> bool:
        """Add a piece.

        Returns:
            Whether to continue.

        Raises:
            WireFailure: The limit is exceeded.
        """
        if self._most is not None and len(piece) > self._left:
            # The beginning of an error says enough, and raising here would hide its status.
            if not self._response.is_error:
                raise self._too_large(self._most)
            self._pieces.append(piece[: self._left])
            return False
        self._left -= len(piece)
        self._pieces.append(piece)
        return True

    def keep(self) -> None:
        """Set the received bytes as the response's content, as `httpx.Response.read` would, which has no limit."""
        self._response._content = b"".join(self._pieces)  # pyright: ignore[reportPrivateUsage] - there is no other way

    def _too_large(self, most: int) -> WireFailure:
        return WireFailure(
            ResponseTooLarge(f"The response is larger than {most:,} bytes (response_limit)"),
            is_sent=True,
            lasting=True,
        )


class _Watch:
    """Measures the time in which a body is awaited, excluding the time in which its reader does something else.

    Args:
        least_rate: The required bytes a second.
        seconds: The time over which they are measured.
        now: The clock.
    """

    def __init__(self, least_rate: int, seconds: float, now: Callable[[], float]) -> None:
        self._least_rate = least_rate
        self._seconds = seconds
        self._now = now
        self._flow: Flow | None = None  # most bodies are complete before anything is measured
        self._waited = 0.0
        self._moved = 0
        self._wait_start = 0.0

    def begin(self) -> None:
        """Note that the wait starts."""
        self._wait_start = self._now()

    def count(self, count: int) -> None:
        """Count received bytes.

        Raises:
            TooSlow: They arrive too slowly.
        """
        self._waited += self._now() - self._wait_start
        self._moved += count
        if self._flow is None:
            if self._waited < 1.0:
                return
            self._flow = Flow(self._least_rate, self._seconds)
            # The first mark, from which the rate is measured.
            self._flow.is_slow(0.0, 0)
        if self._flow.is_slow(self._waited, self._moved):
            raise TooSlow(f"The response was too slow: {self._moved} bytes in {self._waited:.0f} s")


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is measured, and returns its connection when it is closed; read by a thread or on an event loop.

    Args:
        stream: The body.
        watch: Measures the time; None for no limit.
        give_back: Called once; returns transports to be closed.
    """

    def __init__(self, stream: Any, watch: _Watch | None, give_back: Callable[[], list[Any]]) -> None:
        self._stream = stream
        self._watch = watch
        self._give_back = [give_back]

    def __iter__(self) -> Iterator[bytes]:
        watch = self._watch
        if watch is None:
            yield from self._stream
            return
        watch.begin()
        for piece in self._stream:
            watch.count(len(piece))
            yield piece
            watch.begin()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        watch = self._watch
        if watch is not None:
            watch.begin()
        async for piece in self._stream:
            if watch is not None:
                watch.count(len(piece))
            yield piece
            if watch is not None:
                watch.begin()

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            # A list that is emptied: however often the stream is closed, its connection is returned once.
            while self._give_back:
                for old in self._give_back.pop()():
                    old.close()

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            while self._give_back:
                for old in self._give_back.pop()():
                    await old.aclose()


class _Inflater:
    """Decodes gzip and deflate, as one of httpx's decoders.

    Those read the first member of gzip only, and take a body that ends early for the whole.

    Args:
        wbits: As of zlib.
    """

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._member: Any = None

    def decode(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        try:
            # After the last member may be padding, which does not begin as one of gzip does.
            while data and (self._member is None or not self._member.eof or data[0] == 0x1F):
                if self._member is None or self._member.eof:
                    # Some servers send deflate without the header of zlib, whose first byte ends in 8.
                    is_raw = self._wbits == zlib.MAX_WBITS and data[0] & 15 != 8
                    self._member = zlib.decompressobj(-zlib.MAX_WBITS if is_raw else self._wbits)
                pieces.append(self._member.decompress(data))
                data = self._member.unused_data
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error
        return b"".join(pieces)

    def flush(self) -> bytes:
        if self._member is not None and not self._member.eof:
            raise httpx.DecodingError("its compressed data ends early")
        return b""


_WBITS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


def _decode_all(response: httpx.Response) -> None:
    wbits = _WBITS.get(response.headers.get("content-encoding", "").strip().lower())
    if wbits is not None:
        response._decoder = _Inflater(wbits)  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - there is no other way


def _give_back(pool: Pool, transport: Any, now: float) -> None:
    """Return the transport of a request, or None if it got none, and its slot to the pool."""
    if pool.shared is not None:
        return
    # aiohttp's transport has connections of its own, and serves all small requests: only its slot is returned.
    if transport not in (None, pool.small):
        pool.idle.append((transport, now))
    pool.slots.release()


def _key_of(request: httpx.Request) -> PoolKey:
    """Return the key of `Connections`: httpx has parsed the URL already, which `origin_of` would repeat for each
    request.
    """
    url = request.url
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
    certificate = request.extensions.get("certificate")
    return origin if certificate is None else (origin, *certificate)


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Add parameters to a URL's query.

    Args:
        url: Any URL.
        query: Names and values, not quoted.

    Returns:
        The URL with them at the end of its query.
    """
    rest, hash_mark, fragment = url.partition("#")
    added = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())
    return f"{rest}{'&' if '?' in rest else '?'}{added}{hash_mark}{fragment}"


def show(request: httpx.Request, response: httpx.Response) -> None:
    """Log an exchange with its secrets masked.

    Args:
        request: The request.
        response: The response.
    """
    headers, parameters = request.extensions.get("credentials", (frozenset[str](), frozenset[str]()))
    url = request.url.copy_merge_params(dict.fromkeys(parameters, MASK)) if parameters else request.url
    http_log.debug(
        "> %s %s\n%s\n< %d %s\n%s",
        request.method,
        mask_url(str(url)),
        _lines(">", request.headers, headers),
        response.status_code,
        response.reason_phrase,
        _lines("<", response.headers),
    )


def _lines(mark: str, headers: httpx.Headers, secret: Collection[str] = ()) -> str:
    """Return headers as lines; those of credentials are masked whatever their names are."""
    masked = mask_headers(headers.multi_items())
    return "\n".join(f"{mark} {name}: {MASK if name in secret else value}" for name, value in masked)


# -- heads
#
# httpx limits the wait for each piece only: a server that sends its head byte by byte would hold a call for ever. Requests state
# the limit as extensions: `head`, the seconds and the clock, and `least`, the bytes of head and body that must arrive in these
# seconds. Without `least` the limit ends with the head. The time of the request's own body does not count.


#: The longest wait for a piece in one call of the system. A signal that arrives after Python last looked for one, but
#: before the call begins, does not end the call: Ctrl-C right after a request was sent would be noticed when the read
#: times out.
SIGNAL_SECONDS = 1.0


class _Limit:
    """The limit of the present request of a transport with one connection.

    Attributes:
        head: The seconds for a head, and the clock; None for no limit.
        least: The bytes that end the limit after the head, 0 if that ends it.
        received: The bytes so far.
        in_head: Whether the head is still awaited.
        head_start: When the head was first awaited; None before.
        stopped: Whether to stop waiting; None if nothing stops it.
        stop_seen: When a stop was first noticed, by the machine's monotonic clock; None before.
    """

    stopped: Callable[[], bool] | None = None
    stop_seen: float | None = None
    head: tuple[float, Callable[[], float]] | None = None
    least: int = 0
    received: int = 0
    in_head: bool = True
    head_start: float | None = None

    def start(self, request: httpx.Request) -> None:
        """Begin a request."""
        self.head, self.least = request.extensions.get("head"), request.extensions.get("least", 0)
        self.received, self.in_head, self.head_start = 0, True, None
        self.stopped, self.stop_seen = request.extensions.get("stopped"), None

    def end_of_head(self) -> None:
        """Note that the head has arrived, or never will."""
        self.in_head = False
        self.counted(b"")

    def counted(self, data: bytes) -> bytes:
        """Count and return what was received."""
        self.received += len(data)
        # Not before: a server may send interim responses for ever.
        if not self.in_head and self.received >= self.least:
            self.head = None
        return data

    def check_stop(self) -> None:
        """Raise Interrupted if a stop is older than TICK: a long body may never be waited for, and a short one arrives in that time."""
        if self.stopped is None or not self.stopped():
            return
        now = time.monotonic()
        self.stop_seen = now if self.stop_seen is None else self.stop_seen
        if now >= self.stop_seen + TICK:
            raise interrupted()

    def left(self, timeout: float | None) -> float | None:
        """Return the seconds that the next piece may take.

        Raises:
            TooSlow: The time is over.
        """
        if self.head is None:
            return timeout
        seconds, now = self.head
        if self.head_start is None:
            self.head_start = now()
        left = self.head_start + seconds - now()
        if left <= 0:
            raise TooSlow(f"The response was too slow: {self.received} bytes in {seconds:.0f} s")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, limit: _Limit) -> None:
        self._stream = stream
        self._limit = limit
        self.close = stream.close
        self.get_extra_info = stream.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._limit.counted(self._piece(max_bytes, self._limit.left(timeout)))

    def _piece(self, max_bytes: int, left: float | None) -> bytes:
        """Read what arrives next.

        It waits in steps: for a stop, and for a signal that arrived just before the wait and so does not end it.

        Raises:
            Interrupted: A stop ended the wait.
        """
        self._limit.check_stop()
        stopped = self._limit.stopped
        step = SIGNAL_SECONDS if stopped is None else TICK
        # The last step is the remainder, whose timeout is the caller's.
        while left is None or left > step:
            try:
                return self._stream.read(max_bytes, step)
            except httpcore.ReadTimeout:  # which loses no bytes
                if stopped is not None and stopped():
                    raise interrupted() from None
            left = None if left is None else left - step
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The time of the head begins after the last byte of the request: an upload may take longer than any head.
        self._limit.head_start = None
        self._stream.write(buffer, timeout)

    def start_tls(self, *arguments: Any, **options: Any) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(*arguments, **options), self._limit)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream, limit: _Limit) -> None:
        self._stream = stream
        self._limit = limit
        self.aclose = stream.aclose
        self.get_extra_info = stream.get_extra_info

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        # In one wait, unlike in threads: an event loop notices signals and cancellations itself.
        return self._limit.counted(await self._stream.read(max_bytes, self._limit.left(timeout)))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        self._limit.head_start = None
        await self._stream.write(buffer, timeout)

    async def start_tls(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._stream.start_tls(*arguments, **options), self._limit)


@contextmanager
def _resolving() -> Generator[None]:
    """Report a name that no resolver can be asked for as unknown: it has an empty part, or one of more than 63 characters."""
    try:
        yield
    except UnicodeError as error:
        raise httpcore.ConnectError(str(error)) from error


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend, limit: _Limit) -> None:
        self._backend = backend
        self._limit = limit
        self.sleep = backend.sleep

    def connect_tcp(self, *arguments: Any, **options: Any) -> httpcore.NetworkStream:
        with _resolving():
            return _Stream(self._backend.connect_tcp(*arguments, **options), self._limit)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend, limit: _Limit) -> None:
        self._backend = backend
        self._limit = limit
        self.sleep = backend.sleep

    async def connect_tcp(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        with _resolving():
            return _AsyncStream(await self._backend.connect_tcp(*arguments, **options), self._limit)


class LimitedTransport(httpx.HTTPTransport):
    """httpx's transport with at most one connection; options are those of httpx."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._limit = _Limit()
        pool: Any = self._pool  # httpx has no option for httpcore's network backend
        pool._network_backend = _Backend(pool._network_backend, self._limit)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and read the head of its response within its limit."""
        self._limit.start(request)
        try:
            return super().handle_request(request)
        finally:
            # At the head's end; after an error too, since the transport is used again.
            self._limit.end_of_head()


class AsyncLimitedTransport(httpx.AsyncHTTPTransport):
    """The same for an event loop."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._limit = _Limit()
        pool: Any = self._pool
        pool._network_backend = _AsyncBackend(pool._network_backend, self._limit)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and read the head of its response within its limit."""
        self._limit.start(request)
        try:
            return await super().handle_async_request(request)
        finally:
            self._limit.end_of_head()
