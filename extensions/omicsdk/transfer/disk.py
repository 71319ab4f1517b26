"""Every change that a transfer makes to the disk goes through a `Disk`, so that tests can put a broken one in its place; and writing whole, with a full disk named."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from omicsdk.core.errors import DiskFull, NotWritable, TooManyOpenFiles, TransferError
from omicsdk.core.files import in_place_of

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: Whether several threads can read an open file at once; Windows has one position for all.
HAS_PREAD = hasattr(os, "pread")
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
    folder = path if os.path.isdir(path) else os.path.dirname(path) or os.curdir
    try:
        if os.name == "nt":
            from shutil import disk_usage

            total, _, free = disk_usage(folder)
        else:
            found = os.statvfs(folder)  # `shutil` asks the same, and takes 3 ms to import
            total, free = found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize
    except OSError:
        return None
    return (free, total) if total else None  # some have no bounds, and call that 0


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


def read_at(descriptor: int, length: int, offset: int) -> bytes:
    """Reads without moving the position at which others read or append.

    Args:
        descriptor: An open file.
        length: How many bytes, at most.
        offset: Where the first one is.

    Raises:
        OSError: The file system refused.
    """
    if HAS_PREAD:
        return os.pread(descriptor, length, offset)
    place = os.lseek(descriptor, 0, os.SEEK_CUR)  # Windows
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, length)
    finally:
        os.lseek(descriptor, place, os.SEEK_SET)


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
    said = "a file of that name exists" if isinstance(error, FileExistsError) else error.strerror or str(error)
    return NotWritable(path, said, name=name, remedy=remedy)


def write_whole(path: str | os.PathLike[str], lines: Iterable[str]) -> None:
    """Writes a file as it is told, and puts it in its place when all of it is on disk.

    Args:
        path: The file; what is there is replaced. Where it is a link, what it points at is.
        lines: Its text in pieces, with their line ends; written as UTF-8.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be written, or is no file, such as /dev/null; what was there still is.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise NotWritable(os.fspath(path), "it is not a regular file", remedy="Name a file.")
    with write_errors(os.fspath(path)), in_place_of(target) as file:
        file.writelines(line.encode() for line in lines)


_CLOEXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_PART = os.O_RDWR | _CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_LOG = os.O_RDWR | os.O_CREAT | os.O_APPEND | _CLOEXEC
# What file systems say that can't sync this; there is nothing better to be had from them.
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})
# So many of the folders that were made are remembered.
_NEW = 4096
# So many files are open at once while they are synced one by one.
_TOGETHER = 64
# The kernel's SYNC_FILE_RANGE_WRITE: begin to write what is dirty, wait for nothing.
_BEGIN_WRITING = 2


