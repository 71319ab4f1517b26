"""Manifests of a commons: files, bundles, metadata, studies and crosswalks. Their workflows are methods of `Gen3`."""

from omicsdk.core.lazy import lazy_package

lazy_package(
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
