"""A folder that keeps blocks of files for other reads, programs and days."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from logging import getLogger
from pathlib import Path
from typing import Protocol

from omicsdk.core.errors import SourceChanged
from omicsdk.transfer.ranges import Source

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
