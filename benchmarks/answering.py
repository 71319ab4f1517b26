"""Servers of benchmarks: HTTP/1.1 with as little between a request and its response as Python allows.

A server is a function from a request to the bytes of its response. It writes the port that it listens on, and ends with its
input.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import NamedTuple

_REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    206: "Partial Content",
    302: "Found",
    404: "Not Found",
    413: "Content Too Large",
}


class Request(NamedTuple):
    """What came.

    Attributes:
        method: In capitals.
        path: Without the query.
        query: What follows the question mark.
        head: The request's lines before the body, in lower case.
        body: The body.
        lines: The same lines as they came.
    """

    method: str
    path: str
    query: str
    head: bytes
    body: bytes
    lines: bytes = b""


Response = Callable[[Request], bytes]


def reply(status: int, *headers: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    """A response's bytes.

    Args:
        status: Its status.
        headers: Its header lines.
        body: Its body.
        kind: The body's media type.
    """
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", *headers, f"Content-Length: {len(body)}"]
    if body:
        lines.append(f"Content-Type: {kind}")
    return "\r\n".join([*lines, "\r\n"]).encode() + body


class Answering(asyncio.Protocol):
    """A connection that is kept alive, one request after the other.

    Args:
        response: Gives the responses.
        delay: Seconds from a request to its response.
    """

    def __init__(self, response: Response, delay: float) -> None:
        self._response = response
        self._delay = delay
        self._came = bytearray()
        self._let = False  # whether a client that asks first was requested to continue
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Responses what is whole."""
        self._came += data
        while (request := self._whole()) is not None:
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._write, request)
            else:
                self._write(request)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Forgets the way back."""
        self._transport = None

    def _whole(self) -> Request | None:
        end = self._came.find(b"\r\n\r\n")
        if end < 0:
            return None
        line, _, lines = bytes(self._came[:end]).partition(b"\r\n")
        head, size = lines.lower(), 0
        if (at := head.find(b"content-length:")) >= 0:
            size = int(head[at + 15 :].split(b"\r\n", 1)[0])
        begin = end + 4
        if len(self._came) < begin + size:
            if not self._let and b"100-continue" in head and self._transport is not None:
                self._let = True
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body, self._let = bytes(self._came[begin : begin + size]), False
        del self._came[: begin + size]
        method, target, _ = line.decode().split(" ", 2)
        path, _, query = target.partition("?")
        return Request(method, path, query, head, body, lines)

    def _write(self, request: Request) -> None:
        if self._transport is not None:
            self._transport.write(self._response(request))


async def serve(make: Callable[[str], Response], delay: float = 0) -> None:
    """Answers until the input ends.

    Args:
        make: Gives what answers, from the server's own URL.
        delay: Seconds from a request to its response.
    """
    loop = asyncio.get_running_loop()
    responses: list[Response] = []
    listener = await loop.create_server(lambda: Answering(responses[0], delay), "127.0.0.1", 0, backlog=511)
    port = listener.sockets[0].getsockname()[1]
    responses.append(make(f"http://127.0.0.1:{port}"))
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    listener.close()
