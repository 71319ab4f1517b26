"""httpx's transports, with a limit on the time in which the head of a response arrives, and the beginning of its body.

httpx limits the wait for each piece only: a server that sends its head byte by byte would hold a call for ever. The
time of the request's own body does not count.

Requests state the limit as extensions: `head`, the seconds and the clock, and `least`, the bytes of head and body that
must arrive in these seconds. Without `least` the limit ends with the head.
"""

from collections.abc import Callable
from typing import Any

import httpcore

from omicsdk.core.sending.httpx_import import httpx


class _Limit:
    """The limit of the present request of a transport with one connection.

    Attributes:
        head: The seconds for a head, and the clock; None for no limit.
        least: The bytes that end the limit; None if that is the end of the head.
        began: When the head was first awaited; None before.
    """

    head: tuple[float, Callable[[], float]] | None = None
    least: int | None = None
    began: float | None = None

    def start(self, request: httpx.Request) -> None:
        """Begin a request."""
        self.head, self.least = request.extensions.get("head"), request.extensions.get("least")
        self.began = None

    def end_of_head(self) -> None:
        """Note that the head has arrived, or never will."""
        if self.least is None:
            self.head = None

    def arrived(self, data: bytes) -> bytes:
        """Count and return what was received."""
        if self.head is not None and self.least is not None:
            self.least -= len(data)
            if self.least <= 0:
                self.head = None
        return data

    def left(self, timeout: float | None) -> float | None:
        """Return the seconds that the next piece may take.

        Raises:
            httpcore.ReadTimeout: The head's time is over.
        """
        if self.head is None:
            return timeout
        seconds, now = self.head
        if self.began is None:
            self.began = now()
        left = self.began + seconds - now()
        if left <= 0:
            raise httpcore.ReadTimeout("the response was too slow")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, limit: _Limit) -> None:
        self._stream = stream
        self._limit = limit
        self.close = stream.close
        self.get_extra_info = stream.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._limit.arrived(self._stream.read(max_bytes, self._limit.left(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._limit.began = None
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
        return self._limit.arrived(await self._stream.read(max_bytes, self._limit.left(timeout)))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        self._limit.began = None
        await self._stream.write(buffer, timeout)

    async def start_tls(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._stream.start_tls(*arguments, **options), self._limit)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend, limit: _Limit) -> None:
        self._backend = backend
        self._limit = limit
        self.sleep = backend.sleep

    def connect_tcp(self, *arguments: Any, **options: Any) -> httpcore.NetworkStream:
        return _Stream(self._backend.connect_tcp(*arguments, **options), self._limit)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend, limit: _Limit) -> None:
        self._backend = backend
        self._limit = limit
        self.sleep = backend.sleep

    async def connect_tcp(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._backend.connect_tcp(*arguments, **options), self._limit)


class HTTPTransport(httpx.HTTPTransport):
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
            self._limit.end_of_head()


class AsyncHTTPTransport(httpx.AsyncHTTPTransport):
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
