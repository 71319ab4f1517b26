"""Reading files by ranges without storing them: parts, streams and files that can be sought, of one version throughout."""

from __future__ import annotations

import atexit
import io
import os
import random
import stat
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from logging import getLogger
from math import inf
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, runtime_checkable

from omicsdk.core.api_errors import api_error
from omicsdk.core.checksums import crc32c
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import (
    APIError,
    ConnectionLost,
    OmicsError,
    SourceChanged,
    TimedOut,
    TransferError,
    TransportError,
)
from omicsdk.core.redaction import without_query
from omicsdk.core.sending.connections import WireFailure, curl_options, network
from omicsdk.core.sending.transport import Timeout, within_budget
from omicsdk.transfer.engine.control import Control
from omicsdk.transfer.network.requests import (
    WANTED,
    Asked,
    Kind,
    Location,
    Patience,
    Verdict,
    followed,
    headers_for,
    is_strong,
    judge,
    may_join,
    next_url,
    parse_head,
    validator_words,
)
from omicsdk.transfer.threads import TICK, Workers

if TYPE_CHECKING:
    from omicsdk.core.client import Client
    from omicsdk.core.retry import Retry
    from omicsdk.transfer.network.wire import Ask, Ended
    from omicsdk.transfer.network.wire import Wire as Requests


#: Bytes that are read at once, at least, and in seconds of the limit.
_LEAST, _SECONDS = 16 * 1024, 0.1
#: Seconds that are waited for bytes at a time, within which Ctrl-C is noticed; seconds that are as good as no limit.
_WAIT, _EVER = 1.0, 1e6
#: Bytes of a body that may come beyond those of use before it is cut off: its answer is judged by then.
_SPARE = 64 * 1024
#: Bytes that libcurl reads at once from a socket. It may do so some sixty times before any is handed on, which bounds the
#: memory of a read, and a larger buffer leaves the processor's caches.
_BUFFER = 128 * 1024
#: Chunks of libcurl's, 16 KiB at most, that make a piece.
_JOINED = 64
#: Bytes of a refusal that are read.
_REFUSAL = 1 << 18
#: Libcurl's handles that are kept for the next requests, at most, and the number of servers whose connections each keeps.
_IDLE, _KEPT = 16, 4


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


class Answer:
    """An answer whose head has come. Its body comes as it is read: what isn't read yet stays on its way.

    Args:
        ask: The request.
        lent: The connections that it goes over, until it is closed.
        give_back: Takes these.
        most: Bytes of its body that are of use; None for all.
    """

    def __init__(self, ask: Ask, lent: Requests, give_back: Callable[[Requests], None], most: int | None) -> None:
        self.lines: list[bytes] = []
        self.status, self.headers = 0, dict[str, str]()
        self._chunks: list[bytes] = []
        self._left = inf if most is None else most + _SPARE
        self._ended: Ended | None = None
        self._lent = lent
        self._give_back = give_back
        lent.start(ask, self)

    def take(self, chunk: bytes, /) -> int | None:
        """Take bytes of the body, from libcurl; 0 ends a body that is longer than is of use."""
        self._chunks.append(chunk)
        self._left -= len(chunk)
        return None if self._left >= 0 else 0

    def begin(self) -> None:
        """Wait for the head.

        Raises:
            WireFailure: There was none.
        """
        # A head that looks whole may be that of a proxy, or an interim one: only what follows shows that it is the answer's.
        while not self._chunks and self._ended is None:
            self._move()
        if not self.lines:
            self._check()
        self.status, self.headers = parse_head(self.lines)

    def pieces(self) -> Generator[bytes]:
        """Yield the body as it comes.

        Raises:
            WireFailure: It breaks.
        """
        while self._chunks or self._ended is None:
            chunks, self._chunks = self._chunks, []
            for at in range(0, len(chunks), _JOINED):
                yield b"".join(chunks[at : at + _JOINED])
            if not self._chunks and self._ended is None:
                self._move()
        self._check()

    def refusal(self) -> bytes:
        """The beginning of the body, as much as an error needs."""
        body = bytearray()
        with suppress(WireFailure):
            for piece in self.pieces():
                body += piece
                if len(body) >= _REFUSAL:
                    break
        return bytes(body)

    def close(self) -> None:
        """End it, and give its connections back."""
        if self._ended is None:
            self._lent.cancel(lambda _: True)
        self._give_back(self._lent)

    def _move(self) -> None:
        for ended in self._lent.poll(_WAIT):
            self._ended = ended

    def _check(self) -> None:
        if self._ended is not None and self._ended.error is not None:
            raise WireFailure(self._ended.error, arrived=True, lasting=self._ended.lasting)


