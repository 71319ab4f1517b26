"""A django-crunch site in the sandbox."""

# The site's administrator, who may do everything.
SANDBOX_CRUNCH_USER = "admin"

# A user who may read everything and write nothing.
SANDBOX_CRUNCH_READER = "reader"
