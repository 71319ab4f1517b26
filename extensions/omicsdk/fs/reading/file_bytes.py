"""A file's bytes by places, however its store gives them: by ranges of a URL, from a stream that it opens, or fetched whole."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from logging import getLogger
from pathlib import Path
from typing import BinaryIO

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import NotFound, SourceChanged
from omicsdk.fs.copying.fetching import FetchOptions, fetch, is_another, state_of
from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import IsFolder, PathNotFound
from omicsdk.fs.pacing import Pace
from omicsdk.fs.reading.block_cache import Source
from omicsdk.fs.reading.ranges import NoRanges, Ranges
from omicsdk.fs.store import Store
from omicsdk.transfer import Control
from omicsdk.transfer.workers import Workers

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
