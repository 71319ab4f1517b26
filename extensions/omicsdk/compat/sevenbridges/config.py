"""Where credentials and settings come from: variables, and the files of sevenbridges-python."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.compat.sevenbridges.errors import SettingsError
from omicsdk.compat.sevenbridges.http.arguments import shown
from omicsdk.core.errors import ConfigError
from omicsdk.core.files.home_folder import home_folder

if TYPE_CHECKING:
    import configparser

_log = logging.getLogger(__name__)

#: The profile that is read when nobody names one.
DEFAULT_PROFILE = "default"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


class Access(NamedTuple):
    """What a client needs to know.

    Attributes:
        api_endpoint: The platform's base URL.
        auth_token: The token.
        proxies: "http" and "https" to proxies.
        advance_access: Whether operations in advance access are wanted.
    """

    api_endpoint: str
    auth_token: str
    proxies: dict[str, str]
    advance_access: bool

    def __repr__(self) -> str:
        return f"Access(api_endpoint={self.api_endpoint!r}, advance_access={self.advance_access!r})"


def format_proxies(proxies: Mapping[str, str] | None) -> dict[str, str]:
    """Gives proxies under the names that HTTP clients know.

    Args:
        proxies: "http_proxy" and "https_proxy", or "http" and "https", to proxies; names in any case.

    Returns:
        "http" and "https" to proxies; those that are empty are left out.
    """
    named = {name.lower().removesuffix("_proxy"): value for name, value in (proxies or {}).items()}
    return {name: named[name] for name in ("http", "https") if named.get(name)}


def _file(*parts: str) -> Path:
    """One of the user's files.

    Raises:
        SettingsError: The user has no home folder.
    """
    try:
        return home_folder().joinpath(".sevenbridges", *parts)
    except ConfigError as error:
        raise SettingsError(
            error.message, remedy="Give url and token, set both SB_API_ENDPOINT and SB_AUTH_TOKEN, or set HOME."
        ) from None


class _FilePath:
    """The path of one of the user's files as an attribute of a class, found when it is read."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __get__(self, instance: object, owner: type | None = None) -> str:
        return str(_file(*self._parts))


class UserProfile:
    """A profile of the user's files.

    Args:
        profile: The section of the credentials file.

    Raises:
        SettingsError: A file is malformed, the profile isn't in it, something in it makes no sense, or the user has no home
            folder.
    """

    CREDENTIALS = _FilePath("credentials")
    CONFIG = _FilePath("sevenbridges-python", "config")

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self._credentials_file = _file("credentials")
        self._settings_file = _file("sevenbridges-python", "config")
        self._credentials = _read(self._credentials_file)
        self._settings = _read(self._settings_file)

    @property
    def api_endpoint(self) -> str:
        """The platform's base URL."""
        return self._required("api_endpoint")

    @property
    def auth_token(self) -> str:
        """The token."""
        return self._required("auth_token")

    @property
    def proxies(self) -> dict[str, str]:
        """ "http" and "https" to proxies."""
        return format_proxies(dict(self._settings["proxies"]) if "proxies" in self._settings else None)

    @property
    def advance_access(self) -> bool:
        """Whether operations in advance access are wanted."""
        told = self._settings.get("mode", "advance_access", fallback="").strip().lower()
        if told not in _TRUE | _FALSE:
            raise SettingsError(
                f"advance_access in section [mode] is {told!r}, which is neither true nor false",
                file=str(self._settings_file),
                remedy="Write true or false.",
            )
        return told in _TRUE

    @property
    def access(self) -> Access:
        """All of it."""
        return Access(self.api_endpoint, self.auth_token, self.proxies, self.advance_access)

    def _required(self, name: str) -> str:
        file = str(self._credentials_file)
        if not self._credentials.has_section(self.profile):
            known = ", ".join(self._credentials.sections()) or "none"
            raise SettingsError(
                f"There is no profile {self.profile!r}; there is {known}"
                if self._credentials_file.exists()
                else "There is no such file",
                file=file,
                remedy=f"Write a section [{self.profile}] with api_endpoint and auth_token into it.",
            )
        found = self._credentials.get(self.profile, name, fallback="").strip()
        if not found:
            raise SettingsError(
                f"Section [{self.profile}] has no {name}", file=file, remedy=f"Write {name} = ... into that section."
            )
        return found


