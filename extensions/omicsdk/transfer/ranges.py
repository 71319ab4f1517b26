"""Reading files by ranges without storing them: parts, streams and files that can be sought, of one version throughout."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from logging import getLogger
from typing import TYPE_CHECKING, Any, Protocol

from omicsdk.core.checksums import crc32c
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import APIError, ConnectionLost, OmicsError, SourceChanged, TimedOut, TransferError
from omicsdk.core.redaction import without_query
from omicsdk.core.sending.connections import WireFailure
from omicsdk.core.sending.transport import within_budget
from omicsdk.core.threads import TICK
from omicsdk.transfer.engine.control import Control
from omicsdk.transfer.network.pool import ConnectionPool, StreamedAnswer, shared_pool
from omicsdk.transfer.network.requests import (
    WANTED,
    Asked,
    Kind,
    Location,
    Verdict,
    followed,
    headers_for,
    is_strong,
    judge,
    may_join,
    next_url,
    unavailable,
    validator_words,
)

if TYPE_CHECKING:
    from omicsdk.core.retry import Retry

#: Bytes that are read at once, at least, and in seconds of the limit.
_LEAST, _SECONDS = 16 * 1024, 0.1
#: Bytes before those that were asked for that are read and dropped where a server gives nothing but the whole file.
MOST_SKIPPED = 4 * 1024 * 1024
#: Bytes that have to come between two failures for the first to be forgotten.
PROGRESS = 1024 * 1024

_log = getLogger("omicsdk.transfer")


class Source(Protocol):
    """What blocks are of."""

    @property
    def size(self) -> int:
        """Bytes of the file."""
        ...

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Reads bytes."""
        ...


