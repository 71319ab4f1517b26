"""Where an HCA service is and what proves who asks, from arguments, environment and configuration: decided, not sent."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from omicsdk.core.errors import ConfigError
from omicsdk.core.narrowing import is_object
from omicsdk.core.origins import origin_of
from omicsdk.core.redaction import mask_url

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.core.oauth.endpoint import Endpoint
    from omicsdk.core.oauth.grants import Grant
    from omicsdk.core.token_file import TokenFile
    from omicsdk.hca.config import HCAConfig

TOKEN_VARIABLES = {"DSSClient": "OMICS_DSS_TOKEN", "AuthClient": "OMICS_AUTH_TOKEN"}
"""Environment variables that hold an access token, by the configuration's section."""

AUDIENCE = "https://dev.data.humancellatlas.org/"
"""Whom tokens are made for, as the published clients state it; the configuration's key `audience` takes its place."""

CLAIMS = "https://auth.data.humancellatlas.org/"
"""What the platform's own claims begin with."""

SCOPES = ("openid", "email", "offline_access")
"""What a login asks for; the last one is the refresh token."""


class Connection(NamedTuple):
    """Where a service is, and what is sent along."""

    base_url: str
    credentials: "Credentials | None"


def base_url_of(swagger_url: str, named: str = "swagger_url") -> str:
    """The service's base URL: that of its document, less the last segment.

    Args:
        swagger_url: Where the document is.
        named: What the value is called, for errors.

    Raises:
        ConfigError: It isn't an http or https URL with a path.
    """
    parts = urlsplit(swagger_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            f"{named} is {mask_url(swagger_url)!r}",
            remedy="Give the URL of the service's document, such as https://dss.example.org/v1/swagger.json.",
        )
    return swagger_url.partition("?")[0].rpartition("/")[0]


def service_url(
    section: str, *, base_url: str | None = None, swagger_url: str | None = None, config: "HCAConfig"
) -> str:
    """A service's base URL: the argument, that of the document, that of the configuration.

    Args:
        section: The configuration's section, such as `DSSClient`.
        base_url: Wins over all, when it is given.
        swagger_url: The URL of the service's document; wins over the configuration's.
        config: The HCA configuration.

    Raises:
        ConfigError: It isn't one.
    """
    if base_url or swagger_url:
        return base_url or base_url_of(swagger_url or "")
    return base_url_of(swagger_url_of(section, config), f"{section}.swagger_url ({_place(section, config)})")


def swagger_url_of(section: str, config: "HCAConfig") -> str:
    """The URL of a service's document, as the configuration is now.

    Args:
        section: The configuration's section, such as `DSSClient`.
        config: The HCA configuration.

    Raises:
        ConfigError: There is none.
    """
    stated = config.value_of(section, "swagger_url")
    if not isinstance(stated, str):
        raise ConfigError(
            f"{section}.swagger_url ({_place(section, config)}) is {'missing' if stated is None else 'no text'}",
            remedy="Give the URL of the service's document, such as https://dss.example.org/v1/swagger.json.",
        )
    return stated


def _place(section: str, config: "HCAConfig") -> str:
    return config.place_of(section, "swagger_url") or "in no file"


def audience_of(section: str, config: "HCAConfig") -> str:
    """Whom tokens for a service are made for: `audience` of its section, of the configuration, or as published.

    Args:
        section: The configuration's section, such as `DSSClient`.
        config: The HCA configuration.
    """
    return str(config.value_of(section, "audience") or config.value_of("audience") or AUDIENCE)


def command(section: str, word: str) -> str:
    """A command of the service, for remedies: `omics dss login`.

    Args:
        section: The configuration's section, such as `DSSClient`.
        word: What stands behind the service's name, such as `login`.
    """
    return f"omics {section.removesuffix('Client').lower()} {word}"


def connection(
    section: str,
    *,
    base_url: str | None = None,
    swagger_url: str | None = None,
    audience: str | None = None,
    config: "HCAConfig | None" = None,
    environ: Mapping[str, str] | None = None,
    endpoint: "Endpoint | None" = None,
) -> Connection:
    """Find a service.

    What proves who asks is the first of: OMICS_<SERVICE>_TOKEN; the service account that GOOGLE_APPLICATION_CREDENTIALS
    names; a login of the token file; the `oauth2_token` that the published client left in the configuration. The first
    two go to whatever service the caller names. The other two belong to the services that they were issued for, and go
    to no other.

    Args:
        section: The configuration's section, such as `DSSClient`.
        base_url: The service; wins over all.
        swagger_url: Its document; wins over the configuration.
        audience: Whom a service account's tokens are made for; by default what `audience_of` says.
        config: The HCA configuration; by default that of the user's files.
        environ: The environment; by default the process's own.
        endpoint: What sends a renewal to the authorization server.

    Raises:
        ConfigError: No URL, or one that isn't; or the token file can't be read.
    """
    from omicsdk.hca.config import HCAConfig

    environ = os.environ if environ is None else environ
    config = HCAConfig() if config is None else config
    url = service_url(section, base_url=base_url, swagger_url=swagger_url, config=config)
    if not (base_url or swagger_url):
        _tell_of_missing_files(section, url, config)
    return Connection(
        url,
        _given(section, url, environ)
        or _account(section, url, audience, config, environ)
        or _stored(section, url, stored_tokens(environ), config, environ, endpoint)
        or _of_published_client(section, config),
    )


