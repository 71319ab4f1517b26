"""From the global options to a client of Seven Bridges."""

from __future__ import annotations

from omicsdk.core.errors import UsageError
from omicsdk.sb.client import SevenBridges


def token(text: str) -> str:
    """What --access-token gives, for `connect`: the platform has its own header for it."""
    return text


def connect(base_url: str | None, *, credentials: str | None = None, profile: str | None = None) -> SevenBridges:
    """The client behind `omics sb`.

    Args:
        base_url: What --base-url or OMICS_SB_URL says.
        credentials: The token that --access-token or OMICS_SB_TOKEN says.
        profile: What --profile says.

    Raises:
        ConfigError: Something is missing or malformed.
        UsageError: Both a profile and a base URL were given.
    """
    if profile is not None and base_url is not None:
        raise UsageError(
            "--profile and --base-url (or OMICS_SB_URL) both say where the platform is", remedy="Give one of them."
        )
    return SevenBridges(base_url, credentials=credentials, profile=profile)
