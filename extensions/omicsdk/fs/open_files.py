"""Open files of fsspec: reading with growing read-ahead and a folder that keeps blocks, and writing whole."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from omicsdk.core.checksums import crc32c
from omicsdk.core.errors import MissingExtra, SourceChanged
from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.core.logs import logger
from omicsdk.fs.file_bytes import FileBytes, stream
from omicsdk.fs.store import Entry
from omicsdk.fs.uris import local_name

try:
    from fsspec.caching import BaseCache, Fetcher, register_cache
    from fsspec.callbacks import DEFAULT_CALLBACK, Callback
    from fsspec.compression import compr
    from fsspec.core import get_compression
    from fsspec.dircache import DirCache
    from fsspec.implementations.local import LocalFileSystem
    from fsspec.spec import AbstractBufferedFile, AbstractFileSystem
    from fsspec.utils import isfilelike, other_paths, stringify_path
except ModuleNotFoundError as error:
    raise MissingExtra("fsspec", "file systems by URIs", module=error.name) from None

if TYPE_CHECKING:
    from omicsdk.fs.filesystems import OmicsFileSystem


__all__ = [  # the file systems import them from here, where a missing package is an error with a remedy
    "DEFAULT_CALLBACK",
    "AbstractBufferedFile",
    "AbstractFileSystem",
    "BaseCache",
    "Callback",
    "DirCache",
    "Fetcher",
    "LocalFileSystem",
    "compr",
    "get_compression",
    "isfilelike",
    "other_paths",
    "register_cache",
    "stringify_path",
]


#: Bytes of a block.
BLOCK = 1024 * 1024
#: Bytes that a folder holds at most, by default.
LIMIT = 10 * 1024**3
# Shares of the limit: bytes after which the folder is examined again, and what remains of it then.
_LOOK_EACH, _LEFT = 0.05, 0.9

_log = logger("omicsdk.fs")


class BlockCache:
    """A folder of blocks. Any number of threads and processes use it at once; it may be removed at any time.

    Args:
        folder: The folder; created when a block is stored, for its owner only.
        limit: Bytes that it holds at most, a twentieth more for a while; those that were read longest ago go first.
    """

    def __init__(self, folder: str | os.PathLike[str], limit: int = LIMIT) -> None:
        self._folder = Path(folder)
        self._limit = limit
        self._lock = threading.Lock()
        self._unlooked = 0.0

    def get(self, key: str, number: int, size: int) -> bytes | None:
        """Return a block.

        Args:
            key: The file's key.
            number: The block's number, from 0.
            size: Its bytes.

        Returns:
            None if it does not exist, or is incomplete or damaged.
        """
        path = self._block_path(key, number)
        try:
            data = path.read_bytes()
            os.utime(path)  # used again: moved to the end
        except OSError:
            return None
        block = data[:size]
        return block if data[size:] == _crc(block) else None

    def keep(self, key: str, number: int, data: bytes) -> None:
        """Keep a block; if that fails, it is read again next time.

        Args:
            key: The file's key.
            number: The block's number.
            data: Its bytes.
        """
        path = self._block_path(key, number)
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            # Each by itself: `parents=True` would give the mode to the last one only.
            for folder in (self._folder, path.parent.parent, path.parent):
                folder.mkdir(exist_ok=True, mode=0o700)
            with in_place_of(path, mode=PRIVATE, durable=False) as file:
                file.write(data)
                file.write(_crc(data))
        except OSError as error:
            _log.warning("Cannot store a block in %s: %s", self._folder, error.strerror or error)
            return
        with self._lock:
            self._unlooked += len(data)
            due = self._unlooked >= self._limit * _LOOK_EACH
            self._unlooked = 0.0 if due else self._unlooked
        if due:
            self.make_room()

    def make_room(self) -> None:
        """Remove the least recently read blocks, if they exceed the limit."""
        blocks: list[tuple[float, int, str]] = []
        for path in self._folder.glob("??/*/*"):
            with suppress(OSError):
                status = path.stat()
                blocks.append((status.st_mtime, status.st_size, str(path)))
        total = sum(size for _, size, _ in blocks)
        if total <= self._limit:
            return
        for _, size, path in sorted(blocks):
            if total <= self._limit * _LEFT:
                break
            total -= size
            with suppress(OSError):
                Path(path).unlink()

    def _block_path(self, key: str, number: int) -> Path:
        return self._folder / key[:2] / key[2:] / str(number)


def _crc(block: bytes) -> bytes:
    # Blocks are not synced, which would take longer than reading them again: after a power cut a file may have its length, but not
    # its bytes.
    return crc32c(block).to_bytes(4)


class CachedBytes:
    """A file's bytes, those that are in the folder from there.

    Args:
        cache: The folder.
        source: The file.
        key: Identifies the file and its version.
        key_now: Asks the platform for the same of what exists by now.
    """

    def __init__(self, cache: BlockCache, source: FileBytes, key: str, key_now: Callable[[], str]) -> None:
        self._cache = cache
        self._source = source
        self._key = key
        self._key_now = key_now
        self._confirmed = 0

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._source.size

    @property
    def validators(self) -> Mapping[str, str]:
        """By server's origin, what identifies the file."""
        return self._source.validators

    def close(self) -> None:
        """Close the file if it is open on this machine."""
        self._source.close()

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Read bytes.

        Args:
            start: The first one, counted from 0; a negative one counts from the end.
            end: The first byte after the range; a negative one counts from the end. None for the file's end.

        Raises:
            SourceChanged: What is read is not the version that blocks are kept of.
        """
        size = self.size
        start, end, _ = slice(start, end).indices(size)
        if start >= end:
            return b""
        numbers = range(start // BLOCK, (end - 1) // BLOCK + 1)
        blocks = {number: self._cache.get(self._key, number, _length(number, size)) for number in numbers}
        for first, last in runs(number for number in numbers if blocks[number] is None):
            data = self._source.read(first * BLOCK, min(size, (last + 1) * BLOCK))
            self._confirm()
            for number in range(first, last + 1):
                block = data[(number - first) * BLOCK : (number - first + 1) * BLOCK]
                blocks[number] = block
                self._cache.keep(self._key, number, block)
        whole = b"".join(block for number in numbers if (block := blocks[number]) is not None)
        return whole[start - numbers[0] * BLOCK : end - numbers[0] * BLOCK]

    def _confirm(self) -> None:
        """Request the version again, after the first bytes: they may be of a file that replaced the first one."""
        validator_count = self._source.validator_count
        if validator_count and validator_count == self._confirmed:
            return
        if self._key_now() != self._key:
            raise SourceChanged("The file changed while it was read", remedy="Open it again to read the new version.")
        self._confirmed = validator_count


def _length(number: int, size: int) -> int:
    return min(BLOCK, size - number * BLOCK)


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Join numbers that follow each other.

    Args:
        numbers: Whole numbers, rising.

    Yields:
        The first and the last of each run.
    """
    # What follows without a gap is as far from its place in the list.
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in run]
        yield members[0], members[-1]


