"""Probes of the network: names, proxies, encryption and clocks on the way to the configured services."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omicsdk.cli.doctor import Outcome
from omicsdk.core.credentials import is_loopback
from omicsdk.core.errors import OmicsError
from omicsdk.core.redaction import mask_url
from omicsdk.core.retry import lead_in_words, seconds_of_date
from omicsdk.core.sending.connections import default_ca_file, network

if TYPE_CHECKING:
    from collections.abc import Mapping


_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080, "socks4": 1080, "socks4a": 1080}
_DAY = 86400.0


CLOCK_WARNING, CLOCK_FAILED = 30.0, 300.0
"""Seconds: tokens are commonly taken half a minute early or late; JWTs of some services and signatures of S3 aren't at five
and fifteen minutes."""
CERTIFICATE_DAYS = 14
"""Days before a server's certificate ends from which that is told."""


def resolution(origin: str, environ: Mapping[str, str]) -> Outcome:
    """Look a server's name up.

    Args:
        origin: The server.
        environ: The environment's variables.
    """
    host = _host(origin)
    if network(origin, environ).proxy is not None:
        return Outcome("name", host, "skipped", "the proxy looks it up")
    try:
        found = socket.getaddrinfo(host, urlsplit(origin).port, type=socket.SOCK_STREAM)
        addresses, why = list(dict.fromkeys(str(each[4][0]) for each in found)), "no address"
    except (OSError, UnicodeError) as error:
        addresses, why = [], _why(error)
    if not addresses:
        remedy = "Check its spelling, this machine's network and DNS; behind a proxy, set HTTPS_PROXY."
        return Outcome("name", host, "failed", f"can't be resolved: {why}", remedy)
    shown = ", ".join(addresses[:3])
    return Outcome("name", host, "ok", shown if len(addresses) < 4 else f"{shown} ...")


def proxy(origin: str, environ: Mapping[str, str], seconds: float) -> Outcome:
    """Open a connection to the proxy before a server, and close it.

    Args:
        origin: The server.
        environ: The environment's variables.
        seconds: How long that may take.
    """
    host, named = _host(origin), network(origin, environ).proxy
    if named is None:
        return Outcome("proxy", host, "ok", "none: asked directly")
    shown = mask_url(named)
    if shown.partition("://")[0].lower() not in _PORTS:
        return Outcome(
            "proxy", host, "failed", f"{shown} isn't a proxy's address", "Write HTTPS_PROXY as http://host:port."
        )
    try:
        parts = urlsplit(named)
        address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        socket.create_connection(address, seconds).close()
    except (OSError, ValueError, UnicodeError) as error:
        remedy = f"Correct HTTPS_PROXY (HTTP_PROXY, ALL_PROXY), or name the host in NO_PROXY: NO_PROXY={host}"
        return Outcome("proxy", host, "failed", f"{shown} can't be reached: {_why(error)}", remedy)
    return Outcome("proxy", host, "ok", f"through {shown}")


def encryption(origin: str, environ: Mapping[str, str], seconds: float) -> Outcome:
    """Shake hands with a server, and hang up before anything is asked.

    Args:
        origin: The server.
        environ: The environment's variables.
        seconds: How long each step may take.
    """
    from omicsdk.core.sending.connections import tls_context

    parts, way, host = urlsplit(origin), network(origin, environ), _host(origin)
    authorities = way.ca_file or way.ca_dir or default_ca_file()
    if parts.scheme != "https":
        if is_loopback(host):
            return Outcome("tls", host, "skipped", "http to this machine")
        remedy = "Give its https:// address: credentials aren't sent over http."
        return Outcome("tls", host, "warning", "http: everybody on the way can read along", remedy)
    if way.proxy is not None:
        return Outcome("tls", host, "skipped", "through the proxy; the login's call tells")
    remedy = "Check that the address is that of the service, and that no firewall is in the way."
    try:
        with (
            socket.create_connection((host, parts.port or 443), seconds) as plain,
            tls_context(way).wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            certificate = encrypted.getpeercert() or {}
            version = encrypted.version() or ""
    except ssl.SSLCertVerificationError as error:
        remedy = (
            "Where your network looks into connections, name its authority in a PEM file: SSL_CERT_FILE=/path/ca.pem. "
            f"Trusted are those of {authorities}."
        )
        return Outcome("tls", host, "failed", f"its certificate isn't trusted: {error.verify_message}", remedy)
    except ssl.SSLError as error:
        return Outcome("tls", host, "failed", f"it doesn't speak TLS ({error.reason or error})", remedy)
    except (OSError, UnicodeError) as error:
        return Outcome("tls", host, "failed", f"can't be reached: {_why(error)}", remedy)
    except OmicsError as error:
        return Outcome("tls", host, "failed", f"{error.message}. {error.remedy}".rstrip(), remedy)
    end = certificate.get("notAfter")
    left = (ssl.cert_time_to_seconds(end) - time.time()) / _DAY if isinstance(end, str) else None
    if left is not None and left < CERTIFICATE_DAYS:
        return Outcome(
            "tls", host, "warning", f"its certificate ends in {left:.0f} days", "Tell the service's operators."
        )
    return Outcome("tls", host, "ok", f"{version}, authorities of {authorities}")


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or origin


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def clock(host: str, date: str, at: float) -> Outcome:
    """How far this machine's clock is from a server's.

    Args:
        host: The server.
        date: Its Date header; empty where it sent none.
        at: When that came, in seconds since 1970 by this machine's clock.
    """
    theirs = seconds_of_date(date)
    if theirs is None:
        return Outcome("clock", host, "skipped", "its answer had no Date" if at else "nothing was answered")
    # The header has whole seconds, cut off.
    lead = at - theirs - 0.5
    if abs(lead) <= CLOCK_WARNING:
        return Outcome("clock", host, "ok", f"within {max(1, round(abs(lead)))} s of the server's")
    what = f"this machine's clock is {lead_in_words(lead)} the server's"
    remedy = "Set the clock: sudo timedatectl set-ntp true (Linux), or the date settings of the system."
    return Outcome("clock", host, "failed" if abs(lead) > CLOCK_FAILED else "warning", what, remedy)
