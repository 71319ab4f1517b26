"""Pangea in the sandbox."""

SANDBOX_PANGEA_USER = "user@sandbox.example.org"
"""The address that the sandbox's own account is known by."""
SANDBOX_PANGEA_PASSWORD = "sandbox-password"  # noqa: S105 - of the sandbox only
"""Its password. It is no secret: whoever reaches the sandbox may do everything."""
