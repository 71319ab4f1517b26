"""A Gen3 data commons in the sandbox: its services behind one gateway."""

ADMINISTRATOR = "sandbox-user@example.org"
"""May do everything."""
READER = "reader@example.org"
"""May read what is below /open, and upload."""
CLIENT_ID = "sandbox-client"
"""A program that logs in by itself, with `client_credentials`; it may read everything, and upload."""
