"""Access tokens that outlive a process: a private file each, named after the login that it came by."""

from __future__ import annotations

from hashlib import sha256
from logging import getLogger
from pathlib import Path

from omicsdk.core.errors import ConfigError
from omicsdk.core.files.atomic_file import read_private, write_private
from omicsdk.core.files.home_folder import within_home
from omicsdk.core.json_web_token import jwt_expiry

_log = getLogger("omicsdk.gen3")


def get_token_cache_file_name(key: str) -> str:
    """Tells in which file a login's access token is kept.

    Args:
        key: What tells the login from others; it can't be read from the name.

    Returns:
        A path in omicsdk's folder for caches.

    Raises:
        ConfigError: The user has no home folder.
    """
    from platformdirs import user_cache_path

    name = f"token_cache_{sha256(key.encode()).hexdigest()}"
    return str(within_home(lambda: user_cache_path("omicsdk", appauthor=False)) / "gen3" / name)


class TokenCache:
    """The file of one login's access token.

    A cache that can't be read or written is as good as none: what it is for goes on without.

    Args:
        key: What tells the login from others.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    @property
    def path(self) -> Path:
        """The file."""
        return Path(get_token_cache_file_name(self._key))

    def read(self, now: float) -> str:
        """Gives the token that was kept; empty when there is none that is good.

        Args:
            now: The time, in seconds since 1970.
        """
        try:
            token = (read_private(self.path) or "").strip()
        except ConfigError as error:
            _log.warning("a kept token isn't used: %s", error.message)
            return ""
        end = jwt_expiry(token)
        return token if end is not None and end > now else ""

    def write(self, token: str) -> None:
        """Keeps a token in the place of the one before.

        Args:
            token: The token.
        """
        try:
            write_private(self.path, token)
        except ConfigError as error:
            _log.warning("the token isn't kept for the next time: %s", error.message)
