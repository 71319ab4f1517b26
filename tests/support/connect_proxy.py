"""A proxy through which clients reach the sandbox as https://HOST on port 443, with a certificate authority of its own.

Some clients have https wired in, and leave out the port of their commons. They trust what REQUESTS_CA_BUNDLE or
SSL_CERT_FILE name, and ask the proxy that HTTPS_PROXY names for a way to their commons; it has no target but to the sandbox.
"""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HTTPS = 443
_OF_ONE_CONNECTION = {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "transfer-encoding"}


class ConnectProxy(ThreadingHTTPServer):
    """The proxy, in separate threads from when it is made until it is closed.

    Args:
        target: The sandbox's URL.
        host: The name under which clients reach it.
        folder: Where the authority's certificate goes, and the host's with its key.

    Attributes:
        certificate: The file of the authority's certificate.
        destinations: Hosts and ports of the requests, in order.
    """

    daemon_threads = True

    def __init__(self, target: str, host: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.certificate = folder / "authority.pem"
        chain = folder / "host.pem"
        write_certificates(host, self.certificate, chain)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(chain)
        self.sandbox: str = urlsplit(target).netloc
        self.host = host
        self.destinations: list[str] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

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

    def close(self) -> None:
        """End it."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went says nothing of importance."""


class _Handler(BaseHTTPRequestHandler):
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

    def log_message(self, format: str, *args: Any) -> None:
        """State nothing."""


def write_certificates(host: str, authority: Path, chain: Path) -> None:
    """Make an authority and a certificate of it, good from an hour ago for a day.

    Args:
        host: The name that the certificate is for.
        authority: The file for the authority's certificate; its key is forgotten.
        chain: The file for the host's certificate and its key.
    """
    begin = datetime.now(UTC) - timedelta(hours=1)
    end = begin + timedelta(days=1)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Sandbox tests", host))

    def begun(name: x509.Name, of: ec.EllipticCurvePrivateKey, *, is_authority: bool) -> x509.CertificateBuilder:
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=is_authority,
            crl_sign=is_authority,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        return (
            x509.CertificateBuilder(issuer, name, of.public_key(), x509.random_serial_number(), begin, end)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(of.public_key()), critical=False)
        )

    authority_certificate = begun(issuer, authority_key, is_authority=True).sign(authority_key, hashes.SHA256())
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        begun(subject, key, is_authority=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(of_issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    authority.write_bytes(authority_certificate.public_bytes(pem))
    plain = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(certificate.public_bytes(pem) + key.private_bytes(*plain))
    chain.chmod(0o600)
