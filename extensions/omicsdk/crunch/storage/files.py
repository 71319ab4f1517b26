"""A dataset's files from a storage to a folder and back: whole trees, several files at once."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from time import monotonic
from typing import TypeVar, cast

from omicsdk.core.errors import DiskFull, Interrupted, OmicsError, SourceChanged, TransferError, UnsafePath
from omicsdk.core.files import in_place_of
from omicsdk.core.threads import in_threads
from omicsdk.crunch.hashing import THREADS, Hashed, stamp_of
from omicsdk.crunch.storage.base import (
    STRIDE,
    BuiltinStorage,
    Failures,
    Moves,
    Sending,
    Storage,
    Stored,
    check_size,
    joined,
)
from omicsdk.crunch.storage.folder import FolderStorage
from omicsdk.transfer import TransferOptions
from omicsdk.transfer.engine.control import Pace
from omicsdk.transfer.items import guard_of
from omicsdk.transfer.reports.progress import Counters

F = TypeVar("F", Stored, Sending)

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)


def stored_below(storage: Storage, base: str) -> Iterator[Stored]:
    """Every file below a folder of a storage.

    Args:
        storage: The storage.
        base: The folder.

    Raises:
        FileNotFoundError: There is no such folder, and the storage knows folders.
        OmicsError: The storage cannot be read, or lists a folder without a name.
    """
    if isinstance(storage, BuiltinStorage):
        yield from storage.stored(base)
        return
    waiting = [""]
    while waiting:
        above = waiting.pop()
        folders, files = storage.listdir(joined(base, above.rstrip("/")))
        # Keys such as a//b of object stores are listed so. To list "." or "" would list the same folder without end.
        if unnamed := [name for name in folders if name in ("", ".", "..")]:
            remedy = "Rename the files whose paths have an empty part, such as a//b."
            raise UnsafePath(
                joined(base, f"{above}{unnamed[0]}"), "is listed as a folder's, but names none", remedy=remedy
            )
        waiting += [f"{above}{name}/" for name in folders]
        yield from (Stored(f"{above}{name}") for name in files)


def _moved(
    storage: Storage,
    files: Sequence[F],
    size_of: Callable[[F], int | None],
    move: Callable[[F], Hashed],
    options: TransferOptions,
    failed: Failures | None,
) -> list[Hashed | None]:
    """Move files, several at once; None replaces those that failed or that a stop left out."""
    progress, pace = options.progress, Pace(options.control, options.stop)
    options.control.begin(monotonic())
    sizes = [size_of(file) for file in files]
    sizes_known = [size for size in sizes if size is not None]
    counters = Counters(len(sizes), sum(sizes_known), monotonic(), 1.0, len(sizes) - len(sizes_known))
    lock, bytes_copied = threading.Lock(), 0

    def move_file(file: F) -> Hashed | None:
        nonlocal bytes_copied
        if options.stopped:
            return None
        moved, size = None, 0
        try:
            moved = move(file)
        except (OmicsError, OSError) as error:
            if failed is None:
                raise
            failed[file.name] = (
                error if isinstance(error, OmicsError) else TransferError(f"{file.name}: {error}", name=file.name)
            )
        else:
            size = moved.stamp.size
            pace.passed(size)
        if progress is not None:
            with lock:
                bytes_copied += size
                counters.count("done" if moved is not None else "failed", size, size_of(file))
                progress(counters.progress(monotonic(), bytes_copied, 0, "moving"))
        return moved

    at_once = getattr(storage, "at_once", THREADS)
    results = in_threads(move_file, files, min(at_once, options.connections or at_once))
    if progress is not None:
        progress(counters.progress(monotonic(), bytes_copied, 0, "over"))
    return results


def fetch(
    storage: Storage,
    base: str,
    files: Sequence[Stored],
    folder: Path,
    options: TransferOptions | None = None,
    *,
    failed: Failures | None = None,
) -> dict[str, Hashed]:
    """Download files into a folder. Equal existing files are kept; others are replaced.

    Args:
        storage: The storage.
        base: The folder in it.
        files: The files, as `stored_below` returned them.
        folder: The target folder, which must exist.
        options: The options. After a stop no further file starts; an object store ends within a second.
        failed: Receives the errors of files, which do not stop the others; None to raise the first one.

    Returns:
        The MD5 and the state then of each downloaded file, by name.

    Raises:
        UnsafePath: A name leads out of the folder, or two to one path; nothing was downloaded.
        SourceChanged: A file does not have the listed size; an existing file is kept.
        DiskFull: The disk is full.
        Interrupted: An object store was stopped, and `failed` is None.
        OmicsError: The storage cannot be read.
        OSError: The same, or the folder is not writable.
    """
    chosen = options or TransferOptions()
    root = os.fspath(folder)
    # What a killed run leaves in the folder would be uploaded as data.
    guard = guard_of(str(Path(root).absolute()), read_only=True)
    for file in files:
        try:
            guard.check(file.name)
        except UnsafePath as error:
            error.remedy = (
                "Nothing was downloaded. Rename the file in the storage, or remove it from the dataset's folder."
            )
            raise
    if isinstance(storage, Moves):
        return dict(storage.fetch(base, files, folder, chosen, failed))
    # Folders once, before the threads: each file would otherwise ask for those above it.
    for above in sorted({file.name.rpartition("/")[0] for file in files}):
        (folder / above).mkdir(parents=True, exist_ok=True)

    prefix = root.rstrip(os.sep) + os.sep  # joined as text: see FolderStorage.path

    def bring(file: Stored) -> Hashed:
        return _bring(storage, joined(base, file.name), prefix + file.name, file.size)

    fetched = _moved(storage, files, lambda file: file.size, bring, chosen, failed)
    return {file.name: hashed for file, hashed in zip(files, fetched, strict=True) if hashed is not None}


def _bring(storage: Storage, source: str, path: str, size: int | None) -> Hashed:
    # Not more than the file has: a large buffer for a small file would cost more than the reading.
    stride = min(STRIDE, (STRIDE if size is None else size) + 1)
    if size is not None and size < STRIDE and isinstance(storage, FolderStorage):
        is_equal = _equal_small(storage.path(source), path, size)
    else:
        is_equal = _equal(storage, source, Path(path), size, stride)
    if is_equal is not None:
        return is_equal
    target = Path(path)
    digest, bytes_copied = hashlib.md5(usedforsecurity=False), 0
    with room_for(target), storage.open(source, "rb") as file, in_place_of(target, durable=False) as copy:
        while data := file.read(stride):
            digest.update(data)
            bytes_copied += copy.write(data)
        if size not in (None, bytes_copied):
            raise SourceChanged(
                f"{source} had {size} bytes when the storage was listed, but {bytes_copied} were received",
                name=target.name,
                remedy="Run the dataset again when no program writes to its folder in the storage.",
            )
    return Hashed(digest.hexdigest(), stamp_of(target.stat()))


def _equal(storage: Storage, source: str, target: Path, size: int | None, stride: int) -> Hashed | None:
    """The MD5 of what exists already, if its bytes are those of the storage."""
    try:
        local = target.open("rb", buffering=0)
    except OSError:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    with local:
        status = os.fstat(local.fileno())
        if not S_ISREG(status.st_mode) or size not in (None, status.st_size):
            return None
        with storage.open(source, "rb") as file:
            while data := file.read(stride):
                if local.read(len(data)) != data:
                    return None
                digest.update(data)
        # It is longer than the other, or was written to meanwhile.
        if local.read(1) or stamp_of(os.fstat(local.fileno())) != stamp_of(status):
            return None
    return Hashed(digest.hexdigest(), stamp_of(status))


def _equal_small(source: str, target: str, size: int) -> Hashed | None:
    """Do the same as `_equal` for a small file on this machine.

    Each call of the system hands the interpreter to another thread, which costs more than hashing such a file: two
    threads are faster than one only with as few calls as this.
    """
    try:
        local = os.open(target, _READ)
    except OSError:
        return None
    try:
        status = os.fstat(local)
        if not S_ISREG(status.st_mode) or status.st_size != size:
            return None
        data = os.read(local, size + 1)
        stored = os.open(source, _READ)
        try:
            same = os.read(stored, size + 1) == data
        finally:
            os.close(stored)
        if not same or len(data) != size or stamp_of(os.fstat(local)) != stamp_of(status):
            return None
    finally:
        os.close(local)
    return Hashed(hashlib.md5(data, usedforsecurity=False).hexdigest(), stamp_of(status))


def send(
    storage: Storage,
    base: str,
    files: Sequence[Sending],
    options: TransferOptions | None = None,
    *,
    failed: Failures | None = None,
) -> Collection[str]:
    """Upload files below a folder of a storage. Files of the same names are replaced; no others are removed.

    Args:
        storage: The storage.
        base: The folder in it.
        files: The files.
        options: The options. After a stop no further file starts; an object store ends within a second.
        failed: Receives the errors of files, which do not stop the others; None to raise the first one.

    Returns:
        The names of the files that were sent.

    Raises:
        Interrupted: It was stopped, and `failed` is None.
        SourceChanged: A file changed since it was hashed. A folder keeps its old file; an object store may have the
            changed one already, and a custom storage neither, since it cannot replace a file atomically.
        StorageMissing: The storage no longer exists.
        DiskFull: The storage's disk is full.
        OmicsError: The storage is not writable.
        OSError: The same, or a file cannot be read.
    """
    chosen = options or TransferOptions()
    if isinstance(storage, Moves):
        return storage.send(base, files, chosen, failed)

    def put(file: Sending) -> Hashed:
        _put(storage, joined(base, file.name), file)
        return file.hashed

    results = _moved(storage, files, lambda file: file.hashed.stamp.size, put, chosen, failed)
    if failed is None and None in results:
        raise Interrupted("It was stopped")
    return [file.name for file, moved in zip(files, results, strict=True) if moved is not None]


def _put(storage: Storage, name: str, file: Sending) -> None:
    file.check()
    with room_for(Path(name)):
        if isinstance(storage, BuiltinStorage):
            storage.put(name, file.path, file.check)
            return
        if storage.exists(name):
            storage.delete(name)  # Django's own storages would choose another name
        with file.path.open("rb", buffering=0) as opened:
            name_used = cast("str | None", storage.save(name, opened))
    file.check()
    # Left so, the site would read the old file under the name.
    if isinstance(name_used, str) and name_used != name:
        storage.delete(name_used)
        raise TransferError(
            f"Cannot replace {name}: the storage wrote {name_used} instead",
            name=name,
            remedy="Use a storage that replaces files of the same name, or that removes them on request.",
        )
    check_size(name, storage.size(name), file.hashed.stamp.size)


@contextmanager
def room_for(path: Path) -> Generator[None]:
    """Raise the error of a full disk as DiskFull.

    Args:
        path: What is being written.

    Raises:
        DiskFull: The disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(os.fspath(path), name=path.name) from error
        raise