class Wire:
    """Sends requests for bytes, each once: what follows an answer is decided by who asked. Thread-safe.

    Args:
        environ: The environment's variables (proxies, certificate authorities); by default the process's own.
        timeout: Seconds for each step; by default the client's, else 10 to connect, 60 without a byte.
        client: A client whose environment and limits of time hold, without its credentials.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        timeout: Timeout | float | None = None,
        *,
        client: Client | None = None,
    ) -> None:
        if client is not None:
            from omicsdk.core.client import network_of

            environ, usual = network_of(client)
            timeout = usual if timeout is None else timeout
        self._environ = environ
        self._timeout = Timeout.of(timeout)
        self._idle: deque[Requests] = deque()  # one for each request that was under way at once, with its connections
        self._closed = False

    def get(self, url: str, headers: tuple[tuple[str, str], ...], most: int | None = None) -> Answer:
        """Ask for bytes.

        Args:
            url: Where.
            headers: Names and values.
            most: Bytes of the body that are of use; None for all. A server that sends the whole file is cut off there.

        Returns:
            The answer, of which only the head has been read; its reader closes it.

        Raises:
            WireFailure: There was none.
        """
        from omicsdk.transfer.network.wire import Ask

        try:
            lent = self._idle.pop()  # the one used last: its connection is the likeliest to be open still
        except IndexError:
            lent = self._made()
        try:
            answer = Answer(Ask(url, headers), lent, self._return, most)
        except ValueError as error:
            self._return(lent)
            raise WireFailure(
                TransportError(f"The request cannot be sent: {error}"), arrived=False, lasting=True
            ) from None
        try:
            answer.begin()
        except BaseException:
            answer.close()
            raise
        return answer

    def close(self) -> None:
        """Close the connections, those in use as soon as they are given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def __del__(self) -> None:
        self.close()

    def _made(self) -> Requests:
        from omicsdk.transfer.network.wire import Wire as Requests

        steps = [seconds for seconds in (self._timeout.read, self._timeout.body) if seconds is not None]
        patience = Patience(
            connect=self._timeout.connect or _EVER,
            silence=min(steps, default=_EVER),
            least_rate=self._timeout.least_rate if steps else 0,
        )
        return Requests(lambda url: curl_options(network(url, self._environ)), patience, _KEPT, buffer=_BUFFER)

    def _return(self, lent: Requests) -> None:
        if self._closed or len(self._idle) >= _IDLE:
            lent.close()
        else:
            self._idle.append(lent)


_wires: dict[int, Wire] = {}


def shared_wire() -> Wire:
    """Give this process's wire. One that has been forked gets its own: two can't talk over one connection."""
    wire = _wires.get(os.getpid())
    # One of several threads wins; a wire that loses has connected to nothing. No lock, which a fork could inherit locked.
    return wire if wire is not None else _wires.setdefault(os.getpid(), Wire())


@atexit.register
def _close() -> None:
    while _wires:
        number, wire = _wires.popitem()
        if number == os.getpid():
            wire.close()


#: Bytes of a piece where a file is read to its end.
_PIECE = 64 * 1024
#: Bytes before those that were asked for that are read and dropped where a server gives nothing but the whole file.
MOST_SKIPPED = 4 * 1024 * 1024
#: Bytes that have to come between two failures for the first to be forgotten.
PROGRESS = 1024 * 1024

_log = getLogger("omicsdk.transfer")


