"""Addresses and names of this machine: where the sandbox listens, and by which names it lets itself be controlled."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
"""Where a sandbox listens unless it is told otherwise."""
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - what users may ask for


def is_loopback(name: str) -> bool:
    """Whether a name or an address is one that only this machine reaches."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def url_of(host: str, port: int) -> str:
    """Where programs on this machine find a server.

    Args:
        host: The address that it listens on.
        port: Its port.
    """
    name = LOOPBACK if host in _EVERYWHERE else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def names_of(host: str) -> tuple[str, ...]:
    """What a server is asked for by besides names of loopback: the address that it listens on, unless that is all of them."""
    return () if host in _EVERYWHERE or is_loopback(host) else (host,)


def is_ours(host: str, also: Collection[str] = ()) -> bool:
    """Whether a request's Host header names this machine: a page on the web may point a name of its own at it.

    Args:
        host: The header, with a port or without.
        also: Further names that the user allowed.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return is_loopback(name) or name in {each.lower() for each in also}
