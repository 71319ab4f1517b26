"""What the engine has to do about a download. Plain data; behind each command stands the event that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from omicsdk.transfer.engine.machine import HoldServer, Relieve

if TYPE_CHECKING:
    import os
    from array import array
    from collections.abc import Mapping

    from omicsdk.core.checksums import Digests
    from omicsdk.core.errors import OmicsError
    from omicsdk.transfer.downloads.events import Looked
    from omicsdk.transfer.journals.journal import PartState


class LookAtDisk(NamedTuple):
    """Look at the target folder and the journal: `Looked`."""


class LookInStore(NamedTuple):
    """Ask the store for the file: `InStore`."""


class HashExisting(NamedTuple):
    """Hash the file under the final name: `ExistingHashed`."""

    looked: Looked
    size: int


class ReadCells(NamedTuple):
    """Compare the part with the CRC32C of its cells: `CellsRead`."""

    cells: array[int]
    size: int
    record: PartState | None = None


class HashFurther(NamedTuple):
    """Hash bytes of the part: `Hashed`."""

    digests: Digests
    start: int
    end: int


class RequestUrl(NamedTuple):
    """Ask where the file is: `Located`."""


class Queue(NamedTuple):
    """Queue the job for a connection."""

    first: bool = True


class Wait(NamedTuple):
    """Wait before the next try: `Due`."""

    seconds: float


class Record(NamedTuple):
    """Have the journal remember the job's cells."""


class DropRecord(NamedTuple):
    """Have the journal forget them."""


class ForgetDone(NamedTuple):
    """Have the journal forget that the file is done: it is about to be written to."""


class ClosePart(NamedTuple):
    """Close the part, if it is open."""


class CutPart(NamedTuple):
    """Cut the part to a size: an earlier answer may have been longer."""

    size: int


class MakeEmpty(NamedTuple):
    """Make the part of an empty file."""


class RemovePart(NamedTuple):
    """Remove the part."""


class TakeBack(NamedTuple):
    """Rename the file under the final name to the part."""


class RemoveExisting(NamedTuple):
    """Remove the file under the final name."""


class Commit(NamedTuple):
    """Give the file its final name, if it does not have it, make it durable and record it: `Committed`."""

    checksums: dict[str, str]
    fetched: bool = True
    found: os.stat_result | None = None


class Finish(NamedTuple):
    """Report the outcome and forget the job."""

    checksums: Mapping[str, str] = {}
    error: OmicsError | None = None


Command = (
    LookAtDisk
    | LookInStore
    | HashExisting
    | ReadCells
    | HashFurther
    | RequestUrl
    | Queue
    | Wait
    | HoldServer
    | Relieve
    | Record
    | DropRecord
    | ForgetDone
    | ClosePart
    | CutPart
    | MakeEmpty
    | RemovePart
    | TakeBack
    | RemoveExisting
    | Commit
    | Finish
)
