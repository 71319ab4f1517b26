"""The Seven Bridges Platform in the sandbox."""

from omicsdk.sandbox.state.credentials import Secrets

PREFIX = "/sb/v2"
# The user whom the sandbox makes.
SANDBOX_SB_USER = "sandbox-user"


def sandbox_sb_token(secrets: Secrets) -> str:
    """The token of that user, which does not end."""
    return secrets.derived("sb", SANDBOX_SB_USER, length=32)
