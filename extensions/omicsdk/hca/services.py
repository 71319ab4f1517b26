"""What is known of the Atlas's services: the configuration states their URLs, their logins and the application that logs in, and some
hosts were switched off.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omicsdk.core.errors import AuthError, ConfigError, NotFound
from omicsdk.core.files import locked, read_private, write_private
from omicsdk.core.json_coding import json_object
from omicsdk.core.redaction import mask_url, url_parts
from omicsdk.core.type_guards import is_object
from omicsdk.hca.config import BUILT_IN, HCAConfig

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.core.oauth.grants import Application
    from omicsdk.core.oauth.tokens import Endpoint, Grant
    from omicsdk.core.platform import Discovery, Search, SourceResult
    from omicsdk.core.token_file import TokenFile

# The names of the services in settings, commands and variables, by the configuration's section.
PLATFORMS = {"DSSClient": "dss", "AuthClient": "auth"}

# Environment variables that hold an access token, by the configuration's section.
TOKEN_VARIABLES = {section: f"OMICS_{word.upper()}_TOKEN" for section, word in PLATFORMS.items()}

# The audience of tokens, as the published clients state it; the configuration's key `audience` replaces it.
AUDIENCE = "https://dev.data.humancellatlas.org/"

# What the platform's own claims begin with.
CLAIMS = "https://auth.data.humancellatlas.org/"

# What a login asks for; the last one is the refresh token.
SCOPES = ("openid", "email", "offline_access")


def base_url_of(swagger_url: str, named: str = "swagger_url") -> str:
    """The service's base URL: that of its document, less the last segment.

    Args:
        swagger_url: The URL of the document.
        named: The value's name in errors.

    Raises:
        ConfigError: It is not an http or https URL with a path.
    """
    parts = url_parts(swagger_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.path:
        raise ConfigError(
            f"{named}: {mask_url(swagger_url)!r} is not an http or https URL with a path",
            remedy="Use the URL of the service's document, such as https://dss.example.org/v1/swagger.json.",
        )
    return swagger_url.partition("?")[0].rpartition("/")[0]


def service_url(section: str, *, base_url: str | None = None, swagger_url: str | None = None, config: HCAConfig) -> str:
    """A service's base URL: the argument, that of the document, that of the configuration.

    Args:
        section: The configuration's section, such as `DSSClient`.
        base_url: Wins over all, when it is given.
        swagger_url: The URL of the service's document; wins over the configuration's.
        config: The HCA configuration.

    Raises:
        ConfigError: It is invalid.
    """
    if base_url or swagger_url:
        return base_url or base_url_of(swagger_url or "")
    url = swagger_url_of(section, config)
    try:
        return base_url_of(url)
    except ConfigError:  # only an error needs the place
        return base_url_of(url, f"{section}.swagger_url ({_url_key(section, config)})")


def swagger_url_of(section: str, config: HCAConfig) -> str:
    """The URL of a service's document, as the configuration is now.

    Args:
        section: The configuration's section, such as `DSSClient`.
        config: The HCA configuration.

    Raises:
        ConfigError: There is none.
    """
    url = config.value_of(section, "swagger_url")
    if not isinstance(url, str):
        raise ConfigError(
            f"{section}.swagger_url ({_url_key(section, config)}) is {'missing' if url is None else 'no text'}",
            remedy="Use the URL of the service's document, such as https://dss.example.org/v1/swagger.json.",
        )
    return url


def _url_key(section: str, config: HCAConfig) -> str:
    return config.place_of(section, "swagger_url") or "in no file"


def audience_of(section: str, config: HCAConfig) -> str:
    """Return the audience of a service's tokens: `audience` of its section, of the configuration, or as published.

    Args:
        section: The configuration's section, such as `DSSClient`.
        config: The HCA configuration.
    """
    return str(config.value_of(section, "audience") or config.value_of("audience") or AUDIENCE)


def command(section: str, word: str) -> str:
    """A command of the service, for remedies: `omics dss login`.

    Args:
        section: The configuration's section, such as `DSSClient`.
        word: The word after the service's name, such as `login`.
    """
    return f"omics {section.removesuffix('Client').lower()} {word}"


def discovery(
    section: str, config: HCAConfig | None = None, *, endpoint: Endpoint | None = None, account_url: str | None = None
) -> Discovery:
    """Return where a service and its credentials are found.

    The credentials are the first of: OMICS_<SERVICE>_TOKEN; the service account of GOOGLE_APPLICATION_CREDENTIALS; a login
    in the token file; the `oauth2_token` that the published client left in the configuration. The first two go to the service of
    OMICS_<SERVICE>_URL, else to that of the configuration. The other two go to the services that they were issued for.

    Args:
        section: The configuration's section, such as `DSSClient`.
        config: The HCA configuration; by default that of the user's files.
        endpoint: Sends renewals to the authorization server; by default over the network.
        account_url: The service that a program of the published client names, whose service account goes there.
    """
    from omicsdk.core.platform import (  # slow; commands that read the settings only do without
        NOTHING,
        Discovery,
        SourceResult,
    )

    def configured(search: Search) -> HCAConfig:
        return HCAConfig(search.environ) if config is None else config

    def token(text: str) -> Credentials:
        from omicsdk.core.credentials import BearerToken

        # The variable takes precedence over any stored login.
        remedy = f"Set {TOKEN_VARIABLES[section]} to a valid token; or unset it, and run: {command(section, 'login')}"
        return BearerToken(text, remedy=remedy)

    def environment(search: Search) -> SourceResult:
        if (account := _account(section, configured, search)) is None:
            return NOTHING
        return SourceResult(account_url, account, "GOOGLE_APPLICATION_CREDENTIALS")

    def files(search: Search) -> SourceResult:
        if search.profile is not None and search.base_url is None:
            return NOTHING  # the Atlas's own files have no profiles
        settings = configured(search)
        url = search.base_url
        if url is None:
            url = service_url(section, config=settings)
        origin = _url_key(section, settings)
        if search.base_url is None and origin == BUILT_IN:
            _warn_of_missing_files(url, settings)
        if search.is_complete:
            return SourceResult(url, None, origin)
        credentials = _stored(section, url, search, settings, endpoint)
        if credentials is not None:
            return SourceResult(url, credentials, origin, "omics login")
        credentials = _of_published_client(section, settings)
        return SourceResult(url, credentials, origin, settings.place_of("oauth2_token", "access_token"))

    return Discovery(
        platform=PLATFORMS[section],
        environment=environment,
        files=files,
        token=token,
        remedy=f"Run {command(section, 'login')}.",
    )


def _warn_of_missing_files(url: str, config: HCAConfig) -> None:
    """A missing file is allowed, but a user who names one rarely means the built-in deployment."""
    if missing_files := [file for file in config.named_files if not file.exists()]:
        from omicsdk.core.logs import config_log

        for file in missing_files:
            config_log.warning("HCA_CONFIG_FILE names the missing file %s: using %s", file, url)


def _account(section: str, configured: Callable[[Search], HCAConfig], search: Search) -> Credentials | None:
    if not search.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        return None
    from omicsdk.core.oauth.credentials import ServiceAccount, named_key_file

    path, audience = named_key_file(search.environ), audience_of(section, configured(search))
    return None if path is None else ServiceAccount(path, lambda email: claims_of(email, audience))


def claims_of(email: str, audience: str) -> dict[str, object]:
    """Return the claims of a service account's token besides its times, as the platform documents them.

    Args:
        email: The account.
        audience: The audience of the token.
    """
    return {
        "iss": email,
        "sub": email,
        "aud": audience,
        "email": email,
        "scope": ["email", "openid", "offline_access"],
        f"{CLAIMS}group": "hca",
        f"{CLAIMS}email": email,
    }


def stored_tokens(environ: Mapping[str, str]) -> TokenFile | None:
    """The file in which a login would have been stored; None if there cannot be one, since the user has no home.

    Args:
        environ: The environment's variables.
    """
    from omicsdk.core.token_file import token_file

    try:
        return token_file(environ)
    except ConfigError:
        return None


def _stored(section: str, url: str, search: Search, config: HCAConfig, endpoint: Endpoint | None) -> Credentials | None:
    environ = search.environ
    stored = stored_tokens(environ)
    tokens = None if stored is None else stored.serving(url, search.profile)
    login = None if tokens is None else tokens.login(url)
    if tokens is None or login is None:
        return None
    from omicsdk.core.credentials import origin_of
    from omicsdk.core.oauth.credentials import RefreshingToken
    from omicsdk.core.oauth.grants import refresh_request
    from omicsdk.core.oauth.tokens import Endpoint

    def renewed(refresh_token: str) -> Grant:
        # The refresh token was issued to the application of the service that was logged in to.
        origin = login.origins[0]
        service = url if origin_of(url) == origin else origin
        sender = endpoint or Endpoint(environ)
        application = Secrets(service, config, tokens.path, sender).application()
        return sender.grant(refresh_request(application, refresh_token), previous=refresh_token)

    return RefreshingToken(tokens, url, login, renewed, remedy=f"Log in again: {command(section, 'login')}")


def left_by_published_client(config: HCAConfig) -> Mapping[str, Any]:
    """The login that the published client stored: access_token, refresh_token, id_token; empty if there is none."""
    stored: object = config.value_of("oauth2_token")
    return stored if is_object(stored) else {}


def _of_published_client(section: str, config: HCAConfig) -> Credentials | None:
    """Return the published client's login; it is used unchanged and never renewed, which would invalidate that client's
    login.
    """
    stored = left_by_published_client(config)
    if not stored.get("access_token"):
        return None
    from omicsdk.core.credentials import BearerToken

    return BearerToken(
        stored["access_token"],
        origins=[stored.get("origin") or service_url(section, config=config)],
        remedy=f"Take over the published client's login: {command(section, 'login --migrate')}. "
        f"Or log in again: {command(section, 'login')}",
    )


# The path at which a deployment's services return the secrets, at the root of their host.
PATH = "/internal/application_secrets"
# The same in the configuration.
KEY = "application_secrets"


class Secrets:
    """The application's secrets of one service.

    Args:
        base_url: The service.
        config: The HCA configuration, whose `application_secrets` take precedence.
        tokens: The token file, beside which responses are cached as `applications.json`.
        endpoint: Sends the requests.
    """

    def __init__(self, base_url: str, config: HCAConfig, tokens: Path, endpoint: Endpoint) -> None:
        from omicsdk.core.credentials import origin_of

        self._base_url = base_url
        self._origin = origin_of(base_url)
        self._config = config
        self._cache = tokens.with_name("applications.json")
        self._endpoint = endpoint

    def application_secrets(self, *, fresh: bool = False) -> dict[str, Any]:
        """The secrets as the service returns them: `{"installed": {"client_id": ..., ...}}`.

        Args:
            fresh: Request them from the service, even if its response is cached.

        Raises:
            AuthError: The service does not return them.
            OmicsError: The service cannot be reached.
        """
        configured: object = self._config.value_of(KEY)
        if configured:
            if not is_object(configured):
                raise ConfigError(f"{KEY} of the HCA configuration ({self._config.place_of(KEY)}) is not an object")
            return configured
        cached = None if fresh else self._from_file().get(self._origin)
        if is_object(cached):
            return cached
        secrets = self._from_service()
        with locked(self._cache):
            # Read again with the lock: another process may have added the secrets of another service.
            write_private(self._cache, json.dumps({**self._from_file(), self._origin: secrets}, indent=2) + "\n")
        return secrets

    def application(self, *, fresh: bool = False) -> Application:
        """Return the application that they describe; arguments and errors are those of `application_secrets`.

        Raises:
            ConfigError: They lack something.
        """
        from omicsdk.core.oauth.grants import Application

        return Application.of(self.application_secrets(fresh=fresh), f"{urlsplit(self._base_url).netloc}'s {KEY}")

    def forget(self) -> None:
        """Delete the cached response of this service."""
        with locked(self._cache):
            cached = self._from_file()
            if cached.pop(self._origin, None) is not None:
                write_private(self._cache, json.dumps(cached, indent=2) + "\n")

    def _from_service(self) -> dict[str, Any]:
        """Request the secrets at the root of the host, and below the service's own address for hosts that serve
        several.
        """
        from omicsdk.core.oauth.tokens import get

        parts = urlsplit(self._base_url)
        places = dict.fromkeys((f"{parts.scheme}://{parts.netloc}{PATH}", self._base_url + PATH))
        for url in places:
            try:
                value = json_object(self._endpoint.text(get(url, KEY)))
            except NotFound:
                continue
            if value is not None:
                return value
        raise AuthError(
            f"{parts.netloc} does not state how to log in to it: {KEY} not found",
            remedy=f"Put the {KEY} of the deployment into the HCA configuration, or log in with --access-token.",
        )

    def _from_file(self) -> dict[str, Any]:
        try:
            value: object = json.loads(read_private(self._cache) or "{}")
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{self._cache} is not JSON", remedy="Delete it; it is created again.") from error
        return value if is_object(value) else {}


# The data portal, which has the Atlas's data now.
PORTAL = "https://data.humancellatlas.org"

# Also those of the stages: dss.staging.data.humancellatlas.org.
_RETIRED = re.compile(r"(dss|auth|upload)(\.[a-z]+)?\.data\.humancellatlas\.org")


# Command that downloads the files of a manifest of the Data Store from the service that has them now.
INSTEAD = "omics azul download --manifest"


def retirement(url: str) -> str:
    """Return what to do when a service of the Atlas cannot be reached; empty for any other service.

    Args:
        url: A URL of the service.
    """
    if not _RETIRED.fullmatch(urlsplit(url).hostname or ""):
        return ""
    return (
        f"The Human Cell Atlas has retired this service: its data is in the data portal, {PORTAL}. Name another deployment "
        "with --base-url."
    )
