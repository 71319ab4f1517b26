"""A Gen3 data commons in the sandbox: its services behind one gateway."""

# May do everything.
ADMINISTRATOR = "sandbox-user@example.org"
# May read what is below /open, and upload.
READER = "reader@example.org"
# A program that logs in by itself, with `client_credentials`; it may read everything, and upload.
CLIENT_ID = "sandbox-client"
