"""Writers of responses to requests for bytes, which interpret their heads and write their bodies cell by cell.

A small file is a single request, and is written once all of it is in memory.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

from omicsdk.core.checksums import Digests, crc32c_extend, digest
from omicsdk.core.errors import OmicsError
from omicsdk.core.logs import logger
from omicsdk.transfer.disk import Growth, write_error
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.downloads.job import SMALL, Job, Piece
from omicsdk.transfer.items import Item
from omicsdk.transfer.network.header_checksums import of_whole
from omicsdk.transfer.network.plan import BATCH, CELL, next_boundary
from omicsdk.transfer.network.requests import (
    HEAD_HEADERS,
    Kind,
    Location,
    Verdict,
    judge,
    last_status,
    moved,
    parse_head,
)
from omicsdk.transfer.network.wire import Attended

_extend = crc32c_extend()
_log = logger("omicsdk.transfer")

#: Bytes of an error's body that are read, so that the connection can be reused, and stored, for its message.
_SKIP, _MESSAGE_BYTES = 64 * 1024, 8 * 1024


class Sink(Protocol):
    """Receives events from writers: the engine. Its methods are called from within libcurl.

    Attributes:
        now: The wall clock, for a Retry-After that is a date.
    """

    now: Callable[[], float]

    def accepts(self, response: ResponseWriter, verdict: Verdict) -> bool:
        """Decide whether a response's body is written; may change the job and the piece."""
        ...

    def cell_written(self, job: Job, index: int, crc: int, *, recorded: bool = False) -> None:
        """Note a whole cell that is on disk, with its CRC32C; `recorded` if it is recorded already."""
        ...

    def cell_aside(self, job: Job, index: int, crc: int) -> bool:
        """Record a whole cell in another thread than the engine's, which may be late.

        Returns:
            Whether it was recorded.
        """
        ...

    def cell_begun(self, job: Job, position: int, crc: int, *, aside: bool) -> bool:
        """Note how far a cell is on disk, with the CRC32C of that; `aside` in another thread than the engine's.

        Returns:
            Whether it was recorded.
        """
        ...


