"""Documented commands that have nothing left to do: they say so, and succeed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.console import Console


def nothing_cached(arguments: Mapping[str, Any], console: Console) -> object:
    """`omics clear-hca-cache` and `omics dss refresh-swagger`."""
    from omicsdk.compat.hca.util import NOTHING_CACHED

    del arguments
    console.message(NOTHING_CACHED)
    return None