class Disk:
    """Changes files. All methods but the constructor raise OSError as the system does.

    Args:
        mode: The permissions of new files, less the process's umask; by default those that files usually have.
    """

    def __init__(self, mode: int = 0o666) -> None:
        self._mode = mode
        self._parents = set[str]()  # of folders that were made and may not be durable
        self._new = set[str]()

    # -- files that are fetched

    def create(self, path: str) -> int:
        """Makes a new file and opens it; one that has the name is removed before, so no link is ever followed.

        Args:
            path: The file.

        Returns:
            Its descriptor.
        """
        try:
            return os.open(path, _PART | os.O_CREAT | os.O_EXCL, self._mode)
        except FileExistsError:
            self.unlink(path)
            return os.open(path, _PART | os.O_CREAT | os.O_EXCL, self._mode)

    def reopen(self, path: str) -> int:
        """Opens a file that is there, to write more of it.

        Args:
            path: The file. A link isn't followed, and what is no regular file isn't opened: FileNotFoundError.

        Returns:
            Its descriptor.
        """
        descriptor = os.open(path, _PART)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileNotFoundError(errno.ENOENT, "it is not a regular file", path)
        return descriptor

    #: Writes buffers at an offset of an open file, all of them; see `writing.write_at`.
    write_at = staticmethod(write_at)

    def close(self, descriptor: int) -> None:
        """Closes an open file."""
        os.close(descriptor)

    def rename(self, source: str, target: str) -> None:
        """Gives a file another name, in the place of whatever file has it."""
        os.replace(source, target)

    def unlink(self, path: str) -> None:
        """Removes a file or link."""
        os.unlink(path)

    def make_folders(self, path: str) -> None:
        """Makes a folder and those above it, where they aren't there; links to folders are folders.

        Args:
            path: The folder.
        """
        try:
            self._make_folder(path)
        except FileNotFoundError:
            parent = os.path.dirname(path)
            if parent == path:
                raise
            self.make_folders(parent)
            self._make_folder(path)  # once: there are systems of files that refuse so below a folder that is there

    def _make_folder(self, path: str) -> None:
        try:
            os.mkdir(path)
        except FileExistsError:
            if not os.path.isdir(path):
                raise
        else:
            self._parents.add(os.path.dirname(path) or os.curdir)
            if len(self._new) < _NEW:
                self._new.add(path)

    def is_new(self, folder: str) -> bool:
        """Whether a folder was made here, so that nothing is in it but what was put there since; not all are remembered.

        Args:
            folder: The folder.
        """
        return folder in self._new

    def forget_new(self) -> None:
        """Takes no folder for new that was made until now: somebody else has been at work since."""
        self._new.clear()

    # -- logs

    def open_log(self, path: str) -> int:
        """Opens a file for appending and reading, making it when it isn't there.

        Args:
            path: The file.

        Returns:
            Its descriptor.
        """
        return os.open(path, _LOG, self._mode)

    #: Writes to the end of an open log, all of it; see `writing.write_all`.
    append = staticmethod(write_all)

    def truncate(self, descriptor: int, length: int) -> None:
        """Cuts a file to a length in bytes."""
        os.ftruncate(descriptor, length)

    # -- making it durable

    def sync(self, descriptor: int) -> None:
        """Returns when an open file's bytes and its length are durable; its name may not be."""
        _synced(os.fsync, descriptor)

    def sync_files(self, paths: Sequence[str]) -> None:
        """Returns when files and their times are durable; their names may not be.

        Args:
            paths: The files.
        """
        begin = _libc("sync_file_range") if len(paths) > 1 else None
        for start in range(0, len(paths), _TOGETHER):
            opened: list[int] = []
            try:
                for path in paths[start : start + _TOGETHER]:
                    opened.append(os.open(path, (os.O_RDWR if os.name == "nt" else os.O_RDONLY) | _CLOEXEC))
                    if begin is not None:  # the disk works on all at once; waiting comes after
                        begin(opened[-1], 0, 0, _BEGIN_WRITING)
                for descriptor in opened:
                    _synced(os.fsync, descriptor)
            finally:
                for descriptor in opened:
                    os.close(descriptor)

    def sync_folders(self, paths: Iterable[str]) -> None:
        """Returns when the names in folders are durable, and so are the folders that `make_folders` made.

        Args:
            paths: The folders.
        """
        made = self._parents.copy()
        for path in made:
            with suppress(FileNotFoundError):  # removed since: then there is nothing in it to be kept
                self._sync_folder(path)
        for path in set(paths) - made:
            self._sync_folder(path)
        self._parents -= made

    def sync_file_system(self, folder: str) -> bool:
        """Returns when everything on a file system is durable, names too.

        Args:
            folder: A folder on it.

        Returns:
            False when the system can't do that, or it went wrong for some file or other.
        """
        syncfs = _libc("syncfs")
        if syncfs is None:
            return False
        made = self._parents.copy()
        try:
            descriptor = os.open(folder, os.O_RDONLY | _CLOEXEC)
        except PermissionError:  # it may be written, but not read
            return False
        try:
            done = syncfs(descriptor) == 0
        finally:
            os.close(descriptor)
        if done:
            self._parents -= made
        return done

    def _sync_folder(self, path: str) -> None:
        if os.name == "nt":
            return  # Windows has no such call
        try:
            descriptor = os.open(path, os.O_RDONLY | _CLOEXEC)
        except PermissionError:  # a folder that may be written but not read can't be synced
            return
        try:
            _synced(os.fsync, descriptor)
        finally:
            os.close(descriptor)


def make_folders(path: str, disk: Disk | None = None) -> None:
    """Makes a folder and those above it, where they aren't there.

    Args:
        path: The folder.
        disk: What makes them; by default one of its own.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be made.
    """
    with write_errors(path):
        (disk or Disk()).make_folders(path)


@cache
def _libc(name: str) -> Callable[..., int] | None:
    try:
        import ctypes

        found: Any = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, ImportError, OSError, TypeError):  # Windows has no library of None
        return None
    ranged = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    found.argtypes = ranged if name == "sync_file_range" else (ctypes.c_int,)
    return found


def _synced(sync: Callable[[int], None], descriptor: int) -> None:
    try:
        sync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
