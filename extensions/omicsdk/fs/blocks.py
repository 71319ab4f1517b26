"""Bytes of files: whole, by parts side by side, and kept in a cache of blocks."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import pairwise
from logging import getLogger
from pathlib import Path
from typing import BinaryIO, Protocol

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import NotFound, SourceChanged
from omicsdk.fs.copying.fetching import FetchOptions, fetch, is_another, state_of
from omicsdk.fs.store import Entry, Store
from omicsdk.fs.uri import IsFolder, PathNotFound
from omicsdk.transfer import Control
from omicsdk.transfer.ranges import NoRanges, Pace, Ranges, Source
from omicsdk.transfer.workers import Workers

BLOCK = 1024 * 1024
"""Bytes of a block."""
LIMIT = 10 * 1024**3
"""Bytes that a folder holds at most, unless told otherwise."""
# Of the limit: bytes after which the folder is looked through again, and what is left of it then.
_LOOK_EACH, _LEFT = 0.05, 0.9

_log = getLogger("omicsdk.fs")


class Held(Source, Protocol):
    """The same with what tells that it changed."""

    @property
    def held_to(self) -> int:
        """How many servers' words its bytes are held to; 0 where a change would go unnoticed."""
        ...

    @property
    def validators(self) -> Mapping[str, str]:
        """These words."""
        ...


