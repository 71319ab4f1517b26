"""What a workflow did to a dataset's files, told by their checksums before and after: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Changes(NamedTuple):
    """What became of a folder's files; names are sorted.

    Attributes:
        new: Those that weren't there before.
        modified: Those whose bytes are others.
        deleted: Those that aren't there any longer.
    """

    new: tuple[str, ...]
    modified: tuple[str, ...]
    deleted: tuple[str, ...]


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """Holds two tables of checksums against each other.

    Args:
        before: From name to checksum.
        after: From name to checksum.
    """
    return Changes(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(name for name in after.keys() & before.keys() if after[name] != before[name])),
        tuple(sorted(before.keys() - after.keys())),
    )