#: Bytes that are read ahead after a seek.
FIRST = 128 * 1024
#: Blocks that are read ahead at most.
MOST_BLOCKS = 4
#: Bytes that are read ahead before the following bytes are streamed.
STREAMED = 2 * 1024 * 1024
#: Factor of the read-ahead's growth when a reader continues where the last bytes ended.
GROWTH = 4


class GrowingReadAhead(BaseCache):
    """Reads bytes for fsspec's files: keeps one window of them, which grows for sequential readers.

    Args:
        blocksize: Bytes of a block.
        fetcher: Returns the bytes between two offsets.
        size: The file's size.

    Attributes:
        stream: Yields the bytes from an offset on, for sequential readers once the window has its largest size; None to
            use the fetcher only.
    """

    name: ClassVar[str] = "growing"

    def __init__(self, blocksize: int, fetcher: Fetcher, size: int) -> None:
        super().__init__(blocksize, fetcher, size)
        self.stream: Callable[[int], Generator[bytes]] | None = None
        self._pieces: Generator[bytes] | None = None  # what follows the window
        self._process = 0  # which started them
        self._start = 0
        self._window = b""
        self._most = MOST_BLOCKS * blocksize
        self._ahead = min(FIRST, self._most)

    def _fetch(self, start: int | None, stop: int | None) -> bytes:
        start = start or 0
        stop = self.size if stop is None else min(stop, self.size)
        if start >= stop:
            return b""
        end = self._start + len(self._window)
        if self._start <= start and stop <= end:
            self.hit_count += 1
            return self._window[start - self._start : stop - self._start]
        self.miss_count += 1
        # Also from within the window: readers of lines go back a little between two reads.
        continues = self._start <= start <= end
        if continues and self._ahead >= STREAMED and self.stream is not None:
            return self._streamed(start, stop)
        self._pieces = None
        self._ahead = min(self._most, self._ahead * GROWTH if continues and end else FIRST)
        retained = self._window[start - self._start :] if continues else b""
        self._window, self._start = b"", start  # dropped before more arrive
        fetched = self.fetcher(start + len(retained), min(self.size, stop + self._ahead))
        self.total_requested_bytes += len(fetched)
        self._window = retained + fetched if retained else fetched
        return self._window[: stop - start]

    def _streamed(self, start: int, stop: int) -> bytes:
        """Bytes of which the window has the first ones at most; the piece with the last of them becomes the window."""
        assert self.stream is not None
        parts = [memoryview(self._window)[start - self._start :]]  # joined once, not copied before
        at = self._start + len(self._window)
        if self._pieces is None or self._process != os.getpid():  # a fork has copied them, but not their threads
            self._pieces, self._process = self.stream(at), os.getpid()
        while at < stop:
            try:
                piece = next(self._pieces)
            except BaseException:
                # A stream that has failed yields nothing more: the next read opens another one.
                self._pieces = None
                raise
            self.total_requested_bytes += len(piece)
            parts.append(memoryview(piece)[: stop - at])
            self._window, self._start = piece, at
            at += len(piece)
        return b"".join(parts)


