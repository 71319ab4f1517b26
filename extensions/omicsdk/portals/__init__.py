"""Data of portals: found by a search, and downloaded by lists of files, which are recognised, planned and verified by one command.

    import omicsdk

    report = omicsdk.get("gdc_manifest.2025-01-31.txt", "data")

Every row of a list, with the path and outcome of its file, is in the result manifest `data.manifest.tsv` then.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "downloads": "get",
        "formats": "FORMATS",
        "lists": "FileList Format Head ListError ListedFile Row RowFault UnknownList",
        "searches": "Hit SearchResult search",
        "sources": "SOURCES Source SourceOptions",
    },
)