class NoRanges(TransferError):
    """The server gives whole files only, so that no part can be read."""

    default_remedy = "Copy the file to this machine and read it there."


class Ranges:
    """Parts of one file, read from any number of threads over the process's connections.

    The first answer says by its ETag, or its date, which file it is; an answer of another one is an error from then on. Where
    it has no strong validator, nothing shows that a second answer is of the same file: there is none then, but NoRanges.

    Args:
        locate: Says where the file is; asked again when its URL isn't accepted any longer.
        size: The file's size in bytes as its platform states it; None when it doesn't.
        title: What messages call it.
        wire: What sends; by default what the whole process shares.
        retry: When to try again.
        clock: Tells the time and waits.
        fraction: Draws the jitter of waits: a number from 0 to 1.
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
        wire: Wire | None = None,
        retry: Retry | None = None,
        clock: Clock = SYSTEM_CLOCK,
        fraction: Callable[[], float] = random.random,
        elsewhere: Callable[[Location], bool] | None = None,
        pace: Pace | None = None,
        validators: Mapping[str, str] | None = None,
        unvalidated: bool = False,
    ) -> None:
        self._unvalidated = unvalidated
        self._loose = False  # whether an answer was taken that no other can be joined with
        self._shown: tuple[int, int, int] | None = None  # from where to where it went, and the CRC32C of its bytes
        self.title = title
        self.pace = pace
        self._elsewhere = elsewhere
        self._locate = locate
        self._stated = size is not None
        self._size = size
        self._given = wire
        self._retry = retry
        self._clock = clock
        self._fraction = fraction
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
            _Reading(self, 0, 1, shows=False).learn_size()
        if self._size is None:
            raise NoRanges(f"{self.title}: its server does not state its size", name=self.title)
        return self._size

    @property
    def held_to(self) -> int:
        """How many servers have told by an ETag or a date which file it is."""
        return len(self._validators)

    @property
    def validators(self) -> Mapping[str, str]:
        """By server's origin, the ETag or date that told which file it is."""
        return self._validators

    def confirm(self, again: Source) -> None:
        """Makes sure that the file is still the one that was read, where anything tells.

        Args:
            again: The file as it is now.

        Raises:
            SourceChanged: It isn't.
        """
        if self._shown is not None:
            start, end, crc = self._shown
            if crc32c(again.read(start, min(end, again.size))) != crc:
                raise self.changed("bytes that were read before have changed")
        if self._validators or self._size:
            with suppress(NoRanges):  # which says nothing of the file
                _Reading(self, 0, 1, shows=False).read()

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
        data = _Reading(self, start, end).read()
        if self._loose:
            self._shown = start, end, crc32c(data)
        return data

    def stream(self, start: int = 0, end: int | None = None) -> Generator[bytes]:
        """Yield bytes as they come over one answer; where that breaks, from another that begins there.

        Args:
            start: The first one, before the file's end.
            end: The one behind the last, not beyond the file's end; None for all.

        Raises:
            OmicsError: As for `read`.
        """
        return _Reading(self, start, end).pieces()

    # -- what readings share

    @property
    def joins(self) -> bool:
        """Whether the bytes of several answers are known to be of one file, or may be joined all the same."""
        return self._unvalidated or not self._loose

    @property
    def sized(self) -> bool:
        """Whether its size is known."""
        return self._size is not None

    def wire(self) -> Wire:
        """What sends."""
        return self._given or shared_wire()

    def where(self) -> Location:
        """Where to ask."""
        with self._locating:  # one of the threads that need it asks
            with self._lock:
                known = self._direct or self._location
            if known is not None:
                return known
            location = self._locate()
            with self._lock:
                self._location = location
            return location

    def moved(self, here: Location, there: Location) -> None:
        """Notes where a redirect leads."""
        with self._lock:
            if here is self._location or here is self._direct:
                self._direct = there

    def ended(self, refused: Location) -> Literal["", "redirect", "location"]:
        """Forgets a location that isn't accepted.

        Returns:
            What it was: where a redirect leads, or the location itself; empty where another thread has had it replaced already.
        """
        with self._lock:
            if refused is self._direct:
                self._direct = None
                return "redirect"
            if refused is self._location:
                self._location = self._direct = None
                return "location"
            return ""

    def is_elsewhere(self, refused: Location) -> bool:
        """Whether there is another copy, which `where` leads to from then on."""
        return self._elsewhere is not None and self._elsewhere(refused)

    def asked(self, location: Location, start: int, end: int | None) -> Asked:
        """The request for some bytes, as far as an answer is judged by it."""
        ranged = bool(start) or end is not None  # of a file without bytes there is no range
        before = self._validators.get(origin_of(location.url), "") if self._validators else ""
        return Asked(start, end, ranged, self._size, self._stated, before, self.joins)

    def judged(self, location: Location, start: int, end: int | None, answer: Answer, *, shows: bool) -> Verdict:
        """What an answer is; one that is accepted tells what the next ones are held against, where its bytes are shown."""
        headers = {name: value for name in WANTED.values() if (value := answer.headers.get(name)) is not None}
        with self._lock:
            asked = self.asked(location, start, end)
            verdict = judge(asked, answer.status, headers, self._clock.now())
            if verdict.kind is Kind.WHOLE and not may_join(asked, verdict.validator):
                verdict = verdict._replace(
                    kind=Kind.UNVALIDATED, why=f"a file with {validator_words(verdict.validator)}"
                )
            if verdict.kind in (Kind.ACCEPT, Kind.WHOLE):
                self._loose |= shows and not is_strong(verdict.validator)
                if verdict.validator:
                    self._validators.setdefault(origin_of(location.url), verdict.validator)
                if self._size is None:
                    self._size = verdict.size
            elif verdict.status == 416 and verdict.size == 0 and self._size is None:
                self._size = 0
        return verdict

    def changed(self, why: str) -> SourceChanged:
        """The error for a file that has become another."""
        said = f"{self.title}: the file changed while it was read: {why}"
        return SourceChanged(said, name=self.title, remedy="Open it again to read the new version from the beginning.")

    def pause(self, failures: int, began: float, error: OmicsError, retry_after: float | None = None) -> None:
        """Waits for the next try, or raises where there is none."""
        pause = within_budget(self._retry).next_pause(
            failures=failures,
            elapsed=self._clock.monotonic() - began,
            fraction=self._fraction(),
            retry_after=retry_after,
        )
        if pause is None:
            raise error
        _log.info("%s: %s; retrying in %.1f s", self.title, error, pause)
        self._clock.sleep(pause)

    def now(self) -> float:
        """Seconds by a clock that never goes back."""
        return self._clock.monotonic()