class Pace:
    """Holds readers to what a control says. Thread-safe.

    Args:
        control: What limits the rate, pauses, and stops; bytes of engines under it count as well.
        stop: Ends all waiting when it is set.
        clock: Tells the time and waits.
    """

    def __init__(self, control: Control, stop: threading.Event | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._control = control
        self._stop = stop
        self._clock = clock

    def stride(self, most: int) -> int:
        """How many bytes to read at once.

        Args:
            most: Without a limit.
        """
        rate = self._control.rate_limit
        return most if rate is None else min(most, max(_LEAST, int(rate * _SECONDS)))

    def passed(self, count: int) -> None:
        """Counts bytes, and waits until more may pass; not when it is stopped.

        Args:
            count: How many.
        """
        wait = self._control.throttle.take(count, self._clock.monotonic())
        while (wait > 0 or self._control.paused) and not self._control.over(self._clock.monotonic(), self._stop):
            self._clock.sleep(min(wait, TICK) if wait > 0 else TICK)
            wait -= TICK


class NoRanges(TransferError):
    """The server gives whole files only, so that no part can be read."""

    default_remedy = "Copy the file to this machine and read it there."


@dataclass(slots=True)
class _Reading:
    """One read: how far it is, and what it has met since its last progress.

    Attributes:
        at: The next byte.
        end: The byte behind the last, None for all.
        shown: Whether its caller gets to see its bytes.
        began: When it began, or last made progress.
        failures: Requests that failed since.
        redirects: Redirects that were followed since.
        gained: Bytes that came since.
        replaced: Which of a redirect and the URL behind it was replaced since: each may end once, and both may have.
    """

    at: int
    end: int | None
    shown: bool
    began: float
    failures: int = 0
    redirects: int = 0
    gained: int = 0
    replaced: set[str] = field(default_factory=set[str])


class Ranges:
    """Parts of one file, read from any number of threads over the process's connections.

    The first answer says by its ETag, or its date, which file it is; an answer of another one is an error from then on. Where
    it has no strong validator, nothing shows that a second answer is of the same file: there is none then, but NoRanges.

    Args:
        locate: Says where the file is; asked again when its URL isn't accepted any longer.
        size: The file's size in bytes as its platform states it; None when it doesn't.
        title: What messages call it.
        pool: What sends; by default what the whole process shares.
        retry: When to try again.
        clock: Tells the time and waits.
        elsewhere: Is told of a location whose new URL isn't accepted either, and says whether `locate` leads to another copy
            from then on; None where there is one copy only.
        pace: What holds readers to a limit; None for none.
        validators: By server's origin, the ETag or date of the file as it was read before; None where it wasn't.
        unvalidated: Whether to go on all the same where nothing shows that it is the same file.
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
        elsewhere: Callable[[Location], bool] | None = None,
        pace: Pace | None = None,
        validators: Mapping[str, str] | None = None,
        unvalidated: bool = False,
    ) -> None:
        self._unvalidated = unvalidated
        self._loose = False  # whether an answer was taken that no other can be joined with
        self._loose_part: tuple[int, int, int] | None = None  # from where to where it went, and the CRC32C of its bytes
        self._title = title
        self._pace = pace
        self._elsewhere = elsewhere
        self._locate = locate
        self._stated = size is not None
        self._size = size
        self._pool = pool
        self._retry = retry
        self._clock = clock
        self._lock = threading.Lock()
        self._locating = threading.Lock()
        self._location: Location | None = None
        self._direct: Location | None = None  # where a redirect of it leads
        self._validators = dict(validators or {})  # by origin: what one server says is nothing to another

    @property
    def size(self) -> int:
        """The file's size in bytes; asks the server where the platform doesn't state it.

        Raises:
            NoRanges: The server doesn't say.
        """
        if self._size is None:
            try:
                self._first_byte()
            except (NoRanges, SourceChanged):  # a file without bytes has none to give
                if self._size is None:
                    raise
        if self._size is None:
            raise self._no_ranges("does not state its size")
        return self._size

    @property
    def validators(self) -> Mapping[str, str]:
        """By server's origin, the ETag or date that told which file it is."""
        return self._validators

    @property
    def joins(self) -> bool:
        """Whether the bytes of several answers are known to be of one file, or may be joined all the same."""
        return self._unvalidated or not self._loose

    def confirm(self, again: Source) -> None:
        """Makes sure that the file is still the one that was read, where anything tells.

        Args:
            again: The file as it is now.

        Raises:
            SourceChanged: It isn't.
        """
        if self._loose_part is not None:
            start, end, crc = self._loose_part
            if crc32c(again.read(start, min(end, again.size))) != crc:
                raise self._changed("bytes that were read before have changed")
        if self._validators or self._size:
            with suppress(NoRanges):  # which says nothing of the file
                self._first_byte()

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Reads bytes.

        Args:
            start: The first one, counted from 0.
            end: The one behind the last; None for the file's end, which also cuts off what is beyond it.

        Returns:
            Those bytes, all of them.

        Raises:
            SourceChanged: The file isn't what it was when it was first read, or has another size than its platform says.
            NoRanges: The server gives nothing but the whole file, and this part is far from its beginning.
            APIError: The server refuses, still so after the retries, and with a new URL.
            TransportError: No answer, still so after the retries.
        """
        size = self.size
        end = size if end is None else min(end, size)
        if start >= end:
            return b""
        data = b"".join(self.stream(start, end))
        if self._loose:
            self._loose_part = start, end, crc32c(data)
        return data

    def stream(self, start: int = 0, end: int | None = None) -> Generator[bytes]:
        """Yield bytes as they come over one answer; where that breaks, from another that begins there.

        Args:
            start: The first one, before the file's end.
            end: The one behind the last, not beyond the file's end; None for all.

        Raises:
            OmicsError: As for `read`.
        """
        return self._pieces(_Reading(start, end, shown=True, began=self._clock.monotonic()))

    def _first_byte(self) -> None:
        """Ask for one byte, for what its answer states of the file."""
        for _ in self._pieces(_Reading(0, 1, shown=False, began=self._clock.monotonic())):
            pass

    def _pieces(self, reading: _Reading) -> Generator[bytes]:
        is_over = False
        while not is_over and (reading.end is None or reading.at < reading.end):
            location = self._where()
            try:
                is_over = yield from self._ask(location, reading)
            except WireFailure as failure:
                error = failure.error
                error.method, error.url, error.operation = "GET", without_query(location.url), self._title
                if failure.lasting:
                    raise error from failure.__cause__
                reading.failures += 1
                error.attempts = reading.failures
                self._wait(reading, error)

    def _ask(self, location: Location, reading: _Reading) -> Generator[bytes, None, bool]:
        """Send one request; return whether its answer was the last."""
        if not location.url.lower().startswith(("http://", "https://")):
            raise NoRanges(f"{self._title} cannot be read in parts over {location.url.partition(':')[0]}")
        headers = headers_for(location, self._asked(location, reading))
        # Of a server that sends the whole file, the bytes before those that were asked for come first.
        most = None if reading.end is None else reading.end - (reading.at if reading.at > MOST_SKIPPED else 0)
        with (self._pool or shared_pool()).get(location.url, headers, most) as answer:
            verdict = self._judged(location, reading, answer)
            if verdict.kind in (Kind.ACCEPT, Kind.WHOLE):
                return (yield from self._take(reading, answer, verdict))
            self._follow_up(location, reading, answer, verdict)
            return False

    def _asked(self, location: Location, reading: _Reading) -> Asked:
        """The request for the next bytes, as far as an answer is judged by it."""
        ranged = bool(reading.at) or reading.end is not None  # of a file without bytes there is no range
        before = self._validators.get(origin_of(location.url), "") if self._validators else ""
        return Asked(reading.at, reading.end, ranged, self._size, self._stated, before, self.joins)

    def _judged(self, location: Location, reading: _Reading, answer: StreamedAnswer) -> Verdict:
        """What an answer is; one that is accepted tells what the next ones are compared with, where its bytes are shown."""
        headers = {name: value for name in WANTED.values() if (value := answer.headers.get(name)) is not None}
        with self._lock:
            asked = self._asked(location, reading)
            verdict = judge(asked, answer.status, headers, self._clock.now())
            if verdict.kind is Kind.WHOLE and not may_join(asked, verdict.validator):
                why = f"a file with {validator_words(verdict.validator)}"
                verdict = verdict._replace(kind=Kind.UNVALIDATED, why=why)
            if verdict.kind in (Kind.ACCEPT, Kind.WHOLE):
                self._loose |= reading.shown and not is_strong(verdict.validator)
                if verdict.validator:
                    self._validators.setdefault(origin_of(location.url), verdict.validator)
                if self._size is None:
                    self._size = verdict.size
            elif verdict.status == 416 and verdict.size == 0 and self._size is None:
                self._size = 0
        return verdict

    def _take(self, reading: _Reading, answer: StreamedAnswer, verdict: Verdict) -> Generator[bytes, None, bool]:
        """Yield the bytes that were asked for; return whether there are no more."""
        before, end, skip = reading.at, reading.end, reading.at - verdict.start
        if skip > MOST_SKIPPED:
            raise self._no_ranges("sends whole files only")
        for piece in answer.pieces():
            left = len(piece) if end is None else end - reading.at
            if verdict.kind is Kind.ACCEPT and len(piece) > left:
                raise self._no_ranges("sends more than was requested")
            kept = piece[skip : skip + left]
            skip = max(0, skip - len(piece))
            if self._pace is not None:
                self._pace.passed(len(piece))
            if kept:
                reading.at += len(kept)
                reading.gained += len(kept)
                if reading.gained >= PROGRESS:
                    reading.began, reading.gained = self._clock.monotonic(), 0
                    reading.failures = reading.redirects = 0
                    reading.replaced.clear()
                yield kept
            if end is not None and reading.at >= end and verdict.kind is Kind.WHOLE:
                return True  # what follows wasn't asked for
        promised = min((place for place in (verdict.end, end) if place is not None), default=reading.at)
        if reading.at < promised or (end is not None and reading.at == before):
            lost = ConnectionLost("the body ended early", method="GET", operation=self._title)
            raise WireFailure(lost, arrived=True)
        return end is None and (verdict.size is None or reading.at >= verdict.size)

    def _follow_up(self, location: Location, reading: _Reading, answer: StreamedAnswer, verdict: Verdict) -> None:
        """Do what an answer without the bytes asks for: wait, or ask elsewhere; raise where it is an error."""
        match verdict.kind:
            case Kind.MOVED:
                reading.redirects += 1
                there = followed(location, next_url(location.url, verdict.location, reading.redirects))
                with self._lock:
                    if location is self._location or location is self._direct:
                        self._direct = there
                if verdict.retry_after:
                    shown, said = without_query(location.url), "the service is not ready to provide it"
                    late = TimedOut(said, method="GET", url=shown, operation=self._title)
                    self._wait(reading, late, verdict.retry_after)
            case Kind.LATER:
                reading.failures += 1
                self._wait(reading, self._error(location, verdict, answer), verdict.retry_after)
            case Kind.CHANGED | Kind.WRONG_SIZE:
                raise self._changed(verdict.why)
            case Kind.WRONG_RANGE | Kind.UNVALIDATED:
                raise self._no_ranges(f"answered with {verdict.why}")
            case Kind.REFUSED if verdict.status != 404:  # with 404 some stores answer for what they don't let see
                raise self._error(location, verdict, answer)
            case _:
                self._replace(location, reading, self._error(location, verdict, answer))

    def _where(self) -> Location:
        with self._locating:  # one of the threads that need it asks
            with self._lock:
                known = self._direct or self._location
            if known is not None:
                return known
            location = self._locate()
            with self._lock:
                self._location = location
            return location

    def _replace(self, refused: Location, reading: _Reading, error: APIError) -> None:
        """Forget a location that isn't accepted; raise its error where the one before it wasn't either."""
        with self._lock:
            if refused is self._direct:
                what, self._direct = "redirect", None
            elif refused is self._location:
                what, self._location, self._direct = "location", None, None
            else:
                return  # another thread had it replaced
        if what in reading.replaced and not (self._elsewhere is not None and self._elsewhere(refused)):
            raise error
        reading.replaced.add(what)
        _log.info("%s: its URL is not accepted (%d); requesting another", self._title, error.status)

    def _wait(self, reading: _Reading, error: OmicsError, retry_after: float | None = None) -> None:
        """Wait for the next try, or raise the error where there is none."""
        pause = within_budget(self._retry).next_pause(
            failures=max(reading.failures, 1),
            elapsed=self._clock.monotonic() - reading.began,
            fraction=random.random(),  # noqa: S311 - jitter
            retry_after=retry_after,
        )
        if pause is None:
            raise error
        _log.info("%s: %s; retrying in %.1f s", self._title, error.summary, pause)
        self._clock.sleep(pause)

    def _no_ranges(self, why: str) -> NoRanges:
        return NoRanges(f"{self._title}: its server {why}", name=self._title)

    def _changed(self, why: str) -> SourceChanged:
        said = f"{self._title}: the file changed while it was read: {why}"
        return SourceChanged(said, name=self._title, remedy="Open it again to read the new version from the beginning.")

    def _error(self, location: Location, verdict: Verdict, answer: StreamedAnswer) -> APIError:
        return unavailable(self._title, location.url, verdict, answer.headers, answer.refusal())


class SourceFile(io.RawIOBase):
    """A file for reading, each time from where the reader is.

    Args:
        source: What it is of.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at: int = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence)
        target = (self._source.size if begin is None else begin) + offset
        if target < 0:
            raise ValueError(f"negative position {target}")
        self._at = target
        return target

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._next(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def readall(self) -> bytes:
        data = self._next(None)
        self._at += len(data)
        return data

    def _next(self, count: int | None) -> bytes:
        """Return the bytes that follow, so many at most; None for all."""
        end = None if count is None else self._at + count
        return self._source.read(self._at, end) if self._at < self._source.size else b""


class RangeFile(SourceFile):
    """A file for reading. Reading on uses the open answer; seeking elsewhere begins another one there.

    Args:
        ranges: What it is of.
    """

    def __init__(self, ranges: Ranges) -> None:
        super().__init__(ranges)
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