class ResponseWriter(Attended):
    """One attempt at one piece of a job.

    If another thread drives the request, that thread interprets and writes, and the engine's is notified of the response
    and the cells.

    Args:
        job: The job, located.
        piece: The piece; advances as bytes are written.
        sink: Receives its events.
        files: The files that its bytes are written to.
        started_at: When it is sent, by the monotonic clock.
    """

    verdict: Verdict | None = None
    problem: BaseException | None = None
    too_long = False
    refusal = b""  # beginning of the body of a rejected response
    _accepted = False
    _skipped = 0
    _crc = 0  # of the started cell, up to the last write
    _before = 0  # bytes received before the current stretch, which ends with its cell
    _stretch = 0
    _room = 0  # bytes left in the current stretch
    _flush_at = 0  # value of _room at which enough is collected for a write
    _recorded = 0  # the position up to which bytes are recorded
    _descriptor = -1
    _digests: Digests | None = None  # of the bytes up to its position, if it hashes them
    stated_checksums: Mapping[str, str] = {}  # the whole file's checksums by its head
    declined = False  # whether another thread declined the response, so that the engine's thread has to receive it
    _call: Callable[[], None] | None = None  # makes the engine attend, if another thread drives the request
    _delivered = False  # whether the engine has received the response

    def __init__(self, job: Job, piece: Piece, sink: Sink, files: PartFiles, started_at: float = 0.0) -> None:
        self.started_at = started_at
        self.job = job
        self.piece = piece
        self.location = job.asks_at
        self.server = self.location.server
        self.requested_range = job.asks(piece)
        self.epoch = job.epoch
        self.lines: list[bytes] = []
        self._sink = sink
        self._files = files
        self._chunks: list[bytes] = []
        self._growth = Growth(job.part, job.title) if job.item.size is None else None

    @property
    def stale(self) -> bool:
        """Whether the job has restarted since, or is over."""
        return self.epoch != self.job.epoch

    @property
    def received(self) -> int:
        """Bytes of the body that arrived."""
        return self._before + self._stretch - self._room

    @property
    def whole(self) -> bool:
        """Whether all bytes of its piece arrived and are written; always False for one without a known end."""
        end = self.piece.end
        return self._accepted and not self.too_long and end is not None and self.piece.position >= end

    def take(self, chunk: bytes, /) -> int | None:
        """Receive bytes of the body; return 0 to end the request."""
        try:  # called for each 16 KiB: rare cases are handled in other functions
            room = self._room - len(chunk)
            if room <= 0:
                return self._cross(chunk) if self._accepted or self._opened() else self._skip(chunk)
            self._room = room
            self._chunks.append(chunk)
            return self._flush() if room <= self._flush_at else None
        except BaseException as error:  # libcurl would discard the exception
            self.problem = error
            return 0

    def take_over(self, lines: list[bytes], chunks: list[bytes]) -> None:
        """Adopt a response that another writer started to receive.

        Args:
            lines: Its head.
            chunks: The bytes of its body so far; those after a chunk that is not accepted are dropped.
        """
        self.lines = lines
        for chunk in chunks:
            if self.take(chunk) == 0:
                return

    def open(self) -> None:
        """Interpret the response's head."""
        status, headers = parse_head(self.lines, HEAD_HEADERS)
        request = self.requested_range
        if not self.stale:  # another part's response may have stated the version since
            request = request._replace(validator=self.job.validator)
        self.verdict = verdict = judge(request, status, headers, self._sink.now())
        if self.location.states is not None and verdict.kind in ACCEPTED:
            self.stated_checksums = self.location.states(of_whole(status, headers))
        # Another thread continues only with what the plan expects. Whatever else changes the job is left to the engine's thread.
        if self._call is None:
            self._accepted = self._sink.accepts(self, verdict)
        elif verdict.kind is Kind.ACCEPT and not self.stale:
            self._accepted = True
            self._call()
        else:
            self.declined = verdict.kind in ACCEPTED
        if self._accepted:
            # Those of now: once the job has restarted it has others, and another thread may still write.
            self._digests = self.job.digests if self.job.inline and not self.piece.position else None
            self._crc = self.piece.crc
            self._recorded = self.piece.position
            self._begin_stretch()

    def go_aside(self, call: Callable[[], None]) -> None:
        """Note that another thread drives the request; `call` makes the engine attend to it."""
        self._call = call
        # Opened in the engine's thread: opening changes the job, and may replace its part.
        self._descriptor = self._files.open(self.job)
        self._cells = deque[tuple[int, int, bool]]()

    def attend(self) -> None:
        """Report the response, and the cells since, to the engine."""
        if self.stale or not self._accepted or self.verdict is None:
            return
        try:
            if not self._delivered:
                self._delivered = True
                self._sink.accepts(self, self.verdict)
            while self._cells:
                index, crc, recorded = self._cells.popleft()
                self._sink.cell_written(self.job, index, crc, recorded=recorded)
        except BaseException as error:  # as in `take`
            self.problem = error

    def _opened(self) -> bool:
        if self.verdict is None:
            self.open()
        return self._accepted

    def _skip(self, chunk: bytes) -> int | None:
        # The engine's thread repeats the request: this one ends at once.
        if self.declined:
            return 0
        if self._skipped < _MESSAGE_BYTES:
            self.refusal += chunk[: _MESSAGE_BYTES - self._skipped]
        self._skipped += len(chunk)
        return None if self._skipped <= _SKIP else 0

    def finish(self) -> None:
        """Write the remaining bytes when the request has ended, complete or not."""
        if not self._accepted or self.stale:
            return
        if self._call is not None:
            # The engine's thread has it from now on; cells that the other thread wrote come first, in their order.
            self.attend()
            self._call = None
        try:
            self._flush()
        except BaseException as error:
            self.problem = error
        if self.problem is None or isinstance(self.problem, OmicsError):  # what was written before is right
            self.piece.crc = self._crc
            self._record()
        else:
            # An interrupt may have come between the write and the note of its CRC: only whole cells are certain.
            self.piece.back_to_cell()
        if self._digests is self.job.digests:
            if self.whole:
                self.job.hashed = self.piece.position
            else:  # until the rest arrives, another program may change the part: it is hashed from the disk then
                self.job.forget_digests()
                self.job.inline = False
        end = self.verdict.end if self.verdict is not None else None
        self.too_long |= end is not None and self.piece.position > end  # whatever was requested

    def save(self) -> None:
        """Write and record what was collected; called in the thread that drives the request."""
        if not self._accepted or self.stale:
            return
        try:
            self._flush()
        except OmicsError as error:
            _log.debug("%s", error.message)
            self._flush_at = CELL  # the next bytes are written at once, and the error ends the request
        self._record()

    def close_last_cell(self) -> None:
        """Note the last, short cell of a file whose size was unknown before its end."""
        if self.piece.position % CELL:
            self._cell_done()

    def _begin_stretch(self) -> None:
        self._before += self._stretch
        size = self.piece.end if self.piece.end is not None else self.job.size
        self._stretch = self._room = next_boundary(self.piece.position, size) - self.piece.position
        self._flush_at = self._room - BATCH

    def _cross(self, chunk: bytes) -> int | None:
        """Receive a chunk that reaches the end of a cell, or the first one."""
        while len(chunk) >= self._room:
            if not self._room:  # the piece is complete, this is more than was requested
                self.too_long = bool(chunk)
                self._before += len(chunk)
                return 0 if chunk else None
            head, chunk = chunk[: self._room], chunk[self._room :]
            self._chunks.append(head)
            self._room = 0
            if self._flush() == 0:
                return 0
            self._cell_done()
            self._begin_stretch()
            if not chunk:
                return None
        self._chunks.append(chunk)
        self._room -= len(chunk)
        return self._flush() if self._room <= self._flush_at else None

    def _cell_done(self) -> None:
        part = self.job.part
        # The rest would be received for nothing. Some file systems count no names.
        if os.fstat(self._descriptor).st_nlink == 0 and not os.path.lexists(part):
            raise write_error(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), part, self.job.title)
        # By its last byte: the position is the first one of the next cell already, unless it is the file's last.
        index = (self.piece.position - 1) // CELL
        crc, self._crc = self._crc, 0
        if self._call is None:
            self._sink.cell_written(self.job, index, crc)
        else:
            self._cells.append((index, crc, self._sink.cell_aside(self.job, index, crc)))
            self._call()

    def _flush(self) -> int | None:
        """Write the collected bytes."""
        if not self._chunks:
            return None
        if self.stale:
            return 0
        if self._descriptor < 0:
            self._descriptor = self._files.open(self.job)
        if self._digests is not None:
            # Each update lets go of the interpreter, for which the threads contend: one costs less than many.
            self._chunks = [b"".join(self._chunks)]
        # The CRC is computed before the write and noted after it, so that an error of the disk leaves it at the last position.
        job, crc = self.job, self._crc
        for chunk in self._chunks:
            crc = _extend(crc, chunk)
        if self._growth is not None and job.size is None:  # the head of the response did not state it either
            # Before the write, which would take what other programs have left.
            self._growth.expect(sum(map(len, self._chunks)))
        try:
            self.piece.position += self._files.disk.write_at(self._descriptor, self._chunks, self.piece.position)
        except OSError as error:
            raise write_error(error, job.part, job.item.title) from error
        if self._digests is not None:
            self._digests.update(self._chunks[0])  # still in the processor's cache
        self._crc = crc
        self._chunks.clear()
        self._flush_at = self._room - BATCH
        if self.piece.position - self._recorded >= BATCH:
            self._record()
        return None

    def _record(self) -> None:
        position = self.piece.position
        if position > self._recorded:
            is_whole = position % CELL == 0 or position == self.piece.end  # then `cell_written` was called
            if is_whole or self._sink.cell_begun(self.job, position, self._crc, aside=self._call is not None):
                self._recorded = position


