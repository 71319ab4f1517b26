"""Gathers what the network says of a server: its addresses, the proxy before it, its certificate."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omicsdk.cli.doctor.network import Encryption, Names, Proxy
from omicsdk.core.credentials import is_loopback
from omicsdk.core.errors import OmicsError
from omicsdk.core.redaction import mask_url
from omicsdk.core.settings.environment import default_ca_file, network

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080, "socks4": 1080, "socks4a": 1080}
_DAY = 86400.0


def names(origin: str, environ: Mapping[str, str]) -> Names:
    """Looks a server's name up.

    Args:
        origin: The server.
        environ: The environment's variables.
    """
    host = _host(origin)
    if network(origin, environ).proxy is not None:
        return Names(host, proxied=True)
    try:
        found = socket.getaddrinfo(host, urlsplit(origin).port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return Names(host, error=getattr(error, "strerror", None) or str(error))
    return Names(host, tuple(dict.fromkeys(str(each[4][0]) for each in found)))


def proxy(origin: str, environ: Mapping[str, str], seconds: float) -> Proxy:
    """Opens a connection to the proxy before a server, and closes it.

    Args:
        origin: The server.
        environ: The environment's variables.
        seconds: How long that may take.
    """
    named = network(origin, environ).proxy
    if named is None:
        return Proxy(_host(origin))
    facts = Proxy(_host(origin), mask_url(named))
    try:
        parts = urlsplit(named)
        address = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80))
        socket.create_connection(address, seconds).close()
    except (OSError, ValueError, UnicodeError) as error:
        return facts._replace(error=getattr(error, "strerror", None) or str(error))
    return facts


def encryption(origin: str, environ: Mapping[str, str], seconds: float) -> Encryption:
    """Shakes hands with a server, and hangs up before anything is asked.

    Args:
        origin: The server.
        environ: The environment's variables.
        seconds: How long each step may take.
    """
    from omicsdk.core.sending.connections import tls_context

    parts, way, host = urlsplit(origin), network(origin, environ), _host(origin)
    authorities = way.ca_file or way.ca_dir or default_ca_file()
    facts = Encryption(host, parts.scheme, is_loopback(host), way.proxy is not None, authorities)
    if facts.scheme != "https" or facts.proxied:
        return facts
    try:
        with (
            socket.create_connection((host, parts.port or 443), seconds) as plain,
            tls_context(way).wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            certificate = encrypted.getpeercert() or {}
            version = encrypted.version() or ""
    except ssl.SSLCertVerificationError as error:
        return facts._replace(error=error.verify_message, untrusted=True)
    except ssl.SSLError as error:
        return facts._replace(error=f"it doesn't speak TLS ({error.reason or error})")
    except (OSError, UnicodeError) as error:
        return facts._replace(error=f"can't be reached: {getattr(error, 'strerror', None) or error}")
    except OmicsError as error:
        return facts._replace(error=f"{error.message}. {error.remedy}".rstrip())
    end = certificate.get("notAfter")
    left = (ssl.cert_time_to_seconds(end) - time.time()) / _DAY if isinstance(end, str) else None
    return facts._replace(version=version, days_left=left)


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or origin
