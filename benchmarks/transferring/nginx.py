"""nginx on loopback: plain, over TLS, and at a limited rate a connection.

Its sockets are opened here and inherited, by nginx's own way of changing its program while it runs. So no port is lost
between finding and using it, and a socket option that nginx does not know can be set. nginx's `limit_rate` counts by
request, and lets each of them have a second's bytes at once: ranges of a file would not be limited at all. The kernel's
pacing (SO_MAX_PACING_RATE) limits connections, as real servers and networks do.
"""

import getpass
import http.client
import os
import re
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

RATE = 60_000_000
"""Bytes a second of a connection to the limited port."""

_SO_MAX_PACING_RATE = 47  # the socket module has no name for it before Python 3.12 on all systems
_CONFIG = """\
{user}daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 2;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 10000000;
    open_file_cache max=10000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    root {root};
    server {{
        listen {plain};
        location = /bucket {{ return 200; }}
        location /bucket/ {{ alias {root}/; }}
    }}
    server {{ listen {limited}; }}
    server {{
        listen {tls} ssl;
        ssl_certificate {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running server.

    Attributes:
        root: What it serves.
        http: The URL of that.
        https: The same over TLS.
        limited: The same at RATE a connection.
        certificate: The file that a client of the TLS one must trust.
    """

    root: Path
    http: str
    https: str
    limited: str
    certificate: Path


@contextmanager
def serving(root: Path, folder: Path) -> Generator[Nginx]:
    """Runs nginx until the block ends.

    Args:
        root: What it serves.
        folder: Where its configuration, certificate and error log go.
    """
    certificate = _certificate(folder)
    with ExitStack() as stack:
        plain, tls, limited = (stack.enter_context(socket.socket()) for _ in range(3))
        limited.setsockopt(socket.SOL_SOCKET, _SO_MAX_PACING_RATE, RATE)
        for listener in (plain, tls, limited):
            listener.setblocking(False)  # nginx takes it for done: a worker would sleep in accept
            listener.bind(("127.0.0.1", 0))
            listener.listen(511)
        plain_at, tls_at, limited_at = (f"127.0.0.1:{each.getsockname()[1]}" for each in (plain, tls, limited))
        user = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""  # its workers would be no user
        (folder / "nginx.conf").write_text(
            _CONFIG.format(user=user, folder=folder, root=root, plain=plain_at, tls=tls_at, limited=limited_at)
        )
        inherited = [listener.fileno() for listener in (plain, tls, limited)]
        server = subprocess.Popen(
            ["nginx", "-p", folder, "-c", folder / "nginx.conf"],
            pass_fds=inherited,
            env={**os.environ, "NGINX": "".join(f"{number};" for number in inherited)},
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(server, plain_at, folder / "error.log")
            urls = f"http://{plain_at}", f"https://{tls_at}", f"http://{limited_at}"
            yield Nginx(root, *urls, certificate)
        finally:
            server.terminate()
            server.wait()


def version() -> str:
    """Its version: 1.22.1."""
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
    return "".join(re.findall(r"nginx/([\d.]+)", said)[:1])


def _certificate(folder: Path) -> Path:
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(["openssl", "req", "-x509", *kind, *names, *files], check=True, capture_output=True)
    return folder / "cert.pem"


def _wait(server: subprocess.Popen[bytes], at: str, log: Path) -> None:
    """Until it answers; a connection alone would only say that the socket listens."""
    for _ in range(100):
        if server.poll() is not None:
            raise RuntimeError(f"nginx ended: {log.read_text() if log.exists() else 'it left no log'}")
        connection = http.client.HTTPConnection(at, timeout=5)
        try:
            connection.request("HEAD", "/")
            connection.getresponse()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("nginx doesn't answer")
