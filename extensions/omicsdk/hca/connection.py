"""Where an HCA service is and what proves who asks, from arguments, environment and configuration: decided, not sent."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from omicsdk.core.errors import ConfigError

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.hca.config import HCAConfig

TOKEN_VARIABLES = {"DSSClient": "OMICS_DSS_TOKEN", "AuthClient": "OMICS_AUTH_TOKEN"}
"""Environment variables that hold an access token, by the configuration's section."""


class Connection(NamedTuple):
    """Where a service is, and what is sent along."""

    base_url: str
    credentials: "Credentials | None"


def base_url_of(swagger_url: str) -> str:
    """The service's base URL: that of its document, less the last segment.

    Raises:
        ConfigError: It isn't an http or https URL with a path.
    """
    parts = urlsplit(swagger_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            f"swagger_url is {swagger_url!r}",
            remedy="Give the URL of the service's document, such as https://dss.example.org/v1/swagger.json.",
        )
    return swagger_url.partition("?")[0].rpartition("/")[0]


def connection(
    section: str,
    *,
    base_url: str | None = None,
    swagger_url: str | None = None,
    config: "HCAConfig | None" = None,
    environ: Mapping[str, str] | None = None,
) -> Connection:
    """Find a service.

    A token of the environment goes to whatever service the caller names. One of the configuration belongs to the host
    that the configuration names, and goes to no other.

    Args:
        section: The configuration's section, such as `DSSClient`.
        base_url: The service; wins over all.
        swagger_url: Its document; wins over the configuration.
        config: The HCA configuration; by default that of the user's files.
        environ: The environment; by default the process's own.

    Raises:
        ConfigError: No URL, or one that isn't.
    """
    from omicsdk.core.credentials import BearerToken
    from omicsdk.hca.config import HCAConfig

    environ = os.environ if environ is None else environ
    config = HCAConfig() if config is None else config
    configured = base_url_of(str(config[section].swagger_url))
    url = base_url or (base_url_of(swagger_url) if swagger_url else configured)
    token = environ.get(TOKEN_VARIABLES[section], "")
    if token:
        return Connection(url, BearerToken(token, origins=[url]))
    stored: Mapping[str, Any] = config.get("oauth2_token", {})
    if stored.get("access_token"):
        return Connection(url, BearerToken(stored["access_token"], origins=[stored.get("origin") or configured]))
    return Connection(url, None)
