"""Requests to the platform, and handlers of error responses."""
