"""Whether a download plainly doesn't fit on its disk, told before the first byte instead of after hours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from logging import getLogger

from omicsdk.core.errors import DiskFull
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.items import Item

_log = getLogger("omicsdk.transfer")


class NoRoom(DiskFull):
    """The files won't all fit.

    Args:
        folder: Where they shall be.
        needed: Bytes that are missing there.
        free: Bytes that the file system has for them.
    """

    default_remedy = "Free disk space, or choose another folder."

    def __init__(self, folder: str, needed: int, free: int) -> None:
        super().__init__(folder)
        self.message = f"{needed:,} more bytes are needed in {folder}, but only {free:,} are free"
        self.needed = needed
        self.free = free


def nearest_folder(folder: str) -> str:
    """A folder, or the nearest one above that is there."""
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def free_bytes(folder: str) -> int | None:
    """Bytes that the file system of a folder has for this user; quotas aren't seen.

    Args:
        folder: The folder, which needn't be there yet.

    Returns:
        The number, None when the system doesn't tell.
    """
    try:
        return shutil.disk_usage(nearest_folder(folder)).free
    except OSError:
        return None


def bytes_needed(item: Item, files: PartFiles) -> int:
    """Bytes that a file still needs on the disk, as far as sizes and names tell; what is there isn't read.

    Args:
        item: The file; without a stated size it needs nothing that is known.
        files: Where files are.
    """
    held = max(_held(path) for path in files.paths(item.name))
    return max(0, (item.size or 0) - held)


def no_room(needed: int, folder: str) -> NoRoom | None:
    """Gives the error of what doesn't fit, None when it does or the system doesn't tell.

    Args:
        needed: Bytes that are missing.
        folder: Where they shall be.
    """
    free = free_bytes(folder)
    return NoRoom(folder, needed, free) if free is not None and needed > free else None


def warn_of_no_room(items: Iterable[Item], stated: int, files: PartFiles, folder: str) -> None:
    """Logs a warning when files plainly won't fit: those that do are still fetched, and others may make room meanwhile.

    Args:
        items: The files; looked at only when all of them together would be too many bytes.
        stated: Their stated sizes together.
        files: Where files are.
        folder: The target folder.
    """
    if no_room(stated, folder) is None:
        return
    problem = no_room(sum(bytes_needed(item, files) for item in items), folder)
    if problem is not None:
        _log.warning("%s; files that do not fit will fail", problem.message)


def _held(path: str) -> int:
    """Bytes that a file takes on the disk; those that it has yet to take don't count."""
    try:
        found = os.lstat(path)
    except OSError:
        return 0
    return min(found.st_size, found.st_blocks * 512) if hasattr(found, "st_blocks") else found.st_size
