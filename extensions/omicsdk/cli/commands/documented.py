"""Documented commands that have nothing left to do: they report it, and succeed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.console import Console


def nothing_cached(*, console: Console) -> None:
    """Do nothing: no definitions of services are cached.

    Args:
        console: Where that is reported.
    """
    from omicsdk.compat.hca.util import NOTHING_CACHED

    console.message(NOTHING_CACHED)
