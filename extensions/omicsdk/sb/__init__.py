"""The Seven Bridges Platform and the Cancer Genomics Cloud: `SevenBridges` and `AsyncSevenBridges`."""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.sb.client import AsyncSevenBridges as AsyncSevenBridges
    from omicsdk.sb.client import SevenBridges as SevenBridges
    from omicsdk.sb.downloads import LocalFileExists as LocalFileExists
    from omicsdk.sb.jobs import StillRunning as StillRunning
    from omicsdk.sb.listings import Entry as Entry
    from omicsdk.sb.listings import IncompleteListing as IncompleteListing
    from omicsdk.sb.paths import SbPath as SbPath
    from omicsdk.sb.paths import WrongPath as WrongPath

_HOMES = {
    "AsyncSevenBridges": "client",
    "Entry": "listings",
    "IncompleteListing": "listings",
    "LocalFileExists": "downloads",
    "SbPath": "paths",
    "SevenBridges": "client",
    "StillRunning": "jobs",
    "WrongPath": "paths",
}

__all__ = [
    "AsyncSevenBridges",
    "Entry",
    "IncompleteListing",
    "LocalFileExists",
    "SbPath",
    "SevenBridges",
    "StillRunning",
    "WrongPath",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
