"""The engine: a server with state for any resolved OpenAPI document."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.sandbox.engine.engine import Engine as Engine
    from omicsdk.sandbox.engine.engine import Explanation as Explanation
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(__name__, {"engine": "Engine Explanation"})
