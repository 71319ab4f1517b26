"""Messages between an upload and the engine: events (what has happened) and commands (what to do). Plain data.

`transitions` maps events to commands; each command that is a call names the event that answers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.transfer.engine.machine import HoldServer, Message, Relieve

if TYPE_CHECKING:
    from omicsdk.core.errors import OmicsError, TransportError
    from omicsdk.transfer.network.requests import Location
    from omicsdk.transfer.uploads.job import Finished, Link, SourceFile, Unfinished
    from omicsdk.transfer.uploads.sending import Prepared, Sending, Verdict
    from omicsdk.transfer.uploads.store import SentPart


class Admitted(Message):
    """The job may start."""


class Opened(Message):
    """The file was opened, and the journal was read.

    Attributes:
        source: The open file.
        key: The upload's key in the journal.
        is_open: Whether another job of this run uploads the same file to the same place.
        finished: The journal's record of a finished upload; None for none.
        unfinished: The record of an unfinished one; None for none.
    """

    source: SourceFile
    key: str
    is_open: bool
    finished: Finished | None
    unfinished: Unfinished | None


class Hashed(Message):
    """More of the file was hashed.

    Attributes:
        link: The stretch.
    """

    link: Link


class Resumable(Message):
    """The platform was asked for an unfinished upload of the same file.

    Attributes:
        upload_id: Its id; "" if there is none.
    """

    upload_id: str


class UploadBegun(Message):
    """The platform has begun an upload.

    Attributes:
        upload_id: Its id.
    """

    upload_id: str


class PartsListed(Message):
    """The platform was asked which parts it has.

    Attributes:
        parts: These, by number; None if it cannot list them.
    """

    parts: Mapping[int, SentPart] | None


class PartReady(Message):
    """A part was hashed and has a URL, or needs none.

    Attributes:
        result: The part with its URL; the platform's part, if it is the same; None if the platform accepts parts only.
    """

    result: Prepared | SentPart | None


class PartFailed(Message):
    """A part could not be hashed or signed.

    Attributes:
        number: The part.
        error: The exception.
        now: The monotonic clock.
        jitter: A random number from 0 to 1, for the delay of a retry.
    """

    number: int
    error: Exception
    now: float
    jitter: float


class Ended(Message):
    """A request has ended.

    Attributes:
        sending: The request.
        verdict: The interpretation of the response; None if it is incomplete.
        error: Why it is incomplete.
        lasting: Whether a retry cannot help.
        now: The monotonic clock.
        jitter: As `PartFailed`'s.
    """

    sending: Sending
    verdict: Verdict | None
    error: TransportError | None
    lasting: bool
    now: float
    jitter: float


class CalledOff(Message):
    """A request was ended because the transfer was paused.

    Attributes:
        sending: The request.
    """

    sending: Sending


class Stored(Message):
    """The platform has a part and has registered it.

    Attributes:
        part: The part.
        response: The platform's response to the report of it; ignored.
    """

    part: SentPart
    response: None = None


class Occupied(Message):
    """The platform does not replace what is at the target.

    Attributes:
        part: The whole, as it was sent.
        error: The refusal.
        facts: What it states of the target, if that is the file; None if it is another one.
    """

    part: SentPart
    error: OmicsError
    facts: Mapping[str, str] | None


class Unchanged(Message):
    """The file is unchanged since it was opened."""


class Completed(Message):
    """The platform has assembled the parts.

    Attributes:
        facts: What it states about the whole: checksums by algorithm, "etag" and more.
    """

    facts: Mapping[str, str]


class Examined(Message):
    """The store was asked what it has of the whole.

    Attributes:
        facts: What it states; None if it cannot be asked.
    """

    facts: Mapping[str, str] | None


class Assembled(Message):
    """The platform was asked whether an upload that it no longer has is complete.

    Attributes:
        error: The error that showed that the upload is gone.
        facts: What it states about the whole; None if it is not complete.
    """

    error: OmicsError
    facts: Mapping[str, str] | None


class CallFailed(Message):
    """A call of the platform failed.

    Attributes:
        call: The call.
        error: The exception.
        now: The monotonic clock.
        jitter: As `PartFailed`'s.
    """

    call: Call | Examine
    error: Exception
    now: float
    jitter: float


class Due(Message):
    """The delay before a retry is over.

    Attributes:
        call: The call to repeat; None if parts are sent again.
    """

    call: Call | Examine | None = None


class Aborted(Message):
    """The platform has discarded the parts, or was asked to remove the whole.

    Attributes:
        response: What is at the target now, as a sentence; None if nothing is.
    """

    response: str | None


class Stopped(Message):
    """The run is over.

    Attributes:
        abort: Whether the user wants the parts discarded, and there is time to request it.
    """

    abort: bool = False


class Open(Message):
    """Open the file and read the journal: `Opened`."""


class Hash(Message):
    """Hash more of the file: `Hashed`."""

    link: Link


class Call(Message):
    """Call the platform in a thread: the event made from its result, or `CallFailed`.

    Attributes:
        function: The call.
        event: Makes the event.
    """

    function: Callable[[], Any]
    event: Callable[[Any], object]


class Prepare(Message):
    """Hash and sign the parts to send: `PartReady` or `PartFailed` for each."""


class Send(Message):
    """Send a part.

    Attributes:
        prepared: The part.
        first: Whether it goes before all others.
    """

    prepared: Prepared
    first: bool = False


class CancelRequests(Message):
    """End the job's requests."""


class Wait(Message):
    """Wait before the next try: `Due`."""

    seconds: float
    call: Call | Examine | None = None


class Examine(Message):
    """Ask a single URL what it has: `Examined`, or `CallFailed`.

    Attributes:
        location: The URL.
    """

    location: Location


class CheckFile(Message):
    """Check that the file is unchanged, by its name too: `Unchanged`."""


class RecordBegun(Message):
    """Record the upload in the journal."""


class RecordPart(Message):
    """Record a part in the journal."""

    part: SentPart


class RecordDone(Message):
    """Record in the journal that the upload is finished."""


class DropRecord(Message):
    """Remove the upload from the journal."""


class Finish(Message):
    """Report the outcome and forget the job."""


_OfJournal = RecordBegun | RecordPart | RecordDone | DropRecord
_OfUpload = Open | Hash | Call | Prepare | Send | CancelRequests | Wait | Examine | CheckFile | Finish
Command = _OfUpload | _OfJournal | HoldServer | Relieve