def same(storage: Storage, name: str, path: Path) -> bool:
    """Whether a storage has a small file already.

    Args:
        storage: The storage.
        name: The file's name there.
        path: The file here.
    """
    if not storage.exists(name) or storage.size(name) != path.stat().st_size:
        return False
    with storage.open(name, "rb") as file:
        return file.read() == path.read_bytes()


def md5_of(storage: Storage, name: str) -> str:
    """Return the MD5 of a file's bytes in a storage.

    Args:
        storage: The storage.
        name: The file's name there.

    Raises:
        OmicsError: The storage cannot be read.
    """
    digest = hashlib.md5(usedforsecurity=False)
    with storage.open(name, "rb") as file:
        while data := file.read(STRIDE):
            digest.update(data)
    return digest.hexdigest()


def md5s(hashed: Mapping[str, Hashed]) -> dict[str, str]:
    """From name to MD5."""
    return {name: entry.md5 for name, entry in hashed.items()}


# -- trees


@dataclass(frozen=True, slots=True)
class StorageFolder:
    """A folder of a storage, with everything below it; folders without files are not included.

    Attributes:
        path: Its path in the storage.
        files: The paths of its files within it.
    """

    path: str
    files: list[str]

    def all_files(self) -> Iterator[str]:
        """Yield the path in the storage of every file below it."""
        return (joined(self.path, name) for name in self.files)

    def lines(self) -> Iterator[str]:
        """Yield its drawing, a line a folder or file: folders first, as the published client draws them."""
        yield self.path or "/"
        yield from _drawn(self.files, "")


def _drawn(files: Sequence[str], margin: str) -> Iterator[str]:
    below = dict[str, list[str]]()
    names: list[str] = []
    for path in sorted(files):
        name, slash, rest = path.partition("/")
        if slash:
            below.setdefault(name, []).append(rest)
        else:
            names.append(name)
    entries = [*sorted(below), *names]
    for number, name in enumerate(entries, 1):
        branch, more = ("└── ", "    ") if number == len(entries) else ("├── ", "│   ")
        yield f"{margin}{branch}{name}"
        if number <= len(below):
            yield from _drawn(below[name], margin + more)


def walk(storage: Storage, base: str = "") -> StorageFolder:
    """Read the tree of a folder.

    Args:
        storage: The storage.
        base: The folder, such as a dataset's base_file_path; "" is the whole storage.

    Raises:
        FileNotFoundError: There is no such folder, and the storage knows folders.
        OmicsError: The storage cannot be read.
    """
    return StorageFolder(base, [file.name for file in stored_below(storage, base)])
