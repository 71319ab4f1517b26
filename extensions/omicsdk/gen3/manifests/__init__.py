"""Manifests of a commons: files, bundles, metadata, studies and crosswalks. Their workflows are methods of `Gen3`."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.gen3.manifests.bundles import Bundle as Bundle
    from omicsdk.gen3.manifests.bundles import CreatedBundles as CreatedBundles
    from omicsdk.gen3.manifests.bundles import bundles_of as bundles_of
    from omicsdk.gen3.manifests.crosswalk import Missing as Missing
    from omicsdk.gen3.manifests.crosswalk import subjects_of as subjects_of
    from omicsdk.gen3.manifests.discovery import Registration as Registration
    from omicsdk.gen3.manifests.discovery import combine_discovery as combine_discovery
    from omicsdk.gen3.manifests.format import Columns as Columns
    from omicsdk.gen3.manifests.format import FormatCheck as FormatCheck
    from omicsdk.gen3.manifests.format import check_format as check_format
    from omicsdk.gen3.manifests.merging import Difference as Difference
    from omicsdk.gen3.manifests.merging import MergeConflict as MergeConflict
    from omicsdk.gen3.manifests.merging import Merged as Merged
    from omicsdk.gen3.manifests.merging import Rules as Rules
    from omicsdk.gen3.manifests.merging import compare_manifests as compare_manifests
    from omicsdk.gen3.manifests.merging import merge_manifests as merge_manifests
    from omicsdk.gen3.manifests.rows import Row as Row
    from omicsdk.gen3.manifests.rows import rows_of as rows_of
    from omicsdk.gen3.manifests.runs import Published as Published
    from omicsdk.gen3.manifests.runs import Summary as Summary
    from omicsdk.gen3.manifests.tables import Fault as Fault
    from omicsdk.gen3.manifests.tables import ManifestError as ManifestError
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "runs": "Published Summary",
            "bundles": "Bundle CreatedBundles bundles_of",
            "crosswalk": "Missing subjects_of",
            "discovery": "Registration combine_discovery",
            "format": "Columns FormatCheck check_format",
            "merging": "Difference MergeConflict Merged Rules compare_manifests merge_manifests",
            "rows": "Row rows_of",
            "tables": "Fault ManifestError",
        },
    )
