"""Manifests of bundles."""

from omicsdk.compat.gen3.tools.bundle.ingest_manifest import ingest_bundle_manifest

__all__ = ["ingest_bundle_manifest"]
