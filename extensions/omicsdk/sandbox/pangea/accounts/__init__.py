"""Accounts, organizations, and who may change what."""
