"""Puts folders of the local disk, and what other servers answered, into a sandbox without requests."""
