"""From what was typed to Seven Bridges: which platform, whose token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.sb.access import chosen as chosen
from omicsdk.sb.access import connected
from omicsdk.sb.access import told_rate_limit as told_rate_limit

if TYPE_CHECKING:
    from omicsdk.sb.api import Api


def token(text: str) -> str:
    """What --access-token gives, for `connect`: the platform has a header of its own for it."""
    return text


def connect(base_url: str | None, *, credentials: str | None = None, profile: str | None = None) -> Api:
    """The Api behind `omics sb`.

    Args:
        base_url: What --base-url or OMICS_SB_URL says.
        credentials: The token that --access-token or OMICS_SB_TOKEN says.
        profile: What --profile says.

    Raises:
        ConfigError: Something is missing or malformed.
        UsageError: Both a profile and where the platform is were given.
    """
    return connected(base_url, credentials, profile)
