"""Which texts a crunch site takes for URLs."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

_LABEL = r"[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?"
_DOMAIN = re.compile(
    rf"{_LABEL}(?:\.{_LABEL})*\.(?!-)[a-z\u00a1-\uffff][a-z\u00a1-\uffff-]{{0,61}}[a-z\u00a1-\uffff]\.?"
)
_ADDRESS = re.compile(r"(?:https?|ftps?)://\S+", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether a site takes a text as the value of a URL attribute; what is doubtful counts as text, which it always takes.

    Args:
        text: Any text.

    Returns:
        True for http, https, ftp and ftps with a host that is a domain, an address or localhost.
    """
    if not _ADDRESS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or len(host) > 253 or port == 0 or parts.netloc.endswith(":") or "@" in parts.netloc or "%" in host:
        return False
    return host == "localhost" or _is_address(host, "[" in parts.netloc) or bool(_DOMAIN.fullmatch(host))


def _is_address(host: str, bracketed: bool) -> bool:
    try:
        IPv6Address(host) if bracketed else IPv4Address(host)
    except AddressValueError:
        return False
    return True