register_cache(GrowingReadAhead, clobber=True)


#: Bytes that are searched for the end of a line at a time.
LINE = 8192


class ReadFile(AbstractBufferedFile):
    """A file that is open for reading; all its bytes are those of one version, or it is an error.

    Args:
        fs: The file system.
        entry: The file.
        source: Its bytes, for this reader only.
        block_size: Bytes of a block, for caches that have blocks; the default cache reads four of them ahead at most.
        cache_type: The name of one of fsspec's caches, or "growing".
        cache_options: Further arguments of that cache.
        size: The size that it has to have, None for any.
        version: The version that it has to have, "" for any.

    Raises:
        SourceChanged: It has another size or version.
    """

    DEFAULT_BLOCK_SIZE = 4 * 1024 * 1024

    def __init__(
        self,
        fs: OmicsFileSystem,
        entry: Entry,
        source: FileBytes | CachedBytes,
        *,
        block_size: int | None = None,
        cache_type: str | None = None,
        cache_options: Mapping[str, Any] | None = None,
        size: int | None = None,
        version: str = "",
    ) -> None:
        self._entry = entry
        self._bytes = source
        self._process = os.getpid()
        actual_size = self._bytes.size
        if (size is not None and size != actual_size) or (version and version != entry.version):
            uri = fs.unstrip_protocol(entry.path)
            raise SourceChanged(
                f"{uri}: it is not the file that was opened", name=uri, remedy="Open it again to read the new version."
            )
        details = entry.info() | {"size": actual_size}
        super().__init__(
            fs,
            entry.path,
            "rb",
            block_size,
            cache_type=cache_type or GrowingReadAhead.name,
            cache_options=cache_options,
            size=actual_size,
            version=entry.version,
        )
        self.details = details
        if isinstance(self.cache, GrowingReadAhead):
            self.cache.stream = self._stream

    def readuntil(self, char: bytes = b"\n", blocks: int | None = None) -> bytes:
        """Read up to and including a delimiter: a line.

        Args:
            char: The delimiter.
            blocks: Bytes that are searched at a time, 8 KiB by default: bytes after the line are read again with the
                next one.
        """
        return super().readuntil(char, blocks or LINE)

    def _stream(self, start: int) -> Generator[bytes]:
        yield from stream(self._bytes_here(), start)

    def _fetch_range(self, start: int, end: int) -> bytes:
        return self._bytes_here().read(start, end)

    def close(self) -> None:
        """Close the file."""
        # A fork has copied the object, but the file is that of the process which opened it.
        if not self.closed and self._process == os.getpid():
            self._bytes.close()
        super().close()

    def _bytes_here(self) -> FileBytes | CachedBytes:
        if self._process != os.getpid():  # locks and streams that were copied by a fork are another process's
            self._bytes = self.fs.bytes_for_reader(self._entry, self._bytes.validators)
            self._process = os.getpid()
        return self._bytes


