"""Logins that outlive a process: one private JSON file, its entries by platform, profile and base URL.

The secrets of an entry are in the file, or in the system's keyring under a name of the entry's key and the file.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

from omicsdk.core.credentials import Token, origin_of
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import locked, read_private, write_private
from omicsdk.core.json_coding import json_object
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_url
from omicsdk.core.settings.profiles import DEFAULT_PROFILE, settings_file

_log = logger("omicsdk.oauth")

#: Environment variable that names another file.
PATH_VARIABLE = "OMICS_TOKEN_FILE"

# Seconds to wait for another process that has the file: it may be renewing a login over a slow network.
_PATIENCE = 120.0


#: The platform whose logins are for origins, not for base URLs: one serves the Atlas's services together.
HCA = "hca"
_SECRETS = ("access_token", "refresh_token", "id_token")
# Members of an entry that are attributes of a StoredLogin, too.
_TEXTS = ("refresh_token", "id_token", "kind", "user")
_KNOWN_MEMBERS = ("access_token", "expires_at", "also", "store", "secret", *_TEXTS)
_KEYRING = "keyring"


def token_file(
    environ: Mapping[str, str] | None = None, platform: str = HCA, profile: str = DEFAULT_PROFILE
) -> "TokenFile":
    """The user's token file: `tokens.json` in omicsdk's folder of settings, or what OMICS_TOKEN_FILE names.

    Args:
        environ: The environment's variables; by default the process's own.
        platform: The platform whose logins are meant, such as `sb`.
        profile: The profile whose logins are meant.

    Raises:
        ConfigError: No file is named, and the user has no home.
    """
    return TokenFile(settings_file("tokens.json", PATH_VARIABLE, environ), platform, profile)


class Place(NamedTuple):
    """What a stored login is for.

    Attributes:
        platform: The platform, such as `sb`; `hca` for the Atlas's services.
        profile: The profile.
        url: The base URL; of `hca` the origin of the service that was logged in to.
    """

    platform: str
    profile: str
    url: str


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """What was stored at a login.

    Attributes:
        token: The access token and its end.
        refresh_token: Becomes the next access token; empty when there is none.
        id_token: Identifies the user; empty when there is none.
        origins: The origins that the tokens are for, that of the login first.
        kind: What the token is where the platform has several kinds, such as `api_key`.
        user: The user, as the platform calls them; empty when unknown.
        store: Where the tokens are: `file` or `keyring`.
    """

    token: Token
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    origins: tuple[str, ...] = ()
    kind: str = ""
    user: str = ""
    store: str = "file"


class TokenFile:
    """A file of logins, of which one platform's and profile's are seen. Each read sees the file as it is, so that several
    processes can share it.

    The file is `{KEY: {"access_token": ..., "expires_at": seconds since 1970 or null}}`, mode 0600; an entry may have a
    `refresh_token`, an `id_token`, a `kind`, a `user`, and in `also` the origins of further services that it is for. A key
    is "PLATFORM PROFILE BASE_URL", or "https://host:443" for the Atlas's default profile. Members that this version does not
    know are kept.

    Args:
        path: The file; it need not exist yet.
        platform: The platform whose logins are meant.
        profile: The profile whose logins are meant.
    """

    def __init__(self, path: Path, platform: str = HCA, profile: str = DEFAULT_PROFILE) -> None:
        self.path = path
        self.platform = platform
        self.profile = profile

    def __repr__(self) -> str:
        return f"<TokenFile {self.path}>"

    def get(self, url: str) -> Token | None:
        """Return the token that was stored for a service.

        Args:
            url: Any URL of the service.

        Returns:
            The token, or None when there is none for that origin.

        Raises:
            ConfigError: Others can read the file, or it is malformed.
        """
        login = self.login(url)
        return None if login is None else login.token

    def login(self, url: str) -> StoredLogin | None:
        """Return all that was stored at the login to a service, or to another that shares its logins.

        Args:
            url: Any URL of the service.

        Returns:
            The login, or None when there is none for that origin.

        Raises:
            ConfigError: Others can read the file, or it is malformed.
        """
        entries = self._read()
        key = self._serving(entries, url)
        if key is None:
            return None
        entry = entries[key]
        if entry.get("store") == _KEYRING:
            secrets = _from_keyring(_secret_name(key, entry))
            # A locked keyring is like no login: the other sources are tried, as no user can be asked here.
            if secrets is None:
                return None
            entry = {**entry, **secrets}
        return self._login(key, entry)

    def places(self) -> list[tuple[Place, StoredLogin]]:
        """List all logins of the file, whatever their platform and profile; those in the keyring without their secrets.

        Raises:
            ConfigError: Others can read the file, or it is malformed.
        """
        logins: list[tuple[Place, StoredLogin]] = []
        for key, entry in self._read().items():
            complete = {"access_token": "", **entry} if entry.get("store") == _KEYRING else entry
            # A key that is a URL alone was written before there were profiles, for the Atlas.
            login_place = Place(*key.split(" ", 2)) if key.count(" ") >= 2 else Place(HCA, DEFAULT_PROFILE, key)
            logins.append((login_place, self._login(key, complete)))
        return logins

    def _login(self, key: str, entry: Mapping[str, object]) -> StoredLogin:
        # Checked here, as users edit such files and other versions write them.
        value, end = entry.get("access_token"), entry.get("expires_at")
        if not isinstance(value, str) or isinstance(end, bool) or not (end is None or isinstance(end, int | float)):
            raise self._broken("has an entry without a token")
        texts = (entry.get(name) for name in _TEXTS)
        refresh, identity, kind, user = (text if isinstance(text, str) else "" for text in texts)
        return StoredLogin(
            Token(value, None if end is None else float(end)),
            refresh,
            identity,
            (key.rpartition(" ")[2], *_also(entry)),
            kind,
            user,
            _KEYRING if entry.get("store") == _KEYRING else "file",
        )

    def put(self, url: str, token: Token) -> None:
        """Store a service's token in the place of the one before.

        Args:
            url: Any URL of the service.
            token: The token.

        Raises:
            ConfigError: The file cannot be read or written.
        """
        self.keep(url, StoredLogin(token))

    def keep(self, url: str, login: StoredLogin, store: str | None = "file") -> str:
        """Store a login in the place of the one before.

        Args:
            url: Any URL of the service that was logged in to.
            login: What is stored; `origins` are further services that it is for.
            store: Where: `file` or `keyring`; None for the keyring where it can be used without asking, else the file.

        Returns:
            Where it was stored.

        Raises:
            ConfigError: The file cannot be read or written, or the keyring cannot be used and is asked for.
        """
        key = self._key(url)
        with locked(self.path, patience=_PATIENCE):
            entries = self._read()
            # Read within the lock: another process may have added logins to other services.
            entries[key] = self._placed(key, _entry(login, url), entries.get(key, {}), store)
            self._write(entries)
        return str(entries[key].get("store", "file"))

    def _placed(
        self, key: str, entry: dict[str, object], before: Mapping[str, object], store: str | None
    ) -> dict[str, object]:
        """An entry as the file gets it: with its secrets, or without those that the keyring took."""
        # A later version may have added members: an older one that renews the token must not remove them.
        newer = {name: value for name, value in before.items() if name not in _KNOWN_MEMBERS}
        was_in_keyring = before.get("store") == _KEYRING
        # With the file: the logins of another one may be those of another user, and one keyring has all of them.
        secret = _secret_name(key, before) if was_in_keyring else f"{key} {self.path.absolute()}"
        if store != "file" and _into_keyring(secret, entry, is_wanted=store == _KEYRING):
            left = {name: value for name, value in entry.items() if name not in _SECRETS}
            return {**newer, **left, "store": _KEYRING, "secret": secret}
        # The secrets are in the file from now on: nothing would delete those in the keyring.
        if was_in_keyring:
            _out_of_keyring(secret)
        return {**newer, **entry}

    def check(self) -> None:
        """Make sure that a login can be stored, before any user goes through one.

        Raises:
            ConfigError: The file cannot be read, or its folder cannot be written to.
        """
        with locked(self.path, patience=_PATIENCE):
            self._read()

    def change(self, url: str, change: Callable[[StoredLogin | None], StoredLogin]) -> StoredLogin:
        """Put another login in the place of a service's, with all other threads and processes waiting.

        Args:
            url: Any URL of the service.
            change: Receives the stored value and returns the new one; returning the same value writes nothing.

        Returns:
            What is stored then.

        Raises:
            ConfigError: The file cannot be read or written, or another process does not release its lock.
        """
        with locked(self.path, patience=_PATIENCE):
            before = self.login(url)
            # The lock is held while `change` requests a token: a refresh token that can be used once would be sent by two processes.
            after = change(before)
            # Nothing is written otherwise: most of those that wait for the lock find a login that another process has
            # renewed.
            if after != before:
                entries = self._read()
                # Under the key where it was found: one login of the Atlas may serve several origins.
                key = self._serving(entries, url) or self._key(url)
                entry = _entry(after, key.rpartition(" ")[2])
                entries[key] = self._placed(key, entry, entries.get(key, {}), after.store)
                self._write(entries)
            return after

    def delete(self, url: str) -> bool:
        """Forget the login that serves a service.

        Args:
            url: Any URL of the service.

        Returns:
            Whether there was one.

        Raises:
            ConfigError: The file cannot be read or written.
        """
        with locked(self.path, patience=_PATIENCE):
            entries = self._read()
            key = self._serving(entries, url)
            if key is None:
                return False
            # The secret before its entry, without which nothing would find it again.
            if entries[key].get("store") == _KEYRING:
                _out_of_keyring(_secret_name(key, entries[key]))
            del entries[key]
            self._write(entries)
        return True

    def serving(self, url: str, profile: str | None) -> "TokenFile | None":
        """Find the profile whose login is for a base URL; the keyring is not read.

        Args:
            url: The base URL.
            profile: The profile that is meant; None where none was named, and any may serve.

        Returns:
            The logins of that profile; None where none has one for the base URL.

        Raises:
            ConfigError: None is named, and several have one; or the file is malformed.
        """
        entries = self._read()
        profiles = {key.split(" ")[1] for key in entries if key.startswith(f"{self.platform} ")}
        views = [TokenFile(self.path, self.platform, name) for name in sorted({DEFAULT_PROFILE, *profiles})]
        serving = [view for view in views if profile in (None, view.profile) and view._serving(entries, url)]
        # Not the first one: it may be that of another user.
        if len(serving) > 1:
            names = " and ".join(view.profile for view in serving)
            raise ConfigError(
                f"Several profiles have a login for {mask_url(url)}: {names}",
                remedy="Choose one with --profile (profile= in Python), or set OMICS_PROFILE.",
            )
        return serving[0] if serving else None

    def _key(self, url: str) -> str:
        """The key of the login that is for a base URL."""
        if self.platform != HCA:
            return f"{self.platform} {self.profile} {url.rstrip('/')}"
        origin = _origin(url)  # as versions before the profiles wrote it
        return origin if self.profile == DEFAULT_PROFILE else f"{HCA} {self.profile} {origin}"

    def _serving(self, entries: Mapping[str, Mapping[str, object]], url: str) -> str | None:
        """The key of the login for a base URL: its own, or of the Atlas one that is for its origin too."""
        own_key = self._key(url)
        if own_key in entries or self.platform != HCA:
            return own_key if own_key in entries else None
        origin, beginning = _origin(url), own_key.rpartition(" ")[0]
        # One login of the Atlas serves several of its services.
        shared = (key for key, entry in entries.items() if origin in _also(entry))
        return next((key for key in shared if key.rpartition(" ")[0] == beginning), None)

    def _read(self) -> dict[str, dict[str, object]]:
        text = read_private(self.path)
        if text is None:
            return {}
        try:
            entries: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._broken("is not JSON") from error
        if not isinstance(entries, dict):
            raise self._broken("is not a JSON object")
        by_key = cast("dict[str, object]", entries)
        if not all(isinstance(entry, dict) for entry in by_key.values()):
            raise self._broken("has an entry that is not a JSON object")
        return cast("dict[str, dict[str, object]]", by_key)

    def _write(self, entries: dict[str, dict[str, object]]) -> None:
        write_private(self.path, json.dumps(entries, indent=2, sort_keys=True) + "\n")

    def _broken(self, what: str) -> ConfigError:
        return ConfigError(f"The token file {self.path} {what}", remedy="Delete it and log in again.")


def _secret_name(key: str, entry: Mapping[str, object]) -> str:
    """The name of an entry's secrets in the keyring; earlier versions stated none, and used its key."""
    return str(entry.get("secret", key))


