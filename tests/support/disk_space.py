"""A file system whose free space a test states; none is filled."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def stating(space: Callable[[], tuple[int, int]]) -> Callable[[Any], SimpleNamespace]:
    """Return what takes the place of `os.statvfs`.

    Args:
        space: Returns free bytes and the size of the file system in bytes.
    """

    def statvfs(_: Any) -> SimpleNamespace:
        free, total = space()
        return SimpleNamespace(f_frsize=1, f_bavail=free, f_bfree=free, f_blocks=total)

    return statvfs