def problem_of(response: ResponseWriter) -> OmicsError | None:
    """Return the error that stopped a response from within, if any.

    Raises:
        BaseException: It was not one of ours: a bug, or an interrupt.
    """
    if response.problem is None or isinstance(response.problem, OmicsError):
        return response.problem
    raise response.problem


ACCEPTED = frozenset({Kind.ACCEPT, Kind.WHOLE})


# How the head of a whole file begins.
_FINE = (b"HTTP/1.1 200", b"HTTP/1.0 200")


class Small:
    """The single request for a small file of known size, sent or queued.

    Args:
        number: The item's index.
        item: The item; see `is_small`.
    """

    __slots__ = (
        "checksums",
        "chunks",
        "claimable",
        "item",
        "lines",
        "location",
        "number",
        "queued",
        "received",
        "sent_on",
        "server",
        "started_at",
        "writer",
    )

    present = 0
    first = 12  # waiting dominates these requests, and larger batches need fewer rounds of the engine
    # For the scheduler: a single request is sent, after which it leaves the queue.
    in_parts = over = wanting = False

    def __init__(self, number: int, item: Item) -> None:
        assert isinstance(item.locate, Location)
        self.number = number
        self.item = item
        self.checksums = item.checksums  # or those that its response states
        self.location = item.locate
        self.server = item.locate.server
        self.queued = False
        self.claimable = True  # whether its request can be sent
        self.sent_on = False  # whether a redirect was followed
        self.received = 0
        self.chunks: list[bytes] = []
        self.lines: list[bytes] = []
        self.started_at = 0.0
        self.writer: ResponseWriter | None = None  # writes the bytes of a response that takes long

    def take(self, chunk: bytes, /) -> int | None:
        """Receive bytes of the body; return 0 to end the request."""
        self.received += len(chunk)
        if self.writer is not None:
            return self.writer.take(chunk)
        self.chunks.append(chunk)
        return None if self.received <= SMALL else 0  # not the small file: an error's page, or another file

    def again(self) -> None:
        """Discard what arrived, for another request."""
        self.claimable = True
        self.chunks = []
        self.lines = []
        self.received = 0

    def follow(self) -> bool:
        """Follow a redirect from a service to a store, as is usual; a job handles longer chains.

        Returns:
            Whether it did; the request then has to be sent again.
        """
        target = None if self.sent_on else moved(self.location, self.lines)
        if target is None:
            return False
        self.location = target
        self.server = self.location.server
        self.sent_on = True
        self.again()
        return True

    def verified(self, required: bool = False) -> Mapping[str, str] | None:
        """Return the verified checksums, None if the response is not the file as stated.

        Args:
            required: Whether it is not if it states no checksum either.
        """
        item = self.item
        # The page of an error may have the size of the file, so the status has to be right too.
        if self.received != item.size or not last_status(self.lines)[0].startswith(_FINE):
            return None
        if not item.checksums and self.location.states is not None:
            self.checksums = self.location.states(parse_head(self.lines, HEAD_HEADERS)[1])
        if self.checksums:
            body = self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
            for algorithm, expected in self.checksums.items():
                if digest(body, algorithm) != expected:
                    return None
        return self.checksums if self.checksums or not required else None


def is_small(item: Item) -> bool:
    """Whether an item may be downloaded in a single request: its bytes fit in memory, and its URL is known."""
    return item.size is not None and 0 < item.size <= SMALL and isinstance(item.locate, Location)
