"""Queries over records (GraphQL): built from names of the dictionary, and paged through to the last row."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.queries.paging import ask as ask
    from omicsdk.gen3.queries.paging import count as count
    from omicsdk.gen3.queries.paging import rows as rows
    from omicsdk.gen3.queries.query import Query as Query

_HOMES = {"Query": "query", "ask": "paging", "count": "paging", "rows": "paging"}
__all__ = ["Query", "ask", "count", "rows"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.gen3.queries' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.gen3.queries.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
