"""Messages between an upload and the engine: events, what has happened, and commands, what is to be done. Plain data.

`transitions` says which commands follow from an event; behind each command of a call stands the event that answers it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from omicsdk.transfer.engine.machine import HoldServer, Message, Relieve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.core.errors import OmicsError, TransportError
    from omicsdk.transfer.uploads.job import Finished, Link, SourceFile, Unfinished
    from omicsdk.transfer.uploads.sending import Prepared, Sending, Verdict
    from omicsdk.transfer.uploads.store import SentPart


class Admitted(Message):
    """There is room for the job."""


class Opened(Message):
    """The file was opened, and the journal was looked at.

    Attributes:
        source: The open file.
        key: What the journal calls the upload.
        taken: Whether another job of this run uploads the same file to the same place.
        done: The journal's record of a finished upload; None for none.
        begun: That of an unfinished one; None for none.
    """

    source: SourceFile
    key: str
    taken: bool
    done: Finished | None
    begun: Unfinished | None


class Hashed(Message):
    """More of the file was hashed.

    Attributes:
        link: What.
    """

    link: Link


class Resumable(Message):
    """The platform was asked for an unfinished upload of the same file.

    Attributes:
        upload_id: Its id; "" when there is none.
    """

    upload_id: str


class Begun(Message):
    """The platform has begun an upload.

    Attributes:
        upload_id: Its id.
    """

    upload_id: str


class Listed(Message):
    """The platform was asked which parts it has.

    Attributes:
        parts: These, by number; None when it can't tell.
    """

    parts: Mapping[int, SentPart] | None


class PartReady(Message):
    """A part was hashed and has a URL, or it was found that it needs none.

    Attributes:
        result: The part with its URL; the one that the platform has, where that is the same; None where the platform takes
            the file in parts only.
    """

    result: Prepared | SentPart | None


class PartFailed(Message):
    """A part could not be hashed or signed.

    Attributes:
        number: The part.
        error: What was raised.
        now: The monotonic clock.
        luck: A random number from 0 to 1, for the delay of a retry.
    """

    number: int
    error: Exception
    now: float
    luck: float


class Ended(Message):
    """A request has come to its end.

    Attributes:
        sending: The request.
        verdict: What the answer is; None when there is no whole one.
        error: Why there is none.
        lasting: Whether trying again does not help.
        now: The monotonic clock.
        luck: As `PartFailed`'s.
    """

    sending: Sending
    verdict: Verdict | None
    error: TransportError | None
    lasting: bool
    now: float
    luck: float


class CalledOff(Message):
    """A request was ended because the transfer was paused.

    Attributes:
        sending: The request.
    """

    sending: Sending


class Stored(Message):
    """The platform has a part, and knows it.

    Attributes:
        part: The part.
        answer: What the platform answered to the report of it; nothing that counts.
    """

    part: SentPart
    answer: None = None


class Unchanged(Message):
    """The file is what it was when it was opened."""


class Completed(Message):
    """The platform has assembled the parts.

    Attributes:
        facts: What it says of the whole: checksums by algorithm, "etag" and more.
    """

    facts: Mapping[str, str]


class Assembled(Message):
    """The platform was asked whether an upload that it does not know any longer is complete.

    Attributes:
        error: How it was learnt that the upload is gone.
        facts: What it says of the whole; None when it is not.
    """

    error: OmicsError
    facts: Mapping[str, str] | None


class CallFailed(Message):
    """A call of the platform failed.

    Attributes:
        call: The call.
        error: What was raised.
        now: The monotonic clock.
        luck: As `PartFailed`'s.
    """

    call: Call
    error: Exception
    now: float
    luck: float


class Due(Message):
    """The delay before a retry is over.

    Attributes:
        call: The call that is made again; None where parts are sent again.
    """

    call: Call | None = None


class Aborted(Message):
    """The platform has forgotten the parts.

    Attributes:
        answer: Nothing that counts.
    """

    answer: None


class Stopped(Message):
    """The run is over.

    Attributes:
        abort: Whether there is time to ask the platform to forget the parts, and the user wants that.
    """

    abort: bool = False


class Open(Message):
    """Open the file and look at the journal: `Opened`."""


class Hash(Message):
    """Hash more of the file: `Hashed`."""

    link: Link


class Call(Message):
    """Call the platform in a thread: the event that is made of its result, or `CallFailed`.

    Attributes:
        function: The call.
        event: Makes the event.
    """

    function: Callable[[], Any]
    event: Callable[[Any], object]


class Prepare(Message):
    """Have the parts hashed and signed that are to be sent: `PartReady` or `PartFailed` for each."""


class Send(Message):
    """Send a part.

    Attributes:
        prepared: The part.
        first: Whether before all others.
    """

    prepared: Prepared
    first: bool = False


class CancelRequests(Message):
    """End the job's requests."""


class Wait(Message):
    """Wait before the next try: `Due`."""

    seconds: float
    call: Call | None = None


class CheckFile(Message):
    """Check that the file is what it was, by its name too: `Unchanged`."""


class RecordBegun(Message):
    """Have the journal remember the upload."""


class RecordPart(Message):
    """Have the journal remember a part."""

    part: SentPart


class RecordDone(Message):
    """Have the journal remember that the upload is finished."""


class DropRecord(Message):
    """Have the journal forget the upload."""


class Finish(Message):
    """Report the outcome and forget the job."""


_OfJournal = RecordBegun | RecordPart | RecordDone | DropRecord
_OfUpload = Open | Hash | Call | Prepare | Send | CancelRequests | Wait | CheckFile | Finish
Command = _OfUpload | _OfJournal | HoldServer | Relieve
