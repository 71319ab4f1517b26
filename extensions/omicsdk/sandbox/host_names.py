"""Under which names the sandbox lets itself be controlled: a page on the web may point a name of its own at this machine."""

from collections.abc import Collection
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_ours(host: str, also: Collection[str] = ()) -> bool:
    """Whether a request's Host header names this machine.

    Args:
        host: The header, with a port or without.
        also: Further names that the user allowed.
    """
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name in LOOPBACK or (name or "") in {each.lower() for each in also}
