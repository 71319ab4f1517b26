"""The file that is uploaded, held open: read at any offset from several threads, and noticed when it changes; and bodies of requests made of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from omicsdk.core.checksums import Digests
from omicsdk.core.errors import OmicsError, SourceChanged, TransferError
from omicsdk.transfer.checksums import Stopped
from omicsdk.transfer.network.requests import Location
from omicsdk.transfer.network.wire import ABORT, Body
from omicsdk.transfer.threads import Pool, foreign_words


def unreadable(name: str, path: str, error: OSError) -> TransferError:
    """The error for a file that can't be read.

    Args:
        name: What messages call it.
        path: Where it is.
        error: What the system said.
    """
    reason = error.strerror or str(error)
    return TransferError(
        f"{name}: {path} cannot be read: {reason}", name=name, remedy="Check its path and permissions."
    )


def readable(name: str, path: str, error: Exception) -> OmicsError:
    """The error for whatever was raised in a thread.

    Args:
        name: What messages call the file.
        path: Where it is.
        error: What was raised; ours stay as they are.
    """
    if isinstance(error, OmicsError):
        return error
    if isinstance(error, OSError):
        return unreadable(name, path, error)
    return TransferError(f"{name}: requesting its destination failed: {foreign_words(name, error)}", name=name)


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


# How a name is written within quotes: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True, slots=True, repr=False)
class Form(Location):
    """Where a file goes as the last part of a form (multipart/form-data); a `PutTo` may have one in place of a URL.

    Attributes:
        fields: What stands before the file, in this order: the key, the policy, its signature.
        file_name: What the form calls the file.
    """

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    file_name: str = "file"


class FormBody(Body):
    """A form with a stretch of a file in it, which is never in memory.

    Args:
        form: What stands before the file.
        file: The file's bytes.

    Attributes:
        content_type: The header that says where the parts end.
    """

    def __init__(self, form: Form, file: FileBody) -> None:
        boundary = os.urandom(16).hex()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._before = _before(form, boundary)
        self._after = f"\r\n--{boundary}--\r\n".encode()
        self._file = file
        self._file_end = len(self._before) + file.length
        self.length = self._file_end + len(self._after)
        self._position = 0

    def read(self, size: int, /) -> bytes | int:
        """Gives the next bytes; the file's come straight from it."""
        at = self._position
        if at < len(self._before):
            data: bytes | int = self._before[at : at + size]
        elif at < self._file_end:
            data = self._file.read(min(size, self._file_end - at))
        else:
            data = self._after[at - self._file_end : at - self._file_end + size]
        if isinstance(data, int):
            return ABORT
        self._position += len(data)
        return data

    def seek(self, offset: int, /) -> None:
        """Goes back or forward within the form."""
        self._position = offset
        self._file.seek(min(max(0, offset - len(self._before)), self._file.length))


def _before(form: Form, boundary: str) -> bytes:
    lines = list[str]()
    for name, value in form.fields.items():
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name.translate(_ESCAPES)}"', "", value]
    file_name = form.file_name.translate(_ESCAPES)
    lines += [f"--{boundary}", f'Content-Disposition: form-data; name="file"; filename="{file_name}"', "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


#: Bytes that a chain hashes before it looks round; one task of a thread.
LINK = 64 * 1024 * 1024


#: Bytes that are read and hashed at once; they stay in the processor's cache.
STRIDE = 256 * 1024


def follow(source: SourceFile, digests: Digests, start: int, end: int, stopped: Callable[[], bool]) -> None:
    """Adds bytes of a file to checksums.

    Args:
        source: The file.
        digests: What to update.
        start: The first byte.
        end: The byte behind the last.
        stopped: Is asked between strides.

    Raises:
        Stopped: `stopped` said so.
        SourceChanged: The file is shorter than that.
        OSError: It can't be read.
    """
    with source.held():
        while start < end:
            if stopped():
                raise Stopped
            data = source.read(min(STRIDE, end - start), start)
            if not data:
                raise changed(source.name, "it became shorter")
            digests.update(data)
            start += len(data)


def checksums_of(
    source: SourceFile, names: Iterable[str], start: int, end: int, stopped: Callable[[], bool]
) -> dict[str, str]:
    """Computes checksums of a stretch of a file; arguments and errors as `follow`'s."""
    digests = Digests(names, end - start)
    follow(source, digests, start, end, stopped)
    return digests.values()


class Chains:
    """Checksums of a whole file, one chain each, so that several threads can be at one file; a small one has one for all.

    Args:
        source: The file.
        names: Which ones.
        pool: The threads.
        stopped: Tells the threads to end.
        moved: Is called after each link, in the engine's thread.
        failed: Is called with what went wrong.
    """

    def __init__(
        self,
        source: SourceFile,
        names: Iterable[str],
        pool: Pool,
        stopped: Callable[[], bool],
        moved: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._source = source
        self._pool = pool
        self._stopped = stopped
        self._moved = moved
        self._failed = failed
        wanted = tuple(names)
        # Handing a small file to a thread takes longer than a checksum of it.
        together = [wanted] if wanted and source.size <= STRIDE else [(name,) for name in wanted]
        self._digests = {group: Digests(group, source.size) for group in together}
        self._positions = dict.fromkeys(self._digests, 0)
        self._running = set[tuple[str, ...]]()

    @property
    def position(self) -> int:
        """How far the slowest is."""
        return min(self._positions.values(), default=self._source.size)

    @property
    def done(self) -> bool:
        """Whether all have come to the end."""
        return self.position >= self._source.size

    def extend(self, limit: int) -> None:
        """Lets them go on.

        Args:
            limit: The byte that none goes beyond for now.
        """
        limit = min(limit, self._source.size)
        for group, position in self._positions.items():
            if group not in self._running and position < limit:
                self._running.add(group)
                self._submit(group, position, min(limit, position + LINK))

    def values(self) -> Mapping[str, str]:
        """The checksums, when all are done."""
        return {name: value for digests in self._digests.values() for name, value in digests.values().items()}

    def _submit(self, group: tuple[str, ...], start: int, end: int) -> None:
        def done(_: None) -> None:
            self._running.discard(group)
            self._positions[group] = end
            self._moved()

        digests = self._digests[group]
        self._pool.submit(lambda: follow(self._source, digests, start, end, self._stopped), done, self._failed)
