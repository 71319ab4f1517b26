"""The Seven Bridges Platform and the Cancer Genomics Cloud: `SevenBridges` and `AsyncSevenBridges`."""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "client": "AsyncSevenBridges SevenBridges",
        "downloads": "LocalFileExists",
        "jobs": "StillRunning",
        "listings": "Entry",
        "paths": "SbPath WrongPath",
    },
)
