"""Names of data: accessions, identifiers of portals, DOIs and pages, resolved into files by the archives' own interfaces.

`grammar` tells which archives a text may be a name of, without a request; `archive` is what all archives have in common,
and opens them when they are needed. Each other module is an archive, or a family of them.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {"archive": "ARCHIVES Archive ArchiveOptions Archives NamedRow", "grammar": "Name names_in"},
)
