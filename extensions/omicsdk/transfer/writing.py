"""Writing to files whole: short writes go on, a full disk is named."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from omicsdk.core.errors import DiskFull, NotWritable, TransferError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_HAS_PWRITEV = hasattr(os, "pwritev")
# Buffers that systems take at once; a server that sends a few bytes at a time fills more.
_AT_ONCE = 1024


def write_at(descriptor: int, buffers: Sequence[bytes], offset: int) -> int:
    """Writes buffers one behind the other at an offset of a file, all of them.

    Args:
        descriptor: An open file.
        buffers: What to write.
        offset: Where the first byte goes.

    Returns:
        How many bytes were written.

    Raises:
        OSError: The file system refused.
    """
    if len(buffers) > _AT_ONCE:
        buffers = [b"".join(buffers)]
    if not _HAS_PWRITEV:  # Windows, old macOS; only one thread writes to a descriptor
        os.lseek(descriptor, offset, os.SEEK_SET)
        data = b"".join(buffers)
        write_all(descriptor, data)
        return len(data)
    length = sum(map(len, buffers))
    written = os.pwritev(descriptor, buffers, offset)
    if written < length:  # nearly full disks write less than asked, and say so only at the next call
        rest = memoryview(b"".join(buffers))
        while written < length:
            written += os.pwrite(descriptor, rest[written:], offset + written)
    return length


def write_all(descriptor: int, data: bytes) -> None:
    """Writes at the file's position (or its end when it was opened for appending), all of it.

    Args:
        descriptor: An open file.
        data: What to write.

    Raises:
        OSError: The file system refused.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_error(error: OSError, path: str, name: str = "") -> TransferError:
    """Gives the error that users see for one of the file system's.

    Args:
        error: What the system said.
        path: What was being written.
        name: The file that it is for.

    Returns:
        DiskFull where there is no room, else NotWritable.
    """
    if error.errno in _FULL:
        return DiskFull(path, name=name)
    return NotWritable(path, error.strerror or str(error), name=name)
