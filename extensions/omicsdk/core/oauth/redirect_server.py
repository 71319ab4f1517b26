"""Logging in with a browser: opening it, and receiving its redirect."""

import html
import queue
import socket
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import AuthError
from omicsdk.core.logs import logger
from omicsdk.core.oauth.grants import Application, begin, code_of, code_request
from omicsdk.core.oauth.tokens import Endpoint, Grant, complaint


def open_browser(url: str) -> None:
    """Open a URL in the user's browser, if there is one; return at once.

    Python's `webbrowser` chooses it: the variable BROWSER, or the desktop's preference. A browser that runs in the
    terminal would block its caller, so this happens in a thread. Whether it worked cannot be determined: show the URL
    too.

    Args:
        url: The URL.
    """
    threading.Thread(target=_open, args=(url,), name="omics-browser", daemon=True).start()


def _open(url: str) -> None:
    import webbrowser

    try:
        opened = webbrowser.open(url)
    except (webbrowser.Error, OSError) as error:
        opened = False
        logger("omicsdk.oauth").debug("no browser: %s", error)
    if not opened:
        logger("omicsdk.oauth").debug("no browser could be opened")


# Seconds between two checks of whether to stop.
_STEP = 0.25

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{text}</p></body></html>
"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",  # the address contains the code
    "Connection": "close",
}


def grant_by_browser(
    application: Application,
    scopes: Sequence[str],
    extra: Mapping[str, str],
    endpoint: Endpoint,
    on_message: Callable[[str], object],
    *,
    open_browser: Callable[[str], object] = open_browser,
    timeout: float,
    stop: threading.Event | None = None,
) -> Grant:
    """Log in with a browser on this machine.

    Args:
        application: The application that tokens are requested for.
        scopes: Scopes to request.
        extra: Further parameters of the authorization request.
        endpoint: Sends the request for tokens.
        on_message: Called with the address to log in at.
        open_browser: Opens an address in a browser.
        timeout: Seconds to wait for the browser.
        stop: Set it to end the wait.

    Returns:
        The tokens.

    Raises:
        AuthError: The login was refused or not finished.
    """
    # In this order: the address contains the server's port, and the server listens before the browser opens.
    server = RedirectServer(*application.loopback())
    attempt = begin(application, server.uri, scopes, extra)
    with server.listening(attempt.state):
        on_message(
            f"Log in with the browser that opens now. If none does, open this address on this machine:\n{attempt.url}"
        )
        open_browser(attempt.url)
        query = server.wait(timeout, stop)
    return endpoint.grant(code_request(application, attempt, code_of(query, attempt.state)))


class RedirectServer:
    """Waits on the loopback interface for the browser.

    Args:
        host: The host's name in the address, one of this machine; the server listens on 127.0.0.1.
        port: The port; any free one if it is 0 or in use.
        path: The address's path.

    Attributes:
        uri: The address, for the authorization request.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, path: str = "/") -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError:
            # Another program uses it. Authorization servers accept any port of a loopback address (RFC 8252, 7.3).
            self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.path = path
        self.uri = f"http://{host}:{self._server.server_address[1]}{path}"

    @contextmanager
    def listening(self, state: str) -> Generator[None]:
        """Respond to browsers within a `with` block.

        Args:
            state: The login's state; a request with another one does not belong to it.
        """
        # Before the thread starts, which compares it.
        self._server.state = state
        # 0.05 s instead of the default 0.5: `shutdown` waits until serve_forever checks again.
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="omics-login", daemon=True)
        thread.start()
        try:
            yield
        finally:
            # `shutdown` before `server_close`: serve_forever would fail with a closed socket.
            self._server.shutdown()
            self._server.server_close()

    def wait(self, seconds: float, stop: threading.Event | None = None, clock: Clock = SYSTEM_CLOCK) -> str:
        """Wait for the browser; Ctrl-C ends the wait.

        Args:
            seconds: Maximum seconds to wait.
            stop: Set it to end the wait within a quarter of a second.
            clock: The source of time.

        Returns:
            The query of the redirect: a code, or an error.

        Raises:
            AuthError: There was no redirect, or `stop` was set.
        """
        end = clock.monotonic() + seconds
        while (left := end - clock.monotonic()) > 0:
            try:
                # In steps, because Ctrl-C does not end an unlimited wait on Windows.
                return self._server.responses.get(timeout=min(left, _STEP))
            except queue.Empty:
                if stop is not None and stop.is_set():
                    raise AuthError("The login was cancelled", remedy="Log in again.") from None
        raise AuthError(
            f"The login was not finished in a browser within {seconds:g} s",
            remedy="Log in again and finish it in the browser, or run `omics login PLATFORM --device` where none can be opened.",
        )


class _Server(ThreadingHTTPServer):
    """Uses threads, because browsers open connections in advance on which nothing is ever sent."""

    # Otherwise `server_close` would wait for connections on which nothing arrives.
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.responses: queue.Queue[str] = queue.Queue()
        self.state = ""
        self.path = "/"

    def server_bind(self) -> None:
        # HTTPServer's resolves this machine's name, which may be slow, and sets SO_REUSEADDR, with which Windows lets another program
        # bind the same port and receive the code.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """Do nothing: a browser that disconnects early is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] - the only one that it is used with
    # Seconds. http.server has no limit: a silent connection would keep its thread as long as the process runs.
    timeout = 10

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        fields = parse_qs(parts.query)
        # Browsers request /favicon.ico as well.
        if parts.path != self.server.path or not ({"code", "error"} & fields.keys()):
            self._show(404, "Not found", "This page only completes a login.")
        # As lists, so that a state that is sent twice is refused.
        elif fields.get("state") != [self.server.state]:
            self._show(400, "Another login", "This is not the response to the current login.")
        else:
            if "code" in fields:
                self._show(200, "Logged in", "You may close this tab and return to the terminal.")
            else:
                reason = complaint(fields["error"][0], fields.get("error_description", [""])[0])
                self._show(200, "Not logged in", f"The login was refused: {reason}. You may close this tab.")
            # After the page: the thread that waits for it stops the server, and with it this connection.
            self.server.responses.put(parts.query)

    def _show(self, status: int, title: str, text: str) -> None:
        page = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(page))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    def version_string(self) -> str:
        return "omics"

    def log_message(self, format: str, *args: object) -> None:
        """Do nothing: the request line contains the code."""
