"""Connections that requests of any thread borrow, one request each; the reader of an answer takes its body as it comes."""

from __future__ import annotations

import atexit
import os
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from math import inf
from typing import TYPE_CHECKING

from omicsdk.core.errors import TransportError
from omicsdk.core.sending.connections import WireFailure, curl_options, network
from omicsdk.core.sending.transport import Timeout
from omicsdk.transfer.network.requests import Patience, parse_head

if TYPE_CHECKING:
    from omicsdk.core.client import Client
    from omicsdk.transfer.network.wire import Ended, Wire

#: Seconds that are waited for bytes at a time, within which Ctrl-C is noticed; seconds that are as good as no limit.
_WAIT, _EVER = 1.0, 1e6
#: Bytes of a body that may come beyond those of use before it is cut off: its answer is judged by then.
_SPARE = 64 * 1024
#: Bytes that libcurl reads at once from a socket. It may do so some sixty times before any is handed on, which bounds the
#: memory of a read, and a larger buffer leaves the processor's caches.
_BUFFER = 128 * 1024
#: Chunks of libcurl's, 16 KiB at most, that make a piece.
_JOINED = 64
#: Bytes of a refusal that are read.
_REFUSAL = 1 << 18
#: Wires that are kept for the next requests, at most, and the number of servers whose connections each keeps.
_IDLE, _KEPT = 16, 4


class StreamedAnswer:
    """An answer whose head has come. Its body comes as it is read: what isn't read yet stays on its way.

    Args:
        wire: What its request went over.
        most: Bytes of its body that are of use; None for all.

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

    def take(self, chunk: bytes, /) -> int | None:
        """Take bytes of the body, from libcurl; 0 ends a body that is longer than is of use."""
        self._chunks.append(chunk)
        self._left -= len(chunk)
        return None if self._left >= 0 else 0

    def begin(self) -> None:
        """Wait for the head.

        Raises:
            WireFailure: There was none.
        """
        # A head that looks whole may be that of a proxy, or an interim one: only what follows shows that it is the answer's.
        while not self._chunks and self._ended is None:
            self._move()
        if not self.lines:
            self._raise_failure()
        self.status, self.headers = parse_head(self.lines)

    def pieces(self) -> Generator[bytes]:
        """Yield the body as it comes.

        Raises:
            WireFailure: It breaks.
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
        with suppress(WireFailure):
            for piece in self.pieces():
                body += piece
                if len(body) >= _REFUSAL:
                    break
        return bytes(body)

    def _move(self) -> None:
        for ended in self._wire.poll(_WAIT):
            self._ended = ended

    def _raise_failure(self) -> None:
        if self._ended is not None and self._ended.error is not None:
            raise WireFailure(self._ended.error, arrived=True, lasting=self._ended.lasting)


class ConnectionPool:
    """Sends requests for bytes, each once: its caller decides what follows an answer. Thread-safe.

    Args:
        environ: The environment's variables (proxies, certificate authorities); by default the process's own.
        timeout: Seconds for each step; by default the client's, else 10 to connect, 60 without a byte.
        client: A client whose environment and limits of time hold, without its credentials.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        timeout: Timeout | float | None = None,
        *,
        client: Client | None = None,
    ) -> None:
        if client is not None:
            from omicsdk.core.client import network_of

            environ, usual = network_of(client)
            timeout = usual if timeout is None else timeout
        self._environ = environ
        self._timeout = Timeout.of(timeout)
        self._idle: deque[Wire] = deque()  # one for each request that was under way at once, with its connections
        self._closed = False

    @contextmanager
    def get(self, url: str, headers: tuple[tuple[str, str], ...], most: int | None = None) -> Generator[StreamedAnswer]:
        """Ask for bytes; the request ends with the block.

        Args:
            url: Where.
            headers: Names and values.
            most: Bytes of the body that are of use; None for all. A server that sends the whole file is cut off there.

        Yields:
            The answer, of which only the head has been read.

        Raises:
            WireFailure: There was none.
        """
        from omicsdk.transfer.network.wire import Ask

        try:
            wire = self._idle.pop()  # the one used last: its connection is the likeliest to be open still
        except IndexError:
            wire = self._new_wire()
        answer = StreamedAnswer(wire, most)
        try:
            try:
                wire.start(Ask(url, headers), answer)
            except TransportError as error:
                raise WireFailure(error, arrived=False, lasting=True) from None
            answer.begin()
            yield answer
        finally:
            wire.cancel(lambda _: True)
            if self._closed or len(self._idle) >= _IDLE:
                wire.close()
            else:
                self._idle.append(wire)

    def close(self) -> None:
        """Close the connections, those in use as soon as they are given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def __del__(self) -> None:
        self.close()

    def _new_wire(self) -> Wire:
        from omicsdk.transfer.network.wire import Wire

        steps = [seconds for seconds in (self._timeout.read, self._timeout.body) if seconds is not None]
        patience = Patience(
            connect=self._timeout.connect or _EVER,
            silence=min(steps, default=_EVER),
            least_rate=self._timeout.least_rate if steps else 0,
        )
        return Wire(lambda url: curl_options(network(url, self._environ)), patience, _KEPT, buffer=_BUFFER)


_pools: dict[int, ConnectionPool] = {}


def shared_pool() -> ConnectionPool:
    """Return this process's pool. One that has been forked gets its own: two can't talk over one connection."""
    pool = _pools.get(os.getpid())
    # One of several threads wins; a pool that loses has connected to nothing. No lock, which a fork could inherit locked.
    return pool if pool is not None else _pools.setdefault(os.getpid(), ConnectionPool())


@atexit.register
def _close() -> None:
    while _pools:
        number, pool = _pools.popitem()
        if number == os.getpid():
            pool.close()
