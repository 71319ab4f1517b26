"""Requests to the platform, and what may be done about answers that are errors."""
