"""The state machine of a job: its states, the table of what an event does in each of them, and the rules of retries. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar, dataclass_transform

from omicsdk.transfer.network.requests import OVERLOADED

if TYPE_CHECKING:
    from omicsdk.core.errors import OmicsError
    from omicsdk.transfer.network.requests import Location


class State(StrEnum):
    """Where a job is. Downloads and uploads each pass through some of these."""

    PLANNED = "planned"
    """Its turn has not come."""
    CHECKING = "checking"
    """What earlier runs left of it is being examined."""
    LOCATING = "locating"
    """Its first URL is being requested."""
    RECEIVING = "receiving"
    """Bytes are missing: requests for them wait for a connection, are in flight, or are retried after a delay."""
    VERIFYING = "verifying"
    """All bytes are on disk; the hash workers have not reached the last one."""
    REPAIRING = "repairing"
    """A checksum is wrong: its parts are compared with what was received, then downloaded again."""
    COMMITTING = "committing"
    """It gets its final name and is made durable."""
    HASHING = "hashing"
    """Checksums are computed that the platform wants to know before the upload."""
    BEGINNING = "beginning"
    """The platform is asked for an unfinished upload and its parts, or for a new one."""
    SENDING = "sending"
    """Parts are hashed, signed, sent and reported."""
    COMPLETING = "completing"
    """All parts are stored; the platform assembles them."""
    ABORTING = "aborting"
    """The upload has failed or was stopped, and the platform is asked to forget its parts."""
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    STOPPED = "stopped"


FINAL = frozenset({State.DONE, State.SKIPPED, State.FAILED, State.STOPPED})
"""States that a job does not leave; each has exactly one outcome."""
PREPARING = frozenset({State.PLANNED, State.CHECKING, State.LOCATING})
"""States of a download before the first request for bytes."""


@dataclass_transform(frozen_default=True)
class Message:
    """The base of events and commands: plain data, with the fields that its class annotates."""

    # There are sixty classes of them. NamedTuple and dataclass compile methods for each, which takes longer than downloading a file.

    def __init__(self, *values: object, **named: object) -> None:
        vars(self).update(zip(type(self).__annotations__, values, strict=False), **named)

    def replaced(self, **changes: Any) -> Self:
        """Return the same with other values of some fields."""
        return type(self)(**{**vars(self), **changes})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Broken(Message):
    """An event: the job cannot go on, because something refused what it needs.

    Attributes:
        error: Why.
    """

    error: OmicsError


class HoldServer(Message):
    """A command: send nothing to a server for a while; what it says to one request holds for all."""

    location: Location
    seconds: float


class Relieve(Message):
    """A command: send fewer requests at once to a server that is overloaded, and nothing for a while."""

    location: Location
    seconds: float


def relief_of(location: Location, status: int, asked: float | None, longest: float) -> list[HoldServer | Relieve]:
    """Decide how a server is spared that answers "later": the commands for all requests to it.

    Args:
        location: Where it was asked.
        status: Its answer.
        asked: Seconds that it asks to wait; None for none.
        longest: Seconds of waiting beyond which the job ends; the others had better ask for themselves then.
    """
    wait = asked or 0.0
    if wait > longest:
        wait = 0.0
    if status in OVERLOADED:
        return [Relieve(location, wait)]
    return [HoldServer(location, wait)] if wait else []


J = TypeVar("J")
C = TypeVar("C")


class Transition(NamedTuple, Generic[J, C]):
    """What an event does in a state.

    Attributes:
        handler: Decides: changes the job's own data and returns commands for the engine.
        ends: The states in which the job may be afterwards.
    """

    handler: Callable[[J, Any, Any], list[C]]
    ends: frozenset[State]


def to(handler: Callable[[J, Any, Any], list[C]], *ends: State) -> Transition[J, C]:
    """Return the entry of a table: what decides, and in which states the job may be afterwards."""
    return Transition(handler, frozenset(ends))


Table = Mapping[tuple[State, type[Any]], Transition[J, C]]
