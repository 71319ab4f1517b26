"""An API that takes its time: it answers after 50 ms where a file's bytes are, as the Data Store does, with a redirect.

    python api.py SERVER

Writes the port that it listens on, and ends with its input.
"""

import asyncio
import sys

DELAY = 0.05
"""Seconds from a request to its answer."""


class Answering(asyncio.Protocol):
    """A connection that is kept alive, one request after the other.

    Args:
        server: Where the files are.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._came = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Sets the time for an answer when a request is whole."""
        self._came += data
        while b"\r\n\r\n" in self._came:
            head, _, self._came = self._came.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].partition(b"?")[0].decode()
            asyncio.get_running_loop().call_later(DELAY, self._answer, path.rpartition("/")[2])

    def connection_lost(self, _exc: Exception | None) -> None:
        """Forgets the way back."""
        self._transport = None

    def _answer(self, name: str) -> None:
        if self._transport is not None:
            head = f"HTTP/1.1 302 Found\r\nLocation: {self._server}/{name}\r\nContent-Length: 0\r\n\r\n"
            self._transport.write(head.encode())


async def serve(server: str) -> None:
    """Answers until the input ends."""
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Answering(server), "127.0.0.1", 0, backlog=511)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    listener.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
