"""Reading files by ranges without storing them: parts, streams and seekable files, of one version throughout."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from omicsdk.core.checksums import crc32c
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import ConnectionLost, OmicsError, SourceChanged, TimedOut, TransferError
from omicsdk.core.logs import logger, of_wait
from omicsdk.core.redaction import without_query
from omicsdk.core.sending.connections import WireFailure
from omicsdk.core.sending.time_limits import within_budget
from omicsdk.transfer.network.connection_pool import ConnectionPool, StreamedResponse, shared_pool
from omicsdk.transfer.network.header_checksums import of_whole
from omicsdk.transfer.network.requests import (
    HEAD_HEADERS,
    Kind,
    Location,
    RequestedRange,
    Verdict,
    headers_for,
    is_strong,
    judge,
    may_join,
    next_location,
    unavailable,
    validator_words,
)

if TYPE_CHECKING:
    from omicsdk.core.retry import Retry
    from omicsdk.transfer.engine.control import Pace

#: Maximum bytes before the requested ones that are read and dropped if a server only sends the whole file.
MOST_SKIPPED = 4 * 1024 * 1024
#: Bytes between two failures after which the first one is forgotten.
PROGRESS = 1024 * 1024

_log = logger("omicsdk.transfer")


class Source(Protocol):
    """What blocks are read from."""

    @property
    def size(self) -> int:
        """Size of the file in bytes."""
        ...

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Read bytes."""
        ...


class NoRanges(TransferError):
    """The server sends whole files only, so that no part can be read."""

    default_remedy = "Copy the file to this machine and read it there."


class _Reading:
    """One read: its position, and events since its last progress.

    Args:
        at: The next byte.
        end: The offset after the last byte, None for all.
        is_delivered: Whether its caller receives its bytes.
        started_at: When it began.

    Attributes:
        started_at: When it began, or last made progress.
        failures: Failed requests since.
        redirects: Redirects followed since.
        gained: Bytes received since.
        replaced: Which of a redirect and the URL behind it was replaced since: each may expire once, and both may have.
    """

    def __init__(self, at: int, end: int | None, *, is_delivered: bool, started_at: float) -> None:
        self.at, self.end, self.is_delivered, self.started_at = at, end, is_delivered, started_at
        self.failures = self.redirects = self.gained = 0
        self.replaced = set[str]()


