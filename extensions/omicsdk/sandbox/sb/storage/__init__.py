"""Volumes, which are storage of other clouds, and what goes between them and the platform."""