class _Reading:
    """One read: how far it is, and what it has met since it last got on."""

    def __init__(self, file: Ranges, start: int, end: int | None, *, shows: bool = True) -> None:
        self._file = file
        self._shows = shows  # whether somebody gets to see its bytes
        self._at = start
        self._end = end
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._began = self._file.now()
        self._failures = self._redirects = self._gained = 0
        self._ended = set[str]()  # of a redirect and the URL behind it, each may end once: both may have

    def read(self) -> bytes:
        return b"".join(self.pieces())

    def pieces(self) -> Generator[bytes]:
        """Yields the bytes as they come."""
        is_over = False
        while not is_over and (self._end is None or self._at < self._end):
            location = self._file.where()
            try:
                is_over = yield from self._ask(location)
            except WireFailure as failure:
                self._failed(failure, location)

    def learn_size(self) -> None:
        """Asks for a first byte, whose answer tells the size; a file without bytes has none to give."""
        try:
            self.read()
        except (NoRanges, SourceChanged):
            if not self._file.sized:
                raise

    def _ask(self, location: Location) -> Generator[bytes, None, bool]:
        """Sends one request; returns whether its answer was the last."""
        file = self._file
        if not location.url.lower().startswith(("http://", "https://")):
            raise NoRanges(f"{file.title} cannot be read in parts over {location.url.partition(':')[0]}")
        asked = file.asked(location, self._at, self._end)
        # Of a server that sends the whole file, the bytes before those that were asked for come first.
        most = None if self._end is None else self._end - (self._at if self._at > MOST_SKIPPED else 0)
        answer = file.wire().get(location.url, headers_for(location, asked), most)
        try:
            verdict = file.judged(location, self._at, self._end, answer, shows=self._shows)
            if verdict.kind in (Kind.ACCEPT, Kind.WHOLE):
                return (yield from self._take(answer, verdict))
            self._go_on(location, verdict, answer)
            return False
        finally:
            answer.close()

    def _take(self, answer: Answer, verdict: Verdict) -> Generator[bytes, None, bool]:
        """Yields the bytes that were asked for; returns whether there are no more."""
        skip = self._at - verdict.start
        if skip > MOST_SKIPPED:
            raise NoRanges(f"{self._file.title}: its server sends whole files only", name=self._file.title)
        before = self._at
        for piece in answer.pieces():
            left = len(piece) if self._end is None else self._end - self._at
            if verdict.kind is Kind.ACCEPT and len(piece) > left:
                raise NoRanges(f"{self._file.title}: its server sends more than was requested")
            kept = piece[skip : skip + left]
            skip = max(0, skip - len(piece))
            if self._file.pace is not None:
                self._file.pace.passed(len(piece))
            if kept:
                self._at += len(kept)
                self._got_on(len(kept))
                yield kept
            if self._end is not None and self._at >= self._end and verdict.kind is Kind.WHOLE:
                return True  # what follows wasn't asked for
        promised = min((end for end in (verdict.end, self._end) if end is not None), default=self._at)
        if self._at < promised or (self._end is not None and self._at == before):
            lost = ConnectionLost("the body ended early", method="GET", operation=self._file.title)
            raise WireFailure(lost, arrived=True)
        return self._end is None and (verdict.size is None or self._at >= verdict.size)

    def _got_on(self, count: int) -> None:
        self._gained += count
        if self._gained >= PROGRESS:
            self._begin_anew()

    def _go_on(self, location: Location, verdict: Verdict, answer: Answer) -> None:
        file = self._file
        match verdict.kind:
            case Kind.MOVED:
                self._moved(location, verdict)
            case Kind.ENDED:
                self._refused(location, verdict, answer)
            case Kind.REFUSED if verdict.status == 404:  # some stores say so of what they don't let see
                self._refused(location, verdict, answer)
            case Kind.LATER:
                self._failures += 1
                file.pause(self._failures, self._began, self._error(location, verdict, answer), verdict.retry_after)
            case Kind.CHANGED | Kind.WRONG_SIZE:
                raise file.changed(verdict.why)
            case Kind.WRONG_RANGE | Kind.UNVALIDATED:
                raise NoRanges(f"{file.title}: its server answered with {verdict.why}", name=file.title)
            case _:
                raise self._error(location, verdict, answer)

    def _moved(self, location: Location, verdict: Verdict) -> None:
        self._redirects += 1
        there = next_url(location.url, verdict.location, self._redirects)
        self._file.moved(location, followed(location, there))
        if verdict.retry_after:
            shown = without_query(location.url)
            late = TimedOut(
                "the service is not ready to provide it", method="GET", url=shown, operation=self._file.title
            )
            self._file.pause(1, self._began, late, verdict.retry_after)

    def _refused(self, location: Location, verdict: Verdict, answer: Answer) -> None:
        """Asks for another URL in the place of one that has ended; a new one that isn't accepted either is refused."""
        error = self._error(location, verdict, answer)
        if what := self._file.ended(location):
            if what in self._ended and not self._file.is_elsewhere(location):
                raise error
            self._ended.add(what)
            _log.info("%s: its URL is not accepted (%d); requesting another", self._file.title, verdict.status)

    def _failed(self, failure: WireFailure, location: Location) -> None:
        error = failure.error
        error.method, error.url, error.operation = "GET", without_query(location.url), self._file.title
        if failure.lasting:
            raise error from failure.__cause__
        self._failures += 1
        error.attempts = self._failures
        self._file.pause(self._failures, self._began, error)

    def _error(self, location: Location, verdict: Verdict, answer: Answer) -> APIError:
        said = api_error(
            status=verdict.status,
            headers=answer.headers,
            body=answer.refusal(),
            method="GET",
            url=without_query(location.url),
            retry_after=verdict.retry_after,
        )
        if isinstance(said.body, str):  # a store's XML repeats what was signed
            said.body = None
        said.message = f"{self._file.title}: the server does not provide this file: {said.message}"
        return said


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
        data = self._source.read(self._at, self._at + len(view)) if self._at < self._source.size else b""
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def readall(self) -> bytes:
        data = self._source.read(self._at) if self._at < self._source.size else b""
        self._at += len(data)
        return data


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

    def readinto(self, buffer: Any, /) -> int:
        if self._pieces is None:
            if self._at and self._at >= self._ranges.size:
                return 0
            self._pieces = self._ranges.stream(self._at)
        piece = self._left or next(self._pieces, b"")
        count = min(len(piece), len(buffer))
        buffer[:count] = piece[:count]
        self._left = piece[count:]
        self._at += count
        return count

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self.read(_PIECE) or b"", b""))

    def close(self) -> None:
        self._drop()
        super().close()

    def _drop(self) -> None:
        pieces, self._pieces, self._left = self._pieces, None, b""
        if pieces is not None:
            pieces.close()


