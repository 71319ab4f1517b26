"""Fixtures for tests of programs that use the platforms: clients of the sandbox, ready for use.

pytest finds them automatically where omicsdk is installed; docs/testing-with-the-sandbox.md has recipes.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omicsdk.testing.platform import Platform

__all__ = ["Platform"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from omicsdk.testing.platform import Platform

    return Platform
