"""Connections of a process for single requests whose bodies are read as they arrive."""

from __future__ import annotations

import atexit
import os
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, partial
from io import BytesIO
from math import inf
from typing import TYPE_CHECKING, ClassVar

from omicsdk.core.clock import TICK, interrupted, never, stop_of
from omicsdk.core.errors import ProxyLoginFailed, TimedOut, TransportError
from omicsdk.core.sending.connections import WireFailure, network
from omicsdk.core.sending.time_limits import Timeout
from omicsdk.transfer.network.requests import LOGIN_REFUSALS, Patience, last_status, parse_head

if TYPE_CHECKING:
    from omicsdk.core.client import Client
    from omicsdk.transfer.network.wire import Body, Ended, Wire

#: Seconds of one wait for bytes, within which Ctrl-C is noticed; seconds that are as good as no limit.
_WAIT, _EVER = 1.0, 1e6
#: Bytes of a body received beyond the useful ones before it is cut off: its response is judged by then.
_SPARE = 64 * 1024
#: Bytes that libcurl reads at once from a socket. It may do so some sixty times before it passes any on, which bounds
#: the memory of a read, and a larger buffer exceeds the processor's caches.
_BUFFER = 128 * 1024
#: Chunks of libcurl, 16 KiB at most, that make a piece.
_JOINED = 64
#: Bytes of a refusal's body that are read.
_REFUSAL = 1 << 18
#: Maximum number of wires kept for the next requests, and the number of servers whose connections each keeps.
_IDLE, _SERVERS = 16, 4