class BlockCache:
    """A folder of blocks. Any number of threads and processes use it at once; it may be removed at any time.

    Args:
        folder: The folder; made when a block is to be kept, for its owner only.
        limit: Bytes that it holds at most, a twentieth more for a while; those that were read longest ago go first.
    """

    def __init__(self, folder: str | os.PathLike[str], limit: int = LIMIT) -> None:
        self._folder = Path(folder)
        self._limit = limit
        self._lock = threading.Lock()
        self._unlooked = 0.0

    def over(self, source: Held, key: str, key_now: Callable[[], str]) -> CachedBytes:
        """Puts the folder before a file.

        Args:
            source: The file.
            key: What tells it, and its version, from all others; letters and digits.
            key_now: Asks the platform for the same of what is there by now.
        """
        return CachedBytes(self, source, key, key_now)

    def get(self, key: str, number: int, size: int) -> bytes | None:
        """Gives a block.

        Args:
            key: Of which file.
            number: Which one, counted from 0.
            size: Its bytes.

        Returns:
            None where it isn't there, or isn't whole.
        """
        place = self._place(key, number)
        try:
            data = place.read_bytes()
            os.utime(place)  # read again: it goes last
        except OSError:
            return None
        return data if len(data) == size else None

    def keep(self, key: str, number: int, data: bytes) -> None:
        """Keeps a block; where that can't be done, it is read again the next time.

        Args:
            key: Of which file.
            number: Which one.
            data: Its bytes.
        """
        place = self._place(key, number)
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self._folder, place.parent.parent, place.parent):
                folder.mkdir(exist_ok=True, mode=0o700)
            handle, aside = tempfile.mkstemp(dir=place.parent, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(aside).replace(place)
            except BaseException:
                with suppress(OSError):
                    Path(aside).unlink()
                raise
        except OSError as error:
            _log.warning("A block can't be kept in %s: %s", self._folder, error.strerror or error)
            return
        with self._lock:
            self._unlooked += len(data)
            due = self._unlooked >= self._limit * _LOOK_EACH
            self._unlooked = 0.0 if due else self._unlooked
        if due:
            self.make_room()

    def make_room(self) -> None:
        """Removes the blocks that were read longest ago, where there are more bytes than there may be."""
        found: list[tuple[float, int, str]] = []
        for path in self._folder.glob("??/*/*"):
            with suppress(OSError):
                told = path.stat()
                found.append((told.st_mtime, told.st_size, str(path)))
        for path in outdated(found, self._limit):
            with suppress(OSError):
                Path(path).unlink()

    def _place(self, key: str, number: int) -> Path:
        return self._folder / key[:2] / key[2:] / str(number)


class CachedBytes:
    """A file's bytes, those that are in the folder from there.

    Args:
        cache: The folder.
        source: The file.
        key: What tells it, and its version, from all others.
        key_now: Asks the platform for the same of what is there by now.
    """

    def __init__(self, cache: BlockCache, source: Held, key: str, key_now: Callable[[], str]) -> None:
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
        """By server's origin, what told which file it is."""
        return self._source.validators

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Reads bytes.

        Args:
            start: The first one, counted from 0; a negative one counts from the end.
            end: The one behind the last, likewise; None for all that follow.

        Raises:
            SourceChanged: What is read isn't the version that blocks are kept of.
        """
        size = self.size
        start, end, _ = slice(start, end).indices(size)
        if start >= end:
            return b""
        numbers = range(start // BLOCK, (end - 1) // BLOCK + 1)
        held = {number: self._cache.get(self._key, number, _length(number, size)) for number in numbers}
        for first, last in runs(number for number in numbers if held[number] is None):
            data = self._source.read(first * BLOCK, min(size, (last + 1) * BLOCK))
            self._confirm()
            for number in range(first, last + 1):
                block = data[(number - first) * BLOCK : (number - first + 1) * BLOCK]
                held[number] = block
                self._cache.keep(self._key, number, block)
        whole = b"".join(block for number in numbers if (block := held[number]) is not None)
        return whole[start - numbers[0] * BLOCK : end - numbers[0] * BLOCK]

    def _confirm(self) -> None:
        """Asks once more which version is there, after the first bytes: those may be of a file that came after the question."""
        held_to = self._source.held_to
        if held_to and held_to == self._confirmed:
            return
        if self._key_now() != self._key:
            raise SourceChanged("The file changed while it was read", remedy="Open it again to read the new one.")
        self._confirmed = held_to


def _length(number: int, size: int) -> int:
    return min(BLOCK, size - number * BLOCK)


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Joins numbers that follow each other.

    Args:
        numbers: Whole numbers, rising.

    Yields:
        The first and the last of each run.
    """
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield first, last
            first = last = number
    if first is not None and last is not None:
        yield first, last


def outdated(blocks: Iterable[tuple[float, int, str]], limit: int) -> list[str]:
    """Tells which blocks go.

    Args:
        blocks: When each was read last, its bytes, its path.
        limit: Bytes that there may be.

    Returns:
        Paths, those that were read longest ago first; none while there is room.
    """
    oldest = sorted(blocks)
    total = sum(size for _, size, _ in oldest)
    gone: list[str] = []
    if total <= limit:
        return gone
    for _, size, path in oldest:
        if total <= limit * _LEFT:
            break
        total -= size
        gone.append(path)
    return gone


#: Bytes of a piece, and how many pieces are fetched ahead.
PIECE = 4 * 1024 * 1024
AHEAD = 3


def stream(file: Source, start: int | None = None, end: int | None = None, *, piece: int = PIECE) -> Iterator[bytes]:
    """Gives a file's bytes in order.

    Args:
        file: The file.
        start: The first byte, counted from 0, from the end where it is negative; None for the beginning.
        end: The byte behind the last; None for the file's end.
        piece: Bytes of each piece, at most.

    Yields:
        Pieces.
    """
    size = file.size
    first = max(0, size + start) if start is not None and start < 0 else (start or 0)
    last = size if end is None else min(end, size)
    places = iter(range(first, last, piece))
    with Workers(AHEAD, "omicsdk-stream") as pool:
        waiting = deque[Future[bytes]]()
        while True:
            while len(waiting) < AHEAD and (place := next(places, None)) is not None:
                waiting.append(pool.submit(file.read, place, min(place + piece, last)))
            if not waiting:
                return
            yield waiting.popleft().result()


#: A read that is longer than this is cut into parts that are asked for side by side, in bytes.
PART = 8 * 1024 * 1024
#: Parts of one read that are under way at once.
PARTS_AT_ONCE = 4

#: Bytes a second over one connection above which several bring no more: they would wait for each other here.
FAST = 50e6

_log = getLogger("omicsdk.fs")


class FileBytes:
    """A file's bytes, read from any number of threads.

    Args:
        store: The store that has the file.
        entry: The file, as the store gave it.
        control: Limits the rate, pauses, and stops waiting for it; None for no limit.
        validators: As for `Ranges`.

    Raises:
        IsFolder: It is a folder.
    """

    def __init__(
        self,
        store: Store,
        entry: Entry,
        control: Control | None = None,
        validators: Mapping[str, str] | None = None,
    ) -> None:
        if entry.is_folder:
            raise IsFolder(store.uri(entry.path), "is a folder, and only files have bytes")
        self.entry = entry
        self._store = store
        self._control = control
        self._validators = validators or {}
        self._pace = None if control is None else Pace(control)
        self._lock = threading.Lock()
        self._opened: Source | None = None

    @property
    def size(self) -> int:
        """Its size in bytes; asks for it where the platform doesn't state it."""
        if self.entry.size is not None:
            return self.entry.size
        try:
            return self._source().size
        except NoRanges as error:
            return self._whole(error).size

    @property
    def held_to(self) -> int:
        """How many servers' words the bytes that follow are held to; 0 where a change would go unnoticed."""
        opened = self._opened
        return opened.held_to if isinstance(opened, Ranges) else 0

    @property
    def validators(self) -> Mapping[str, str]:
        """By server's origin, the ETag or date that told which file it is; whoever reads on in its place needs them."""
        opened = self._opened
        return opened.validators if isinstance(opened, Ranges) else self._validators

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Reads bytes.

        Args:
            start: The first one, counted from 0; a negative one counts from the end.
            end: The one behind the last, likewise; None for all that follow.

        Returns:
            Those that there are, all of one and the same file.

        Raises:
            PathNotFound: The file isn't there any longer.
            SourceChanged: It became another one since it was first read.
            OmicsError: It can't be read.
        """
        size = self.size
        start, end = _within(start, size), size if end is None else _within(end, size)
        if start >= end:
            return b""
        try:
            return read_in_parts(self._source(), start, end)
        except NoRanges as error:
            return self._whole(error).read(start, end)
        except NotFound as error:
            raise PathNotFound(self._store.uri(self.entry.path), "isn't there any longer") from error

    def _source(self) -> Source:
        with self._lock:
            if self._opened is None:
                stream = self._store.open(self.entry)
                self._opened = (
                    self._ranges() if stream is None else _Opened(stream, self.entry.size, self._uri, self._pace)
                )
            return self._opened

    def _ranges(self) -> Ranges:
        return Ranges(
            partial(self._store.location, self.entry),
            self.entry.size,
            title=self._uri,
            elsewhere=partial(self._store.elsewhere, self.entry),
            pace=self._pace,
            validators=self._validators,
            unvalidated=self._control is not None and self._control.resume_unvalidated,
        )

    def _whole(self, why: NoRanges) -> Source:
        """Fetches the file, verified, where no part of it can be had."""
        with self._lock:
            if not isinstance(self._opened, _Opened):
                _log.info("%s; fetching the whole file", why.message)
                folder = tempfile.mkdtemp(prefix="omics-")
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                options = FetchOptions(control=self._control or Control())
                fetch([(self.entry, "bytes")], self._store, folder, options).raise_if_failed()
                stream = Path(folder, "bytes").open("rb")  # noqa: SIM115 - open as long as it is read
                whole = _Opened(stream, self.entry.size, self._uri, self._pace)
                if isinstance(self._opened, Ranges):
                    self._opened.confirm(whole)  # some of its bytes may have been given already
                self._opened = whole
            return self._opened

    @property
    def _uri(self) -> str:
        return self._store.uri(self.entry.path)


class _Opened:
    """A stream that is open on this machine, read by one thread at a time.

    Args:
        stream: The stream; seeks to any place.
        size: Its size as stated, None when it isn't.
        title: What messages call it.
        pace: What holds readers to a limit; None for none.
    """

    def __init__(self, stream: BinaryIO, size: int | None, title: str, pace: Pace | None) -> None:
        self.size = stream.seek(0, 2)
        self._stream = stream
        self._before = state_of(stream)
        self._lock = threading.Lock()
        self._title = title
        self._pace = pace
        if size not in (None, self.size):
            stream.close()
            raise SourceChanged(f"{title}: it has {self.size} bytes instead of {size}", name=title)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Reads bytes, as `Ranges.read`."""
        end = self.size if end is None else end
        with self._lock:
            self._stream.seek(start)
            data = b"".join(iter(lambda: self._stream.read(end - self._stream.tell()), b""))
            after = state_of(self._stream)
        if self._pace is not None:
            self._pace.passed(len(data))
        if len(data) != end - start:
            raise SourceChanged(f"{self._title}: it became shorter while it was read", name=self._title)
        if self._before and after and is_another(self._before, after):
            raise SourceChanged(f"{self._title}: it was written to while it was read", name=self._title)
        return data

    def __del__(self) -> None:
        self._stream.close()


def parts_of(start: int, end: int, part: int = PART) -> Sequence[tuple[int, int]]:
    """Cuts a read into parts of about the same length.

    Args:
        start: The first byte.
        end: The byte behind the last.
        part: The longest a part may be, in bytes.

    Returns:
        Starts and ends, in order.
    """
    count = max(1, -(-(end - start) // part))
    marks = [start + (end - start) * number // count for number in range(count + 1)]
    return list(pairwise(marks))


def read_in_parts(source: Source, start: int, end: int, clock: Clock = SYSTEM_CLOCK) -> bytes:
    """Reads bytes: by one connection where that is as fast as this machine, else by several.

    Args:
        source: The file.
        start: The first byte.
        end: The byte behind the last.
        clock: Tells how fast it goes.
    """
    parts = parts_of(start, end)
    if len(parts) == 1:
        return source.read(start, end)
    began = clock.monotonic()
    first = source.read(*parts[0])
    if len(first) >= FAST * (clock.monotonic() - began):
        return b"".join([first, source.read(parts[0][1], end)])
    with Workers(min(PARTS_AT_ONCE, len(parts) - 1), "omicsdk-read") as pool:
        futures = [pool.submit(source.read, *part) for part in parts[1:]]
        return b"".join([first, *(future.result() for future in futures)])


def _within(place: int, size: int) -> int:
    return max(0, size + place) if place < 0 else min(place, size)
