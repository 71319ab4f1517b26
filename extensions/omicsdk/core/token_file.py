"""Tokens that outlive a process: one private JSON file, its tokens by the origin that issued them."""

import json
from pathlib import Path
from typing import cast

from omicsdk.core.atomic_file import read_private, write_private
from omicsdk.core.credentials import Token
from omicsdk.core.errors import ConfigError
from omicsdk.core.origins import origin_of


class TokenFile:
    """A file of tokens. Each read sees the file as it is, so that several processes can share it.

    The file is `{"https://host:443": {"access_token": ..., "expires_at": seconds since 1970 or null}}`, mode 0600.

    Args:
        path: The file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"<TokenFile {self.path}>"

    def get(self, url: str) -> Token | None:
        """Gives the token that was stored for a service.

        Args:
            url: Any URL of the service.

        Returns:
            The token, or None when there is none for that origin.

        Raises:
            ConfigError: Others can read the file, or it isn't what it should be.
        """
        entry = self._read().get(_origin(url))
        if entry is None:
            return None
        value, end = entry.get("access_token"), entry.get("expires_at")
        if not isinstance(value, str) or not (end is None or isinstance(end, int | float)):
            raise self._broken("has an entry without a token")
        return Token(value, None if end is None else float(end))

    def put(self, url: str, token: Token) -> None:
        """Stores a service's token in the place of the one before.

        Args:
            url: Any URL of the service.
            token: The token.

        Raises:
            ConfigError: The file can't be read or written.
        """
        entries = self._read()
        entries[_origin(url)] = {"access_token": token.value, "expires_at": token.expires_at}
        self._write(entries)

    def delete(self, url: str) -> bool:
        """Forgets a service's token.

        Args:
            url: Any URL of the service.

        Returns:
            Whether there was one.

        Raises:
            ConfigError: The file can't be read or written.
        """
        entries = self._read()
        if entries.pop(_origin(url), None) is None:
            return False
        self._write(entries)
        return True

    def _read(self) -> dict[str, dict[str, object]]:
        text = read_private(self.path)
        if text is None:
            return {}
        try:
            entries: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._broken("isn't JSON") from error
        if not isinstance(entries, dict):
            raise self._broken("isn't a JSON object")
        found = cast("dict[str, object]", entries)
        if not all(isinstance(entry, dict) for entry in found.values()):
            raise self._broken("has an entry that isn't a JSON object")
        return cast("dict[str, dict[str, object]]", found)

    def _write(self, entries: dict[str, dict[str, object]]) -> None:
        write_private(self.path, json.dumps(entries, indent=2, sort_keys=True) + "\n")

    def _broken(self, what: str) -> ConfigError:
        return ConfigError(f"The token file {self.path} {what}", remedy="Delete it and log in again.")


def _origin(url: str) -> str:
    origin = origin_of(url)
    if not origin:
        raise ConfigError(f"{url!r} isn't a service's address", remedy="Write it as https://host.")
    return origin
