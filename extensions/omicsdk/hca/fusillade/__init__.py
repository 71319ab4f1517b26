"""Fusillade: users, groups, roles, policies and shared resources of the Atlas's services."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.hca.fusillade.client import AsyncFusillade as AsyncFusillade
    from omicsdk.hca.fusillade.client import Fusillade as Fusillade
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(__name__, {"client": "AsyncFusillade Fusillade"})
