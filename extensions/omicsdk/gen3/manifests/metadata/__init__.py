"""Manifests and the metadata service: rows stored as documents, and held against them."""
