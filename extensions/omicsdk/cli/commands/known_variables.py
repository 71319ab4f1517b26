"""Environment variables that programs of this package read, other than those that begin with OMICS_."""

from __future__ import annotations

from omicsdk.core.redaction import MASK, is_secret_name, mask_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KNOWN = (
    # Human Cell Atlas
    *("HCA_CONFIG_FILE", "XDG_CONFIG_HOME", "GOOGLE_APPLICATION_CREDENTIALS"),
    # django-crunch and Pangea
    *("CRUNCH_URL", "CRUNCH_TOKEN", "CRUNCH_STORAGE_SETTINGS"),
    *("PANGEA_ENDPOINT", "PANGEA_USER", "PANGEA_PASS", "PANGEA_API_CACHE_DIR"),
    # Seven Bridges
    *("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "SB_PROFILE"),
    # Gen3 and GA4GH DRS
    *("GEN3_ENDPOINT", "GEN3_COMMONS_URL", "GEN3_API_KEY", "GEN3_TOKEN"),
    *("DRS_CACHE", "DRS_CACHE_EXPIRE_DURATION", "DRS_RESOLUTION_ORDER", "DRS_RESOLVER_HOSTNAME"),
    # S3
    *("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"),
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"),
    # The network
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
"""Their names, platform by platform."""

_SECRET = frozenset({"PANGEA_PASS"})
"""Secrets whose names do not show it."""

_PATHS = frozenset({"GOOGLE_APPLICATION_CREDENTIALS", "AWS_SHARED_CREDENTIALS_FILE", "OMICS_TOKEN_FILE"})
"""Paths whose names look like those of secrets."""


def shown(name: str, value: str) -> str:
    """A variable's value for people: MASK in the place of a secret."""
    if name in _PATHS:
        return value
    return MASK if value and (name in _SECRET or is_secret_name(name)) else mask_text(value)


def is_secret(name: str) -> bool:
    """Whether a variable's value isn't shown."""
    return name not in _PATHS and (name in _SECRET or is_secret_name(name))


def known_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """The variables that are set and read.

    Args:
        environ: The environment.
    """
    return (name for name in sorted(environ) if name in KNOWN or name.startswith("OMICS_"))