def _tell_of_missing_files(section: str, url: str, config: "HCAConfig") -> None:
    """A file that isn't there is allowed, but who named one rarely means the deployment that is built in."""
    from omicsdk.hca.config import BUILT_IN

    keys = (section, "swagger_url")
    if config.settings.origin(*keys) != BUILT_IN or config.settings.get(*keys) != config.value_of(*keys):
        return
    for file in config.named_files:
        if not file.exists():
            from omicsdk.core.logs import config_log

            config_log.warning("HCA_CONFIG_FILE names %s, which isn't there: going on with %s", file, url)


def _given(section: str, url: str, environ: Mapping[str, str]) -> "Credentials | None":
    variable = TOKEN_VARIABLES[section]
    token = environ.get(variable, "")
    if not token:
        return None
    from omicsdk.core.credentials import BearerToken

    # It wins over whatever a login leaves.
    remedy = f"Set {variable} to a token that holds; or unset it, and: {command(section, 'login')}"
    return BearerToken(token, origins=[url], remedy=remedy)


def _account(
    section: str, url: str, audience: str | None, config: "HCAConfig", environ: Mapping[str, str]
) -> "Credentials | None":
    from omicsdk.core.oauth.service_account import VARIABLE, ServiceAccount

    path = environ.get(VARIABLE, "")
    if not path:
        return None
    stated = audience or audience_of(section, config)
    return ServiceAccount(Path(path).expanduser(), lambda email: claims_of(email, stated), origins=[url])


def claims_of(email: str, audience: str) -> dict[str, object]:
    """What a service account's token states, as the platform documents it, beside its times.

    Args:
        email: The account.
        audience: Whom the token is for.
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


def stored_tokens(environ: Mapping[str, str]) -> "TokenFile | None":
    """The file in which a login would have been stored; None where there can't be one, since the user has no home.

    Args:
        environ: The environment's variables.
    """
    from omicsdk.core.token_file import token_file

    try:
        return token_file(environ)
    except ConfigError:
        return None


def _stored(
    section: str,
    url: str,
    tokens: "TokenFile | None",
    config: "HCAConfig",
    environ: Mapping[str, str],
    endpoint: "Endpoint | None",
) -> "Credentials | None":
    login = None if tokens is None else tokens.login(url)
    if tokens is None or login is None:
        return None
    from omicsdk.core.oauth.endpoint import Endpoint
    from omicsdk.core.oauth.refreshing import RefreshingToken

    sender = Endpoint(environ) if endpoint is None else endpoint
    return RefreshingToken(
        tokens,
        url,
        login,
        lambda refresh_token: renewed(refresh_token, login.origins[0], url, tokens, config, sender),
        remedy=f"Log in again: {command(section, 'login')}",
    )


def renewed(
    refresh_token: str, origin: str, url: str, tokens: "TokenFile", config: "HCAConfig", endpoint: "Endpoint"
) -> "Grant":
    """Makes new tokens of a refresh token.

    Args:
        refresh_token: The refresh token.
        origin: Origin of the service that was logged in to; its application is whom the refresh token was issued to.
        url: Base URL of the service that is asked now.
        tokens: The token file.
        config: The HCA configuration.
        endpoint: What sends.

    Raises:
        AuthError: It was refused.
        OmicsError: The service can't be reached.
    """
    from omicsdk.core.oauth.grants import refresh_request
    from omicsdk.hca.application import Secrets

    service = url if origin_of(url) == origin else origin
    application = Secrets(service, config, tokens.path, endpoint).application()
    return endpoint.grant(refresh_request(application, refresh_token), previous=refresh_token)


def left_by_published_client(config: "HCAConfig") -> Mapping[str, Any]:
    """The login that the published client stored: access_token, refresh_token, id_token; empty when there is none."""
    stored: object = config.value_of("oauth2_token")
    return stored if is_object(stored) else {}


def _of_published_client(section: str, config: "HCAConfig") -> "Credentials | None":
    """What the published client stored; it is used as it is and never renewed, which would end that client's login."""
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
