"""Servers of the standard library on loopback: each in a thread while a block runs, and printing nothing."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
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
def running(server: TCPServer) -> Generator[str]:
    """Serve in a thread, and close the server afterwards.

    Yields:
        The server's URL, without a slash at its end.
    """
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Generator[str]:
    """Serve with a handler on a free port; yields the URL as `running` does."""
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as url:
        yield url


class _Files(QuietHandler, SimpleHTTPRequestHandler):
    """Files and lists of a folder."""


@contextmanager
def serving_files(folder: Path) -> Generator[str]:
    """Serve the files of a folder; yields the URL as `running` does."""
    with serving(partial(_Files, directory=str(folder))) as url:
        yield url
