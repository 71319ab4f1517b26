"""Where the base URL and the login of a commons are found: environment variables, ~/.gen3, a workspace's token service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.core.credentials import ANONYMOUS, BearerToken, Credentials
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import home_folder
from omicsdk.core.platform import (
    NOTHING,
    Discovery,
    Search,
    Settings,
    SourceResult,
    UnboundUrl,
    resolution,
    resolve,
    unbound,
)
from omicsdk.core.retry import Retry
from omicsdk.gen3.login import Gen3Login
from omicsdk.gen3.sources import (
    DEFAULT_FILE,
    FOLDER,
    KEY_VARIABLE,
    NAMESPACE_VARIABLE,
    Arguments,
    TokenService,
    endpoint_of,
    login_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from omicsdk.core.token_file import StoredLogin

# Environment variable: the commons.
ENDPOINT_VARIABLE = "GEN3_ENDPOINT"
# Environment variables: the commons, and an access token, for all programs of this package.
URL_VARIABLE, TOKEN_VARIABLE = "OMICS_GEN3_URL", "OMICS_GEN3_TOKEN"
# Environment variable: how often a request is sent at most, from 1.
RETRIES_VARIABLE = "GEN3SDK_MAX_RETRIES"
# The kind of a stored login that is an API key; others are access tokens.
API_KEY = "api_key"
PROFILE_PAGE = "credentials.json comes from your profile page of the commons."
# How to log in, as a remedy.
LOG_IN = f"Set GEN3_API_KEY to a credentials file: {PROFILE_PAGE}"


def _environment(search: Search) -> SourceResult:
    """The commons of OMICS_GEN3_URL or GEN3_ENDPOINT, and the login of OMICS_GEN3_TOKEN or GEN3_API_KEY."""
    environ = search.environ
    base_url = named_commons(environ)
    variables = " and ".join(name for name in (URL_VARIABLE, ENDPOINT_VARIABLE) if environ.get(name, "").strip())
    if search.credentials is not None:
        return SourceResult(base_url, None, variables)
    token = environ.get(TOKEN_VARIABLE, "").strip()
    if token and _names_login(token) and not search.is_complete:
        source = login_of(Arguments(None, token), environ, home_folder).source
        if isinstance(source, TokenService) and source.missing is not None:
            raise ConfigError(f"{TOKEN_VARIABLE} names a file that does not exist", remedy=LOG_IN)
        login = _with_login(search, base_url, token)
        return login._replace(origin=variables or TOKEN_VARIABLE, credentials_origin=TOKEN_VARIABLE)
    if environ.get(KEY_VARIABLE) and not search.is_complete:
        return _with_login(search, base_url, None)._replace(
            origin=variables or KEY_VARIABLE, credentials_origin=KEY_VARIABLE
        )
    return SourceResult(base_url, None, variables)


def stated_login(text: str, endpoint: str | None, environ: Mapping[str, str] | None = None) -> Gen3Login:
    """Make the login that a text states: an access token, or what GEN3_API_KEY may have.

    Args:
        text: An access token; the path of a credentials file, or its name within ~/.gen3; idp://wts/IDP, a login of the workspace
            token service; or accesstoken:///TOKEN.
        endpoint: The commons; None for the one that issued the token or key.
        environ: The environment's variables; None for the process's own.

    Raises:
        Gen3AuthError: It is no access token, or the file is no credentials file.
    """
    if _names_login(text):
        return Gen3Login(endpoint, refresh_file=text, environ=environ)
    return Gen3Login(endpoint, access_token=text)


def _names_login(text: str) -> bool:
    return "/" in text or "\\" in text or text.endswith(".json") or _has_file(text) or _is_file(Path(text))


def named_commons(environ: Mapping[str, str]) -> str | None:
    """The base URL that OMICS_GEN3_URL or GEN3_ENDPOINT has; None without one.

    Args:
        environ: The environment's variables.

    Raises:
        ConfigError: It is invalid.
    """
    named = (environ.get(name, "").strip() for name in (URL_VARIABLE, ENDPOINT_VARIABLE))
    return next((endpoint_of(address) for address in named if address), None)


def _files(search: Search) -> SourceResult:
    """The login of a file in ~/.gen3, named by the profile, or of a workspace's token service; or the commons of a token."""
    token = search.environ.get(TOKEN_VARIABLE, "").strip()
    if token and search.credentials is None and search.is_complete and search.base_url is None:
        return SourceResult(Gen3Login(access_token=token).endpoint, None, TOKEN_VARIABLE)
    name = search.profile or DEFAULT_FILE
    if not _has_file(name) and (search.profile is not None or not search.environ.get(NAMESPACE_VARIABLE)):
        return NOTHING
    origin = f"~/{FOLDER}/{name}" if _has_file(name) else "the workspace token service"
    if search.credentials is not None:
        return SourceResult(origin=origin)
    return _with_login(search, None, search.profile)._replace(origin=origin)


