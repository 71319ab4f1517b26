"""An exclusive lock on an open file that the system lets go of when the process ends, however it ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from logging import getLogger

from omicsdk.core.files import HELD, lock_now

_log = getLogger("omicsdk.transfer")


def try_lock(descriptor: int) -> bool:
    """Takes the lock if nobody has it.

    Args:
        descriptor: An open file.

    Returns:
        Whether it is ours now; True too on file systems that have no locks.

    Raises:
        OSError: The system refused for another reason.
    """
    try:
        lock_now(descriptor)
    except OSError as error:
        if error.errno in HELD:
            return False
        if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            _log.warning("this file system has no locks: simultaneous transfers into one folder cannot be detected")
            return True
        raise
    return True


def locked(descriptor: int, wait: Callable[[], bool]) -> bool:
    """Takes the lock, waiting for it as long as `wait` says.

    Args:
        descriptor: An open file.
        wait: Is called each time that somebody else has it; it waits a moment and returns True, or False to give up.

    Returns:
        Whether it is ours now.
    """
    while not try_lock(descriptor):
        if not wait():
            return False
    return True


def holder(descriptor: int) -> int | None:
    """Tells which process has the lock that somebody else has.

    Args:
        descriptor: An open file.

    Returns:
        Its id, None where the system doesn't tell: it is Linux that does, of processes on this machine.
    """
    try:
        found = os.fstat(descriptor)
        place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
        with open("/proc/locks", encoding="ascii") as file:
            held = [fields for line in file if (fields := line.split())[1:2] == ["FLOCK"] and place in fields]
        return next((int(fields[4]) for fields in held if int(fields[4]) > 0), None)
    except (OSError, ValueError, IndexError, AttributeError):
        return None
