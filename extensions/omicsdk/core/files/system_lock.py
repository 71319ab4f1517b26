"""The system's exclusive lock on an open file, which goes when the process ends, however it ends."""

import errno
import os
import sys

#: What the system says when somebody else has the lock.
HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})

if sys.platform == "win32":
    import msvcrt

    def lock_now(descriptor: int) -> None:
        """Takes the lock, without waiting.

        Args:
            descriptor: An open file.

        Raises:
            OSError: Somebody else has it (HELD), or the system has another reason, such as a file system without locks.
        """
        os.lseek(descriptor, 1 << 40, os.SEEK_SET)  # beyond the data, which others may read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def lock_now(descriptor: int) -> None:
        """Takes the lock, without waiting.

        Args:
            descriptor: An open file.

        Raises:
            OSError: Somebody else has it (HELD), or the system has another reason, such as a file system without locks.
        """
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