def stored_login(login: StoredLogin, endpoint: str) -> Gen3Login:
    """Make credentials from a login that `omics login gen3` stored.

    Args:
        login: What was stored: an API key, as a credentials file has it, or an access token.
        endpoint: The commons.
    """
    if login.kind == API_KEY:
        return Gen3Login(endpoint, refresh_token={"api_key": login.token.value})
    return Gen3Login(endpoint, access_token=login.token.value)


def _with_login(search: Search, base_url: str | None, file: str | None) -> SourceResult:
    """A login by key for the commons that was found so far, else for the one that issued the key.

    The key itself is sent to its issuer only. For another commons the issuer's workspace token service returns the
    tokens, so the login is valid for `search.base_url`, whichever base URL this source states. A token, and a login that is
    named by its `idp`, are for the base URL that is stated beside them.
    """
    endpoint = search.base_url or base_url
    login = Gen3Login(endpoint, refresh_file=file, environ=search.environ)
    if search.base_url is not None:
        return SourceResult(search.base_url if login.is_of_any_commons else base_url, login)
    return SourceResult(endpoint or (login.stated_endpoint or None if search.offline else login.endpoint), login)


def _has_file(name: str) -> bool:
    try:
        folder = home_folder() / FOLDER
    except ConfigError:  # a user without a home has no file in it
        return False
    return _is_file(folder / name, folder / f"{name}.json")


def _is_file(*paths: Path) -> bool:
    try:
        return any(path.is_file() for path in paths)
    except OSError:  # a token is longer than a name may be
        return False


def has_login(environ: Mapping[str, str]) -> bool:
    """Whether the environment, omicsdk's settings or the user's folder has a login; nothing is requested.

    Args:
        environ: The environment's variables.
    """
    variables = (TOKEN_VARIABLE, KEY_VARIABLE, NAMESPACE_VARIABLE)
    if any(environ.get(name, "").strip() for name in variables) or _has_file(DEFAULT_FILE):
        return True
    return resolution(DISCOVERY, environ=environ, offline=True).credentials is not None


# Where a commons and its login are found.
DISCOVERY = Discovery(
    platform="gen3",
    environment=_environment,
    files=_files,
    stored=stored_login,
    normal_url=endpoint_of,
    names_login=_names_login,
    remedy=f"Run `omics login gen3`. Or pass base_url (--base-url), set {ENDPOINT_VARIABLE}, or set {KEY_VARIABLE} to a credentials file: "
    f"{PROFILE_PAGE}",
)


def stated_retry(environ: Mapping[str, str] | None = None) -> Retry | None:
    """Return the default retries: as many tries as GEN3SDK_MAX_RETRIES states.

    Args:
        environ: The environment variables; None for the process's own.

    Returns:
        None if the variable is not set.

    Raises:
        ConfigError: It is not a number from 1.
    """
    text = (os.environ if environ is None else environ).get(RETRIES_VARIABLE, "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"{RETRIES_VARIABLE} is {text!r}", remedy="Set it to a whole number from 1.")
    return Retry(attempts=int(text))


class CommonsAddress:
    """Base of the commons' clients: a host alone is a base URL, and a login states its commons."""

    _discovery = DISCOVERY
    _settings: Settings

    @property
    def _retry(self) -> Retry | None:
        return stated_retry(self._settings.environ)

    def _resolved(
        self,
        base_url: str | None,
        credentials: Credentials | httpx.Auth | str | None,
        profile: str | None,
        environ: Mapping[str, str] | None,
    ) -> tuple[str, Credentials | None]:
        if isinstance(credentials, str):
            resolved_url, _ = self._resolved(base_url, ANONYMOUS, profile, environ)
            credentials = stated_login(credentials, resolved_url or None, environ)
        address: object = base_url if base_url is not None else getattr(credentials, "endpoint", None)
        endpoint = endpoint_of(address) if isinstance(address, str) else None
        url, resolved = resolve(
            DISCOVERY,
            base_url=unbound(endpoint) if isinstance(base_url, UnboundUrl) else endpoint,
            credentials=credentials,
            profile=profile,
            environ=environ,
        )
        if credentials is None and isinstance(resolved, BearerToken):  # of the variable that every platform has
            token = (os.environ if environ is None else environ)[TOKEN_VARIABLE].strip()
            resolved = Gen3Login(url or None, access_token=token, environ=environ)
        return endpoint_of(url) if url else "", resolved
