"""Probes of the network: names, proxies, encryption and clocks on the way to the configured services."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from omicsdk.cli.doctor import Outcome
from omicsdk.core.credentials import is_loopback
from omicsdk.core.errors import OmicsError
from omicsdk.core.redaction import mask_url
from omicsdk.core.retry import lead_in_words, seconds_of_date
from omicsdk.core.settings.environment import default_ca_file, network

if TYPE_CHECKING:
    from collections.abc import Mapping


_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080, "socks4": 1080, "socks4a": 1080}
_DAY = 86400.0


def name_facts(origin: str, environ: Mapping[str, str]) -> Names:
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


def proxy_facts(origin: str, environ: Mapping[str, str], seconds: float) -> Proxy:
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


def encryption_facts(origin: str, environ: Mapping[str, str], seconds: float) -> Encryption:
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


CLOCK_WARNING, CLOCK_FAILED = 30.0, 300.0
"""Seconds: tokens are commonly taken half a minute early or late; JWTs of some services and signatures of S3 aren't at five
and fifteen minutes."""
CERTIFICATE_DAYS = 14
"""Days before a server's certificate ends from which that is told."""


class Names(NamedTuple):
    """What a name resolves to.

    Attributes:
        host: The name.
        addresses: Its addresses.
        error: Why there are none.
        proxied: Whether a proxy looks the name up.
    """

    host: str
    addresses: tuple[str, ...] = ()
    error: str = ""
    proxied: bool = False


def resolution(facts: Names) -> Outcome:
    """Whether a name leads anywhere.

    Args:
        facts: What was gathered.
    """
    if facts.proxied:
        return Outcome("name", facts.host, "skipped", "the proxy looks it up")
    if facts.error or not facts.addresses:
        remedy = "Check its spelling, this machine's network and DNS; behind a proxy, set HTTPS_PROXY."
        return Outcome("name", facts.host, "failed", f"can't be resolved: {facts.error or 'no address'}", remedy)
    shown = ", ".join(facts.addresses[:3])
    return Outcome("name", facts.host, "ok", shown if len(facts.addresses) < 4 else f"{shown} ...")


class Proxy(NamedTuple):
    """The proxy on the way to a host.

    Attributes:
        host: The host.
        proxy: The proxy's URL without its password; empty for none.
        error: Why it can't be reached.
    """

    host: str
    proxy: str = ""
    error: str = ""


def proxy(facts: Proxy) -> Outcome:
    """Whether a proxy is there where one is named.

    Args:
        facts: What was gathered.
    """
    if not facts.proxy:
        return Outcome("proxy", facts.host, "ok", "none: asked directly")
    if facts.proxy.partition("://")[0].lower() not in ("http", "https", "socks5", "socks5h", "socks4", "socks4a"):
        remedy = "Write HTTPS_PROXY as http://host:port."
        return Outcome("proxy", facts.host, "failed", f"{facts.proxy} isn't a proxy's address", remedy)
    if facts.error:
        remedy = f"Correct HTTPS_PROXY (HTTP_PROXY, ALL_PROXY), or name the host in NO_PROXY: NO_PROXY={facts.host}"
        return Outcome("proxy", facts.host, "failed", f"{facts.proxy} can't be reached: {facts.error}", remedy)
    return Outcome("proxy", facts.host, "ok", f"through {facts.proxy}")


class Encryption(NamedTuple):
    """How a server proves who it is.

    Attributes:
        host: The host.
        scheme: http or https.
        loopback: Whether it is this machine.
        proxied: Whether a proxy stands between.
        authorities: Which certificate authorities are trusted.
        version: Version of TLS that was agreed on.
        days_left: Days until the server's certificate ends; None where it isn't told.
        error: Why there was no agreement.
        untrusted: Whether that is for want of trust.
    """

    host: str
    scheme: str = "https"
    loopback: bool = False
    proxied: bool = False
    authorities: str = ""
    version: str = ""
    days_left: float | None = None
    error: str = ""
    untrusted: bool = False


def encryption(facts: Encryption) -> Outcome:
    """Whether a server is trusted, and for how long.

    Args:
        facts: What was gathered.
    """
    if facts.scheme != "https":
        if facts.loopback:
            return Outcome("tls", facts.host, "skipped", "http to this machine")
        remedy = "Give its https:// address: credentials aren't sent over http."
        return Outcome("tls", facts.host, "warning", "http: everybody on the way can read along", remedy)
    if facts.proxied:
        return Outcome("tls", facts.host, "skipped", "through the proxy; the login's call tells")
    if facts.untrusted:
        remedy = (
            "Where your network looks into connections, name its authority in a PEM file: SSL_CERT_FILE=/path/ca.pem. "
            f"Trusted are those of {facts.authorities}."
        )
        return Outcome("tls", facts.host, "failed", f"its certificate isn't trusted: {facts.error}", remedy)
    if facts.error:
        remedy = "Check that the address is that of the service, and that no firewall is in the way."
        return Outcome("tls", facts.host, "failed", facts.error, remedy)
    what = f"{facts.version}, authorities of {facts.authorities}"
    if facts.days_left is not None and facts.days_left < CERTIFICATE_DAYS:
        remedy = "Tell the service's operators."
        return Outcome("tls", facts.host, "warning", f"its certificate ends in {facts.days_left:.0f} days", remedy)
    return Outcome("tls", facts.host, "ok", what)


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
