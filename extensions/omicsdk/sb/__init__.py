"""The Seven Bridges Platform and the Cancer Genomics Cloud: `SevenBridges` and `AsyncSevenBridges`."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.sb.client import AsyncSevenBridges as AsyncSevenBridges
    from omicsdk.sb.client import SevenBridges as SevenBridges
    from omicsdk.sb.downloads import LocalFileExists as LocalFileExists
    from omicsdk.sb.jobs import StillRunning as StillRunning
    from omicsdk.sb.listings import Entry as Entry
    from omicsdk.sb.paths import SbPath as SbPath
    from omicsdk.sb.paths import WrongPath as WrongPath
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "client": "AsyncSevenBridges SevenBridges",
            "downloads": "LocalFileExists",
            "jobs": "StillRunning",
            "listings": "Entry",
            "paths": "SbPath WrongPath",
        },
    )