class BodyInMemory(BytesIO):
    """The body of a request, as a whole; see `wire.Body`.

    Args:
        content: Its bytes.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.length = len(content)


class StreamedResponse:
    """A response whose head has arrived. Its body is received as it is read; the rest stays in transit.

    Args:
        wire: The connections of its request.
        most: Useful bytes of its body; None for all.

    Attributes:
        status: Its HTTP status.
        headers: Its headers, with lower-case names.
    """

    def __init__(self, wire: Wire, most: int | None) -> None:
        self.lines: list[bytes] = []
        self.status, self.headers = 0, dict[str, str]()
        self._wire = wire
        self._chunks: list[bytes] = []
        self._left = inf if most is None else most + _SPARE
        self._ended: Ended | None = None
        stopped = stop_of()
        self._stopped = never if stopped() else stopped  # a request that is sent after a stop is awaited

    def take(self, chunk: bytes, /) -> int | None:
        """Receive bytes of the body from libcurl; return 0 to end a body that exceeds its useful bytes."""
        self._chunks.append(chunk)
        self._left -= len(chunk)
        return None if self._left >= 0 else 0

    def begin(self) -> None:
        """Wait for the head.

        Raises:
            WireFailure: There was none.
            Interrupted: A stop ended the wait.
        """
        # A head that looks complete may be that of a proxy, or an interim one: only what follows shows that it is the
        # final one, and only the end that a refused login is the proxy's.
        while self._ended is None and (not self._chunks or last_status(self.lines)[0][9:12] in LOGIN_REFUSALS):
            self._move()
        if not self.lines or (self._ended is not None and isinstance(self._ended.error, ProxyLoginFailed)):
            self._raise_failure()
        self.status, self.headers = parse_head(self.lines)

    def pieces(self) -> Generator[bytes]:
        """Yield the body as it arrives.

        Raises:
            WireFailure: The connection broke.
            Interrupted: A stop ended the wait.
        """
        while self._chunks or self._ended is None:
            chunks, self._chunks = self._chunks, []
            for at in range(0, len(chunks), _JOINED):
                yield b"".join(chunks[at : at + _JOINED])
            if not self._chunks and self._ended is None:
                self._move()
        self._raise_failure()

    def refusal(self) -> bytes:
        """The beginning of the body, as much as an error needs."""
        body = bytearray()
        # What arrived of a refusal is enough for its message.
        with suppress(WireFailure):
            for piece in self.pieces():
                body += piece
                if len(body) >= _REFUSAL:
                    break
        return bytes(body)

    def _move(self) -> None:
        for ended in self._wire.poll(_WAIT if self._stopped is never else TICK):
            self._ended = ended
        if not self._chunks and self._ended is None and self._stopped():
            raise interrupted()

    def _raise_failure(self) -> None:
        if self._ended is not None and self._ended.error is not None:
            if isinstance(self._ended.error, TimedOut):
                self._ended.error.remedy = TimedOut.default_remedy  # that of wires names options of transfers
            raise WireFailure(self._ended.error, is_sent=True, lasting=self._ended.lasting)


class ConnectionPool:
    """Sends requests for bytes, each once: retries are up to the caller. Thread-safe; a fork opens its own connections.

    Args:
        environ: Environment variables (proxies, certificate authorities); by default the process's own.
        timeout: Seconds for each step; by default the client's, else 10 to connect, 60 without a byte.
        client: A client whose environment and time limits apply, without its credentials.
    """

    #: What a fork copied of its parent's connections: to use or close one here would disturb the parent.
    _inherited: ClassVar[list[Wire]] = []

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        timeout: Timeout | float | None = None,
        *,
        client: Client | None = None,
    ) -> None:
        if client is not None:
            from omicsdk.core.plain_client import network_of

            environ, usual = network_of(client)
            timeout = usual if timeout is None else timeout
        self._environ = environ
        self._timeout = Timeout.of(timeout)
        self._idle: deque[Wire] = deque()  # as many as there were concurrent requests, with their connections
        # Kept here, since modules have lost their names when the interpreter ends.
        self._getpid = os.getpid
        self._process = os.getpid()
        self._closed = False

    def _wires(self) -> deque[Wire]:
        if self._process != (process := self._getpid()):
            self._inherited.extend(self._idle)
            self._idle.clear()
            self._process = process
        return self._idle

    @contextmanager
    def get(
        self,
        url: str,
        headers: tuple[tuple[str, str], ...],
        most: int | None = None,
        *,
        method: str = "GET",
        body: Body | None = None,
    ) -> Generator[StreamedResponse]:
        """Request bytes; the request ends with the block.

        Args:
            url: The URL.
            headers: Names and values.
            most: Useful bytes of the body; None for all. A server that sends the whole file is cut off there.
            method: The HTTP method.
            body: The request's body, None for none.

        Yields:
            The response, of which only the head has been read.

        Raises:
            WireFailure: No head arrived.
        """
        from omicsdk.transfer.network.wire import Ask

        process = self._getpid()
        try:
            wire = self._wires().pop()  # the most recently used: its connection is the likeliest to be open still
        except IndexError:
            wire = self.new_wire(_SERVERS)
        response = StreamedResponse(wire, most)
        try:
            try:
                wire.start(Ask(url, headers, method, body), response)
            except TransportError as error:
                raise WireFailure(error, is_sent=False, lasting=True) from None
            response.begin()
            yield response
        finally:
            if process != self._getpid():
                self._inherited.append(wire)
            else:
                # The rest of a body that is not read would fill libcurl's buffers; its connection is closed with it.
                wire.cancel(lambda _: True)
                if self._closed or len(self._idle) >= _IDLE:
                    wire.close()
                else:
                    wire.forget_routes()
                    self._idle.append(wire)

    def close(self) -> None:
        """Close the connections; those in use are closed when they are returned."""
        self._closed = True
        idle = self._wires()
        while idle:
            idle.pop().close()

    def __del__(self) -> None:
        self.close()

    def new_wire(self, connections: int) -> Wire:
        """Return connections for concurrent requests; the caller closes them.

        Args:
            connections: Maximum number of concurrent requests.
        """
        from omicsdk.transfer.network.wire import Wire

        steps = [seconds for seconds in (self._timeout.read, self._timeout.body) if seconds is not None]
        patience = Patience(
            connect=self._timeout.connect or _EVER,
            silence=min(steps, default=_EVER),
            least_rate=self._timeout.least_rate if steps else 0,
        )
        return Wire(partial(network, environ=self._environ), patience, connections, buffer=_BUFFER)


@cache
def shared_pool() -> ConnectionPool:
    """Return the process's pool."""
    return ConnectionPool()


@atexit.register
def _close() -> None:
    if shared_pool.cache_info().currsize:
        shared_pool().close()
