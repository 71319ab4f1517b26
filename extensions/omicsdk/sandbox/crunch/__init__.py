"""A django-crunch site in the sandbox."""

SANDBOX_CRUNCH_USER = "admin"
"""The site's administrator, who may do everything."""

SANDBOX_CRUNCH_READER = "reader"
"""A user who may read everything and write nothing."""
