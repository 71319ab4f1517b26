"""The commands of `omics sb`, and the client behind them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.sb.client import SevenBridges


def token(text: str) -> str:
    """The value of --access-token, for `connect`: the platform has a separate header for it."""
    return text


def connect(base_url: str | None, *, credentials: str | None = None, profile: str | None = None) -> SevenBridges:
    """Return the client behind `omics sb`.

    Args:
        base_url: The value of --base-url or OMICS_SB_URL.
        credentials: The token of --access-token or OMICS_SB_TOKEN.
        profile: The value of --profile.

    Raises:
        ConfigError: Something is missing or malformed.
        UsageError: Both a profile and a base URL were given.
    """
    from omicsdk.core.errors import UsageError
    from omicsdk.sb.client import SevenBridges

    if profile is not None and base_url is not None:
        raise UsageError(
            "--profile and --base-url (or OMICS_SB_URL) both name the platform's address", remedy="Give one of them."
        )
    return SevenBridges(base_url, credentials=credentials, profile=profile)
