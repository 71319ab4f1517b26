"""What the engine has to do about an upload. Plain data; behind each command stands the event that answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.transfer.engine.machine import HoldServer, Relieve

if TYPE_CHECKING:
    from omicsdk.transfer.uploads.events import Due
    from omicsdk.transfer.uploads.job import Prepared
    from omicsdk.transfer.uploads.store import SentPart


class Open(NamedTuple):
    """Open the file and look at the journal: `Opened`."""


class HashNeeded(NamedTuple):
    """Compute the checksums that the platform wants beforehand: `Hashed`."""


class HashBeside(NamedTuple):
    """Compute those of the whole file beside the sending: `Summed`, again and again."""


class Call(NamedTuple):
    """Call the platform in a thread: the event that is made of its result, or `CallFailed`.

    Attributes:
        function: The call.
        event: Makes the event.
    """

    function: Callable[[], Any]
    event: Callable[[Any], object]


class Prepare(NamedTuple):
    """Have the parts hashed and signed that are to be sent: `PartReady` or `PartFailed` for each."""


class Send(NamedTuple):
    """Send a part.

    Attributes:
        prepared: The part.
        first: Whether before all others.
    """

    prepared: Prepared
    first: bool = False


class CancelRequests(NamedTuple):
    """End the job's requests."""


class Wait(NamedTuple):
    """Wait before the next try."""

    seconds: float
    event: Due


class CountRetry(NamedTuple):
    """Count that something is tried again at once."""


class CheckFile(NamedTuple):
    """Check that the file is what it was, by its name too: `Unchanged`."""


class RecordBegun(NamedTuple):
    """Have the journal remember the upload."""


class RecordPart(NamedTuple):
    """Have the journal remember a part."""

    part: SentPart


class RecordDone(NamedTuple):
    """Have the journal remember that the upload is finished."""


class DropRecord(NamedTuple):
    """Have the journal forget the upload."""


class Abort(NamedTuple):
    """Ask the platform to forget the parts: `Aborted`."""

    upload_id: str


class Finish(NamedTuple):
    """Report the outcome and forget the job."""


Command = (
    Open
    | HashNeeded
    | HashBeside
    | Call
    | Prepare
    | Send
    | CancelRequests
    | Wait
    | CountRetry
    | HoldServer
    | Relieve
    | CheckFile
    | RecordBegun
    | RecordPart
    | RecordDone
    | DropRecord
    | Abort
    | Finish
)
