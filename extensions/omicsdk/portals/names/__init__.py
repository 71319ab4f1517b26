"""Names of data: accessions, identifiers of portals, DOIs and pages, resolved into files by the archives' own interfaces.

`grammar` tells which archives a text may be a name of, without a request; `archive` is what all archives have in common,
and opens them when they are needed. Each other module is an archive, or a family of them.
"""

from __future__ import annotations

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.portals.names.archive import ARCHIVES as ARCHIVES
    from omicsdk.portals.names.archive import Archive as Archive
    from omicsdk.portals.names.archive import ArchiveOptions as ArchiveOptions
    from omicsdk.portals.names.archive import Archives as Archives
    from omicsdk.portals.names.archive import NamedRow as NamedRow
    from omicsdk.portals.names.grammar import Name as Name
    from omicsdk.portals.names.grammar import names_in as names_in
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {"archive": "ARCHIVES Archive ArchiveOptions Archives NamedRow", "grammar": "Name names_in"},
    )
