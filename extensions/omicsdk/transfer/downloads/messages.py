"""Messages between a download and the engine: events, what has happened, and commands, what is to be done. Plain data.

`transitions` says which commands follow from an event; behind each command of a call stands the event that answers it.
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
    from omicsdk.transfer.downloads.targets import There
    from omicsdk.transfer.journal import PartState
    from omicsdk.transfer.network.requests import Location, Verdict


class Admitted(Message):
    """There is room for the job.

    Attributes:
        into_store: Whether the target is a store and not a folder.
    """

    into_store: bool


class InStore(Message):
    """The store was asked for the file.

    Attributes:
        there: What it has; None for nothing that can be kept.
        error: Why the file fails; None when it does not.
    """

    there: There | None
    error: OmicsError | None = None


class Looked(Message):
    """The target folder and the journal were looked at.

    Attributes:
        found: The regular file under the final name; None when there is none.
        length: The length of the part in bytes; None when there is none.
        known: The checksums that were verified when the found file came; None when it is not recorded as it is.
        record: What the journal has of the part, where it is of the same source.
        begun: Whether the journal has anything of a part.
    """

    found: os.stat_result | None
    length: int | None
    known: Mapping[str, str] | None
    record: PartState | None
    begun: bool


class ExistingHashed(Message):
    """The file under the final name was hashed.

    Attributes:
        checksums: Its checksums.
        looked: What was found before.
    """

    checksums: dict[str, str]
    looked: Looked


class CellsRead(Message):
    """The part was compared with the recorded CRC32C of its cells.

    Attributes:
        damaged: Numbers of the cells that differ.
        record: The journal's record, when it is that of an earlier run.
    """

    damaged: list[int]
    record: PartState | None


class Located(Message):
    """There is a URL.

    Attributes:
        location: Where the file is.
        now: The monotonic clock.
    """

    location: Location
    now: float


class Answered(Message):
    """The head of an answer came, and its body is to be written.

    Attributes:
        response: The request.
        verdict: What the head says.
    """

    response: ResponseWriter
    verdict: Verdict


class Ended(Message):
    """A request has come to its end.

    Attributes:
        response: The request.
        error: Why there is no whole answer; None when there is one.
        lasting: Whether trying again does not help.
        now: The monotonic clock.
        luck: A random number from 0 to 1, for the delay of a retry.
    """

    response: ResponseWriter
    error: TransportError | None
    lasting: bool
    now: float
    luck: float


class CalledOff(Message):
    """A request was ended because the transfer was paused.

    Attributes:
        response: The request.
    """

    response: ResponseWriter


class Due(Message):
    """The delay before a retry is over."""


class Grown(Message):
    """More of the part is there to be hashed."""


class Hashed(Message):
    """More of the part was hashed.

    Attributes:
        digests: The checksums that were updated.
        read: How many bytes were read.
        wanted: How many there should have been.
    """

    digests: Digests
    read: int
    wanted: int


class Committed(Message):
    """The file is durable under its final name and recorded, or is not.

    Attributes:
        checksums: What was verified.
        fetched: Whether it was downloaded; False for one that was there.
        error: Why it is not; None when it is.
    """

    checksums: Mapping[str, str]
    fetched: bool
    error: OmicsError | None


class Stopped(Message):
    """The run is over."""


class LookAtDisk(Message):
    """Look at the target folder and the journal: `Looked`."""


class LookInStore(Message):
    """Ask the store for the file: `InStore`."""


class HashExisting(Message):
    """Hash the file under the final name: `ExistingHashed`."""

    looked: Looked
    size: int


class ReadCells(Message):
    """Compare the part with the CRC32C of its cells: `CellsRead`."""

    cells: array[int]
    size: int
    record: PartState | None = None


class HashFurther(Message):
    """Hash bytes of the part, and those that come meanwhile: `Hashed`."""

    digests: Digests
    start: int
    end: int


class RequestUrl(Message):
    """Ask where the file is: `Located`."""


class Queue(Message):
    """Queue the job for a connection."""

    first: bool = True


class Wait(Message):
    """Wait before the next try: `Due`."""

    seconds: float


class Record(Message):
    """Have the journal remember the job's cells."""


class DropRecord(Message):
    """Have the journal forget them."""


class ForgetDone(Message):
    """Have the journal forget that the file is done: it is about to be written to."""


class ClosePart(Message):
    """Close the part, if it is open."""


class CutPart(Message):
    """Cut the part to a size: an earlier answer may have been longer."""

    size: int


class MakeEmpty(Message):
    """Make the part of an empty file."""


class RemovePart(Message):
    """Remove the part."""


class TakeBack(Message):
    """Rename the file under the final name to the part."""


class RemoveExisting(Message):
    """Remove the file under the final name."""


class Commit(Message):
    """Give the file its final name, if it does not have it, make it durable and record it: `Committed`."""

    checksums: dict[str, str]
    fetched: bool = True
    found: os.stat_result | None = None


class Finish(Message):
    """Report the outcome and forget the job."""

    checksums: Mapping[str, str] = {}
    error: OmicsError | None = None


_OfDisk = LookAtDisk | HashExisting | ReadCells | HashFurther | ClosePart | CutPart | MakeEmpty
_OfNames = LookInStore | RemovePart | TakeBack | RemoveExisting | Commit
_OfJournal = Record | DropRecord | ForgetDone
Command = _OfDisk | _OfNames | _OfJournal | RequestUrl | Queue | Wait | HoldServer | Relieve | Finish
