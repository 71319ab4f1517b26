"""One item on its way: what is known, what is there, and which bytes are asked for next. Touches no file and no wire."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass

from omicsdk.core.checksums import Digests
from omicsdk.core.errors import ChecksumMismatch, OmicsError, TransferError
from omicsdk.transfer.engine.machine import FINAL, State
from omicsdk.transfer.items import Item
from omicsdk.transfer.journal import MISSING, PartState
from omicsdk.transfer.network import plan
from omicsdk.transfer.network.requests import Asked, Location, Quota, Verdict, is_strong

#: Bytes of a begun cell that win a try back: about what the least rate brings in the time over which it is measured.
PROGRESS = 64 * 1024
#: Files up to this size are hashed while they are still in memory.
INLINE = 128 * 1024
#: Bytes that are hashed at once behind the writer, at least; less would only wake threads.
STEP = 2 * plan.CELL
#: Requests with which a server begins that is asked for a file in parts.
FIRST_LARGE = 1


@dataclass(eq=False, repr=False)
class Piece:
    """Bytes that one request after the other fetches until they are there.

    Attributes:
        start: The first byte, on the grid.
        end: The byte behind the last, None when the file's size isn't known.
        position: The next byte that is missing.
        crc: The CRC32C of the begun cell up to there.
        credited: The position up to which its bytes have won tries back.
    """

    start: int
    end: int | None
    position: int
    crc: int = 0
    credited: int = 0

    @classmethod
    def of(cls, start: int, end: int | None) -> Piece:
        """A piece of which nothing is there yet."""
        return cls(start, end, start)

    def back_to_cell(self) -> None:
        """Forgets the begun cell."""
        self.position = max(self.start, self.position // plan.CELL * plan.CELL)
        self.crc = 0


class Job:
    """The state of one item.

    Args:
        number: Its place among the items.
        item: What to fetch.
        final: The path that it will have.
        part: The path that it has until then.
        unvalidated: Whether bytes of several answers may be joined where nothing shows that they are of one file.
    """

    # What is so at the beginning stands here, not in __init__: there may be a million jobs, and most change little of it.
    state = State.PLANNED
    in_parts = True
    size: int | None
    validator = ""
    have = 0
    most = 0  # cells that were there at once: what comes beyond them is progress
    kept = 0  # bytes from an earlier run
    record: PartState | None = None  # what the journal has of it
    descriptor = -1
    opened_in = 0  # the epoch in which it was
    epoch = 0  # requests and tasks of an earlier one count no longer
    flying = 0
    ranged: bool | None = None  # whether the server serves ranges, as far as that is known
    location: Location | None = None
    direct: Location | None = None  # where redirects led
    locating = False
    located = 0.0  # when it was, 0 before
    gained_since_located = True
    refused = 0  # URLs in a row that were new and not accepted
    redirects = 0
    waited = 0.0  # seconds, because a server said "not yet"
    open_ended = False  # nobody told the size: the body's own end was believed
    restarts = 0
    strikes = 0
    paused = False  # until the wait after a failure is over
    queued = False  # lined up for a connection
    error: OmicsError | None = None  # of the last failure
    attempts = 0
    retries = 0  # failures after which it went on
    alone = False  # whether its answers have to be given in the engine's thread
    touched = False  # whether its part was opened for writing
    fetched = 0
    began: float | None = None
    hashed = 0
    frontier = 0  # cells in a row from the first
    reach = 0  # bytes in these; hash threads look at it
    following = False
    inline = False
    mending: Mending | None = None
    _digests: Digests | None = None

    def __init__(self, number: int, item: Item, final: str, part: str, *, unvalidated: bool = False) -> None:
        self.number = number
        self.item = item
        self.final = final
        self.part = part
        self.size = item.size
        self.checked = bool(item.checksums) or unvalidated
        self.cells = array("q")
        self.unclaimed: list[plan.Span] = []
        self.returned = deque[Piece]()
        self.quota = Quota.of(item.retries, item.min_delay)

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.item.title

    @property
    def over(self) -> bool:
        """Whether it has its outcome, or is about to have it."""
        return self.state in FINAL

    @property
    def digests(self) -> Digests:
        """Its checksums, as far as they are computed; that of CRC32C comes from the cells."""
        if self._digests is None:
            self._digests = Digests([name for name in self.item.checksums if name != "crc32c"], self.size)
        return self._digests

    @property
    def first(self) -> int | None:
        """Requests with which a server begins that is asked for it.

        Where one brings all that there is, more are slower (they take turns in the caches); where it doesn't, more are tried at once.
        """
        return FIRST_LARGE if (self.size or 0) > plan.WHOLE else None

    @property
    def server(self) -> str:
        """Whom the next request asks, "" while there is no URL."""
        location = self.direct or self.location
        return location.server if location is not None else ""

    @property
    def asks_at(self) -> Location:
        """Where the next request goes, when it is located."""
        location = self.direct or self.location
        assert location is not None
        return location

    @property
    def complete(self) -> bool:
        """Whether all its bytes are there."""
        return not (self.unclaimed or self.returned or self.flying) and self.size is not None

    @property
    def present(self) -> int:
        """Bytes in cells that are there."""
        return min(self.have * plan.CELL, self.size or 0)

    @property
    def claimable(self) -> bool:
        """Whether a request can be sent for it."""
        if self.locating or self.location is None or self.paused or self.over:
            return False
        # The first answer tells whether there may be more at once. After a refused URL one request goes alone: of several, those that
        # are refused could end before the one that is answered has brought a byte, and count against a URL that is good for one use.
        doubtful = self.refused > 0 and not self.gained_since_located
        if (self.ranged is None or self.mending is not None or doubtful) and self.flying:
            return False
        return self.wanting

    @property
    def wanting(self) -> bool:
        """Whether there are bytes that nobody has claimed."""
        return bool(self.returned or self.unclaimed)

    def begin(self) -> None:
        """Plans the fetch of all its bytes; what was there counts no longer.

        Raises:
            TransferError: It is stated to be larger than any file is.
        """
        if (self.size or 0) > plan.LARGEST:
            raise TransferError(
                f"{self.item.title}: {self.size:,} bytes are stated, more than any file has",
                name=self.item.name,
                remedy="Check the size in the manifest, or ask the platform for the file's record.",
            )
        self.epoch += 1
        self.flying = 0
        self.returned.clear()
        self.unclaimed = []
        self.have = self.kept = 0
        self.record = None
        self.validator = ""
        self.cells = array("q", [MISSING]) * plan.cell_count(self.size or 0)
        self.forget_digests()
        if self.size is None or self.size <= plan.WHOLE or self.ranged is False:
            self.returned.append(Piece(0, self.size, 0))
        else:
            self.unclaimed = [(0, self.size)]

    def resume(self, record: PartState, damaged: list[int]) -> None:
        """Plans the fetch of what an earlier run left out.

        Args:
            record: What the journal says.
            damaged: Cells that aren't what the journal says.
        """
        self.epoch += 1
        self.flying = 0
        self.size = record.size
        self.validator = record.validator
        self.record = record
        self.cells = record.cells
        for index in damaged:
            self.cells[index] = MISSING
        there = [index for index, crc in enumerate(self.cells) if crc != MISSING]
        self.have = len(there)
        self.returned.clear()
        self.unclaimed = plan.spans_of_cells(plan.missing_cells(there, record.size), record.size)
        self.kept = record.size - plan.total(self.unclaimed)
        self.forget_digests()

    def want(self, cells: list[int]) -> None:
        """Plans to fetch cells again."""
        assert self.size is not None
        for index in cells:
            if self.cells[index] != MISSING:
                self.cells[index] = MISSING
                self.have -= 1
        self.most = self.have
        if self.ranged is False:
            self.returned.append(Piece.of(0, self.size))
        else:
            self.unclaimed = plan.spans_of_cells(cells, self.size)
        self.forget_digests()

    def forget_digests(self) -> None:
        """Begins the checksums anew."""
        self._digests = None
        self.hashed = self.frontier = self.reach = 0
        self.following = False
        self.inline = self.size is not None and self.size <= INLINE

    def claim(self, connections: int) -> Piece:
        """Takes the next piece, when `claimable`.

        Args:
            connections: How many connections there are.
        """
        self.flying += 1
        if self.returned:
            return self.returned.popleft()
        if self.mending is not None:
            length = plan.LARGEST_PART
        else:
            length = plan.part_length(plan.total(self.unclaimed), connections)
        (start, end), self.unclaimed = plan.take(self.unclaimed, length)
        return Piece.of(start, end)

    @property
    def joins(self) -> bool:
        """Whether what comes may be joined with what is there: it is of the same file, or a checksum will tell."""
        return self.checked or is_strong(self.validator)

    def give_back(self, piece: Piece) -> None:
        """Takes back a piece that isn't whole."""
        self.flying -= 1
        if piece.position > piece.start and not self.joins:
            # The rest may be of another version: one answer has to bring all.
            self.ranged = False
            self.size = self.item.size
            self.begin()
            return
        if self.ranged is False and piece.position > piece.start:  # a server without ranges begins at the first byte
            piece = Piece.of(0, self.size)
            self.cells = array("q", [MISSING]) * plan.cell_count(self.size or 0)
            self.have = 0
            self.forget_digests()
        if piece.position - max(piece.start, piece.credited) >= PROGRESS:
            # Nobody sends these again: that ends some day.
            piece.credited = piece.position
            self.quota = self.quota.gained()
            self.gained_since_located = True
        self.returned.append(piece)

    def asks(self, piece: Piece) -> Asked:
        """What the next request for a piece asks for."""
        position, end = piece.position, piece.end
        ranged = position != 0 or (end is not None and end != self.size)
        return Asked(position, end, ranged, self.size, self.item.size is not None, self.validator, self.checked)

    def learn(self, verdict: Verdict) -> None:
        """Takes over what a good answer says of the file."""
        if not self.validator or verdict.validator.startswith('"'):  # a date doesn't take the place of a strong ETag
            self.validator = verdict.validator
        if self.size is None and verdict.size is not None:
            self.size = verdict.size
            self.cells.extend([MISSING] * (plan.cell_count(verdict.size) - len(self.cells)))
            self.forget_digests()
        if verdict.status == 206:
            self.ranged = True

    def whole_instead(self, piece: Piece) -> None:
        """Makes a piece the only one, from the first byte to the last: the server sends all whatever it was asked."""
        self.ranged = False
        self.begin()
        self.returned.clear()
        self.flying = 1
        piece.start = piece.position = piece.crc = 0
        piece.end = self.size
        if self.mending is not None and self.mending.left is not None:  # nothing is left of what was there
            self.mending.left, self.mending.changed = [], True

    def cell_written(self, index: int, crc: int) -> None:
        """Notes a cell that is on disk."""
        while index >= len(self.cells):  # the size isn't known
            self.cells.append(MISSING)
        if self.cells[index] == MISSING:
            self.have += 1
        self.cells[index] = crc
        if index == self.frontier:
            self.move_frontier()
        if self.have <= self.most:  # a server that always begins at the first byte would win retries for ever
            return
        self.most = self.have
        if self.quota.streak or self.quota.left < self.quota.retries:
            self.quota = self.quota.gained()
        self.gained_since_located = True
        self.redirects = 0

    @property
    def lags(self) -> bool:
        """Whether so much is there that nobody hashes that it is time to."""
        return self.reach - self.hashed >= STEP and not self.following and bool(self.digests.names)

    def move_frontier(self) -> None:
        """Moves the frontier over the cells that are there."""
        while self.frontier < len(self.cells) and self.cells[self.frontier] != MISSING:
            self.frontier += 1
        end = self.frontier * plan.CELL
        self.reach = end if self.size is None else min(end, self.size)


@dataclass(eq=False, repr=False)
class Mending:
    """The repair of a file whose bytes are all there but whose checksum is wrong.

    Attributes:
        error: What was wrong when the whole was last checked.
        left: What hasn't been fetched again yet; None while its cells are held against what was written.
        before: The cells as they were before the part that is being fetched again.
        again: That part's cells.
        changed: Whether something differed since the whole was last checked.
        checks: How often the whole was checked.
    """

    error: ChecksumMismatch
    left: list[plan.Span] | None = None
    before: array[int] | None = None
    again: tuple[int, int] = (0, 0)
    changed: bool = False
    checks: int = 0
