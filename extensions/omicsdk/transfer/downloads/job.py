"""One item in progress: what is known and present, and which bytes to request next. Does no I/O."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

from omicsdk.core.checksums import Digests
from omicsdk.core.errors import ChecksumMismatch, OmicsError, TransferError
from omicsdk.transfer.engine.machine import FINAL, State
from omicsdk.transfer.engine.options import TransferOptions
from omicsdk.transfer.items import Item
from omicsdk.transfer.journal import MISSING, PartState
from omicsdk.transfer.network import plan
from omicsdk.transfer.network.requests import Location, RequestedRange, Verdict, is_strong

#: Bytes of a started cell that restore a retry: about what the least rate delivers in the time over which it is
#: measured.
PROGRESS = 64 * 1024
#: Files up to this size are received whole before they are written.
SMALL = 128 * 1024
#: Least bytes hashed at once behind the writer; fewer would only wake threads.
STEP = 2 * plan.CELL
#: Requests that a server starts with for a file in parts.
FIRST_LARGE = 1


@dataclass(eq=False, repr=False)
class Piece:
    """Bytes that successive requests download until they are present.

    Attributes:
        start: The first byte, on the grid.
        end: The offset after the last byte, None if the file's size is unknown.
        position: The next missing byte.
        crc: The CRC32C of the started cell up to there.
        credited: The position up to which its bytes have restored retries.
    """

    start: int
    end: int | None
    position: int
    crc: int = 0
    credited: int = 0

    @classmethod
    def of(cls, start: int, end: int | None) -> Piece:
        """Return a piece of which nothing is present yet."""
        return cls(start, end, start)

    def back_to_cell(self) -> None:
        """Discard the started cell."""
        self.position = max(self.start, self.position // plan.CELL * plan.CELL)
        self.crc = 0


class Job:
    """The state of one item.

    Args:
        number: Its index among the items.
        item: The item.
        final: Its final path.
        part: Its path until then.
        options: The options of the transfer.
    """

    # Initial values are class attributes, not set in __init__: there may be a million jobs, and most change few of
    # them.
    state = State.PLANNED
    in_parts = True
    size: int | None
    validator = ""
    have = 0
    most = 0  # most cells present so far: more of them is progress
    bytes_kept = 0  # bytes from an earlier run
    record: PartState | None = None  # the journal's record of it
    descriptor = -1
    opened_in = 0  # the epoch in which the descriptor was opened
    epoch = 0  # results of requests and tasks of an earlier epoch are ignored
    flying = 0
    ranged: bool | None = None  # whether the server serves ranges, None if unknown
    location: Location | None = None
    direct: Location | None = None  # end of redirects
    locating = False
    located = 0.0  # time of the location, 0 before
    gained_since_located = True
    refused = 0  # consecutive new URLs that were refused
    declined: Location | None = None  # the last one, if it was refused from its first use on
    redirects = 0
    waited = 0.0  # seconds spent waiting for a server that answered "not yet"
    open_ended = False  # size unknown: the end of the body was taken as that of the file
    restarts = 0
    size_mismatches = 0
    paused = False  # during the delay after a failure
    queued = False  # waiting for a connection
    error: OmicsError | None = None  # the last failure's
    attempts = 0
    retries = 0  # failures that were retried
    alone = False  # whether its responses must be received in the engine's thread
    touched = False  # whether its part was opened for writing
    fetched = 0
    started_at: float | None = None
    hashed = 0
    frontier = 0  # consecutive present cells from the first
    reach = 0  # bytes in these; read by hash threads
    following = False
    inline = False  # whether the writer of its first response hashes it
    repair: Repair | None = None
    _digests: Digests | None = None

    def __init__(self, number: int, item: Item, final: str, part: str, options: TransferOptions) -> None:
        self.number = number
        self.item = item
        self.final = final
        self.part = part
        self.size = item.size
        self.checked = bool(item.checksums) or options.resume_unvalidated
        self.required = options.require_checksum
        self.caches = options.cache is not None
        self.from_cache = False
        self.cells = array("q")
        self.unclaimed: list[plan.Span] = []
        self.returned = deque[Piece]()
        self.quota = options.quota(item.retries, item.min_delay)

    @property
    def title(self) -> str:
        """Its name in messages."""
        return self.item.title

    @property
    def over(self) -> bool:
        """Whether it has its outcome, or is about to."""
        return self.state in FINAL

    @property
    def digests(self) -> Digests:
        """Its checksums, as far as they are computed; CRC32C comes from the cells."""
        if self._digests is None:
            self._digests = Digests([name for name in self.item.checksums if name != "crc32c"], self.size)
        return self._digests

    @property
    def first(self) -> int | None:
        """Requests that a server starts with for this job.

        If one request reaches the full rate, more are slower (they evict each other's caches); otherwise more are
        tried.
        """
        return FIRST_LARGE if (self.size or 0) > plan.WHOLE else None

    @property
    def server(self) -> str:
        """The server that the next request goes to, "" without a URL."""
        location = self.direct or self.location
        return location.server if location is not None else ""

    @property
    def asks_at(self) -> Location:
        """The URL of the next request, if it is located."""
        location = self.direct or self.location
        assert location is not None
        return location

    @property
    def complete(self) -> bool:
        """Whether all its bytes are present."""
        return not (self.unclaimed or self.returned or self.flying) and self.size is not None

    @property
    def present(self) -> int:
        """Bytes in present cells, and in begun ones that wait for a request."""
        return min(self.have * plan.CELL, self.size or 0) + sum(piece.position % plan.CELL for piece in self.returned)

    @property
    def claimable(self) -> bool:
        """Whether a request can be sent for it."""
        if self.locating or self.location is None or self.paused or self.over:
            return False
        # The first response shows whether several requests may run. After a refused URL a single request runs: of
        # several, the refused ones could end before the accepted one has received a byte, and count against a URL that
        # works for a single use.
        doubtful = self.refused > 0 and not self.gained_since_located
        if (self.ranged is None or self.repair is not None or doubtful) and self.flying:
            return False
        return self.wanting

    @property
    def wanting(self) -> bool:
        """Whether some bytes are unclaimed."""
        return bool(self.returned or self.unclaimed)

    def begin(self) -> None:
        """Plan the download of all bytes, discarding those that are present.

        Raises:
            TransferError: Its stated size exceeds any file's.
        """
        if (self.size or 0) > plan.LARGEST:
            raise TransferError(
                f"{self.item.title}: {self.size:,} bytes are stated, more than a file can have",
                name=self.item.name,
                remedy="Check the size in the manifest, or ask the platform for the file's record.",
            )
        self.epoch += 1
        # Those in flight are stale from now on: their ends do not come here, and count nothing down.
        self.flying = 0
        self.returned.clear()
        self.unclaimed = []
        self.have = self.bytes_kept = 0
        self.record = None
        self.validator = ""
        self.cells = array("q", [MISSING]) * plan.cell_count(self.size or 0)
        self.forget_digests()
        # As a piece, which is requested as it is: spans are cut into parts, and need a size.
        if self.size is None or self.size <= plan.WHOLE or self.ranged is False:
            self.returned.append(Piece(0, self.size, 0))
        else:
            self.unclaimed = [(0, self.size)]

    def resume(self, record: PartState, damaged: list[int], beginnings: Mapping[int, tuple[int, int]]) -> None:
        """Plan the download of what an earlier run left out.

        Args:
            record: The journal's record.
            damaged: Cells that differ from the record.
            beginnings: For cells whose beginning is present, where in the file it ends, and its CRC32C.
        """
        self.epoch += 1
        self.flying = 0
        self.size = record.size
        self.validator = record.validator
        self.record = record
        self.cells = record.cells
        # The cells are shared with the record, which must not have the damaged ones either.
        for index in damaged:
            self.cells[index] = MISSING
        complete = [index for index, crc in enumerate(self.cells) if crc != MISSING]
        self.have = len(complete)
        self.returned = deque(
            # Credited up to their position: bytes of an earlier run restore no retries.
            Piece(*plan.cell_span(index, record.size), position, crc, position)
            for index, (position, crc) in sorted(beginnings.items())
        )
        self.unclaimed = plan.spans_of_cells(plan.missing_cells([*complete, *beginnings], record.size), record.size)
        missing = sum(piece.end - piece.position for piece in self.returned if piece.end is not None)
        self.bytes_kept = record.size - plan.total(self.unclaimed) - missing
        # States of hashlib cannot be stored: hashing starts at the first byte, which is read from the disk.
        self.forget_digests()

    def want(self, cells: list[int]) -> None:
        """Plan to download present cells again."""
        assert self.size is not None
        for index in cells:
            self.cells[index] = MISSING
        self.have -= len(cells)
        # Cells that are downloaded again are progress again, which restores retries.
        self.most = self.have
        if self.ranged is False:
            self.returned.append(Piece.of(0, self.size))
        else:
            self.unclaimed = plan.spans_of_cells(cells, self.size)
        self.forget_digests()

    def forget_digests(self) -> None:
        """Restart the checksums."""
        # New ones, not reset ones: a hash thread may be updating the old ones at this moment.
        self._digests = None
        self.hashed = self.frontier = self.reach = 0
        self.following = False
        # Of such a file one response has all bytes, in order. Without a known checksum, that response may state one when bytes
        # have arrived already, unless the file is small.
        self.inline = self.size is not None and self.size <= (plan.WHOLE if self.item.checksums else SMALL)

    def claim(self, connections: int) -> Piece:
        """Claim the next piece, when `claimable`.

        Args:
            connections: The number of connections.
        """
        self.flying += 1
        if self.returned:
            return self.returned.popleft()
        # A single request runs during a repair (see `claimable`), so that there is nothing to share.
        if self.repair is not None:
            length = plan.LARGEST_PART
        else:
            length = plan.part_length(plan.total(self.unclaimed), connections)
        (start, end), self.unclaimed = plan.take(self.unclaimed, length)
        return Piece.of(start, end)

    @property
    def joins(self) -> bool:
        """Whether new bytes may be joined with present ones: they are of the same file, or a checksum will show."""
        return self.checked or is_strong(self.validator)

    def give_back(self, piece: Piece) -> None:
        """Return an incomplete piece to the missing bytes."""
        self.flying -= 1
        if piece.position > piece.start and not self.joins:
            # The rest may be of another version: one response has to provide all of it.
            self.ranged = False
            self.size = self.item.size
            self.begin()
            return
        if self.ranged is False and piece.position > piece.start:  # a server without ranges starts at the first byte
            piece = Piece.of(0, self.size)
            self.cells = array("q", [MISSING]) * plan.cell_count(self.size or 0)
            self.have = 0
            self.forget_digests()
        if piece.position - max(piece.start, piece.credited) >= PROGRESS:
            # Restored retries are not restored again, so that retrying ends.
            piece.credited = piece.position
            self.quota = self.quota.gained()
            self.gained_since_located = True
        self.returned.append(piece)

    def asks(self, piece: Piece) -> RequestedRange:
        """What the next request for a piece asks for."""
        position, end = piece.position, piece.end
        ranged = position != 0 or (end is not None and end != self.size)
        return RequestedRange(
            position, end, ranged, self.size, self.item.size is not None, self.validator, self.checked
        )

    def learn(self, verdict: Verdict) -> None:
        """Adopt what an accepted response states about the file."""
        if not self.validator or verdict.validator.startswith('"'):  # a date does not replace a strong ETag
            self.validator = verdict.validator
        if self.size is None and verdict.size is not None:
            self.size = verdict.size
            self.cells.extend([MISSING] * (plan.cell_count(verdict.size) - len(self.cells)))
            self.forget_digests()
        if verdict.status == 206:
            self.ranged = True

    def adopt(self, checksums: Mapping[str, str]) -> None:
        """Adopt the checksums that a response states, for a file of which none was known.

        Args:
            checksums: The checksums by algorithm.
        """
        if checksums and not self.item.checksums:
            self.item = replace(self.item, checksums=checksums)
            self.checked = True
            inline = self.inline
            self.forget_digests()
            self.inline = inline  # the response to a larger file may have begun without these checksums
            self.move_frontier()

    def whole_instead(self, piece: Piece) -> None:
        """Make a piece cover the whole file: the server sends all of it for any request."""
        self.ranged = False
        self.begin()
        self.returned.clear()
        # The response that brings the whole file; `begin` has made all others stale.
        self.flying = 1
        piece.start = piece.position = piece.crc = 0
        piece.end = self.size
        if self.repair is not None and self.repair.left is not None:  # nothing that was present remains
            self.repair.left, self.repair.changed = [], True

    def cell_written(self, index: int, crc: int) -> None:
        """Note a cell that is on disk."""
        while index >= len(self.cells):  # the size is unknown
            self.cells.append(MISSING)
        if self.cells[index] == MISSING:
            self.have += 1
        self.cells[index] = crc
        if index == self.frontier:
            self.move_frontier()
        if self.have <= self.most:  # a server that always starts at the first byte would restore retries forever
            return
        self.most = self.have
        if self.quota.streak or self.quota.left < self.quota.retries:
            self.quota = self.quota.gained()
        self.gained_since_located = True
        self.redirects = 0

    @property
    def lags(self) -> bool:
        """Whether enough unhashed bytes are present to hash them now."""
        behind = 0 if self.inline else self.reach - self.hashed
        return behind >= STEP and not self.following and bool(self.digests.names)

    def move_frontier(self) -> None:
        """Move the frontier over the present cells."""
        while self.frontier < len(self.cells) and self.cells[self.frontier] != MISSING:
            self.frontier += 1
        end = self.frontier * plan.CELL
        # In one assignment, at the end: hash threads read it at any moment, and hash up to it.
        self.reach = end if self.size is None else min(end, self.size)


@dataclass(eq=False, repr=False)
class Repair:
    """The repair of a file whose bytes are all present but whose checksum is wrong.

    Attributes:
        error: The mismatch when the whole was last checked.
        left: Cells to download again; None while cells are compared with what was written.
        before: The cells as they were before the part that is being downloaded again.
        again: That part's cells.
        changed: Whether a cell differed since the whole was last checked.
        checks: How often the whole was checked.
    """

    error: ChecksumMismatch
    left: list[plan.Span] | None = None
    before: array[int] | None = None
    again: tuple[int, int] = (0, 0)
    changed: bool = False
    checks: int = 0
