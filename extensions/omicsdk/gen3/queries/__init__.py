"""Queries over records (GraphQL): built from names of the dictionary, and paged through to the last row."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.queries.paging import ask as ask
    from omicsdk.gen3.queries.paging import count as count
    from omicsdk.gen3.queries.paging import rows as rows
    from omicsdk.gen3.queries.query import Query as Query

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "paging": "ask count rows",
        "query": "Query",
    },
)
