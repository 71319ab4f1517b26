"""A proxy through which clients reach the sandbox as https://HOST on port 443, with a certificate of its own.

Some clients have https wired in, and leave out the port of their commons. They trust what REQUESTS_CA_BUNDLE or
SSL_CERT_FILE name, and ask the proxy that HTTPS_PROXY names for a way to their commons; it has no target but to the sandbox.
"""

from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from certificates import Certificate
from quiet_server import QuietHandler

HTTPS = 443
_OF_ONE_CONNECTION = {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "transfer-encoding"}


class ConnectProxy(ThreadingHTTPServer):
    """The proxy, to be run by `quiet_server.running`.

    Args:
        target: The sandbox's URL.
        host: The name under which clients reach it.
        folder: Where the certificate and its key go.

    Attributes:
        certificate: The file of the certificate.
        destinations: Hosts and ports of the requests, in order.
    """

    def __init__(self, target: str, host: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        certificate = Certificate(folder, (host,))
        self.certificate, self.tls = certificate.pem, certificate.context
        self.sandbox: str = urlsplit(target).netloc
        self.host = host
        self.destinations: list[str] = []

    @property
    def url(self) -> str:
        """Where clients ask it."""
        return f"http://127.0.0.1:{self.server_port}"

    def environment(self) -> dict[str, str]:
        """The variables that lead clients through it; what is on this machine is reached directly."""
        file = str(self.certificate)
        return {
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), self.url),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
            **dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"), file),
        }

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went says nothing of importance."""


class _Handler(QuietHandler):
    """A connection: requests as they arrive, after CONNECT those within TLS."""

    server: ConnectProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    scheme = "http"

    def do_CONNECT(self) -> None:
        self.server.destinations.append(self.path)
        if self.path != f"{self.server.host}:{HTTPS}":
            self.send_error(502, "There is no way there")
            return
        self.send_response_only(200, "Connection established")
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.scheme = "https"
        self.close_connection = False

    def _forward(self) -> None:
        url = urlsplit(self.path)
        if self.scheme == "http":
            self.server.destinations.append(url.netloc)
            if url.netloc != self.server.host:
                self.send_error(502, "There is no way there")
                return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_CONNECTION}
        # The sandbox makes URLs with the scheme that its clients see.
        headers |= {"Host": self.server.host, "X-Forwarded-Proto": self.scheme}
        inner = HTTPConnection(self.server.sandbox, timeout=60)
        try:
            inner.request(self.command, url._replace(scheme="", netloc="").geturl(), body, headers)
            response = inner.getresponse()
            content = response.read()
            self.send_response_only(response.status, response.reason)
            for name, value in response.getheaders():
                if name.lower() not in _OF_ONE_CONNECTION | {"content-length"}:
                    self.send_header(name, value)
            bare = self.command == "HEAD" or response.status == 204
            length = response.getheader("content-length") if bare else str(len(content))
            if length is not None:
                self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(content)
        finally:
            inner.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _forward

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the server knows only the socket below TLS
