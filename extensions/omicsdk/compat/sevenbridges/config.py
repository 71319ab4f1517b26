"""Sources of credentials and settings: variables, and the files of sevenbridges-python."""

from __future__ import annotations

import os
from collections.abc import Mapping

from omicsdk.compat.sevenbridges._arguments import value_text
from omicsdk.compat.sevenbridges.errors import SettingsError, as_ours


class Access:
    """Endpoint, token, proxies by scheme, and use of advance access of a client."""

    __slots__ = ("advance_access", "api_endpoint", "auth_token", "proxies")

    def __init__(self, api_endpoint: str, auth_token: str, proxies: dict[str, str], advance_access: bool) -> None:
        self.api_endpoint, self.auth_token = api_endpoint, auth_token
        self.proxies, self.advance_access = proxies, advance_access


def format_proxies(proxies: Mapping[str, str] | None) -> dict[str, str]:
    """Return proxies by scheme, of "http_proxy" and "https_proxy" or "http" and "https" in any case, without empty ones."""
    if not proxies:
        return {}
    from omicsdk.sb.client import by_scheme

    return by_scheme(proxies)


class _FilePath:
    """The path of one of the user's files as an attribute of a class, found when it is read."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __get__(self, instance: object, owner: type | None = None) -> str:
        from omicsdk.sb.client import own_file

        with as_ours():
            return str(own_file(*self._parts))


class UserProfile(Access):
    """Profile in the user's files: a section of the credentials file. A malformed or incomplete one is a SettingsError.

    Attributes:
        CREDENTIALS: The credentials file; a program may name another.
        CONFIG: The file of proxies and advance access; a program may name another.
    """

    CREDENTIALS = _FilePath("credentials")
    CONFIG = _FilePath("sevenbridges-python", "config")

    def __init__(self, profile: str) -> None:
        from pathlib import Path  # not with the module: `from sevenbridges import Api` loads neither it nor the next

        from omicsdk.sb.client import advance_access_in, proxies_in, read_ini, read_profile

        self.profile = profile
        credentials, config = Path(self.CREDENTIALS), Path(self.CONFIG)
        with as_ours():
            settings = read_ini(config)
            access = read_profile(profile, credentials)
            super().__init__(*access, proxies_in(settings), advance_access_in(settings, config))


Profile = UserProfile
"""The name that older versions had."""


class Config(Access):
    """Source of the endpoint and token of an Api.

    Args:
        profile: A section of ~/.sevenbridges/credentials. None takes SB_API_ENDPOINT and SB_AUTH_TOKEN, and if they
            are not both set the section `default`.
        proxies: "http_proxy" and "https_proxy" to proxies; by default those of the files or variables.
        advance_access: Whether to use operations in advance access; by default as the files state.

    Raises:
        SettingsError: Something is missing or malformed.
    """

    def __init__(
        self, profile: str | None = None, proxies: Mapping[str, str] | None = None, advance_access: bool | None = None
    ) -> None:
        access = by_default() if profile is None else UserProfile(profile)
        advance_access = access.advance_access if advance_access is None else advance_access
        proxy_settings = format_proxies(proxies) or access.proxies
        super().__init__(access.api_endpoint, access.auth_token, proxy_settings, advance_access)
        self.profile = profile

    def __repr__(self) -> str:
        return f"<Config(profile={self.profile!r}, api_endpoint={self.api_endpoint!r})>"


def check_config(config: object) -> None:
    """Reject an invalid Config; None, and a published client's own, are accepted."""
    if config is None or all(hasattr(config, name) for name in Access.__slots__):
        return
    received = value_text(config) if isinstance(config, str) else f"a {type(config).__name__}"
    profile = received if received == repr(config) else "..."
    raise SettingsError(f"config: expected a Config, got {received}", remedy=f"Pass config=Config(profile={profile}).")


def from_variables() -> Access | None:
    """Read the environment variables; None if they are incomplete."""
    endpoint, token = (os.environ.get(name, "").strip() for name in ("SB_API_ENDPOINT", "SB_AUTH_TOKEN"))
    if not (endpoint and token):
        return None
    # In a CGI program a caller's header becomes HTTP_PROXY.
    names = ("HTTPS_PROXY",) if "REQUEST_METHOD" in os.environ else ("HTTP_PROXY", "HTTPS_PROXY")
    return Access(endpoint, token, format_proxies({name: os.environ.get(name, "") for name in names}), False)


def by_default() -> Access:
    """Return the access of an Api without arguments: from the variables, else the default profile."""
    access = from_variables()
    if access is not None:
        return access
    if not os.path.isfile(UserProfile.CREDENTIALS):  # noqa: PTH113 - programs of the published client replace it
        raise SettingsError(
            "URL is missing: SB_API_ENDPOINT and SB_AUTH_TOKEN are not both set, and ~/.sevenbridges/credentials does not exist",
            remedy="Pass url and token, set both variables, or write that file.",
        )
    return UserProfile("default")
