"""Sheepdog in the sandbox: submission, export and deletion of a commons' records."""
