"""Servers of the standard library on loopback: each in a thread while a block runs, and printing nothing."""

from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class QuietHandler(BaseHTTPRequestHandler):
    """A handler that prints no requests; what it responds is its subclasses' business."""

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole response, without the body where HEAD was requested.

        Args:
            status: The status.
            body: The content, whose length is stated, except with 204, which has none.
            headers: More headers; an underscore stands for a hyphen.
        """
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def running(server: ThreadingHTTPServer) -> Generator[str]:
    """Serve in a thread, and close the server afterwards.

    Yields:
        The server's URL, without a slash at its end.
    """
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Generator[str]:
    """Serve with a handler on a free port; yields the URL as `running` does."""
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as url:
        yield url
