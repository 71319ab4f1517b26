"""Parts outside the core of the client."""
