"""Settings: layered files, variables of the environment, and where each value comes from."""
