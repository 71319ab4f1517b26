"""Origins of URLs: who a request goes to, which decides what may be sent along."""

from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Gives the origin of a URL (RFC 6454).

    Args:
        url: An absolute URL; user information, path and query don't matter.

    Returns:
        `scheme://host:port` in lower case with the port always there ("https://dss.example.org:443"), or an empty text
        when the URL has no scheme or host, or isn't one.
    """
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
        port = parts.port or _DEFAULT_PORTS.get(scheme)
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
