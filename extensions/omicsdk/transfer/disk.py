"""`Disk`, through which a transfer makes every change to the file system, so that tests can inject faults; writing whole files; and
scratch databases, for rows that may exceed memory.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from io import BufferedWriter
from math import inf
from typing import TYPE_CHECKING, Any, TypeGuard

from omicsdk.core.errors import DiskFull, NotWritable, OmicsError, TooManyOpenFiles, TransferError
from omicsdk.core.files import in_place_of, make_durable, make_names_durable

if TYPE_CHECKING:
    import sqlite3

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
#: Why a single file does not fit on a disk that has space.
SIZE_LIMIT = "The limit on the size of files was reached"
#: The remedy where a file or folder has the name of another kind of thing that is to be written.
IN_THE_WAY = "Remove or rename it, or choose another folder."
_NOT_ON_FAT = '"*:<>?\\|'
#: Whether several threads can read an open file at once; on Windows a file has a single position.
HAS_PREAD = hasattr(os, "pread")
_HAS_PWRITEV = hasattr(os, "pwritev")
# Most buffers that systems accept in one call; a server that sends a few bytes at a time exceeds it.
_AT_ONCE = 1024


#: Bytes that a file of unknown size leaves free on its file system, or a twentieth of the whole if that is less: other
#: programs write there too.
RESERVE = 1024 * 1024 * 1024
#: Bytes that transfers leave free for journals and reports, and for each of their files, which has a line in these. At
#: most a twentieth of the disk.
JOURNAL_RESERVE, RESERVE_PER_FILE = 1024 * 1024, 512
# Most bytes that may be written before the free space is read again.
_UNSEEN = 16 * 1024 * 1024


def spare_bytes(free: int, total: int) -> int:
    """Compute the bytes that files of unknown size may take of a file system.

    Args:
        free: Bytes available to this user.
        total: The file system's size in bytes.

    Returns:
        The free bytes beyond the reserve, at least 0.
    """
    return max(0, free - min(RESERVE, total // 20))


def space_of(path: str) -> tuple[int, int] | None:
    """Return the free bytes and the size of a path's file system; None if the system does not report them.

    Args:
        path: A file or folder; if it does not exist yet, its folder is examined.
    """
    folder = path if os.path.isdir(path) else os.path.dirname(path) or os.curdir
    try:
        if os.name == "nt":
            from shutil import disk_usage

            total, _, free = disk_usage(folder)
        else:
            status = os.statvfs(folder)  # `shutil` makes the same call, and takes 3 ms to import
            total, free = status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize
    except OSError:
        return None
    return (free, total) if total else None  # some file systems have no bounds and report 0


class Growth:
    """Watches the free space while a file of unknown size grows, and ends the file before the disk is full.

    A server that never stops sending would fill the disk for every other program too.

    Args:
        path: Where the file is written.
        name: Its name in messages.
        space: Returns the free bytes and the size of the file system, None if unknown.
    """

    def __init__(self, path: str, name: str = "", *, space: Callable[[str], tuple[int, int] | None] = space_of) -> None:
        self._path = path
        self._name = name
        self._space = space
        self._allowed = 0  # bytes that may be written before the free space is read again

    def expect(self, count: int) -> None:
        """Account for bytes that are about to be written.

        Args:
            count: How many.

        Raises:
            DiskFull: Less than the reserve would be left.
        """
        if count > self._allowed:
            space = self._space(self._path)
            if space is None:
                self._allowed = _UNSEEN
                return
            spare = spare_bytes(*space)
            if count > spare:
                error = DiskFull(self._path, name=self._name, remedy="Free disk space, or check what the server sends.")
                error.message = (
                    f"{self._name or self._path}: its size is unknown, and only {space[0]:,} bytes are left on "
                    f"the disk of {self._path}; these are kept free"
                )
                raise error
            self._allowed = min(spare // 2, _UNSEEN)  # other programs use it meanwhile
        self._allowed -= count


def lacks_space(error: object) -> TypeGuard[DiskFull]:
    """Return whether a file failed because the disk is full, not for its own size."""
    return isinstance(error, DiskFull) and SIZE_LIMIT not in error.message


def nearest_folder(folder: str) -> str:
    """Return a folder, or its nearest existing parent."""
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


class InsufficientSpace(DiskFull):
    """The files do not fit on the disk, or one of them.

    Args:
        folder: The target folder.
        needed: Bytes that the files still need there.
        free: Bytes that the file system has for them.
        name: The file, if it is one.
    """

    default_remedy = "Free disk space, or choose another folder."

    def __init__(self, folder: str, needed: int, free: int, *, name: str = "") -> None:
        super().__init__(folder, name=name)
        problem = f"{needed:,} more bytes are needed in {folder}, but only {free:,} are"
        self.message = f"{name}: {problem} left" if name else f"{problem} free"


def shortage_of(needed: int, folder: str) -> InsufficientSpace | None:
    """Return an error for what does not fit; None if it fits or the system does not report free space.

    Args:
        needed: Bytes that the files still need.
        folder: The target folder.
    """
    space = space_of(nearest_folder(folder))
    return InsufficientSpace(folder, needed, space[0]) if space is not None and needed > space[0] else None


class DiskSpace:
    """Assigns free space to files before they are fetched: one that is too large fails alone, and smaller ones fit.

    Space for the journal and for reports is kept free.

    Args:
        folder: Where the files are written.
        files: Their number, 0 if unknown.
        unwritten: Returns the bytes that were claimed, and are not written yet.

    Attributes:
        free: The free bytes when they were last read.
    """

    def __init__(
        self,
        folder: str,
        files: int = 0,
        unwritten: Callable[[], int] = lambda: 0,
    ) -> None:
        self._folder = folder
        self._reserve = JOURNAL_RESERVE + RESERVE_PER_FILE * files
        self._unwritten = unwritten
        self._read_at = -inf
        self._left: float = 0
        self.free = 0

    def claim(self, needed: int, now: float = 0.0, *, name: str = "") -> InsufficientSpace | None:
        """Assign space to a file.

        Args:
            needed: Bytes that it still needs.
            now: The present time; the free space is read at most once a second.
            name: The file's name in messages.

        Returns:
            None if it fits, else why not; then nothing is assigned.
        """
        if needed > self._left and now - self._read_at >= 1:
            self._read_at = now
            space = space_of(self._folder)
            if space is None:
                self._left = inf
            else:
                self.free, total = space
                # The system counts what is written: what was assigned before and is not, is subtracted.
                self._left = self.free - min(self._reserve, total // 20) - self._unwritten()
        # A file that needs nothing more fits a full disk, too.
        if needed > self._left and needed:
            return InsufficientSpace(self._folder, needed, max(0, int(self._left)), name=name)
        self._left -= needed
        return None

    def refused(self, now: float) -> None:
        """Note that a write was refused: for a second nothing fits. A quota may not show in the free space.

        Args:
            now: The present time.
        """
        self._left, self._read_at = 0, now


def write_at(descriptor: int, buffers: Sequence[bytes], offset: int) -> int:
    """Write all of several buffers, one after the other, at an offset of a file.

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
    # All in one call: downloads that wrote 8 chunks of libcurl's at once took 0.65 to 0.69 of curl's time, one by one
    # 0.87.
    written = os.pwritev(descriptor, buffers, offset)
    if written < length:  # nearly full disks write less than requested and only report so at the next call
        rest = memoryview(b"".join(buffers))
        while written < length:
            written += os.pwrite(descriptor, rest[written:], offset + written)
    return length


