"""Manifests of bundles."""