Profile = UserProfile
"""The name that older versions had."""


class Config:
    """Where an Api finds its endpoint and token.

    Args:
        profile: A section of ~/.sevenbridges/credentials. None takes SB_API_ENDPOINT and SB_AUTH_TOKEN, and where they
            aren't both set the section `default`.
        proxies: "http_proxy" and "https_proxy" to proxies; by default what the files or variables say.
        advance_access: Whether operations in advance access are wanted; by default what the files say.

    Raises:
        SettingsError: Something is missing or malformed.
    """

    def __init__(
        self,
        profile: str | None = None,
        proxies: Mapping[str, str] | None = None,
        advance_access: bool | None = None,
    ) -> None:
        access = by_default() if profile is None else UserProfile(profile).access
        self.profile = profile
        self.api_endpoint = access.api_endpoint
        self.auth_token = access.auth_token
        self.proxies = format_proxies(proxies) or access.proxies
        self.advance_access = access.advance_access if advance_access is None else advance_access

    def __repr__(self) -> str:
        return f"<Config(profile={self.profile!r}, api_endpoint={self.api_endpoint!r})>"


def check_config(config: object) -> None:
    """Refuses what is given as a Config and is none.

    Args:
        config: What was given; None for none. A published client's own will do: what has its attributes.

    Raises:
        SettingsError: It is something else, such as a profile's name.
    """
    if config is None or all(hasattr(config, name) for name in Access._fields):
        return
    told = shown(config) if isinstance(config, str) else f"a {type(config).__name__}"
    profile = told if told == repr(config) else "..."
    raise SettingsError(f"config is {told}, and takes a Config", remedy=f"Give config=Config(profile={profile}).")


def from_variables() -> Access | None:
    """What the environment's variables say; None when it isn't everything."""
    endpoint, token = os.environ.get("SB_API_ENDPOINT", "").strip(), os.environ.get("SB_AUTH_TOKEN", "").strip()
    if not (endpoint and token):
        return None
    # In a CGI program a caller's header becomes HTTP_PROXY.
    names = ("HTTPS_PROXY",) if "REQUEST_METHOD" in os.environ else ("HTTP_PROXY", "HTTPS_PROXY")
    told = {name: os.environ.get(name, "") for name in names}
    return Access(endpoint, token, format_proxies(told), advance_access=False)


def by_default() -> Access:
    """What an Api without arguments uses: the variables, else the default profile.

    Raises:
        SettingsError: Neither is there.
    """
    found = from_variables()
    if found is not None:
        return found
    if not _file("credentials").exists():
        raise SettingsError(
            "URL is missing: SB_API_ENDPOINT and SB_AUTH_TOKEN aren't both set, and there is no ~/.sevenbridges/credentials",
            remedy="Give url and token, set both variables, or write that file.",
        )
    return UserProfile(DEFAULT_PROFILE).access


def _read(file: Path) -> configparser.ConfigParser:
    import configparser

    parser = configparser.ConfigParser(interpolation=None)  # tokens may have a % in them
    try:
        with file.open(encoding="utf-8") as lines:
            parser.read_file(lines)
            mode = os.fstat(lines.fileno()).st_mode
        if (
            os.name != "nt"
            and mode & 0o077
            and any(parser.has_option(name, "auth_token") for name in parser.sections())
        ):
            _log.warning("%s holds a token and others can read it; run: chmod 600 %s", file, file)
    except FileNotFoundError:
        return parser
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next(iter(getattr(error, "errors", [])), (None,))[0]
        raise SettingsError(
            "It isn't an INI file", file=str(file), line=line, remedy="Look at that line."
        ) from None  # the error would show the line, which may be the token's
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8"
        raise SettingsError(f"It can't be read: {reason}", file=str(file)) from error
    return parser
