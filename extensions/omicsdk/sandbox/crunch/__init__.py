"""A django-crunch site in the sandbox."""

SANDBOX_CRUNCH_TOKEN = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"  # noqa: S105 - of the sandbox only
"""The token of the site's administrator. It is no secret: whoever reaches the sandbox may do everything."""
