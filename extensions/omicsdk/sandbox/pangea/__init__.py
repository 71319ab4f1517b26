"""Pangea in the sandbox."""

# The address that the sandbox's own account is known by.
SANDBOX_PANGEA_USER = "user@sandbox.example.org"
