"""Base URLs of services: what can be one, and what is said of what can't."""

import re
from urllib.parse import urlsplit

from omicsdk.core.errors import ConfigError

_PATH = re.compile(r"[/?#]")
_ODD = re.compile(r"[\s\\\x00-\x1f\x7f]")
_NO_HOST = "has a host that isn't one"
_NO_USER = "has a user or password that must be percent-encoded"
_NO_PORT = "has a port that is no number from 1 to 65535"
_REMEDY = "Give one that begins with https:// and a host."


def fault_of(url: str) -> str | None:
    """Return why no service can be at a URL.

    Args:
        url: What was given, without blanks around it.

    Returns:
        Words that follow "which", such as `has no host`; None where a service can be there. Valid user information, a query
        or a fragment in it is no fault here.
    """
    scheme, separator, rest = url.partition("://")
    if not url:
        return "is empty"
    if not separator or scheme.lower() not in ("http", "https"):
        return "doesn't begin with http:// or https://"
    authority = _PATH.split(rest, maxsplit=1)[0]
    place = authority.rpartition("@")[2]
    if not place or place.startswith(":"):
        return "has no host"
    try:
        parts = urlsplit(f"{scheme}://{place}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # brackets that don't close, or hold no address
        return _NO_HOST
    if not host or _ODD.search(place):
        return _NO_HOST
    try:
        urlsplit(f"{scheme}://{authority}")
    except ValueError:  # brackets, or a letter that NFKC turns into one of "/?#@:"
        return _NO_USER
    try:
        return _NO_PORT if parts.port == 0 else None
    except ValueError:
        return _NO_PORT


def checked_base_url(given: str, *, source: str = "The base URL", remedy: str = _REMEDY) -> str:
    """Return a service's base URL as it is kept: without blanks around it and slashes at its end.

    Args:
        given: What was given.
        source: Where it came from, such as a variable's name: the beginning of what the error says.
        remedy: What to do when it is none.

    Raises:
        ConfigError: It is none; says what was given, where, and why it can't be one.
    """
    fault = fault_of(given.strip())
    if fault is not None:
        from omicsdk.core.redaction import mask_url

        raise ConfigError(f"{source} is {mask_url(given)!r}, which {fault}", remedy=remedy)
    return given.strip().rstrip("/")
