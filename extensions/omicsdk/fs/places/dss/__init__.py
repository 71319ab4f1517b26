"""Bundles of the Data Store as folders."""
