"""Tokens that outlive a process: one private JSON file, its logins by the origin that they are for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from omicsdk.core.credentials import Token, origin_of
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import locked, read_private, settings_file, write_private

PATH_VARIABLE = "OMICS_TOKEN_FILE"
"""Environment variable that names another file."""

_PATIENCE = 120.0
"""Seconds to wait for another process that has the file: it may be renewing a login over a slow network."""


def token_file(environ: Mapping[str, str] | None = None) -> "TokenFile":
    """The user's token file: `tokens.json` in omicsdk's folder of settings, or what OMICS_TOKEN_FILE names.

    Args:
        environ: The environment's variables; by default the process's own.

    Raises:
        ConfigError: No file is named, and the user has no home.
    """
    return TokenFile(settings_file("tokens.json", PATH_VARIABLE, environ))


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """What was stored at a login.

    Attributes:
        token: The access token and its end.
        refresh_token: Becomes the next access token; empty when there is none.
        id_token: Says who logged in; empty when there is none.
        origins: Whom the tokens are for, the service that was logged in to first.
    """

    token: Token
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    origins: tuple[str, ...] = ()


class TokenFile:
    """A file of tokens. Each read sees the file as it is, so that several processes can share it.

    The file is `{"https://host:443": {"access_token": ..., "expires_at": seconds since 1970 or null}}`, mode 0600; an
    entry may have a `refresh_token`, an `id_token`, and in `also` the origins of further services that it is for.

    Args:
        path: The file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"<TokenFile {self.path}>"

    def get(self, url: str) -> Token | None:
        """Return the token that was stored for a service.

        Args:
            url: Any URL of the service.

        Returns:
            The token, or None when there is none for that origin.

        Raises:
            ConfigError: Others can read the file, or it isn't what it should be.
        """
        found = self.login(url)
        return None if found is None else found.token

    def login(self, url: str) -> StoredLogin | None:
        """Return all that was stored at the login to a service, or to another that shares its logins.

        Args:
            url: Any URL of the service.

        Returns:
            The login, or None when there is none for that origin.

        Raises:
            ConfigError: Others can read the file, or it isn't what it should be.
        """
        entries = self._read()
        key = _serving(entries, _origin(url))
        if key is None:
            return None
        entry = entries[key]
        value, end = entry.get("access_token"), entry.get("expires_at")
        if not isinstance(value, str) or isinstance(end, bool) or not (end is None or isinstance(end, int | float)):
            raise self._broken("has an entry without a token")
        refresh, identity = (entry.get(name) for name in ("refresh_token", "id_token"))
        return StoredLogin(
            Token(value, None if end is None else float(end)),
            refresh if isinstance(refresh, str) else "",
            identity if isinstance(identity, str) else "",
            (key, *_also(entry)),
        )

    def put(self, url: str, token: Token) -> None:
        """Store a service's token in the place of the one before.

        Args:
            url: Any URL of the service.
            token: The token.

        Raises:
            ConfigError: The file can't be read or written.
        """
        self.keep(url, StoredLogin(token))

    def keep(self, url: str, login: StoredLogin) -> None:
        """Store a login in the place of the one before.

        Args:
            url: Any URL of the service that was logged in to.
            login: What is stored; `origins` are further services that it is for.

        Raises:
            ConfigError: The file can't be read or written.
        """
        key = _origin(url)
        entry = _entry(login, key)
        with locked(self.path, patience=_PATIENCE):
            self._write({**self._read(), key: entry})

    def check(self) -> None:
        """Make sure that a login can be stored, before anybody goes through one.

        Raises:
            ConfigError: The file can't be read, or its folder can't be written to.
        """
        with locked(self.path, patience=_PATIENCE):
            self._read()

    def change(self, url: str, change: Callable[[StoredLogin | None], StoredLogin]) -> StoredLogin:
        """Put another login in the place of a service's, with all other threads and processes waiting.

        Args:
            url: Any URL of the service.
            change: Gets what is stored now and gives what shall be; giving back the same writes nothing.

        Returns:
            What is stored then.

        Raises:
            ConfigError: The file can't be read or written, or another process doesn't let go of it.
        """
        with locked(self.path, patience=_PATIENCE):
            before = self.login(url)
            after = change(before)
            if after != before:
                key = before.origins[0] if before is not None else _origin(url)
                self._write({**self._read(), key: _entry(after, key)})
            return after

    def delete(self, url: str) -> bool:
        """Forget the login that serves a service.

        Args:
            url: Any URL of the service.

        Returns:
            Whether there was one.

        Raises:
            ConfigError: The file can't be read or written.
        """
        with locked(self.path, patience=_PATIENCE):
            entries = self._read()
            key = _serving(entries, _origin(url))
            if key is None:
                return False
            del entries[key]
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


def _serving(entries: Mapping[str, Mapping[str, object]], origin: str) -> str | None:
    """The key of the entry for an origin: its own, or one that is for it too."""
    if origin in entries:
        return origin
    return next((key for key, entry in entries.items() if origin in _also(entry)), None)


def _entry(login: StoredLogin, key: str) -> dict[str, object]:
    entry: dict[str, object] = {"access_token": login.token.value, "expires_at": login.token.expires_at}
    if login.refresh_token:
        entry["refresh_token"] = login.refresh_token
    if login.id_token:
        entry["id_token"] = login.id_token
    also = sorted({_origin(each) for each in login.origins} - {key})
    if also:
        entry["also"] = also
    return entry


def _also(entry: Mapping[str, object]) -> list[str]:
    listed = entry.get("also")
    return [each for each in cast("list[object]", listed) if isinstance(each, str)] if isinstance(listed, list) else []


def _origin(url: str) -> str:
    origin = origin_of(url)
    if not origin:
        raise ConfigError(f"{url!r} isn't a service's address", remedy="Write it as https://host.")
    return origin
