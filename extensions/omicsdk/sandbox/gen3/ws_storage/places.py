"""Where the files of a workspace lie."""

from collections.abc import Iterable
from dataclasses import dataclass

WORKSPACE = "@user"
"""The one workspace that there is: that of whoever asks."""
ROOT = "s3://sandbox-gen3-workspaces/"
MOST = 1000
"""Most objects and folders of a list."""
_FORBIDDEN = frozenset("<>|`'\"$!#&*()\\[]{};~")


class WrongPath(Exception):
    """A key that can't be one."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies below a key.

    Attributes:
        keys: Keys of the objects.
        folders: Keys, with a slash at their end, of the folders.
    """

    keys: list[str]
    folders: list[str]


def location(user: str, key: str) -> str:
    """The storage URL of a key.

    Args:
        user: Whose workspace it is in.
        key: The key.

    Raises:
        WrongPath: It has `//`, `..`, `/./`, or a character that is not allowed.
    """
    if not user or "/" in user:
        raise WrongPath(f"invalid user {user}")
    path = f"{user}/{key.removeprefix('/')}"
    if "//" in path or ".." in path or "/./" in path or _FORBIDDEN & set(path):
        raise WrongPath(f"invalid path - // or .. or /./: {path}")
    return ROOT + path


def listed(urls: Iterable[str], user: str, prefix: str) -> Listing:
    """What lies below a key, one level deep.

    Args:
        urls: The storage URLs that begin with the key's, in order.
        user: Whose workspace it is.
        prefix: The key that all begin with.
    """
    start = len(location(user, ""))
    keys: list[str] = []
    folders: dict[str, None] = {}
    for key in (url[start:] for url in urls):
        inner, slash, _ = key[len(prefix) :].partition("/")
        if slash:
            folders[f"{prefix}{inner}/"] = None
        else:
            keys.append(key)
        if len(keys) + len(folders) >= MOST:
            break
    return Listing(keys, list(folders))