def _from_keyring(name: str) -> dict[str, object] | None:
    """The secrets of an entry; None where the keyring cannot be used now, or has lost them."""
    from omicsdk.core.settings.keyrings import KeyringUnavailable, read_secret

    try:
        secret = read_secret(name)
    except KeyringUnavailable as error:
        _log.debug("the login in the keyring is skipped: %s", error)
        return None
    value = json_object(secret or "")
    if value is None:
        _log.debug("the login in the keyring is skipped: the keyring does not have it")
        return None
    return value


def _into_keyring(name: str, entry: Mapping[str, object], *, is_wanted: bool) -> bool:
    """Give the secrets of an entry to the keyring; False where it does not take them."""
    from omicsdk.core.settings.keyrings import KeyringUnavailable, write_secret

    secrets = {member: entry[member] for member in _SECRETS if member in entry}
    try:
        write_secret(name, json.dumps(secrets))
    except KeyringUnavailable as error:
        if is_wanted:
            remedy = "Unlock the keyring, or use --store file."
            raise ConfigError(f"Cannot store the login in the keyring: {error}", remedy=remedy) from error
        _log.debug("the keyring is skipped: %s", error)
        return False
    return True


def _out_of_keyring(name: str) -> None:
    from omicsdk.core.settings.keyrings import KeyringUnavailable, delete_secret

    try:
        delete_secret(name)
    except KeyringUnavailable as error:
        # The entry is removed nevertheless: without it nothing reads the secret.
        _log.warning("the secret stays in the keyring: %s", error)


def _entry(login: StoredLogin, url: str) -> dict[str, object]:
    entry: dict[str, object] = {"access_token": login.token.value, "expires_at": login.token.expires_at}
    texts = ((name, getattr(login, name)) for name in _TEXTS)
    entry |= {name: text for name, text in texts if text}
    also = sorted({_origin(origin) for origin in login.origins} - {_origin(url)})
    if also:
        entry["also"] = also
    return entry


def _also(entry: Mapping[str, object]) -> list[str]:
    also = entry.get("also")
    return (
        [origin for origin in cast("list[object]", also) if isinstance(origin, str)] if isinstance(also, list) else []
    )


def _origin(url: str) -> str:
    origin = origin_of(url)
    if not origin:
        raise ConfigError(f"{url!r} is not a service's URL", remedy="Write it as https://host.")
    return origin
