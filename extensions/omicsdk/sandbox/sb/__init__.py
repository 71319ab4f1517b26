"""The Seven Bridges Platform in the sandbox."""

SANDBOX_SB_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of the sandbox only
"""The token of the sandbox's own user. It is no secret: whoever reaches the sandbox may do everything."""
SANDBOX_SB_USER = "sandbox-user"
"""Whose token that is."""