def read_at(descriptor: int, length: int, offset: int) -> bytes:
    """Read at an offset without moving the file's position, which other threads use.

    Args:
        descriptor: An open file.
        length: How many bytes, at most.
        offset: Where the first one is.

    Raises:
        OSError: The file system refused.
    """
    if HAS_PREAD:
        return os.pread(descriptor, length, offset)
    previous = os.lseek(descriptor, 0, os.SEEK_CUR)  # Windows
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, length)
    finally:
        os.lseek(descriptor, previous, os.SEEK_SET)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of the data at the file's position (or its end, if it was opened for appending).

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
    """Raise `write_error` in place of the file system's errors; arguments are those of `write_error`.

    Raises:
        DiskFull: The disk is full.
        NotWritable: The system refused for another reason.
    """
    try:
        yield
    except OmicsError:  # one of a service may be an OSError, too: requests' errors are
        raise
    except OSError as error:
        raise write_error(error, path, name) from error


@contextmanager
def output_file(
    path: str | os.PathLike[str], *, durable: bool = True, through_links: bool = False
) -> Generator[BufferedWriter]:
    """Write a file as `in_place_of` does, and raise `write_error` in place of the file system's errors.

    Args:
        path: As for `in_place_of`.
        durable: As for `in_place_of`.
        through_links: As for `in_place_of`.

    Yields:
        The new file.

    Raises:
        DiskFull: The disk is full.
        NotWritable: The system refused for another reason. The file that had the name is unchanged.
    """
    with write_errors(os.fspath(path)), in_place_of(path, durable=durable, through_links=through_links) as file:
        yield file


