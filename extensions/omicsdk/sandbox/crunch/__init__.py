"""A django-crunch site in the sandbox."""

SANDBOX_CRUNCH_USER = "admin"
"""The site's administrator, who may do everything."""

SANDBOX_CRUNCH_TOKEN = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"  # noqa: S105 - of the sandbox only
"""The token of the site's administrator. It is no secret: whoever reaches the sandbox may do everything."""

SANDBOX_CRUNCH_PASSWORD = "sandbox-password"  # noqa: S105 - of the sandbox only
"""The password of everybody whom the sandbox makes, for Basic authentication."""

SANDBOX_CRUNCH_READER = "reader"
"""Somebody who may read everything and write nothing."""