# -- any source: streams of this machine, reads by several connections


def state_of(stream: BinaryIO) -> os.stat_result | None:
    """What is known of a file of this machine that is open; None for any other stream.

    Args:
        stream: The stream.
    """
    try:
        found = os.fstat(stream.fileno())
    except (AttributeError, OSError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def is_another(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was written to.

    Args:
        before: What was known of it.
        after: What is.
    """
    return (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)


#: Bytes a second over one connection above which several bring no more: they would wait for each other here.
FAST = 50e6


class StreamSource:
    """A stream that is open on this machine as a Source, read by one thread at a time.

    Args:
        stream: The stream; seeks to any place.
        size: Its size as stated, None when it isn't.
        title: What messages call it.
        pace: Limits the rate; None for no limit.
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
        """Read bytes, as `Ranges.read`."""
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


#: Bytes of a piece, and how many pieces are fetched ahead.
PIECE = 4 * 1024 * 1024
AHEAD = 4


@runtime_checkable
class Streamed(Source, Protocol):
    """A source that also gives its bytes as they come."""

    def stream(self, start: int, end: int) -> Iterator[bytes]:
        """Yield bytes in order over one connection; fewer than was asked for where the rest has to be read."""
        ...


def stream(
    file: Source,
    start: int | None = None,
    end: int | None = None,
    *,
    piece: int = PIECE,
    clock: Clock = SYSTEM_CLOCK,
) -> Generator[bytes]:
    """Yield a file's bytes in order: as they come where one connection is fast, else some pieces ahead of the reader.

    Args:
        file: The file.
        start: The first byte, counted from 0, from the end where it is negative; None for the beginning.
        end: The byte behind the last; None for the file's end.
        piece: Bytes of each piece that is read, at most.
        clock: Measures how fast the first one comes.

    Yields:
        Pieces.
    """
    size = file.size
    first = max(0, size + start) if start is not None and start < 0 else (start or 0)
    last = size if end is None else min(end, size)
    if isinstance(file, Streamed) and last - first > piece:
        began = clock.monotonic()
        data = file.read(first, first + piece)
        fast = len(data) >= FAST * (clock.monotonic() - began)
        first += len(data)
        yield data
        for data in file.stream(first, last) if fast else ():
            first += len(data)
            yield data
    places = iter(range(first, last, piece))
    with Workers(AHEAD, "omicsdk-stream") as pool:
        waiting = deque[Future[bytes]]()
        while True:
            while len(waiting) < AHEAD and (place := next(places, None)) is not None:
                waiting.append(pool.submit(file.read, place, min(place + piece, last)))
            if not waiting:
                return
            yield waiting.popleft().result()
