"""Pangea in the sandbox."""

SANDBOX_PANGEA_USER = "user@sandbox.example.org"
"""The address that the sandbox's own account is known by."""
