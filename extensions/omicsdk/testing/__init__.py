"""Fixtures for tests of programs that use the platforms: clients of the sandbox, ready for use.

pytest finds them automatically where omicsdk is installed; docs/testing-with-the-sandbox.md has recipes.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omicsdk.testing.platform import Platform

__all__ = ["Platform"]

if not TYPE_CHECKING:  # hidden from type checkers, which would accept any name

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from omicsdk.testing.platform import Platform

        return Platform
