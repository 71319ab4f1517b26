"""Messages between a download and the engine: events (what has happened) and commands (what to do). Plain data.

`transitions` maps events to commands; each command that is a call names the event that answers it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.transfer.engine.machine import HoldServer, Message, Relieve

if TYPE_CHECKING:
    import os
    from array import array
    from collections.abc import Mapping

    from omicsdk.core.checksums import Digests
    from omicsdk.core.errors import OmicsError, TransportError
    from omicsdk.transfer.downloads.receiving import ResponseWriter
    from omicsdk.transfer.downloads.targets import ExistingObject
    from omicsdk.transfer.engine.options import CachedFile
    from omicsdk.transfer.journal import PartState
    from omicsdk.transfer.network.requests import Location, Verdict


class Admitted(Message):
    """The job may start.

    Attributes:
        into_store: Whether the target is a store, not a folder.
    """

    into_store: bool


class InStore(Message):
    """The store was asked for the file.

    Attributes:
        stored: The existing object; None for nothing that can be kept.
        error: Why the file fails; None if it does not.
    """

    stored: ExistingObject | None
    error: OmicsError | None = None


class DiskExamined(Message):
    """The target folder and the journal were examined.

    Attributes:
        existing: The regular file under the final name; None if there is none.
        length: The length of the part in bytes; None if there is none.
        checksums: The verified checksums of that file; None if it is not recorded as it is.
        record: The journal's record of the part, if it is of the same source.
        has_record: Whether the journal has any record of a part.
        intact: Whether the existing file is as the journal recorded it when it was done; None if it has no such record.
    """

    existing: os.stat_result | None
    length: int | None
    checksums: Mapping[str, str] | None
    record: PartState | None
    has_record: bool
    intact: bool | None


class CacheLooked(Message):
    """The cache was asked for the file.

    Attributes:
        cached: The file, now in the part's place; None if the cache has none.
        disk_state: What was found before.
    """

    cached: CachedFile | None
    disk_state: DiskExamined


class CacheEntered(Message):
    """The verified part was stored in the cache, or could not be.

    Attributes:
        checksums: Its verified checksums.
        link: The stat of what it was replaced by, a link to the cache; None if it was not.
    """

    checksums: dict[str, str]
    link: os.stat_result | None


class ExistingHashed(Message):
    """The file under the final name was hashed.

    Attributes:
        checksums: Its checksums.
        existing: Its stat before.
        disk_state: What was found before.
    """

    checksums: dict[str, str]
    existing: os.stat_result
    disk_state: DiskExamined


class CellsRead(Message):
    """The part was compared with the recorded CRC32C of its cells.

    Attributes:
        damaged: Numbers of the cells that differ.
        record: The journal's record, when it is that of an earlier run.
        beginnings: As in that record, for missing and damaged cells: beginnings that agree.
    """

    damaged: list[int]
    record: PartState | None
    beginnings: Mapping[int, tuple[int, int]] = {}


class Located(Message):
    """The URL is known.

    Attributes:
        location: Where the file is.
        now: The monotonic clock.
    """

    location: Location
    now: float


class Answered(Message):
    """The head of a response arrived; its body has to be written.

    Attributes:
        response: The request.
        verdict: The interpretation of the head.
    """

    response: ResponseWriter
    verdict: Verdict


class Ended(Message):
    """A request has ended.

    Attributes:
        response: The request.
        error: Why there is no whole response; None if there is one.
        lasting: Whether a retry cannot help.
        now: The monotonic clock.
        jitter: A random number from 0 to 1, for the delay of a retry.
    """

    response: ResponseWriter
    error: TransportError | None
    lasting: bool
    now: float
    jitter: float


class CalledOff(Message):
    """A request was ended because the transfer was paused.

    Attributes:
        response: The request.
    """

    response: ResponseWriter


class Due(Message):
    """The delay before a retry is over."""


class Grown(Message):
    """More of the part can be hashed."""


class Hashed(Message):
    """More of the part was hashed.

    Attributes:
        digests: The checksums that were updated.
        read: The number of bytes read.
        requested: The number of bytes requested.
    """

    digests: Digests
    read: int
    requested: int


class Committed(Message):
    """The file is durable under its final name and recorded, or could not be.

    Attributes:
        checksums: The verified checksums.
        fetched: Whether it was downloaded; False for an existing file.
        error: Why it could not be; None on success.
    """

    checksums: Mapping[str, str]
    fetched: bool
    error: OmicsError | None


class Stopped(Message):
    """The run is over."""


class LookAtDisk(Message):
    """Examine the target folder and the journal: `DiskExamined`."""


class LookInStore(Message):
    """Ask the store for the file: `InStore`."""


class LookInCache(Message):
    """Put the file into the part's place if the cache has it: `CacheLooked`."""

    disk_state: DiskExamined


class EnterCache(Message):
    """Store the verified part in the cache: `CacheEntered`."""

    checksums: dict[str, str]


class HashExisting(Message):
    """Hash the file under the final name: `ExistingHashed`."""

    existing: os.stat_result
    disk_state: DiskExamined


class ReadCells(Message):
    """Compare the part with the CRC32C of its cells: `CellsRead`."""

    cells: array[int]
    size: int
    record: PartState | None = None


class HashFurther(Message):
    """Hash the part, including bytes that arrive meanwhile: `Hashed`."""

    digests: Digests
    start: int
    end: int


class RequestUrl(Message):
    """Request the file's location: `Located`."""


class Queue(Message):
    """Queue the job for a connection."""

    first: bool = True


class Wait(Message):
    """Wait before the next try: `Due`."""

    seconds: float


class Record(Message):
    """Record the job's cells in the journal."""


class DropRecord(Message):
    """Remove the job's cells from the journal."""


class ForgetDone(Message):
    """Remove the file's done-record: it is about to be written to."""


class ClosePart(Message):
    """Close the part, if it is open."""


class CutPart(Message):
    """Truncate the part to a size: an earlier response may have been longer."""

    size: int


class MakeEmpty(Message):
    """Create the part of an empty file."""


class RemovePart(Message):
    """Remove the part."""


class TakeBack(Message):
    """Rename the file under the final name to the part."""


class RemoveExisting(Message):
    """Remove the file under the final name."""


class Commit(Message):
    """Give the file its final name if needed, make it durable and record it: `Committed`."""

    checksums: dict[str, str]
    fetched: bool = True
    existing: os.stat_result | None = None


class Finish(Message):
    """Report the outcome and forget the job."""

    checksums: Mapping[str, str] = {}
    error: OmicsError | None = None


_OfDisk = LookAtDisk | HashExisting | ReadCells | HashFurther | ClosePart | CutPart | MakeEmpty
_OfNames = LookInStore | LookInCache | EnterCache | RemovePart | TakeBack | RemoveExisting | Commit
_OfJournal = Record | DropRecord | ForgetDone
Command = _OfDisk | _OfNames | _OfJournal | RequestUrl | Queue | Wait | HoldServer | Relieve | Finish
