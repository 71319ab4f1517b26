"""The file that is uploaded, held open: read at any offset from several threads, and noticed when it changes."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager

from omicsdk.core.errors import SourceChanged, TransferError
from omicsdk.transfer.network.wire import ABORT, Body
from omicsdk.transfer.uploads.troubles import unreadable

#: What stays the same as long as nobody writes to a file: size, time of change in nanoseconds, number.
Identity = tuple[int, int, int]

#: Of a file the system is asked to read ahead so many bytes.
READ_AHEAD = 16 * 1024 * 1024

_HAS_PREAD = hasattr(os, "pread")
_HAS_ADVICE = hasattr(os, "posix_fadvise")
# A pipe must not keep us waiting for its other end.
_READING = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class SourceFile:
    """An open file.

    Args:
        path: Where it is.
        name: What messages call it.

    Raises:
        TransferError: It can't be opened, or is no regular file.
    """

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name
        self._guard = threading.Lock()
        self._readers = 0
        try:
            self._descriptor = os.open(path, _READING)
        except OSError as error:
            raise unreadable(name, path, error) from error
        self._readers = 1
        try:
            if not os.path.isfile(self._descriptor):
                raise TransferError(
                    f"{name}: {path} is not a file", name=name, remedy="Upload the files in it one by one."
                )
            self.identity = _identity(os.fstat(self._descriptor))
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Its size in bytes when it was opened."""
        return self.identity[0]

    def read(self, length: int, offset: int) -> bytes:
        """Reads at an offset.

        Args:
            length: How many bytes.
            offset: The first one's place.

        Returns:
            The bytes; fewer at the file's end.

        Raises:
            OSError: The system refused.
        """
        if _HAS_PREAD:
            return os.pread(self._descriptor, length, offset)
        with self._guard:  # Windows has one position for all
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, length)

    def expect(self, offset: int, length: int) -> None:
        """Has the system read ahead what will be read soon.

        Args:
            offset: The first byte.
            length: How many; of many only the first READ_AHEAD.
        """
        if _HAS_ADVICE:
            os.posix_fadvise(self._descriptor, offset, min(length, READ_AHEAD), os.POSIX_FADV_WILLNEED)

    def check(self, *, by_name: bool = False) -> None:
        """Makes sure that nobody has written to it.

        Args:
            by_name: Whether its name must still lead to it, too.

        Raises:
            SourceChanged: It isn't what it was.
        """
        try:
            now = _identity(os.fstat(self._descriptor))
            if now == self.identity and by_name:
                now = _identity(os.stat(self.path))
        except FileNotFoundError:
            raise changed(self.name, "it was removed") from None
        except OSError as error:
            raise unreadable(self.name, self.path, error) from error
        if now != self.identity:
            raise changed(self.name, difference(self.identity, now))

    @contextmanager
    def held(self) -> Generator[None]:
        """Keeps it open for a thread's reading, whoever closes it meanwhile."""
        with self._guard:
            if not self._readers:
                raise SourceChanged(f"{self.name} is closed", name=self.name)
            self._readers += 1
        try:
            yield
        finally:
            self._let_go()

    def close(self) -> None:
        """Closes it, as soon as nobody reads. To be called once."""
        self._let_go()

    def __del__(self) -> None:
        if self._readers:  # opened for an upload that was over before
            os.close(self._descriptor)

    def _let_go(self) -> None:
        with self._guard:
            self._readers -= 1
            if not self._readers:
                os.close(self._descriptor)


class FileBody(Body):
    """A stretch of a file as the body of a request.

    Args:
        source: The file.
        start: The first byte.
        length: How many bytes.

    Attributes:
        problem: Why it ended its request, None while it didn't.
        sent: Bytes that were given to libcurl, those that came twice included.
    """

    def __init__(self, source: SourceFile, start: int, length: int) -> None:
        self.length = length
        self.problem: BaseException | None = None
        self.sent = 0
        self._source = source
        self._start = start
        self._position = start
        self._end = start + length

    @property
    def position(self) -> int:
        """How many of its bytes were given since it was last sent from the start."""
        return self._position - self._start

    def read(self, size: int, /) -> bytes | int:
        """Gives the next bytes, straight from the file."""
        try:
            wanted = min(size, self._end - self._position)
            if not wanted:
                return b""
            data = self._source.read(wanted, self._position)
            if not data:
                raise changed(self._source.name, "it became shorter")
        except BaseException as error:  # libcurl would swallow it
            is_system = isinstance(error, OSError)
            self.problem = unreadable(self._source.name, self._source.path, error) if is_system else error
            return ABORT
        self._position += len(data)
        self.sent += len(data)
        return data

    def seek(self, offset: int, /) -> None:
        """Goes back or forward within the stretch."""
        self._position = self._start + offset


def difference(before: Identity, now: Identity) -> str:
    """Says in words what isn't as it was.

    Args:
        before: The file then.
        now: The file now, which is another.
    """
    if before[0] != now[0]:
        return f"it had {before[0]} bytes and has {now[0]}"
    return "it was written to" if before[1] != now[1] else "another file replaced it"


def changed(name: str, what: str) -> SourceChanged:
    """The error for a source that isn't what it was.

    Args:
        name: What messages call the file.
        what: What happened, in words.
    """
    remedy = "The sent bytes are discarded. Run the same command again when no program writes to it."
    return SourceChanged(f"{name} changed while it was uploaded: {what}", name=name, remedy=remedy)


def _identity(found: os.stat_result) -> Identity:
    return found.st_size, found.st_mtime_ns, found.st_ino
