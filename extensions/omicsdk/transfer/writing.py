"""Writing to files whole: short writes go on, a full disk is named."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from omicsdk.core.errors import DiskFull, NotWritable, TooManyOpenFiles, TransferError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_HAS_PWRITEV = hasattr(os, "pwritev")
# Buffers that systems take at once; a server that sends a few bytes at a time fills more.
_AT_ONCE = 1024


#: Bytes that a file of unknown size leaves free on its file system, or a twentieth of all where that is less: others write there too.
RESERVE = 1024 * 1024 * 1024
# So many bytes may be written, at most, before the free space is looked at again.
_UNSEEN = 16 * 1024 * 1024


def spare_bytes(free: int, total: int) -> int:
    """Bytes that files of unknown size may take of a file system.

    Args:
        free: Bytes that it has for this user.
        total: Its size in bytes.

    Returns:
        What is free beyond the reserve; 0 when there is no more.
    """
    return max(0, free - min(RESERVE, total // 20))


def space_of(path: str) -> tuple[int, int] | None:
    """Free bytes of the file system that a path is on, and its size; None where the system doesn't tell.

    Args:
        path: A file or folder; what isn't there yet is in its folder.
    """
    try:
        found = shutil.disk_usage(path if os.path.isdir(path) else os.path.dirname(path) or os.curdir)
    except OSError:
        return None
    return (found.free, found.total) if found.total else None  # some have no bounds, and call that 0


class Growth:
    """Watches the free space while a file grows whose end nobody knows, and ends it before the disk is full.

    A server that never stops sending would fill the disk, for every other program too.

    Args:
        path: Where it is written.
        name: What messages call it.
        space: Gives free bytes and all bytes of the file system, None for unknown.
    """

    def __init__(self, path: str, name: str = "", *, space: Callable[[str], tuple[int, int] | None] = space_of) -> None:
        self._path = path
        self._name = name
        self._space = space
        self._allowed = 0  # bytes that may be written before the next look

    def expect(self, count: int) -> None:
        """Is told of bytes before they are written.

        Args:
            count: How many.

        Raises:
            DiskFull: They would leave less than the reserve.
        """
        if count > self._allowed:
            found = self._space(self._path)
            if found is None:
                self._allowed = _UNSEEN
                return
            spare = spare_bytes(*found)
            if count > spare:
                error = DiskFull(self._path, name=self._name, remedy="Free disk space, or check what the server sends.")
                error.message = (
                    f"{self._name or self._path}: its size is unknown, and {self._path} has grown until only {found[0]:,} bytes are "
                    "free; these are kept free"
                )
                raise error
            self._allowed = min(spare // 2, _UNSEEN)  # others take from it meanwhile
        self._allowed -= count


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


@contextmanager
def write_errors(path: str, name: str = "") -> Generator[None]:
    """Raise the errors of `write_error` in the place of the file system's; arguments are those of `write_error`.

    Raises:
        DiskFull: There is no room.
        NotWritable: The system refuses otherwise.
    """
    try:
        yield
    except OSError as error:
        raise write_error(error, path, name) from error


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
    remedy = TooManyOpenFiles.default_remedy if error.errno in (errno.EMFILE, errno.ENFILE) else None
    return NotWritable(path, error.strerror or str(error), name=name, remedy=remedy)