def write_error(error: OSError, path: str, name: str = "") -> TransferError:
    """Convert an error of the file system to the one that users see.

    Args:
        error: The system's error.
        path: What was being written.
        name: The file that it belongs to.

    Returns:
        DiskFull if the disk is full, else NotWritable.
    """
    if error.errno == errno.EFBIG:
        remedy = "FAT allows 4 GiB, and ulimit -f sets a limit. Choose another folder, or raise the limit."
        return DiskFull(path, name=name, remedy=remedy, reason=SIZE_LIMIT)
    if error.errno in _FULL:
        return DiskFull(path, name=name)
    remedy = TooManyOpenFiles.default_remedy if error.errno in (errno.EMFILE, errno.ENFILE) else None
    if error.errno == errno.ENOENT:
        remedy = "Check that the folder exists, then run the same command again."
    if isinstance(error, FileExistsError | IsADirectoryError | NotADirectoryError):
        remedy = IN_THE_WAY
    if error.errno == errno.EINVAL and set(os.path.basename(path)) & set(_NOT_ON_FAT):
        remedy = f"FAT, exFAT and Windows shares allow none of {_NOT_ON_FAT} in a name. Choose another folder."
    reason = "a file of that name exists" if isinstance(error, FileExistsError) else error.strerror or str(error)
    return NotWritable(path, reason, name=name, remedy=remedy)


def write_whole(path: str | os.PathLike[str], lines: Iterable[str]) -> None:
    """Write a whole file and rename it into place once all of it is on disk.

    Args:
        path: The file; an existing file is replaced. The target of a link is replaced, not the link.
        lines: Its text in pieces, with their line ends; written as UTF-8, names of files as their bytes.

    Raises:
        DiskFull: The disk is full.
        NotWritable: It cannot be written, or is not a regular file, such as /dev/null; an existing file is unchanged.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise NotWritable(os.fspath(path), "it is not a regular file", remedy="Name a file.")
    with write_errors(os.fspath(path)), in_place_of(target) as file:
        file.writelines(line.encode(errors="surrogateescape") for line in lines)


_BINARY = getattr(os, "O_BINARY", 0)
# O_NOFOLLOW: a link of that name must not lead writes out of the folder. O_NONBLOCK: to open a FIFO would wait for its
# other end.
_PART = os.O_RDWR | _BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_LOG = os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY
# Most new folders that are remembered.
_NEW = 4096
# Maximum number of files that are open at once while they are synced one at a time.
_TOGETHER = 64
# The kernel's SYNC_FILE_RANGE_WRITE: start writing dirty pages, without waiting.
_BEGIN_WRITING = 2


class Disk:
    """Makes changes to files. All methods but the constructor raise OSError as the system does.

    Args:
        mode: The permissions of new files, less the process's umask; by default those of ordinary new files.
    """

    def __init__(self, mode: int = 0o666) -> None:
        self._mode = mode
        self._parents = set[str]()  # folders with new folders in them, whose names may not be durable
        self._new = set[str]()

    # -- downloaded files

    def create(self, path: str) -> int:
        """Create a file and open it. An existing entry of that name is removed first, so that no link is ever followed.

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
        """Open an existing file to write more of it.

        Args:
            path: The file. A link is not followed, and what is no regular file is not opened: FileNotFoundError.

        Returns:
            Its descriptor.
        """
        descriptor = os.open(path, _PART)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileNotFoundError(errno.ENOENT, "it is not a regular file", path)
        return descriptor

    #: Write all of several buffers at an offset of an open file; see `write_at`.
    write_at = staticmethod(write_at)

    #: Close an open file.
    close = staticmethod(os.close)
    #: Rename a file, replacing an existing one.
    rename = staticmethod(os.replace)
    #: Remove a file or link.
    unlink = staticmethod(os.unlink)

    def make_folders(self, path: str) -> None:
        """Create a folder and its missing parents; a link to a folder is a folder.

        Args:
            path: The folder.
        """
        parent = os.path.dirname(path)
        try:
            return self._make_folder(path)
        except FileNotFoundError:
            if parent == path:
                raise
        # Outside the `except`: the traceback of a second error would show the first one, too.
        self.make_folders(parent)
        return self._make_folder(path)  # checked here: some file systems refuse this below a folder that exists

    def _make_folder(self, path: str) -> None:
        try:
            os.mkdir(path)
        except FileExistsError:
            if not os.path.isdir(path):
                raise
        else:
            # The name of a new folder is in its parent: that has to be synced before files in it are durable.
            self._parents.add(os.path.dirname(path) or os.curdir)
            if len(self._new) < _NEW:
                self._new.add(path)

    def is_new(self, folder: str) -> bool:
        """Whether this object created the folder, so that it only contains what was put there since; not all are
        remembered.

        Args:
            folder: The folder.
        """
        return folder in self._new

    def forget_new(self) -> None:
        """Stop treating any folder as new: another process has been at work since."""
        self._new.clear()

    # -- logs

    def open_log(self, path: str) -> int:
        """Open a file for appending and reading, creating it if missing.

        Args:
            path: The file.

        Returns:
            Its descriptor.
        """
        return os.open(path, _LOG, self._mode)

    #: Append all of the data to an open log; see `write_all`.
    append = staticmethod(write_all)

    #: Truncate a file to a length in bytes.
    truncate = staticmethod(os.ftruncate)

    # -- making it durable

    #: Return once an open file's bytes and length are durable; its name may not be.
    sync = staticmethod(make_durable)

    def sync_files(self, paths: Sequence[str]) -> None:
        """Return once the bytes and times of files are durable; their names may not be.

        Args:
            paths: The files.
        """
        begin = _libc("sync_file_range") if len(paths) > 1 else None
        for start in range(0, len(paths), _TOGETHER):
            opened: list[int] = []
            group = paths[start : start + _TOGETHER]
            try:
                for path in group:
                    # Windows flushes only files that are open for writing.
                    opened.append(os.open(path, (os.O_RDWR if os.name == "nt" else os.O_RDONLY) | _BINARY))
                    # start writing all of them first, so that the disk works on them together; wait afterwards
                    if begin is not None:
                        begin(opened[-1], 0, 0, _BEGIN_WRITING)
                for descriptor in opened:
                    make_durable(descriptor)
                group = ()
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE) or len(group) == 1:
                    raise
            finally:
                for descriptor in opened:
                    os.close(descriptor)
            for path in group:  # no more may be open together
                self.sync_files([path])

    def sync_folders(self, paths: Iterable[str]) -> None:
        """Return once the names in folders, and the folders created by `make_folders`, are durable.

        Args:
            paths: The folders.
        """
        with self._syncing() as parents:
            for path in parents:
                with suppress(FileNotFoundError):  # removed since, so its content need not be durable
                    self._sync_folder(path)
            for path in set(paths) - parents:
                self._sync_folder(path)

    def sync_file_system(self, folder: str) -> bool:
        """Return once everything on a file system is durable, including names.

        Args:
            folder: A folder on it.

        Returns:
            False if the system cannot do so, or failed for some file.
        """
        syncfs = _libc("syncfs")
        if syncfs is None:
            return False
        try:
            descriptor = os.open(folder, os.O_RDONLY | _BINARY)
        except PermissionError:  # writable but not readable
            return False
        try:
            with self._syncing() as parents:
                is_synced = syncfs(descriptor) == 0
                if not is_synced:
                    self._parents |= parents
        finally:
            os.close(descriptor)
        return is_synced

    @contextmanager
    def _syncing(self) -> Generator[set[str]]:
        """Take the folders with new folders in them; they are kept for the next sync if this one fails."""
        parents = self._parents.copy()
        # Before the sync: the engine's thread may create another folder in one of them meanwhile, and adds it again.
        self._parents -= parents
        try:
            yield parents
        except BaseException:
            self._parents |= parents
            raise

    _sync_folder = staticmethod(make_names_durable)


