"""Manifests of a commons' files: read, checked, compared and merged; indexed, verified and downloaded in bulk."""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.manifests.bundles import make_bundles as make_bundles
    from omicsdk.gen3.manifests.faults import Fault as Fault
    from omicsdk.gen3.manifests.faults import ManifestError as ManifestError
    from omicsdk.gen3.manifests.format import check_format as check_format
    from omicsdk.gen3.manifests.indexing import index_manifest as index_manifest
    from omicsdk.gen3.manifests.merging import MergeConflict as MergeConflict
    from omicsdk.gen3.manifests.merging import Rules as Rules
    from omicsdk.gen3.manifests.merging import compare_manifests as compare_manifests
    from omicsdk.gen3.manifests.merging import merge_manifests as merge_manifests
    from omicsdk.gen3.manifests.metadata import ingest_metadata as ingest_metadata
    from omicsdk.gen3.manifests.metadata import verify_metadata as verify_metadata
    from omicsdk.gen3.manifests.records import delete_guids as delete_guids
    from omicsdk.gen3.manifests.records import download_manifest as download_manifest
    from omicsdk.gen3.manifests.records import verify_manifest as verify_manifest
    from omicsdk.gen3.manifests.rows import Row as Row
    from omicsdk.gen3.manifests.rows import rows_of as rows_of
    from omicsdk.gen3.manifests.runs import Summary as Summary
    from omicsdk.gen3.manifests.tables import Columns as Columns

_HOMES = {
    "Columns": "tables",
    "Fault": "faults",
    "ManifestError": "faults",
    "MergeConflict": "merging",
    "Row": "rows",
    "Rules": "merging",
    "Summary": "runs",
    "check_format": "format",
    "compare_manifests": "merging",
    "delete_guids": "records",
    "download_manifest": "records",
    "index_manifest": "indexing",
    "ingest_metadata": "metadata",
    "make_bundles": "bundles",
    "merge_manifests": "merging",
    "rows_of": "rows",
    "verify_manifest": "records",
    "verify_metadata": "metadata",
}
__all__ = [
    "Columns",
    "Fault",
    "ManifestError",
    "MergeConflict",
    "Row",
    "Rules",
    "Summary",
    "check_format",
    "compare_manifests",
    "delete_guids",
    "download_manifest",
    "index_manifest",
    "ingest_metadata",
    "make_bundles",
    "merge_manifests",
    "rows_of",
    "verify_manifest",
    "verify_metadata",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
