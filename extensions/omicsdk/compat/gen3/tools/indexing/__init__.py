"""Manifests of an index: validation, indexing, verification, downloads and merging."""

from omicsdk.compat.gen3.tools.indexing.download_manifest import async_download_object_manifest
from omicsdk.compat.gen3.tools.indexing.index_manifest import delete_all_guids, index_object_manifest
from omicsdk.compat.gen3.tools.indexing.merge_manifests import merge_bucket_manifests
from omicsdk.compat.gen3.tools.indexing.validate_manifest_format import is_valid_manifest_format
from omicsdk.compat.gen3.tools.indexing.verify_manifest import async_verify_object_manifest

__all__ = [
    "async_download_object_manifest",
    "async_verify_object_manifest",
    "delete_all_guids",
    "index_object_manifest",
    "is_valid_manifest_format",
    "merge_bucket_manifests",
]
