"""Whether a file is still what it was when it was hashed, told without reading it again.

Size, time of change and number in the file system aren't enough: a program may put the old time of change back. The time
that the system itself keeps of the last change of a file (ctime) can't be set, so it decides, where the file system has
one. It moves in steps of some milliseconds: a file that was changed within the same step as the stamp was taken would be
missed, so a stamp counts only if the step was over by then, as the file system's own clock tells.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Stamp(NamedTuple):
    """What changes when a file does.

    Attributes:
        size: Bytes.
        mtime_ns: Time of the last change, as programs may set it, in nanoseconds.
        ctime_ns: Time of the last change, as the system keeps it, in nanoseconds.
        inode: The file's number, and that of its file system.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: tuple[int, int]


class Hashed(NamedTuple):
    """A file that was hashed.

    Attributes:
        md5: In hex.
        stamp: What it was then.
    """

    md5: str
    stamp: Stamp


def stamp_of(status: os.stat_result) -> Stamp:
    """Gives the stamp of a file.

    Args:
        status: What `stat` gave.
    """
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, (status.st_ino, status.st_dev))


def clock_of(folder: Path) -> int | None:
    """What the clock of a folder's file system says, read from a file that is made and removed.

    Args:
        folder: A folder that can be written.

    Returns:
        Nanoseconds; None where its files have no time of change that only the system sets: on Windows, and in file systems
        that have none to give.

    Raises:
        OSError: The folder can't be written.
    """
    if os.name == "nt":  # st_ctime is there the time at which a file was made
        return None
    probe = folder / f".clock-{os.urandom(6).hex()}"
    probe.touch()
    try:
        os.utime(probe, ns=(0, 0))
        now = probe.stat().st_ctime_ns
    finally:
        probe.unlink()
    return now if now > 0 else None


def trusted(hashed: Mapping[str, Hashed], clock: int | None) -> Mapping[str, Hashed]:
    """Those stamps that no later change can leave as they are.

    Args:
        hashed: From name to what was hashed.
        clock: What the file system's clock said when all stamps had been taken; None where there is none to trust.

    Returns:
        The files whose last change lies before the clock's present step.
    """
    if clock is None:
        return {}
    return {name: known for name, known in hashed.items() if known.stamp.ctime_ns < clock}