def make_folders(path: str, disk: Disk | None = None) -> None:
    """Create a folder and its missing parents.

    Args:
        path: The folder.
        disk: Creates them; by default a new `Disk`.

    Raises:
        DiskFull: The disk is full.
        NotWritable: It cannot be created.
    """
    with write_errors(path):
        (disk or Disk()).make_folders(path)


@cache
def _libc(name: str) -> Callable[..., int] | None:
    try:
        import ctypes

        # Python has neither of the calls that this is for.
        symbol: Any = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, ImportError, OSError, TypeError):  # Windows has no library of None
        return None
    ranged = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    symbol.argtypes = ranged if name == "sync_file_range" else (ctypes.c_int,)
    return symbol


# KiB of a database that are held in memory.
_CACHE_KIB = 20 * 1024


@contextmanager
def scratch_database() -> Generator[sqlite3.Connection]:
    """Open an empty database for a block. Nothing of it outlives the block, so nothing is synced or kept for a rollback.

    Raises:
        NotWritable: The folder of temporary files is full, or cannot be written.
    """
    import sqlite3  # 3 ms with tempfile, and most lists need no database
    from tempfile import TemporaryDirectory, gettempdir

    try:
        with (
            TemporaryDirectory(prefix="omicsdk-", ignore_cleanup_errors=True) as folder,
            closing(sqlite3.connect(os.path.join(folder, "rows"), isolation_level=None)) as database,
        ):
            for setting in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", f"cache_size=-{_CACHE_KIB}"):
                database.execute(f"PRAGMA {setting}")
            yield database
    except sqlite3.OperationalError as error:
        remedy = "Free disk space there, or name another folder in TMPDIR."
        raise NotWritable(gettempdir(), str(error), remedy=remedy) from error
