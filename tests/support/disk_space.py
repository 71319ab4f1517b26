"""A file system whose free space a test states; none is filled."""

import errno
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from omicsdk.transfer.disk import Disk


def stating(space: Callable[[], tuple[int, int]]) -> Callable[[Any], SimpleNamespace]:
    """Return what takes the place of `os.statvfs`.

    Args:
        space: Returns free bytes and the size of the file system in bytes.
    """

    def statvfs(_: Any) -> SimpleNamespace:
        free, total = space()
        return SimpleNamespace(f_frsize=1, f_bavail=free, f_bfree=free, f_blocks=total)

    return statvfs


class SmallDisk(Disk):
    """Has room for so many bytes of files; the write that exceeds them is the last."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write_at(self, descriptor: int, buffers: Any, offset: int) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = Disk.write_at(descriptor, buffers, offset)
        self.room -= written
        return written
