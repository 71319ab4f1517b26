"""Data of portals: found by a search, and downloaded by lists of files, which are recognised, planned and verified by one command.

    import omicsdk

    report = omicsdk.get("gdc_manifest.2025-01-31.txt", "data")

Every row of a list, with the path and outcome of its file, is in the result manifest `data.manifest.tsv` then.
"""

from __future__ import annotations

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.portals.downloads import get as get
    from omicsdk.portals.formats import FORMATS as FORMATS
    from omicsdk.portals.lists import FileList as FileList
    from omicsdk.portals.lists import Format as Format
    from omicsdk.portals.lists import Head as Head
    from omicsdk.portals.lists import ListedFile as ListedFile
    from omicsdk.portals.lists import ListError as ListError
    from omicsdk.portals.lists import Row as Row
    from omicsdk.portals.lists import RowFault as RowFault
    from omicsdk.portals.lists import UnknownList as UnknownList
    from omicsdk.portals.searches import Hit as Hit
    from omicsdk.portals.searches import SearchResult as SearchResult
    from omicsdk.portals.searches import search as search
    from omicsdk.portals.sources import SOURCES as SOURCES
    from omicsdk.portals.sources import Source as Source
    from omicsdk.portals.sources import SourceOptions as SourceOptions
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "downloads": "get",
            "formats": "FORMATS",
            "lists": "FileList Format Head ListError ListedFile Row RowFault UnknownList",
            "searches": "Hit SearchResult search",
            "sources": "SOURCES Source SourceOptions",
        },
    )
