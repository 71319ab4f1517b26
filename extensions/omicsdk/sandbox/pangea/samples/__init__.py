"""Samples, groups and projects of them, and what all of a group has."""
