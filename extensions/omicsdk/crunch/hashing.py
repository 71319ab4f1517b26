"""MD5 of the files of a folder, several files at once, and whether a file is unchanged since it was hashed.

Size, modification time and inode are not sufficient: a program may restore the old modification time. The system's own
time of the last change (ctime) cannot be set, so it decides, if the file system has one. It advances in steps of some
milliseconds: a change within the step in which the stamp was taken would be missed, so a stamp counts only if the step
was over by then, by the file system's own clock.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from errno import ELOOP, ENOENT
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from omicsdk.core.clock import never
from omicsdk.core.errors import SourceChanged
from omicsdk.core.files import unfinished
from omicsdk.core.threads import in_threads, usable_cores
from omicsdk.transfer.checksums import checksums_of
from omicsdk.transfer.names import WORK_FOLDER, is_unfinished

#: Files of at most this many bytes are read at once.
SMALL = 1024 * 1024
#: Threads for reading and hashing files: hashlib and the system's calls let other threads run meanwhile.
THREADS = max(2, min(8, usable_cores()))


class Stamp(NamedTuple):
    """What changes when a file does.

    Attributes:
        size: Bytes.
        mtime_ns: Modification time, which programs can set, in nanoseconds.
        ctime_ns: Time of the last change, set by the system, in nanoseconds.
        inode: The file's inode, and that of its file system.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: tuple[int, int]


class Hashed(NamedTuple):
    """A hashed file.

    Attributes:
        md5: In hex.
        stamp: Its stamp then.
    """

    md5: str
    stamp: Stamp


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file.

    Args:
        status: The result of `stat`.
    """
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, (status.st_ino, status.st_dev))


def clock_of(folder: Path) -> int | None:
    """Return the time of a folder's file system, read from a file that is created and removed.

    Args:
        folder: A folder that can be written.

    Returns:
        Nanoseconds; None if its files have no time of change that only the system sets: on Windows, and in file systems
        that have none to give.

    Raises:
        OSError: The folder cannot be written.
    """
    if os.name == "nt":  # st_ctime is the creation time there
        return None
    probe = folder / f".clock-{os.urandom(6).hex()}"
    probe.touch()
    try:
        # Changing its times sets the time of change to that of the file system, which may be a server's.
        os.utime(probe, ns=(0, 0))
        now = probe.stat().st_ctime_ns
    finally:
        probe.unlink()
    return now if now > 0 else None


def trusted(hashed: Mapping[str, Hashed], clock: int | None) -> Mapping[str, Hashed]:
    """Return the files whose stamps are guaranteed to change with any later change.

    Args:
        hashed: The hashed files by name.
        clock: The file system's clock after all stamps were taken; None if there is none to trust.

    Returns:
        The files whose last change precedes the clock's present step.
    """
    if clock is None:
        return {}
    # A change within the same step of the clock would leave the stamp as it is.
    return {name: entry for name, entry in hashed.items() if entry.stamp.ctime_ns < clock}


def status_of(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return what an entry of a folder is; None for a link to nothing or to itself, and for what was removed meanwhile.

    Args:
        entry: The entry; a link is followed.

    Raises:
        OSError: It cannot be examined.
    """
    try:
        return entry.stat()
    except OSError as error:
        if error.errno not in (ENOENT, ELOOP):
            raise
        return None


def is_no_data(path: str) -> bool:
    """Whether a file is what programs leave beside data: one that is being written, also after a kill, or a journal of transfers.

    Args:
        path: Its path within the dataset's folder, or its name.
    """
    *folders, name = path.split("/")
    return WORK_FOLDER in folders or bool(unfinished(name)) or is_unfinished(name)


def files_below(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Find every file below a folder, hidden ones too.

    A link to a file is treated as the file; links to folders are not followed, and what is not a file (a socket, a broken
    link) is not given, nor what `is_no_data` names.

    Args:
        folder: The folder.

    Yields:
        Path within the folder, with "/" between its parts, and the file.

    Raises:
        OSError: A folder cannot be read.
    """
    waiting = [("", os.fspath(folder))]
    while waiting:
        above, directory = waiting.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{above}{entry.name}/", entry.path))
                    continue
                path, status = f"{above}{entry.name}", status_of(entry)
                if status and S_ISREG(status.st_mode) and not is_no_data(path):
                    yield path, entry


def hash_file(path: Path | os.DirEntry[str]) -> Hashed:
    """Hash a file.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be read.
        SourceChanged: It changed meanwhile, three times in a row.
    """
    for _ in range(3):
        with Path(path).open("rb", buffering=0) as file:
            before = stamp_of(os.fstat(file.fileno()))
            if before.size <= SMALL:
                # One byte more than it had: a file that grows meanwhile is noticed.
                data = file.read(before.size + 1)
                md5 = hashlib.md5(data, usedforsecurity=False).hexdigest() if len(data) == before.size else ""
            else:
                md5 = checksums_of(os.fspath(path), ("md5",), before.size)["md5"]
            # The stamp is older than the hash, so that a change in between is found now or by the next comparison.
            if md5 and stamp_of(os.fstat(file.fileno())) == before:
                return Hashed(md5, before)
    raise SourceChanged(
        f"{os.fspath(path)} changes while it is read",
        name=path.name,
        remedy="Make the workflow end the programs that it starts, then run the dataset again.",
    )


def hash_files(
    files: Mapping[str, Path | os.DirEntry[str]],
    earlier: Mapping[str, Hashed] | None = None,
    is_stopped: Callable[[], bool] = never,
) -> dict[str, Hashed]:
    """Hash files, except those that are known to be unchanged.

    Args:
        files: Paths by name.
        earlier: Earlier results with trusted stamps (see `trusted`).
        is_stopped: Returns whether no further file is hashed.

    Returns:
        The hashed files, sorted by name.

    Raises:
        OSError: A file cannot be read.
        SourceChanged: A file changes while it is read.
    """
    earlier = earlier or {}
    names = sorted(files)
    same = {name for name in names if name in earlier and stamp_of(files[name].stat()) == earlier[name].stamp}
    others = [name for name in names if name not in same]

    def hash_unless_stopped(name: str) -> Hashed | None:
        return None if is_stopped() else hash_file(files[name])

    hashed = dict(zip(others, in_threads(hash_unless_stopped, others, THREADS), strict=True))
    results = {name: earlier[name] if name in same else hashed[name] for name in names}
    return {name: result for name, result in results.items() if result is not None}


def unchanged(path: Path, earlier: Hashed) -> None:
    """Check that a file is unchanged since it was hashed.

    A change of permissions or links alone does not count: its bytes are read again to verify that.

    Args:
        path: The file.
        earlier: Its earlier state.

    Raises:
        SourceChanged: It has changed.
    """
    try:
        now = stamp_of(path.stat())
        same = now == earlier.stamp or (
            now._replace(ctime_ns=0) == earlier.stamp._replace(ctime_ns=0) and hash_file(path).md5 == earlier.md5
        )
    except FileNotFoundError:
        same = False
    if not same:
        raise SourceChanged(
            f"{path} changed while it was uploaded",
            name=path.name,
            remedy="Make the workflow end the programs that it starts, then run the dataset again.",
        )
