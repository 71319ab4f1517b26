"""Open files of fsspec: reading with growing read-ahead, and writing whole."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from omicsdk.core.errors import MissingExtra, SourceChanged
from omicsdk.fs.store import Entry, info_of

try:
    from fsspec.caching import BaseCache, Fetcher, register_cache
    from fsspec.callbacks import DEFAULT_CALLBACK, Callback
    from fsspec.dircache import DirCache
    from fsspec.spec import AbstractBufferedFile, AbstractFileSystem
    from fsspec.utils import isfilelike, stringify_path
except ModuleNotFoundError as error:
    raise MissingExtra("fsspec", "file systems by URIs", module=error.name) from None

if TYPE_CHECKING:
    from omicsdk.fs.filesystems import OmicsFileSystem

__all__ = [  # the file systems take them from here, where their absence is an error with a remedy
    "DEFAULT_CALLBACK",
    "AbstractBufferedFile",
    "AbstractFileSystem",
    "BaseCache",
    "Callback",
    "DirCache",
    "Fetcher",
    "isfilelike",
    "register_cache",
    "stringify_path",
]


#: Bytes that are read ahead of a reader that came to a new place.
FIRST = 128 * 1024
#: Blocks that are read ahead at most.
MOST_BLOCKS = 4
#: How many times more are read ahead, each time that a reader goes on where the last bytes ended.
GROWTH = 4


class GrowingReadAhead(BaseCache):
    """What fsspec's files ask for bytes: keeps one window of them, and widens it for a reader that goes straight on.

    Args:
        blocksize: Bytes of a block.
        fetcher: Gives the bytes from a place to another.
        size: The file's size.
    """

    name: ClassVar[str] = "growing"

    def __init__(self, blocksize: int, fetcher: Fetcher, size: int) -> None:
        super().__init__(blocksize, fetcher, size)
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
        goes_on = self._start <= start <= end
        self._ahead = min(self._most, self._ahead * GROWTH if goes_on and end else FIRST)
        kept = self._window[start - self._start :] if goes_on else b""
        self._window, self._start = b"", start  # let go before more come
        came = self.fetcher(start + len(kept), min(self.size, stop + self._ahead))
        self.total_requested_bytes += len(came)
        self._window = kept + came if kept else came
        return self._window[: stop - start]


register_cache(GrowingReadAhead, clobber=True)


#: Bytes that are looked through for the end of a line at a time.
LINE = 8192

_log = getLogger("omicsdk.fs")


class ReadFile(AbstractBufferedFile):
    """A file that is open for reading; all its bytes are those of one version, or it is an error.

    Args:
        fs: The file system.
        entry: The file.
        block_size: Bytes of a block, for caches that have blocks; the default cache reads four of them ahead at most.
        cache_type: The name of one of fsspec's caches, or "growing".
        cache_options: Further arguments of that cache.
        size: The size that it has to have, None for any.
        version: The version that it has to have, "" for any.

    Raises:
        IsFolder: It is a folder.
        SourceChanged: It has another size or version.
    """

    DEFAULT_BLOCK_SIZE = 4 * 1024 * 1024

    def __init__(
        self,
        fs: OmicsFileSystem,
        entry: Entry,
        *,
        block_size: int | None = None,
        cache_type: str | None = None,
        cache_options: Mapping[str, Any] | None = None,
        size: int | None = None,
        version: str = "",
    ) -> None:
        self._entry = entry
        self._bytes = fs.bytes_for_reader(entry)
        self._process = os.getpid()
        there = self._bytes.size
        if (size is not None and size != there) or (version and version != entry.version):
            uri = fs.unstrip_protocol(entry.path)
            raise SourceChanged(
                f"{uri}: it isn't the file that was opened", name=uri, remedy="Open it again to read the new one."
            )
        super().__init__(
            fs,
            entry.path,
            "rb",
            block_size,
            cache_type=cache_type or GrowingReadAhead.name,
            cache_options=cache_options,
            size=there,
            version=entry.version,
        )
        self.details = info_of(entry) | {"size": there}

    def readuntil(self, char: bytes = b"\n", blocks: int | None = None) -> bytes:
        """Reads up to some bytes, and these: a line.

        Args:
            char: The bytes.
            blocks: How many are looked through at a time, 8 KiB by default: more than a line is read again with the next.
        """
        return super().readuntil(char, blocks or LINE)

    def _fetch_range(self, start: int, end: int) -> bytes:
        if self._process != os.getpid():  # locks and streams that were copied by a fork are another process's
            self._bytes = self.fs.bytes_for_reader(self._entry, self._bytes.validators)
            self._process = os.getpid()
        return self._bytes.read(start, end)


class WrittenFile(AbstractBufferedFile):
    """A file that is open for writing: it lies on this machine until it is closed, and is put whole or not at all.

    Where an exception is on its way when it is closed, nothing is put.

    Args:
        fs: The file system.
        path: Where the file shall be.
        mode: wb, or xb where nothing may be there.
        block_size: Bytes that are kept in memory.
        autocommit: Whether closing puts it, or `commit` does.
    """

    def __init__(
        self, fs: OmicsFileSystem, path: str, mode: str, *, block_size: int | None = None, autocommit: bool = True
    ) -> None:
        super().__init__(fs, path, mode, block_size, autocommit)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._spool: BinaryIO | None = None
        self._failure: OSError | None = None
        self._under_way = sys.exc_info()[1]

    def _initiate_upload(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="omics-")
        # The platform may tell the media type by the name.
        place = Path(self._folder.name, self.path.rpartition("/")[2] or "file")
        self._spool = place.open("wb")

    def _upload_chunk(self, final: bool = False) -> bool | None:
        assert self._spool is not None
        if self._failure is not None:  # nobody knows how much of that was kept
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
        """Puts it."""
        if self._folder is None or self._spool is None:
            return
        try:
            self.fs.put_whole(self._spool.name, self.path, overwrite=self.mode != "xb")
        finally:
            self.discard()

    def discard(self) -> None:
        """Drops what was written."""
        folder, self._folder = self._folder, None
        if self._spool is not None:
            self._spool.close()
        if folder is not None:
            folder.cleanup()

    def close(self) -> None:
        """Puts what was written, unless an exception is on its way that wasn't when it was opened."""
        if not self.closed and sys.exc_info()[1] not in (None, self._under_way):
            _log.warning("%s isn't put: what wrote it failed", self.fs.unstrip_protocol(self.path))
            self.abort()
        super().close()

    def abort(self) -> None:
        """Ends it without putting anything."""
        self.closed = True
        self.discard()

    def __exit__(self, *args: object) -> None:
        if args[0] is not None:
            self.abort()
        self.close()

    def __del__(self) -> None:
        if not self.closed:  # nobody closed it, so nobody said that it is whole
            self.abort()