class WrittenFile(AbstractBufferedFile):
    """A file that is open for writing: it is stored on this machine until it is closed, and put atomically.

    If it is closed because of an exception, nothing is put.

    Args:
        fs: The file system.
        path: The file's path.
        mode: wb, or xb for a new file only.
        block_size: Bytes kept in memory.
        autocommit: Whether closing puts it, or `commit` does.
    """

    def __init__(
        self, fs: OmicsFileSystem, path: str, mode: str, *, block_size: int | None = None, autocommit: bool = True
    ) -> None:
        super().__init__(fs, path, mode, block_size, autocommit)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._spool: BinaryIO | None = None
        self._failure: OSError | None = None
        # A file may be opened while an exception is handled, which then is no sign of a failed writer.
        self._under_way = sys.exc_info()[1]

    def _initiate_upload(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="omics-")
        spool_path = Path(self._folder.name, local_name(self.path))
        self._spool = spool_path.open("wb")

    def _upload_chunk(self, final: bool = False) -> bool | None:
        assert self._spool is not None
        if self._failure is not None:  # it is unknown how much of it was stored
            self.discard()
            raise self._failure
        try:
            # Released at once: a view that outlives a failure, in its traceback, keeps Python 3.14 from finalising the buffer.
            with self.buffer.getbuffer() as written:
                self._spool.write(written)
        except OSError as error:
            self._failure = error
            raise
        if final:
            self._spool.close()
            if self.autocommit:
                self.commit()
        return True

    def commit(self) -> None:
        """Put the file."""
        if self._folder is None or self._spool is None:
            return
        try:
            self.fs.put_whole(self._spool.name, self.path, overwrite=self.mode != "xb")
        finally:
            self.discard()

    def discard(self) -> None:
        """Drop what was written."""
        folder, self._folder = self._folder, None
        if self._spool is not None:
            self._spool.close()
        if folder is not None:
            folder.cleanup()

    def close(self) -> None:
        """Put what was written, unless an exception is on its way that was not when it was opened."""
        if not self.closed and sys.exc_info()[1] not in (None, self._under_way):
            _log.warning("%s is not written: the writer failed", self.fs.unstrip_protocol(self.path))
            self.abort()
        super().close()

    def abort(self) -> None:
        """End it without putting anything."""
        self.closed = True
        self.discard()

    def __exit__(self, *args: object) -> None:
        if args[0] is not None:
            self.abort()
        self.close()

    def __del__(self) -> None:
        if not self.closed:  # it may be incomplete
            _log.warning("%s is not written: it was not closed", self.fs.unstrip_protocol(self.path))
            self.abort()
