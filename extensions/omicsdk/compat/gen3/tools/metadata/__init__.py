"""Manifests of metadata, the discovery page of a commons, and crosswalks."""

from omicsdk.compat.gen3.tools.metadata.ingest_manifest import (
    async_ingest_metadata_manifest,
    async_query_urls_from_indexd,
)
from omicsdk.compat.gen3.tools.metadata.verify_manifest import async_verify_metadata_manifest

__all__ = ["async_ingest_metadata_manifest", "async_query_urls_from_indexd", "async_verify_metadata_manifest"]
