"""The HTTP server that notifications come to: it reads a request whole, and says what it is told to."""

import logging
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Protocol

from omicsdk.hca.dss.notifications.notification import Refused

PATIENCE = 10.0
"""Seconds that a connection may be silent."""

logger = logging.getLogger("omicsdk.hca.dss")


class Receiver(Protocol):
    """What a server gives its requests to."""

    def check(self, target: str, length: int) -> None:
        """Looks at a request before its body is read.

        Raises:
            Refused: Its body won't be read.
        """

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Deals with a request, in a thread of its own; gives a status and what to say."""
        ...


class NotificationServer(ThreadingHTTPServer):
    """The server: as many threads as there are requests, up to a bound.

    Args:
        address: Where it listens.
        receiver: What requests are given to.
        most: Requests that are dealt with at once, 1 or more; further connections are closed.

    Raises:
        OSError: It can't listen there.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], receiver: Receiver, *, most: int) -> None:
        self.receiver = receiver
        self._room = threading.BoundedSemaphore(most)
        self._answering = 0
        self._answered = threading.Condition()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._answered:
            self._answering += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()
            with self._answered:
                self._answering -= 1
                self._answered.notify_all()

    def finish(self, seconds: float) -> None:
        """Waits until every request that came is answered.

        A process that ends cuts what its threads are still sending, and a sender that gets half an answer sends again what was
        dealt with.

        Args:
            seconds: For how long at most.
        """
        with self._answered:
            self._answered.wait_for(lambda: not self._answering, seconds)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own asks the network what this machine is called
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request
        logger.debug("a connection of %s broke", client_address, exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One connection, one request: senders are few, and nobody keeps a thread."""

    timeout = PATIENCE
    server: NotificationServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        receiver = self.server.receiver
        try:
            length = self._length()
            receiver.check(self.path, length)
            body = self.rfile.read(length)
            if len(body) < length:
                raise Refused(400, "the body was cut")
            status, said = receiver.answer(self.command, self.path, dict(self.headers.items()), body)
        except Refused as refused:
            status, said = refused.status, refused.reason
        except TimeoutError:
            status, said = 408, "the body didn't come"
        self._say(status, said)

    do_PUT = do_POST

    def do_GET(self) -> None:
        self._say(405, "notifications come by POST or PUT")

    do_HEAD = do_DELETE = do_GET

    def _length(self) -> int:
        given = self.headers.get("content-length")
        if given is None or self.headers.get("transfer-encoding"):
            raise Refused(411, "the request has no Content-Length")
        if not (given.isascii() and given.isdigit() and len(given) < 20):
            raise Refused(400, "Content-Length is no number")
        return int(given)

    def _say(self, status: int, said: str) -> None:
        text = f"{said}\n".encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        if status == 503:
            self.send_header("Retry-After", "60")
        if status == 405:
            self.send_header("Allow", "POST, PUT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)