class Ranges:
    """Parts of one file, read from any number of threads over the process's connections.

    The ETag or date of the first response identifies the file; a response of another one is an error from then on.
    Without a strong validator nothing shows that a second response is of the same file: reading then raises NoRanges.

    Args:
        locate: Returns the file's location; called again when its URL is refused.
        size: The file's size in bytes as stated by the platform; None if unknown.
        title: The file's name in messages.
        pool: Sends the requests; by default the pool shared by the process.
        retry: When to retry.
        clock: Measures time and waits.
        skip: Called with a location that fails after all retries, or whose new URL is refused too; returns whether
            `locate` returns another copy from then on. None if there is a single copy.
        pace: Limits readers; None for no limit.
        validators: The file's ETag or date when it was read before, by server's origin; None if it was not.
        unvalidated: Whether to continue even if nothing shows that it is the same file.
        ranges_as_200: Whether a response of 200 may be the requested range, as that of GA4GH's htsget server is: it is,
            unless it states the length of the whole file.

    Attributes:
        title: The file's name in messages.
        stated_checksums: The checksums of the whole file that its responses stated so far.
    """

    def __init__(
        self,
        locate: Callable[[], Location],
        size: int | None = None,
        *,
        title: str = "",
        pool: ConnectionPool | None = None,
        retry: Retry | None = None,
        clock: Clock = SYSTEM_CLOCK,
        skip: Callable[[Location], bool] | None = None,
        pace: Pace | None = None,
        validators: Mapping[str, str] | None = None,
        unvalidated: bool = False,
        ranges_as_200: bool = False,
    ) -> None:
        self._ranges_as_200 = ranges_as_200
        self._unvalidated = unvalidated
        self._loose = False  # whether a response was used that no other may be joined with
        self._loose_part: tuple[int, int, int] | None = None  # its first offset, its end and the CRC32C of its bytes
        self.title = title
        self._pace = pace
        self._skip = skip
        self._locate = locate
        self._size_is_stated = size is not None
        self._size = size
        self._pool = pool
        self._retry = retry
        self._clock = clock
        self._lock = threading.Lock()
        self._locating = threading.Lock()
        self._location: Location | None = None
        self._direct: Location | None = None  # target of its redirect
        self._validators = dict(validators or {})  # by origin: servers have different ETags for one file
        self.stated_checksums: Mapping[str, str] = {}

    @property
    def size(self) -> int:
        """The file's size in bytes; requested from the server if the platform does not state it.

        Raises:
            NoRanges: The server does not state it.
        """
        if self._size is None:
            try:
                self._first_byte()
            except (NoRanges, SourceChanged):  # an empty file has no range
                if self._size is None:
                    raise
        if self._size is None:
            raise self._no_ranges("does not state its size")
        return self._size

    @property
    def validators(self) -> Mapping[str, str]:
        """The ETag or date that identified the file, by server's origin."""
        return self._validators

    @property
    def joins(self) -> bool:
        """Whether the bytes of several responses are known to be of one file, or may be joined anyway."""
        return self._unvalidated or not self._loose

    def confirm(self, again: Source) -> None:
        """Check that the file is still the one that was read, if a validator shows it.

        Args:
            again: The file as it is now.

        Raises:
            SourceChanged: It is another one.
        """
        # No validator identifies the file, so bytes that were read before are compared.
        if self._loose_part is not None:
            start, end, crc = self._loose_part
            if crc32c(again.read(start, min(end, again.size))) != crc:
                raise self._changed("bytes that were read before have changed")
        if self._validators or self._size:
            with suppress(NoRanges):  # which does not concern the file
                self._first_byte()

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Read bytes.

        Args:
            start: The first byte, from 0.
            end: The offset after the last byte; None for the file's end, which also limits larger values.

        Returns:
            All of those bytes.

        Raises:
            SourceChanged: The file has changed since it was first read, or has another size than its platform states.
            NoRanges: The server sends the whole file only, and this part is far from its beginning.
            APIError: The server refuses after all retries, and with a new URL.
            TransportError: No response after all retries.
        """
        size = self.size
        end = size if end is None else min(end, size)
        if start >= end:
            return b""
        data = b"".join(self.stream(start, end))
        if self._loose:
            # The last part that was read stands for the file when it is opened again, since no validator does.
            self._loose_part = start, end, crc32c(data)
        return data

    def stream(self, start: int = 0, end: int | None = None) -> Generator[bytes]:
        """Yield bytes as they arrive in one response; if it breaks, continue with another one.

        Args:
            start: The first byte, before the file's end.
            end: The offset after the last byte, not beyond the file's end; None for all.

        Raises:
            OmicsError: As for `read`.
        """
        return self._pieces(_Reading(start, end, is_delivered=True, started_at=self._clock.monotonic()))

    def _first_byte(self) -> None:
        """Request one byte, for what its response states about the file."""
        for _ in self._pieces(_Reading(0, 1, is_delivered=False, started_at=self._clock.monotonic())):
            pass

    def _pieces(self, reading: _Reading) -> Generator[bytes]:
        is_over = False
        while not is_over and (reading.end is None or reading.at < reading.end):
            location = self._where()
            try:
                is_over = yield from self._ask(location, reading)
            except WireFailure as failure:
                error = failure.error
                error.method, error.url, error.operation = "GET", without_query(location.url), self.title
                if failure.lasting:
                    if not self._skipped(location, reading):
                        raise error from failure.__cause__
                    continue
                reading.failures += 1
                error.attempts = reading.failures
                self._wait(reading, error, location)

    def _ask(self, location: Location, reading: _Reading) -> Generator[bytes, None, bool]:
        """Send one request; return whether its response was the last."""
        if not location.url.lower().startswith(("http://", "https://")):
            raise NoRanges(f"{self.title} cannot be read in parts over {location.url.partition(':')[0]}")
        headers = headers_for(location, self._requested_range(location, reading))
        # If a server sends the whole file, the bytes before the requested ones come first.
        most = None if reading.end is None else reading.end - (reading.at if reading.at > MOST_SKIPPED else 0)
        with (self._pool or shared_pool()).get(location.url, headers, most) as response:
            verdict = self._judged(location, reading, response)
            if verdict.kind in (Kind.ACCEPT, Kind.WHOLE):
                return (yield from self._take(reading, response, verdict))
            self._follow_up(location, reading, response, verdict)
            return False

    def _requested_range(self, location: Location, reading: _Reading) -> RequestedRange:
        """Return the requested bytes in the form in which answers are judged."""
        ranged = bool(reading.at) or reading.end is not None  # an empty file has no range
        # Of the same server only: two servers name one file differently.
        before = self._validators.get(origin_of(location.url), "") if self._validators else ""
        return RequestedRange(reading.at, reading.end, ranged, self._size, self._size_is_stated, before, self.joins)

    def _judged(self, location: Location, reading: _Reading, response: StreamedResponse) -> Verdict:
        """Interpret a response; an accepted one sets what the next ones are compared with, if its bytes are passed on."""
        headers = {name: value for name in HEAD_HEADERS.values() if (value := response.headers.get(name)) is not None}
        with self._lock:
            # Under the lock: of several first responses one decides what the others are compared with.
            request = self._requested_range(location, reading)
            verdict = judge(request, response.status, headers, self._clock.now())
            if verdict.kind is Kind.WHOLE and not may_join(request, verdict.validator):
                why = f"a file with {validator_words(verdict.validator)}"
                verdict = verdict._replace(kind=Kind.UNVALIDATED, why=why)
            if verdict.kind in (Kind.ACCEPT, Kind.WHOLE):
                if location.states is not None and not self.stated_checksums:
                    self.stated_checksums = location.states(of_whole(response.status, headers))
                self._loose |= reading.is_delivered and not is_strong(verdict.validator)
                # The first response decides, for this server; those that follow are compared with it.
                if verdict.validator:
                    self._validators.setdefault(origin_of(location.url), verdict.validator)
                if verdict.kind is Kind.WHOLE and self._ranges_as_200:
                    if reading.end is not None and (verdict.size or 0) < reading.end:
                        verdict = verdict._replace(start=reading.at, size=None)
                elif self._size is None:
                    self._size = verdict.size
            # No range of an empty file can be sent; the refusal states its size.
            elif verdict.status == 416 and verdict.size == 0 and self._size is None:
                self._size = 0
        return verdict

    def _take(self, reading: _Reading, response: StreamedResponse, verdict: Verdict) -> Generator[bytes, None, bool]:
        """Yield the requested bytes; return whether there are no more."""
        before, end, skip, process = reading.at, reading.end, reading.at - verdict.start, os.getpid()
        # The server sends the whole file: dropping more of it than this for each read would fetch the file again and
        # again.
        if skip > MOST_SKIPPED:
            raise self._no_ranges("sends whole files only")
        for piece in response.pieces():
            left = len(piece) if end is None else end - reading.at
            # Of an unmarked range nothing else shows that it is none; GA4GH's server adds NUL bytes to a short one.
            excess = piece[left:] if verdict.start else b""
            if (verdict.kind is Kind.ACCEPT and len(piece) > left) or excess.strip(b"\0"):
                raise self._no_ranges("sends more than was requested")
            chunk = piece[skip : skip + left]
            skip = max(0, skip - len(piece))
            if self._pace is not None:
                self._pace.passed(len(piece))
            if chunk:
                reading.at += len(chunk)
                reading.gained += len(chunk)
                # A long read may survive more failures than a short one, if each try brings it further.
                if reading.gained >= PROGRESS:
                    reading.started_at, reading.gained = self._clock.monotonic(), 0
                    reading.failures = reading.redirects = 0
                    reading.replaced.clear()
                yield chunk
                if process != os.getpid():  # this is a fork: the rest of the response is the parent's
                    return end is None and reading.at == verdict.size
            if end is not None and reading.at >= end and verdict.kind is Kind.WHOLE and not verdict.start:
                return True  # the rest was not requested
        is_unmarked = verdict.kind is Kind.WHOLE and self._ranges_as_200 and verdict.size is None
        # The server may have sent the whole file, which is shorter: the next response would repeat it.
        if is_unmarked and end is not None and before < reading.at < end:
            raise self._no_ranges("sends less than was requested, without stating which bytes")
        # An empty file, sent whole: it has none of the requested bytes.
        if verdict.kind is Kind.WHOLE and not (self._ranges_as_200 or verdict.size or reading.at):
            return True
        # Bytes that are missing of a range, and a response without any, count as a failure.
        promised = min((position for position in (verdict.end, end) if position is not None), default=reading.at)
        if reading.at < promised or (end is not None and reading.at == before):
            lost = ConnectionLost("the body ended early", method="GET", operation=self.title)
            raise WireFailure(lost, is_sent=True)
        return end is None and (verdict.size is None or reading.at >= verdict.size)

    def _follow_up(self, location: Location, reading: _Reading, response: StreamedResponse, verdict: Verdict) -> None:
        """Handle a response without the bytes: wait, or request elsewhere; raise if it is an error."""
        match verdict.kind:
            case Kind.MOVED:
                reading.redirects += 1
                target = next_location(location, verdict, reading.redirects)
                with self._lock:
                    # Unless another thread has replaced it meanwhile.
                    if location is self._location or location is self._direct:
                        self._direct = target
                if verdict.retry_after:
                    url, problem = without_query(location.url), "the service is not ready to provide it"
                    late = TimedOut(problem, method="GET", url=url, operation=self.title)
                    self._wait(reading, late, location, verdict.retry_after)
            case Kind.LATER:
                reading.failures += 1
                self._wait(reading, self._error(location, verdict, response), location, verdict.retry_after)
            case Kind.CHANGED | Kind.WRONG_SIZE:
                raise self._changed(verdict.why)
            case Kind.WRONG_RANGE | Kind.UNVALIDATED:
                raise self._no_ranges(f"responded with {verdict.why}")
            case Kind.REFUSED if verdict.status != 404:  # some stores answer 404 for objects that they do not show
                raise self._error(location, verdict, response)
            case _:
                self._replace(location, reading, self._error(location, verdict, response))

    def _where(self) -> Location:
        with self._locating:  # one of the threads that need it requests it
            with self._lock:
                current = self._direct or self._location
            if current is not None:
                return current
            location = self._locate()
            with self._lock:
                self._location = location
            return location

    def _replace(self, refused: Location, reading: _Reading, error: OmicsError) -> None:
        """Replace a location that is refused; raise its error if the previous one was refused too."""
        with self._lock:
            # First only what expired: the URL behind a redirect may still be good.
            if refused is self._direct:
                what, self._direct = "redirect", None
            elif refused is self._location:
                what, self._location, self._direct = "location", None, None
            else:
                return  # another thread replaced it
        if what in reading.replaced and not (self._skip is not None and self._skip(refused)):
            raise error
        reading.replaced.add(what)
        _log.debug("%s; requesting its URL again", error.summary)

    def _skipped(self, failed: Location, reading: _Reading) -> bool:
        """Leave a copy that fails; return whether there is another one."""
        if self._skip is None or not self._skip(failed):
            return False
        with self._lock:
            if failed is self._location or failed is self._direct:
                self._location = self._direct = None
        reading.started_at, reading.failures = self._clock.monotonic(), 0
        return True

    def _wait(self, reading: _Reading, error: OmicsError, location: Location, retry_after: float | None = None) -> None:
        """Wait before a retry; if none is left, continue with another copy, or raise the error."""
        import random  # few requests are repeated

        elapsed = self._clock.monotonic() - reading.started_at
        pause = within_budget(self._retry).next_pause(
            failures=max(reading.failures, 1),
            elapsed=elapsed,
            fraction=random.random(),  # noqa: S311 - jitter
            retry_after=retry_after,
        )
        if pause is None:
            if self._skipped(location, reading):
                return
            raise error
        problem = error.summary.removeprefix(f"{self.title}: ")
        of_wait(_log, elapsed + pause)("%s: %s; retrying in %.1f s", self.title, problem, pause)
        self._clock.sleep(pause)

    def _no_ranges(self, why: str) -> NoRanges:
        return NoRanges(f"{self.title}: its server {why}", name=self.title)

    def _changed(self, why: str) -> SourceChanged:
        problem = f"{self.title}: the file changed while it was read: {why}"
        return SourceChanged(
            problem, name=self.title, remedy="Open it again to read the new version from the beginning."
        )

    def _error(self, location: Location, verdict: Verdict, response: StreamedResponse) -> OmicsError:
        return unavailable(self.title, location.url, verdict, response.headers, response.refusal())


class SourceFile(io.RawIOBase):
    """A readable file with its own position. After a read that failed or was interrupted, it must be sought first.

    Args:
        source: What it reads.
        name: What programs show of it, or derive its compression from; without secrets.
    """

    mode = "rb"

    def __init__(self, source: Source, name: str) -> None:
        self.name = name
        self._source = source
        self._at: int = 0
        self._has_failed = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence not in (io.SEEK_SET, io.SEEK_CUR, io.SEEK_END):  # Linux's for holes pass through io.BufferedReader
            raise ValueError(f"whence value {whence} is unsupported")
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence)
        target = (self._source.size if begin is None else begin) + offset
        if target < 0:
            raise ValueError(f"negative position {target}")
        self._at, self._has_failed = target, False
        return target

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._advance(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._advance(None)

    def _advance(self, count: int | None) -> bytes:
        # io.BufferedReader loses what it had of a read that fails: the next one would leave a gap.
        if self._has_failed:
            raise TransferError(
                f"{self.name}: an earlier read failed", name=self.name, remedy="Seek to where it should continue."
            )
        try:
            data = self._next(count)
        except BaseException:
            self._has_failed = True
            self._drop()
            raise
        self._at += len(data)
        return data

    def _next(self, count: int | None) -> bytes:
        """Return the next bytes, at most a number of them; None for all."""
        end = None if count is None else self._at + count
        return self._source.read(self._at, end) if self._at < self._source.size else b""

    def _drop(self) -> None:
        """Leave a stream that was opened for the next bytes."""


class RangeFile(SourceFile):
    """A readable file. Sequential reads use the open response; a seek starts another one there.

    Args:
        ranges: The file's ranges.
    """

    def __init__(self, ranges: Ranges) -> None:
        super().__init__(ranges, ranges.title)
        self._ranges = ranges
        self._pieces: Generator[bytes] | None = None
        self._left = b""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        before = self._at
        target = super().seek(offset, whence)
        if target != before:
            self._drop()
        return target

    def close(self) -> None:
        self._drop()
        super().close()

    def _next(self, count: int | None) -> bytes:
        if self._pieces is None:
            if self._at and self._at >= self._ranges.size:
                return b""
            self._pieces = self._ranges.stream(self._at)
        data = b"".join((self._left, *self._pieces)) if count is None else self._left or next(self._pieces, b"")
        self._left = b"" if count is None else data[count:]
        return data[:count]

    def _drop(self) -> None:
        pieces, self._pieces, self._left = self._pieces, None, b""
        if pieces is not None:
            pieces.close()
