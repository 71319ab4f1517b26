"""Parts beside the core of the client."""
