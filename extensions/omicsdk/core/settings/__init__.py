"""Settings: layered files, environment variables, and the origin of each value."""
