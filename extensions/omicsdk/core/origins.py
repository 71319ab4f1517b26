"""Origins of URLs: who a request goes to, which decides what may be sent along."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

# What of a URL says whose it is: all before the path, query or fragment; not where something odd comes before those.
_BEGINNING = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\\s]*(?=[/?#]|\Z)")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Gives the origin of a URL (RFC 6454).

    Args:
        url: An absolute URL; user information, path and query don't matter.

    Returns:
        `scheme://host:port` in lower case with the port always there ("https://dss.example.org:443"), or an empty text
        when the URL has no scheme or host, or isn't one.
    """
    beginning = _BEGINNING.match(url)
    return _origin_of(beginning[0] if beginning is not None else url)


@lru_cache(maxsize=256)  # few services are asked for many things
def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
        port = _DEFAULT_PORTS.get(scheme) if parts.port is None else parts.port
    except ValueError:  # a port that is no number, brackets that don't close
        return ""
    if not scheme or not host or port is None:
        return ""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Tells whether a host is this machine itself.

    Args:
        host: A name or an address, IPv6 with or without brackets.

    Returns:
        True for localhost and names under it, 127.0.0.0/8 and ::1.
    """
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost") or host == "::1":
        return True
    pieces = host.split(".")
    return len(pieces) == 4 and pieces[0] == "127" and all(piece.isdecimal() and int(piece) < 256 for piece in pieces)


def is_confidential(url: str) -> bool:
    """Tells whether secrets may be sent over a URL's scheme.

    Args:
        url: An absolute URL.

    Returns:
        True for https, and for http to this machine itself.
    """
    scheme, _, rest = origin_of(url).partition("://")
    return scheme == "https" or (scheme == "http" and is_loopback(rest.rpartition(":")[0]))
