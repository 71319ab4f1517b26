"""The bytes of files on any platform: read in ranges, or in order and ahead of the reader over several connections."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from omicsdk.core.checksums import Digests, cheapest
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import ChecksumMismatch, NotFound
from omicsdk.core.logs import logger
from omicsdk.core.threads import Workers
from omicsdk.fs.errors import IsFolder, PathError, PathNotFound
from omicsdk.fs.store import Entry, Store
from omicsdk.fs.stream_source import StreamSource
from omicsdk.transfer.ranges import NoRanges, Ranges, Source

if TYPE_CHECKING:
    from concurrent.futures import Future

    from omicsdk.transfer import TransferOptions
    from omicsdk.transfer.engine.control import Pace

#: Bytes a second over one connection above which several bring no more: they would wait for each other here.
FAST = 50e6
#: Bytes of a piece, and how many pieces are fetched ahead.
PIECE = 4 * 1024 * 1024
AHEAD = 4


@runtime_checkable
class Streamed(Source, Protocol):
    """A source that also gives its bytes as they arrive."""

    def stream(self, start: int, end: int) -> Iterator[bytes]:
        """Yield bytes in order over one connection; fewer than was requested where the rest has to be read."""
        ...


def stream(
    file: Source, start: int | None = None, end: int | None = None, *, piece: int = PIECE, clock: Clock = SYSTEM_CLOCK
) -> Generator[bytes]:
    """Yield a file's bytes in order: as they arrive where one connection is fast, else some pieces ahead of the reader.

    Args:
        file: The file.
        start: The first byte, counted from 0, from the end where it is negative; None for the beginning.
        end: The byte after the last; None for the file's end.
        piece: Bytes of each piece that is read, at most.
        clock: Measures how fast the first one comes.

    Yields:
        Pieces.
    """
    size = file.size
    first = max(0, size + start) if start is not None and start < 0 else (start or 0)
    last = size if end is None else min(end, size)
    if isinstance(file, Streamed) and last - first > piece:
        start_time = clock.monotonic()
        data = file.read(first, first + piece)
        fast = len(data) >= FAST * (clock.monotonic() - start_time)
        first += len(data)
        yield data
        for data in file.stream(first, last) if fast else ():
            first += len(data)
            yield data
    # A single piece needs no threads.
    if first < last <= first + piece:
        yield file.read(first, last)
        return
    places = iter(range(first, last, piece))
    with Workers(AHEAD, "omicsdk-stream") as pool:
        waiting: deque[Future[bytes]] = deque()
        while True:
            while len(waiting) < AHEAD and (offset := next(places, None)) is not None:
                waiting.append(pool.submit(file.read, offset, min(offset + piece, last)))
            if not waiting:
                return
            yield waiting.popleft().result()


class Comparison:
    """Compares a whole file's bytes with what its platform states.

    Args:
        checksums: The file's checksums, of which the one that costs least is compared; without any, none is.
        size: The file's size in bytes, if it is stated.
        title: Its name in messages.
    """

    def __init__(self, checksums: Mapping[str, str], size: int | None, title: str) -> None:
        self._title = title
        self._expected = cheapest(checksums)
        self._digests = Digests(self._expected, size)

    def update(self, data: bytes) -> None:
        """Add the bytes that follow."""
        self._digests.update(data)

    def finish(self) -> None:
        """Compare.

        Raises:
            ChecksumMismatch: The bytes differ from what is stated.
        """
        for name, actual in self._digests.values().items():
            if actual != self._expected[name]:
                raise ChecksumMismatch(self._title, algorithm=name, expected=self._expected[name], actual=actual)


def checked(pieces: Iterable[bytes], checksums: Mapping[str, str], size: int | None, title: str) -> Generator[bytes]:
    """Yield a whole file's bytes, compared with what its platform states before the last piece is passed on.

    Args:
        pieces: The bytes in order.
        checksums: The file's checksums, of which the one that costs least is compared; without any, none is.
        size: The file's size in bytes, if it is stated.
        title: Its name in messages.

    Raises:
        ChecksumMismatch: They differ.
    """
    comparison, last = Comparison(checksums, size, title), b""
    for piece in pieces:
        if last:
            yield last
        comparison.update(piece)
        last = piece
    comparison.finish()
    if last:
        yield last


_log = logger("omicsdk.fs")


class FileBytes:
    """A file's bytes, read from any number of threads.

    Args:
        store: The store that has the file.
        entry: The file, as the store gave it.
        options: Their control limits the rate, pauses, and stops waiting for it; None for no limit.
        validators: As for `Ranges`.

    Raises:
        IsFolder: It is a folder.
    """

    def __init__(
        self,
        store: Store,
        entry: Entry,
        options: TransferOptions | None = None,
        validators: Mapping[str, str] | None = None,
    ) -> None:
        if entry.kind == "folder":
            raise IsFolder(store.uri(entry.path), "is a folder, not a file")
        self.entry = entry
        self._store = store
        self._options = options
        self._validators = validators or {}
        self._pace: Pace | None = None
        if options is not None:
            from omicsdk.transfer.engine.control import Pace  # with signals it takes 1 ms to import

            self._pace = Pace(options.control)
        self._lock = threading.Lock()
        self._opened: Source | None = None

    @property
    def size(self) -> int:
        """Its size in bytes; asks for it if the platform does not state it."""
        if self.entry.size is not None:
            return self.entry.size
        try:
            return self._source().size
        except NoRanges as error:
            return self._whole(error).size

    @property
    def validator_count(self) -> int:
        """How many servers' ETags or dates the bytes that follow are compared with; 0 if a change would go unnoticed."""
        opened = self._opened
        return len(opened.validators) if isinstance(opened, Ranges) else 0

    @property
    def checksums(self) -> Mapping[str, str]:
        """The checksums that its platform states, or that the responses with its bytes stated so far."""
        opened = self._opened
        return self.entry.checksums or (opened.stated_checksums if isinstance(opened, Ranges) else {})

    @property
    def validators(self) -> Mapping[str, str]:
        """By server's origin, the ETag or date that identifies the file; a reader that continues in its place needs them."""
        opened = self._opened
        return opened.validators if isinstance(opened, Ranges) else self._validators

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Read bytes.

        Args:
            start: The first one, counted from 0; a negative one counts from the end.
            end: The first byte after the range; a negative one counts from the end. None for the file's end.

        Returns:
            Those that there are, all of one and the same file.

        Raises:
            PathNotFound: The file no longer exists.
            PathError: Its platform lists it, but has no bytes of it.
            SourceChanged: It became another one since it was first read.
            OmicsError: It cannot be read.
        """
        size = self.size
        start, end = _within(start, size), size if end is None else _within(end, size)
        if start >= end:
            return b""
        if end - start > PIECE:
            # Over several connections, where one is slow.
            return b"".join(stream(self, start, end))
        try:
            return self._source().read(start, end)
        except NoRanges as error:
            return self._whole(error).read(start, end)
        except (NotFound, PathNotFound) as error:
            raise self._not_found() from error

    def stream(self, start: int, end: int) -> Generator[bytes]:
        """Yield bytes as they arrive over one connection.

        Args:
            start: The first one, counted from 0.
            end: The one after the last.

        Yields:
            Pieces in order, as far as their server gives them so; `read` gives the others, or the error.
        """
        source = self._source()
        if isinstance(source, Ranges) and source.joins:
            with suppress(NoRanges, NotFound):
                yield from source.stream(start, end)

    def close(self) -> None:
        """Close the file if it is open on this machine; a further read opens it again."""
        with self._lock:
            if isinstance(self._opened, StreamSource):
                self._opened.close()
                self._opened = None

    def _not_found(self) -> PathError:
        """The error of bytes that are not found: a FileNotFoundError only if the platform does not list the same file."""
        uri = self._store.uri(self.entry.path)
        with suppress(PathNotFound):
            # To zarr and kerchunk a FileNotFoundError is a chunk that was never written: they would fill in values.
            if self._store.stat(self.entry.path, refresh=True) == self.entry:
                remedy = "Report it to the platform's support."
                return PathError(uri, "is listed, but the platform does not provide its bytes", remedy=remedy)
        return PathNotFound(uri, "no longer exists")

    def _source(self) -> Source:
        with self._lock:
            if self._opened is None:
                entry, store = self.entry, self._store
                stream, uri = store.open(entry), store.uri(entry.path)
                self._opened = (
                    StreamSource(stream, entry.size, uri, self._pace)
                    if stream is not None
                    else Ranges(
                        partial(store.location, entry),
                        entry.size,
                        title=uri,
                        skip=partial(store.elsewhere, entry),
                        pace=self._pace,
                        validators=self._validators,
                        unvalidated=self._options is not None and self._options.resume_unvalidated,
                    )
                )
            return self._opened

    def _whole(self, why: NoRanges) -> Source:
        """Download the file, verified, if it cannot be read in parts."""
        import shutil
        import tempfile
        import weakref
        from pathlib import Path

        from omicsdk.fs.options import CopyOptions
        from omicsdk.transfer.reports.report import raise_failure

        with self._lock:
            if not isinstance(self._opened, StreamSource):
                _log.info("%s; fetching the whole file", why.message)
                folder = tempfile.mkdtemp(prefix="omics-")
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                options = CopyOptions() if self._options is None else CopyOptions(control=self._options.control)
                raise_failure(self._store.download([(self.entry, "bytes")], folder, options))
                stream = Path(folder, "bytes").open("rb")  # noqa: SIM115 - open as long as it is read
                uri = self._store.uri(self.entry.path)
                whole = StreamSource(stream, self.entry.size, uri, self._pace)
                if isinstance(self._opened, Ranges):
                    self._opened.confirm(whole)  # some of its bytes may have been given already
                self._opened = whole
            return self._opened


def _within(position: int, size: int) -> int:
    return max(0, size + position) if position < 0 else min(position, size)
