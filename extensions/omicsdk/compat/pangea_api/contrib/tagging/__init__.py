"""Tags of samples, groups and other tags."""
