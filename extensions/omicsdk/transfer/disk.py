"""Every change that a transfer makes to the disk goes through a `Disk`: one thin seam, so that tests can put a broken one,
or one that remembers, in its place. Plain calls of the system, short writes gone on with; reading needs no seam."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache

from omicsdk.transfer.writing import write_all, write_at

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
        begin = _libc("sync_file_range")
        for start in range(0, len(paths), _TOGETHER):
            opened: list[int] = []
            try:
                for path in paths[start : start + _TOGETHER]:
                    opened.append(os.open(path, (os.O_RDWR if os.name == "nt" else os.O_RDONLY) | _CLOEXEC))
                    if begin is not None and len(paths) > 1:  # the disk works on all at once; waiting comes after
                        begin(opened[-1], ctypes.c_int64(0), ctypes.c_int64(0), _BEGIN_WRITING)
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


@cache
def _libc(name: str) -> Callable[..., int] | None:
    try:
        return getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError, TypeError):  # Windows has no library of None
        return None


def _synced(sync: Callable[[int], None], descriptor: int) -> None:
    try:
        sync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
